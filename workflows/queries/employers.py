"""Room: employers as a province's desk sees them, and as an employer sees itself (workflows.md 0)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.db import fetch, fetch_row
from models.kit import mask_mobile, name_key
from models.parties import Party
from models.states import EmployerStatus, HandoverStatus
from models.vault import is_sealed, unseal
from workflows.actors import Actor, own_province, require
from workflows.commands.employers import DECISIONS, PROFILE_PLACE
from workflows.commands.handovers import PLACE as HANDOVER_PLACE
from workflows.errors import Forbidden, NotFound
from workflows.notices import NOTICES
from workflows.queries.attachments import papers_of
from workflows.queries.paging import Order, Page, Where, like, read, size
from workflows.queries.record_filters import compact
from workflows.queries.records import moment
from workflows.queries.subject_history import employer_history
from workflows.registry import registry

_COLUMNS = """e.id, e.uscc, e.name, e.nature, e.industry, e.region, e.profile, e.status, e.status_note, e.registered_at,
  e.decided_at, e.licence, (SELECT count(*) FROM employer_handovers h
    WHERE h.employer_id = e.id AND h.status = 'pending') AS handovers"""

_OWN = f"""
SELECT {_COLUMNS}, p.name AS province, p.desk_phone, p.desk_hours
FROM employers e JOIN provinces p ON p.id = e.province_id WHERE e.id = $1"""  # noqa: S608  fixed texts

DESK = "毕业生就业主管部门"
"""What a province's desk is called, after the province's name; it is the 企业客服 of the portal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployerFilters:
    """None or empty: not narrowed. `name` is a part of the name, in any spelling; `uscc` is exact; `handover`: somebody
    asks to be its 经办人.
    """

    status: EmployerStatus | None = None
    name: str = ""
    uscc: str = ""
    handover: bool = False
    cursor: str | None = None
    limit: int | None = None


async def list_employers(actor: Actor, filters: EmployerFilters) -> Page:
    """The employers of a province; those that wait for verification begin with the oldest. Raises Forbidden."""
    require(actor, Party.PROVINCE)
    where = Where()
    where.add("e.province_id = {}", own_province(actor))
    if filters.status is not None:
        where.add("e.status = {}", str(filters.status))
    if filters.name:
        where.add("e.name_key LIKE {}", f"%{like(name_key(filters.name))}%")
    if filters.uscc:
        where.add("e.uscc = {}", compact(filters.uscc))
    if filters.handover:
        where.add("EXISTS (SELECT 1 FROM employer_handovers h WHERE h.employer_id = e.id AND h.status = 'pending')")
    newest = filters.status is not EmployerStatus.PENDING
    order = Order(f"registered{'-' if newest else '+'}", "e.registered_at", "e.id", newest)
    rows, following, total, capped = await read(
        _COLUMNS, "employers e", where, order, size(filters.limit), filters.cursor
    )
    return Page([_row(row) for row in rows], following, total, capped)


async def read_employer(actor: Actor, employer_id: UUID) -> dict[str, Any]:
    """One employer for its province, with its registration state and the decisions that are open.

    Raises Forbidden, NotFound (another province's too).
    """
    require(actor, Party.PROVINCE)
    row = await fetch_row(
        f"SELECT {_COLUMNS} FROM employers e WHERE e.id = $1 AND e.province_id = $2",  # noqa: S608  fixed texts
        employer_id,
        own_province(actor),
    )
    if row is None:
        raise NotFound
    return {
        **_row(row),
        "profile": _profile(row["profile"], whole=False),
        "registry": await registry(row["uscc"]),
        "handovers": await _handovers(row["id"]),
        "papers": await papers_of(row["id"]),
        "decisions": [str(status) for status, sources in DECISIONS.items() if row["status"] in sources],
        "history": await employer_history(row["id"]),
    }


