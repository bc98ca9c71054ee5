"""Room: one channel's lane: claims rows, delivers some at once, settles each. Lanes do not wait for one another.

The database is released before every call outward: a claim is one short transaction, a settlement another. Between
them the row is ours by its lease; whoever outlives its lease finds another token in the row and writes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from models.db import is_unavailable
from models.kit import now
from models.states import Channel
from notifier import metrics
from notifier.breaker import Breaker
from notifier.channels import Hold, Outlet, Pointless, Prepared, Ready
from notifier.retry import LOST, Case, judge
from notifier.verdicts import Kind, Verdict, dead, unknown
from workflows.actors import CLOCK
from workflows.commands import deliveries
from workflows.commands.deliveries import ANYWHERE, Claimed

POLL: Final = 2.0
"""Seconds after which a lane looks even though nobody has woken it."""
GATHER: Final = 0.004
"""Seconds in which hands that become free are gathered for one claim."""
SETTLE_FOR: Final = 300.0
"""How long a settlement is tried while the database is away; its row stays ours until somebody takes it over."""

log = logging.getLogger(__name__)


class LeaseTooShortError(Exception):
    """A lease that a slow call could outlive: the row would be sent by two workers at once."""


@dataclass(frozen=True, slots=True)
class Held:
    """A claimed row and, on this machine's steady clock, when it was claimed."""

    row: Claimed
    since: float


