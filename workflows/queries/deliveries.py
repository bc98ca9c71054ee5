"""Room: what became of messages and pushes: of one record, and the staff's delivery page with its counts.

A row belongs to its record's snapshot (school, department, level), or, where it is about no record, to its graduate.
Employers have their own inbox; what was sent to a graduate is not their business.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.db import fetch, fetch_row, fetch_value
from models.kit import json_time
from models.parties import STAFF, Party
from models.states import Channel, OutboxStatus
from workflows.actors import Actor, Scope, require, require_read, visible_to
from workflows.commands.deliveries import PASSING
from workflows.errors import Fault, InvalidRequest, NotFound
from workflows.limits import TOTAL_CAP
from workflows.notices import NOTICES
from workflows.queries.paging import Page, Where, size
from workflows.queries.records import for_staff, moment

CHANNEL_LABELS = {Channel.WECHAT: "微信", Channel.SMS: "短信", Channel.EMS: "就业管理系统"}
PUSH_TITLE = "上报去向"
PUSH_FAILED = "上报失败"

_COLUMNS = """o.id, o.school_id, o.record_id, o.channel, o.notice, o.status, o.created_at, o.due_at, o.settled_at,
  o.attempts, o.cause, r.flow"""
# The columns under which visibility is judged (`actors.Visible`), of the record or else of the graduate.
_SOURCE = """outbox o
LEFT JOIN records r ON r.id = o.record_id
LEFT JOIN bindings b ON o.channel = 'wechat' AND b.id = o.recipient
LEFT JOIN graduates g ON g.id = COALESCE(r.graduate_id, b.graduate_id, o.recipient)
CROSS JOIN LATERAL (SELECT g.id AS graduate_id, r.employer_id, COALESCE(r.school_id, g.school_id) AS school_id,
  COALESCE(r.department, g.department) AS department, COALESCE(r.level, g.level) AS level) v"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the page may be narrowed by; empty: not at all."""

    statuses: tuple[OutboxStatus, ...] = ()
    channel: Channel | None = None
    notice: str = ""
    cursor: str | None = None
    limit: int | None = None


async def of_record(actor: Actor, record_id: UUID) -> list[dict[str, Any]]:
    """The messages of one record, oldest first; causes and pushes for staff only. Raises NotFound."""
    where, values = visible_to(actor).where(2, "r")
    found = await fetch_value(
        f"SELECT 1 FROM records r WHERE r.id = $1 AND {where}",  # noqa: S608  a fixed text, numbered parameters
        record_id,
        *values,
    )
    if found is None:
        raise NotFound
    if actor.party is Party.EMPLOYER:
        return []
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM outbox o JOIN records r ON r.id = o.record_id "  # noqa: S608  fixed texts
        "WHERE o.record_id = $1 ORDER BY o.id",
        record_id,
    )
    if for_staff(actor):
        return [_line(row) for row in rows]
    return [{**_line(row), "cause": ""} for row in rows if row["channel"] != Channel.EMS]


