"""Room: the breaker of one provider. After some failures in a row nothing is sent but a probe every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from notifier.verdicts import Kind, Verdict

OPENS_AFTER: Final = 5
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 10.0
BRIEF: Final = 5.0
"""A pause that the provider asks for and that is not longer than this means "I am busy", not "this message later"."""
RECALL: Final = 600.0
"""Seconds for which a refusal that concerns the whole account is believed; it may be lifted before it says."""


class Breaker:
    """Not shared between processes: each finds out for itself, which costs a few calls."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._probe_at = 0.0
        self._probing = False
        self._refused: dict[str, tuple[Verdict, float]] = {}

    @property
    def is_open(self) -> bool:
        return self._failures >= OPENS_AFTER

    def hands(self, free: int) -> int:
        """How many rows may be taken now: all free hands, one probe, or none."""
        if not self.is_open:
            return free
        return min(free, 1) if not self._probing and self._clock() >= self._probe_at else 0

    def wait(self) -> float:
        """Seconds until a probe is due; 0 when closed."""
        return max(0.0, self._probe_at - self._clock()) if self.is_open else 0.0

    def taken(self, rows: int) -> None:
        """So many rows are under way now."""
        self._probing = self.is_open and rows > 0

    def note(self, verdict: Verdict, api: str = "") -> None:
        """Learn from an answer, or from its absence."""
        if verdict.kind is Kind.OTHER_CHANNEL and verdict.alarm and verdict.retry_after:
            self._refused[api] = (verdict, self._clock() + min(verdict.retry_after, RECALL))
        if not _failed(verdict):
            self._failures, self._pause = 0, FIRST_PAUSE
            return
        self._failures += 1
        # Calls that were under way when it opened say nothing new: only a failed probe makes the pause longer.
        if self.is_open and self._clock() >= self._probe_at:
            self._probe_at = self._clock() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def returned(self) -> None:
        """A row that was taken is done with, called for or not: the next probe may go when it is due."""
        self._probing = False

    def refusal(self, api: str) -> Verdict | None:
        """What the account was told lately for all messages of this kind (quota used up, no right to send)."""
        known = self._refused.get(api)
        if known is None or known[1] <= self._clock():
            self._refused.pop(api, None)
            return None
        return known[0]


def _failed(verdict: Verdict) -> bool:
    """Did the provider itself fail, rather than refuse one message?"""
    if verdict.kind is Kind.UNKNOWN:
        return True
    return verdict.kind is Kind.RETRY and (verdict.retry_after or 0.0) <= BRIEF
