"""Room: the bench of 数据统计: a school's and a province's table, against the same counting by raw statements.

The rival counts the school's records by department and state, its graduates and those without a record, by asyncpg
alone: no scope, no columns, no labels. Both read in the large database of `bench_million`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from models.db import fetch
from tests.load.bench_data import Crowd
from workflows.queries.home import read_home
from workflows.queries.statistics import read_statistics
from workflows.queries.statistics_axes import AXES
from workflows.queries.statistics_destinations import FEATURES, read_destinations

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


async def round_of(crowd: Crowd) -> tuple[float, float]:
    """Tables of a school per second: ours, raw."""
    return await _speed(lambda: _ours(crowd)), await _speed(lambda: _rival(crowd))


async def round_of_province(crowd: Crowd) -> tuple[float, float]:
    """Tables of the province per second, and as many as 50 ms each would make."""
    world = crowd.world
    return await _speed(lambda: read_statistics(world.province, world.cohort, "school")), 20.0


async def _ours(crowd: Crowd) -> Any:
    return await read_statistics(crowd.large, crowd.world.cohort, "department")


async def _rival(crowd: Crowd) -> Any:
    place = crowd.large.school_id, crowd.world.cohort
    return [await fetch(text, *place) for text in (_RAW, _RAW_PEOPLE, _RAW_UNREGISTERED)]


async def _speed(work: Callable[[], Awaitable[Any]]) -> float:
    await work()
    began = time.perf_counter()
    for _ in range(TURNS):
        await work()
    return TURNS / (time.perf_counter() - began)


async def told(crowd: Crowd) -> None:
    """What else a reader waits for, in milliseconds."""
    world = crowd.world
    for name, work in (
        ("home of a school", lambda: read_home(crowd.large, world.cohort)),
        ("destinations of a school", lambda: read_destinations(crowd.large, world.cohort, "department", "industry")),
        *(
            (f"table of the province by {by}", partial(read_statistics, world.province, world.cohort, by))
            for by in AXES
        ),
        *(
            (f"{of} of the province", partial(read_destinations, world.province, world.cohort, "school", of))
            for of in FEATURES
        ),
        ("home of the province", lambda: read_home(world.province, world.cohort)),
    ):
        sys.stdout.write(f"{crowd.graduates} graduates, {name}: {1000 / await _speed(work):.0f} ms\n")
        sys.stdout.flush()
