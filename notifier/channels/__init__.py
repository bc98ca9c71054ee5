"""Room: the channels: from an outbox row to a client's call and its verdict.

A channel first prepares a row: it looks the address up and puts the text together, with the database at hand. What
comes out is either a call that can be made without the database, or the reason why none is made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from notifier.verdicts import Verdict
from workflows.commands.deliveries import PASSING, Claimed
from workflows.notices import FADING, LASTING, NOTICES, due


@dataclass(frozen=True, slots=True)
class Ready:
    """A call that may be made. `api`: which of the provider's calls; `address`: the binding that it goes to."""

    call: Callable[[], Awaitable[Verdict]]
    api: str = ""
    address: UUID | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: the row goes back until this moment."""

    until: datetime
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Pointless:
    """Not any more: something has overtaken the message before it left."""

    cause: str


Prepared = Ready | Hold | Pointless | Verdict
"""A `Verdict` stands for a call that would be of no use: there is no address."""


class Outlet(Protocol):
    """One way out. `limit`: seconds after which a call is given up; leases outlast it."""

    @property
    def limit(self) -> float: ...

    async def prepare(self, row: Claimed, now: datetime) -> Prepared: ...


def overtaken(row: Claimed, found: Mapping[str, Any] | None, now: datetime) -> Hold | Pointless | None:
    """What holds for notices on every channel: the graduate left the roster, the record moved on, the time ran out,
    the night began. `found`: `state` and `invalid_at`, as they are now.
    """
    state, frozen_at = (found["state"], found["invalid_at"]) if found else (None, None)
    if frozen_at is not None and row.created_at < frozen_at and row.notice not in LASTING:
        return Pointless("该毕业生已不在学生名单中，不再发送")
    until = row.params.get("until")
    fading = row.notice in FADING
    if fading and state is not None and state != row.params.get("state"):
        return Pointless("事项已有新的进展，不再发送")
    if (fading or row.notice in PASSING) and until and datetime.fromisoformat(until) <= now:
        return Pointless("已超过有效时间，不再发送")
    notice = NOTICES.get(row.notice)
    earliest = due(notice, now) if notice else now
    return Hold(earliest, "免打扰时段，延后发送") if earliest > now else None
