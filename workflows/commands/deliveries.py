"""Room: the outbox's lifecycle: rows are claimed, settled, given back, sent again (messages-and-sync.md, One outbox).

pending → sending → sent → delivered; or deferred, superseded, dead. Only the notifier claims and settles; a row in
`sending` belongs to whoever holds its token, and a settlement with another token writes nothing. None of this is
journaled: each try has its own row in `delivery_attempts`. Receipts are in `workflows/commands/receipts.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models.db import execute, fetch, fetch_row, fetch_value
from models.kit import new_id
from models.parties import Party
from models.sql import acts
from models.sql import outbox as sql
from models.states import WAITING, Channel, OutboxStatus
from workflows.actors import require_write, visible_to
from workflows.commands import Book, command
from workflows.errors import NotFound, Refused
from workflows.guards import ON_ROSTER
from workflows.journal import school_chain
from workflows.notices import LASTING, NOTICES, Sms, due

CHAT_ANSWER, ONE_TIME_CODE = "chat_answer", "one_time_code"
LEFT = "invalidated"  # what a graduate who has left the roster is told of it
PASSING = (CHAT_ANSWER, ONE_TIME_CODE)
"""Good for minutes only (`params.until`), and never sent again."""
CODE_PLACE = "outbox.params.code"
TO_PLACE, ANSWER_PLACE = "outbox.params.to", "outbox.params.text"
OPENID_PLACE = TO_PLACE
"""Where what is nobody else's business stands sealed, until it is sent."""
ANYWHERE = UUID(int=0)
"""Where the schools' turns begin."""

PER_SCHOOL = 8
PROMOTED_AT_ONCE = 1000
CAUSE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that this process may deliver until its lease ends. `lost_since`: an earlier holder vanished with it."""

    id: int
    token: UUID
    key: str
    school_id: UUID | None
    record_id: UUID | None
    stream: str
    channel: Channel
    recipient: UUID
    notice: str
    params: Mapping[str, Any]
    created_at: datetime
    due_at: datetime
    attempts: int
    lost_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a claim brought, and the school with which the next one begins."""

    rows: tuple[Claimed, ...]
    next_school: UUID


