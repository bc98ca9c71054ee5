"""Room: forms against anything: no JSON makes them raise, and the schema never refuses what they accept."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from stdnum.cn import ric

from models import codes
from models.codes import identity
from models.kit import fold
from workflows.forms import FORMS, Field, Form, Kind, When, json_schema, validate

FACTS = {
    "today": date(2027, 3, 5),
    "cohort": 2027,
    "close": date(2028, 1, 31),
    "defaults": {"own_mobile": "15400000002", "own_email": "g@example.com", "valid_days": 7},
}

KINDS: list[tuple[Kind, dict[str, Any]]] = [
    (Kind.TEXT, {"max_length": 12}),
    (Kind.LONG_TEXT, {"max_length": 12, "min_length": 2}),
    (Kind.PERSON_NAME, {"max_length": 12}),
    (Kind.ID_NUMBER, {}),
    (Kind.CODE, {"table": "employer_nature"}),
    (Kind.REGION, {}),
    (Kind.SCHOOL, {}),
    (Kind.CHOICE, {"choices": (("x", "一"), ("y", "二"))}),
    (Kind.BOOLEAN, {}),
    (Kind.DATE, {"min": "cohort-1", "max": "close"}),
    (Kind.MONEY, {"min": 0, "max": 1000}),
    (Kind.INTEGER, {"min": -5, "max": 5}),
    (Kind.MOBILE, {}),
    (Kind.PHONE, {}),
    (Kind.EMAIL, {}),
    (Kind.POSTCODE, {}),
    (Kind.USCC, {}),
    (Kind.FILES, {"min": 2, "max": 3}),
]


def small_form(kind: Kind, extra: dict[str, Any]) -> Form:
    """One kind in its four situations, so that the properties hold for kinds which no form uses yet."""
    return Form(
        str(kind),
        "样表",
        (
            Field(name="tick", label="勾", kind=Kind.BOOLEAN),
            Field(name="must", label="必填", kind=kind, required=True, **extra),
            Field(name="may", label="可填", kind=kind, **extra),
            Field(name="then", label="勾时必填", kind=kind, required_when=When("tick", (True,)), **extra),
            Field(name="asked", label="勾时才问", kind=kind, required=True, when=When("tick", (True,)), **extra),
        ),
    )


SMALL = [small_form(kind, extra) for kind, extra in KINDS]
ALL_FORMS = [*FORMS.values(), *SMALL]


def test_every_kind_is_tried() -> None:
    assert {kind for kind, _ in KINDS} == set(Kind)


any_text = st.text(max_size=40) | st.text(alphabet=st.characters(codec=None, categories=None), max_size=12)
readable = st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\u202a\u202b\u202c\u202d\u202e")
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


def full_width(text: str) -> str:
    return "".join(chr(ord(ch) + 0xFEE0) if "!" <= ch <= "~" else ch for ch in text)


def typed(right: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The same as people type it: padded, or in full width."""
    return right | right.map(lambda text: f" {text}\u3000") | right.map(full_width)


