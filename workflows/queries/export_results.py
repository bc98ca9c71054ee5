"""Room: results in the national exchange columns, one graduate a line, for a school whose EMS is not connected.

The same columns as are pushed (`workflows/upstream.py`), behind those of the roster; first row the pinyin codes, second
the Chinese names (codes.md, Roster and result files).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from models import codes
from models.states import Phase
from workflows.actors import Actor, visible_to
from workflows.export_sheets import Cell
from workflows.flows import FLOWS
from workflows.limits import EXPORT_PAGE, EXPORT_ROWS
from workflows.queries.export_cells import Told, label_of
from workflows.queries.graduates import GraduateFilters, narrow
from workflows.queries.paging import Order, Where, pages
from workflows.roster_rows import COLUMNS as ROSTER
from workflows.spec import Push
from workflows.upstream import COLUMNS as DESTINATION
from workflows.upstream import destination

COLUMNS: Final[Mapping[str, str]] = {
    **{n: v for n, v in ROSTER.items() if n not in ("sjh", "dzyx")},
    **DESTINATION,
    "sjh": "手机号",
    "dzyx": "电子邮箱",
}
HEADERS: Final = (tuple(COLUMNS), tuple(COLUMNS.values()))

# The roster keeps codes; the names beside them are the tables'.
_NAMES: Final = {
    "xb": ("xbdm", "sex"),
    "mz": ("mzdm", "ethnicity"),
    "zzmm": ("zzmmdm", "political_status"),
    "syszd": ("syszddm", codes.REGION),
    "knslb": ("knslbdm", "hardship"),
    "sfslb": ("sfslbdm", "normal_student"),
    "xl": ("xldm", "level"),
    "pyfs": ("pyfsdm", "training_mode"),
    "zjlx": ("zjlxdm", "paper"),
}
IN_FORCE: Final = [
    f"{flow}:{state.name}" for flow, table in FLOWS.items() if table.holds_slot
    for state in table.states if state.phase is Phase.FORCE
]  # fmt: skip

_READ = """g.id, g.name, g.id_kind, g.id_enc, g.level_code, g.department, g.major, g.training_mode, g.basic,
  g.phone_enc, g.email, s.code AS school_code, s.name AS school_name, COALESCE(m.push_seq, 0) AS pushed,
  r.destination_code, r.employer_uscc, r.employer_name, r.employer_nature, r.employer_industry, r.employer_region,
  r.position_category, r.agreement_no, r.form, r.snapshot, r.id AS record"""
_SOURCE = """graduates g JOIN schools s ON s.id = g.school_id LEFT JOIN ems_mirror m ON m.graduate_id = g.id
  LEFT JOIN records r ON r.graduate_id = g.id AND r.slot AND r.flow || ':' || r.state = ANY({})"""


async def read(
    actor: Actor, filters: GraduateFilters, *, whole: bool
) -> AsyncIterator[tuple[list[list[Cell]], list[Any]]]:
    """Everybody on the roster whom the filters leave; who left it is not reported."""
    where = Where()
    where.values.append(IN_FORCE)
    source = _SOURCE.format("$1")
    where.within(visible_to(actor), "g")
    where.add("g.invalid_at IS NULL")
    narrow(where, filters)
    told = Told(whole)
    async for rows in pages(_READ, source, where, Order("id+", None, "g.id"), EXPORT_PAGE, EXPORT_ROWS):
        yield [_row(told, row) for row in rows], [row["id"] for row in rows]


def _row(told: Told, row: Mapping[str, Any]) -> list[Cell]:
    known: dict[str, str] = {
        **json.loads(row["basic"]),
        "xm": row["name"],
        "sfzh": told.id_number(row["id_enc"]),
        "zjlxdm": row["id_kind"],
        "yxdm": row["school_code"],
        "yx": row["school_name"],
        "szyx": row["department"],
        "xldm": row["level_code"],
        "zy": row["major"],
        "pyfsdm": row["training_mode"],
        "sjh": told.mobile(row["phone_enc"]) if row["phone_enc"] else "",
        "dzyx": row["email"],
        **_destination(row),
    }
    known |= {name: label_of(table, known[code]) for name, (code, table) in _NAMES.items() if known.get(code)}
    return [known.get(name, "") for name in COLUMNS]


def _destination(row: Mapping[str, Any]) -> dict[str, str]:
    """What is in force; 待就业 where something was and has ended; nothing where nothing ever was."""
    if row["record"] is not None:
        form, snapshot = json.loads(row["form"]), json.loads(row["snapshot"])
        return destination(Push.PRESENT, {**dict(row), "form": form, "snapshot": snapshot})
    return destination(Push.UNSETTLED, {}) if row["pushed"] else {}
