"""Room: roster files as clerks make them: national and simple layouts, .xlsx and .csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlsxwriter

from workflows.roster_rows import COLUMNS

_EMPLOYMENT = """byqxdm byqx dwzzjgdm dwmc dwxzdm dwxz dwhydm dwhy dwszddm dwszd gzzwlbdm gzzwlb"""
_PEOPLE = """ksh xm sfzh xbdm xb mzdm mz zzmmdm zzmm yxdm yx szyx szbj xh xldm xl zydm zy zyfx pyfsdm dxhwpdw pyfs
syszddm syszd xz rxsj bysj knslbdm knslb sfslbdm sfslb"""
_REST = """sjh dzyx jtdz dazjdw dazjdz hkqzdz"""
NATIONAL = tuple(f"{_PEOPLE} {_EMPLOYMENT} {_REST}".split())
"""The 49 columns of the national exchange layout."""


def label(name: str) -> str:
    """The Chinese name of a column; those that nobody reads keep their code."""
    return COLUMNS.get(name, name)


def national_file(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str] = NATIONAL,
    touch: Callable[[Any, Any], None] | None = None,
) -> bytes:
    """An .xlsx with two header rows. `touch(book, sheet)` may do more to it."""
    return workbook(
        [list(columns), [label(c) for c in columns], *([r.get(c, "") for c in columns] for r in rows)], touch
    )


def workbook(lines: Sequence[Sequence[Any]], touch: Callable[[Any, Any], None] | None = None) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("名单")
        for place, cells in enumerate(lines):
            sheet.write_row(place, 0, cells)
        if touch is not None:
            touch(book, sheet)
    return target.getvalue()


def csv_file(
    rows: Sequence[Mapping[str, Any]], encoding: str = "utf-8-sig", columns: Sequence[str] = (), separator: str = ","
) -> bytes:
    """A .csv with one header row of Chinese names."""
    columns = columns or list(rows[0])
    target = io.StringIO()
    writer = csv.writer(target, delimiter=separator)
    writer.writerow([label(name) for name in columns])
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    return target.getvalue().encode(encoding)
