"""Room: after any history, statistics are a fold of the journal (qualities.md, Speed and scale)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest

from models.parties import ReviewMode
from models.states import Flow
from tests.harness import ledger
from tests.harness.reaching import Case
from tests.harness.walking import Park
from tests.harness.world import World, add_graduates
from workflows.flows import FLOWS
from workflows.queries.statistics import read_statistics
from workflows.queries.statistics_axes import AXES
from workflows.queries.statistics_columns import columns
from workflows.queries.statistics_destinations import read_destinations
from workflows.queries.statistics_trend import read_trend
from workflows.queries.trend_steps import SERIES, series_of

pytestmark = pytest.mark.usefixtures("database")
WALKS, STEPS = 12, 9


class Single(Park):
    """Everybody stands on one roster: what statistics count does not ask where else a person is."""

    async def entries(self, mode: ReviewMode) -> list[Case]:
        world, _ = await self.schools(mode)
        (person,) = await add_graduates(world, 1)
        return [Case(world, person, world.employers[0], self.flow)]


@pytest.mark.parametrize("flow", [Flow.ONLINE_TERMINATION, Flow.OFFLINE_TERMINATION, Flow.DESTINATION])
async def test_statistics_are_the_fold_of_what_happened(flow: Flow) -> None:
    """Terminations bring their signings along, so that three parks have histories of every flow."""
    park, luck = Single(flow), Random(20270131)
    for _ in range(WALKS):
        mode = luck.choice(list(ReviewMode))
        await park.walk(mode, luck.randrange(2**32), [luck.randrange(2**32) for _ in range(STEPS)])
    for world in park.worlds:
        await agrees(world)


async def agrees(world: World) -> None:
    rows = await ledger.journal_of(world.school_id)
    stands, gone, owner = ledger.fold(rows), ledger.frozen(rows), await ledger.owners(world.school_id)
    told: Counter[str] = Counter()
    for (flow, state), n in Counter(stands[r] for r in stands if owner[r] not in gone).items():
        told.update({c.name: n for c in columns() if (flow, state) in c.states})
    for by in AXES:
        found = await read_statistics(world.school, world.cohort, by)
        assert {name: n for name, n in found["total"].items() if n and name in told} == told
        assert set(told) == {c.name for c in columns() if c.states and found["total"][c.name]}
        for name, n in found["total"].items():
            assert n == sum(row["counts"][name] for row in found["rows"])
    holders = {owner[r] for r, (flow, state) in stands.items() if FLOWS[flow].takes_slot(state)} - gone
    force = [r for r, (f, s) in stands.items() if owner[r] in holders and FLOWS[f].state(s).column == "signed"]
    reached = await read_destinations(world.school, world.cohort, "department", "type")
    assert sum(part["count"] for part in reached["parts"]) == len(force)
    assert reached["total"]["graduates"] == found["total"]["graduates"]
    await days_agree(world, rows, {r for r in stands if owner[r] not in gone})


async def days_agree(world: World, rows: list[Any], counted: set[UUID]) -> None:
    steps: Counter[str] = Counter()
    for row in rows:
        if row["subject_id"] in counted and row["from_state"] != row["to_state"]:
            steps.update(series_of(Flow(row["flow"]), row["from_state"], row["to_state"]))
    days = [row["at"].date() for row in rows]
    seen: Counter[str] = Counter()
    for year in range(min(days).year, max(days).year + 2):  # a trend shows a year at most
        for day in (await read_trend(world.school, world.cohort, *_year(year)))["days"]:
            seen.update(day["counts"])
    assert seen == Counter({name: steps[name] for name in SERIES})


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)
