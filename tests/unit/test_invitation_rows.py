"""Room: files of invitations: heads in any spelling, cells as forms want them, files that are none."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest

from tests.harness.invitations import workbook
from workflows.forms import validate
from workflows.invitation_reader import (
    LACKING,
    NO_HEADER,
    NO_ROWS,
    NOT_A_WORKBOOK,
    TOO_MANY,
    TWICE,
    read_here,
    read_rows,
)
from workflows.invitation_rows import FORM, as_text, column, data_of
from workflows.invitation_sheets import results, template
from workflows.limits import INVITATION_ROWS
from workflows.roster_files import BROKEN, OLD_EXCEL, BadFileError

FULL = {
    "school_code": "99001 云汀理工大学", "graduate_name": "王小明", "id_number": "110000200501010015",
    "position_category": "工程技术人员", "position_title": "软件工程师", "work_place": "云汀市示例区",
    "dispatched": "否", "report_on": "2027/7/10", "monthly_pay": 9000, "hukou_settled": "是",
    "hukou_address": "云汀市示例街道集体户", "archive_accepted": "0", "contact_name": "赵人事",
    "contact_mobile": "15400000001",
}  # fmt: skip


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("毕业院校", "school_code"), ("学校代码*", "school_code"), ("姓 名", "graduate_name"),
        ("身份证号（必填）", "id_number"), ("月薪（元，税前）", "monthly_pay"), ("月薪", "monthly_pay"),
        ("试用期(月)", "probation_months"), ("Monthly_Pay", "monthly_pay"), ("备注", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_head_is_known_in_any_usual_spelling(head: str | None, name: str | None) -> None:
    assert column(head) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [(9000.0, "9000"), (0.5, "0.5"), (True, "是"), (date(2027, 7, 1), "2027-07-01"), (" 甲 ", "甲"), (None, ""),
     (datetime.fromisoformat("2027-07-01T00:00:00"), "2027-07-01")],
)  # fmt: skip
def test_a_cell_is_read_as_it_would_be_typed(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_row_as_clerks_write_it_is_a_right_form() -> None:
    [line] = read_here(workbook([FULL], title="2027届邀请名单"))
    assert line.line == 3
    clean, faults = validate(FORM, data_of({**line.cells, "school_code": "99001"}, {}), {"today": date(2027, 3, 1)})
    assert faults == ()
    assert (clean["position_category"], clean["dispatched"], clean["hukou_settled"]) == ("13", False, True)
    assert (clean["report_on"], clean["monthly_pay"], clean["archive_accepted"]) == ("2027-07-10", 9000, False)


def test_the_employers_own_contact_stands_in_for_empty_cells_only() -> None:
    own = {"contact_name": "钱人事", "contact_mobile": "15400000009"}
    found = data_of({"contact_name": "赵人事"}, own)
    assert found == {"contact_name": "赵人事", "contact_mobile": "15400000009"}


def test_digits_that_a_number_has_lost_are_noticed() -> None:
    [line] = read_here(workbook([{**FULL, "id_number": 110000200501010015}]))
    assert line.lost == ["id_number"]
    assert read_here(workbook([FULL]))[0].lost == []


def test_the_template_is_understood_by_its_own_reader_and_holds_no_formula() -> None:
    with pytest.raises(BadFileError) as refused:
        read_here(template())
    assert refused.value.sentence == NO_ROWS
    with zipfile.ZipFile(io.BytesIO(template())) as archive:
        sheets = b"".join(archive.read(name) for name in archive.namelist() if "worksheets/sheet" in name)
    assert b"<f>" not in sheets
    assert b"dataValidation" in sheets


def test_results_hold_texts_whatever_a_name_looks_like() -> None:
    row = {
        "line": 2,
        "school": "=1+1",
        "name": "+王",
        "id_number": "@",
        "label": "已发出",
        "said": "",
        "state_label": "",
    }
    with zipfile.ZipFile(io.BytesIO(results([row]))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7", None),
        ("毕业院校,毕业生姓名,证件号码\n".encode(), NOT_A_WORKBOOK),
        (b"\xd0\xcf\x11\xe0" + bytes(600), OLD_EXCEL),
        (workbook([FULL])[:900], BROKEN),
        (workbook([], heads=["甲", "乙"]), NO_HEADER),
        (workbook([]), NO_ROWS),
        (workbook([FULL] * (INVITATION_ROWS + 1)), TOO_MANY),
        (workbook([FULL], heads=["school_code", "graduate_name", "id_number", "graduate_name"]), TWICE),
        (workbook([FULL], heads=["school_code", "graduate_name", "id_number"]), LACKING),
    ],
    ids=["pdf", "csv", "old", "cut", "no_header", "no_rows", "too_many", "twice", "lacking"],
)
def test_a_file_that_is_none_is_refused_with_what_to_do(content: bytes, sentence: str | None) -> None:
    with pytest.raises(BadFileError) as refused:
        read_here(content)
    assert (sentence or "").split("{")[0] in refused.value.sentence


async def test_the_child_says_the_same_as_the_reader() -> None:
    assert await read_rows(workbook([FULL])) == read_here(workbook([FULL]))
    with pytest.raises(BadFileError) as refused:
        await read_rows(workbook([]))
    assert refused.value.sentence == NO_ROWS
