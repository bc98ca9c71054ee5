"""Room: a province's sums equal a fold of the journal and a count of the rows, whoever has changed what in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from random import Random

import pytest

from models.db import execute, fetch, fetch_value, transaction
from models.sql import tallies as sql
from models.states import Flow
from tests.harness import ledger
from tests.harness.breaking import Broken, broken_after
from tests.harness.reaching import reach, reachable
from tests.harness.world import DEPARTMENTS, Person, World, add_graduates, make_world, roster_row
from workflows.actors import CLOCK, OPERATOR
from workflows.commands import tallies
from workflows.commands.roster import import_roster, remove_graduates, restore_graduate
from workflows.errors import HouseError
from workflows.flows import FLOWS
from workflows.queries.in_force import in_force
from workflows.queries.statistics import read_statistics
from workflows.queries.statistics_axes import AXES
from workflows.queries.statistics_columns import columns
from workflows.queries.statistics_destinations import FEATURES
from workflows.queries.tallies import PERSON, RECORD
from workflows.work_lists import WorkList, condition

pytestmark = pytest.mark.usefixtures("database")
STEPS, LOOK_EVERY = 36, 9


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    """Sums made anew: other modules' tests may have written past all triggers (`TRUNCATE`)."""
    await tallies.rebuild(OPERATOR)
    return await make_world(graduates=2, employers=2)


async def test_sums_follow_any_history(world: World) -> None:
    luck = Random(20270601)
    people = [*world.graduates, *await add_graduates(world, 10)]
    ways = (acted, acted, acted, dropped, brought_back, listed_again, edited_by_hand, broke, added_up, cut_off)
    for step in range(1, STEPS + 1):
        await luck.choice(ways)(world, people, luck)
        if step % LOOK_EVERY == 0:
            await agrees(world)
    await many_at_once(world, people, luck)
    await agrees(world)
    await tallies.fold_all()
    assert await fetch_value("SELECT count(*) FROM tally_deltas") == 0
    await agrees(world)
    # By hand, which the journal knows nothing of.
    for change in ("invalid_at = NULL", "invalid_at = now()", "cohort = cohort - 1, invalid_at = NULL"):
        await execute(f"UPDATE graduates SET {change} WHERE school_id = $1", world.school_id)
        assert await tallies.compare(OPERATOR) == []
    for gone in ("records WHERE slot AND", "records WHERE", "graduates WHERE"):
        await execute(f"DELETE FROM {gone} school_id = $1", world.school_id)
        await tallies.fold_all()
        assert await tallies.compare(OPERATOR) == []
    before = await everything()
    await tallies.rebuild(OPERATOR)
    assert await everything() == before


async def agrees(world: World) -> None:
    """With the rows under every axis and feature; with the journal in every column of records."""
    assert await tallies.compare(OPERATOR) == []
    rows = await ledger.journal_of(world.school_id)
    stands, gone, owner = ledger.fold(rows), ledger.frozen(rows), await ledger.owners(world.school_id)
    told: Counter[str] = Counter()
    for (flow, state), n in Counter(stands[r] for r in stands if r in owner and owner[r] not in gone).items():
        told.update({c.name: n for c in columns() if (flow, state) in c.states})
    lines = (await read_statistics(world.province, world.cohort, "school"))["rows"]
    (mine,) = [line["counts"] for line in lines if line["label"] == world.school_name]
    assert {name: n for name, n in mine.items() if n and name in {c.name for c in columns() if c.states}} == told


async def everything() -> set[tuple[object, ...]]:
    rows = await fetch("SELECT province_id, cohort, axis, kind, level, key, what, part, n FROM tallies WHERE n <> 0")
    return {tuple(row) for row in rows}


# --- what may happen -----------------------------------------------------------------------------


async def acted(world: World, people: list[Person], luck: Random) -> None:
    """A record of any flow, as far as it comes: this person may have one already, or be off the roster."""
    flow = luck.choice(list(Flow))
    state = luck.choice(reachable(flow, world.mode))
    try:
        await reach(world, flow, state, luck.choice(people), luck.choice(world.employers))
    except HouseError:
        return


async def dropped(world: World, people: list[Person], luck: Random) -> None:
    await allowed(remove_graduates(world.school, [luck.choice(people).id], "学生已退学，按规定移除"))


async def brought_back(world: World, people: list[Person], luck: Random) -> None:
    gone = await fetch("SELECT id FROM graduates WHERE school_id = $1 AND invalid_at IS NOT NULL", world.school_id)
    if gone:
        await allowed(restore_graduate(world.school, luck.choice(gone)["id"]))


