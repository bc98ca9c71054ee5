"""Room: notes to the desks: the staff's list, and what was disputed and answered on one record (dashboard.md 14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models.db import fetch, fetch_row, fetch_value
from models.parties import STAFF, Module, Party
from models.states import Flow, NoteKind, NoteStatus
from workflows.actors import Actor, require, require_read, visible_to
from workflows.disputes import LATEST, STEPS, UNILATERALLY, last_disputable, refusal
from workflows.flows import FLOWS
from workflows.queries.paging import Order, Page, Where, read, size
from workflows.queries.records import moment

_COLUMNS = """n.id, n.kind, n.about, n.text, n.created_at, n.status, n.answer, n.answered_name, n.answered_at,
  n.graduate_id, g.name AS graduate_name, n.department, r.id AS record_id, r.flow, r.state, r.employer_name"""
_SOURCE = "desk_notes n JOIN graduates g ON g.id = n.graduate_id LEFT JOIN records r ON r.id = n.record_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFilters:
    """None: not narrowed. Open notes begin with the oldest, any other list with the newest."""

    status: NoteStatus | None = None
    kind: NoteKind | None = None
    cohort: int | None = None
    cursor: str | None = None
    limit: int | None = None


async def list_notes(actor: Actor, wish: NoteFilters) -> Page:
    """One page of the desk's notes. Raises Forbidden, ModuleClosed, InvalidRequest."""
    require(actor, *STAFF)
    require_read(actor, Module.EMPLOYMENT)
    where = Where()
    where.within(visible_to(actor), "n")
    for column, value in (("status", wish.status), ("kind", wish.kind), ("cohort", wish.cohort)):
        if value is not None:
            where.add(f"n.{column} = {{}}", value if isinstance(value, int) else str(value))
    newest = wish.status is not NoteStatus.OPEN
    order = Order(f"notes{'-' if newest else '+'}", "n.created_at", "n.id", newest)
    rows, following, total, capped = await read(_COLUMNS, _SOURCE, where, order, size(wish.limit), wish.cursor)
    return Page([_line(row) for row in rows], following, total, capped)


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_note(row),
        "graduate": {"id": str(row["graduate_id"]), "name": row["graduate_name"]},
        "department": row["department"],
        "record": _record(row),
    }


def _record(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["record_id"] is None:
        return None
    table = FLOWS[Flow(row["flow"])]
    return {
        "id": str(row["record_id"]),
        "flow": row["flow"],
        "flow_label": table.label,
        "label": table.state(row["state"]).label,
        "employer": row["employer_name"],
    }


def _note(row: Mapping[str, Any]) -> dict[str, Any]:
    kind, status = NoteKind(row["kind"]), NoteStatus(row["status"])
    return {
        "id": str(row["id"]),
        "kind": str(kind),
        "kind_label": kind.label,
        "about": _about(row),
        "text": row["text"],
        "created_at": moment(row["created_at"]),
        "status": str(status),
        "status_label": status.label,
        "answer": row["answer"] or None,
        "answered_by": row["answered_name"] or None,
        "answered_at": moment(row["answered_at"]),
    }


def _about(row: Mapping[str, Any]) -> str | None:
    """The disputed action by its label, the same word wherever in its flow it is taken."""
    if not row["about"] or row["flow"] is None:
        return None
    steps = FLOWS[Flow(row["flow"])].transitions
    return next((t.label for t in steps if t.action == row["about"] and "{" not in t.label), UNILATERALLY)


_OF_RECORD = f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE n.record_id = $1 ORDER BY n.created_at, n.id"  # noqa: S608  fixed texts


async def disputes_of(actor: Actor, flow: Flow, record_id: UUID, *, frozen: bool) -> dict[str, Any] | None:
    """The notes on a record that the actor was let through to, and what its graduate may dispute now.

    None for employers, whose business it is not. Who answered is told to staff only.
    """
    if actor.party is Party.EMPLOYER:
        return None
    step = last_disputable(flow, await fetch(STEPS, record_id))
    refused = refusal(step, await fetch_value(LATEST, record_id), frozen=frozen)
    notes = [_note(row) for row in await fetch(_OF_RECORD, record_id)]
    staff = actor.party in STAFF or actor.party is Party.OPERATOR
    return {
        "about": step.label if step else None,
        "open": refused is None and actor.party is Party.GRADUATE,
        "reason": refused[1] if refused else None,
        "notes": notes if staff else [{**one, "answered_by": None} for one in notes],
    }


_LAST = """
SELECT text, created_at, answer, answered_at FROM desk_notes
WHERE graduate_id = $1 AND kind = 'question' AND created_at > $2 ORDER BY created_at DESC, id DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a graduate asked a desk in the chat; `answer` is empty while it waits."""

    text: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


async def last_question(actor: Actor, since: datetime) -> Asked | None:
    """The graduate's own last question to the desk, if it was put after this moment. Raises Forbidden."""
    require(actor, Party.GRADUATE)
    row = await fetch_row(_LAST, actor.id, since)
    return Asked(row["text"], row["created_at"], row["answer"], row["answered_at"]) if row else None
