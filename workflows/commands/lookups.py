"""Room: asking the EMS about one graduate: for the comparison on the page, before a restore, and by the hour.

The call itself is the notifier's (contracts 9); here stands whom to ask for and what an answer means. Numbers of
papers and phones in an answer are not kept: the question was by number, so it is equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from models.config import settings
from models.db import execute, fetch, fetch_row
from models.kit import now as clock
from models.parties import Party
from models.sql import lookups as sql
from models.vault import unseal
from workflows.actors import Actor, require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.freezing import thaw
from workflows.commands.jobs import Kind, Result, Work, insert_job, settle
from workflows.commands.roster import OFF_ROSTER, STILL_IN
from workflows.errors import NotFound, Refused
from workflows.ports import Held, OutsideFault
from workflows.roster_rows import COLUMNS

HOURLY: Final = timedelta(minutes=55)
ASK_AGAIN: Final = timedelta(minutes=10)
"""Whoever got no answer asks again sooner."""
AT_ONCE: Final = 200
_SECRET: Final = frozenset({"sfzh", "sjh", "dzyx"})

NO_EMS = "尚未接入就业管理系统，没有可以比对的数据。"
NO_ANSWER = "就业管理系统暂时没有答复，请稍后再试。"
NOT_HELD = "就业管理系统的学生名单中没有该毕业生，不能恢复；请先在就业管理系统中核对名单。"


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """Whom to ask for. Holds a number: never logged, never stored."""

    graduate_id: UUID
    school: str
    cohort: int
    id_number: str


async def question(graduate_id: UUID) -> Question | None:
    """How the EMS knows this entry."""
    row = await fetch_row(sql.WHO, graduate_id)
    return _question(row) if row is not None else None


def _question(row: Any) -> Question:
    return Question(row["id"], row["school_code"], row["cohort"], unseal("graduates.id_enc", row["id_enc"]))


# --- by people -----------------------------------------------------------------------------------


async def ask_for(actor: Actor, graduate_id: UUID) -> UUID:
    """获取最新学生信息: the id of the job that asks. Raises Forbidden, ReadOnly, NotFound, Refused (no EMS)."""
    return await _begin(actor, graduate_id, Kind.EMS_LOOKUP)


async def ask_and_restore(actor: Actor, graduate_id: UUID) -> UUID | None:
    """恢复 with a live EMS: the id of the job that asks and restores; None: there is none to ask, restore at once."""
    return await _begin(actor, graduate_id, Kind.EMS_RESTORE) if settings().ems.live else None


@command(journaled=False)
async def _begin(book: Book, graduate_id: UUID, kind: Kind) -> UUID:
    parties = (Party.SCHOOL,) if kind is Kind.EMS_RESTORE else (Party.SCHOOL, Party.DEPARTMENT)
    require_write(book.actor, *parties)
    where, values = visible_to(book.actor).where(2, "g")
    row = await fetch_row(f"{sql.ENTRY}{where}", graduate_id, *values)
    if row is None:
        raise NotFound
    if not settings().ems.live:
        raise Refused(NO_EMS, guard="ems_live")
    if kind is Kind.EMS_RESTORE and row["invalid_at"] is None:
        raise Refused(STILL_IN, guard=OFF_ROSTER)
    return await insert_job(book, kind, row["school_id"], cohort=row["cohort"], subject_id=graduate_id)


# --- by the worker -------------------------------------------------------------------------------


@command(journaled=False)
async def note_answer(book: Book, work: Work, graduate_id: UUID, answer: Held | OutsideFault) -> bool:
    """Keep an answer and end its job, unless it is to restore and may. True: now restore. Raises LostLeaseError."""
    await _keep(book, graduate_id, answer)
    if not isinstance(answer, Held):
        await settle(book, work, Result(error=NO_ANSWER))
    elif work.kind is Kind.EMS_LOOKUP:
        await settle(book, work, Result(summary={"held": answer.graduate is not None}, rows=1))
    elif answer.graduate is None:
        await settle(book, work, Result(summary={"held": False}, error=NOT_HELD))
    else:
        return True
    return False


@command(journaled=False)
async def end_restore(book: Book, work: Work) -> None:
    """The entry is back on the roster. Raises LostLeaseError."""
    await settle(book, work, Result(summary={"held": True, "restored": True}, rows=1))


# --- by the hour ---------------------------------------------------------------------------------


async def returns_due(at: datetime | None = None) -> list[Question]:
    """Frozen entries of cohorts that may still act, for which the EMS was not asked within the hour."""
    moment = at or clock()
    if not settings().ems.live:
        return []
    rows = await fetch(sql.DUE, moment, moment - HOURLY, moment - ASK_AGAIN, AT_ONCE)
    return [_question(row) for row in rows]


@command(journaled=False)
async def note_return(book: Book, graduate_id: UUID, answer: Held | OutsideFault) -> bool:
    """Keep an answer; restore whom the roster holds *again*. True: restored.

    Somebody removed here whom the EMS has held all along stays out: the school meant it. Once the EMS was found without
    them, its holding them means that they are back. Whoever lives on another roster is left to the schools.
    """
    await _keep(book, graduate_id, answer)
    if not isinstance(answer, Held) or answer.graduate is None:
        return False
    row = await fetch_row(sql.MAY_RETURN, graduate_id, book.now)
    return row is not None and await thaw(book, graduate_id, "ems")


async def _keep(book: Book, graduate_id: UUID, answer: Held | OutsideFault) -> None:
    if not isinstance(answer, Held):
        await execute(sql.KEEP_SILENCE, graduate_id, book.now)
        return
    entry = _kept(answer.graduate) if answer.graduate is not None else None
    told = answer.destination
    destination = {name: told[name] for name in told if name not in _SECRET} if told is not None else None
    await execute(
        sql.KEEP,
        graduate_id,
        book.now,
        answer.graduate is not None,
        json.dumps(entry, ensure_ascii=False) if entry is not None else None,
        json.dumps(destination, ensure_ascii=False) if destination is not None else None,
        answer.locked,
    )


def _kept(graduate: Mapping[str, Any]) -> dict[str, str]:
    """The columns that a page may compare."""
    return {
        name: str(value)[:120]
        for name, value in graduate.items()
        if name in COLUMNS and name not in _SECRET and isinstance(value, str | int)
    }
