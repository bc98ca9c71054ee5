"""Room: workbooks of invitations for tests, as a clerk fills them in: labels for codes, 是 and 否."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from models import codes
from tests.harness.world import Person, World, invite_form
from workflows.fields import Kind
from workflows.invitation_rows import FORM


def row(world: World, person: Person, **values: Any) -> dict[str, Any]:
    """Cells by field; keywords override."""
    return {**{name: _cell(name, value) for name, value in invite_form(world, person).items()}, **values}


def _cell(name: str, value: Any) -> Any:
    field = FORM.field(name)
    assert field is not None
    if field.kind is Kind.BOOLEAN:
        return "是" if value else "否"
    return codes.table(field.table).label(value) if field.kind is Kind.CODE else value


def workbook(rows: Sequence[Mapping[str, Any]], *, heads: Sequence[str] = (), title: str = "") -> bytes:
    """`heads`: fields in the file's order; all of the form's by themselves. `title`: a line above the head."""
    target = io.BytesIO()
    names = list(heads) or [field.name for field in FORM.fields]
    labels = {field.name: field.label for field in FORM.fields}
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("签约邀请")
        lines: list[Sequence[Any]] = [[title]] if title else []
        lines += [
            [labels.get(name, name) for name in names],
            *([cells.get(name, "") for name in names] for cells in rows),
        ]
        for line, cells in enumerate(lines):
            for place, value in enumerate(cells):
                if isinstance(value, int | float):
                    sheet.write_number(line, place, value)
                else:
                    sheet.write_string(line, place, value)
    return target.getvalue()


def cells_of(content: bytes) -> list[list[Any]]:
    """The first sheet of a workbook, its head included."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python()
