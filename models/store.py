"""Room: what may be lost. Access tokens, rate counters, chat context, page caches, live counts.

Nothing whose loss changes a record lives here: claims on records, one-time numbers, idempotency keys and
deduplication are rows with unique keys. With `REDIS_URL` empty the store is this process's memory, which
serves one service process; more processes need Redis (`wangqian check --deploy` says so).

When Redis is gone, slow or read-only, `RedisStore` answers from a memory of its own until Redis is back:
each call says below what that means. Values are JSON, so that a planted value can never be code.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from models.config import settings

log = logging.getLogger(__name__)
T = TypeVar("T")

Json = Any  # None, bool, int, float, str, and lists and string-keyed dicts of these


@dataclass(frozen=True, slots=True)
class Count:
    """The answer of a rate counter."""

    allowed: bool
    used: int  # hits inside the window, this one included when it was counted
    retry_after: float  # seconds until the next hit would be allowed; 0.0 when this one is


class Store(Protocol):
    """The interface of both stores. Times to live are in seconds."""

    async def get(self, key: str) -> Json:
        """The stored value, None when there is none. Redis gone: what this process stored since, else None."""

    async def set(self, key: str, value: Json, ttl: float) -> None:
        """Keep a value for `ttl` seconds. Redis gone: only this process sees it, and only until Redis is back."""

    async def delete(self, key: str) -> None:
        """Forget a value. Redis gone: Redis still has it afterwards, until its time to live ends."""

    async def claim(self, key: str, ttl: float) -> str | None:
        """Take a lock; the token that gives it back, None when somebody holds it.

        Redis gone: it keeps out this process's tasks only. So it may guard work that is merely wasteful when
        done twice (fetching an access token), never one that must happen once.
        """

    async def release(self, key: str, token: str) -> None:
        """Give a lock back; does nothing when the token is no longer the holder's. Redis gone: it ends by its ttl."""

    async def count(self, key: str, limit: int, window: float, *, add: bool = True, closed: bool = False) -> Count:
        """May one more hit happen? At most `limit` within any `window` seconds (sliding, exact).

        A refused hit is not counted, so that hammering does not lengthen the wait. `add=False` only looks
        (for limits that count failures: look before, add after the failure). Redis gone: this process counts
        for itself; with `closed=True` it refuses instead (one-time codes cost money and guard accounts).
        """

    async def close(self) -> None:
        """Give connections back."""


class MemoryStore:
    """The store of one process. Never fails."""

    SWEEP_EVERY = 1000  # writes between two searches for what has run out

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._values: dict[str, tuple[str, float]] = {}
        self._hits: dict[str, tuple[deque[float], float]] = {}
        self._writes = 0

    async def get(self, key: str) -> Json:
        found = self._values.get(key)
        if found is None or found[1] <= self._clock():
            return None
        return json.loads(found[0])

    async def set(self, key: str, value: Json, ttl: float) -> None:
        self._sweep()
        self._values[key] = (_text(value), self._clock() + ttl)

    async def delete(self, key: str) -> None:
        self._values.pop(key, None)

    async def claim(self, key: str, ttl: float) -> str | None:
        if await self.get(key) is not None:
            return None
        token = secrets.token_urlsafe(16)
        await self.set(key, token, ttl)
        return token

    async def release(self, key: str, token: str) -> None:
        if await self.get(key) == token:
            await self.delete(key)

    async def count(self, key: str, limit: int, window: float, *, add: bool = True, closed: bool = False) -> Count:  # noqa: ARG002  memory does not go away
        self._sweep()
        now = self._clock()
        hits, _ = self._hits.setdefault(key, (deque(), 0.0))
        while hits and hits[0] <= now - window:
            hits.popleft()
        if len(hits) >= limit:
            wait = hits[0] + window - now if hits else window
            return Count(False, len(hits), wait)
        if add:
            hits.append(now)
        self._hits[key] = (hits, now + window)
        return Count(True, len(hits), 0.0)

    async def close(self) -> None:
        self._values.clear()
        self._hits.clear()

    def _sweep(self) -> None:
        self._writes += 1
        if self._writes % self.SWEEP_EVERY:
            return
        now = self._clock()
        self._values = {key: kept for key, kept in self._values.items() if kept[1] > now}
        self._hits = {key: kept for key, kept in self._hits.items() if kept[1] > now}


