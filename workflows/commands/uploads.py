"""Room: files on their way in: begun, sent in parts, made over, thrown away (workflows.md, Conventions 9).

Slow work (disk, decoders) is done outside any transaction; each step leaves a row from which the next can go on, so a
lost connection or a killed process costs the part that was under way and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from models import storage
from models.db import execute, fetch, fetch_row, fetch_value
from models.kit import new_id
from models.kit import now as clock
from models.parties import Party
from models.sql import files as sql
from models.tables import Upload
from workflows.actors import Actor, require_any_write
from workflows.commands import Book, command
from workflows.commands.filled import one_fault
from workflows.errors import InvalidForm, NotFound, Refused, Unavailable, WrongOffset
from workflows.intake.faults import FAULTS, Unfit
from workflows.intake.making import make_over
from workflows.intake.names import display_name
from workflows.intake.sieve import Made
from workflows.limits import FILE_BYTES, OPEN_UPLOADS, ORPHAN_LIVES, UPLOAD_LIVES

T = TypeVar("T")

SENDERS: Final = (Party.GRADUATE, Party.EMPLOYER, Party.DEPARTMENT, Party.SCHOOL)
FIELD: Final = "file"  # where a refused file is named among the faults

TOO_MANY: Final = f"您有 {OPEN_UPLOADS} 个已上传但还没有随表提交的文件，请先提交，或删除不需要的文件后再上传。"
NO_ROOM: Final = "文件暂时无法保存，已上传的部分还在，请稍后再试。"
HANDED_IN: Final = "该文件已随表提交，不能删除。"
TOO_LONG: Final = "收到的内容比开始上传时说明的大小还多，请重新上传。"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """An upload as its sender may see it. `done`: made over and fit to be handed in; `fault`: why it never will be."""

    id: UUID
    name: str
    total: int
    offset: int
    media: str
    bytes: int
    pages: int
    done: bool
    fault: str
    sha256: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "name": self.name,
            "total": self.total,
            "offset": self.offset,
            "media": self.media or None,
            "bytes": self.bytes,
            "pages": self.pages,
            "done": self.done,
            "fault": FAULTS[self.fault] if self.fault else None,
        }


@command(journaled=False)
async def begin_upload(book: Book, name: str, total: int) -> UUID:
    """Make room for a file of `total` bytes. Raises Forbidden, ReadOnly, InvalidForm, Refused (`uploads_open`)."""
    require_any_write(book.actor, *SENDERS)
    if not total:
        raise one_fault("total", "file_empty", FAULTS["file_empty"])
    if total > FILE_BYTES:
        raise one_fault("total", "file_too_large", FAULTS["file_too_large"])
    await fetch_value(sql.LOCK_OWNER, book.actor.key)
    if await fetch_value(sql.OPEN_UPLOADS, book.actor.key, book.now) >= OPEN_UPLOADS:
        raise Refused(TOO_MANY, guard="uploads_open")
    made = await Upload.create(
        id=new_id(),
        owner=book.actor.key,
        school_id=book.actor.school_id,
        name=display_name(name),
        total=total,
        created_at=book.now,
        expires_at=book.now + UPLOAD_LIVES,
    )
    return made.id


async def add_bytes(actor: Actor, upload_id: UUID, offset: int, data: bytes) -> Progress:
    """Add the part that begins at `offset`; with the last one the file is judged and made over.

    No bytes at the end ask for the judgement again, where an answer was lost. Raises NotFound (also: not one's own),
    WrongOffset (also: more than was announced), InvalidForm with the fault of the file at `FIELD`, Unavailable.
    """
    present = await read_upload(actor, upload_id)
    if present.done or present.fault or offset != present.offset:
        return _again(present, offset, len(data))
    if offset + len(data) > present.total:
        raise WrongOffset(TOO_LONG, offset=offset)
    if data:
        await _on_disk(storage.write_part, upload_id, offset, data)
        moved = await fetch_value(sql.ADVANCE, upload_id, actor.key, offset, len(data))
        if moved is None:
            raise WrongOffset(offset=(await read_upload(actor, upload_id)).offset)
        if moved < present.total:
            return await read_upload(actor, upload_id)
    elif offset < present.total:
        return present
    await _finish(present)
    return _judged(await read_upload(actor, upload_id))


def _again(present: Progress, offset: int, size: int) -> Progress:
    """A part that does not follow; the end of a file that is judged already is told what became of it."""
    at_end = offset == present.total or offset + size == present.total
    if (present.done or present.fault) and at_end:
        return _judged(present)
    raise WrongOffset(offset=present.offset)


def _judged(found: Progress) -> Progress:
    if found.fault:
        raise one_fault(FIELD, found.fault, FAULTS[found.fault])
    return found


async def _finish(upload: Progress) -> None:
    """Make the file over and write down what became of it. Two at once do the same work twice and no harm."""
    try:
        data = await _on_disk(storage.read_part, upload.id, upload.total)
        made = await make_over(data)
        del data
        sha256 = await _on_disk(storage.put, made.data)
    except Unfit as unfit:
        await execute(sql.REFUSE, upload.id, unfit.code, clock())
    except storage.NotStoredError:
        log.error("the bytes of an upload are gone")
        await execute(sql.REFUSE, upload.id, "file_broken", clock())
    else:
        await _complete(upload.id, upload.name, made, sha256, clock())
    await asyncio.to_thread(storage.drop_part, upload.id)


async def _complete(upload_id: UUID, name: str, made: Made, sha256: str, at: datetime) -> None:
    shown = display_name(name, made.media)
    size = len(made.data)
    await execute(sql.COMPLETE, upload_id, shown, made.media, sha256, size, made.pages, made.dhash, at)


async def _on_disk(work: Callable[..., T], *args: Any) -> T:
    """Disk work in a thread. Raises Unavailable where the disk says no; the sender may go on from the same place."""
    try:
        return await asyncio.to_thread(work, *args)
    except storage.StorageError as exc:
        log.error("the store of files fails: %s", exc)
        raise Unavailable(NO_ROOM) from exc


async def read_upload(actor: Actor, upload_id: UUID) -> Progress:
    """One's own upload. Raises NotFound."""
    row = await fetch_row(sql.READ_UPLOAD, upload_id)
    if row is None or row["owner"] != actor.key:
        raise NotFound
    return Progress(
        id=row["id"],
        name=row["name"],
        total=row["total"],
        offset=row["received"],
        media=row["media"],
        bytes=row["bytes"],
        pages=row["pages"],
        done=bool(row["sha256"]),
        fault=row["fault"],
        sha256=row["sha256"],
    )


async def delete_upload(actor: Actor, upload_id: UUID) -> None:
    """Throw one's own upload away; its bytes go with the next sweep. Raises NotFound, Refused (`not_handed_in`)."""
    await read_upload(actor, upload_id)
    if not await execute(sql.DELETE_UPLOAD, upload_id, actor.key):
        raise Refused(HANDED_IN, guard="not_handed_in")
    await asyncio.to_thread(storage.drop_part, upload_id)


async def store_upload(actor: Actor, name: str, data: bytes) -> UUID:
    """A whole file at once, for pages without script. Raises as `begin_upload` and `add_bytes` do.

    A file that is refused leaves no row: the page shows why, and the person chooses another.
    """
    upload_id = await begin_upload(actor, name, len(data))
    try:
        await add_bytes(actor, upload_id, 0, data)
    except InvalidForm:
        await delete_upload(actor, upload_id)
        raise
    return upload_id


async def keep_made(actor: Actor, name: str, made: Made, at: datetime) -> UUID:
    """A file that the house has made itself (demo data), as a finished upload of the actor's.

    Raises as `begin_upload`, and Unavailable.
    """
    upload_id = await begin_upload(actor, name, len(made.data), at=at)  # type: ignore[call-arg]  # taken by @command
    sha256 = await _on_disk(storage.put, made.data)
    await _complete(upload_id, name, made, sha256, at)
    return upload_id


# --- what nobody names any more ------------------------------------------------------------------


async def sweep_uploads(at: datetime | None = None) -> int:
    """Forget uploads that ran out, and delete files that no row names and nobody put for an hour; how many of both."""
    moment = at or clock()
    gone = 0
    while rows := await fetch(sql.FORGET_UPLOADS, moment):
        gone += len(rows)
    before = moment - ORPHAN_LIVES
    gone += await asyncio.to_thread(storage.sweep_aside, before)
    waiting = await asyncio.to_thread(lambda: list(storage.parts(before)))
    for upload_id in set(waiting) - {row["id"] for row in await fetch(sql.KNOWN_UPLOADS, waiting)}:
        await asyncio.to_thread(storage.drop_part, upload_id)
        gone += 1
    for shelf in await asyncio.to_thread(storage.shelves):
        found = await asyncio.to_thread(storage.stored, shelf, before)
        for sha256 in set(found) - {row[0] for row in await fetch(sql.NAMED, found)} if found else ():
            gone += await asyncio.to_thread(storage.discard, sha256, before)
    return gone
