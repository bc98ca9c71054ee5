"""Room: one person on the rosters of two cohorts: from the pages of one entry to those of the other (切换)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.db import execute, fetch
from models.kit import now as clock
from models.parties import Party
from models.sql import chat as sql
from workflows.actors import Actor, require
from workflows.commands import Book, command
from workflows.commands.sessions import SignedIn, open_graduate_session, open_own_session
from workflows.errors import NotFound


@dataclass(frozen=True, slots=True)
class Entry:
    """Another entry of the same person. `binding_id`: it belongs to the same WeChat account."""

    id: UUID
    cohort: int
    school: str
    binding_id: UUID | None


async def other_entries(actor: Actor, binding_id: UUID | None) -> list[Entry]:
    """Those that this session may turn to; `binding_id`: what it rests on, None without WeChat. Raises Forbidden."""
    require(actor, Party.GRADUATE)
    rows = await fetch(sql.OTHER_ENTRIES, actor.graduate_id, binding_id, clock())
    return [Entry(row["id"], row["cohort"], row["school"], row["binding_id"]) for row in rows]


async def turn_to(actor: Actor, binding_id: UUID | None, entry_id: UUID) -> SignedIn:
    """A session of the other entry. With WeChat the chat speaks about it, too. Raises Forbidden, NotFound."""
    entry = next((one for one in await other_entries(actor, binding_id) if one.id == entry_id), None)
    if entry is None:
        raise NotFound
    if binding_id is None or entry.binding_id is None:
        return await open_own_session(entry.id)
    await _choose(actor, binding_id, entry.binding_id)
    return await open_graduate_session(entry.binding_id)


@command(journaled=False)
async def _choose(book: Book, binding_id: UUID, other_id: UUID) -> None:
    await execute(sql.CHOOSE_BESIDE, binding_id, other_id, book.now)
