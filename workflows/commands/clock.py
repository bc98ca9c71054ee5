"""Room: what is due by the clock: invitations end, reminders are written, the registry is asked, old rows go.

Every job may run twice, late, or in several processes at once: acts have their key, reminders their mark on the record,
the rest only brings rows to where they should be anyway.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from models.db import execute, fetch, fetch_value
from models.kit import SHANGHAI, chat_time, cohort_close, day_end, json_time, shanghai_day
from models.kit import now as clock
from models.sql import clock as sql
from models.states import Channel, Flow, OutboxStatus
from workflows.actors import CLOCK
from workflows.commands import Book, command
from workflows.commands.inbox import sweep_replies
from workflows.commands.tokens import sweep_tokens
from workflows.effects import channels
from workflows.engine import act
from workflows.errors import Conflict, NotFound
from workflows.flows import FLOWS
from workflows.limits import REGISTRY_FRESH, REMINDER_HOUR
from workflows.notices import NOTICES, due
from workflows.ports import OutsideFault, RegistryEntry

AT_ONCE: Final = 200
REMINDER: Final = "invitation_reminder"
NOT_LISTED: Final = "未查到登记信息"
FRESH_FOR: Final = timedelta(days=3)
ASK_AGAIN: Final = timedelta(minutes=10)
REPLIES_KEPT: Final = timedelta(days=30)  # their keys hold openids (spec/wechat.md, Binding)
LEFTOVERS_KEPT: Final = timedelta(days=1)

log = logging.getLogger(__name__)


async def expire_invitations(at: datetime | None = None) -> int:
    """End the invitations whose last second has passed; how many. Each is an act of its own."""
    moment = at or clock()
    ended = 0
    for row in await fetch(sql.EXPIRED, moment, AT_ONCE):
        ended += await _step(row, "expire", f"{shanghai_day(row['expires_at'])}", moment)
    return ended


async def close_cohorts(at: datetime | None = None) -> int:
    """End what still waits for a graduate or an employer after 31 January (workflows.md, Conventions 11); how many."""
    moment = at or clock()
    # The newest cohort whose last second has passed: in January still the one before the last.
    closed = shanghai_day(moment).year - 1
    if moment <= cohort_close(closed):
        closed -= 1
    ended = 0
    for row in await fetch(sql.AFTER_CLOSE, closed, _LAPSING, AT_ONCE):
        ended += await _step(row, "lapse", f"{row['version']}", moment)
    return ended


async def leave_lost_stages(at: datetime | None = None) -> int:
    """Move on what waits for a department that the school's review mode no longer knows; how many."""
    moment = at or clock()
    moved = 0
    for row in await fetch(sql.WITHOUT_STAGE, AT_ONCE):
        moved += await _step(row, "restage", f"{row['version']}", moment)
    return moved


_LAPSING = [
    f"{table.flow}:{state}"
    for table in FLOWS.values()
    for step in table.transitions
    if step.action == "lapse"
    for state in step.source
]


async def _step(row: Mapping[str, Any], action: str, due_at: str, moment: datetime) -> bool:
    """One act of the clock, once per record and due date; False where somebody was there in the last moment."""
    once = f"{row['flow']}:{row['id']}:{action}:{due_at}"
    try:
        outcome = await act(CLOCK, Flow(row["flow"]), row["id"], action, once=once, now=moment)
    except (Conflict, NotFound) as exc:
        # Answered in the last moment, or frozen meanwhile: the next run no longer finds it.
        log.info("%s of a record was not done: %s", action, exc.code)
        return False
    return not outcome.repeated


# --- reminders -----------------------------------------------------------------------------------


@command(journaled=False)
async def remind(book: Book) -> int:
    """Owe the reminders that are due since 09:00 Shanghai of the day before an invitation ends; how many records.

    Written once: the record is marked in the same transaction, and its rows have one key per last day and channel.
    """
    rows = await fetch(sql.REMIND, book.now, _last_second(book.now), REMINDER_HOUR, AT_ONCE)
    await execute(sql.REMINDED, [row["id"] for row in rows], book.now)
    for row in rows:
        for channel in channels(NOTICES[REMINDER], row["binding_id"], row["sms_fallback"]):
            book.owe_row(_reminder(row, channel, book.now))
    return len(rows)


def _last_second(moment: datetime) -> datetime:
    """The end of the latest day whose reminder hour, on the day before, has come."""
    local = moment.astimezone(SHANGHAI)
    due_now = local.time() >= time(REMINDER_HOUR)
    return day_end(local.date() + timedelta(days=1 if due_now else 0))


def _reminder(row: Mapping[str, Any], channel: Channel, moment: datetime) -> dict[str, Any]:
    wechat = channel is Channel.WECHAT
    recipient: UUID = row["binding_id"] if wechat else row["graduate_id"]
    at = due(NOTICES[REMINDER], moment)
    return {
        "key": f"{row['id']}:{shanghai_day(row['expires_at'])}:{REMINDER}:{channel}",
        "school_id": str(row["school_id"]),
        "record_id": str(row["id"]),
        "stream": f"{'wx' if wechat else 'sms'}:{recipient}",
        "channel": str(channel),
        "recipient": str(recipient),
        "notice": REMINDER,
        "params": {
            "flow": row["flow"],
            "version": row["version"],
            "state": row["state"],
            "employer": row["employer_name"],
            "deadline": chat_time(row["expires_at"]),
            "until": json_time(row["expires_at"]),
            "reason": "",
            "at": json_time(moment),
        },
        "status": str(OutboxStatus.PENDING if at == moment else OutboxStatus.DEFERRED),
        "due_at": at.isoformat(),
    }


# --- the registry --------------------------------------------------------------------------------


async def registry_due(limit: int, at: datetime | None = None) -> list[str]:
    """Credit codes whose state in the registry is unknown or three days old."""
    moment = at or clock()
    rows = await fetch(sql.REGISTRY_DUE, moment - FRESH_FOR, moment - ASK_AGAIN, limit)
    return [row["uscc"] for row in rows]


async def registry_is_fresh(uscc: str, at: datetime | None = None) -> bool:
    """Was it answered so lately that asking again would bring nothing new?"""
    young = (at or clock()) - REGISTRY_FRESH
    return bool(await fetch_value("SELECT checked_at > $2 FROM registry_status WHERE uscc = $1", uscc, young))


@command(journaled=False)
async def note_registry(book: Book, uscc: str, answer: RegistryEntry | OutsideFault) -> None:
    """Keep what the registry said; of a registry that did not answer only that it was asked."""
    values: tuple[str, str, datetime, datetime | None]
    if isinstance(answer, RegistryEntry):
        values = (answer.name[:200], answer.status[:40], book.now, answer.checked_at)
    elif answer is OutsideFault.NOT_FOUND:
        values = ("", NOT_LISTED, book.now, book.now)
    else:
        values = ("", "", book.now, None)
    await execute(sql.REGISTRY_NOTE, uscc, *values)


# --- what has run out ----------------------------------------------------------------------------


async def sweep(at: datetime | None = None) -> int:
    """Delete sessions and tokens a day after their end, kept replies after 30 days; how many rows."""
    moment = at or clock()
    gone = await sweep_tokens(moment - LEFTOVERS_KEPT)
    gone += await sweep_replies(moment - REPLIES_KEPT)
    while step := await execute(sql.FORGET_SESSIONS, moment - LEFTOVERS_KEPT):
        gone += step
    return gone
