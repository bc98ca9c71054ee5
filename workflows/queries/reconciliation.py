"""Room: what we would tell the EMS of each graduate now, beside what it acknowledged (messages-and-sync.md, EMS sync).

The fold of our history is the record in force; a graduate of whom the EMS was ever told and who has none in force is
待就业. Frozen graduates are left out: their pushes are held until they are back.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.db import fetch, fetch_row
from models.parties import STAFF, Module
from models.states import Flow, Phase
from workflows.actors import Actor, require, require_read, visible_to
from workflows.flows import FLOWS
from workflows.queries.paging import Order, Where, size
from workflows.queries.records import moment
from workflows.spec import Push
from workflows.upstream import COLUMNS, destination

EQUAL, PENDING, DIFFERS = "equal", "pending", "differs"
STATUSES = (EQUAL, PENDING, DIFFERS)
LABELS = {EQUAL: "一致", PENDING: "等待上报", DIFFERS: "不一致"}
SCANNED = 2000
"""Graduates looked at for one page, so that a page that finds nothing still ends."""

BATCH = 200

_FORCE = [
    f"{table.flow}:{place.name}" for table in FLOWS.values() for place in table.states if place.phase is Phase.FORCE
]

# A push that waits for somebody is no longer on its way; one that was refused neither.
_READ = """
SELECT g.id, g.name, g.department, g.cohort, g.id_enc, s.code AS school_code, m.destination, m.push_seq, m.acked_seq,
  m.acked_at, m.refused_cause, r.id AS record_id, r.flow, r.destination_code, r.employer_uscc, r.employer_name,
  r.employer_nature, r.employer_industry, r.employer_region, r.position_category, r.agreement_no, r.form, r.snapshot,
  EXISTS (SELECT 1 FROM outbox o WHERE o.stream = 'ems:' || g.id
    AND o.status IN ('pending', 'deferred', 'sending')) AS under_way
FROM graduates g JOIN schools s ON s.id = g.school_id
LEFT JOIN ems_mirror m ON m.graduate_id = g.id
LEFT JOIN records r ON r.graduate_id = g.id AND r.slot AND r.flow || ':' || r.state = ANY($1::text[])
WHERE (m.graduate_id IS NOT NULL OR r.id IS NOT NULL) AND g.invalid_at IS NULL AND """

_ORDER = Order("reconciliation+", None, "g.id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    cohort: int | None = None
    status: str = ""
    cursor: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One graduate: what we would tell now, what the EMS holds as far as known, and how the two stand."""

    row: Mapping[str, Any]
    ours: Mapping[str, str]
    theirs: Mapping[str, str]
    status: str

    @property
    def differences(self) -> list[dict[str, Any]]:
        return differences(self.ours, self.theirs)


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[dict[str, Any]]:
    """Field by field, in the order of the layout; None where a side has nothing."""
    names = [name for name in COLUMNS if ours.get(name) != theirs.get(name)]
    return [{"name": n, "label": COLUMNS[n], "ours": ours.get(n), "theirs": theirs.get(n)} for n in names]


def present(row: Mapping[str, Any]) -> dict[str, str]:
    """The columns that a push of this graduate would carry now; empty where the EMS was never told anything."""
    if row["record_id"] is None:
        return destination(Push.UNSETTLED, {}) if row["push_seq"] else {}
    return destination(Push.PRESENT, {**row, **{name: json.loads(row[name]) for name in ("form", "snapshot")}})


def compare(row: Mapping[str, Any]) -> Compared:
    ours = present(row)
    theirs = json.loads(row["destination"]) if row["destination"] else {}
    settled = EQUAL if ours == theirs else DIFFERS
    return Compared(row, ours, theirs, PENDING if row["under_way"] else settled)


async def reconcile(actor: Actor, wish: Wish) -> dict[str, Any]:
    """One page: `{items, next, counts}`. `next` may be there although `items` is short: looking on takes another call.

    Raises Forbidden, ModuleClosed, InvalidRequest.
    """
    require(actor, *STAFF)
    require_read(actor, Module.EMPLOYMENT)
    limit, seen, items = size(wish.limit), 0, []
    cursor = wish.cursor
    while seen < SCANNED:
        rows = await _rows(actor, wish.cohort, cursor, limit)
        for row in rows[:limit]:
            seen += 1
            cursor = _ORDER.cursor(None, row["id"])
            found = compare(row)
            if wish.status in ("", found.status):
                items.append(_line(found))
            if len(items) == limit:
                break
        else:
            if len(rows) <= limit:
                cursor = None
                break
        if len(items) == limit:
            break
    return {"items": items, "next": cursor, "counts": await _counts(actor, wish.cohort)}


async def _rows(actor: Actor, cohort: int | None, cursor: str | None, limit: int) -> list[Any]:
    where = Where(values=[_FORCE])
    where.within(visible_to(actor), "g")
    if cohort is not None:
        where.add("g.cohort = {}", cohort)
    if cursor:
        _ORDER.after(where, cursor)
    return await fetch(f"{_READ}{where.text} ORDER BY g.id LIMIT {limit + 1}", *where.values)


async def _counts(actor: Actor, cohort: int | None) -> dict[str, int]:
    """Graduates of whom the EMS was told, whose last push it has not acknowledged, whose last push it refused."""
    where = Where()
    where.within(visible_to(actor), "g")
    if cohort is not None:
        where.add("g.cohort = {}", cohort)
    row = await fetch_row(
        "SELECT count(*) AS told, count(*) FILTER (WHERE m.refused_cause <> '') AS refused, "  # noqa: S608  fixed texts
        "count(*) FILTER (WHERE m.acked_seq < m.push_seq AND m.refused_cause = '') AS waiting "
        f"FROM ems_mirror m JOIN graduates g ON g.id = m.graduate_id WHERE g.invalid_at IS NULL AND {where.text}",
        *where.values,
    )
    return {name: int(row[name]) for name in ("told", "waiting", "refused")} if row else {}


def _line(found: Compared) -> dict[str, Any]:
    row = found.row
    return {
        "graduate": {"id": str(row["id"]), "name": row["name"], "department": row["department"]},
        "record": {"id": str(row["record_id"]), "flow": Flow(row["flow"]).value} if row["record_id"] else None,
        "status": found.status,
        "label": LABELS[found.status],
        "ours": dict(found.ours) or None,
        "theirs": dict(found.theirs) or None,
        "differences": found.differences,
        "refused": row["refused_cause"] or None,
        "acked_at": moment(row["acked_at"]),
    }


async def everybody(actor: Actor, school: str = "", cohort: int | None = None) -> AsyncIterator[Compared]:
    """Every graduate of the actor's of whom the EMS knows or should know; narrowed to one school by its code."""
    cursor: str | None = None
    while True:
        where = Where(values=[_FORCE])
        where.within(visible_to(actor), "g")
        if school:
            where.add("s.code = {}", school)
        if cohort is not None:
            where.add("g.cohort = {}", cohort)
        if cursor:
            _ORDER.after(where, cursor)
        rows = await fetch(f"{_READ}{where.text} ORDER BY g.id LIMIT {BATCH}", *where.values)
        for row in rows:
            yield compare(row)
        if len(rows) < BATCH:
            return
        cursor = _ORDER.cursor(None, rows[-1]["id"])
