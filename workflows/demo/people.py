"""Room: the demo's graduates: rows of the roster by its national columns, as an EMS would export them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from models.codes import REGION, level_of, may_sign, table
from models.parties import Level
from workflows.demo.institutions import Course, DepartmentPlan, SchoolPlan
from workflows.demo.invented import NOT_ON_EMS_ROSTER, ORIGINS, Numbers, id_number, person_name

_AGES: Final = {"41": 21, "31": 22, "11": 25, "01": 29}
"""About how old somebody is at the graduation of this 学历."""

# Code and how many of a thousand; the rest is 汉, 非定向, 共青团员 …
_ETHNICITIES: Final = (("03", 18), ("05", 10), ("06", 12), ("07", 10), ("08", 14), ("11", 12), ("15", 9), ("04", 6))
_MODES: Final = (("21", 10), ("41", 6), ("22", 14), ("42", 5), ("5", 8))
_POLITICS: Final = (("01", 95), ("02", 60), ("13", 150), ("12", 2))
_HARDSHIPS: Final = (("1", 20), ("2", 90), ("3", 18), ("4", 5))


@dataclass(frozen=True, slots=True)
class Person:
    """One graduate as invented. `row`: the columns that the school imports."""

    school: str
    field: str
    row: dict[str, str]

    @property
    def exam_no(self) -> str:
        """考生号: how a person is found again after the import."""
        return self.row["ksh"]

    @property
    def name(self) -> str:
        return self.row["xm"]

    @property
    def department(self) -> str:
        return self.row["szyx"]

    @property
    def level(self) -> Level:
        return level_of(self.row["xldm"])

    @property
    def may_sign(self) -> bool:
        return may_sign(self.row["pyfsdm"])


@dataclass(frozen=True, slots=True)
class Wish:
    """What is settled about a person beforehand; what is None is drawn."""

    name: str | None = None
    sex: str | None = None
    ethnicity: str | None = None
    mobile: str | None = None
    mode: str | None = None
    unknown_to_ems: bool = False


class Roster:
    """Invents one school's graduates of a cohort, one after the other."""

    def __init__(self, plan: SchoolPlan, cohort: int, numbers: Numbers, rng: random.Random, *, after: int = 0) -> None:
        """`after`: the running number that its first graduate follows."""
        self.plan = plan
        self._cohort = cohort
        self._numbers = numbers
        self._rng = rng
        self._count = after

    def drawn(self) -> Person:
        """Anybody."""
        rng = self._rng
        department = rng.choice(self.plan.departments)
        course = rng.choices(department.courses, [one.share for one in department.courses])[0]
        return self.person(department, course, Wish())

    def of_each_department(self) -> list[Person]:
        """One graduate of each, of its first course."""
        return [self.person(one, one.courses[0], Wish(mode="1")) for one in self.plan.departments]

    def person(self, department: DepartmentPlan, course: Course, wish: Wish) -> Person:
        """A graduate of this department and course."""
        self._count += 1
        rng, plan = self._rng, self.plan
        ethnicity = wish.ethnicity or _drawn(rng, _ETHNICITIES, "01")
        origin = {"05": "65", "04": "54"}.get(ethnicity) or rng.choice(ORIGINS)
        sex = wish.sex or rng.choice("12")
        mode = wish.mode or _drawn(rng, _MODES, "1")
        entered = self._cohort - course.years
        student_no = f"{entered}{plan.departments.index(department) + 1:02d}{self._count:04d}"
        return Person(
            plan.key,
            department.field,
            {
                "ksh": f"{entered % 100:02d}{origin}{plan.code}{self._count:05d}",
                "xm": wish.name or person_name(rng, sex, ethnicity),
                "sfzh": self._id_number(origin, sex, course, unknown=wish.unknown_to_ems),
                "xbdm": sex,
                "mzdm": ethnicity,
                "zzmmdm": _drawn(rng, _POLITICS, "03"),
                "yxdm": plan.code,
                "yx": plan.name,
                "szyx": department.name,
                "szbj": f"{course.name}{entered % 100:02d}{rng.randrange(1, 5):02d}班",
                "xh": student_no,
                "xldm": course.level_code,
                "zydm": course.code,
                "zy": course.name,
                "zyfx": "",
                "pyfsdm": mode,
                "dxhwpdw": "" if mode in ("1", "3", "5") else rng.choice(("云汀县教育局", "朔原县卫生健康局")),
                "syszddm": rng.choice(_counties(origin)),
                "xz": str(course.years),
                "rxsj": f"{entered}09",
                "bysj": f"{self._cohort}{'07' if level_of(course.level_code) is Level.UNDERGRADUATE else '06'}",
                "knslbdm": _drawn(rng, _HARDSHIPS, "0"),
                "sfslbdm": "ordinary" if department.field == "education" else "none",
                "sjh": wish.mobile or self._numbers.mobile(),
                "dzyx": f"s{student_no}@example.com" if rng.random() < 0.6 else "",
            },
        )

    def _id_number(self, origin: str, sex: str, course: Course, *, unknown: bool) -> str:
        year = self._cohort - _AGES[course.level_code]
        if unknown:
            return id_number(origin, date(year, 3, 15), NOT_ON_EMS_ROSTER)
        return self._numbers.id_number(origin, sex, (date(year - 1, 9, 1), date(year + 1, 2, 28)))


def _drawn(rng: random.Random, chances: Sequence[tuple[str, int]], otherwise: str) -> str:
    """One of the codes by its chance in a thousand, else the usual one."""
    at = rng.randrange(1000)
    for code, chance in chances:
        if at < chance:
            return code
        at -= chance
    return otherwise


@cache
def _counties(origin: str) -> tuple[str, ...]:
    """Counties of a province that exist today, for 生源所在地."""
    found = [entry.code for entry in table(REGION).codes if entry.group == origin and entry.valid_until is None]
    return tuple(code for code in found if code[4:] not in ("00", "01")) or (f"{origin}0000",)
