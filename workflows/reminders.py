"""Room: the reminders, as data: while a record stands in a state, who is reminded of what, and when.

Days of waiting are whole days after the record began to wait, or after its graduate came back to the roster. What
counts towards an end (an invitation's own, the cohort's) comes at 09:00 Shanghai, so many days before that day.
The school reads in its digest (`queries/digest.py`) which employers keep silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from models.parties import Party
from models.states import Flow, OfflineSigning, OnlineSigning, OnlineTermination, Phase
from workflows.flows import FLOWS
from workflows.limits import REMIND_AFTER, REMIND_BEFORE_CLOSE, REMIND_BEFORE_EXPIRY
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


def rules() -> list[dict[str, Any]]:
    """The table as the statement `sql.DUE_REMINDERS` reads it: a line per moment."""
    return [
        {
            "flow": str(one.flow),
            "state": one.state,
            "anchor": str(one.anchor),
            "days": days,
            "notices": list(one.notices),
        }
        for one in REMINDERS
        for days in one.days
    ]
