"""Room: agreements become files: printed once, kept by their hash, handed out; who of the staff took one is journaled.

A job prints what was approved; whoever asks before it prints at once. Both set the same bytes, so it does not matter
who is first. From then on the kept file is the agreement: neither an edit of the record nor another font makes it anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from models import storage
from models.config import settings
from models.db import execute, fetch, fetch_value
from models.sql import agreements as sql
from workflows.actors import CLOCK, Actor
from workflows.commands import Book, command
from workflows.documents.fonts import NoFont, Unprintable, font
from workflows.documents.typesetting import printed
from workflows.errors import Refused, Unavailable
from workflows.journal import school_chain
from workflows.queries.agreements import seen
from workflows.queries.records import for_staff

AT_ONCE: Final = 20
UNPRINTABLE: Final = "unprintable"
NO_FONT: Final = "服务器还没有可用的中文字体，协议暂不能生成文件，请联系平台运维人员。"
LOST: Final = "协议文件暂时无法读取，请联系平台运维人员；协议的编号和内容不受影响。"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Paper:
    """An agreement's file and what it is called on the reader's disk."""

    name: str
    pdf: bytes = field(repr=False)


def check_url(number: str) -> str:
    """Where the QR on the paper leads."""
    return f"{settings().public_url.rstrip('/')}/check/{number}"


# --- handing out ---------------------------------------------------------------------------------


async def download(actor: Actor, number: str) -> Paper:
    """The file of an agreement that the actor sees.

    Raises ModuleClosed, NotFound; Refused with guard `unprintable` for a character that no font here has; Unavailable.
    """
    return (await _papers(actor, [number]))[0]


async def bundle(actor: Actor, numbers: Sequence[str]) -> bytes:
    """The files of several agreements as one zip; all or none. Raises as `download` does."""
    return await asyncio.to_thread(_zipped, await _papers(actor, numbers))


async def _papers(actor: Actor, numbers: Sequence[str]) -> list[Paper]:
    rows = await seen(actor, numbers)
    papers = [Paper(_name(row), await pdf_of(row)) for row in rows]
    if for_staff(actor):
        await note_downloads(actor, rows)
    return papers


def _name(row: Mapping[str, Any]) -> str:
    """`就业协议书-王小明-99001202700000012.pdf`, without what a disk cannot take."""
    person = "".join(c for c in json.loads(row["data"])["graduate"]["name"] if c.isalnum() or c in "·")
    return f"就业协议书-{person}-{row['number']}.pdf"


def _zipped(papers: Sequence[Paper]) -> bytes:
    """Stored, not squeezed: what is inside a PDF is squeezed already."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        for paper in papers:
            made.writestr(zipfile.ZipInfo(paper.name), paper.pdf)
    return target.getvalue()


@command()
async def note_downloads(book: Book, rows: Sequence[Mapping[str, Any]]) -> None:
    """Staff read numbers of persons masked; who took a paper with the whole ones stands in the journal."""
    for row in rows:
        chain = school_chain(row["school_id"])
        book.note(chain, "agreement", row["record_id"], "download_agreement", number=row["number"])


# --- printing ------------------------------------------------------------------------------------


async def pdf_of(row: Mapping[str, Any]) -> bytes:
    """The kept file, or one made and kept now. `row`: number, data (JSON text), file_sha256.

    Raises Refused (`unprintable`), Unavailable.
    """
    kept: str | None = row["file_sha256"]
    try:
        if kept is None:
            return await _made(row)
        return await asyncio.to_thread(storage.get, kept)
    except storage.NotStoredError:
        return await _made_again(row)
    except storage.StorageError as exc:
        log.error("the store of files fails: %s", exc)
        raise Unavailable(LOST) from exc


async def _made(row: Mapping[str, Any]) -> bytes:
    number = row["number"]
    try:
        made = await printed(json.loads(row["data"]), check_url(number))
    except Unprintable as lack:
        await give_up(CLOCK, number, lack.font_sha256)
        log.warning("agreement %s cannot be printed: %s", number, lack)
        raise Refused(lack.sentence, guard=UNPRINTABLE) from None
    except NoFont as exc:
        log.error("%s", exc)
        raise Unavailable(NO_FONT) from None
    sha256 = await asyncio.to_thread(storage.put, made.pdf)
    first = await keep(CLOCK, number, made.font_sha256, sha256)
    # Another machine with another font may have been first: its file is the agreement.
    return made.pdf if first == sha256 else await asyncio.to_thread(storage.get, first)


async def _made_again(row: Mapping[str, Any]) -> bytes:
    """The store has lost the file. Only the same bytes may take its place."""
    try:
        made = await printed(json.loads(row["data"]), check_url(row["number"]))
    except (Unprintable, NoFont) as exc:
        raise Unavailable(LOST) from exc
    if hashlib.sha256(made.pdf).hexdigest() != row["file_sha256"]:
        log.error("the file of agreement %s is lost, and this machine sets other bytes", row["number"])
        raise Unavailable(LOST)
    await asyncio.to_thread(storage.put, made.pdf)
    return made.pdf


@command(journaled=False)
async def keep(_: Book, number: str, font_sha256: str, file_sha256: str) -> str:
    """Note the file of an agreement that has none; the hash that stands there now."""
    await execute(sql.KEEP, number, font_sha256, file_sha256)
    return str(await fetch_value(sql.KEPT, number))


@command(journaled=False)
async def give_up(_: Book, number: str, font_sha256: str) -> None:
    """The job does not try again before there is another font."""
    await execute(sql.CANNOT_PRINT, number, font_sha256)


async def print_waiting() -> int:
    """The clock's job: print what was approved and has no file; how many."""
    try:
        present = (await asyncio.to_thread(font)).sha256
    except NoFont as exc:
        log.error("%s", exc)
        return 0
    done = 0
    for row in await fetch(sql.TO_PRINT, present, AT_ONCE):
        try:
            await pdf_of(row)
            done += 1
        except Refused:
            continue  # noted and logged
    return done