async def own_employer(actor: Actor) -> dict[str, Any]:
    """An employer's own registration, in the shape of its form, with the desk that decides on it. Raises Forbidden."""
    require(actor, Party.EMPLOYER)
    row = await fetch_row(_OWN, actor.employer_id)
    if row is None:
        raise Forbidden
    desk = {"name": f"{row['province']}{DESK}", "phone": row["desk_phone"], "hours": row["desk_hours"]}
    return {**_row(row), "profile": _profile(row["profile"], whole=True), "desk": desk}


_HANDOVERS = """
SELECT h.id, h.username, h.agent_name, h.agent_mobile, h.statement, h.licence, h.authorisation, h.status, h.note,
  h.asked_at, h.decided_at
FROM employer_handovers h WHERE h.employer_id = $1 ORDER BY h.asked_at DESC, h.id DESC LIMIT 20"""


async def _handovers(employer_id: UUID) -> list[dict[str, Any]]:
    """Who asked to be this employer's 经办人, the latest first; numbers masked."""
    return [
        {
            "id": str(row["id"]),
            "username": row["username"],
            "agent_name": row["agent_name"],
            "agent_mobile": mask_mobile(unseal(HANDOVER_PLACE, row["agent_mobile"])),
            "statement": row["statement"],
            "licence": str(row["licence"]) if row["licence"] else None,
            "authorisation": str(row["authorisation"]) if row["authorisation"] else None,
            "status": row["status"],
            "label": HandoverStatus(row["status"]).label,
            "note": row["note"] or None,
            "asked_at": moment(row["asked_at"]),
            "decided_at": moment(row["decided_at"]),
            "papers": await papers_of(row["id"]),
        }
        for row in await fetch(_HANDOVERS, employer_id)
    ]


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    status = EmployerStatus(row["status"])
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "uscc": row["uscc"],
        "nature": row["nature"],
        "industry": row["industry"],
        "region": row["region"],
        "status": str(status),
        "label": status.label,
        "note": row["status_note"] or None,
        "registered_at": moment(row["registered_at"]),
        "decided_at": moment(row["decided_at"]),
        "licence": str(row["licence"]) if row["licence"] else None,
        "handovers_waiting": row["handovers"],
    }


def _profile(text: Any, *, whole: bool) -> dict[str, Any]:
    """What is no column; numbers of persons whole for the employer itself, masked for its province."""
    profile = json.loads(text) if isinstance(text, str) else dict(text)
    return {name: _opened(value, whole=whole) for name, value in profile.items()}


def _opened(value: Any, *, whole: bool) -> Any:
    if not isinstance(value, str) or not is_sealed(value):
        return value
    number = unseal(PROFILE_PLACE, value)
    return number if whole else mask_mobile(number)


_NOTES = """
SELECT n.id, n.record_id, n.notice, n.params, n.created_at, n.read_at, r.graduate_name, r.flow
FROM inbox_notes n LEFT JOIN records r ON r.id = n.record_id
WHERE n.employer_id = $1 ORDER BY n.created_at DESC, n.id DESC LIMIT $2"""


async def read_inbox(actor: Actor, limit: int | None = None) -> list[dict[str, Any]]:
    """站内消息 of an employer, newest first. Raises Forbidden."""
    require(actor, Party.EMPLOYER)
    if actor.employer_id is None:
        raise Forbidden
    return [note_of(row) for row in await fetch(_NOTES, actor.employer_id, size(limit))]


def note_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """One message: its notice's sentence with the graduate's name. `row`: of inbox_notes, with two of its record;
    a message about the employer itself has none.
    """
    notice, params = NOTICES[row["notice"]], json.loads(row["params"])
    words = {"graduate": row["graduate_name"], **{k: v for k, v in params.items() if isinstance(v, str)}}
    return {
        "id": str(row["id"]),
        "record": str(row["record_id"]) if row["record_id"] else None,
        "flow": row["flow"],
        "title": notice.title,
        "text": notice.sentence.format_map(words),
        "at": moment(row["created_at"]),
        "read_at": moment(row["read_at"]),
    }
