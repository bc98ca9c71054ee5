"""Room: the staff's digest (messages-and-sync.md, Notices): what waits at my stage, silent employers, EMS refusals.

Data for the first page and, later, for a daily message. A department reads its own; of employers that keep silent
towards a termination the school alone is told, after 7 and 15 days.
"""

from __future__ import annotations

from typing import Any

from models.db import fetch, fetch_row
from models.kit import now
from models.parties import STAFF, Module, Party
from models.states import Flow
from workflows.actors import Actor, require, require_read, visible_to
from workflows.limits import DIGEST_ROWS, SILENCE_TOLD
from workflows.queries.deliveries import counts
from workflows.queries.home import read_home
from workflows.queries.paging import Where
from workflows.queries.record_filters import ME, waiting
from workflows.queries.records import COLUMNS, SOURCE, moment, row_of
from workflows.queries.reviewing import reviewed
from workflows.reminders import SILENT

_SINCE = "GREATEST(r.waiting_since, g.restored_at)"
_REMINDED = (
    "(SELECT count(*) FROM inbox_notes i WHERE i.record_id = r.id AND i.notice = 'answer_reminder_employer' "
    "AND i.created_at > GREATEST(r.waiting_since, g.restored_at)) AS reminders"
)


async def read_digest(actor: Actor, cohort: int | None = None) -> dict[str, Any]:
    """Everything at once, lists cut at `DIGEST_ROWS`. Raises Forbidden, ModuleClosed."""
    require(actor, *STAFF)
    require_read(actor, Module.EMPLOYMENT)
    home = await read_home(actor, cohort)
    return {
        "at": moment(now()),
        "cohort": cohort,
        "waiting": {
            "total": home["total"],
            "by_state": [line for line in home["waiting"] if line["count"]],
            "oldest": await _oldest(actor, cohort),
        },
        "silent": await _silent(actor, cohort) if actor.party is Party.SCHOOL else None,
        "ems_refused": await _refused(actor, cohort),
        "dead_messages": (await counts(actor))["dead"],
        "notes": await _notes(actor, cohort),
    }


def _scope(actor: Actor, cohort: int | None, alias: str) -> Where:
    where = Where()
    where.within(visible_to(actor), alias)
    if cohort is not None:
        where.add(f"{alias}.cohort = {{}}", cohort)
    return where


async def _oldest(actor: Actor, cohort: int | None) -> list[dict[str, Any]]:
    where = _scope(actor, cohort, "r")
    waiting(where, actor, ME)
    rows = await fetch(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE {where.text} ORDER BY r.waiting_since, r.id LIMIT {DIGEST_ROWS}",  # noqa: S608  fixed texts, numbered parameters
        *where.values,
    )
    beside = await reviewed(rows)
    return [row_of(actor, row, beside.get(row["id"])) for row in rows]


async def _silent(actor: Actor, cohort: int | None) -> dict[str, Any]:
    """Terminations that an employer has not answered: how many for how long, the longest first."""
    where = _scope(actor, cohort, "r")
    where.add("r.flow = {} AND r.state = {}", str(Flow.ONLINE_TERMINATION), str(SILENT))
    where.add("g.invalid_at IS NULL")
    days = f"floor(extract(epoch FROM {{}}::timestamptz - {_SINCE}) / 86400)::int"
    where.add(f"{days} >= {{}}", now(), min(SILENCE_TOLD))
    mark = f"${len(where.values) - 1}"
    counted = ", ".join(f"count(*) FILTER (WHERE {days.format(mark)} >= {n}) AS d{n}" for n in SILENCE_TOLD)
    totals = await fetch_row(f"SELECT {counted} FROM {SOURCE} WHERE {where.text}", *where.values)  # noqa: S608  fixed texts
    rows = await fetch(
        f"SELECT {COLUMNS}, {days.format(mark)} AS days, {_REMINDED} FROM {SOURCE} WHERE {where.text} "  # noqa: S608  fixed texts, numbered parameters
        f"ORDER BY {_SINCE}, r.id LIMIT {DIGEST_ROWS}",
        *where.values,
    )
    beside = await reviewed(rows)
    return {
        "counts": [{"days": n, "count": totals[f"d{n}"] if totals else 0} for n in SILENCE_TOLD],
        "items": [
            {"record": row_of(actor, row, beside.get(row["id"])), "days": row["days"], "reminders": row["reminders"]}
            for row in rows
        ],
    }


async def _refused(actor: Actor, cohort: int | None) -> dict[str, Any]:
    """上报失败: graduates whose present state the EMS has refused, with its cause."""
    where = _scope(actor, cohort, "g")
    where.add("m.refused_cause <> '' AND g.invalid_at IS NULL")
    source = f"ems_mirror m JOIN graduates g ON g.id = m.graduate_id WHERE {where.text}"
    total = await fetch_row(f"SELECT count(*) AS n FROM {source}", *where.values)  # noqa: S608  fixed texts
    rows = await fetch(
        f"SELECT g.id, g.name, g.department, m.refused_cause FROM {source} ORDER BY g.id LIMIT {DIGEST_ROWS}",  # noqa: S608  fixed texts
        *where.values,
    )
    items = [
        {
            "graduate": {"id": str(r["id"]), "name": r["name"], "department": r["department"]},
            "cause": r["refused_cause"],
        }
        for r in rows
    ]
    return {"count": total["n"] if total else 0, "items": items}


async def _notes(actor: Actor, cohort: int | None) -> dict[str, Any]:
    where = _scope(actor, cohort, "n")
    where.add("n.status = 'open'")
    row = await fetch_row(
        f"SELECT count(*) AS n, min(n.created_at) AS oldest FROM desk_notes n WHERE {where.text}",  # noqa: S608  fixed texts
        *where.values,
    )
    return {"count": row["n"] if row else 0, "oldest": moment(row["oldest"]) if row else None}
