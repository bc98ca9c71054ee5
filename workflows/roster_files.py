"""Room: a roster file as it comes from a clerk's disk: .xlsx or .csv, its header found, its rows handed out one by one.

National layout: a row of pinyin names, a row of Chinese names, then data. Simple layouts: one header row of either
kind, columns in any order, a title line above it forgiven. Hidden rows are rows; a merged cell stands for all the
cells that it covers. Nothing is unpacked before `refuse_bomb` has looked at what the archive announces.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from models.kit import fold
from workflows.limits import ROSTER_ROWS, ROSTER_UNPACKED
from workflows.roster_rows import COLUMNS

HEADER_WITHIN: Final = 10
"""Lines in which a header is looked for."""
_PARTS, _RATIO, _SMALL = 2000, 50, 20 * 1024 * 1024
_MERGED_ROWS = 2_000_000

NOT_A_ROSTER = "文件不是 .xlsx 或 .csv 表格，请用 Excel 或 WPS 另存为“Excel 工作簿（.xlsx）”后重新上传。"
OLD_EXCEL = "这是旧格式（.xls）或加了密码的表格，请去掉密码，并另存为“Excel 工作簿（.xlsx）”后重新上传。"
BROKEN = "表格文件已损坏或不完整，无法读取，请重新另存后上传。"
TOO_BIG_INSIDE = "表格展开后过大，请把名单复制到一个新的工作表中（不带整列格式），另存后重新上传。"
NO_TEXT = "无法识别文件的文字编码，请另存为“CSV UTF-8”或 .xlsx 后重新上传。"
NO_HEADER = "没有找到表头：前 10 行中应有一行写明“姓名”“身份证号”等列名，可下载模板对照。"
TOO_MANY_ROWS = f"一个文件最多 {ROSTER_ROWS:,} 行，请分成几个文件上传。"
EMPTY = "表格中没有学生数据。"

_NEEDED = (("xm",), ("sfzh",), ("szyx",), ("xldm", "xl"), ("pyfsdm", "pyfs"))
_ALIASES: Final[Mapping[str, str]] = {
    "身份证号码": "sfzh",
    "证件号码": "sfzh",
    "证件号": "sfzh",
    "手机": "sjh",
    "手机号码": "sjh",
    "mobilephone": "sjh",
    "邮箱": "dzyx",
    "院系": "szyx",
    "学院": "szyx",
    "班级": "szbj",
    "专业名称": "zy",
    "学历层次": "xl",
    "生源地": "syszd",
}
_NAMES: Final[Mapping[str, str]] = {**{label: name for name, label in COLUMNS.items()}, **_ALIASES}


class BadFileError(Exception):
    """The file as a whole cannot be read. `sentence` is for the clerk."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class RosterFile:
    """`columns`: place of each column that is read; `ignored`: names of the others; `total`: rows, roughly.

    `rows` gives (line as the clerk's program counts it, cells in the file's order); empty lines are left out.
    """

    sheet: str
    columns: Mapping[str, int]
    ignored: tuple[str, ...]
    total: int
    rows: Iterator[tuple[int, Sequence[Any]]]


def judge(file: BinaryIO) -> None:
    """What can be said of a file before it is taken in. Raises BadFileError. Reads no more than its directory."""
    head = file.read(8)
    file.seek(0)
    if head.startswith(b"PK"):
        refuse_bomb(file)
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFileError(OLD_EXCEL)
    else:
        start = file.read(65_536)
        if _binary(start):
            raise BadFileError(NOT_A_ROSTER)
    file.seek(0)


def refuse_bomb(file: BinaryIO) -> None:
    """Judge an archive by its directory alone (F4). Raises BadFileError."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise BadFileError(BROKEN) from None
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/workbook") for name in names):
        raise BadFileError(NOT_A_ROSTER)
    bloated = any(p.file_size > _SMALL and p.file_size > _RATIO * max(p.compress_size, 1) for p in parts)
    if len(parts) > _PARTS or bloated or sum(part.file_size for part in parts) > ROSTER_UNPACKED:
        raise BadFileError(TOO_BIG_INSIDE)


def read_file(content: bytes) -> RosterFile:
    """Find the sheet, its header and its rows. Raises BadFileError, also while the rows are read."""
    file = io.BytesIO(content)
    judge(file)
    return _workbook(file) if content.startswith(b"PK") else _text(content)


# --- .xlsx ---------------------------------------------------------------------------------------


def _workbook(file: BinaryIO) -> RosterFile:
    try:
        book = CalamineWorkbook.from_filelike(file)
        found = [
            m.name
            for m in book.sheets_metadata
            if m.typ == SheetTypeEnum.WorkSheet and m.visible == SheetVisibleEnum.Visible
        ]
        sheets = (book.get_sheet_by_name(name) for name in found)
        for sheet in sheets:
            lines = list(zip(range(1, HEADER_WITHIN + 2), sheet.iter_rows(), strict=False))
            if header := _header(lines):
                return _rows_of(sheet, header)
    except (CalamineError, OSError, ValueError):
        raise BadFileError(BROKEN) from None
    raise BadFileError(NO_HEADER)


def _rows_of(sheet: CalamineSheet, header: _Header) -> RosterFile:
    merged = _merged(sheet, header.first_line)
    total = max(sheet.total_height - header.first_line + 1, 0)

    def rows() -> Iterator[tuple[int, Sequence[Any]]]:
        top: dict[tuple[int, int], Any] = {}
        for line, cells in enumerate(sheet.iter_rows(), 1):
            if line < header.first_line:
                continue
            for left, right, first in merged.get(line, ()):
                if first == line:
                    top[first, left] = cells[left]
                cells[left : right + 1] = [top[first, left]] * (len(cells[left : right + 1]))
            yield line, cells

    return _file(sheet.name, header, total, rows())


def _merged(sheet: CalamineSheet, first_line: int) -> dict[int, list[tuple[int, int, int]]]:
    """By line: the columns that a merged cell covers there, and the line on which it begins."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    ranges = sheet.merged_cell_ranges or []
    if sheet.start is None or sum(bottom - top for (top, _), (bottom, _) in ranges) > _MERGED_ROWS:
        return found
    offset = sheet.start[1]
    for (top, left), (bottom, right) in ranges:
        if top + 1 >= first_line and left >= offset:
            for line in range(top + 1, bottom + 2):
                found.setdefault(line, []).append((left - offset, right - offset, top + 1))
    return found


