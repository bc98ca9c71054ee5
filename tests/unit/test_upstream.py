"""Room: the columns that the EMS is told, for every kind of destination and every signing (codes.md)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models import codes
from tests.harness.pure import SCAN
from workflows import heads
from workflows.destination_questions import OFFERED
from workflows.forms import FORMS, Kind, validate
from workflows.spec import Push
from workflows.upstream import COLUMNS, destination

EVERYTHING: dict[str, Any] = {
    "employer_name": "示例制造有限公司",
    "employer_uscc": "91330120MA0000000B",
    "employer_nature": "39",
    "employer_industry": "22",
    "employer_region": "330106",
    "employer_address": "示例路 1 号",
    "contact_name": "王五",
    "contact_mobile": "15400000009",
    "position_category": "13",
    "position_title": "工程师",
    "monthly_pay": 8000,
    "contract_from": "2027-07-01",
    "project": "示例项目",
    "term_from": "2027-07-01",
    "term_to": "2029-06-30",
    "enlisted_from": "330106",
    "role": "owner",
    "occupation": "撰稿人",
    "work_content": "为刊物撰写稿件",
    "income": 6000,
    "country": "DE",
    "college": "示例大学",
    "major": "法学",
    "degree_level": "master",
    "substate": "",
    "wish_region": "330000",
    "wish_position": "13",
    "own_mobile": "15400000001",
    "proofs": ["01950000-0000-7000-8000-000000000001"],
    "scans": ["01950000-0000-7000-8000-000000000001"],
}
EMPLOYER = {"dwmc", "dwzzjgdm", "dwxzdm", "dwhydm", "dwszddm"}
WANTED: dict[str, set[str]] = {
    "10-1": EMPLOYER | {"byqxxf", "gzzwlbdm", "gwmc", "dwdz", "dwlxr"},
    "10-2": {"byqxxf", "dwmc", "dwxzdm", "dwhydm", "gzzwlbdm", "dwszddm"},
    "10-3": EMPLOYER | {"byqxxf", "gzzwlbdm", "dwdz"},
    "10-4": {"byqxxf", "dwmc", "gjdqdm", "gjdq", "gzzwlbdm", "gwmc"},
    "10-5": {"byqxxf", "dwmc", "gjdqdm", "gjdq", "gzzwlbdm", "gwmc"},
    "11": EMPLOYER | {"gwmc", "htksrq"},
    "12": EMPLOYER | {"gwmc"},
    "46": {"dwszddm", "dwszd"},
    "75": {"dwmc", "dwhydm", "dwszddm", "cyjs"},
    "76": {"zylx"},
    "85": {"gjdqdm", "yxzwmc", "zyzwmc", "sxcc"},
    "21-41": EMPLOYER | {"gzzwlbdm"},
    "70": {"wjyqk", "yxdq", "yxzw"},
    "71": {"yxdq", "yxzw"},
    "72": {"wjyqk", "yxdq", "yxzw"},
    **{code: EMPLOYER | {"xmmc", "qxksrq", "qxjsrq"} for code in ("271", "272")},
    **{code: EMPLOYER | {"xmmc", "qxksrq"} for code in ("501", "502", "503", "511", "512", "513", "514", "515", "519")},
    **{code: {"dwmc", "yxzwmc", "zyzwmc", "sxcc"} for code in ("801", "802", "803")},
}


def filled_row(form: str, data: dict[str, Any], flow: str) -> dict[str, Any]:
    """A record's columns and form as an act would write them."""
    spec = FORMS[form]
    data = {field.name: data[field.name] for field in spec.fields if field.name in data}
    data |= {field.name: SCAN for field in spec.fields if field.kind is Kind.FILES}
    clean, faults = validate(spec, data, {"today": date(2027, 3, 5), "cohort": 2027})
    assert not faults
    names = {field.name for field in spec.fields}
    empty = dict.fromkeys(("employer_nature", "employer_industry", "position_category", "employer_name"), "")
    head = heads.of_form(flow, names, clean)
    kept = {f.name: clean[f.name] for f in spec.fields if f.stored and f.name in clean}
    return {"agreement_no": "", **empty, **head, "form": kept, "snapshot": {"employer": {"profile": {}}}}


def of_kind(code: str) -> dict[str, str]:
    substates = {"70": "70-1", "72": "72-1"}
    data = {**EVERYTHING, "destination_code": code, "substate": substates.get(code, "")}
    return destination(Push.PRESENT, filled_row("destination.submit", data, "destination"))


@pytest.mark.parametrize("code", [kind.code for kind in OFFERED])
def test_each_kind_of_destination_is_told_with_what_it_asks(code: str) -> None:
    told = of_kind(code)
    assert told["byqxdm"] == codes.ems_code(code)
    assert set(told) >= WANTED[code]
    assert set(told) <= set(COLUMNS)


@pytest.mark.parametrize("code", [kind.code for kind in OFFERED])
def test_no_number_of_a_person_and_no_pay_is_told(code: str) -> None:
    told = of_kind(code).values()
    for private in ("15400000001", "15400000009", "8000", "6000"):
        assert all(private not in value for value in told)


def test_a_kind_of_our_own_goes_as_the_national_one_and_is_named_beside_it() -> None:
    told = of_kind("10-2")
    assert (told["byqxdm"], told["byqx"], told["byqxxf"]) == ("10", "签就业协议形式就业", "士官")
    assert (told["dwxzdm"], told["dwhydm"], told["gzzwlbdm"]) == ("40", "80", "80")


def test_of_a_soldier_the_place_of_enlistment_is_told() -> None:
    assert of_kind("46")["dwszddm"] == "330106"


def test_after_a_termination_or_a_void_it_is_unsettled_and_nothing_else() -> None:
    assert destination(Push.UNSETTLED, {}) == {"byqxdm": "70", "byqx": "待就业"}


def test_an_agreement_is_told_with_its_number_day_and_place() -> None:
    data = {
        **EVERYTHING,
        "agreement_no": "XY-2027-001",
        "signed_on": "2027-03-01",
        "work_place": "示范市示范区",
        "dispatched": True,
        "dispatched_to": "示例用工公司",
        "report_on": "2027-07-10",
        "hukou_settled": False,
        "archive_accepted": False,
        "truthful": True,
    }
    row = {**filled_row("supplementary.submit", data, "supplementary"), "destination_code": "10"}
    told = destination(Push.PRESENT, row)
    assert [told[n] for n in ("xybh", "qyrq", "bdrq", "gzdd", "yrdw")] == [
        "XY-2027-001", "2027-03-01", "2027-07-10", "示范市示范区", "示例用工公司",
    ]  # fmt: skip


def test_a_registered_employers_address_comes_from_its_profile() -> None:
    row = filled_row("destination.submit", {**EVERYTHING, "destination_code": "11"}, "destination")
    del row["form"]["employer_address"]
    row["snapshot"] = {"employer": {"profile": {"employer_address": "注册地址 8 号"}}}
    assert destination(Push.PRESENT, row)["dwdz"] == "注册地址 8 号"
