"""Room: a list as a workbook: every cell a text or a number, never a formula (qualities.md, Security).

A text that a spreadsheet would read as a formula is a text here twice over: by its cell's type, and by the quote mark
that keeps it one when somebody edits the cell. Rows go to disk as they come, so a long list costs no memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

import xlsxwriter

MEDIA: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
FORMULA_LIKE: Final = tuple("=+-@\t\r＝＋－＠")
_LONGEST: Final = 32_767  # characters that one cell can hold

Cell = str | int | None


class Sheet:
    """One sheet with its header rows; blocking, so it is filled in a thread."""

    def __init__(self, title: str, headers: Sequence[Sequence[str]]) -> None:
        self._target = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._target, _OPTIONS)
        self._sheet = self._book.add_worksheet(title[:31])
        self._text = self._book.add_format({"num_format": "@"})
        self._quoted = self._book.add_format({"num_format": "@", "quote_prefix": True})
        self._line = 0
        bold = self._book.add_format({"bold": True, "num_format": "@"})
        for place, label in enumerate(headers[-1]):
            self._sheet.set_column(place, place, max(10, min(40, len(label) * 2 + 4)))
        self._sheet.freeze_panes(len(headers), 0)
        for row in headers:
            for place, label in enumerate(row):
                self._sheet.write_string(self._line, place, label, bold)
            self._line += 1

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            for place, value in enumerate(row):
                self._write(place, value)
            self._line += 1

    def _write(self, place: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, int):
            self._sheet.write_number(self._line, place, value)
            return
        style = self._quoted if value.startswith(FORMULA_LIKE) else self._text
        self._sheet.write_string(self._line, place, value[:_LONGEST], style)

    def close(self) -> bytes:
        """The finished file."""
        self._book.close()
        return self._target.getvalue()