def right_values(field: Field) -> st.SearchStrategy[Any]:
    """Values of which most are right for that field."""
    match field.kind:
        case Kind.TEXT if field.pattern:
            return st.from_regex(field.pattern, fullmatch=True)
        case Kind.TEXT | Kind.LONG_TEXT | Kind.PERSON_NAME:
            return st.text(readable, min_size=max(field.min_length, 1), max_size=field.max_length) | st.text(
                "张三 李·，１Aa\n", min_size=5, max_size=field.max_length
            )
        case Kind.ID_NUMBER:
            first17 = st.dates(date(1950, 1, 1), date(2027, 3, 1)).map(lambda d: f"110000{d:%Y%m%d}001")
            return typed(first17.map(lambda text: text + ric.calc_check_digit(text + "0")))
        case Kind.CODE:
            return st.sampled_from([entry.code for entry in codes.table(field.table)])
        case Kind.REGION:
            return st.sampled_from(["110000", "110108", "440305", "710000"])
        case Kind.SCHOOL:
            return st.from_regex(r"\A99[0-9]{3}\Z")
        case Kind.CHOICE:
            return st.sampled_from([value for value, _ in field.choices])
        case Kind.BOOLEAN:
            return st.sampled_from([True, "true"] if field.must_hold else [True, False, "true", "false"])
        case Kind.DATE:
            return typed(st.dates(date(2026, 1, 1), date(2028, 1, 31)).map(str))
        case Kind.MONEY | Kind.INTEGER:
            assert isinstance(field.min, int)
            assert isinstance(field.max, int)
            number = st.integers(field.min, field.max)
            return number | number.map(float) | typed(number.map(str))
        case Kind.MOBILE:
            return typed(st.from_regex(r"\A154[0-9]{8}\Z"))
        case Kind.PHONE:
            return typed(st.from_regex(r"\A0[0-9]{2}-[0-9]{8}(转[0-9]{1,4})?\Z"))
        case Kind.EMAIL:
            return typed(st.emails(domains=st.just("example.com")))
        case Kind.POSTCODE:
            return typed(st.from_regex(r"\A[1-9][0-9]{5}\Z"))
        case Kind.USCC:
            return typed(st.sampled_from(["91110103MA00000015", "91110103ma00000015"]))
        case Kind.FILES:
            low, high = field.file_bounds
            number = st.uuids().map(str) | st.uuids().map(lambda one: str(one).upper())
            return st.lists(number, min_size=low, max_size=high, unique_by=str.lower)


def submissions(form: Form) -> st.SearchStrategy[dict[str, Any]]:
    """Mostly right forms: each field right, or blank, or absent, now and then anything at all."""
    blanks = st.sampled_from(["", None, " ", "\u3000", "\u200b"])
    values = {
        field.name: st.integers(0, 39).flatmap(
            lambda dice, field=field: blanks if dice == 7 else any_json if dice == 13 else right_values(field)
        )
        for field in form.fields
    }
    must = {f.name: values[f.name] for f in form.fields if f.when is not None or not f.may_be_missing}
    may = {name: value for name, value in values.items() if name not in must}
    return st.fixed_dictionaries(must, optional=may)


each_form = pytest.mark.parametrize("form", ALL_FORMS, ids=lambda form: form.name)


@given(form=st.sampled_from(ALL_FORMS), data=any_json)
@settings(max_examples=300, deadline=None)
@example(form=FORMS["staff_note"], data={"note": "\ud800"})
@example(form=FORMS["online_signing.accept"], data={"agreed": float("nan"), "own_mobile": 10**5000, "\x00": {}})
def test_no_json_makes_a_form_raise(form: Form, data: Any) -> None:
    clean, faults = validate(form, data, FACTS)
    assert isinstance(clean, dict)
    for fault in faults:
        assert fault.code
        fault.message.encode()
        fault.path.encode()


@given(form=st.sampled_from(ALL_FORMS), values=st.data())
@settings(max_examples=100, deadline=None)
def test_no_value_in_any_field_makes_a_form_raise(form: Form, values: st.DataObject) -> None:
    data = {field.name: values.draw(any_json) for field in form.fields}
    clean, faults = validate(form, data, FACTS)
    paths = [fault.path for fault in faults]
    assert set(clean) | set(paths) <= {field.name for field in form.fields}
    assert not set(clean) & set(paths)
    assert len(paths) == len(set(paths))


