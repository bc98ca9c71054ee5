"""Room: rate limits: how often somebody may try (contracts 8). The counters may be lost; `models.store` keeps them."""

from __future__ import annotations

import math
from typing import Protocol

from workflows.errors import RateLimited
from workflows.limits import Rate


class Count(Protocol):
    """The answer of a counter: whether the hit is allowed, and in how many seconds the next one would be."""

    @property
    def allowed(self) -> bool: ...
    @property
    def retry_after(self) -> float: ...


class Counter(Protocol):
    """What a rate limit needs of a store; `models.store.Store` has it."""

    async def count(self, key: str, limit: int, window: float, *, add: bool = True, closed: bool = False) -> Count: ...


async def spend(counter: Counter, rate: Rate, key: str, *, add: bool = True, closed: bool = False) -> None:
    """Count one hit, or with `add` False only look whether one more would be allowed. Raises RateLimited.

    `closed`: refuse while the counters are out of reach (one-time codes); otherwise this process counts alone.
    """
    answer = await counter.count(key, rate.times, rate.seconds, add=add, closed=closed)
    if not answer.allowed:
        raise RateLimited(retry_after=max(1, math.ceil(answer.retry_after)))
