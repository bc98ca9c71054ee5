"""Room: the kinds of field one by one: what is forgiven, what is refused, what a form refuses to be built of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from models import codes
from workflows.fields import Accepts
from workflows.forms import BadForm, Field, Form, Kind, When, validate

FACTS = {"today": date(2027, 3, 5), "cohort": 2027, "close": date(2028, 1, 31)}


def one_field(**attributes: Any) -> Form:
    return Form("t", "样表", (Field(name="f", label="甲", **attributes),))


def read_one(value: Any, **attributes: Any) -> Any:
    """The clean value of a single-field form, or the code of its only fault."""
    clean, faults = validate(one_field(**attributes), {"f": value}, FACTS)
    assert len(faults) <= 1
    return faults[0].code if faults else clean.get("f")


# ---- kinds


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (" 软件　工程师 ", "软件 工程师"),
        ("Ｃ＋＋工程师２级", "C＋＋工程师2级"),
        ("一\n二\t三", "一 二 三"),
        ("样例（北京），一号", "样例（北京），一号"),  # Chinese punctuation stays as it was written
        ("cafe\u0301", "café"),
        ("㛃𠮷䶮", "㛃𠮷䶮"),
        ("零\u200b宽", "零宽"),
        ("\u200b \ufeff", None),
        ("", None),
        (None, None),
        ("a\x00b", "bad_characters"),
        ("a\x1bb", "bad_characters"),
        ("a\x85b", "bad_characters"),
        ("\ud83d", "bad_characters"),
        ("a\u202eb", "bad_characters"),
        ("a\uffffb", "bad_characters"),
        ("a\U0001fffeb", "bad_characters"),
        ("工程师👩‍🎓", "pictograph"),
        ("字" * 21, "too_long"),
        ("字" * 10_000, "too_long"),
        (5, "wrong_type"),
        (True, "wrong_type"),
        ([], "wrong_type"),
        ({}, "wrong_type"),
    ],
)
def test_a_line_of_text(value: Any, result: Any) -> None:
    assert read_one(value, kind=Kind.TEXT, max_length=20) == result


def test_a_long_text_keeps_its_lines() -> None:
    assert read_one(" 一 \r\n\r\n二\u2028三\t四 \n", kind=Kind.LONG_TEXT, max_length=50) == "一\n\n二\n三 四"


def test_a_text_may_have_a_least_length_and_a_pattern() -> None:
    assert read_one("太短", kind=Kind.TEXT, min_length=5, max_length=9) == "too_short"
    attributes: dict[str, Any] = {"kind": Kind.TEXT, "max_length": 9, "pattern": "[A-Z]{2}", "help": "两个大写字母。"}
    assert read_one("ＡＢ", **attributes) == "AB"
    assert read_one("ab", **attributes) == "bad_format"


def test_surrounding_spaces_do_not_count_towards_the_length() -> None:
    assert read_one("  " + "字" * 20 + "  ", kind=Kind.TEXT, max_length=20) == "字" * 20


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (8000, 8000),
        (8000.0, 8000),
        ("8000", 8000),
        ("８０００", 8000),
        (" 8,000 ", 8000),
        (0, 0),
        ("-0", 0),
        (-1, "too_small"),
        ("-1", "too_small"),
        (10001, "too_large"),
        ("99999999999999999999", "not_whole"),
        (10**400, "too_large"),
        (1e300, "too_large"),
        (8000.5, "not_whole"),
        ("8000.5", "not_whole"),
        ("8千", "not_whole"),
        ("8,00", "not_whole"),
        ("٨٠٠٠", "not_whole"),
        (float("nan"), "not_whole"),
        (float("inf"), "not_whole"),
        (True, "wrong_type"),
        ("", None),
        ("9" * 5000, "too_long"),
    ],
)
def test_money_is_whole_yuan(value: Any, result: Any) -> None:
    found = read_one(value, kind=Kind.MONEY, min=0, max=10000)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("2027-07-01", "2027-07-01"),
        ("２０２７－０７－０１", "2027-07-01"),
        ("2027/7/1", "2027-07-01"),
        ("2027年7月1日", "2027-07-01"),
        ("2028-02-29", "2028-02-29"),
        ("2027-02-29", "bad_date"),
        ("2027-13-01", "bad_date"),
        ("0000-01-01", "bad_date"),
        ("1899-12-31", "bad_date"),
        ("9999-12-31", "bad_date"),
        ("20270701", "bad_date"),
        ("明天", "bad_date"),
        ("2027-07-01T00:00:00Z", "bad_date"),
        (20270701, "wrong_type"),
    ],
)
def test_dates_are_real_dates(value: Any, result: Any) -> None:
    assert read_one(value, kind=Kind.DATE) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [(True, True), (False, False), ("true", True), ("false", False), ("", None), (None, None)]
    + [(value, "unknown_code") for value in (1, 0, "是", "on", [], 1.0)],
)
def test_a_boolean_is_true_or_false(value: Any, result: Any) -> None:
    found = read_one(value, kind=Kind.BOOLEAN)
    assert (type(found), found) == (type(result), result)


@pytest.mark.parametrize(
    ("value", "result"),
    [("39", "39"), ("", None), ("77", "unknown_code"), (39, "unknown_code"), (" 39", "unknown_code")]
    + [(value, "unknown_code") for value in ([], {}, True, "\x00")],
)
def test_a_code_is_one_of_its_table(value: Any, result: Any) -> None:
    assert read_one(value, kind=Kind.CODE, table="employer_nature") == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("110108", "110108"),
        ("110103", "unknown_code"),
        ("999999", "unknown_code"),
        ("11", "unknown_code"),
        (110108, "unknown_code"),
    ],
)
def test_a_region_is_one_that_still_exists(value: Any, result: Any) -> None:
    assert read_one(value, kind=Kind.REGION) == result


def test_a_choice_is_one_of_its_own() -> None:
    choices = (("a", "甲"), ("b", "乙"))
    assert read_one("a", kind=Kind.CHOICE, choices=choices) == "a"
    assert read_one("c", kind=Kind.CHOICE, choices=choices) == "unknown_code"


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        (Kind.MOBILE, "１５４ ００００ ０００１", "15400000001"),
        (Kind.MOBILE, "1540000000", "bad_mobile"),
        (Kind.MOBILE, 15400000001, "wrong_type"),
        (Kind.MOBILE, "15400000001\x00", "bad_characters"),
        (Kind.PHONE, "（010）62345678", "010-62345678"),
        (Kind.PHONE, "没有", "bad_phone"),
        (Kind.EMAIL, "hr@example.com", "hr@example.com"),
        (Kind.EMAIL, "hr", "bad_email"),
        (Kind.POSTCODE, "１０００８４", "100084"),
        (Kind.POSTCODE, "1", "bad_postcode"),
        (Kind.USCC, "91110103ma00000015", "91110103MA00000015"),
        (Kind.USCC, "91110103MA00000010", "bad_check"),
        (Kind.SCHOOL, "99001", "99001"),
        (Kind.SCHOOL, "9900", "unknown_code"),
    ],
)
def test_numbers_are_read_by_their_own_rules(kind: Kind, value: Any, result: Any) -> None:
    assert read_one(value, kind=kind) == result


ONE, TWO, THREE = (f"01930000-0000-7000-8000-00000000000{n}" for n in "abc")


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ([ONE], [ONE]),
        ([TWO, ONE.upper()], [TWO, ONE]),
        ([], None),
        (None, None),
        ("", "wrong_type"),
        (ONE, "wrong_type"),
        ({ONE: ONE}, "wrong_type"),
        ([ONE, ONE], "doubled"),
        ([ONE, ONE.upper()], "doubled"),
        ([ONE, TWO, THREE], "too_many"),
        ([ONE, "证明.jpg"], "unknown_file"),
        ([ONE, None], "unknown_file"),
        ([ONE.replace("-", "")], "unknown_file"),
    ],
)
def test_files_are_a_list_of_different_uploads(value: Any, result: Any) -> None:
    assert read_one(value, kind=Kind.FILES, max=2) == result


def test_files_have_a_least_number_where_they_are_sent_at_all() -> None:
    assert read_one([ONE], kind=Kind.FILES, min=2) == "too_few"
    assert read_one([], kind=Kind.FILES, min=2) is None
    assert read_one([], kind=Kind.FILES, min=2, required=True) == "required"
    many = [f"01930000-0000-7000-8000-0000000000{n:02d}" for n in range(21)]
    assert read_one(many[:20], kind=Kind.FILES) == many[:20]
    assert read_one(many, kind=Kind.FILES) == "too_many"


def test_missing_files_are_asked_for_in_their_own_words() -> None:
    _, (fault,) = validate(one_field(kind=Kind.FILES, required=True), {}, FACTS)
    assert fault.message == "请上传“甲”。"


# ---- conditions and bounds


def test_a_condition_tells_true_from_one() -> None:
    assert When("a", (True,)).holds({"a": True})
    assert not When("a", (True,)).holds({"a": 1})
    assert not When("a", (True,)).holds({})


def test_dates_may_be_bounded_by_today_and_by_the_close() -> None:
    bounded: dict[str, Any] = {"kind": Kind.DATE, "min": "today", "max": "close"}
    assert read_one("2027-03-05", **bounded) == "2027-03-05"
    assert read_one("2027-03-04", **bounded) == "too_early"
    assert read_one("2028-01-31", **bounded) == "2028-01-31"
    assert read_one("2028-02-01", **bounded) == "too_late"
    assert validate(one_field(**bounded), {"f": "1999-01-01"}, {}) == ({"f": "1999-01-01"}, ())


# ---- forms check themselves


def test_a_contradictory_field_is_refused_when_built() -> None:
    wrong: list[dict[str, Any]] = [
        {"kind": Kind.CODE},
        {"kind": Kind.CODE, "table": "no_such_table"},
        {"kind": Kind.CODE, "table": codes.REGION},
        {"kind": Kind.TEXT, "max_length": 5, "table": "sex"},
        {"kind": Kind.TEXT},
        {"kind": Kind.MONEY},
        {"kind": Kind.MONEY, "min": 2, "max": 1},
        {"kind": Kind.CHOICE},
        {"kind": Kind.MOBILE, "pattern": "x", "help": "x"},
        {"kind": Kind.TEXT, "max_length": 5, "pattern": "x"},
        {"kind": Kind.BOOLEAN, "must_hold": True},
        {"kind": Kind.FILES, "max": 21},
        {"kind": Kind.FILES, "min": 0},
        {"kind": Kind.FILES, "min": 3, "max": 2},
        {"kind": Kind.FILES, "sensitive": True},
        {"kind": Kind.FILES, "prefilled": True},
        {"kind": Kind.BOOLEAN, "accepts": (Accepts.PDF,)},
    ]
    for attributes in wrong:
        with pytest.raises(BadForm):
            Field(name="f", label="甲", **attributes)


def test_a_contradictory_form_is_refused_when_built() -> None:
    tick = Field(name="a", label="甲", kind=Kind.BOOLEAN)
    day = Field(name="d", label="丁", kind=Kind.DATE, min="a")
    second = Field(name="b", label="乙", kind=Kind.BOOLEAN, when=When("a", (True,)))
    third = Field(name="c", label="丙", kind=Kind.BOOLEAN, when=When("b", (True,)))
    lost = Field(name="b", label="乙", kind=Kind.ID_NUMBER, paper_field="lost")
    for fields in ((tick, tick), (second,), (tick, second, third), (tick, day), (lost,)):
        with pytest.raises(BadForm):
            Form("t", "样表", fields)


def test_today_may_come_as_a_moment_and_is_then_the_day_in_shanghai() -> None:
    late = datetime(2027, 3, 4, 16, 30, tzinfo=UTC)  # 00:30 of the fifth in Shanghai
    form = one_field(kind=Kind.DATE, max="today")
    assert validate(form, {"f": "2027-03-05"}, {"today": late})[1] == ()