class Lane:
    """Delivers the rows of one channel, at most `hands` at a time. `lease` in seconds."""

    def __init__(
        self,
        channel: Channel,
        outlet: Outlet,
        *,
        hands: int,
        lease: float,
        breaker: Breaker | None = None,
        draw: random.Random | None = None,
    ) -> None:
        if lease <= outlet.limit:
            raise LeaseTooShortError(f"{channel}: a lease of {lease} s does not outlast a call of {outlet.limit} s")
        self.channel = channel
        self._outlet = outlet
        self._hands = hands
        self._lease = lease
        self.breaker = breaker or Breaker()
        self._draw = draw or random.Random()  # noqa: S311  spreads retries, guards nothing
        self._begin = ANYWHERE
        self._bell = asyncio.Event()
        self._stopping = False
        self._looked_for_lost = -POLL
        self._tasks: set[asyncio.Task[None]] = set()

    def ring(self) -> None:
        """There may be something to do."""
        self._bell.set()

    def stop(self) -> None:
        """Claim nothing more; `finish` waits for what is under way."""
        self._stopping = True
        self._bell.set()

    async def run(self) -> None:
        """Until stopped."""
        while not self._stopping:
            self._bell.clear()
            took = await self._take_safely()
            if not took or len(self._tasks) >= self._hands:
                await self._rest()

    async def finish(self, grace: float) -> None:
        """Wait for the rows in hand; those that take longer than `grace` seconds are left to their leases."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _rest(self) -> None:
        pause = POLL
        if self.breaker.is_open:
            pause = min(POLL, max(self.breaker.wait(), 0.05))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), pause)
            if not self._stopping:
                await asyncio.sleep(GATHER)

    # --- claiming

    async def _take_safely(self) -> int:
        try:
            return await self._take()
        except Exception as exc:
            level = logging.DEBUG if is_unavailable(exc) else logging.ERROR
            log.log(level, "%s: claim failed: %s", self.channel, type(exc).__name__, exc_info=level == logging.ERROR)
            return 0

    async def _take(self) -> int:
        metrics.BREAKER.labels(self.channel).set(self.breaker.is_open)
        hands = self.breaker.hands(self._hands - len(self._tasks))
        if hands < 1:
            return 0
        rows = await self._lost(hands) or await self._waiting(hands)
        since = time.monotonic()
        if self._stopping:
            for row in rows:
                await self._give_back(row)
            return 0
        self.breaker.taken(len(rows))
        for row in rows:
            task = asyncio.create_task(self._deliver(Held(row, since)))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        metrics.IN_HAND.labels(self.channel).set(len(self._tasks))
        return len(rows)

    async def _lost(self, hands: int) -> tuple[Claimed, ...]:
        if time.monotonic() - self._looked_for_lost < POLL / 2:
            return ()
        self._looked_for_lost = time.monotonic()
        return await deliveries.claim_lost(CLOCK, self.channel, hands, timedelta(seconds=self._lease))

    async def _waiting(self, hands: int) -> tuple[Claimed, ...]:
        """Rows from the next school on, once around all schools."""
        whole_round = self._begin == ANYWHERE
        while True:
            turn = await deliveries.claim(CLOCK, self.channel, hands, timedelta(seconds=self._lease), self._begin)
            self._begin = turn.next_school
            if turn.rows:
                return turn.rows
            if self._begin == ANYWHERE:
                if whole_round:
                    return ()
                whole_round = True

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # Whatever became of the row: if it was the probe of an open breaker and made no call, one is still owed.
        self.breaker.returned()
        metrics.IN_HAND.labels(self.channel).set(len(self._tasks))
        self._bell.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("%s: a delivery broke off", self.channel, exc_info=task.exception())

    # --- delivering

    async def _deliver(self, held: Held) -> None:
        row, began_at = held.row, now()
        if row.lost_since is not None:
            await self._settle(held, unknown(LOST), row.lost_since)
            return
        prepared = await self._prepared(row, began_at)
        match prepared:
            case None:
                await self._give_back(row)
            case Hold(until, cause):
                await self._give_back(row, until, cause)
            case Pointless(cause):
                await self._write(lambda: deliveries.supersede(CLOCK, row, cause))
                metrics.SETTLED.labels(self.channel, "superseded").inc()
            case Verdict():
                await self._settle(held, prepared, began_at)
            case Ready():
                verdict = await self._called(held, prepared)
                if verdict is None:
                    await self._give_back(row)
                else:
                    await self._settle(held, verdict, began_at, prepared)

    async def _prepared(self, row: Claimed, at: datetime) -> Prepared | None:
        """None: the database is away, nothing was done."""
        try:
            return await self._outlet.prepare(row, at)
        except asyncio.CancelledError:
            await self._give_back(row)
            raise
        except Exception as exc:
            if is_unavailable(exc):
                return None
            return self._broken(row, exc)

    async def _called(self, held: Held, ready: Ready) -> Verdict | None:
        """The call's verdict; None when too little of the lease is left to make it."""
        if refused := self.breaker.refusal(ready.api):
            return refused
        began = time.monotonic()
        if began - held.since > self._lease - self._outlet.limit:
            return None
        try:
            async with asyncio.timeout(self._outlet.limit):
                verdict = await ready.call()
        except TimeoutError:
            verdict = unknown("time_limit")
        except Exception as exc:
            verdict = self._broken(held.row, exc)
        metrics.SECONDS.labels(self.channel).observe(time.monotonic() - began)
        self.breaker.note(verdict, ready.api)
        return verdict

    def _broken(self, row: Claimed, exc: Exception) -> Verdict:
        """A fault of ours in one row must not stop the others. Its text may quote data, so only its kind is logged."""
        place = exc.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
        log.error("%s: row %d cannot be delivered: %s at %s", self.channel, row.id, type(exc).__name__, where)
        return dead("internal_error", alarm=True)

    # --- settling

    async def _settle(self, held: Held, verdict: Verdict, began_at: datetime, ready: Ready | None = None) -> None:
        row = held.row
        metrics.TRIES.labels(self.channel, verdict.kind).inc()
        if verdict.alarm:
            metrics.ALARMS.labels(self.channel).inc()
            log.error("%s: somebody must look: %s", self.channel, verdict.cause)

        async def write() -> bool:
            final = verdict.kind in (Kind.SENT, Kind.DEAD)
            earlier = [] if final or (row.attempts < 2 and row.lost_since is None) else await deliveries.tries(row)
            case = Case(row, verdict, earlier, began_at, now(), ready.address if ready else None)
            settlement = judge(case, self._draw)
            done = await deliveries.settle(CLOCK, row, settlement, began_at)
            metrics.SETTLED.labels(self.channel, settlement.status).inc(int(done))
            return done

        if not await self._write(write):
            metrics.STALE.labels(self.channel).inc()
            log.warning("%s: row %d had passed to another worker, nothing was written", self.channel, row.id)

    async def _give_back(self, row: Claimed, until: datetime | None = None, cause: str = "") -> None:
        await self._write(lambda: deliveries.give_back(CLOCK, row, until, cause), patience=5.0)

    async def _write(self, write: Callable[[], Awaitable[bool]], patience: float = SETTLE_FOR) -> bool:
        """Write, waiting for a database that is away; giving up leaves the row to whoever finds its lease ended."""
        ends, pause = time.monotonic() + patience, 0.2
        while True:
            try:
                return await write()
            except Exception as exc:
                if not is_unavailable(exc) or time.monotonic() + pause > ends:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)
