"""Room: the answers that messages got, so that a repeat of a message gets its answer again (contracts 7).

One row per message, written when the answer is ready. An answer that came too late for the platform's call goes out
as a message (`deliveries.answer_later`), and its row holds no reply: one message is answered by one way only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.db import execute, fetch_row, fetch_value
from models.kit import now as clock
from models.sql import chat as sql

BY_MESSAGE: Final = ""
"""The reply of a message whose answer goes out as a message of its own."""
KEPT_FOR: Final = timedelta(days=30)  # a key holds the openid


async def keep_reply(once: str, reply: str) -> str:
    """Keep the reply of a message and give the one that counts: the first that was kept. One statement, one write."""
    row = await fetch_row(sql.KEEP_REPLY, once, clock(), reply)
    if row is None:  # the other delivery committed while this statement ran
        return str(await fetch_value(sql.READ_REPLY, once))
    return str(row["reply"])


async def sweep_replies(before: datetime) -> int:
    """Delete answers older than the moment (`KEPT_FOR` ago); the number of rows."""
    return await execute(sql.FORGET_REPLIES, before)