async def page(actor: Actor, filters: Filters) -> Page:
    """One page of the delivery page, newest first. Raises Forbidden, ModuleClosed, InvalidRequest."""
    where = _staff(actor)
    if filters.statuses:
        where.add("o.status = ANY({})", [str(one) for one in filters.statuses])
    if filters.channel is not None:
        where.add("o.channel = {}", str(filters.channel))
    if filters.notice:
        where.add("o.notice = {}", filters.notice)
    counted = await fetch_value(
        f"SELECT count(*) FROM (SELECT 1 FROM {_SOURCE} WHERE {where.text} LIMIT {TOTAL_CAP + 1}) x",  # noqa: S608  fixed texts, numbered parameters
        *where.values,
    )
    if filters.cursor:
        where.add("o.id < {}", _behind(filters.cursor))
    limit = size(filters.limit)
    rows = await fetch(
        f"SELECT {_COLUMNS}, g.name AS graduate_name, v.graduate_id FROM {_SOURCE} WHERE {where.text} "  # noqa: S608  fixed texts, numbered parameters
        f"ORDER BY o.id DESC LIMIT {limit + 1}",
        *where.values,
    )
    items = [_line(row) | _whom(row) for row in rows[:limit]]
    following = _cursor(rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page(items, following, min(int(counted), TOTAL_CAP), int(counted) > TOTAL_CAP)


async def counts(actor: Actor) -> dict[str, Any]:
    """Rows by channel and status that this actor may see, and how many graduates' pushes the EMS has refused."""
    where = _staff(actor)
    rows = await fetch(
        f"SELECT o.channel, o.status, count(*) AS rows FROM {_SOURCE} WHERE {where.text} "  # noqa: S608  fixed texts, numbered parameters
        "GROUP BY o.channel, o.status",
        *where.values,
    )
    table: dict[str, dict[str, int]] = {str(channel): {} for channel in Channel}
    for row in rows:
        table[row["channel"]][row["status"]] = row["rows"]
    refused = table[str(Channel.EMS)].get(str(OutboxStatus.DEAD), 0)
    dead = sum(by_status.get(str(OutboxStatus.DEAD), 0) for by_status in table.values())
    return {"channels": table, "dead": dead, "ems_refused": refused}


async def tries(actor: Actor, outbox_id: int) -> list[dict[str, Any]]:
    """Every attempt at one message, oldest first. Raises Forbidden, ModuleClosed, NotFound."""
    where = _staff(actor)
    where.add("o.id = {}", outbox_id)
    if await fetch_row(f"SELECT 1 FROM {_SOURCE} WHERE {where.text}", *where.values) is None:  # noqa: S608  fixed texts
        raise NotFound
    rows = await fetch(
        "SELECT number, began_at, ended_at, verdict, cause FROM delivery_attempts WHERE outbox_id = $1 "
        "ORDER BY number, id",
        outbox_id,
    )
    return [
        {**dict(row), "began_at": json_time(row["began_at"]), "ended_at": json_time(row["ended_at"])} for row in rows
    ]


def _staff(actor: Actor) -> Where:
    require(actor, *STAFF)
    require_read(actor)
    scope = visible_to(actor)
    where = Where()
    where.within(scope, "v")
    if scope.equal:
        # Said of the outbox itself as well: its index begins with the school.
        where.within(Scope(tuple(pair for pair in scope.equal if pair[0] in ("school_id", "province_id"))), "o")
    return where


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    notice, status, channel = row["notice"], OutboxStatus(row["status"]), Channel(row["channel"])
    known = NOTICES.get(notice)
    refused = channel is Channel.EMS and status is OutboxStatus.DEAD
    return {
        "id": row["id"],
        "record_id": str(row["record_id"]) if row["record_id"] else None,
        "flow": row["flow"],
        "notice": notice,
        "title": PUSH_TITLE if channel is Channel.EMS else known.title if known else notice,
        "channel": str(channel),
        "channel_label": CHANNEL_LABELS[channel],
        "status": str(status),
        "status_label": PUSH_FAILED if refused else status.label,
        "cause": row["cause"],
        "at": json_time(row["settled_at"] or row["created_at"]),
        "created_at": json_time(row["created_at"]),
        "due_at": json_time(row["due_at"]),
        "settled_at": moment(row["settled_at"]),
        "attempts": row["attempts"],
        "repeatable": status is OutboxStatus.DEAD and notice not in PASSING,
    }


def _whom(row: Mapping[str, Any]) -> dict[str, Any]:
    graduate = {"id": str(row["graduate_id"]), "name": row["graduate_name"]} if row["graduate_id"] else None
    return {"graduate": graduate}


def _cursor(last: int) -> str:
    return base64.urlsafe_b64encode(json.dumps(["deliveries", last]).encode()).decode().rstrip("=")


def _behind(cursor: str) -> int:
    try:
        name, last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        name, last = "", 0
    if name != "deliveries" or type(last) is not int or not 0 < last < 2**63:
        fault = Fault("cursor", "bad_cursor", "请从第一页开始。")
        raise InvalidRequest("翻页位置已失效，请从第一页重新查看。", [fault])
    return last
