"""Room: forms. One definition per form, read by the API's validation, OpenAPI, the pages, the dashboard and Excel.

`FORMS` holds them by name (`online_signing.invite`). Their data stand in the modules named `…questions.py`,
the words they are made of in `fields.py`, the reading of one value in `reading.py`. Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, TypedDict

from workflows import destination_questions, paper_questions, questions, review_questions, staff_questions
from workflows.errors import Fault
from workflows.fields import BadForm, Field, Form, Kind, When
from workflows.reading import Wrong, as_day, blank, misshapen, missing, options, read, shape_of

__all__ = [
    "FORMS",
    "BadForm",
    "Field",
    "Form",
    "FormFacts",
    "Kind",
    "When",
    "describe",
    "excel_headers",
    "json_schema",
    "validate",
]

_HOMES = (questions, paper_questions, destination_questions, review_questions, staff_questions)
FORMS: Mapping[str, Form] = MappingProxyType({form.name: form for home in _HOMES for form in home.ALL})

_MOST_UNKNOWN = 20  # named unknown fields; the rest of a garbage body would only lengthen the answer


class FormFacts(TypedDict, total=False):
    """What a form may look at beside itself; each may be left out, then what depends on it is not checked."""

    today: date  # Asia/Shanghai
    cohort: int
    close: date  # the cohort's last day
    defaults: Mapping[str, Any]  # for fields marked `prefilled`: what the platform knows already


def validate(form: Form, data: Any, facts: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """Read what was sent for a form: the clean values by field name, and all faults at once in the form's order.

    Takes any JSON value and never raises. Clean values are JSON (text, whole number, true/false, dates as
    `YYYY-MM-DD`, lists of ids of uploads) and hold only what was filled in, asked for and right. Reading them again
    gives the same values.
    `facts` has the keys of `FormFacts`.
    """
    if not isinstance(data, Mapping):
        return {}, (Fault("", "not_an_object", "提交的内容应是一组填写项，请刷新页面后重试。"),)
    clean: dict[str, Any] = {}
    wrongs: dict[str, Wrong] = {}
    # Conditions look only at fields that have none, so those are read first.
    for field in sorted(form.fields, key=lambda f: (f.when is not None) + (f.required_when is not None)):
        try:
            value = _take(field, data, clean, facts)
        except Wrong as wrong:
            wrongs[field.name] = wrong
        else:
            if value is not None:
                clean[field.name] = value
    _check_dates(form, clean, wrongs, facts)
    _check_either(form, clean, wrongs)
    _check_ticks(form, clean, wrongs)
    faults = [Fault(f.name, wrongs[f.name].code, wrongs[f.name].message) for f in form.fields if f.name in wrongs]
    return (
        {field.name: clean[field.name] for field in form.fields if field.name in clean},
        (*faults, *_unknown(form, data)),
    )


def _take(field: Field, data: Mapping[Any, Any], clean: Mapping[str, Any], facts: Mapping[str, Any]) -> Any:
    """The clean value of one field, None where there is none. Raises `Wrong`."""
    value = data.get(field.name)
    if value is None:
        value = _default(field, facts)
    if wrong := misshapen(field, value):
        raise wrong
    if field.when is not None and not field.when.holds(clean):
        return None
    if blank(value):
        if field.required or (field.required_when is not None and field.required_when.holds(clean)):
            raise missing(field)
        return None
    return read(field, value, data, facts)


def _default(field: Field, facts: Mapping[str, Any]) -> Any:
    known = facts.get("defaults")
    if field.prefilled and isinstance(known, Mapping) and known.get(field.name) is not None:
        return known[field.name]
    return field.default


def _check_dates(form: Form, clean: dict[str, Any], wrongs: dict[str, Wrong], facts: Mapping[str, Any]) -> None:
    """Dates against their bounds, once all are read; a date out of bounds leaves the clean values."""
    for field in form.fields:
        if field.kind is not Kind.DATE or field.name not in clean:
            continue
        day = date.fromisoformat(clean[field.name])
        low = _bound(form, field.min, clean, facts, first=True)
        high = _bound(form, field.max, clean, facts, first=False)
        if low and day < low[0]:
            wrongs[field.name] = Wrong("too_early", f"“{field.label}”不能早于{low[1]}，请修改。")
        elif high and day > high[0]:
            wrongs[field.name] = Wrong("too_late", f"“{field.label}”不能晚于{high[1]}，请修改。")
    for name in wrongs:
        clean.pop(name, None)


def _check_either(form: Form, clean: Mapping[str, Any], wrongs: dict[str, Wrong]) -> None:
    for names in form.either:
        first, second = (field for field in form.fields if field.name in names)
        if any(f.when is not None and not f.when.holds(clean) for f in (first, second)):
            continue
        if not any(f.name in clean or f.name in wrongs for f in (first, second)):
            wrongs[first.name] = Wrong("required", f"“{first.label}”和“{second.label}”至少填写一项。")


def _check_ticks(form: Form, clean: dict[str, Any], wrongs: dict[str, Wrong]) -> None:
    """Ticks that are not always taken; one that hangs on a wrong answer is judged once that is right."""
    for field in form.fields:
        if clean.get(field.name) is not True or not field.only or any(when.field in wrongs for when in field.only):
            continue
        if not any(when.holds(clean) for when in field.only):
            wrongs[field.name] = Wrong("not_here", f"这里不能勾选“{field.label}”：{field.help}")
            hanging = [one.name for one in form.fields if one.when is not None and one.when.field == field.name]
            for name in (field.name, *hanging):
                clean.pop(name, None)


def _bound(
    form: Form, bound: int | str | None, clean: Mapping[str, Any], facts: Mapping[str, Any], *, first: bool
) -> tuple[date, str] | None:
    """A bound of a date and how it is called; None where the facts do not tell."""
    if not isinstance(bound, str):
        return None
    if bound.startswith("cohort"):
        cohort = facts.get("cohort")
        if not isinstance(cohort, int):
            return None
        year = cohort + int(bound.removeprefix("cohort") or 0)
        day = date(year, 1, 1) if first else date(year, 12, 31)
        return day, day.isoformat()
    if (other := form.field(bound)) is not None:
        return (date.fromisoformat(clean[bound]), f"“{other.label}”") if bound in clean else None
    known = as_day(facts.get(bound))
    return None if known is None else (known, "今天" if bound == "today" else f"本届截止日 {known.isoformat()} ")


def _unknown(form: Form, data: Mapping[Any, Any]) -> list[Fault]:
    names = {field.name for field in form.fields}
    strange = ["".join(ch if ch.isprintable() else "?" for ch in str(key)[:40]) for key in data if key not in names]
    return [
        Fault(name, "unknown_field", f"这里没有名为“{name}”的填写项，请去掉后再提交。")
        for name in sorted(set(strange))[:_MOST_UNKNOWN]
    ]


def json_schema(form: Form) -> dict[str, Any]:
    """JSON Schema 2020-12 of what `validate` may accept, as OpenAPI 3.1 wants it.

    It never refuses what `validate` accepts. It cannot say everything: conditions stand beside as `x-when` and
    `x-required-when` and in the description; check characters and real dates are for `validate` alone.
    """
    return {
        "type": "object",
        "title": form.title,
        "properties": {field.name: _annotations(field) | shape_of(field) for field in form.fields},
        "required": [field.name for field in form.fields if not field.may_be_missing],
        "additionalProperties": False,
    }


def _annotations(field: Field) -> dict[str, Any]:
    notes: dict[str, Any] = {"title": field.label}
    if field.help:
        notes["description"] = field.help
    for key, condition in (("x-when", field.when), ("x-required-when", field.required_when)):
        if condition is not None:
            notes[key] = condition.as_json()
    if field.only:
        notes["x-only"] = [condition.as_json() for condition in field.only]
    if field.default is not None:
        notes["default"] = field.default
    return notes | {"x-kind": str(field.kind)} | ({"x-table": field.table} if field.table else {})


def describe(form: Form, cohort: int | None = None) -> dict[str, Any]:
    """All that a screen needs to show a form. Options stand inline except for regions (3,500 of them).

    With a cohort only its codes are offered.
    """
    return {"name": form.name, "title": form.title, "fields": [_described(field, cohort) for field in form.fields]}


def _described(field: Field, cohort: int | None) -> dict[str, Any]:
    low, high = field.file_bounds if field.kind is Kind.FILES else (field.min, field.max)
    return {
        "name": field.name,
        "label": field.label,
        "kind": str(field.kind),
        "table": field.table or ("region" if field.kind is Kind.REGION else None),
        "options": options(field, cohort),
        "required": field.required,
        "required_when": field.required_when.as_json() if field.required_when else None,
        "when": field.when.as_json() if field.when else None,
        "min": low,
        "max": high,
        "min_length": field.min_length,
        "max_length": field.max_length or None,
        "pattern": field.pattern or None,
        "help": field.help,
        "sensitive": field.sensitive,
        "default": field.default,
        "prefilled": field.prefilled,
        "must_hold": field.must_hold,
        "accepts": [str(one) for one in field.file_kinds] if field.kind is Kind.FILES else None,
    }


def excel_headers(form: Form) -> list[str]:
    """The Chinese column heads of a form's sheet, in the form's order; no two are alike."""
    return [field.label for field in form.fields]
