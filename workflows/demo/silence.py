"""Room: what becomes of the messages that the past acts owed. They were due weeks ago; nobody is to get them now.

Left to be delivered are the pushes to the EMS, so that its ledger becomes the fold of our history, and what is still
news: a WeChat message of this month about a record that stands where it says, to a graduate who is bound. All else is
superseded, with its cause to be read on the record's page and on the delivery page.
"""

from __future__ import annotations

from models.db import execute
from workflows.actors import NOBODY, require
from workflows.commands import Book, command
from workflows.journal import PLATFORM_CHAIN

CAUSE = "演示数据：历史消息不再发送"

# Codes that stood in the parameters go as they do when a message is settled.
_RETIRE = """
UPDATE outbox o SET status = 'superseded', cause = $2, settled_at = $1, params = o.params - ARRAY['code', 'text', 'to']
WHERE o.status IN ('pending', 'deferred') AND o.channel IN ('wechat', 'sms') AND o.created_at <= $1
  AND NOT (o.channel = 'wechat' AND EXISTS (SELECT 1 FROM records r JOIN graduates g ON g.id = r.graduate_id
    WHERE r.id = o.record_id AND r.state = o.params->>'state' AND g.invalid_at IS NULL)
    AND o.created_at > $1 - interval '30 days')"""


@command()
async def retire_messages(book: Book) -> int:
    """Supersede the messages of the past, up to the book's moment; how many. Forbidden to all but the operator."""
    require(book.actor)
    count = await execute(_RETIRE, book.now, CAUSE)
    book.note(PLATFORM_CHAIN, "outbox", NOBODY, "retire_messages", count=count, cause=CAUSE)
    return count
