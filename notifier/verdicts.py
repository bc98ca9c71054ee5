"""Room: what became of one delivery, as data. Clients give it, the worker settles outbox rows by it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a delivery ended, seen from this side of the wire."""

    SENT = "sent"
    """The outside system took it; a receipt may follow."""
    RETRY = "retry"
    """Certainly not taken; the same request may be sent again after `retry_after`."""
    OTHER_CHANNEL = "other_channel"
    """This channel will not take it for this person (or not today); another one may.
    Where none is allowed, `retry_after` says when this one opens again, None: never."""
    DEAD = "dead"
    """It will never be taken as it stands."""
    UNKNOWN = "unknown"
    """The request left, its answer did not come. Ask for a receipt, or send again with the same de-duplication id."""


class Mark(StrEnum):
    """What a refusal teaches us about the address it went to."""

    NOT_FOLLOWING = "not_following"
    ADDRESS_DEAD = "address_dead"
    BLOCKED = "blocked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One attempt's outcome.

    `provider_id` the id under which receipts come back; `cause` a short code for the delivery page, never personal
    data; `message` the other side's sentence where it is meant for people (EMS refusals); `retry_after` seconds;
    `tries` how many further tries make sense, None: as the row's own limit says; `alarm` an operator must look.
    """

    kind: Kind
    provider_id: str = ""
    cause: str = ""
    retry_after: float | None = None
    message: str = ""
    mark: Mark | None = None
    tries: int | None = None
    alarm: bool = False


def sent(provider_id: str = "") -> Verdict:
    return Verdict(Kind.SENT, provider_id=provider_id)


def retry(cause: str, after: float | None = None, *, alarm: bool = False) -> Verdict:
    return Verdict(Kind.RETRY, cause=cause, retry_after=after, alarm=alarm)


def dead(cause: str, *, message: str = "", alarm: bool = False) -> Verdict:
    return Verdict(Kind.DEAD, cause=cause, message=message, alarm=alarm)


def unknown(cause: str) -> Verdict:
    return Verdict(Kind.UNKNOWN, cause=cause)
