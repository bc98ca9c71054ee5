"""Room: the notifier's workbench: jobs that requests began (files in and out, questions to the EMS), one at a time.

A job is held by a lease that a heartbeat keeps; when this process dies, the next one begins the job anew, and nothing
of the first attempt was written (`workflows/commands/jobs.py`).
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

from models.db import is_unavailable
from notifier import metrics
from workflows.actors import CLOCK, Actor
from workflows.commands import jobs, lookups
from workflows.commands.exports import do_export
from workflows.commands.jobs import Kind, LostLeaseError, Progress, Work
from workflows.commands.roster import OFF_ROSTER, restore_graduate
from workflows.commands.roster_jobs import do_import
from workflows.errors import Forbidden, HouseError, Refused
from workflows.ports import Upstream
from workflows.roster_files import BadFileError

LOOK: Final = 1.0
"""Seconds between two looks at the table while there is nothing to do."""
BROKEN = "处理时出现意外错误，未改变任何数据，请稍后重试；如仍不成功请联系技术支持。"

log = logging.getLogger(__name__)


class Workbench:
    """Works until told to stop. `lease` and `beat` are shorter in tests that kill."""

    def __init__(self, upstream: Upstream, *, lease: timedelta = jobs.LEASE, beat: float = jobs.BEAT_EVERY) -> None:
        self._upstream = upstream
        self._lease = lease
        self._beat = beat

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await self._once_safely():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK)

    async def _once_safely(self) -> bool:
        try:
            return await self.once()
        except Exception as exc:
            level = logging.DEBUG if is_unavailable(exc) else logging.ERROR
            log.log(level, "the workbench failed: %s", type(exc).__name__)
            return False

    async def once(self) -> bool:
        """Do the next job, if there is one."""
        work = await jobs.claim_job(CLOCK, self._lease)
        if work is None:
            return False
        progress = Progress()
        doing = asyncio.create_task(self._work(work, progress))
        beating = asyncio.create_task(self._keep(work, progress, doing))
        try:
            await doing
            metrics.JOBS.labels(str(work.kind), "done").inc()
        except asyncio.CancelledError:
            if not doing.cancelled():  # this process ends; the job is somebody else's to do
                doing.cancel()
                await asyncio.gather(doing, return_exceptions=True)
                await jobs.return_job(CLOCK, work)
                raise
            log.info("a job was taken away or cancelled")
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
        return True

    async def _keep(self, work: Work, progress: Progress, doing: asyncio.Task[None]) -> None:
        """The heartbeat. A job that is ours no longer is dropped; one that we have just settled is left to tidy up."""
        while True:
            try:
                if not await jobs.beat_job(CLOCK, work, progress, self._lease):
                    if not await jobs.has_ended(work):
                        doing.cancel()
                    return
            except Exception as exc:
                if not is_unavailable(exc):
                    raise
            await asyncio.sleep(self._beat)

    async def _work(self, work: Work, progress: Progress) -> None:
        try:
            if work.attempts > jobs.TRIES:
                await jobs.fail_job(CLOCK, work, jobs.GIVEN_UP)
            elif work.kind is Kind.ROSTER_IMPORT:
                await do_import(work, progress)
            elif work.kind is Kind.EXPORT:
                await do_export(work, progress)
            else:
                await self._ask(work)
        except LostLeaseError:
            log.info("a job was taken away or cancelled")
            return
        except BadFileError as bad:
            await self._fail(work, bad.sentence)
        except HouseError as refused:
            await self._fail(work, refused.detail)
        except Exception as exc:
            if is_unavailable(exc):
                raise
            # By its name alone: messages of libraries quote what they were given.
            log.error("job %s failed: %s", work.kind, type(exc).__name__)
            metrics.JOBS.labels(str(work.kind), "failed").inc()
            await self._fail(work, BROKEN)
        await asyncio.to_thread(jobs.forget_source, work)

    async def _fail(self, work: Work, sentence: str) -> None:
        with suppress(LostLeaseError):
            await jobs.fail_job(CLOCK, work, sentence)

    async def _ask(self, work: Work) -> None:
        """Ask the EMS about the graduate, and restore where that was wished and the answer allows it."""
        asked = await lookups.question(work.subject_id) if work.subject_id is not None else None
        actor = await jobs.actor_of(work)
        if asked is None or actor is None:
            raise Forbidden
        answer = await self._upstream.lookup(asked.school, asked.cohort, asked.id_number)
        if await lookups.note_answer(CLOCK, work, asked.graduate_id, answer):
            await _restored(actor, asked.graduate_id)
            await lookups.end_restore(CLOCK, work)


async def _restored(actor: Actor, graduate_id: UUID) -> None:
    """A worker that died after restoring left the job open; then there is nothing more to do."""
    try:
        await restore_graduate(actor, graduate_id, "ems_confirmed")
    except Refused as refused:
        if refused.guard != OFF_ROSTER:
            raise
