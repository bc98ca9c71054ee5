"""Room: 站内消息: what the portal tells an employer, by page, and what has been read."""

from __future__ import annotations

from uuid import UUID

from quart import Response, request

from api.auth import Caller
from api.pages.answering import go
from api.pages.employer.portal import PREFIX, page, received, render, sent, within
from api.pages.spans import screen
from workflows.commands.notes import mark_notes_read
from workflows.queries.portal import inbox_page

INBOX = f"{PREFIX}/inbox"


@page("/inbox")
async def inbox(who: Caller) -> Response:
    unread_only = request.args.get("unread") == "1"
    cursor = request.args.get("cursor") or None
    found = await inbox_page(who.actor, unread=unread_only, cursor=cursor)
    kept = "unread=1&" if unread_only else ""
    return await render(
        "inbox.html",
        who=who,
        notes=[{**note, "at": screen(note["at"])} for note in found.items],
        total=f"{found.total}{'+' if found.total_is_capped else ''}",
        unread_only=unread_only,
        here=f"{INBOX}?{kept}cursor={cursor}" if cursor else f"{INBOX}?{kept}".rstrip("?&"),
        next_page=f"?{kept}cursor={found.next}" if found.next else "",
        first_page=f"?{kept}" if cursor else "",
    )


@page("/inbox/read", "POST")
async def read_all(who: Caller) -> Response:
    await sent(who)
    await mark_notes_read(who.actor)
    return go(INBOX)


@page("/inbox/<id>/read", "POST")
async def read_one(who: Caller, id: UUID) -> Response:
    """Marks one message, then goes on to what it speaks of, or back to the list."""
    await sent(who)
    await mark_notes_read(who.actor, [id])
    return go(within((await received()).get("to", INBOX)))
