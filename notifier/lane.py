"""Room: one channel's lane: claims rows, delivers some at once, settles each. Lanes do not wait for one another.

The database is released before every call outward: a claim is one short transaction, a settlement another. Between
them the row is ours by its lease; whoever outlives its lease finds another token in the row and writes nothing.

A hand is busy while it makes its call. Claims run ahead of the hands by a few rows and settlements behind them, so that
the database's time is not added to the outside's; rows that end together are settled together.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from models.db import is_unavailable
from models.gathering import Gathering
from models.kit import now
from models.states import Channel
from notifier import metrics
from notifier.breaker import Breaker
from notifier.channels import Hold, Outlet, Pointless, Prepared, Ready
from notifier.retry import LOST, Case, judge
from notifier.verdicts import Kind, Verdict, dead, unknown
from workflows.actors import CLOCK
from workflows.commands import deliveries
from workflows.commands.deliveries import ANYWHERE, Claimed, Taken

POLL: Final = 2.0
"""Seconds after which a lane looks even though nobody has woken it."""
GATHER: Final = 0.004
"""Seconds in which hands that become free are gathered for one claim."""
FRESH: Final = 0.25
"""Seconds after which a row that waited for a hand is looked at anew: something may have overtaken its message."""
UNSETTLED: Final = 4
"""How many times its hands a lane may have rows that are done with and not yet settled: a slow database slows it."""
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


@dataclass(frozen=True, slots=True)
class Fit:
    """A row that may leave, with its call; `since` when it was made fit, by the same clock."""

    held: Held
    ready: Ready
    began_at: datetime
    since: float


class Lane:
    """Delivers the rows of one channel, at most `hands` at a time. `lease` in seconds.

    `ahead`: rows that are claimed before a hand is free for them. Of a process that is killed their outcome is unknown
    like that of rows in hand, so there are none where an unknown outcome costs more than a repetition (SMS).
    """

    def __init__(
        self,
        channel: Channel,
        outlet: Outlet,
        *,
        hands: int,
        lease: float,
        ahead: int = 0,
        breaker: Breaker | None = None,
        draw: random.Random | None = None,
    ) -> None:
        if lease <= outlet.limit:
            raise LeaseTooShortError(f"{channel}: a lease of {lease} s does not outlast a call of {outlet.limit} s")
        self.channel = channel
        self._outlet = outlet
        self._hands = hands
        self._ahead = ahead
        self._lease = lease
        self.breaker = breaker or Breaker()
        self._draw = draw or random.Random()  # noqa: S311  spreads retries, guards nothing
        self._begin = ANYWHERE
        self._bell = asyncio.Event()
        self._stopping = False
        self._looked_for_lost = -POLL
        self._stock: deque[Fit] = deque()
        self._busy = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._taken: Gathering[Taken, bool] = Gathering(self._settle_taken, flights=1)

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
            if not took or self._room() < 1:
                await self._rest()
        self._put_back()

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
        room, probe = self.breaker.hands(self._room()), self.breaker.is_open
        if room < 1:
            return 0
        rows = await self._lost(room) or await self._waiting(room)
        since = time.monotonic()
        self.breaker.taken(len(rows))
        await asyncio.gather(*(self._stow(Held(row, since)) for row in rows))
        if self._stopping or (self.breaker.is_open and not probe):
            self._put_back()
        self._hand_out()
        metrics.IN_HAND.labels(self.channel).set(len(self._tasks) + len(self._stock))
        return len(rows)

    def _room(self) -> int:
        """How many more rows may be ours. Nothing is claimed ahead while the breaker is open, nor while less than a
        quarter of what may be ahead is missing: a few rows more are not worth a claim.
        """
        ahead = 0 if self.breaker.is_open else self._ahead
        missing = ahead - len(self._stock)
        if self._stock and missing < max(1, ahead // 4):
            return 0
        return min(self._hands + missing - self._busy, self._hands * UNSETTLED + missing - len(self._tasks))

    def _hand_out(self) -> None:
        """Give what is in stock to the hands that are free."""
        while self._stock and self._busy < self._hands and not self._stopping:
            self._busy += 1
            self._start(self._deliver(self._stock.popleft()))

    def _put_back(self) -> None:
        """What is in stock, and so has not left, goes back to whoever claims it next."""
        lot, self._stock = self._stock, deque()
        for fit in lot:
            self._start(self._give_back(fit.held.row))

    async def _stow(self, held: Held) -> None:
        """Put the row into stock, or, where there is no call to make, settle what is known of it."""
        row, began_at = held.row, now()
        if row.lost_since is not None:
            self._start(self._settle(held, unknown(LOST), row.lost_since))
            return
        prepared = await self._prepared(row, began_at)
        if isinstance(prepared, Ready):
            self._stock.append(Fit(held, prepared, began_at, time.monotonic()))
        else:
            self._start(self._end(held, prepared, began_at))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

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
        metrics.IN_HAND.labels(self.channel).set(len(self._tasks) + len(self._stock))
        self._bell.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("%s: a delivery broke off", self.channel, exc_info=task.exception())

    # --- delivering

    async def _deliver(self, fit: Fit) -> None:
        held, came, began_at = fit.held, None, fit.began_at
        ready: Prepared | None = fit.ready
        try:
            if time.monotonic() - fit.since > FRESH:
                began_at = now()
                ready = await self._prepared(held.row, began_at)
            came = await self._called(held, ready) if isinstance(ready, Ready) else ready
        finally:
            self._busy -= 1
            self._hand_out()
            self._bell.set()
        await self._end(held, came, began_at, ready if isinstance(ready, Ready) else None)

    async def _end(
        self, held: Held, came: Verdict | Hold | Pointless | None, began_at: datetime, ready: Ready | None = None
    ) -> None:
        """Write what came of the row: a verdict, or why no call was made (None: it goes back as it was)."""
        match came:
            case None:
                await self._give_back(held.row)
            case Hold(until, cause):
                await self._give_back(held.row, until, cause)
            case Pointless(cause):
                await self._write(lambda: deliveries.supersede(CLOCK, held.row, cause))
                metrics.SETTLED.labels(self.channel, "superseded").inc()
            case Verdict():
                await self._settle(held, came, began_at, ready)

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
        if self.breaker.is_open:
            self._put_back()
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
            done = settlement.taken and await self._taken.ask(Taken(row, settlement, began_at))
            done = done or await deliveries.settle(CLOCK, row, settlement, began_at)
            metrics.SETTLED.labels(self.channel, settlement.status).inc(int(done))
            return done

        if not await self._write(write):
            metrics.STALE.labels(self.channel).inc()
            log.warning("%s: row %d had passed to another worker, nothing was written", self.channel, row.id)

    async def _settle_taken(self, ends: Sequence[Taken]) -> list[bool]:
        """For each whether it was written; those that were not are settled one by one."""
        try:
            done = await deliveries.settle_taken(CLOCK, ends)
        except Exception as exc:
            if is_unavailable(exc):
                raise
            log.error("%s: %d rows could not be settled together: %s", self.channel, len(ends), type(exc).__name__)
            done = frozenset()
        return [one.row.id in done for one in ends]

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
