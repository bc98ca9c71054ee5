"""Room: the first page: what waits on me, since when; for schools also what waits at their departments.

Counts are live: one statement over the index of waiting records, scoped like every other read. The states come from
the flow tables (`catalog.waiting_states`), so a new flow shows up here by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.db import fetch, fetch_row
from models.kit import now
from models.parties import Grant, Module, Party
from models.states import EmployerStatus
from workflows.actors import Actor, visible_to
from workflows.catalog import waiting_states
from workflows.flows import FLOWS
from workflows.queries.paging import Where
from workflows.queries.record_filters import COVERED
from workflows.queries.records import moment

_MINE_TOO = "mine_too"  # department-stage records that fall to the school


async def read_home(actor: Actor, cohort: int | None = None) -> dict[str, Any]:
    """`waiting`: my states with count and oldest; `at_departments`: the same for a school's departments.

    Rows of a module that the account may not enter are not counted.
    """
    home: dict[str, Any] = {"at": moment(now()), "cohort": cohort, "waiting": [], "total": 0, "at_departments": None}
    if actor.grant(Module.EMPLOYMENT) is Grant.NONE:
        return home
    parties = [actor.party, *([Party.DEPARTMENT] if actor.party is Party.SCHOOL else [])]
    counted = await _count(actor, cohort, parties)
    home["waiting"] = _lines(counted, actor.party)
    home["total"] = sum(line["count"] for line in home["waiting"])
    if actor.party is Party.SCHOOL:
        home["at_departments"] = _lines(counted, Party.DEPARTMENT)
        home["waiting"] += [line for line in _lines(counted, Party.DEPARTMENT, _MINE_TOO) if line["count"]]
        home["total"] = sum(line["count"] for line in home["waiting"])
    if actor.party is Party.PROVINCE:
        home["employers"] = await _employers(actor)
    if actor.party is Party.EMPLOYER:
        home["unread"] = await _unread(actor)
    return home


async def _count(
    actor: Actor, cohort: int | None, parties: list[Party]
) -> Mapping[tuple[str, str, bool], tuple[int, Any]]:
    """(flow, state, falls to me though it waits on a department) → (how many, the oldest's moment)."""
    where = Where()
    where.within(visible_to(actor), "r")
    where.add("r.waits_on = ANY({})", [str(p) for p in parties])
    where.add("NOT r.frozen")
    if cohort is not None:
        where.add("r.cohort = {}", cohort)
    falls = f"(r.waits_on = 'department' AND NOT {COVERED})" if actor.party is Party.SCHOOL else "FALSE"
    rows = await fetch(
        f"SELECT r.flow, r.state, {falls} AS falls, count(*) AS n, min(r.waiting_since) AS oldest "  # noqa: S608  fixed texts, numbered parameters
        f"FROM records r WHERE {where.text} GROUP BY 1, 2, 3",
        *where.values,
    )
    return {(row["flow"], row["state"], row["falls"]): (row["n"], row["oldest"]) for row in rows}


def _lines(
    counted: Mapping[tuple[str, str, bool], tuple[int, Any]], party: Party, kind: str = ""
) -> list[dict[str, Any]]:
    """One line per state in which this party is waited for, empty ones included."""
    lines = []
    for flow, state in waiting_states(party):
        n, oldest = counted.get((str(flow), state.name, kind == _MINE_TOO), (0, None))
        lines.append(
            {
                "flow": str(flow),
                "flow_label": FLOWS[flow].label,
                "state": state.name,
                "label": state.label,
                "waits_on": str(party),
                "count": n,
                "oldest": moment(oldest),
            }
        )
    return lines


async def _employers(actor: Actor) -> dict[str, Any]:
    """Registrations that wait for the province's verification."""
    row = await fetch_row(
        "SELECT count(*) AS n, min(registered_at) AS oldest FROM employers WHERE province_id = $1 AND status = $2",
        actor.province_id,
        str(EmployerStatus.PENDING),
    )
    return {"count": row["n"] if row else 0, "oldest": moment(row["oldest"]) if row else None}


async def _unread(actor: Actor) -> int:
    row = await fetch_row(
        "SELECT count(*) AS n FROM inbox_notes WHERE employer_id = $1 AND read_at IS NULL", actor.employer_id
    )
    return int(row["n"]) if row else 0
