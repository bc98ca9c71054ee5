"""Room: a roster file from its arrival to its end: taken in sealed, read by a child, written in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from models import storage
from models.kit import now, shanghai_day
from models.parties import Party
from models.tables import School
from models.vault import seal_file
from workflows.actors import Actor, own_school, require_write
from workflows.commands import Book, command
from workflows.commands.jobs import Kind, Progress, Result, Source, Work, actor_of, insert_job, open_jobs, settle
from workflows.commands.provinces import check_cohort
from workflows.commands.roster_taking import Taken, take
from workflows.errors import Fault, Forbidden, InvalidForm, Refused, Unavailable
from workflows.roster_files import BadFileError, judge
from workflows.roster_reader import SOURCE_PLACE, Head, Order, Reading
from workflows.roster_sheets import counted, fault_list

AT_ONCE: Final = 3
BUSY = "本校已有名单正在导入，请等其完成后再上传。"
NOTHING_TAKEN = "{rows} 行中有 {faulty} 行有误，没有导入任何一行；请按错误清单改正后重新上传，或选择只导入正确的行。"
NO_ROOM = "文件暂时无法保存，请稍后重新上传。"
FAULTS_NAME = "名单错误清单.xlsx"


async def begin_import(
    actor: Actor, cohort: int, content: bytes, *, only_valid: bool = False, moves_confirmed: bool = False
) -> UUID:
    """Take a file in; the id of the job that reads it. Raises Forbidden, ReadOnly, InvalidForm (`file`), Refused,
    Unavailable (the disk is full).
    """
    require_write(actor, Party.SCHOOL)
    check_cohort(cohort)
    try:
        source = await asyncio.to_thread(_stored, content)
    except BadFileError as bad:
        raise InvalidForm([Fault("file", "bad_file", bad.sentence)], bad.sentence) from None
    except storage.StorageError as exc:
        raise Unavailable(NO_ROOM) from exc
    params = {"only_valid": only_valid, "moves_confirmed": moves_confirmed}
    return await _begin(actor, cohort, params, source)


def _stored(content: bytes) -> Source:
    judge(io.BytesIO(content))
    return Source(hashlib.sha256(content).hexdigest(), storage.put(seal_file(SOURCE_PLACE, content)))


@command(journaled=False)
async def _begin(book: Book, cohort: int, params: dict[str, Any], source: Source) -> UUID:
    """What an import did is journaled when it has done it."""
    school = own_school(book.actor)
    if await open_jobs(school, Kind.ROSTER_IMPORT) >= AT_ONCE:
        raise Refused(BUSY, guard="imports_running")
    return await insert_job(book, Kind.ROSTER_IMPORT, school, cohort=cohort, params=params, source=source)


async def do_import(work: Work, progress: Progress) -> None:
    """The work. Raises BadFileError, ReaderError, LostLeaseError, errors of the tree; then nothing is written."""
    actor = await actor_of(work)
    if actor is None:
        raise Forbidden
    school = await School.get(id=work.school_id)
    order = Order(work.source_stored, school.code, str(shanghai_day(now())), str(actor.level))
    reading = await Reading.begin(order)
    try:
        head = await reading.head()
        progress.total = head.total

        def count(rows: int) -> None:
            progress.done = rows

        await _take(actor, work, head, reading.lines(count))
    finally:
        await reading.close()


@command(journaled=False)
async def _take(book: Book, work: Work, head: Head, lines: AsyncIterator[bytes]) -> None:
    """`take` journals what is written; a file with faults changes nothing."""
    require_write(book.actor, Party.SCHOOL)
    if work.cohort is None or own_school(book.actor) != work.school_id:
        raise Forbidden
    taken = await take(
        book,
        work.school_id,
        work.cohort,
        lines,
        only_valid=bool(work.params["only_valid"]),
        moves_confirmed=bool(work.params["moves_confirmed"]),
        file_sha256=work.source_sha256,
    )
    await settle(book, work, await _result(taken, head))


async def _result(taken: Taken, head: Head) -> Result:
    faulty = len({fault.line for fault in taken.faults})
    figures = {
        name: getattr(taken, name)
        for name in ("rows", "added", "changed", "unchanged", "restored", "moved", "blocked", "flagged")
    } | {"faulty": faulty}
    summary = {
        **figures,
        "written": taken.written,
        "sheet": head.sheet,
        "ignored_columns": list(head.ignored[:100]),
        "sentences": counted(figures) if taken.written else [],
    }
    stored = ""
    if taken.faults:
        listed = await asyncio.to_thread(fault_list, taken.faults, head.sheet)
        stored = await asyncio.to_thread(storage.put, listed)
    return Result(
        summary=summary,
        error="" if taken.written else NOTHING_TAKEN.format(rows=taken.rows, faulty=faulty),
        rows=taken.rows,
        file_sha256=stored,
        file_name=FAULTS_NAME if stored else "",
    )
