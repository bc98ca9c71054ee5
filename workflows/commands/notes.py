"""Room: an employer has read its 站内消息. No journal row: who looked at a message is no fact about a record."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from models.db import execute
from models.parties import Party
from workflows.actors import require
from workflows.commands import Book, command
from workflows.errors import Forbidden

_ALL = "UPDATE inbox_notes SET read_at = $2 WHERE employer_id = $1 AND read_at IS NULL"


@command(journaled=False)
async def mark_notes_read(book: Book, notes: Sequence[UUID] | None = None) -> int:
    """Mark these messages of the actor's employer as read, or all of them; how many were unread.

    Messages of other employers are passed over. Raises Forbidden.
    """
    require(book.actor, Party.EMPLOYER)
    if book.actor.employer_id is None:
        raise Forbidden
    if notes is None:
        return await execute(_ALL, book.actor.employer_id, book.now)
    return await execute(f"{_ALL} AND id = ANY($3)", book.actor.employer_id, book.now, list(notes))
