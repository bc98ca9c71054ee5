"""Room: one row of the roster, by the pinyin columns of the national exchange layout: read, checked. Pure.

Codes are taken from the code column or, where only the name is there, from the name. What is empty is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from operator import gt
from types import MappingProxyType
from typing import Any, NamedTuple

from models.codes import PAPER_RESIDENT_ID, REGION, UnknownCode, level_of, table
from models.codes.identity import BadNumber, check_email, check_mobile, check_paper, person_name
from models.kit import fold
from models.parties import Level


@dataclass(frozen=True, slots=True)
class RowFault:
    """One wrong cell. `line` is the row's number in the file."""

    line: int
    column: str
    code: str
    message: str


class Entry(NamedTuple):
    """A row that is right. `basic`: the remaining columns, codes only, no numbers of papers."""

    line: int
    ems_id: str
    exam_no: str
    id_kind: str
    id_number: str
    name: str
    level_code: str
    level: Level
    department: str
    major: str
    training_mode: str
    phone: str
    email: str
    basic: Mapping[str, str]


COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "jyxtbh": "就业系统编号",
        "ksh": "考生号",
        "xm": "姓名",
        "zjlxdm": "证件类型代码",
        "zjlx": "证件类型",
        "sfzh": "身份证号",
        "xbdm": "性别代码",
        "xb": "性别",
        "mzdm": "民族代码",
        "mz": "民族",
        "zzmmdm": "政治面貌代码",
        "zzmm": "政治面貌",
        "yxdm": "院校代码",
        "yx": "院校名称",
        "szyx": "所在院系",
        "szbj": "所在班级",
        "xh": "学号",
        "xldm": "学历代码",
        "xl": "学历",
        "zydm": "专业代码",
        "zy": "专业",
        "zyfx": "专业方向",
        "pyfsdm": "培养方式代码",
        "pyfs": "培养方式",
        "dxhwpdw": "定向或委培单位",
        "syszddm": "生源所在地代码",
        "syszd": "生源所在地",
        "xz": "学制",
        "rxsj": "入学时间",
        "bysj": "毕业时间",
        "knslbdm": "困难生类别代码",
        "knslb": "困难生类别",
        "sfslbdm": "师范生类别代码",
        "sfslb": "师范生类别",
        "sjh": "手机号",
        "dzyx": "电子邮箱",
    }
)
"""Columns that are read, with their Chinese names; the destination columns of the layout are the platform's own."""

# Code column, name column, table, whether it must be there.
_CODED = (
    ("xldm", "xl", "level", True),
    ("pyfsdm", "pyfs", "training_mode", True),
    ("xbdm", "xb", "sex", False),
    ("mzdm", "mz", "ethnicity", False),
    ("zzmmdm", "zzmm", "political_status", False),
    ("syszddm", "syszd", REGION, False),
    ("knslbdm", "knslb", "hardship", False),
    ("sfslbdm", "sfslb", "normal_student", False),
)
_MET: dict[str, dict[str, str]] = {column: {} if must else {"": ""} for column, _, _, must in _CODED}
"""Right texts of each code column and what they stand for; no more than the tables have labels, aliases and codes."""
_PLAIN = ("szbj", "xh", "zydm", "zyfx", "dxhwpdw", "xz")
_MONTHS = ("rxsj", "bysj")
_LENGTHS = {
    "jyxtbh": 40,
    "xm": 80,
    "szyx": 120,
    "zy": 120,
    "ksh": 20,
    "dzyx": 120,
    "szbj": 80,
    "xh": 30,
    "zydm": 12,
    "zyfx": 80,
}
_LONGEST = 120
_BLANK = dict.fromkeys(COLUMNS, "")
_LIMITS = tuple(_LENGTHS.get(name, _LONGEST) for name in COLUMNS)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MONTH = re.compile(r"((?:19|20)[0-9]{2})(0[1-9]|1[0-2])(?:[0-3][0-9])?")
_SPLIT_MONTH = re.compile(r"((?:19|20)[0-9]{2})[-/.年]([01]?[0-9])(?:月|[-/.月][0-3]?[0-9]日?)?(?: 00:00:00)?")
_NUMBERS = re.compile(r"[0-9]{7,}[Xx]?")
_AS_NUMBER = "（Excel 把长号码存成了数字，末几位已丢失：请把该列设为文本格式后重新填写）"


class _BadCellError(Exception):
    def __init__(self, column: str, code: str, message: str) -> None:
        self.column, self.code, self.message = column, code, message
        super().__init__(message)


