"""Room: forms on pages: every question stands once, what was typed comes back, conditions and clocks in words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

from api.pages import filling as filling_module
from api.pages import spans
from api.pages.filling import Filling, Question, as_typed, data, filling, provinces, regions, typed
from api.pages.showing import lines
from models import codes, kit
from tests.conftest import Clock
from workflows.errors import Fault
from workflows.fields import Accepts
from workflows.forms import FORMS, Field, Form, Kind, validate

INVITE = FORMS["online_signing.invite"]
REGISTRATION = FORMS["employer_registration"]


def questions(shown: Filling) -> dict[str, Question]:
    return {q.name: q for part in shown.sections for q in part.questions}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_every_question_of_every_form_stands_once(name: str) -> None:
    shown = filling(FORMS[name], {})
    names = [q.name for part in shown.sections for q in part.questions]
    assert names == [field.name for field in FORMS[name].fields]
    assert [q.label for part in shown.sections for q in part.questions] == [f.label for f in FORMS[name].fields]


def test_a_question_that_no_section_names_comes_last_by_itself() -> None:
    shown = filling(REGISTRATION, {}, sections=(("名称", ("employer_name",)),))
    assert [part.title for part in shown.sections] == ["名称", "其他信息"]
    assert len(questions(shown)) == len(REGISTRATION.fields)


@given(st.dictionaries(st.sampled_from([f.name for f in INVITE.fields]), st.text(max_size=60)))
def test_what_was_typed_stands_in_the_page_but_for_control_characters(values: dict[str, str]) -> None:
    shown = questions(filling(INVITE, typed(INVITE, values)))
    for name, text in values.items():
        assert shown[name].value == "".join(ch for ch in text if ch.isprintable() or ch in "\n\t\u3000")


@given(st.dictionaries(st.sampled_from([f.name for f in INVITE.fields]), st.text(max_size=30)))
def test_what_a_page_sends_can_always_be_judged(values: dict[str, str]) -> None:
    clean, faults = validate(INVITE, data(INVITE, typed(INVITE, values)), {})
    assert clean or faults


def test_a_fault_stands_at_its_field_and_the_first_one_wins() -> None:
    faults = [Fault("employer_name", "a", "甲"), Fault("employer_name", "b", "乙")]
    shown = filling(REGISTRATION, {}, faults)
    assert questions(shown)["employer_name"].fault == "甲"
    assert shown.faults == tuple(faults)


def test_a_blank_that_the_platform_fills_by_itself_is_left_to_it() -> None:
    assert "valid_days" not in data(INVITE, {"valid_days": " "})
    assert data(INVITE, {"valid_days": "3", "work_place": ""}) == {"work_place": "", "valid_days": "3"}


def test_conditions_are_said_in_words_and_followed() -> None:
    asked = {
        answer: questions(filling(INVITE, {"dispatched": answer}))["dispatched_to"] for answer in ("true", "false")
    }
    assert asked["true"].asked
    assert not asked["false"].asked
    assert asked["false"].condition == "仅在“是否劳务派遣”选“是”时填写。"
    refuse = questions(filling(FORMS["online_signing.refuse"], {}))["reason_text"]
    assert refuse.help == "选“其他”时必填，单位会看到。"


def test_choices_that_belong_to_an_answer_are_offered_under_it_alone() -> None:
    submit = FORMS["destination.submit"]
    offered = {
        kind: {c.value for c in questions(filling(submit, {"destination_code": kind}))["substate"].choices}
        for kind in ("70", "72", "")
    }
    assert offered["70"] | offered["72"] == offered[""]
    assert offered["70"] & offered["72"] == set()
    for kind in ("70", "72"):
        for choice in offered[kind]:
            _, faults = validate(submit, {"destination_code": kind, "substate": choice}, {})
            assert "substate" not in {fault.path for fault in faults}


def test_a_region_outside_the_chosen_province_is_no_choice() -> None:
    sent = {"employer_region": "110101", "employer_region_province": "44"}
    assert typed(REGISTRATION, sent)["employer_region"] == ""
    assert typed(REGISTRATION, {**sent, "employer_region_province": "11"})["employer_region"] == "110101"


def test_every_province_has_places_that_the_form_accepts() -> None:
    table = codes.table(codes.REGION)
    assert len(provinces()) == 34
    for province in provinces():
        places = regions(province.value)
        assert places, province
        assert all(place.value in table and place.value.startswith(province.value) for place in places)
        assert len({place.value for place in places}) == len(places)
        assert not any("市辖区" in place.label or "直辖" in place.label + place.group for place in places)
    assert regions("99") == ()
    assert regions("") == ()


def test_stored_values_are_shown_as_people_read_them() -> None:
    values = {"dispatched": False, "monthly_pay": 12000, "position_category": "13", "dispatched_to": "旧值"}
    shown = {line.label: line.text for _, found in lines(INVITE, values) for line in found}
    assert shown["是否劳务派遣"] == "否"
    assert shown["月薪（元，税前）"] == "12,000"
    assert shown["工作职位类别"] == "工程技术人员"
    assert shown["违约金（元）"] == "—"
    assert "用工单位" not in shown, "a question that was not asked"
    assert "证件号码" not in shown, "what only finds the person is not kept"
    assert as_typed({"a": True, "b": None, "c": 3}) == {"a": "true", "c": "3"}


IDS = "01930000-0000-7000-8000-00000000000a 01930000-0000-7000-8000-00000000000b"
PROOFS = Form(
    "t.proofs",
    "样表",
    (
        Field(name="proof", label="证明材料", kind=Kind.FILES, required=True, max=3),
        Field(name="letter", label="解约函", kind=Kind.FILES, min=1, max=1, accepts=(Accepts.PDF,)),
    ),
)


def test_files_travel_through_a_page_by_their_ids() -> None:
    sent = typed(PROOFS, {"proof": IDS, "letter": " "})
    assert data(PROOFS, sent) == {"proof": IDS.split(), "letter": []}
    clean, faults = validate(PROOFS, data(PROOFS, sent), {})
    assert (clean, faults) == ({"proof": IDS.split()}, ())
    assert as_typed(clean) == {"proof": IDS}
    assert [line.text for _, found in lines(PROOFS, clean) for line in found] == ["2 个文件", "—"]


def test_a_page_says_what_may_be_uploaded_and_how_much_is_there() -> None:
    shown = filling(PROOFS, {"proof": IDS}, [Fault("letter", "required", "请上传“解约函”。")])
    asked = questions(shown)
    assert asked["proof"].files == "1 至 3 个文件，JPEG、PNG 图片或 PDF，每个不超过 10 MB。"
    assert asked["letter"].files == "1 个文件，PDF，每个不超过 10 MB。"
    folder = Path(filling_module.__file__).parent / "templates"
    pages = Environment(loader=FileSystemLoader(folder), autoescape=True)
    drawn = [pages.get_template("employer/_form.html").module.question(one) for one in asked.values()]  # type: ignore[attr-defined]
    assert "已上传 2 个" in drawn[0]
    assert f'name="proof" value="{IDS}"' in drawn[0]
    assert "还没有上传" in drawn[1]
    assert "请上传“解约函”。" in drawn[1]
    assert 'id="field-letter"' in drawn[1]


@pytest.mark.parametrize(
    ("span", "text", "soon"),
    [
        (timedelta(days=15, hours=3), "还剩 15 天", False),
        (timedelta(days=2, hours=3), "还剩 2 天 3 小时", False),
        (timedelta(days=1, hours=20), "还剩 1 天 20 小时", True),
        (timedelta(hours=5, minutes=59), "还剩 5 小时", True),
        (timedelta(seconds=30), "还剩 1 分钟", True),
    ],
)
def test_time_left_in_words(clock: Clock, span: timedelta, text: str, soon: bool) -> None:
    clock.at("2027-03-05T14:30:00+08:00")
    found = spans.left(kit.json_time(clock.moment + span))
    assert found == spans.Clock(text, soon=soon)


def test_no_time_left_and_no_deadline(clock: Clock) -> None:
    clock.at("2027-03-05T14:30:00+08:00")
    assert spans.left("2027-03-05T06:30:00Z") == spans.Clock("已到期", over=True)
    assert spans.left(None) is None
    assert spans.waited("2027-03-03T06:00:00Z") == "已等 2 天"
    assert spans.waited(None) == ""
    assert spans.screen("2027-03-05T06:30:00Z") == "2027-03-05 14:30"
