"""Room: 失效信息管理 and 作废信息管理: who left the roster, whose destination was voided (guide 11, 12)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.db import fetch, fetch_row
from models.kit import json_time
from models.parties import Module
from models.states import Flow
from workflows.actors import Actor, require_read, visible_to
from workflows.errors import NotFound
from workflows.flows import FLOWS
from workflows.queries.graduates import GraduateFilters, narrow, person_of
from workflows.queries.history import read_history
from workflows.queries.modules import require_open
from workflows.queries.paging import Order, Page, Where, read, size
from workflows.queries.record_page import form_for

_PERSON = """g.id, g.cohort, g.name, g.id_enc, g.level, g.level_code, g.department, g.major, g.proof_code,
  g.basic->>'xbdm' AS sex, g.invalid_at, s.code AS school_code, s.name AS school_name"""
_SOURCE = "graduates g JOIN schools s ON s.id = g.school_id"

# The last word on each of them: by whom and why it was taken off the roster.
_REMOVED = """
SELECT DISTINCT ON (subject_id) subject_id, party, detail FROM journal
WHERE subject_id = ANY($1) AND subject_kind = 'graduate' AND action = 'invalidate' ORDER BY subject_id, id DESC"""
_RECORDS = """
SELECT id, graduate_id, flow, state, employer_name, created_at FROM records
WHERE graduate_id = ANY($1) ORDER BY created_at DESC, id DESC"""

# The scope stands inside as well, so that only the own school's voided records are looked at.
_VOIDED = """(SELECT r.graduate_id, max(j.at) AS at, count(DISTINCT r.id) AS n FROM records r
  JOIN journal j ON j.subject_id = r.id AND j.action = 'void'
  WHERE r.state = 'voided' AND r.graduate_id IN (SELECT g.id FROM graduates g WHERE {scope}) GROUP BY 1) v
  JOIN graduates g ON g.id = v.graduate_id JOIN schools s ON s.id = g.school_id"""
_NOTHING_SINCE = "NOT EXISTS (SELECT 1 FROM records n WHERE n.graduate_id = g.id AND n.submitted_at > v.at)"


async def list_invalidated(actor: Actor, filters: GraduateFilters) -> Page:
    """Graduates who left the roster, the latest first, each with the records that froze. Raises ModuleClosed."""
    require_read(actor)
    await require_open(actor, Module.EMPLOYMENT, filters.cohort)
    where = Where()
    where.within(visible_to(actor), "g")
    where.add("g.invalid_at IS NOT NULL")
    narrow(where, filters)
    order = Order("invalid_at-", "g.invalid_at", "g.id", descending=True)
    rows, following, total, capped = await read(_PERSON, _SOURCE, where, order, size(filters.limit), filters.cursor)
    ids = [row["id"] for row in rows]
    removed = {row["subject_id"]: row for row in await fetch(_REMOVED, ids)}
    records = await _records(ids)
    items = [
        {
            **_person(row),
            "invalid_at": json_time(row["invalid_at"]),
            **_removal(removed.get(row["id"])),
            "records": records.get(row["id"], []),
        }
        for row in rows
    ]
    return Page(items, following, total, capped)


def _removal(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Who took the graduate off the roster, and why; nothing where the history does not say."""
    detail = json.loads(row["detail"]) if row and row["detail"] else {}
    return {"removed_by": detail.get("by"), "reason": detail.get("reason")}


async def _records(ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await fetch(_RECORDS, list(ids)):
        found.setdefault(row["graduate_id"], []).append(_brief(row))
    return found


def _brief(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "flow": row["flow"],
        "state": row["state"],
        "label": FLOWS[Flow(row["flow"])].state(row["state"]).label,
        "employer": row["employer_name"],
        "created_at": json_time(row["created_at"]),
    }


async def list_voided(actor: Actor, filters: GraduateFilters) -> Page:
    """Graduates who voided an approved destination and have submitted nothing since, the latest first.

    Raises ModuleClosed.
    """
    require_read(actor)
    await require_open(actor, Module.EMPLOYMENT, filters.cohort)
    where = Where()
    where.within(visible_to(actor), "g")
    source = _VOIDED.format(scope=where.text)
    where.add(_NOTHING_SINCE)
    narrow(where, filters)
    order = Order("voided-", "v.at", "g.id", descending=True)
    columns = f"{_PERSON}, v.n AS voided"
    rows, following, total, capped = await read(columns, source, where, order, size(filters.limit), filters.cursor)
    items = [{**_person(r), "voided_at": json_time(r["sort_value"]), "voided": r["voided"]} for r in rows]
    return Page(items, following, total, capped)


async def read_voided(actor: Actor, graduate_id: UUID) -> dict[str, Any]:
    """One graduate with every voided record in full and its whole history. Raises ModuleClosed, NotFound."""
    require_read(actor)
    where = Where()
    where.within(visible_to(actor), "g")
    where.add("g.id = {}", graduate_id)
    row = await fetch_row(f"SELECT {_PERSON} FROM {_SOURCE} WHERE {where.text}", *where.values)  # noqa: S608  fixed texts, numbered parameters
    records = await _voided_records(actor, graduate_id)
    if row is None or not records:
        raise NotFound
    return {**_person(row), "records": records}


async def _voided_records(actor: Actor, graduate_id: UUID) -> list[dict[str, Any]]:
    """Those that the actor may see: a record stays with the department that it was made in."""
    where = Where()
    where.within(visible_to(actor), "r")
    where.add("r.graduate_id = {}", graduate_id)
    where.add("r.state = 'voided'")
    rows = await fetch(
        f"SELECT r.id, r.flow, r.state, r.destination_code, r.employer_name, r.employer_uscc, r.position_category, "  # noqa: S608  fixed texts, numbered parameters
        f"r.created_at, r.form FROM records r WHERE {where.text} ORDER BY r.created_at DESC, r.id DESC",
        *where.values,
    )
    return [
        {
            **_brief(row),
            "destination_code": row["destination_code"] or None,
            "uscc": row["employer_uscc"] or None,
            "position_category": row["position_category"] or None,
            "form": form_for(actor, Flow(row["flow"]), json.loads(row["form"])),
            "history": await read_history(actor, Flow(row["flow"]), row["id"]),
        }
        for row in rows
    ]


def _person(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**person_of(row), "sex": row["sex"], "proof_code": row["proof_code"]}
