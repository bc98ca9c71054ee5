"""Room: what a verdict means for its row: done, again when, another channel, or a person must look. Pure.

Retries grow exponentially with jitter and end after 24 h (WeChat) or 72 h (SMS, EMS). An unknown outcome is sent again
only where the other side recognises a repetition: the EMS by its push id, WeChat templates by `client_msg_id` within
ten minutes. An SMS whose answer was lost waits for its receipt.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from models.states import Channel, OutboxStatus
from notifier.channels.wording import sentence
from notifier.verdicts import Kind, Mark, Verdict
from workflows.commands.deliveries import CHAT_ANSWER, PASSING, Claimed, Settlement, Try
from workflows.commands.receipts import UNSURE

FIRST: Final = 2.0  # seconds
LONGEST: Final = 1800.0
GIVE_UP_AFTER: Final = {
    Channel.WECHAT: timedelta(hours=24),
    Channel.SMS: timedelta(hours=72),
    Channel.EMS: timedelta(hours=72),
}
RECOGNISED_FOR: Final = timedelta(minutes=9)
"""WeChat remembers a `client_msg_id` for ten minutes; one is left for the message to arrive in."""
LOST: Final = "worker_lost"
LOST_LIMIT: Final = 10
"""A row that was with so many workers when they died is likelier the reason than the victim."""
DEAF: Final = frozenset({Mark.NOT_FOLLOWING, Mark.ADDRESS_DEAD, Mark.BLOCKED})


@dataclass(frozen=True, slots=True)
class Case:
    """A try that has ended: the row, what came of it, what came of the tries before, when it began and ended."""

    row: Claimed
    verdict: Verdict
    earlier: Sequence[Try]
    began_at: datetime
    now: datetime
    address: UUID | None = None  # the binding that it went to


def backoff(attempt: int, draw: random.Random) -> float:
    """Seconds before try number `attempt + 1`: 2, 4, 8 … at most half an hour, of which a half is by chance."""
    return float(min(LONGEST, FIRST * 2 ** min(attempt - 1, 20)) * draw.uniform(0.5, 1.0))


def judge(case: Case, draw: random.Random) -> Settlement:
    """The settlement of one try."""
    match case.verdict.kind:
        case Kind.SENT:
            return _sent(case)
        case Kind.RETRY:
            return _again(case, draw)
        case Kind.OTHER_CHANNEL:
            return _elsewhere(case, draw)
        case Kind.UNKNOWN:
            return _unknown(case, draw)
        case _:
            return _dead(case, sentence(case.verdict.cause, case.verdict.message))


def _sent(case: Case) -> Settlement:
    if case.row.channel is Channel.EMS:
        # Its acceptance is the last word; the push id is the row's own key.
        return _settled(case, OutboxStatus.DELIVERED)
    return _settled(case, OutboxStatus.SENT, provider_id=case.verdict.provider_id[:80])


def _again(case: Case, draw: random.Random) -> Settlement:
    verdict = case.verdict
    same = sum(one.verdict == Kind.RETRY and one.cause == verdict.cause for one in case.earlier)
    if verdict.tries is not None and same >= verdict.tries:
        return _dead(case, sentence(verdict.cause))
    return _at(case, case.now + timedelta(seconds=_pause(case, draw)))


def _elsewhere(case: Case, draw: random.Random) -> Settlement:
    """An SMS where that is allowed; otherwise this channel again when it opens, or never."""
    if case.row.notice == CHAT_ANSWER or case.verdict.retry_after is None:
        settled = _dead(case, sentence(case.verdict.cause))
    else:
        settled = _at(case, case.now + timedelta(seconds=_pause(case, draw)))
    return Settlement(
        settled.status,
        settled.verdict,
        settled.cause,
        settled.code,
        due_at=settled.due_at,
        fall_back=case.row.channel is Channel.WECHAT and case.row.notice != CHAT_ANSWER,
        unfollow=case.address if case.verdict.mark in DEAF else None,
    )


def _unknown(case: Case, draw: random.Random) -> Settlement:
    if case.row.channel is Channel.SMS:
        return _settled(case, OutboxStatus.SENT, cause=UNSURE)
    if case.row.notice == CHAT_ANSWER:
        return _dead(case, sentence("unknown"))
    lost = sum(one.cause == LOST for one in case.earlier)
    if case.verdict.cause == LOST:
        # Our own fault, not the other side's: no reason to wait.
        return _dead(case, sentence("lost_often")) if lost + 1 >= LOST_LIMIT else _at(case, case.now)
    return _at(case, case.now + timedelta(seconds=backoff(max(case.row.attempts, 1), draw)))


def _pause(case: Case, draw: random.Random) -> float:
    """At least as long as the other side asked for, then spread a little, so that not all come back at once."""
    asked = case.verdict.retry_after
    own = backoff(max(case.row.attempts, 1), draw)
    return own if asked is None else max(own, asked * draw.uniform(1.0, 1.1))


def _at(case: Case, moment: datetime) -> Settlement:
    """Once more at this moment, unless that is too late."""
    unsure_since = _unsure_since(case)
    if case.row.channel is Channel.WECHAT and unsure_since and moment > unsure_since + RECOGNISED_FOR:
        return _dead(case, sentence("unknown"))
    if moment > _end(case):
        return _dead(case, f"{sentence(case.verdict.cause)}，多次重试未成功")
    status = OutboxStatus.PENDING if moment <= case.now else OutboxStatus.DEFERRED
    return _settled(case, status, cause=sentence(case.verdict.cause), due_at=moment)


def _unsure_since(case: Case) -> datetime | None:
    """When the first try began whose outcome nobody knows."""
    if case.verdict.kind is Kind.UNKNOWN and not any(one.verdict == Kind.UNKNOWN for one in case.earlier):
        return case.began_at
    return min((one.began_at for one in case.earlier if one.verdict == Kind.UNKNOWN), default=None)


def _end(case: Case) -> datetime:
    if case.row.notice in PASSING:
        return datetime.fromisoformat(case.row.params["until"])
    first = min((one.began_at for one in case.earlier), default=case.began_at)
    return first + GIVE_UP_AFTER[case.row.channel]


def _dead(case: Case, cause: str) -> Settlement:
    return _settled(case, OutboxStatus.DEAD, cause=cause)


def _settled(
    case: Case, status: OutboxStatus, *, cause: str = "", due_at: datetime | None = None, provider_id: str = ""
) -> Settlement:
    return Settlement(status, str(case.verdict.kind), cause, case.verdict.cause, due_at, provider_id)
