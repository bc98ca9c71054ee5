"""Room: exporting a list: begun by a request, written by a worker, kept sealed for some days, told in the history.

Read-only accounts export too, with masked numbers. A file with whole numbers leaves one row in `unmaskings` for each
person whose number it tells, with the reason, as a single number that is shown does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from models import storage
from models.db import execute
from models.kit import shanghai_day
from models.parties import Party
from models.tables import Account
from models.vault import seal_file
from workflows.actors import NOBODY, Actor
from workflows.commands import Book, command
from workflows.commands.jobs import (
    EXPORT_PLACE,
    Kind,
    Progress,
    Result,
    Work,
    actor_of,
    insert_job,
    open_jobs_of,
    settle,
)
from workflows.errors import Forbidden, Refused
from workflows.export_sheets import Sheet
from workflows.journal import province_chain, school_chain
from workflows.limits import EXPORT_KEPT, EXPORT_ROWS, EXPORTS_AT_ONCE
from workflows.queries.exports import Wish, check, listing, size_of, wish_from

BUSY = "您已有导出任务正在进行，请等其完成后再导出。"

_SHOWN = """
INSERT INTO unmaskings (id, school_id, account_id, graduate_id, job_id, reason, at)
SELECT gen_random_uuid(), g.school_id, $2, g.id, $3, $4, $5 FROM graduates g WHERE g.id = ANY($1)"""
_FORGET = """
UPDATE jobs SET result_sha256 = '', result_name = ''
WHERE kind = 'export' AND result_sha256 <> '' AND finished_at < $1"""


async def begin_export(actor: Actor, wish: Mapping[str, Any]) -> UUID:
    """The id of the job that will make the file; `wish` as `queries.exports.wish_from` reads it.

    Raises Forbidden, ModuleClosed, ReadOnly (whole numbers), InvalidForm, Refused (`exports_running`).
    """
    await check(actor, wish_from(wish))
    return await _begin(actor, wish)


@command(journaled=False)
async def _begin(book: Book, wish: Mapping[str, Any]) -> UUID:
    """What an export told is journaled when it has told it."""
    # Two tabs of one account count one after the other.
    await Account.filter(id=book.actor.id).select_for_update().first()
    if await open_jobs_of(book.actor.id, Kind.EXPORT) >= EXPORTS_AT_ONCE:
        raise Refused(BUSY, guard="exports_running")
    cohort = (wish.get("filters") or {}).get("cohort") or (wish.get("people") or {}).get("cohort")
    return await insert_job(book, Kind.EXPORT, book.actor.school_id or NOBODY, cohort=cohort, params=wish)


async def do_export(work: Work, progress: Progress) -> None:
    """The work. Raises LostLeaseError, errors of the tree; then nothing was told to anybody."""
    actor = await actor_of(work)
    if actor is None:
        raise Forbidden
    wish = wish_from(work.params)
    found = await listing(actor, wish)
    progress.total = await size_of(actor, wish)
    sheet = await asyncio.to_thread(Sheet, found.title, found.headers)
    people: set[UUID] = set()
    async for rows, whose in found.pages:
        await asyncio.to_thread(sheet.add, rows)
        if wish.whole:
            people.update(whose)
        progress.done += len(rows)
        progress.total = max(progress.total, progress.done)
    stored = await asyncio.to_thread(_keep, sheet)
    await _finish(actor, work, wish, progress.done, people, (found.title, stored))


def _keep(sheet: Sheet) -> str:
    return storage.put(seal_file(EXPORT_PLACE, sheet.close()))


@command()
async def _finish(
    book: Book, work: Work, wish: Wish, rows: int, shown: Collection[UUID], file: tuple[str, str]
) -> None:
    title, stored = file
    if shown:
        await execute(_SHOWN, list(shown), book.actor.id, work.id, wish.reason.strip(), book.now)
    book.note(
        _chain(book.actor),
        "export",
        work.id,
        "export",
        name=title,
        list=wish.kind,
        rows=rows,
        whole=wish.whole,
        reason=wish.reason.strip(),
    )
    name = f"{title}-{shanghai_day(book.now):%Y%m%d}.xlsx"
    summary = {"rows": rows, "complete": rows < EXPORT_ROWS, "whole": wish.whole}
    await settle(book, work, Result(summary=summary, rows=rows, file_sha256=stored, file_name=name))


def _chain(actor: Actor) -> str:
    """The history of the account's own school or province. Raises Forbidden where it has neither."""
    if actor.party is Party.PROVINCE and actor.province_id is not None:
        return province_chain(actor.province_id)
    if actor.school_id is None:
        raise Forbidden
    return school_chain(actor.school_id)


async def forget_exports(moment: datetime) -> int:
    """Let go of files that were made long enough ago; the sweep of the store deletes what nothing names. How many."""
    return await execute(_FORGET, moment - EXPORT_KEPT)
