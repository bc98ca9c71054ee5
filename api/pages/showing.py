"""Room: what was filled in once, shown again as lines of label and text: a record's terms, an employer's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.pages.filling import REST, Sections
from models import codes
from workflows.fields import Field, Form, Kind

EMPTY = "—"


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    text: str
    long: bool = False


def lines(
    form: Form, values: Mapping[str, Any], sections: Sections = (), *, rest: bool = True
) -> list[tuple[str, list[Line]]]:
    """The form's fields with their values under the page's headings; questions that were not asked are left out.

    `rest`: fields that stand under no heading come last.
    """
    fields = {field.name: field for field in form.fields if field.stored and _asked(field, values)}
    named = [name for _, names in sections for name in names]
    others = [name for name in fields if name not in named] if rest else []
    plan = [*sections, (REST if sections else "", others)]
    shown = [(title, [_line(fields[n], values.get(n)) for n in names if n in fields]) for title, names in plan]
    return [(title, found) for title, found in shown if found]


def _asked(field: Field, values: Mapping[str, Any]) -> bool:
    return field.when is None or field.when.holds(values)


def _line(field: Field, value: Any) -> Line:
    return Line(field.label, text_of(field, value), field.kind is Kind.LONG_TEXT)


def text_of(field: Field, value: Any) -> str:
    """A stored value as a person reads it."""
    if value is None or value == "":
        return EMPTY
    if field.kind is Kind.BOOLEAN:
        return "是" if value else "否"
    if field.kind is Kind.MONEY and isinstance(value, int):
        return f"{value:,}"
    if field.kind is Kind.FILES and isinstance(value, list):
        return f"{len(value)} 个文件" if value else EMPTY
    if field.kind is Kind.CHOICE:
        return dict(field.choices).get(str(value), str(value))
    if field.kind in (Kind.CODE, Kind.REGION):
        return label(field.table or codes.REGION, str(value))
    return str(value)


def label(table: str, code: str) -> str:
    """The Chinese name of a code; one that the tables no longer know stays as it is."""
    known = codes.table(table)
    return known.label(code) if code in known else code
