"""Room: the WeChat access token: one copy for all processes, one refresher at a time.

The shared copy lies in the store (Redis, or in-process). `stable_token` gives every caller the same value until it is
about to expire, so a lost lock or a lost store costs some extra fetches and never breaks another process's token.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from models import kit
from notifier import verdicts
from notifier.verdicts import Verdict

KEEP_LOCALLY: Final = 5.0
"""Seconds a process trusts its own copy without looking at the shared one."""
RENEW_BEFORE: Final = 300.0
"""The platform renews in the last five minutes and honours both values meanwhile."""
USABLE_UNTIL: Final = 30.0
LOCK_TTL: Final = 10.0
WAIT_FOR_OTHER: Final = 3.0
BREAKER_LIMIT: Final = 3
BREAKER_WINDOW: Final = 60.0


class Store(Protocol):
    """What this module needs of `models/store.py`, which answers from this process's memory when Redis is gone."""

    async def get(self, key: str) -> Any: ...

    async def set(self, key: str, value: Any, ttl: float) -> Any: ...

    async def claim(self, key: str, ttl: float) -> str | None: ...

    async def release(self, key: str, token: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Token:
    """One fetched token. `serial` tells two fetches apart that brought the same value. Never printed."""

    value: str
    ends_at: float
    serial: str

    def lasts(self, seconds: float) -> bool:
        return self.ends_at - kit.now().timestamp() > seconds

    def __repr__(self) -> str:
        return f"Token(serial={self.serial!r})"


class NoTokenError(Exception):
    """No token to be had; `verdict` says what that means for the message that wanted one."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.cause)
        self.verdict = verdict


Fetch = Callable[[], Awaitable[tuple[str, float]]]
"""Asks the platform: gives the token and the seconds it will last; raises `NoTokenError`."""


class AccessTokens:
    """The token of one app id. `current` before a call; `renew(token)` after the platform refused that token."""

    def __init__(self, app_id: str, store: Store, fetch: Fetch) -> None:
        self._key = f"wx:{app_id}:token"
        self._store = store
        self._fetch = fetch
        self._gate = asyncio.Lock()
        self._local: Token | None = None
        self._local_until = 0.0
        self._refusals: deque[float] = deque(maxlen=BREAKER_LIMIT)

    async def current(self) -> Token:
        """A token believed good. Raises `NoTokenError`."""
        self._check_breaker()
        if token := self._fresh_local():
            return token
        async with self._gate:
            if token := self._fresh_local():
                return token
            shared = await self._read()
            if shared is not None and shared.lasts(RENEW_BEFORE):
                return self._keep(shared)
            return await self._refresh(shared, usable=True)

    async def renew(self, refused: Token) -> Token:
        """Another token than the refused one; whoever else was refused the same one waits and shares the result."""
        async with self._gate:
            shared = await self._read() or self._local
            if shared is not None and shared.serial != refused.serial and shared.lasts(0):
                return self._keep(shared)
            self._refusals.append(_monotonic())
            self._check_breaker()
            self._local = None
            return await self._refresh(refused, usable=False)

    async def _refresh(self, old: Token | None, *, usable: bool) -> Token:
        lock = f"{self._key}:lock"
        claim = await self._store.claim(lock, LOCK_TTL)
        if claim is None and (token := await self._wait_for_other(old, usable=usable)):
            return self._keep(token)
        try:
            shared = await self._read()
            if shared is not None and shared.lasts(0) and (old is None or shared.serial != old.serial):
                return self._keep(shared)
            value, lasts = await self._fetch()
            token = Token(value, kit.now().timestamp() + lasts, kit.new_id().hex)
            await self._store.set(self._key, asdict(token), max(lasts, 1.0))
            return self._keep(token)
        except NoTokenError:
            if usable and old is not None and old.lasts(USABLE_UNTIL):
                return self._keep(old)
            raise
        finally:
            if claim is not None:
                await self._store.release(lock, claim)

    async def _wait_for_other(self, old: Token | None, *, usable: bool) -> Token | None:
        """Another process is fetching: use the old token while it still works, else wait for the new one."""
        if usable and old is not None and old.lasts(USABLE_UNTIL):
            return old
        end = _monotonic() + WAIT_FOR_OTHER
        while _monotonic() < end:
            await asyncio.sleep(0.1)
            shared = await self._read()
            if shared is not None and shared.lasts(0) and (old is None or shared.serial != old.serial):
                return shared
        return None

    def _check_breaker(self) -> None:
        """Three refused tokens within a minute: stop asking for a minute, somebody must look."""
        if len(self._refusals) == BREAKER_LIMIT:
            open_for = self._refusals[0] + BREAKER_WINDOW - _monotonic()
            if open_for > 0:
                raise NoTokenError(verdicts.retry("token_refused_repeatedly", open_for, alarm=True))

    def _fresh_local(self) -> Token | None:
        if self._local is not None and _monotonic() < self._local_until and self._local.lasts(USABLE_UNTIL):
            return self._local
        return None

    def _keep(self, token: Token) -> Token:
        self._local, self._local_until = token, _monotonic() + KEEP_LOCALLY
        return token

    async def _read(self) -> Token | None:
        """The shared copy; one of another shape (an older version's) counts as none."""
        found = await self._store.get(self._key)
        try:
            return Token(**found) if found else None
        except TypeError:
            return None


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
