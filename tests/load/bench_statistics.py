"""Room: the bench of 数据统计: a school's and a province's table, against the same counting by raw statements.

The rival counts the school's records by department and state, its graduates and those without a record, by asyncpg
alone: no scope, no columns, no labels. `BENCH_ROWS` graduates stand in the database, 20,000 of them in the school.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from models import db
from models.db import execute, fetch
from models.embedded import EmbeddedPostgres
from tests.load.bench_data import Crowd, fill
from workflows.queries.home import read_home
from workflows.queries.statistics import read_statistics
from workflows.queries.statistics_destinations import read_destinations

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
TURNS = 5

_RAW = """
SELECT r.department, r.flow, r.state, count(*) FROM records r JOIN graduates g ON g.id = r.graduate_id
WHERE r.school_id = $1 AND r.cohort = $2 AND g.invalid_at IS NULL GROUP BY 1, 2, 3"""
_RAW_PEOPLE = """
SELECT g.department, count(*) FROM graduates g
WHERE g.school_id = $1 AND g.cohort = $2 AND g.invalid_at IS NULL GROUP BY 1"""
_RAW_UNREGISTERED = """
SELECT g.department, count(*) FROM graduates g
WHERE g.school_id = $1 AND g.cohort = $2 AND g.invalid_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM records r WHERE r.graduate_id = g.id AND (r.slot OR r.waits_on IS NOT NULL)) GROUP BY 1"""


async def rounds(count: int) -> list[tuple[float, float]]:
    """Interleaved (ours, rival) tables per second."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    with tempfile.TemporaryDirectory(dir=Path("var")) as folder:
        server = EmbeddedPostgres.start(Path(folder) / "postgres", throw_away=True)
        try:
            server.create_database("bench")
            return await _rounds(server.url("bench"), count)
        finally:
            server.remove()


async def _rounds(url: str, count: int) -> list[tuple[float, float]]:
    os.environ["DATABASE_URL"] = url
    await db.migrate(url)
    await db.open_database(url)
    try:
        crowd = await fill(ROWS)
        await execute("VACUUM ANALYZE records")
        await execute("VACUUM ANALYZE graduates")
        found = [(await _speed(lambda: _ours(crowd)), await _speed(lambda: _rival(crowd))) for _ in range(count)]
        await _told(crowd)
        return found
    finally:
        await db.close_database()


async def _ours(crowd: Crowd) -> Any:
    return await read_statistics(crowd.world.school, crowd.world.cohort, "department")


async def _rival(crowd: Crowd) -> Any:
    place = crowd.world.school_id, crowd.world.cohort
    return [await fetch(text, *place) for text in (_RAW, _RAW_PEOPLE, _RAW_UNREGISTERED)]


async def _speed(work: Callable[[], Awaitable[Any]]) -> float:
    await work()
    began = time.perf_counter()
    for _ in range(TURNS):
        await work()
    return TURNS / (time.perf_counter() - began)


async def _told(crowd: Crowd) -> None:
    """What else a reader waits for, in milliseconds."""
    world = crowd.world
    for name, work in (
        ("home of a school", lambda: read_home(world.school, world.cohort)),
        ("destinations of a school", lambda: read_destinations(world.school, world.cohort, "department", "industry")),
        ("table of the province", lambda: read_statistics(world.province, world.cohort, "school")),
        ("destinations of the province", lambda: read_destinations(world.province, world.cohort, "school", "industry")),
        ("home of the province", lambda: read_home(world.province, world.cohort)),
    ):
        sys.stdout.write(f"{crowd.graduates} graduates, {name}: {1000 / await _speed(work):.0f} ms\n")


if __name__ == "__main__":
    for ours, rival in asyncio.run(rounds(3)):
        times = f"{1000 / ours:.1f} ms, raw SQL {1000 / rival:.1f} ms, {rival / ours:.2f} times as long"
        sys.stdout.write(f"table of a school: {times}\n")
