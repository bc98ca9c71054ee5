"""Room: one row of the roster, read and checked."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parties import Level
from tests.harness.world import id_number, roster_row
from workflows.roster_rows import COLUMNS, read_row, unknown_columns

TODAY = date(2027, 3, 5)


def read(**values):
    return read_row(7, roster_row() | values, school_code="99001", today=TODAY)


def test_a_right_row_becomes_an_entry_with_codes_only():
    number = id_number()
    entry, faults = read(sfzh=number.lower(), xm=" 张 三 ", xl="硕士", xldm="", mz="回族", mzdm="", xh=202701001.0)
    assert faults == []
    assert (entry.line, entry.name, entry.id_number) == (7, "张三", number)
    assert (entry.level_code, entry.level) == ("11", Level.POSTGRADUATE)
    assert entry.basic["mzdm"] == "03"
    assert entry.basic["xh"] == "202701001"
    assert number not in str(entry.basic)
    assert not {"sfzh", "xm", "mz", "szyx", "sjh"} & set(entry.basic)


def test_codes_that_excel_made_numbers_are_read():
    entry, faults = read(mzdm=1, zzmmdm=3.0, xldm=31, pyfsdm=1, bysj=202707)
    assert faults == []
    assert (entry.basic["mzdm"], entry.basic["zzmmdm"], entry.level_code) == ("01", "03", "31")
    assert entry.basic["bysj"] == "202707"


@pytest.mark.parametrize(
    ("values", "column", "code"),
    [
        ({"xm": ""}, "xm", "required"),
        ({"szyx": "  "}, "szyx", "required"),
        ({"szyx": None}, "szyx", "required"),
        ({"sfzh": ""}, "sfzh", "required"),
        ({"sfzh": "110000200501010010"}, "sfzh", "bad_check"),
        ({"sfzh": "110000203001010012"}, "sfzh", "bad_birth_date"),
        ({"xldm": "77"}, "xldm", "unknown_code"),
        ({"xldm": "", "xl": ""}, "xldm", "required"),
        ({"pyfsdm": "2"}, "pyfsdm", "unknown_code"),
        ({"mzdm": "99"}, "mzdm", "unknown_code"),
        ({"zjlx": "学生证"}, "zjlxdm", "unknown_code"),
        ({"sjh": "12345"}, "sjh", "bad_mobile"),
        ({"dzyx": "nobody"}, "dzyx", "bad_email"),
        ({"bysj": "2027-13"}, "bysj", "bad_month"),
        ({"yxdm": "99002"}, "yxdm", "other_school"),
        ({"xm": "张\u0000三"}, "xm", "bad_characters"),
        ({"zyfx": "长" * 200}, "zyfx", "too_long"),
    ],
)
def test_a_wrong_cell_is_named(values, column, code):
    entry, faults = read(**values)
    assert entry is None
    assert (7, column, code) in {(f.line, f.column, f.code) for f in faults}


def test_an_undivided_training_mode_asks_for_the_split():
    _, faults = read(pyfsdm="4")
    assert "41" in faults[0].message
    assert "42" in faults[0].message


def test_all_faults_of_a_row_are_told_at_once():
    _, faults = read(xm="", szyx="", xldm="77", sjh="1")
    assert {f.column for f in faults} == {"xm", "szyx", "xldm", "sjh"}


@pytest.mark.parametrize("code", ["99001", "0099001", ""])
def test_the_schools_own_code_is_known_with_leading_digits(code):
    assert read(yxdm=code)[1] == []


def test_other_papers_have_their_own_numbers():
    entry, faults = read(zjlx="护照", sfzh="E12345678")
    assert faults == []
    assert (entry.id_kind, entry.id_number) == ("passport", "E12345678")


def test_unknown_columns_are_named():
    assert unknown_columns({"xm": "x", "dwmc": "", "备注": ""}) == ["dwmc", "备注"]


@given(st.dictionaries(st.sampled_from(sorted(COLUMNS)), st.one_of(st.none(), st.text(), st.integers(), st.floats())))
def test_no_row_of_cells_breaks_the_reader(row):
    entry, faults = read_row(3, row, school_code="99001", today=TODAY)
    assert (entry is None) == bool(faults)
