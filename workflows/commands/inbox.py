"""Room: the answers that messages got, so that a repeat of a message gets its answer again (contracts 7).

One row per message, written when the answer is ready. An answer that came too late for the platform's call goes out
as a message, and its row holds no reply: one message is answered by one way only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from models.db import execute, fetch, fetch_row
from models.kit import json_time
from models.kit import now as clock
from models.sql import chat as sql
from models.states import Channel
from models.vault import seal
from workflows.commands import Book, command
from workflows.commands.deliveries import ANSWER_PLACE, CHAT_ANSWER, OPENID_PLACE
from workflows.notices import NOTICES

LATE_ANSWER_LIVES: Final = timedelta(minutes=30)  # one that reaches the chat later only confuses
KEPT_FOR: Final = timedelta(days=30)  # a key holds the openid


async def keep_replies(replies: Sequence[tuple[str, str]]) -> list[str]:
    """Keep replies, each with the `once` of its message, and give those that count: the first that were kept."""
    onces, texts = zip(*replies, strict=True)
    rows = await fetch(sql.KEEP_REPLIES, onces, texts, clock())
    if len(rows) < len(set(onces)):  # another delivery committed while this statement ran
        rows = await fetch(sql.READ_REPLIES, onces)
    kept = {row["once"]: str(row["reply"]) for row in rows}
    return [kept[once] for once in onces]


@command(journaled=False)
async def answer_later(book: Book, once: str, text: str, binding_id: UUID, openid: str, school_id: UUID | None) -> bool:
    """Owe the answer of a message as a customer-service message; False if the message has its answer already.

    It goes to the account that asked, whatever becomes of its binding, so the openid goes along, sealed.
    """
    if await fetch_row(sql.CLAIM_REPLY, once, book.now) is None:
        return False
    params = {
        "text": seal(ANSWER_PLACE, text),
        "to": seal(OPENID_PLACE, openid),
        "until": json_time(book.now + LATE_ANSWER_LIVES),
    }
    book.owe(NOTICES[CHAT_ANSWER], Channel.WECHAT, binding_id, params, school_id)
    return True


async def sweep_replies(before: datetime) -> int:
    """Delete answers older than the moment (`KEPT_FOR` ago); the number of rows."""
    return await execute(sql.FORGET_REPLIES, before)