ID, OTHER = "01930000-0000-7000-8000-00000000000a", "01930000-0000-7000-8000-00000000000b"
ODD: list[Any] = [
    *(
        "",
        " ",
        "\u3000",
        "\u200b",
        "\n",
        "x",
        "0",
        "１",
        "true",
        "false",
        "是",
        "39",
        " 39",
        "x" * 65,
        "x" * 5000,
        "\ud800",
        "\x00",
    ),
    *(
        "Ａ\u0301",
        "e\u0301",
        "110108",
        "110108\n",
        "99001",
        "2027-07-01",
        "hr@example.com",
        "15400000001",
        "010-62345678",
    ),
    *([ID], [ID, ID], [ID, ID.upper()], [ID, OTHER], [ID, OTHER] * 11, [ID, 1], [[ID]], ID, [ID[:-1]], [f" {ID}"]),
    *([f"{{{ID}}}"], [ID.replace("-", "")], [f"urn:uuid:{ID}"], [None], [""], {"0": ID}),
    *(None, True, False, 0, 1, -1, 6, 1.0, 1.5, 10**20, float("nan"), float("inf"), [], [1], {}, {"a": 1}),
]


@each_form
def test_the_schema_agrees_on_every_odd_value_of_every_field(form: Form) -> None:
    schema = Draft202012Validator(json_schema(form), format_checker=FormatChecker())
    for field in form.fields:
        for value in ODD:
            for tick in ({"tick": True}, {}) if form.field("tick") else ({},):
                data = tick | {field.name: value}
                clean, faults = validate(form, data, FACTS)
                refused = {str(error.path[0]) for error in schema.iter_errors(data) if error.path}
                assert refused <= {fault.path for fault in faults}, (field.name, value)
                again, _ = validate(form, clean, FACTS)
                assert {name: again.get(name) for name in clean} == clean, (field.name, value)


@given(form=st.sampled_from(ALL_FORMS), values=st.data())
@settings(max_examples=150, deadline=None)
def test_the_schema_never_refuses_what_the_form_accepts(form: Form, values: st.DataObject) -> None:
    data = values.draw(submissions(form))
    _, faults = validate(form, data, FACTS)
    errors = list(Draft202012Validator(json_schema(form), format_checker=FormatChecker()).iter_errors(data))
    assert {str(error.path[0]) for error in errors if error.path} <= {fault.path for fault in faults}
    assert faults or not errors


@given(form=st.sampled_from(ALL_FORMS), values=st.data())
@settings(max_examples=150, deadline=None)
def test_what_was_read_can_be_stored_and_read_again(form: Form, values: st.DataObject) -> None:
    """UTF-8 JSON without NUL, which is all that PostgreSQL's jsonb takes; reading it twice is reading it once."""
    clean, _ = validate(form, values.draw(submissions(form)), FACTS)
    body = json.dumps(clean, ensure_ascii=False, allow_nan=False)
    assert "\\u0000" not in body
    assert json.loads(body.encode()) == clean
    again, faults = validate(form, clean, FACTS)
    assert {name: again.get(name) for name in clean} == clean
    assert not {fault.path for fault in faults} & set(clean)


@given(text=st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_every_check_of_a_number_returns_or_refuses(text: str) -> None:
    today = date(2027, 3, 5)
    checks = [
        lambda t: identity.check_id_number(t, today),
        *(lambda t, paper=entry.code: identity.check_paper(paper, t, today) for entry in codes.table("paper")),
        identity.check_uscc,
        identity.check_mobile,
        identity.check_phone,
        identity.check_email,
        identity.check_postcode,
        identity.check_agreement_number,
    ]
    for check in checks:
        try:
            number = check(text)
        except identity.BadNumber:
            continue
        assert check(number) == number


@given(text=st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_a_name_read_twice_is_a_name_read_once(text: str) -> None:
    once = identity.person_name(text)
    assert identity.person_name(once) == once
    assert fold(once) == once


@given(school=st.from_regex(r"\A[0-9]{5}\Z"), cohort=st.integers(2000, 2099), sequence=st.integers(1, 9_999_999))
@settings(max_examples=100, deadline=None)
def test_every_agreement_number_verifies(school: str, cohort: int, sequence: int) -> None:
    number = identity.agreement_number(school, cohort, sequence)
    assert identity.check_agreement_number(number) == number
    assert number[:16] == f"{school}{cohort}{sequence:07d}"
