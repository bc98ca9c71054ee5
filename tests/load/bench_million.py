"""Room: `make bench-million`: what a desk waits for in a database of a million graduates (qualities.md).

One server holds two databases made in bulk, of a million and of ten thousand. Pages of queues and the home page are
read in both in turn, by several readers at once, and may take half as long again in the large one. Statistics of a
school of 20,000 stand beside raw SQL, those of the province of a million beside 50 ms. `BENCH_ROWS` makes it smaller.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models import db
from models.embedded import EmbeddedPostgres
from tests.load import bench_queues, bench_statistics
from tests.load.bench_data import Crowd, fill

LARGE: Final = int(os.environ.get("BENCH_ROWS", "1000000"))
SMALL: Final = 10_000

Rounds = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Side:
    """One database, and a process of its own in which several readers at once ask for pages by name."""

    url: str
    crowd: Crowd
    process: asyncio.subprocess.Process
    pages: tuple[str, ...]

    async def waited(self, page: str) -> float:
        """The seconds that a reader of this page waits for."""
        return float(await _asked(self.process, page))


async def rounds(count: int) -> dict[str, tuple[Rounds, float]]:
    """By name: rounds of (ours, rival) per second, and the bar."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    with tempfile.TemporaryDirectory(dir=Path("var")) as folder:
        server = EmbeddedPostgres.start(Path(folder) / "postgres", throw_away=True)
        try:
            sides = [await _made(server, rows) for rows in (SMALL, LARGE)]
            try:
                return await measured(sides[0], sides[1], count)
            finally:
                for side in sides:
                    side.process.kill()
                    await side.process.wait()
        finally:
            server.remove()


async def _made(server: EmbeddedPostgres, rows: int) -> Side:
    name, began = f"bench_{rows}", time.perf_counter()
    server.create_database(name)
    url = server.url(name)
    await db.migrate(url)
    async with opened(url):
        crowd = await fill(url, rows)
    sys.stdout.write(f"{crowd.graduates} graduates made in {time.perf_counter() - began:.0f} s\n")
    return await reading(url, crowd)


async def reading(url: str, crowd: Crowd) -> Side:
    """Begin to read there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.load.bench_queues", url, stdin=PIPE, stdout=PIPE, limit=2**20
    )
    return Side(url, crowd, process, tuple(json.loads(await _asked(process, pickle.dumps(crowd).hex()))))


async def _asked(process: asyncio.subprocess.Process, line: str) -> str:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the reader has no pipes")
    process.stdin.write(f"{line}\n".encode())
    answer = await process.stdout.readline()
    if not answer:
        raise RuntimeError("the reader has ended")
    return answer.decode().strip()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[None]:
    os.environ["DATABASE_URL"] = url
    await db.open_database(url, min_size=1)
    try:
        yield
    finally:
        await db.close_database()


async def measured(small: Side, large: Side, count: int) -> dict[str, tuple[Rounds, float]]:
    """Page by page in both databases in turn, so that whatever else the machine does falls on both."""
    found: dict[str, tuple[Rounds, float]] = {}
    times: dict[str, list[tuple[float, float]]] = {}
    for page in large.pages:
        pairs = [(await large.waited(page), await small.waited(page)) for _ in range(count)]
        times[page] = pairs
        _tell(page, pairs)
    for group in dict.fromkeys(page.partition(": ")[0] for page in times):
        mine = [pairs for page, pairs in times.items() if page.partition(": ")[0] == group]
        each = [(_rate(mine, turn, 0), _rate(mine, turn, 1)) for turn in range(count)]
        found[f"pages of a {group}, {LARGE:,} against {SMALL:,}"] = each, 0.67
    async with opened(large.url):
        school, province = [], []
        for _ in range(count):
            school.append(await bench_statistics.round_of(large.crowd))
            province.append(await bench_statistics.round_of_province(large.crowd))
        await bench_statistics.told(large.crowd)
        for page, read in bench_queues.slow_works(large.crowd).items():
            began = time.perf_counter()
            await read()
            sys.stdout.write(f"{page:<52}{1000 * (time.perf_counter() - began):>8.0f} ms, by no index\n")
    found["statistics of a school of 20,000, against raw SQL"] = school, 0.77
    found[f"statistics of a province of {LARGE:,}, against 50 ms"] = province, 1.0
    return found


def _rate(pages: list[list[tuple[float, float]]], turn: int, side: int) -> float:
    """Pages per second of a group."""
    return len(pages) / sum(pairs[turn][side] for pairs in pages)


def _tell(page: str, pairs: list[tuple[float, float]]) -> None:
    """Every page by itself, since a group may hide one."""
    large, small = (1000 * statistics.median(side) for side in zip(*pairs, strict=True))
    times = statistics.median(a / b for a, b in pairs)
    sys.stdout.write(f"{page:<52}{large:>8.1f} ms{small:>8.1f} ms{times:>7.2f}{' !' if times > 1.5 else ''}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for title, (pairs, bar) in asyncio.run(rounds(3)).items():
        ratio = statistics.median(ours / rival for ours, rival in pairs)
        sys.stdout.write(f"{title:<70}{ratio:>7.2f}{bar:>7} {'yes' if ratio >= bar else 'NO'}\n")
