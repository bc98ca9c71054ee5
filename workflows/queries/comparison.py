"""Room: a roster entry beside what the EMS said of it when it was last asked (roles.md, Roster)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from models.codes import REGION, UnknownCode, table
from models.config import settings
from models.db import fetch_row
from models.sql import lookups as sql
from workflows.queries.records import moment
from workflows.roster_rows import COLUMNS

_HEAD: Final = {
    "xm": "name",
    "szyx": "department",
    "xldm": "level_code",
    "zy": "major",
    "pyfsdm": "training_mode",
}
"""Columns of the exchange layout that have a column of their own here."""
_TABLES: Final = {
    "xldm": "level",
    "pyfsdm": "training_mode",
    "xbdm": "sex",
    "mzdm": "ethnicity",
    "zzmmdm": "political_status",
    "syszddm": REGION,
    "knslbdm": "hardship",
    "sfslbdm": "normal_student",
}
_LABELS: Final = frozenset(
    {"xb", "mz", "zzmm", "xl", "pyfs", "syszd", "knslb", "sfslb", "yx", "yxdm", "zjlx", "zjlxdm"}
)
"""What the code column says already, or what nobody compares."""


async def compared(row: Mapping[str, Any]) -> dict[str, Any]:
    """`row`: of `graduates`, its `basic` as text. For readers who were let through to the entry already."""
    found = await fetch_row(sql.READ, row["id"])
    if found is None:
        nothing = {"asked_at": None, "answered_at": None, "held": None, "destination": None}
        return {"live": settings().ems.live, **nothing, "columns": [], "locked": False}
    entry = json.loads(found["entry"]) if found["entry"] else {}
    return {
        "live": settings().ems.live,
        "asked_at": moment(found["asked_at"]),
        "answered_at": moment(found["answered_at"]),
        "held": found["held"],
        "columns": _columns(row, entry),
        "destination": json.loads(found["destination"]) if found["destination"] else None,
        "locked": found["locked"],
    }


def _columns(row: Mapping[str, Any], entry: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every column that the EMS gave, in the order of the layout."""
    ours = json.loads(row["basic"]) | {name: row[column] for name, column in _HEAD.items()}
    names = [name for name in COLUMNS if name in entry and name not in _LABELS]
    return [
        {
            "column": name,
            "label": COLUMNS[name].removesuffix("代码"),
            "roster": _shown(name, ours.get(name, "")),
            "ems": _shown(name, entry[name]),
            "equal": _shown(name, ours.get(name, "")) == _shown(name, entry[name]),
        }
        for name in names
    ]


def _shown(name: str, value: str) -> str | None:
    """A code by its label: both sides may write it in their own way."""
    if not value or name not in _TABLES:
        return value or None
    known = table(_TABLES[name])
    try:
        return known.label(known.accepts(value))
    except UnknownCode:
        return value