@dataclass(frozen=True, slots=True)
class Try:
    """One earlier attempt at a row."""

    verdict: str
    cause: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a row after a try.

    `cause` is the sentence for people, `code` the machine's word for it. `fall_back`: send an SMS instead where that
    is allowed, and only otherwise settle as it stands here. `unfollow`: the binding that no longer hears us.
    """

    status: OutboxStatus
    verdict: str
    cause: str = ""
    code: str = ""
    due_at: datetime | None = None
    provider_id: str = ""
    fall_back: bool = False
    unfollow: UUID | None = None

    @property
    def taken(self) -> bool:
        """The outside took the message and nothing else is to be said or done."""
        over = self.status in (OutboxStatus.SENT, OutboxStatus.DELIVERED)
        return over and not (self.cause or self.code or self.fall_back or self.unfollow)


@dataclass(frozen=True, slots=True)
class Taken:
    """A try that ended with `Settlement.taken`."""

    row: Claimed
    settlement: Settlement
    began_at: datetime


def urgent_notices() -> list[str]:
    """Notices that neither quiet hours nor an older row of their stream hold back."""
    return [n.name for n in NOTICES.values() if n.urgent]


# --- claiming ------------------------------------------------------------------------------------


@command(journaled=False)
async def promote(book: Book) -> int:
    """Deferred rows whose moment has come become pending; how many, at most `PROMOTED_AT_ONCE`."""
    return await execute(sql.PROMOTE, book.now, PROMOTED_AT_ONCE)


@command(journaled=False)
async def claim(book: Book, channel: Channel, hands: int, lease: timedelta, begin: UUID = ANYWHERE) -> Turn:
    """Lease at most `hands` rows of one channel: one per stream, oldest first, schools in turn from `begin` on."""
    token = new_id()
    urgent = urgent_notices()
    found = await fetch(sql.CLAIM, str(channel), begin, hands, book.now, PER_SCHOOL, lease, urgent, token)
    rows = tuple(_claimed(row, token) for row in found if row["id"] is not None)
    seen, last = found[0]["seen"], found[0]["last"]
    return Turn(rows, UUID(int=UUID(last).int + 1) if last and seen == hands else ANYWHERE)


@command(journaled=False)
async def claim_lost(book: Book, channel: Channel, hands: int, lease: timedelta) -> tuple[Claimed, ...]:
    """Take over rows whose lease ran out; whether their message left is unknown."""
    token = new_id()
    found = await fetch(sql.CLAIM_LOST, str(channel), hands, lease, token)
    return tuple(_claimed(row, token, book.now - row["ago"]) for row in found)


def _claimed(row: Mapping[str, Any], token: UUID, lost_since: datetime | None = None) -> Claimed:
    return Claimed(
        id=row["id"],
        token=token,
        key=row["key"],
        school_id=row["school_id"],
        record_id=row["record_id"],
        stream=row["stream"],
        channel=Channel(row["channel"]),
        recipient=row["recipient"],
        notice=row["notice"],
        params=json.loads(row["params"]),
        created_at=row["created_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        lost_since=lost_since,
    )


async def tries(row: Claimed) -> list[Try]:
    """The earlier attempts at a row, oldest first."""
    found = await fetch(sql.TRIES, row.id)
    return [Try(one["verdict"], one["cause"], one["began_at"]) for one in found]


# --- settling ------------------------------------------------------------------------------------


@command(journaled=False)
async def settle_taken(book: Book, ends: Sequence[Taken]) -> frozenset[int]:
    """Write that these were taken; the ids of those that were written.

    For speed, so it waits for nobody: what is missing may have been lost to somebody else, or may only have been locked
    at that moment. `settle` finds out.
    """
    pushed = [one.row.recipient for one in ends if one.row.channel is Channel.EMS]
    busy = {one["graduate_id"] for one in await fetch(sql.BUSY_MIRRORS, pushed)} if pushed else frozenset()
    text = json.dumps([_written(one) for one in ends if one.row.recipient not in busy])
    done = frozenset(one["outbox_id"] for one in await fetch(sql.SETTLE_TAKEN, text, book.now))
    if pushed and done:
        await execute(sql.ACKNOWLEDGE, list(done), book.now)
    return done


def _written(one: Taken) -> dict[str, Any]:
    return {
        "id": one.row.id,
        "token": str(one.row.token),
        "status": str(one.settlement.status),
        "provider_id": one.settlement.provider_id,
        "began_at": one.began_at.isoformat(),
    }


@command(journaled=False)
async def settle(book: Book, row: Claimed, settlement: Settlement, began_at: datetime) -> bool:
    """Write what became of a try. False: the lease was lost to somebody else, nothing was written."""
    if settlement.fall_back or row.channel is Channel.EMS:
        if await fetch_value(sql.HOLDS, row.id, row.token) is None:
            return False
        settlement = await _replaced(book, row, settlement)
    done = await fetch_row(
        sql.SETTLE,
        row.id,
        row.token,
        str(settlement.status),
        settlement.due_at,
        settlement.cause[:CAUSE_LENGTH],
        settlement.provider_id,
        book.now,
        began_at,
        settlement.verdict,
        settlement.code[:CAUSE_LENGTH],
    )
    if done is None:
        return False
    if settlement.unfollow is not None:
        await execute(sql.STOP_FOLLOWING, settlement.unfollow)
    if row.channel is Channel.EMS:
        await _mirror(book, row, settlement)
    return True


@command(journaled=False)
async def give_back(book: Book, row: Claimed, until: datetime | None = None, cause: str = "") -> bool:
    """Return a row that was not sent: at once to the queue, or deferred until a moment. It counts as no attempt."""
    until = until if until and until > book.now else None
    status = OutboxStatus.DEFERRED if until else OutboxStatus.PENDING
    return await execute(sql.GIVE_BACK, row.id, row.token, str(status), until or row.due_at, cause) == 1


@command(journaled=False)
async def supersede(book: Book, row: Claimed, cause: str) -> bool:
    """The message has become pointless before it left."""
    text = [str(OutboxStatus.SUPERSEDED), None, cause, "", book.now, book.now, "superseded", "overtaken"]
    return await fetch_row(sql.SETTLE, row.id, row.token, *text) is not None


async def _replaced(book: Book, row: Claimed, settlement: Settlement) -> Settlement:
    """The settlement after looking for what takes the row's place: an SMS, or a later push of the same graduate."""
    if settlement.fall_back and await fall_back(book, row.id, row.notice):
        return _superseded(settlement, f"{settlement.cause}，改发短信" if settlement.cause else "改发短信")
    if row.channel is Channel.EMS and settlement.status in WAITING:
        overtaken = await fetch_value(sql.OVERTAKEN, row.stream, row.id)
        return _superseded(settlement, "已有更新的报送") if overtaken else settlement
    return settlement


