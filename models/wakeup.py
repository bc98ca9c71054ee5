"""Room: hints between processes. NOTIFY after a commit, LISTEN that survives a restart of the server.

A hint says "look", never what is there: it may be lost (whoever waits for it also polls), and several
may arrive as one. It is sent on a connection of its own: inside the transaction it takes a lock that all
committing transactions share, which cost 40 % of the throughput.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from models.postgres import connect, is_unavailable

OUTBOX = "wangqian_outbox"
PAUSE = 0.02  # seconds between two hints of one process; more would only queue on PostgreSQL's notify lock
RETRY = (0.2, 0.5, 1.0, 2.0)  # seconds to wait before connecting again; the last one repeats

log = logging.getLogger(__name__)


class _Sender:
    """Sends what is pending, once per channel, on one connection that is made on first use."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pending: set[str] = set()
        self.task: asyncio.Task[None] | None = None
        self.connection: Any = None

    def add(self, channel: str) -> None:
        self.pending.add(channel)
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self.pending:
            channels, self.pending = self.pending, set()
            try:
                if self.connection is None or self.connection.is_closed():
                    self.connection = await connect(self.url)
                for channel in sorted(channels):
                    await self.connection.execute("SELECT pg_notify($1, '')", channel, timeout=5)
            except Exception as exc:
                # Lost on purpose: the listener polls. Anything but an absent server is worth a line.
                level = logging.DEBUG if is_unavailable(exc) else logging.WARNING
                log.log(level, "wake-up hint lost: %s", type(exc).__name__)
                self._drop()
            await asyncio.sleep(PAUSE)

    def _drop(self) -> None:
        if self.connection is not None:
            self.connection.terminate()
            self.connection = None

    async def close(self) -> None:
        if self.task is not None and not self.task.done():
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self.task, 1)
        self._drop()


_sender: _Sender | None = None


def notify(channel: str = OUTBOX) -> None:
    """Hint that there is something to do; call it after the commit. Returns at once, never fails."""
    if _sender is not None:
        _sender.add(channel)


def open_sender(url: str) -> None:
    """From now on hints go to this database (`open_database` calls it)."""
    global _sender
    _sender = _Sender(url)


async def close_sender() -> None:
    """Send what is pending, then close the connection (`close_database` calls it)."""
    global _sender
    sender, _sender = _sender, None
    if sender is not None:
        await sender.close()


async def listen(channel: str = OUTBOX, *, url: str | None = None) -> AsyncGenerator[None]:
    """Yield once for every batch of hints, and once after each (re)connection, since what was said
    while the line was down is lost. Never ends by itself; close it with `contextlib.aclosing`.
    """
    url = url or (_sender.url if _sender is not None else None)
    attempt = 0
    while True:
        heard = asyncio.Event()
        try:
            connection = await connect(url)
            try:
                connection.add_termination_listener(lambda _c, heard=heard: heard.set())
                await connection.add_listener(channel, lambda *_about, heard=heard: heard.set())
                attempt = 0
                yield None
                while not connection.is_closed():
                    await heard.wait()
                    heard.clear()
                    if not connection.is_closed():
                        yield None
            finally:
                connection.terminate()
        except Exception as exc:
            if not is_unavailable(exc):
                raise
            log.debug("listening on %s interrupted: %s", channel, type(exc).__name__)
        await asyncio.sleep(RETRY[min(attempt, len(RETRY) - 1)])
        attempt += 1
