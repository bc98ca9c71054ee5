"""Room: one row of an invitation file: what stands in its cells, as the form `online_signing.invite` wants it. Pure.

Cells hold labels or codes, 是 or 否, dates in any of the usual spellings; what a cell means is for the form to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from models import codes
from models.codes.table import UnknownCode
from models.kit import fold
from workflows.errors import Fault
from workflows.fields import Field, Kind
from workflows.forms import FORMS

FORM: Final = FORMS["online_signing.invite"]
SCHOOL: Final = "school_code"
WHO: Final = (SCHOOL, "graduate_name", "id_number")
"""Whom a row is about; a header names these three."""
OWN: Final = ("contact_name", "contact_mobile", "contact_phone")
"""Left empty, they are the employer's own contact."""

DIGITS_LOST: Final = "“证件号码”是数字格式，末几位已经丢失；请把该列设为文本格式后重新填写。"
SAFE_DIGITS: Final = 10**15
"""From here on a spreadsheet's number no longer holds every digit."""

_ALIASES: Final[Mapping[str, str]] = {
    "学校": SCHOOL, "学校名称": SCHOOL, "学校代码": SCHOOL, "院校": SCHOOL, "姓名": "graduate_name",
    "身份证号": "id_number", "身份证号码": "id_number", "证件号": "id_number", "联系人手机号": "contact_mobile",
}  # fmt: skip
_TRUE, _FALSE = ("是", "true", "1", "有", "y"), ("否", "false", "0", "无", "n")


def _bare(text: Any) -> str:
    """A head without what stands in brackets, marks and spaces: `月薪（元，税前）*` → `月薪`."""
    return re.sub(r"\(.*?\)|[\s*]", "", fold(str(text))) if text else ""


_HEADS: Final[Mapping[str, str]] = {**{_bare(field.label): field.name for field in FORM.fields}, **_ALIASES}


def column(head: Any) -> str | None:
    """The field that a head stands for."""
    text = _bare(head)
    return _HEADS.get(text) or next((f.name for f in FORM.fields if f.name == text.lower()), None)


def lacking(columns: Sequence[str]) -> list[str]:
    """Labels of columns that every row needs and the file does not have."""
    return [
        field.label
        for field in FORM.fields
        if field.required and not field.when and field.default is None and field.name not in (*columns, *OWN)
    ]


def as_text(value: Any) -> str:
    """A cell as somebody would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):  # also a moment
        return value.date().isoformat() if isinstance(value, datetime) else value.isoformat()
    return str(value).strip()


def data_of(cells: Mapping[str, str], own: Mapping[str, Any]) -> dict[str, Any]:
    """What `validate` reads. `cells`: by field; `own`: the employer's contact, for columns that were left empty.

    The school stays as it was written: which one it is, is not for a form to say.
    """
    found: dict[str, Any] = {name: own[name] for name in OWN if own.get(name)}
    for field in FORM.fields:
        text = cells.get(field.name, "")
        if text:
            found[field.name] = _meant(field, text)
    return found


def _meant(field: Field, text: str) -> str:
    """Codes for labels; what is none stays as it is, and the form refuses it."""
    if field.kind is Kind.BOOLEAN:
        known = fold(text).lower()
        return "true" if known in _TRUE else "false" if known in _FALSE else text
    if field.kind is Kind.CODE:
        try:
            return codes.table(field.table).accepts(text)
        except UnknownCode:
            return text
    if field.kind is Kind.CHOICE:
        return next((value for value, label in field.choices if fold(label) == fold(text)), text)
    return text


def cells_of(form: Mapping[str, Any]) -> dict[str, str]:
    """The other way: a form that was read well as cells that one could have typed."""
    return {field.name: _shown(field, form[field.name]) for field in FORM.fields if form.get(field.name) is not None}


def _shown(field: Field, value: Any) -> str:
    if field.kind is Kind.CODE:
        return codes.table(field.table).label(value)
    if field.kind is Kind.CHOICE:
        return dict(field.choices).get(value, str(value))
    return as_text(value)


def sentences(faults: Sequence[Fault]) -> str:
    """All faults of a row in one cell."""
    return "".join(fault.message for fault in faults)[:1000]
