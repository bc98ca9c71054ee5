"""Room: what is due by the clock: invitations end, reminders are written, the registry is asked, old rows go.

Every job may run twice, late, or in several processes at once: acts have their key, reminders their mark on the record,
the rest only brings rows to where they should be anyway.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from models.db import execute, fetch, fetch_value
from models.kit import cohort_close, json_time, shanghai_day
from models.kit import now as clock
from models.parties import Party
from models.sql import acts
from models.sql import clock as sql
from models.states import Flow
from workflows.actors import CLOCK
from workflows.commands import Book, command
from workflows.commands.inbox import sweep_replies
from workflows.commands.tokens import sweep_tokens
from workflows.engine import act
from workflows.errors import Conflict, NotFound
from workflows.flows import FLOWS
from workflows.limits import REGISTRY_FRESH, REMINDER_HOUR
from workflows.notices import NOTICES
from workflows.owed import Reader, messages, note, words
from workflows.ports import OutsideFault, RegistryEntry
from workflows.reminders import Anchor, rules

AT_ONCE: Final = 200
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


async def remind_all() -> int:
    """`remind` until nothing is due; how many records."""
    done = 0
    while step := await remind(CLOCK):
        done += step
    return done


@command(journaled=False)
async def remind(book: Book) -> int:
    """Owe the reminders of `workflows.reminders` that are due, at most `AT_ONCE` records; how many.

    Each happens once: the record is marked in the same transaction, its rows have one key per moment and channel.
    """
    rows = await fetch(sql.DUE_REMINDERS, book.now, json.dumps(rules()), REMINDER_HOUR, AT_ONCE)
    marked = await fetch(sql.REMINDED, [row["id"] for row in rows], [row["due"] for row in rows], book.now)
    ours = {row["id"] for row in marked}
    notes: list[dict[str, Any]] = []
    for row in rows:
        if row["id"] in ours:
            notes += _remind(book, row)
    if notes:
        await execute(acts.INSERT_INBOX_NOTES, json.dumps(notes, ensure_ascii=False), book.now)
    return len(ours)


def _remind(book: Book, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Owe one record's messages to the graduate; those for the employer's inbox."""
    until = cohort_close(row["cohort"]) if row["anchor"] == Anchor.CLOSE else None
    params = words(row, version=row["version"], at=book.now, until=until)
    reader = Reader(row["graduate_id"], row["school_id"], row["binding_id"], row["sms_fallback"])
    once = f"{row['id']}:{json_time(row['due'])}"
    notes: list[dict[str, Any]] = []
    for name in row["notices"]:
        notice = NOTICES[name]
        if notice.to is Party.EMPLOYER:
            notes += note(once, notice, row["employer_id"], row["id"], params)
        else:
            for message in messages(once, notice, reader, row["id"], params, book.now):
                book.owe_row(message)
    return notes


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