async def listed_again(world: World, people: list[Person], luck: Random) -> None:
    """A file: some with another department, major, level or sex, some who are new; whoever was off comes back."""
    changed = [
        roster_row(
            luck.choice(DEPARTMENTS), xm=p.name, sfzh=p.id_number, sjh=p.mobile, szzy=luck.choice(("数学", "物理")),
            xldm=luck.choice(("31", "11")), xbdm=luck.choice("12"),
        )
        for p in luck.sample(people, 4)
    ]  # fmt: skip
    await import_roster(world.school, world.cohort, [*changed, roster_row(DEPARTMENTS[0])], file_sha256="0" * 64)


async def edited_by_hand(world: World, people: list[Person], luck: Random) -> None:
    """What no command of ours does, by sets, past every lock."""
    change = luck.choice(
        (
            "UPDATE graduates SET department = '新学院', major = '', level = 'postgraduate' WHERE school_id = $1",
            "UPDATE graduates SET basic = basic - 'xbdm' WHERE school_id = $1",
            "UPDATE records SET destination_code = '46', employer_region = '440300' WHERE school_id = $1",
            "UPDATE records SET department = '新学院', major = '化学' WHERE school_id = $1",
            "UPDATE records SET remind_at = now() WHERE school_id = $1",
        )
    )
    await execute(change, world.school_id)


async def broke(world: World, people: list[Person], luck: Random) -> None:
    """An act whose n-th statement fails leaves no change behind."""
    waiting = await fetch_value("SELECT count(*) FROM tally_deltas")
    with pytest.raises((Broken, HouseError)), broken_after(luck.randrange(6, 9)):
        await reach(world, Flow.DESTINATION, "review_school", luck.choice(people))
    assert await fetch_value("SELECT count(*) FROM tally_deltas") == waiting


async def added_up(world: World, people: list[Person], luck: Random) -> None:
    await tallies.fold(CLOCK)


async def cut_off(world: World, people: list[Person], luck: Random) -> None:
    """The notifier's line dies in the middle of adding up."""
    with pytest.raises(Exception, match=r"terminat|clos"):
        async with transaction():
            await fetch_value(sql.FOLD, tallies.AT_ONCE)
            await execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def many_at_once(world: World, people: list[Person], luck: Random) -> None:
    """Acts of several people, a file and the adding up, all at the same time."""
    await asyncio.gather(
        *(acted(world, [person], Random(n)) for n, person in enumerate(people)),
        listed_again(world, people[:6], luck),
        *(tallies.fold_all() for _ in range(3)),
        tallies.rebuild(OPERATOR),
    )


async def allowed(work: Awaitable[object]) -> None:
    try:
        await work
    except HouseError:
        return


# --- one rule, told twice ------------------------------------------------------------------------


# Every state of every flow, with and without the slot and somebody to wait on; a person for each.
_CASES = """
WITH records AS (
  SELECT row_number() OVER () AS graduate_id, f.flow, f.state, s.slot, w.waits_on
  FROM unnest($1::text[], $2::text[]) AS f(flow, state) CROSS JOIN (VALUES (TRUE), (FALSE)) s(slot)
  CROSS JOIN (VALUES (NULL), ('school'), ('graduate')) w(waits_on)),
g AS (SELECT graduate_id AS id, NULL::timestamptz AS invalid_at FROM records)
SELECT r.flow, r.state, r.slot, r.waits_on, tally_engages(r.flow, r.state, r.slot, r.waits_on) AS engages,
  NOT ({unregistered}) AS registered, tally_in_force(r.flow, r.state, r.slot) AS holds, {in_force} AS in_force
FROM records r JOIN g ON g.id = r.graduate_id"""


async def test_the_database_counts_by_the_rules_of_the_flow_tables() -> None:
    pairs = [(str(flow), state.name) for flow, spec in FLOWS.items() for state in spec.states]
    text = _CASES.format(unregistered=condition(WorkList.UNREGISTERED), in_force=in_force())
    rows = await fetch(text, *zip(*pairs, strict=True))
    assert len(rows) == 6 * len(pairs)
    assert [r for r in rows if r["engages"] != r["registered"] or r["holds"] != r["in_force"]] == []


async def test_sums_are_kept_under_every_axis_and_feature(world: World) -> None:
    await reach(world, Flow.DESTINATION, "approved", (await add_graduates(world, 1))[0])
    await tallies.fold_all()
    held = await fetch("SELECT DISTINCT axis, kind FROM tallies")
    assert {row["axis"] for row in held} == set(AXES)
    assert {row["kind"] for row in held} == {RECORD, PERSON, *FEATURES}


async def test_a_sum_that_is_wrong_is_found_and_made_anew(world: World) -> None:
    await tallies.fold_all()
    await execute("UPDATE tallies SET n = n + 3 WHERE axis = 'sex' AND kind = 'person' AND n > 0")
    found = await tallies.compare(OPERATOR)
    assert found
    assert all(d.by == "性别" and d.sums > d.rows for d in found)
    await tallies.rebuild(OPERATOR)
    assert await tallies.compare(OPERATOR) == []
