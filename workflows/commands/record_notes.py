"""Room: notes that reviewers leave for each other beside a record; neither the graduate nor the employer reads them."""

from __future__ import annotations

from uuid import UUID

from models.db import fetch_row
from models.parties import Party
from workflows.actors import require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.filled import fault
from workflows.errors import NotFound
from workflows.journal import school_chain
from workflows.limits import NOTE_LENGTH


@command()
async def add_note(book: Book, record_id: UUID, text: str) -> None:
    """Raises Forbidden, ReadOnly, ModuleClosed, NotFound (also: not visible), InvalidForm."""
    require_write(book.actor, Party.DEPARTMENT, Party.SCHOOL)
    scope, values = visible_to(book.actor).where(2, "r")
    row = await fetch_row(f"SELECT r.school_id FROM records r WHERE r.id = $1 AND {scope}", record_id, *values)  # noqa: S608  fixed texts, numbered parameters
    if row is None:
        raise NotFound
    told = text.strip()
    if not 1 <= len(told) <= NOTE_LENGTH:
        fault("text", "bad_length", f"备注应为 1 至 {NOTE_LENGTH} 个字。")
    book.note(school_chain(row["school_id"]), "note", record_id, "add_note", text=told)
