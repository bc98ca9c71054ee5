"""Room: the clock's jobs: how often each runs. What they do stands in `workflows/commands/clock.py`."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from models.db import is_unavailable
from models.kit import now
from notifier import metrics
from workflows.actors import CLOCK
from workflows.commands import (
    agreements,
    clock,
    drafts,
    exports,
    invitation_files,
    lookups,
    receipts,
    suspension,
    tallies,
    uploads,
)
from workflows.ports import OutsideFault, Registry, Upstream

AT_ONCE: Final = 20
GIVE_UP_AFTER: Final = 3
"""Registry calls without an answer after which a run is over."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done every so many seconds, in each notifier by itself. `work` gives how many rows it changed."""

    name: str
    every: float
    work: Callable[[], Awaitable[int]]

    async def once(self) -> int:
        """One run. A failing job is logged and comes again; it stops neither the others nor the deliveries."""
        try:
            done = await self.work()
        except Exception as exc:
            level = logging.DEBUG if is_unavailable(exc) else logging.ERROR
            log.log(level, "job %s failed: %s", self.name, type(exc).__name__, exc_info=level == logging.ERROR)
            metrics.JOBS.labels(self.name, "failed").inc()
            return 0
        metrics.JOBS.labels(self.name, "done").inc()
        metrics.DONE.labels(self.name).inc(done)
        return done

    async def run(self, stop: asyncio.Event) -> None:
        """Until stopped; processes that started together drift apart."""
        while not stop.is_set():
            await self.once()
            with suppress(TimeoutError):
                pause = self.every * random.uniform(0.9, 1.1)  # noqa: S311  spreads load, guards nothing
                await asyncio.wait_for(stop.wait(), pause)


def clock_jobs(registry: Registry, upstream: Upstream) -> list[Job]:
    """All jobs of a notifier."""
    return [
        Job("expire_invitations", 20, clock.expire_invitations),
        Job("close_cohorts", 60, clock.close_cohorts),
        Job("leave_lost_stages", 60, clock.leave_lost_stages),
        Job("withdraw_of_suspended", 60, suspension.withdraw_of_suspended),
        Job("remind", 30, clock.remind_all),
        Job("apply_receipts", 2, lambda: receipts.apply_receipts(CLOCK)),
        Job("give_up_unsure", 60, lambda: receipts.give_up_unsure(CLOCK)),
        Job("print_agreements", 5, agreements.print_waiting),
        Job("fold_tallies", 5, tallies.fold_all),
        Job("refresh_registry", 15, lambda: refresh_registry(registry)),
        Job("return_from_ems", 60, lambda: return_from_ems(upstream)),
        Job("sweep", 3600, _sweep),
        Job("sweep_uploads", 1800, uploads.sweep_uploads),
        Job("forget_invitation_forms", 3600, invitation_files.forget_forms),
        Job("sweep_drafts", 3600, drafts.sweep_drafts),
        Job("write_metrics", 15, _write_metrics),
    ]


async def refresh_registry(registry: Registry) -> int:
    """Ask for the codes that are due, one after the other; how many were answered."""
    answered = silent = 0
    for uscc in await clock.registry_due(AT_ONCE):
        answer = await registry.status(uscc)
        await clock.note_registry(CLOCK, uscc, answer)
        silent = silent + 1 if answer is OutsideFault.UNAVAILABLE else 0
        answered += answer is not OutsideFault.UNAVAILABLE
        if silent >= GIVE_UP_AFTER:
            break
    return answered


async def return_from_ems(upstream: Upstream) -> int:
    """Ask the EMS, within the hour, for everybody who is off the roster; how many are back (roles.md, Invalidation)."""
    back = silent = 0
    for asked in await lookups.returns_due():
        answer = await upstream.lookup(asked.school, asked.cohort, asked.id_number)
        back += await lookups.note_return(CLOCK, asked.graduate_id, answer)
        silent = silent + 1 if answer is OutsideFault.UNAVAILABLE else 0
        if silent >= GIVE_UP_AFTER:
            break
    return back


async def _sweep() -> int:
    return await clock.sweep() + await receipts.forget_receipts(CLOCK) + await exports.forget_exports(now())


async def _write_metrics() -> int:
    await asyncio.to_thread(metrics.write)
    return 0