# --- .csv ----------------------------------------------------------------------------------------


def _binary(start: bytes) -> bool:
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    return not wide and (b"\0" in start or start.startswith((b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8", b"<")))


def _text(content: bytes) -> RosterFile:
    text = _decoded(content)
    lines = text.split("\n", HEADER_WITHIN + 1)[: HEADER_WITHIN + 1]
    separator = max(",\t;", key=lambda mark: max((line.count(mark) for line in lines), default=0))
    try:
        head = list(zip(range(1, HEADER_WITHIN + 2), _lines(text, separator), strict=False))
    except csv.Error:
        raise BadFileError(BROKEN) from None
    header = _header([(number, cells) for number, (_, cells) in head])
    if header is None:
        raise BadFileError(NO_HEADER)

    def rows() -> Iterator[tuple[int, Sequence[Any]]]:
        try:
            for place, (line, cells) in enumerate(_lines(text, separator), 1):
                if place >= header.first_line:
                    yield line, cells
        except csv.Error:
            raise BadFileError(BROKEN) from None

    return _file("", header, text.count("\n") + 1 - header.first_line, rows())


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for cells in reader:
        yield reader.line_num, cells


def _decoded(content: bytes) -> str:
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFileError(NO_TEXT)


# --- the header ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Header:
    columns: Mapping[str, int]
    ignored: tuple[str, ...]
    first_line: int


def _header(lines: Sequence[tuple[int, Sequence[Any]]]) -> _Header | None:
    """The first line that names a person's name and number, and the line of Chinese names below it, if there is one."""
    for place, (line, cells) in enumerate(lines[:HEADER_WITHIN]):
        named = [_column(cell) for cell in cells]
        if "xm" not in named or "sfzh" not in named:
            continue
        columns: dict[str, int] = {}
        for at, name in enumerate(named):
            if name and columns.setdefault(name, at) != at:
                raise BadFileError(f"列“{COLUMNS[name]}”出现了两次，请只保留一列。")
        below = lines[place + 1][1] if place + 1 < len(lines) else ()
        twofold = sum(_column(cell) is not None for cell in below) >= len(columns) / 2
        unread = (str(cell).strip()[:40] for cell, name in zip(cells, named, strict=True) if not name)
        ignored = tuple(filter(None, unread))
        return _Header(columns, ignored, line + (2 if twofold else 1))
    return None


def _column(cell: Any) -> str | None:
    """The pinyin name of a header cell in either spelling; marks like `*` or （必填） are forgiven."""
    text = re.sub(r"\(.*?\)|[\s*]", "", fold(str(cell))) if cell else ""
    if text.lower() in COLUMNS:
        return text.lower()
    return _NAMES.get(text) or _NAMES.get(text.lower())


def _file(sheet: str, header: _Header, total: int, rows: Iterator[tuple[int, Sequence[Any]]]) -> RosterFile:
    if lacking := ["或".join(COLUMNS[n] for n in ways) for ways in _NEEDED if not set(ways) & set(header.columns)]:
        raise BadFileError(f"缺少必需的列：{'、'.join(lacking)}。可下载模板对照。")
    return RosterFile(sheet, header.columns, header.ignored, total, _filled(rows))


def _filled(rows: Iterator[tuple[int, Sequence[Any]]]) -> Iterator[tuple[int, Sequence[Any]]]:
    """Without empty lines, and no more than one file may have. Raises BadFileError."""
    count = 0
    for line, cells in rows:
        if any(cell not in ("", None) for cell in cells):
            count += 1
            if count > ROSTER_ROWS:
                raise BadFileError(TOO_MANY_ROWS)
            yield line, cells
    if count == 0:
        raise BadFileError(EMPTY)
