"""Room: reminding graduates of a work list, at most once in three days each (roles.md, Work lists)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.db import execute_many, fetch
from models.kit import new_id
from models.parties import Party
from models.sql import roster as sql
from workflows.actors import Actor, require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.freezing import tell_graduate
from workflows.journal import school_chain
from workflows.limits import REMIND_EVERY
from workflows.work_lists import WorkList, condition


async def remind_graduates(actor: Actor, work_list: str, ids: Sequence[UUID]) -> Mapping[str, int]:
    """How many were reminded, how many rest, how many are not on the list. Raises Forbidden, ReadOnly."""
    return await _remind(actor, WorkList(work_list), sorted(set(ids)))


@command(journaled=False)
async def _remind(book: Book, work_list: WorkList, ids: Sequence[UUID]) -> Mapping[str, int]:
    """Journaled where anybody was reminded: one row for the selection."""
    require_write(book.actor, Party.SCHOOL, Party.DEPARTMENT)
    where, values = visible_to(book.actor).where(3, "g")
    rows = await fetch(
        f"{sql.LISTED}{condition(work_list)} AND {where} ORDER BY g.id FOR NO KEY UPDATE OF g",
        list(ids),
        str(work_list),
        *values,
    )
    due = [row for row in rows if row["at"] is None or row["at"] <= book.now - REMIND_EVERY]
    marks = [(new_id(), row["school_id"], row["id"], str(work_list), book.now) for row in due]
    if marks:
        await execute_many(sql.REMINDED, marks)
    for row in due:
        await tell_graduate(book, row["id"], row["school_id"], work_list.notice)
    _note(book, work_list, due)
    return {"reminded": len(due), "resting": len(rows) - len(due), "elsewhere": len(ids) - len(rows)}


def _note(book: Book, work_list: WorkList, due: Sequence[Any]) -> None:
    if due:
        school: UUID = due[0]["school_id"]
        book.note(school_chain(school), "roster", school, "remind", list=str(work_list), count=len(due))
