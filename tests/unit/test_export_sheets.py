"""Room: exported workbooks: no cell is a formula or a link, whatever somebody typed (test-catalogue Q1)."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from workflows.export_sheets import Sheet

NASTY = [
    "=1+1",
    "+49",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "http://example.com",
    "=HYPERLINK(1)",
]


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def written(rows: list[list[str | int | None]]) -> dict[str, str]:
    sheet = Sheet("名单", (("xm", "gs"), ("姓名", "个数")))
    sheet.add(rows)
    return parts(sheet.close())


@pytest.mark.parametrize("text", NASTY)
def test_no_text_becomes_a_formula_or_a_link(text: str) -> None:
    found = written([[text, 1]])
    page = found["xl/worksheets/sheet1.xml"]
    assert "<f>" not in page
    assert "<hyperlink" not in page
    cell = re.search(r'<c r="A3"([^>]*)>', page)
    assert cell is not None
    assert 't="inlineStr"' in cell[1]
    if not text.startswith("http"):
        styles = found["xl/styles.xml"]
        number = int(re.search(r's="(\d+)"', cell[1])[1])  # type: ignore[index]
        formats = re.findall(r"<xf [^>]*?/?>", styles.partition("<cellXfs")[2].partition("</cellXfs>")[0])
        assert 'quotePrefix="1"' in formats[number]


def test_numbers_are_numbers_and_digits_that_are_typed_stay_text() -> None:
    page = written([["0123456789012345678", 17], [None, 0], ["", None]])["xl/worksheets/sheet1.xml"]
    assert "0123456789012345678" in page
    assert re.search(r'<c r="B3"[^>]*><v>17</v>', page)
    assert re.search(r'<c r="B4"[^>]*><v>0</v>', page)
    assert 'r="A4"' not in page


def test_rare_characters_and_control_characters_leave_the_file_whole() -> None:
    page = written([["㛃𠮷䶮", 1], ["a\x00b\x0bc", 2], ["_x0041_", 3], ["长" * 40_000, 4]])["xl/worksheets/sheet1.xml"]
    assert "㛃𠮷䶮" in page
    assert "\x00" not in page
    assert "长" * 32_767 in page
    assert "长" * 32_768 not in page


def test_both_header_rows_stand_on_top() -> None:
    page = written([])["xl/worksheets/sheet1.xml"]
    assert page.index(">xm<") < page.index(">姓名<")
