"""Room: the accounts that the terminal tells when the demo is up, each for another view. All: `institutions`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from models.codes import REGION, table
from models.parties import AgreementType, ReviewMode
from models.states import EmployerStatus
from workflows.demo.employers import EMPLOYER_BY_NUMBER
from workflows.demo.institutions import PASSWORD, PROVINCES, SCHOOLS

_TYPES: Final = {AgreementType.TWO_PARTY: "两方协议", AgreementType.THREE_PARTY: "三方协议"}
_MODES: Final = {ReviewMode.SCHOOL: "仅校级审核", ReviewMode.DEPARTMENT_THEN_SCHOOL: "先院系再校级"}
_SHOWN: Final = (
    "yuanxi-a1-jisuanji",
    "yuanxi-a1-wenxue",
    "yuanxi-b1-xinxi",
    "xiaoji-a1-yanjiusheng",
    "xiaoji-a1-zhidu",
)
_EMPLOYERS: Final = (1, 9, 13, 14)


def _listed() -> Iterator[tuple[str, str]]:
    for province in PROVINCES:
        yield f"省级 {table(REGION).label(province.code)}（{_TYPES[province.agreement]}）", province.username
    for school in SCHOOLS:
        yield f"学校 {school.name}（{_MODES[school.mode]}）", school.username
    for school in SCHOOLS:
        for one in school.staff:
            if one.username in _SHOWN:
                yield f"{'院系' if one.department else '学校'} {one.display_name}", one.username
    for number in _EMPLOYERS:
        plan = EMPLOYER_BY_NUMBER[number]
        label = "" if plan.status is EmployerStatus.VERIFIED else f"（{plan.status.label}）"
        yield f"单位 {plan.name}{label}", plan.username


SIGN_INS: Final = tuple((who, username, PASSWORD) for who, username in _listed())
"""Who, user name, password."""
