"""Room: the notifier process: its lanes, its clock jobs, its wake-ups, its way to begin and to end.

Woken by a hint after each commit (`wangqian_outbox`); a hint may be lost, so every lane also looks by itself every two
seconds. Any number of these processes may run on any number of machines.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Final

from models import db
from models.config import Settings, settings
from models.states import Channel
from models.store import close_store, store
from notifier import metrics
from notifier.channels import Outlet
from notifier.channels.sms import SmsChannel
from notifier.channels.upstream import UpstreamChannel
from notifier.channels.wechat import WeChatChannel
from notifier.clients.registry import RegistryClient
from notifier.clients.sms import TencentSms
from notifier.clients.transport import Http, open_http
from notifier.clients.upstream import UpstreamClient
from notifier.clients.wechat import WeChatClient
from notifier.jobs import Job, clock_jobs
from notifier.lane import POLL, Lane
from notifier.workbench import Workbench
from workflows.actors import CLOCK
from workflows.commands import deliveries

HANDS: Final = {Channel.WECHAT: 32, Channel.SMS: 16, Channel.EMS: 16}
AHEAD: Final = {Channel.WECHAT: 32, Channel.SMS: 0, Channel.EMS: 16}
"""Rows claimed before a hand is free: what keeps the hands busy while the next claim is under way."""
BEYOND_CALL: Final = 15.0
"""Seconds that a lease outlasts the longest call by: for preparing, and for settling on a busy database."""
GRACE: Final = 12.0
"""Seconds for what is under way when the process is asked to end."""
CONNECTIONS: Final = 12

log = logging.getLogger(__name__)


class Notifier:
    """Lanes and jobs that run until stopped."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        jobs: Sequence[Job] = (),
        *,
        bench: Workbench | None = None,
        url: str | None = None,
    ) -> None:
        self._lanes = lanes
        self._jobs = jobs
        self._bench = bench
        self._url = url
        self._stop = asyncio.Event()

    def stop(self) -> None:
        self._stop.set()

    async def run(self, grace: float = GRACE) -> None:
        """Deliver until `stop`; then claim nothing more and finish what is in hand."""
        work = [asyncio.create_task(lane.run()) for lane in self._lanes]
        aside = [asyncio.create_task(self._listen()), asyncio.create_task(self._promote())]
        aside += [asyncio.create_task(job.run(self._stop)) for job in self._jobs]
        if self._bench is not None:
            aside.append(asyncio.create_task(self._bench.run(self._stop)))
        log.info("notifier ready: %s", ", ".join(lane.channel for lane in self._lanes))
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait([stopped, *work, *aside], return_when=asyncio.FIRST_COMPLETED)
            for task in (*work, *aside):
                if task.done() and not self._stop.is_set():
                    task.result()  # a lane never ends by itself: raise what ended it, so that the process is restarted
        finally:
            self._stop.set()
            for lane in self._lanes:
                lane.stop()
            for task in aside:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await asyncio.gather(*(lane.finish(grace) for lane in self._lanes))
            await asyncio.gather(*aside, stopped, return_exceptions=True)

    async def _listen(self) -> None:
        async with aclosing(db.listen(url=self._url)) as hints:
            async for _ in hints:
                self._ring()

    async def _promote(self) -> None:
        """Rows that were deferred until now may go; at eight in the morning these are many."""
        while True:
            try:
                if promoted := await deliveries.promote(CLOCK):
                    self._ring()
                if promoted >= deliveries.PROMOTED_AT_ONCE:
                    continue
            except Exception as exc:
                if not db.is_unavailable(exc):
                    raise
            await asyncio.sleep(POLL / 2)

    def _ring(self) -> None:
        for lane in self._lanes:
            lane.ring()


class ProviderError(Exception):
    """The settings name an SMS provider that is not built in."""


def lanes(config: Settings, http: Http) -> list[Lane]:
    """The lanes with their clients, as the settings name them: what an EMS is owed waits until there is one.

    Raises ProviderError, LeaseTooShortError.
    """
    if config.sms.provider != "tencent":
        raise ProviderError(f"WQ_SMS_PROVIDER={config.sms.provider}: only tencent is built in")
    outlets: dict[Channel, Outlet] = {
        Channel.WECHAT: WeChatChannel(WeChatClient(config.wechat, store(), http)),
        Channel.SMS: SmsChannel(TencentSms(config.sms, http)),
    }
    if config.ems.live:
        outlets[Channel.EMS] = UpstreamChannel(UpstreamClient(config.ems, http))
    return [
        Lane(channel, outlet, hands=HANDS[channel], ahead=AHEAD[channel], lease=outlet.limit + BEYOND_CALL)
        for channel, outlet in outlets.items()
    ]


@asynccontextmanager
async def outside() -> AsyncIterator[Http]:
    """The process's doors: database, store, HTTP; all closed at the end."""
    async with AsyncExitStack() as doors:
        await db.open_database(max_size=CONNECTIONS)
        doors.push_async_callback(db.close_database)
        doors.push_async_callback(close_store)
        http = open_http(connections=sum(HANDS.values()) + 4)
        doors.push_async_callback(http.close)
        yield http


async def main() -> None:
    """Run one notifier of this process's settings until SIGTERM or SIGINT."""
    async with outside() as http:
        upstream = UpstreamClient(settings().ems, http)
        jobs = clock_jobs(RegistryClient(settings().registry_url, http), upstream)
        notifier = Notifier(lanes(settings(), http), jobs, bench=Workbench(upstream))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, notifier.stop)
        await notifier.run()
        metrics.write()
    log.info("notifier ended")