# Delete only what is still ours: between reading and deleting the lock may have changed hands.
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

# One step for the server, by the server's clock: several processes count together without a race.
_COUNT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local used = redis.call('ZCARD', KEYS[1])
if used >= limit then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return {0, used, oldest[2] and (oldest[2] + window - now) or window}
end
if ARGV[3] == '1' then
  redis.call('ZADD', KEYS[1], now, ARGV[4])
  redis.call('PEXPIRE', KEYS[1], window)
  used = used + 1
end
return {1, used, 0}
"""

# An absent server; anything else that Redis refuses is a mistake of ours and is raised.
_GONE = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, OutOfMemoryError, OSError, asyncio.TimeoutError)


class RedisStore:
    """The store that several processes share."""

    AWAY = 1.0  # seconds without asking after a failure: a slow Redis must not slow every request

    def __init__(self, url: str, *, prefix: str = "wq:", timeout: float = 1.0) -> None:
        self._prefix = prefix
        # One retry without a pause mends connections that a restarted server has forgotten.
        self._redis: Redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 1),
        )
        self._local = MemoryStore()
        self._away_until = 0.0
        self._release = self._redis.register_script(_RELEASE)
        self._count = self._redis.register_script(_COUNT)

    async def get(self, key: str) -> Json:
        async def remote() -> Json:
            text = await self._redis.get(self._prefix + key)
            return None if text is None else json.loads(text)

        return await self._ask(remote, lambda: self._local.get(key))

    async def set(self, key: str, value: Json, ttl: float) -> None:
        text = _text(value)

        async def remote() -> None:
            await self._redis.set(self._prefix + key, text, px=_milliseconds(ttl))

        await self._ask(remote, lambda: self._local.set(key, value, ttl))

    async def delete(self, key: str) -> None:
        async def remote() -> None:
            await self._redis.delete(self._prefix + key)

        await self._local.delete(key)
        await self._ask(remote, lambda: self._local.delete(key))

    async def claim(self, key: str, ttl: float) -> str | None:
        token = secrets.token_urlsafe(16)

        async def remote() -> str | None:
            taken = await self._redis.set(self._prefix + key, token, nx=True, px=_milliseconds(ttl))
            return token if taken else None

        return await self._ask(remote, lambda: self._local.claim(key, ttl))

    async def release(self, key: str, token: str) -> None:
        async def remote() -> None:
            await self._release(keys=[self._prefix + key], args=[token])

        # The lock may have been taken while Redis was away.
        await self._local.release(key, token)
        await self._ask(remote, lambda: self._local.release(key, token))

    async def count(self, key: str, limit: int, window: float, *, add: bool = True, closed: bool = False) -> Count:
        async def remote() -> Count:
            args: list[str | int] = [limit, _milliseconds(window), int(add), secrets.token_hex(8)]
            allowed, used, wait = await self._count(keys=[f"{self._prefix}n:{key}"], args=args)
            return Count(bool(allowed), int(used), float(wait) / 1000)

        async def local() -> Count:
            if closed:
                return Count(False, 0, self.AWAY)
            return await self._local.count(key, limit, window, add=add)

        return await self._ask(remote, local)

    async def close(self) -> None:
        await self._redis.aclose()
        await self._local.close()

    @property
    def away(self) -> bool:
        """Is Redis being left alone after a failure? (for `/readyz` and the metrics)"""
        return time.monotonic() < self._away_until

    async def _ask(self, remote: Callable[[], Awaitable[T]], local: Callable[[], Awaitable[T]]) -> T:
        if not self.away:
            try:
                return await remote()
            except _GONE as exc:
                self._away_until = time.monotonic() + self.AWAY
                log.warning("redis is away (%s); this process answers from its own memory", type(exc).__name__)
        return await local()


def open_store(url: str = "") -> MemoryStore | RedisStore:
    """The store for this address; memory when it is empty."""
    return RedisStore(url) if url else MemoryStore()


@lru_cache(maxsize=1)
def store() -> Store:
    """This process's store, as the settings name it; made on first use."""
    return open_store(settings().redis_url)


async def close_store() -> None:
    """Close this process's store, if it was ever used."""
    if store.cache_info().currsize:
        await store().close()
        store.cache_clear()


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
