"""Room: telling the EMS once more where a graduate stands, outside any act: after a restore."""

from __future__ import annotations

from uuid import UUID

from models.db import execute, fetch, fetch_value
from models.sql import acts as sql
from models.states import Channel, OutboxStatus, Phase
from workflows.commands import Book
from workflows.effects import push_stream
from workflows.facts import Facts
from workflows.flows import FLOWS
from workflows.loading import load
from workflows.spec import Push
from workflows.upstream import destination

_HELD = "SELECT id FROM records WHERE graduate_id = $1 AND slot"
_PUSHED = "SELECT EXISTS (SELECT 1 FROM ems_mirror WHERE graduate_id = $1 AND push_seq > 0)"


async def push_present(book: Book, graduate_id: UUID) -> None:
    """Owe the EMS the destination in force, or 待就业 where an earlier push must be taken back; else nothing."""
    held = await fetch(_HELD, graduate_id)
    facts = await load(now=book.now, record_id=held[0]["id"] if held else None, graduate_id=graduate_id)
    if facts is None:
        return
    push = Push.PRESENT if _in_force(facts) else Push.UNSETTLED
    if push is Push.UNSETTLED and not await fetch_value(_PUSHED, graduate_id):
        return
    rows = await fetch(sql.NEXT_PUSH, graduate_id, facts.school_id)
    await execute(sql.OUTDATE_PUSHES, push_stream(graduate_id), book.now)
    book.owe_row(
        {
            "key": f"{book.act_id}:{graduate_id}:push:{Channel.EMS}",
            "school_id": str(facts.school_id),
            "record_id": str(facts.record.id) if facts.record else None,
            "stream": push_stream(graduate_id),
            "channel": str(Channel.EMS),
            "recipient": str(graduate_id),
            "notice": "push",
            "params": {
                "seq": rows[0]["push_seq"],
                "school": facts.school_code,
                "cohort": facts.graduate.cohort,
                "settled": push is Push.PRESENT,
                "columns": destination(push, facts.record.row if facts.record else {}),
            },
            "status": str(OutboxStatus.PENDING),
            "due_at": book.now.isoformat(),
        }
    )


def _in_force(facts: Facts) -> bool:
    record = facts.record
    return record is not None and FLOWS[record.flow].state(record.state).phase is Phase.FORCE
