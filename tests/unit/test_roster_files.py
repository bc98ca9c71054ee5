"""Room: roster files as clerks bring them: layouts, encodings, merged and hidden cells, what is refused (Q2, Q5)."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from models.parties import Level
from tests.harness.roster_files import NATIONAL, csv_file, national_file, workbook
from tests.harness.world import roster_row
from workflows import roster_files as files
from workflows.roster_files import BadFileError, RosterFile, judge, read_file
from workflows.roster_rows import COLUMNS, RowFault
from workflows.roster_sheets import fault_list, template
from workflows.roster_staging import Stager

TODAY = date(2027, 3, 5)


def rows_of(file: RosterFile) -> list[dict[str, object]]:
    return [{name: cells[at] for name, at in file.columns.items()} for _, cells in file.rows]


def refused(content: bytes) -> str:
    with pytest.raises(BadFileError) as caught:
        list(read_file(content).rows)
    return caught.value.sentence


def test_the_national_layout_is_read_from_its_third_line() -> None:
    row = roster_row()
    file = read_file(national_file([row, roster_row()]))
    lines = list(file.rows)
    assert [line for line, _ in lines] == [3, 4]
    assert lines[0][1][file.columns["sfzh"]] == row["sfzh"]
    assert file.sheet == "名单"
    assert set(file.ignored) == set(NATIONAL) - set(COLUMNS)


@pytest.mark.parametrize("header", ["pinyin", "chinese"])
def test_one_header_row_of_either_kind_with_columns_in_any_order(header: str) -> None:
    row = roster_row()
    names = sorted(row, reverse=True)
    titles = names if header == "pinyin" else [COLUMNS[name] for name in names]
    file = read_file(workbook([titles, [row[name] for name in names]]))
    assert list(rows_of(file)) == [row]


def test_a_title_line_above_the_header_marks_and_blanks_are_forgiven() -> None:
    row = roster_row()
    titles = [f" {COLUMNS[name]} *" if name != "sfzh" else "身份证号码（必填）" for name in row]
    file = read_file(workbook([["2027届毕业生名单"], [], titles, list(row.values()), [], list(roster_row().values())]))
    assert [line for line, _ in file.rows] == [4, 6]


def test_hidden_rows_are_rows_and_a_merged_cell_stands_for_all_it_covers() -> None:
    people = [roster_row("文学院"), roster_row(""), roster_row(""), roster_row("计算机学院")]
    place = NATIONAL.index("szyx")

    def touch(_: object, sheet: object) -> None:
        sheet.merge_range(2, place, 4, place, "文学院")  # type: ignore[attr-defined]
        sheet.set_row(3, None, None, {"hidden": True})  # type: ignore[attr-defined]

    found = rows_of(read_file(national_file(people, touch=touch)))
    assert [row["szyx"] for row in found] == ["文学院", "文学院", "文学院", "计算机学院"]
    assert [row["sfzh"] for row in found] == [row["sfzh"] for row in people]


def test_a_hidden_sheet_or_one_without_a_header_is_passed_over() -> None:
    target = io.BytesIO()
    row = roster_row()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet("说明").write(0, 0, "请按模板填写")
        book.add_worksheet("旧").write_row(0, 0, [COLUMNS[name] for name in row])
        book.worksheets()[1].hide()
        sheet = book.add_worksheet("新")
        sheet.write_row(0, 0, list(row))
        sheet.write_row(1, 0, list(row.values()))
    file = read_file(target.getvalue())
    assert file.sheet == "新"
    assert rows_of(file) == [row]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_q5_csv_in_the_encodings_that_excel_and_wps_write(encoding: str, separator: str) -> None:
    row = roster_row(xm="㛃𠮷䶮")
    file = read_file(csv_file([row], encoding, separator=separator))
    assert rows_of(file) == [row]


def test_q2_numbers_dates_and_full_width_digits_come_out_as_they_were_meant() -> None:
    """Excel hands over floats, dates and texts; what is stored is one and the same."""
    row = roster_row()
    number = row["sfzh"]
    wide = number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    forms = ["202707", 202707, "2027-07", "2027/7/1", "2027年7月", datetime(2027, 7, 1), "20270701"]
    stager_rows = [row | {"sfzh": wide, "mzdm": 1, "zzmmdm": 3, "xldm": 31.0, "bysj": form} for form in forms]
    file = read_file(national_file(stager_rows))
    lines = [Stager("99001", TODAY, Level.ALL).line(3, one).decode().rstrip("\n").split("\t") for one in rows_of(file)]
    basics = {line[13] for line in lines}
    assert len(basics) == 1, basics
    (basic,) = basics
    assert '"mzdm":"01"' in basic
    assert '"zzmmdm":"03"' in basic
    assert '"bysj":"202707"' in basic
    assert len({line[6] for line in lines}) == 1


def test_an_id_number_that_excel_rounded_is_told_as_such() -> None:
    line = Stager("99001", TODAY, Level.ALL).line(7, roster_row() | {"sfzh": 110000200501010000.0})
    assert "Excel 把长号码存成了数字" in line.decode()


def test_a_fault_does_not_quote_a_number_of_a_shifted_column() -> None:
    row = roster_row()
    line = Stager("99001", TODAY, Level.ALL).line(7, row | {"mzdm": row["sfzh"]})
    assert "民族" in line.decode()
    assert row["sfzh"] not in line.decode()


def test_missing_and_doubled_columns_are_named() -> None:
    row = roster_row()
    assert (
        refused(csv_file([row], columns=["xm", "sfzh", "xldm"]))
        == "缺少必需的列：所在院系、培养方式代码或培养方式。可下载模板对照。"
    )
    assert "姓名" in refused(csv_file([row], columns=[*row, "xm"]))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7\n1 0 obj", files.NOT_A_ROSTER),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, files.OLD_EXCEL),
        (b"\x89PNG\r\n\x1a\n", files.NOT_A_ROSTER),
        (b"<html><table></table></html>", files.NOT_A_ROSTER),
        (b"PK\x03\x04 not an archive", files.BROKEN),
        ("姓名,电话\n王,1".encode(), files.NO_HEADER),
        (b"\xff\xff\xff,\x80\x80", files.NO_TEXT),
        (csv_file([{"xm": "", "sfzh": "", "szyx": "", "xldm": "", "pyfsdm": ""}]), files.EMPTY),
    ],
)
def test_a_wrong_file_is_refused_with_the_way_out(content: bytes, sentence: str) -> None:
    assert refused(content) == sentence


def test_a_truncated_workbook_is_refused() -> None:
    whole = national_file([roster_row() for _ in range(50)])
    assert refused(whole[: len(whole) // 2]) == files.BROKEN


def test_too_many_rows_are_refused_while_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROSTER_ROWS", 3)
    assert refused(csv_file([roster_row() for _ in range(4)])) == files.TOO_MANY_ROWS


def archive(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in parts.items():
            out.writestr(name, content)
    return target.getvalue()


OFFICE = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}


def test_f4_an_archive_that_announces_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bloated = archive({**OFFICE, "xl/worksheets/sheet1.xml": b"\0" * (60 * 1024 * 1024)})
    crowded = archive({**OFFICE, **{f"xl/media/{n}": b"" for n in range(2500)}})
    for content in (bloated, crowded):
        began = time.perf_counter()
        with pytest.raises(BadFileError) as caught:
            judge(io.BytesIO(content))
        assert caught.value.sentence == files.TOO_BIG_INSIDE
        assert time.perf_counter() - began < 1


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    assert refused(archive({"word/document.xml": b"<w/>", "[Content_Types].xml": b"<Types/>"})) == files.NOT_A_ROSTER


def test_q1_what_we_write_holds_no_formula() -> None:
    texts = ["=1+1", "+1", "-1", "@a", "\t=1", "＝1", "http://example.com"]
    for content in (template(), fault_list([RowFault(3, "xm", "x", text) for text in texts], "=表")):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert sheets
        assert not any(b"<f>" in sheet or b"hyperlink" in sheet for sheet in sheets)


def test_the_template_is_read_as_a_roster_and_says_what_must_be_filled_in() -> None:
    with pytest.raises(BadFileError) as caught:
        list(read_file(template()).rows)
    assert caught.value.sentence == files.EMPTY
