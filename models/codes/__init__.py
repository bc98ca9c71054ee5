"""Room: code tables. One data file per table under `data/`, loaded once; the region table comes from python-stdnum.

`table("employer_nature").label("31")` → 国有企业. Rules name codes by the constants of `known`, never
by bare numbers, and ask for properties (`may_sign`, `level_of`, `ems_code`) that stand in the data.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from models.codes.known import (
    DEST_AGREEMENT,
    DEST_COMMISSIONED,
    DEST_FREELANCE,
    DEST_STUDY_PLANNED,
    DEST_UNSETTLED,
    DEST_UNSETTLED_OTHER,
    INDUSTRY_MILITARY,
    NATURE_MILITARY,
    PAPER_HK_MACAU_PERMIT,
    PAPER_PASSPORT,
    PAPER_RESIDENCE_PERMIT,
    PAPER_RESIDENT_ID,
    PAPER_TAIWAN_PERMIT,
    POSITION_MILITARY,
    POSITION_OTHER,
    REASON_OTHER,
)
from models.codes.region import region_table
from models.codes.table import BadTable, Code, CodeTable, UnknownCode, load
from models.parties import Level

__all__ = [
    "DEST_AGREEMENT",
    "DEST_COMMISSIONED",
    "DEST_FREELANCE",
    "DEST_STUDY_PLANNED",
    "DEST_UNSETTLED",
    "DEST_UNSETTLED_OTHER",
    "INDUSTRY_MILITARY",
    "NATURE_MILITARY",
    "PAPER_HK_MACAU_PERMIT",
    "PAPER_PASSPORT",
    "PAPER_RESIDENCE_PERMIT",
    "PAPER_RESIDENT_ID",
    "PAPER_TAIWAN_PERMIT",
    "POSITION_MILITARY",
    "POSITION_OTHER",
    "REASON_OTHER",
    "REGION",
    "TRAINING_MODES_THAT_MAY_SIGN",
    "BadTable",
    "Code",
    "CodeTable",
    "UnknownCode",
    "destination_offered",
    "ems_code",
    "industry_letter",
    "level_of",
    "may_sign",
    "table",
    "table_names",
]

REGION = "region"

_FILES = {path.stem: path for path in sorted((Path(__file__).parent / "data").glob("*.json"))}


@cache
def table(name: str) -> CodeTable:
    """The table of that name, read at its first use. Raises KeyError for a name that no table has."""
    return region_table() if name == REGION else load(_FILES[name])


def table_names() -> tuple[str, ...]:
    """All tables, the region table last (too long to be sent inline)."""
    return (*_FILES, REGION)


TRAINING_MODES_THAT_MAY_SIGN: frozenset[str] = table("training_mode").having("may_sign")


def may_sign(training_mode: str) -> bool:
    """Whether graduates of that 培养方式 may sign agreements (guide chapter 6): all but 21 and 41."""
    return training_mode in TRAINING_MODES_THAT_MAY_SIGN


def destination_offered(destination: str, training_mode: str) -> bool:
    """Whether graduates of that 培养方式 may register this kind: 21 and 41 only their own, nobody else that one."""
    found = table("destination")
    if destination not in found:
        return False
    meant = found.get(destination).traits.get("training_modes", ())
    return training_mode in meant if meant else may_sign(training_mode)


def level_of(level_code: str) -> Level:
    """The level scope of a 学历 code. Raises `UnknownCode`."""
    return Level(table("level").get(level_code).group)


def ems_code(destination: str) -> str:
    """The national byqxdm under which a destination is sent upstream: `10-1` goes as `10`. Raises `UnknownCode`."""
    return str(table("destination").get(destination).traits.get("ems", destination))


def industry_letter(industry: str) -> str:
    """The section letter of GB/T 4754, empty for the military. Raises `UnknownCode`."""
    return str(table("employer_industry").get(industry).traits.get("letter", ""))
