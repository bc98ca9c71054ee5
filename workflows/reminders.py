"""Room: the reminders, as data: while a record stands in a state, who is reminded of what, and when.

Days of waiting are whole days after the record began to wait, or after its graduate came back to the roster. What
counts towards an end (an invitation's own, the cohort's) comes at 09:00 Shanghai, so many days before that day.
A record carries the next of its moments (`records.remind_at`), so that the clock finds what is due by an index. The
school reads in its digest (`queries/digest.py`) which employers keep silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from models.kit import SHANGHAI, cohort_close, shanghai_day
from models.parties import Party
from models.states import Flow, OfflineSigning, OnlineSigning, OnlineTermination, Phase
from workflows.flows import FLOWS
from workflows.limits import REMIND_AFTER, REMIND_BEFORE_CLOSE, REMIND_BEFORE_EXPIRY, REMINDER_HOUR
from workflows.spec import State


class Anchor(StrEnum):
    """What the days are counted from."""

    WAITING = "waiting"  # since it waits
    EXPIRY = "expiry"  # before the invitation's last day
    CLOSE = "close"  # before the cohort's last day


@dataclass(frozen=True, slots=True)
class Reminder:
    """`notices`: one for each side that may do something about it."""

    flow: Flow
    state: str
    notices: tuple[str, ...]
    anchor: Anchor
    days: tuple[int, ...]


_UPLOAD = ("upload_reminder", "upload_reminder_employer")
_OWED: Final = {
    (Flow.OFFLINE_SIGNING, OfflineSigning.AGREEMENT_ISSUED): _UPLOAD,
    (Flow.OFFLINE_SIGNING, OfflineSigning.UPLOAD_WITHDRAWN): _UPLOAD,
    (Flow.ONLINE_TERMINATION, OnlineTermination.AWAITING_EMPLOYER): ("answer_reminder_employer",),
    (Flow.ONLINE_TERMINATION, OnlineTermination.AWAITING_GRADUATE): ("answer_reminder",),
}
_RETURNED: Final = "returned"  # the column under which statistics count what was sent back
_BEFORE_CLOSE: Final = {Party.GRADUATE: ("close_reminder",), Party.EMPLOYER: ("close_reminder_employer",)}


def _all() -> Iterator[Reminder]:
    yield Reminder(
        Flow.ONLINE_SIGNING, OnlineSigning.INVITED, ("invitation_reminder",), Anchor.EXPIRY, REMIND_BEFORE_EXPIRY
    )
    for (flow, state), notices in _OWED.items():
        yield Reminder(flow, state, notices, Anchor.WAITING, REMIND_AFTER)
    for flow, table in FLOWS.items():
        for place in table.states:
            if place.column == _RETURNED:
                yield Reminder(flow, place.name, ("return_reminder",), Anchor.WAITING, REMIND_AFTER)
            if (told := _closing(place)) is not None:
                yield Reminder(flow, place.name, told, Anchor.CLOSE, REMIND_BEFORE_CLOSE)


def _closing(place: State) -> tuple[str, ...] | None:
    """Invitations have an end of their own, and are reminded of that."""
    return _BEFORE_CLOSE.get(place.waits_on) if place.waits_on and place.phase is Phase.FLOW else None


REMINDERS: Final = tuple(_all())
SILENT: Final = OnlineTermination.AWAITING_EMPLOYER
"""Where the school is told how long nobody has answered, and may force the end."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a record is next reminded of something, and by which notices."""

    due: datetime
    notices: tuple[str, ...]
    anchor: Anchor


_BY_PLACE: Final = {
    (str(flow), str(state)): tuple(found)
    for (flow, state), found in groupby(
        sorted(REMINDERS, key=lambda one: (one.flow, one.state)), key=lambda one: (one.flow, one.state)
    )
}


def moments(row: Mapping[str, Any], since: datetime | None = None) -> list[Moment]:
    """All moments of a record (its columns) between the beginning of its wait and its cohort's close, in order.

    `since`: where the wait is counted from a later moment than `waiting_since`, after the graduate came back.
    """
    begun = max(filter(None, (row["waiting_since"], since)), default=None)
    if begun is None:
        return []
    found = [
        Moment(_due(one.anchor, days, begun, row), one.notices, one.anchor)
        for one in _BY_PLACE.get((row["flow"], row["state"]), ())
        for days in one.days
    ]
    return sorted((m for m in found if begun < m.due <= cohort_close(row["cohort"])), key=lambda m: m.due)


def next_due(found: Iterable[Moment], now: datetime) -> datetime | None:
    """The first moment that is still to come."""
    return next((m.due for m in found if m.due > now), None)


def _due(anchor: Anchor, days: int, begun: datetime, row: Mapping[str, Any]) -> datetime:
    if anchor is Anchor.WAITING:
        return begun + timedelta(days=days)
    end = row["expires_at"] if anchor is Anchor.EXPIRY else cohort_close(row["cohort"])
    day = shanghai_day(end) - timedelta(days=days)
    return datetime.combine(day, time(REMINDER_HOUR), SHANGHAI).astimezone(UTC)
