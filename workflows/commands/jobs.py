"""Room: jobs: long work that a request begins and a notifier's process does, under a lease (contracts 3).

waiting → running → done | failed | cancelled. A worker that dies loses its lease and another begins anew; what a job
writes, it writes in the transaction that settles it, under its token, so it is done once or not at all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from models import storage
from models.db import execute, fetch_row, fetch_value
from models.kit import new_id
from models.parties import Party
from models.sql import jobs as sql
from models.tables import Account
from workflows.actors import Actor, require_write
from workflows.commands import Book, command
from workflows.commands.sessions import actor_of_account
from workflows.errors import NotFound, Refused


class Kind(StrEnum):
    """What there is to do; the work itself stands in the module that names it."""

    ROSTER_IMPORT = "roster_import"  # commands/roster_jobs.py
    EMS_LOOKUP = "ems_lookup"  # commands/lookups.py
    EMS_RESTORE = "ems_restore"  # commands/lookups.py
    EXPORT = "export"  # commands/exports.py


EXPORT_PLACE: Final = "files.export"
"""Where a finished export is sealed for: names and numbers of many persons."""
LEASE: Final = timedelta(seconds=20)
BEAT_EVERY: Final = 2.0
TRIES: Final = 3
"""Workers that may die over one job before it counts as the job's own fault."""

GIVEN_UP = "处理多次中断，未改变任何数据，请稍后重试；如仍不成功请联系技术支持。"
OVER = "该任务已经结束，不能取消。"


class LostLeaseError(Exception):
    """Somebody else has this job by now, or it was cancelled; whatever was done here is not written."""


@dataclass(frozen=True, slots=True)
class Work:
    """One job in a worker's hands."""

    id: UUID
    token: UUID
    kind: Kind
    school_id: UUID
    account_id: UUID
    cohort: int | None
    subject_id: UUID | None
    params: Mapping[str, Any]
    source_sha256: str
    source_stored: str
    attempts: int


@dataclass(slots=True)
class Progress:
    """What the work has come to; the heartbeat carries it into the row."""

    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """How a job ends. `error` set: it failed; the sentence is for people."""

    summary: Mapping[str, Any] | None = None
    error: str = ""
    rows: int = 0
    file_sha256: str = ""
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that a job reads: the hash of what was sent, and where its sealed copy is stored."""

    sha256: str = ""
    stored: str = ""


async def insert_job(
    book: Book,
    kind: Kind,
    school_id: UUID,
    *,
    cohort: int | None = None,
    subject_id: UUID | None = None,
    params: Mapping[str, Any] | None = None,
    source: Source | None = None,
) -> UUID:
    """Inside a command: the id of the job; where the same question about the same graduate is open, of that one."""
    text = json.dumps(dict(params or {}), ensure_ascii=False)
    given = source or Source()
    values = (new_id(), school_id, book.actor.id, str(kind), cohort, subject_id, text, given.sha256, given.stored)
    made = await fetch_value(sql.INSERT, *values, book.now)
    if made is None:
        made = await fetch_value(sql.OPEN_OF_SUBJECT, subject_id, str(kind))
    return UUID(str(made))


async def open_jobs(school_id: UUID, kind: Kind) -> int:
    """How many of a kind wait or run for a school."""
    return int(await fetch_value(sql.COUNT_OPEN, school_id, str(kind)))


async def open_jobs_of(account_id: UUID, kind: Kind) -> int:
    """How many of a kind wait or run for an account."""
    return int(await fetch_value(sql.COUNT_OPEN_OF_ACCOUNT, account_id, str(kind)))


# --- by the worker -------------------------------------------------------------------------------


@command(journaled=False)
async def claim_job(book: Book, lease: timedelta = LEASE) -> Work | None:  # noqa: ARG001  every command receives its book
    """Take the next job; None: there is none. One that has cost `TRIES` workers their life fails."""
    row = await fetch_row(sql.CLAIM, new_id(), lease)
    if row is None:
        return None
    return Work(
        id=row["id"],
        token=row["token"],
        kind=Kind(row["kind"]),
        school_id=row["school_id"],
        account_id=row["account_id"],
        cohort=row["cohort"],
        subject_id=row["subject_id"],
        params=json.loads(row["params"]),
        source_sha256=row["source_sha256"],
        source_stored=row["source_stored"],
        attempts=row["attempts"],
    )


@command(journaled=False)
async def beat_job(book: Book, work: Work, progress: Progress, lease: timedelta = LEASE) -> bool:  # noqa: ARG001  as above
    """Keep the lease and say how far it is; False: the job is somebody else's by now."""
    return await execute(sql.BEAT, work.id, work.token, lease, progress.done, progress.total) == 1


async def has_ended(work: Work) -> bool:
    """Whether somebody has settled it: us, or whoever has taken it over, whom our own settling then meets."""
    return bool(await fetch_value(sql.HAS_ENDED, work.id))


@command(journaled=False)
async def return_job(book: Book, work: Work) -> None:  # noqa: ARG001  as above
    """Give it back untouched: this process ends."""
    await execute(sql.GIVE_BACK, work.id, work.token)


async def settle(book: Book, work: Work, result: Result) -> None:
    """Inside the command that does the work: its end, in the same transaction. Raises LostLeaseError."""
    status = "failed" if result.error else "done"
    summary = json.dumps(dict(result.summary), ensure_ascii=False) if result.summary is not None else None
    values = (status, result.rows, summary, result.error[:300], result.file_sha256, result.file_name, book.now)
    if await execute(sql.SETTLE, work.id, work.token, *values) != 1:
        raise LostLeaseError


@command(journaled=False)
async def fail_job(book: Book, work: Work, sentence: str) -> None:
    """End it without anything written. Raises LostLeaseError."""
    await settle(book, work, Result(error=sentence))


def forget_source(work: Work) -> None:
    """The file is not needed any more; it holds everybody's numbers."""
    if work.source_stored:
        with suppress(storage.StorageError):
            storage.delete(work.source_stored)


async def actor_of(work: Work) -> Actor | None:
    """Whoever began the job, with the rights of now; None: the account is closed."""
    row = await Account.get_or_none(id=work.account_id)
    return actor_of_account(row) if row is not None and row.disabled_at is None else None


# --- by people -----------------------------------------------------------------------------------


def may_see(actor: Actor, row: Any) -> bool:
    """The account that began it, and the school's own staff; an export is its account's alone.

    What an account may export depends on its level, its department and its rights.
    """
    if row["kind"] == Kind.EXPORT:
        return bool(row["account_id"] == actor.id)
    if actor.school_id is None or row["school_id"] != actor.school_id:
        return False
    return actor.party is Party.SCHOOL or row["account_id"] == actor.id


async def cancel_job(actor: Actor, job_id: UUID) -> None:
    """取消: whatever it has done so far is not written. Raises Forbidden, ReadOnly, NotFound, Refused."""
    stored = await _cancel(actor, job_id)
    if stored:
        with suppress(storage.StorageError):  # swept later, as nothing names it any more
            await asyncio.to_thread(storage.delete, stored)


@command(journaled=False)
async def _cancel(book: Book, job_id: UUID) -> str:
    row = await fetch_row(sql.LOCK, job_id)
    if row is None or row["kind"] != Kind.EXPORT:  # accounts that only read have exports of their own
        require_write(book.actor, Party.DEPARTMENT, Party.SCHOOL)
    if row is None or not may_see(book.actor, row):
        raise NotFound
    if await execute(sql.CANCEL, job_id, book.now) != 1:
        raise Refused(OVER, guard="job_over")
    return str(row["source_stored"])
