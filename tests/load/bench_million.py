"""Room: `make bench-million`: what a desk waits for in a database of a million graduates (qualities.md).

One server holds two databases made in bulk, of a million and of ten thousand. Pages of queues and the home page are
read in both in turn, by several readers at once, and may take half as long again in the large one. Statistics of a
school of 20,000 stand beside raw SQL, those of the province of a million beside 50 ms. `BENCH_ROWS` makes it smaller.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models import db
from models.embedded import EmbeddedPostgres
from tests.load import bench_queues, bench_statistics
from tests.load.bench_data import Crowd, fill

LARGE: Final = int(os.environ.get("BENCH_ROWS", "1000000"))
SMALL: Final = 10_000
READERS: Final = 4
TURNS: Final = 3

Rounds = list[tuple[float, float]]
Read = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Side:
    """One database and who reads in it."""

    url: str
    crowd: Crowd


async def rounds(count: int) -> dict[str, tuple[Rounds, float]]:
    """By name: rounds of (ours, rival) per second, and the bar."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    with tempfile.TemporaryDirectory(dir=Path("var")) as folder:
        server = EmbeddedPostgres.start(Path(folder) / "postgres", throw_away=True)
        try:
            sides = [await _made(server, rows) for rows in (SMALL, LARGE)]
            return await measured(sides[0], sides[1], count)
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
    return Side(url, crowd)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[None]:
    os.environ["DATABASE_URL"] = url
    await db.open_database(url, min_size=READERS, max_size=READERS)
    try:
        yield
    finally:
        await db.close_database()


async def measured(small: Side, large: Side, count: int) -> dict[str, tuple[Rounds, float]]:
    turns: dict[int, list[dict[str, float]]] = {0: [], 1: []}
    school, province = [], []
    for _ in range(count):
        for place, side in enumerate((large, small)):
            async with opened(side.url):
                turns[place].append(await _pages(side.crowd))
                if side is large:
                    school.append(await bench_statistics.round_of(side.crowd))
                    province.append(await bench_statistics.round_of_province(side.crowd))
    async with opened(large.url):
        await bench_statistics.told(large.crowd)
    seconds = [{name: statistics.median(turn[name] for turn in found) for name in found[0]} for found in turns.values()]
    _list(*seconds)
    found = {
        f"{group}, {LARGE:,} against {SMALL:,}": (
            [_round(group, *pair) for pair in zip(*turns.values(), strict=True)],
            0.67,
        )
        for group in dict.fromkeys(name.partition(": ")[0] for name in seconds[0])
    }
    return found | {
        "statistics of a school of 20,000, against raw SQL": (school, 0.77),
        f"statistics of a province of {LARGE:,}, against 50 ms": (province, 1.0),
    }


async def _pages(crowd: Crowd) -> dict[str, float]:
    """Seconds of each page, as one of several readers waits for it."""
    found = {}
    for name, read in (await bench_queues.works(crowd)).items():
        await read()
        found[name] = statistics.median(t for one in await asyncio.gather(*map(_waited, [read] * READERS)) for t in one)
    return found


async def _waited(read: Read) -> list[float]:
    waits = []
    for _ in range(TURNS):
        began = time.perf_counter()
        await read()
        waits.append(time.perf_counter() - began)
    return waits


def _round(group: str, large: dict[str, float], small: dict[str, float]) -> tuple[float, float]:
    """Pages per second of a group, in the large database and in the small one."""
    names = [name for name in large if name.partition(": ")[0] == group]
    return len(names) / sum(large[name] for name in names), len(names) / sum(small[name] for name in names)


def _list(large: dict[str, float], small: dict[str, float]) -> None:
    """Every page by itself, since a group may hide one."""
    for name, seconds in large.items():
        times, ms = seconds / small[name], (1000 * seconds, 1000 * small[name])
        sys.stdout.write(f"{name:<60}{ms[0]:>8.1f} ms{ms[1]:>8.1f} ms{times:>7.2f}{' !' if times > 1.5 else ''}\n")


if __name__ == "__main__":
    for title, (pairs, bar) in asyncio.run(rounds(3)).items():
        ratio = statistics.median(ours / rival for ours, rival in pairs)
        sys.stdout.write(f"{title:<70}{ratio:>7.2f}{bar:>7} {'yes' if ratio >= bar else 'NO'}\n")
