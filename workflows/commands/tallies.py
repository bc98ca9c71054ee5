"""Room: adding changes up to the sums of provinces; comparing these with the rows; making them anew.

Nothing depends on it that it happens soon: readers add what waits themselves, it only becomes more to add.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from models.db import connection, execute, fetch, fetch_value
from models.parties import Grant, Module, Party
from models.sql import tallies as sql
from workflows.actors import CLOCK, NOBODY, Actor
from workflows.commands import Book, command
from workflows.queries import statistics, statistics_destinations
from workflows.queries.statistics_axes import AXES
from workflows.queries.statistics_columns import columns
from workflows.queries.statistics_destinations import FEATURES

_LABELS: Final = {column.name: f"{column.section}：{column.label}" for column in columns()}
_PERSONS: Final = _LABELS["graduates"]

AT_ONCE: Final = 20_000
HOURS: Final = 6 * 3600.0
"""So long, in seconds, a rebuilding may take; other statements have a minute."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that the rows and the sums tell differently. `by`, `key`: the axis and its value."""

    province_id: UUID
    cohort: int
    by: str
    key: str
    figure: str
    rows: int
    sums: int


async def fold_all() -> int:
    """Add up what waits; how many changes. One process at a time does it, the others find nothing to do."""
    done = 0
    while step := await fold(CLOCK):
        done += step
        if step < AT_ONCE:
            break
    return done


@command(journaled=False)
async def fold(_: Book) -> int:
    """Add the oldest changes to the sums; how many, at most `AT_ONCE`."""
    if not await fetch_value(sql.TRY_LOCK, sql.FOLD_LOCK):
        return 0
    return int(await fetch_value(sql.FOLD, AT_ONCE))


@command(journaled=False)
async def rebuild(_: Book) -> int:
    """Make all sums anew from the rows, while acts go on; how many sums. They tell nothing that the rows do not."""
    await execute(sql.LOCK, sql.FOLD_LOCK)
    await execute(sql.FORGET_ALL)
    await execute(sql.MEMORY)
    async with connection().acquire_connection() as raw:
        done: str = await raw.execute(sql.REBUILD, timeout=HOURS)
    return int(done.rsplit(" ", 1)[-1])


@command(journaled=False)
async def compare(_: Book) -> list[Difference]:
    """Every figure of every province, counted from the rows and read from the sums, as of one moment."""
    await execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    found: list[Difference] = []
    for place in await fetch(sql.PLACES):
        found += [d async for d in _differing(place["province_id"], place["cohort"])]
    return found


async def _differing(province_id: UUID, cohort: int) -> AsyncIterator[Difference]:
    reader = Actor(Party.PROVINCE, NOBODY, "", province_id=province_id, grants={Module.EMPLOYMENT: Grant.RO})
    for axis in AXES.values():
        rows = await statistics.counted(reader, cohort, axis)
        sums = await statistics.kept(reader, cohort, axis)
        sides = _flat(rows), _flat(sums)
        for of in FEATURES:
            for side, read in zip(sides, (statistics_destinations.counted, statistics_destinations.kept), strict=True):
                people, cells = await read(reader, cohort, axis, of)
                side.update({(key, _PERSONS): n for key, n in people.items()})
                told = FEATURES[of].label
                side.update({(key, f"{told} {code} {part}"): n for (key, code, part), n in cells.items()})
        for key, figure in sorted(sides[0].keys() | sides[1].keys()):
            n, m = (side.get((key, figure), 0) for side in sides)
            if n != m:
                yield Difference(province_id, cohort, axis.label, key, figure, n, m)


def _flat(counts: statistics.Counts) -> dict[tuple[str, str], int]:
    return {(key, _LABELS[name]): n for key, names in counts.items() for name, n in names.items()}
