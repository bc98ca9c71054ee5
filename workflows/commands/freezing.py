"""Room: one roster entry freezes and thaws (workflows.md, Conventions 10), inside whatever command it happens.

Records keep their state; who acts on them meets the guard `on_roster`. Unsent messages are overtaken, deadlines get
the frozen time back, the EMS hears the present state again, both sides are told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from models.db import execute, fetch, fetch_row
from models.kit import cohort_close, day_end, json_time, new_id, shanghai_day
from models.sql import acts
from models.sql import roster as sql
from models.states import Channel
from workflows.commands import Book
from workflows.commands.presence import push_present
from workflows.journal import school_chain
from workflows.notices import LASTING, NOTICES
from workflows.owed import channels


class Cause(StrEnum):
    """Why an entry is frozen."""

    REMOVED = "removed"  # by the school, one by one
    EMS = "ems"  # deleted from the EMS's roster
    MOVED = "moved"  # the person stands on another school's or a later cohort's roster


MOVED_NOTE: Final = "该生已列入其他学校或其他届次的学生名单。"
_ELSEWHERE: Final = "其他学校的学生名单"


async def locked_entry(graduate_id: UUID) -> Any | None:
    """The entry's row, locked."""
    return await fetch_row(f"{sql.LOCK_ENTRY}TRUE FOR NO KEY UPDATE", graduate_id)


async def freeze(book: Book, row: Mapping[str, Any], cause: Cause, note: str, *, foreign: bool = False) -> None:
    """`row`: id, school_id, cohort of a live entry. `foreign`: another school causes it; who did it stays unnamed."""
    graduate_id: UUID = row["id"]
    await execute(sql.FREEZE, graduate_id, book.now, str(cause), note)
    await execute(sql.HOLD, str(graduate_id), book.now, sorted(LASTING))
    await _tell(book, row, "invalidated", "graduate_invalidated")
    detail = {"cohort": row["cohort"], "cause": str(cause), "reason": note} | ({"by": _ELSEWHERE} if foreign else {})
    book.note(school_chain(row["school_id"]), "graduate", graduate_id, "invalidate", **detail)


async def thaw(book: Book, graduate_id: UUID, how: str) -> bool:
    """Deadlines get the frozen time back, never past the cohort's close. False: it was not frozen."""
    row = await locked_entry(graduate_id)
    if row is None or row["invalid_at"] is None:
        return False
    await execute(sql.THAW, graduate_id, book.now)
    frozen = book.now - row["invalid_at"]
    close = cohort_close(row["cohort"])
    for record in await fetch(sql.DEADLINES, graduate_id, row["invalid_at"]):
        # Deadlines end with a day; a part of a day counts as a whole one for the graduate.
        until = min(day_end(shanghai_day(record["expires_at"] + frozen)), close)
        await execute(sql.EXTEND, record["id"], until)
    await execute(sql.REMIND_ANEW, graduate_id, book.now)
    await execute(sql.OUTDATE_NOTICE, str(graduate_id), "invalidated", book.now)
    await push_present(book, graduate_id)
    await _tell(book, row, "restored", "graduate_restored")
    book.note(school_chain(row["school_id"]), "graduate", graduate_id, "restore", cohort=row["cohort"], how=how)
    return True


async def _tell(book: Book, row: Mapping[str, Any], to_graduate: str, to_employer: str) -> None:
    graduate_id: UUID = row["id"]
    await tell_graduate(book, graduate_id, row["school_id"], to_graduate)
    notes = [
        {
            "id": str(new_id()),
            "key": f"{book.act_id}:{record['id']}:{to_employer}",
            "employer_id": str(record["employer_id"]),
            "record_id": str(record["id"]),
            "notice": to_employer,
            "params": {"flow": record["flow"], "employer": record["employer_name"], "at": json_time(book.now)},
        }
        for record in await fetch(sql.EMPLOYERS, graduate_id)
    ]
    if notes:
        await execute(acts.INSERT_INBOX_NOTES, json.dumps(notes, ensure_ascii=False), book.now)


async def tell_graduate(book: Book, graduate_id: UUID, school_id: UUID, name: str) -> None:
    """Owe a notice that concerns no record: by WeChat where bound, by SMS as the notice and the school allow."""
    reach = await fetch_row(sql.REACH, graduate_id)
    if reach is None:
        return
    notice = NOTICES[name]
    for channel in channels(notice, reach["binding_id"], reach["sms_fallback"]):
        recipient = reach["binding_id"] if channel is Channel.WECHAT else graduate_id
        book.owe(notice, channel, recipient, {"at": json_time(book.now)}, school_id)