def text_of(value: Any) -> str:
    """A cell as text: Excel hands numbers and empty cells over as such."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def unknown_columns(row: Mapping[str, Any]) -> list[str]:
    """Columns that nobody reads; they are named and left out."""
    return [name for name in row if name not in COLUMNS]


@dataclass(slots=True)
class _Reader:
    """Collects the faults of one row, so that all are told at once."""

    line: int
    cells: Mapping[str, str]
    faults: list[RowFault] = field(default_factory=list)

    def take(self, read: Callable[..., str], *args: Any) -> str:
        try:
            return read(self.cells, *args)
        except _BadCellError as bad:
            self.faults.append(RowFault(self.line, bad.column, bad.code, bad.message))
            return ""


def read_row(
    line: int, row: Mapping[str, Any], *, school_code: str, today: date
) -> tuple[Entry | None, list[RowFault]]:
    """The entry, or every fault of the row."""
    cells = _BLANK | {
        name: value.strip() if type(value) is str else text_of(value) for name, value in row.items() if name in _BLANK
    }
    reader = _Reader(line, cells)
    take = reader.take
    reader.faults.extend(_unstorable(line, cells))
    coded = {}
    for column, label, known, must in _CODED:
        # Nearly every cell of a code column has been met before; what has not, or is wrong, goes the long way.
        met = _MET[column].get(cells[column] or cells[label])
        coded[column] = take(_code, column, label, known, must) if met is None else met
    kind = take(_paper)
    number = take(_number, kind, today) if kind else ""
    person = take(_required, "xm", person_name)
    department = take(_required, "szyx", str)
    phone = take(_checked, "sjh", check_mobile)
    email = take(_checked, "dzyx", check_email)
    take(_own_school, school_code)
    months = {column: take(_month, column) for column in _MONTHS}
    if reader.faults:
        return None, reader.faults
    basic = {column: fold(cells[column]) for column in ("ksh", *_PLAIN)} | months
    basic |= {column: code for column, code in coded.items() if column not in ("xldm", "pyfsdm")}
    return Entry(
        line=line,
        ems_id=fold(cells["jyxtbh"]),
        exam_no=basic["ksh"],
        id_kind=kind,
        id_number=number,
        name=person,
        level_code=coded["xldm"],
        level=level_of(coded["xldm"]),
        department=department,
        major=cells["zy"],
        training_mode=coded["pyfsdm"],
        phone=phone,
        email=email,
        basic={column: value for column, value in basic.items() if value},
    ), []


def _unstorable(line: int, cells: Mapping[str, str]) -> Iterator[RowFault]:
    if any(map(gt, map(len, cells.values()), _LIMITS)):
        for (name, text), limit in zip(cells.items(), _LIMITS, strict=True):
            if len(text) > limit:
                yield RowFault(line, name, "too_long", f"{COLUMNS[name]}太长，请核对。")
    joined = "".join(cells.values())
    if joined.isprintable() or _CONTROLS.search(joined) is None:
        return
    for name, text in cells.items():
        if _CONTROLS.search(text):
            yield RowFault(line, name, "bad_characters", f"{COLUMNS[name]}中有无法保存的字符，请删去。")


def _required(cells: Mapping[str, str], name: str, read: Callable[[str], str]) -> str:
    value = read(cells[name])
    if not value:
        raise _BadCellError(name, "required", f"{COLUMNS[name]}不能为空。")
    return value


def _code(cells: Mapping[str, str], column: str, label: str, name: str, must: bool) -> str:
    given = cells[column] or cells[label]
    if not given:
        if must:
            raise _BadCellError(column, "required", f"{COLUMNS[column]}不能为空。")
        return ""
    return _accepted(name, column, given)


def _accepted(name: str, column: str, given: str) -> str:
    """The code that a text stands for; kept, as a roster has few different ones and many rows."""
    try:
        return _MET.setdefault(column, {}).setdefault(given, table(name).accepts(given))
    except UnknownCode as unknown:
        # In a shifted column the hint would quote somebody's number.
        raise _BadCellError(column, "unknown_code", f"{_NUMBERS.sub('…', unknown.hint)}。") from None


def _paper(cells: Mapping[str, str]) -> str:
    given = cells["zjlxdm"] or cells["zjlx"]
    if not given:
        return PAPER_RESIDENT_ID
    return _accepted("paper", "zjlxdm", given)


def _number(cells: Mapping[str, str], kind: str, today: date) -> str:
    if not cells["sfzh"]:
        raise _BadCellError("sfzh", "required", "身份证号不能为空。")
    try:
        return check_paper(kind, cells["sfzh"], today, COLUMNS["sfzh"])
    except BadNumber as bad:
        lost = _AS_NUMBER if len(cells["sfzh"]) == 18 and cells["sfzh"].endswith("000") else ""
        raise _BadCellError("sfzh", bad.code, bad.sentence + lost) from None


def _checked(cells: Mapping[str, str], name: str, check: Callable[[str, str], str]) -> str:
    if not cells[name]:
        return ""
    try:
        return check(cells[name], COLUMNS[name])
    except BadNumber as bad:
        raise _BadCellError(name, bad.code, bad.sentence) from None


def _month(cells: Mapping[str, str], name: str) -> str:
    found = _year_month(cells[name])
    if found is None:
        raise _BadCellError(name, "bad_month", f"{COLUMNS[name]}应为年月，例如 202707 或 2027-07。")
    return found


@lru_cache(maxsize=4096)
def _year_month(text: str) -> str | None:
    """`202707` of `202707`, `20270701`, `2027-07`, `2027/7/1`, `2027年7月` or a date of Excel's; None of all else."""
    text = fold(text)
    if not text:
        return ""
    if whole := _MONTH.fullmatch(text):
        return whole[1] + whole[2]
    split = _SPLIT_MONTH.fullmatch(text)
    if split is None or not 1 <= int(split[2]) <= 12:
        return None
    return f"{split[1]}{int(split[2]):02d}"


def _own_school(cells: Mapping[str, str], school_code: str) -> str:
    """A file of another school is the commonest slip; the EMS writes the code with or without its leading digits."""
    if cells["yxdm"] in ("", school_code):
        return school_code
    given = fold(cells["yxdm"])
    if given and school_code not in (given, given[-5:]):
        raise _BadCellError("yxdm", "other_school", "院校代码与本校不符，请核对是否选错了文件。")
    return given
