"""Room: a notifier that tests kill: the real lane and client in a process of its own, with short leases.

It is forked from a server that has imported everything, so that a new one is at work a moment after the last one died.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from models import db
from models.config import UpstreamSettings
from models.states import Channel
from notifier.channels.upstream import UpstreamChannel
from notifier.clients.transport import open_http, tls
from notifier.clients.upstream import UpstreamClient
from notifier.lane import Lane
from notifier.worker import Notifier

LIMIT, LEASE = 0.8, 1.2
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.load.mortal_notifier"])
tls()  # read by the fork server, whose children have it: reading takes longer than a kill


async def _deliver(url: str, ems_url: str, go: Connection) -> None:
    await db.open_database(url)
    config = UpstreamSettings().model_copy(update={"url": ems_url})
    async with open_http() as http:
        outlet = UpstreamChannel(UpstreamClient(config, http), limit=LIMIT)
        lane = Lane(Channel.EMS, outlet, hands=4, ahead=2, lease=LEASE)
        await asyncio.to_thread(go.recv)
        await Notifier([lane], url=url).run()


def work(url: str, ems_url: str, go: Connection) -> None:
    """The child's whole life."""
    asyncio.run(_deliver(url, ems_url, go))


class Mortal:
    """One notifier at a time, on this database and this EMS; its successor has opened its doors and waits."""

    def __init__(self, url: str, ems_url: str) -> None:
        self.url, self.ems_url = url, ems_url
        self.kills = 0
        self._process: BaseProcess | None = None
        self._next = self._made()

    def start(self) -> None:
        self._process, go = self._next
        go.send(None)
        self._next = self._made()

    def kill(self) -> None:
        """kill -9, as it stands."""
        self._signal(signal.SIGKILL)
        self._running.join()
        self.kills += 1

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Leave nothing behind."""
        for process in (self._process, self._next[0]):
            if process is not None and process.is_alive():
                process.kill()
                process.join()

    def _made(self) -> tuple[BaseProcess, Connection]:
        here, there = _FORKS.Pipe()
        process = _FORKS.Process(target=work, args=(self.url, self.ems_url, there), daemon=True)
        process.start()
        return process, here

    @property
    def _running(self) -> BaseProcess:
        assert self._process is not None
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        assert self._running.pid is not None
        os.kill(self._running.pid, number)