def _superseded(settlement: Settlement, cause: str) -> Settlement:
    return Settlement(OutboxStatus.SUPERSEDED, settlement.verdict, cause, settlement.code, unfollow=settlement.unfollow)


async def fall_back(book: Book, outbox_id: int, notice: str) -> bool:
    """For commands of deliveries: the SMS instead of this WeChat message is owed, once. False: it is not allowed."""
    known = NOTICES.get(notice)
    if known is None or known.sms is Sms.NEVER:
        return False
    at = due(known, book.now)
    status = OutboxStatus.PENDING if at == book.now else OutboxStatus.DEFERRED
    always = known.sms is Sms.ALWAYS
    return await fetch_value(sql.FALL_BACK, outbox_id, str(status), book.now, at, always) is not None


async def _mirror(book: Book, row: Claimed, settlement: Settlement) -> None:
    if settlement.status is OutboxStatus.DELIVERED:
        await execute(sql.ACKNOWLEDGE, [row.id], book.now)
    elif settlement.status is OutboxStatus.DEAD:
        await execute(sql.NOTE_REFUSAL, row.recipient, int(row.params["seq"]), settlement.cause[:200])


# --- by people -----------------------------------------------------------------------------------


@command()
async def send_again(book: Book, outbox_id: int) -> None:
    """Owe a dead message once more, as a new row; the dead one is marked as replaced.

    Raises NotFound, Forbidden, ReadOnly; Refused with guard `dead_only`, `not_repeatable`, `on_roster` or `overtaken`.
    """
    require_write(book.actor, Party.DEPARTMENT, Party.SCHOOL)
    where, values = visible_to(book.actor).where(2, "v")
    row = await fetch_row(sql.LOCK_ROW.format(visible=where), outbox_id, *values)
    if row is None:
        raise NotFound
    if row["status"] != OutboxStatus.DEAD:
        raise Refused("只有发送失败的消息可以重新发送，请刷新后查看最新状态。", guard="dead_only")
    if row["notice"] in PASSING:
        raise Refused("验证码和对话回复过期后不能重新发送，请由本人重新获取。", guard="not_repeatable")
    if row["frozen"] and row["notice"] not in {*LASTING, LEFT}:
        raise Refused(ON_ROSTER.sentence, guard=ON_ROSTER.name)
    params = json.loads(row["params"])
    if row["channel"] == Channel.EMS:
        if await fetch_value(sql.OVERTAKEN, row["stream"], row["id"]):
            raise Refused("该毕业生已有更新的报送，无需重新发送。", guard="overtaken")
        pushed = await fetch_value(acts.NEXT_PUSH, row["recipient"], row["school_id"])
        params["seq"] = int(pushed)
    _owe(book, {**row, "params": params}, f"{book.act_id}:{row['id']}:{row['notice']}:{row['channel']}")
    await execute(sql.REPLACE, row["id"], "已由工作人员重新发送", book.now)
    subject = row["graduate_id"] or row["recipient"]
    book.note(
        school_chain(row["school_id"]), "graduate", subject, "send_again", notice=row["notice"], channel=row["channel"]
    )


def _owe(book: Book, row: Mapping[str, Any], key: str) -> None:
    """One more outbox row, written when the command ends; nothing where the key is there already."""
    notice = NOTICES.get(row["notice"])
    at = due(notice, book.now) if notice else book.now
    kept = ("school_id", "record_id", "stream", "channel", "recipient", "notice")
    book.owe_row(
        {
            **{name: str(row[name]) if isinstance(row[name], UUID) else row[name] for name in kept},
            "key": key,
            "params": row["params"],
            "status": str(OutboxStatus.PENDING if at == book.now else OutboxStatus.DEFERRED),
            "due_at": at.isoformat(),
        }
    )
