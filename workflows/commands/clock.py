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
from models.states import Flow, OnlineSigning
from workflows.actors import CLOCK
from workflows.commands import Book, command
from workflows.commands.inbox import sweep_replies
from workflows.commands.tokens import sweep_tokens
from workflows.engine import act
from workflows.errors import Conflict, NotFound
from workflows.flows import FLOWS
from workflows.limits import REGISTRY_FRESH
from workflows.notices import NOTICES
from workflows.owed import Reader, messages, note, words
from workflows.ports import OutsideFault, RegistryEntry
from workflows.reminders import Anchor, Moment, moments, next_due

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


async def remind_all(at: datetime | None = None) -> int:
    """Owe every reminder that is due (`workflows.reminders`); how many records were reminded of."""
    reminded = 0
    while True:
        seen, done = await remind(CLOCK, at=at)  # type: ignore[call-arg]  # taken by @command
        reminded += done
        if seen < AT_ONCE:
            return reminded


@command(journaled=False)
async def remind(book: Book) -> tuple[int, int]:
    """Look at `AT_ONCE` records whose moment has come; how many there were, how many are reminded of something now.

    Each moment happens once: the record carries the next one from here on, its rows have one key per moment. Of several
    that passed unnoticed only the last is reminded of, and none after the end that it speaks of.
    """
    rows = await fetch(sql.TO_REMIND, book.now, AT_ONCE)
    plans = {row["id"]: moments(row, row["restored_at"]) for row in rows}
    coming = [next_due(plans[row["id"]], book.now) for row in rows]
    await execute(sql.REMINDED, [row["id"] for row in rows], coming)
    notes: list[dict[str, Any]] = []
    done = 0
    for row in rows:
        passed = [m for m in plans[row["id"]] if row["remind_at"] <= m.due <= book.now]
        if passed and not _over(row, book.now):
            notes += _remind(book, row, passed[-1])
            done += 1
    if notes:
        await execute(acts.INSERT_INBOX_NOTES, json.dumps(notes, ensure_ascii=False), book.now)
    return len(rows), done


def _over(row: Mapping[str, Any], now: datetime) -> bool:
    ends = cohort_close(row["cohort"])
    return now > (min(row["expires_at"], ends) if row["expires_at"] and row["state"] == OnlineSigning.INVITED else ends)


def _remind(book: Book, row: Mapping[str, Any], moment: Moment) -> list[dict[str, Any]]:
    """Owe one record's messages to the graduate; those for the employer's inbox."""
    until = cohort_close(row["cohort"]) if moment.anchor is Anchor.CLOSE else None
    params = words(row, version=row["version"], at=book.now, until=until)
    reader = Reader(row["graduate_id"], row["school_id"], row["binding_id"], row["sms_fallback"])
    once = f"{row['id']}:{json_time(moment.due)}"
    notes: list[dict[str, Any]] = []
    for name in moment.notices:
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
