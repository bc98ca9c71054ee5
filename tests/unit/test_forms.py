"""Room: forms: what each asks for, all faults at once, and sentences that name the field and what to do."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models import codes
from tests.harness.invented import INVITE
from workflows import forms
from workflows.errors import Fault
from workflows.flows import FLOWS
from workflows.forms import FORMS, validate

FACTS = {"today": date(2027, 3, 5), "cohort": 2027, "close": date(2028, 1, 31)}

EMPLOYER: dict[str, Any] = {
    "employer_name": "样例科技（北京）有限公司",
    "employer_uscc": "91110103MA00000015",
    "employer_nature": "39",
    "employer_industry": "34",
    "employer_region": "110108",
    "employer_address": "样例路1号",
    "employer_postcode": "100084",
    "contact_name": "李经理",
    "contact_mobile": "15400000001",
}


def check(name: str, data: Any, **facts: Any) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    return validate(FORMS[name], data, FACTS | facts)


def invite(**changes: Any) -> tuple[dict[str, Any], dict[str, Fault]]:
    clean, faults = check("online_signing.invite", INVITE | changes)
    return clean, {fault.path: fault for fault in faults}


# ---- the registry


def test_every_form_that_an_action_asks_for_is_there() -> None:
    asked = {t.form for flow in FLOWS.values() for t in flow.transitions if t.form}
    assert asked | {"employer_registration", "staff_note"} <= set(FORMS)


def test_every_form_is_registered_under_its_own_name() -> None:
    assert all(form.name == name for name, form in FORMS.items())
    assert len({form.title for form in FORMS.values()}) == len(FORMS)


def test_forms_import_nothing_impure() -> None:
    """No ORM, no web, no pydantic: the forms are data and one function."""
    root = Path(forms.__file__).parent
    for name in ("forms", "fields", "reading", *(path.stem for path in root.glob("*questions.py"))):
        tree = ast.parse((root / f"{name}.py").read_text(encoding="utf-8"))
        heads = {
            (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        ours = {head for head in heads if head.split(".")[0] in ("models", "workflows")}
        assert {head for head in ours if not head.endswith("questions")} <= {
            "models",
            "models.codes",
            "models.codes.identity",
            "models.kit",
            "models.parties",
            "workflows",
            "workflows.errors",
            "workflows.fields",
            "workflows.limits",
            "workflows.reading",
        }
        assert not {head.split(".")[0] for head in heads} & {"tortoise", "quart", "pydantic", "streamlit", "asyncpg"}


# ---- all at once


def test_all_faults_come_at_once_in_the_order_of_the_form() -> None:
    _, faults = check(
        "online_signing.invite",
        INVITE
        | {
            "id_number": "110000200501010016",
            "position_category": "14",
            "position_title": "",
            "dispatched": True,
            "report_on": "2027-02-30",
            "monthly_pay": "面议",
            "archive_accepted": True,
            "archive_postcode": "12",
            "contact_mobile": "12345",
            "valid_days": 31,
            "surprise": 1,
        },
    )
    assert [(fault.path, fault.code) for fault in faults] == [
        ("id_number", "bad_check"),
        ("position_category", "unknown_code"),
        ("position_title", "required"),
        ("dispatched_to", "required"),
        ("report_on", "bad_date"),
        ("monthly_pay", "not_whole"),
        ("archive_body", "required"),
        ("archive_address", "required"),
        ("archive_postcode", "bad_postcode"),
        ("archive_contact", "required"),
        ("contact_mobile", "bad_mobile"),
        ("valid_days", "too_large"),
        ("surprise", "unknown_field"),
    ]


def test_an_empty_form_names_every_required_field() -> None:
    _, faults = check("online_signing.invite", {})
    assert [fault.path for fault in faults] == list(INVITE)
    assert {fault.code for fault in faults} == {"required"}


def test_every_fault_names_its_field_and_says_what_to_do() -> None:
    form = FORMS["employer_registration"]
    _, faults = validate(form, {field.name: "\x00" for field in form.fields}, FACTS)
    assert len(faults) == len(form.fields)
    for fault in faults:
        field = form.field(fault.path)
        assert field is not None
        assert field.label in fault.message
        assert "请" in fault.message
        assert fault.message.endswith("。")


def test_a_fault_never_repeats_a_persons_number() -> None:
    _, faults = invite(id_number="110000200501010016", contact_mobile="1540000000")
    assert not any("1100" in fault.message or "1540" in fault.message for fault in faults.values())


@pytest.mark.parametrize("garbage", [None, [], "text", 7, 1.5, True])
def test_what_is_no_object_is_one_fault(garbage: Any) -> None:
    clean, faults = check("online_signing.accept", garbage)
    assert clean == {}
    assert [(fault.path, fault.code) for fault in faults] == [("", "not_an_object")]


def test_unknown_fields_are_faults_and_only_so_many_are_named() -> None:
    _, faults = check("online_signing.withdraw", {f"x{n}": n for n in range(1000)})
    assert len(faults) == 20
    _, (fault,) = check("online_signing.withdraw", {"\ud800\x00" + "x" * 100: 1})
    assert fault.path == "??" + "x" * 38
    fault.message.encode()


# ---- conditions, defaults, bounds


def test_a_field_that_is_not_asked_is_left_out_whatever_was_typed() -> None:
    clean, faults = invite(dispatched_to="人力公司", archive_postcode="typed before the tick was taken away")
    assert not faults
    assert "dispatched_to" not in clean
    assert "archive_postcode" not in clean


def test_a_field_that_is_not_asked_must_still_be_of_its_type() -> None:
    _, faults = invite(dispatched_to=["not", "text"])
    assert faults["dispatched_to"].code == "wrong_type"


def test_a_field_that_is_asked_becomes_required() -> None:
    clean, faults = invite(dispatched=True, hukou_settled=True)
    assert set(faults) == {"dispatched_to", "hukou_address"}
    clean, faults = invite(dispatched=True, dispatched_to="用工样例公司")
    assert not faults
    assert clean["dispatched_to"] == "用工样例公司"


def test_an_invitation_is_valid_for_fifteen_days_unless_the_school_or_the_employer_says_otherwise() -> None:
    assert invite()[0]["valid_days"] == 15
    assert check("online_signing.invite", INVITE, defaults={"valid_days": 7})[0]["valid_days"] == 7
    assert invite(valid_days="３０")[0]["valid_days"] == 30
    assert invite(valid_days=0)[1]["valid_days"].code == "too_small"
    assert invite(valid_days="")[1]["valid_days"].code == "required"


def test_the_paper_is_an_id_card_unless_another_is_chosen() -> None:
    assert invite()[0]["id_kind"] == codes.PAPER_RESIDENT_ID
    clean, faults = invite(id_kind=codes.PAPER_HK_MACAU_PERMIT, id_number="h12345678")
    assert not faults
    assert clean["id_number"] == "H12345678"
    _, faults = invite(id_kind=codes.PAPER_HK_MACAU_PERMIT)
    assert faults["id_number"].code == "bad_format"
    _, faults = invite(id_kind="library card")
    assert set(faults) == {"id_kind", "id_number"}


def test_an_id_number_of_tomorrow_is_refused_by_the_given_clock() -> None:
    assert not invite(id_number="110000202703050014")[1]
    _, faults = check("online_signing.invite", INVITE | {"id_number": "110000202703050014"}, today=date(2027, 3, 4))
    assert faults[0].code == "bad_birth_date"


def test_dates_are_held_against_the_cohort_and_against_each_other() -> None:
    assert invite(report_on="2025-12-31")[1]["report_on"].code == "too_early"
    assert invite(report_on="2031-01-01")[1]["report_on"].code == "too_late"
    assert not invite(report_by="2027-07-01")[1]
    clean, faults = invite(report_by="2027-06-30")
    assert faults["report_by"].message == "“最迟报到日期”不能早于“报到日期”，请修改。"
    assert "report_by" not in clean
    assert "report_by" not in invite(report_on="nonsense", report_by="2027-06-30")[1]


# ---- the forms of online signing


def test_a_whole_invitation_comes_out_clean_and_in_order() -> None:
    clean, faults = invite(
        hukou_settled="true",
        hukou_address="样例路2号",
        archive_accepted=True,
        archive_body="样例人才中心",
        archive_address="样例路3号",
        archive_postcode="518000",
        archive_contact="档案科 赵老师",
        report_by="2027-08-01",
        probation_months="３",
        service_months=36,
        penalty="5,000",
        extra_terms="一、免费工作餐；\n二、另行约定。",
        contact_phone="0755-00000000",
    )
    assert not faults
    assert list(clean) == [field.name for field in FORMS["online_signing.invite"].fields if field.name in clean]
    assert (clean["hukou_settled"], clean["probation_months"], clean["penalty"]) == (True, 3, 5000)
    assert clean["extra_terms"] == "一、免费工作餐；\n二、另行约定。"


def test_accepting_asks_for_the_tick_alone_when_the_roster_knows_the_rest() -> None:
    known = {"own_mobile": "154 0000 0002", "own_email": "g@example.com"}
    clean, faults = check("online_signing.accept", {"agreed": True}, defaults=known)
    assert not faults
    assert clean == {"own_mobile": "15400000002", "own_email": "g@example.com", "agreed": True}


def test_an_address_that_was_cleared_is_not_filled_in_again() -> None:
    clean, _ = check(
        "online_signing.accept",
        {"agreed": True, "own_mobile": "15400000002", "own_email": ""},
        defaults={"own_email": "g@example.com"},
    )
    assert "own_email" not in clean


@pytest.mark.parametrize("tick", [False, "false", None, "", "yes", 1])
def test_accepting_without_the_tick_is_refused(tick: Any) -> None:
    _, faults = check("online_signing.accept", {"agreed": tick, "own_mobile": "15400000002"})
    assert [(fault.path, fault.code) for fault in faults] == [("agreed", "must_agree")]
    assert faults[0].message == "请先阅读并勾选“我已阅读协议全文并同意签约”。"


def test_the_wishes_for_archive_and_household_may_come_later() -> None:
    data = {"agreed": True, "own_mobile": "15400000002", "archive_wish": "origin", "household_wish": ""}
    clean, faults = check("online_signing.accept", data)
    assert not faults
    assert clean["archive_wish"] == "origin"
    assert "household_wish" not in clean


def test_refusing_for_another_reason_asks_which() -> None:
    assert not check("online_signing.refuse", {"reason": "pay"})[1]
    assert not check("online_signing.refuse", {"reason": "pay", "reason_text": "低于同类岗位"})[1]
    _, faults = check("online_signing.refuse", {"reason": codes.REASON_OTHER})
    assert [(fault.path, fault.code) for fault in faults] == [("reason_text", "required")]
    assert not check("online_signing.refuse", {"reason": codes.REASON_OTHER, "reason_text": "家人生病"})[1]


def test_rejecting_needs_a_reason_and_five_characters() -> None:
    _, faults = check("review.reject", {})
    assert [fault.path for fault in faults] == ["reason", "reason_text"]
    _, faults = check("review.reject", {"reason": "employer_data", "reason_text": " 名称错 "})
    assert [fault.code for fault in faults] == ["too_short"]
    assert not check("review.reject", {"reason": "employer_data", "reason_text": "单位名称错"})[1]


def test_withdrawing_and_approving_may_be_silent() -> None:
    assert check("online_signing.withdraw", {}) == ({}, ())
    assert check("review.approve", {}) == ({}, ())
    assert check("review.approve", {"warning_acknowledged": True})[0] == {"warning_acknowledged": True}


def test_after_the_signing_only_the_position_category_can_be_edited() -> None:
    assert check("online_signing.edit", {"position_category": "11"}) == ({"position_category": "11"}, ())
    _, faults = check("online_signing.edit", {"position_category": "11", "position_title": "主管"})
    assert [(fault.path, fault.code) for fault in faults] == [("position_title", "unknown_field")]


def test_an_employer_registers_with_its_data() -> None:
    clean, faults = check("employer_registration", EMPLOYER)
    assert not faults
    assert clean == EMPLOYER
    _, faults = check("employer_registration", EMPLOYER | {"employer_region": "110103"})
    assert [fault.path for fault in faults] == ["employer_region"]


NO_CODE = {**EMPLOYER, "employer_uscc": "", "no_code": True, "no_code_reason": "没有代码"}
BODY = {"employer_name": "样例单位", "own_mobile": "15400000002", "country": "HK"}


def tick_of(name: str, **answers: Any) -> Fault | None:
    """What is said at the tick 没有统一社会信用代码."""
    _, faults = check(name, NO_CODE | BODY | answers)
    return next((fault for fault in faults if fault.path == "no_code"), None)


@pytest.mark.parametrize("name", ["offline_signing.submit", "supplementary.submit", "destination.submit"])
def test_an_employer_without_credit_code_is_military_or_foreign(name: str) -> None:
    company = tick_of(name, destination_code="11")
    assert company is not None
    assert "仅限部队" in company.message
    assert tick_of(name, destination_code="11", employer_nature="40", employer_industry="80") is None
    assert tick_of(name, destination_code="11", employer_nature="99", employer_industry="46") is None
    assert tick_of(name, destination_code="11", employer_nature="") is None, "first the nature that decides is mended"


@pytest.mark.parametrize(
    ("kind", "taken"),
    [("10-1", True), ("10-4", True), ("10-5", True), ("75", True), ("801", True), ("10-3", False), ("12", False)],
)
def test_the_kind_of_destination_may_tell_that_there_is_no_credit_code(kind: str, taken: bool) -> None:
    assert (tick_of("destination.submit", destination_code=kind) is None) is taken


@pytest.mark.parametrize("kind", ["70", "71", "72"])
def test_whoever_has_nothing_yet_may_say_where_and_as_what_they_would_work(kind: str) -> None:
    wishes = {"wish_region": "330000", "wish_position": "13"}
    clean, _ = check("destination.submit", {"destination_code": kind, "own_mobile": "15400000002", **wishes})
    assert clean.items() >= wishes.items()


def test_a_staff_note_is_not_empty() -> None:
    assert check("staff_note", {"note": "已电话核实"}) == ({"note": "已电话核实"}, ())
    assert check("staff_note", {"note": " \u200b"})[1][0].code == "required"


def test_numbers_of_persons_are_marked_and_what_finds_the_person_is_not_kept() -> None:
    form = FORMS["online_signing.invite"]
    assert form.sensitive == {"id_number", "contact_mobile", "archive_phone"}
    assert {f.name for f in form.fields if not f.stored} == {"school_code", "graduate_name", "id_kind", "id_number"}
    assert FORMS["online_signing.accept"].sensitive == {"own_mobile"}
