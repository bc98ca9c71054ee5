"""Room: the load of the benches: ready-made requests over so many connections, each answered before the next is sent.

Both sides of a figure are up at once and take turns by slices of a fraction of a second, so that whatever else the
machine does meets both alike. The load has a process of its own on a core of its own. A server that closes its
connections (gunicorn's plain worker does) gets a new one for each request.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import cast

import uvloop

CORE = (os.cpu_count() or 1) - 1


class LoadError(RuntimeError):
    """An answer that is no good one: its figures would be worth nothing."""


@dataclass(frozen=True, slots=True)
class Side:
    """One server and what it is asked. `again`: from the first once more after the last."""

    port: int
    requests: Sequence[bytes]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """One turn of one side: how long each answer took and the turn as a whole, in seconds."""

    waits: tuple[float, ...]
    passed: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.waits) / self.passed


def percentile(slices: Sequence[Slice], part: float) -> float:
    """After how many milliseconds that part of all answers was there."""
    waits = sorted(wait for one in slices for wait in one.waits)
    return 1000 * waits[min(len(waits) - 1, int(part * len(waits)))]


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """One request as it goes over the line. `headers` by their names with underscores."""
    named = {"Host": "bench", "Content-Type": "text/xml", "Content-Length": len(body)}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def alternate(sides: Sequence[Side], *, connections: int, turns: int, each: int) -> list[list[Slice]]:
    """For each side its slices: `turns` of them with `each` answers, after one that only warms up.

    Raises LoadError for an answer other than 200.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as child:
        return child.submit(_drive, sides, connections, turns, each).result()


def _drive(sides: Sequence[Side], connections: int, turns: int, each: int) -> list[list[Slice]]:
    os.sched_setaffinity(0, {CORE})
    return uvloop.run(_run(sides, connections, turns, each))


async def _run(sides: Sequence[Side], connections: int, turns: int, each: int) -> list[list[Slice]]:
    wells = [itertools.cycle(one.requests) if one.again else iter(one.requests) for one in sides]
    lines = [[await Connection.open(one.port) for _ in range(connections)] for one in sides]
    slices: list[list[Slice]] = [[] for _ in sides]
    for _ in range(turns + 1):
        for place, side in enumerate(sides):
            slices[place].append(await _slice(side.port, lines[place], itertools.islice(wells[place], each)))
    return [found[1:] for found in slices]


async def _slice(port: int, lines: list[Connection], requests: Iterator[bytes]) -> Slice:
    waits: list[float] = []

    async def work(place: int) -> None:
        for text in requests:
            began = time.perf_counter()
            if lines[place].closed:
                lines[place] = await Connection.open(port)
            status, _ = await lines[place].ask(text)
            if status != 200:
                raise LoadError(f"answered {status}")
            waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(work(place) for place in range(len(lines))))
    return Slice(tuple(waits), time.perf_counter() - began)


class Connection(asyncio.Protocol):
    """One connection; reads what belongs to an answer and nothing more."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._got = b""

    @classmethod
    async def open(cls, port: int) -> Connection:
        _, made = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by name

    def ask(self, text: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Status and body; one question at a time. LoadError if the line breaks."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(text)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._got = self._got + data if self._got else data
        head, separator, body = self._got.partition(b"\r\n\r\n")
        if not separator:
            return
        head = head.lower()
        _, _, length = head.partition(b"content-length: ")
        if len(body) < int(length.partition(b"\r\n")[0] or b"0"):
            return
        self._got = b""
        if b"connection: close" in head:
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LoadError(f"the line was cut: {exc}"))

    def close(self) -> None:
        self.closed = True
        if self._transport is not None:
            self._transport.close()
