"""Room: one person on two rosters: transferred, or a year longer; what a changed name does to records under way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.kit import cohort_close
from models.parties import Level
from models.tables import Graduate, JournalRow, Record
from tests.harness import world as w
from workflows.commands.roster import import_roster, restore_graduate
from workflows.commands.sessions import actor_of_graduate
from workflows.errors import Refused

SHA = "ab" * 32


async def take(world, rows, **more):
    return await import_roster(world.school, world.cohort, rows, file_sha256=SHA, **more)


async def entries(world) -> dict[str, Graduate]:
    return {g.basic["ksh"]: g for g in await Graduate.filter(school_id=world.school_id, cohort=world.cohort)}


async def test_whoever_appears_in_another_school_freezes_in_the_old_one(database):
    old, new = await w.make_world(graduates=0), await w.make_world(graduates=0)
    row = w.roster_row()
    await take(old, [row])
    before = (await entries(old))[row["ksh"]]
    outcome = await take(new, [row])
    assert (outcome.added, outcome.moved) == (1, 1)
    before = await Graduate.get(id=before.id)
    assert (before.invalid_cause, before.invalid_note) == ("moved", "该生已列入其他学校或其他届次的学生名单。")
    note = await JournalRow.get(chain=f"school:{old.school_id}", subject_id=before.id, action="invalidate")
    assert note.detail["by"] == "其他学校的学生名单"
    # The old school's file still has them: it takes nobody back by itself.
    again = await take(old, [row])
    assert (again.restored, again.blocked, again.moved) == (0, 1, 0)
    assert (await Graduate.get(id=before.id)).invalid_at is not None
    # By hand it does, and then the other entry gives way.
    await restore_graduate(old.school, before.id)
    assert (await Graduate.get(id=before.id)).invalid_at is None
    assert (await entries(new))[row["ksh"]].invalid_cause == "moved"


async def test_whoever_stays_a_year_longer_freezes_in_the_earlier_cohort_and_not_the_other_way(database):
    world = await w.make_world(graduates=0)
    row = w.roster_row()
    await take(world, [row])
    early = (await entries(world))[row["ksh"]]
    late = await import_roster(world.school, world.cohort + 1, [row], file_sha256=SHA)
    assert (late.added, late.moved) == (1, 1)
    assert (await Graduate.get(id=early.id)).invalid_cause == "moved"
    assert (await take(world, [row])).blocked == 1
    with pytest.raises(Refused) as caught:
        await restore_graduate(world.school, early.id)
    assert caught.value.guard == "later_cohort"
    fresh = w.roster_row()
    await import_roster(world.school, world.cohort + 1, [fresh], file_sha256=SHA)
    assert (await take(world, [fresh])).blocked == 1
    assert (await entries(world))[fresh["ksh"]].invalid_cause == "moved"


async def test_a_later_degree_or_a_closed_cohort_freezes_nobody(database, clock):
    world = await w.make_world(graduates=0)
    row, old = w.roster_row(), w.roster_row()
    await take(world, [row])
    await import_roster(world.school, world.cohort - 3, [old], file_sha256=SHA)
    clock.moment = cohort_close(world.cohort - 3) + timedelta(seconds=1)
    degree = await import_roster(world.school, world.cohort + 1, [row | {"xldm": "11"}], file_sha256=SHA)
    later = await import_roster(world.school, world.cohort + 1, [old], file_sha256=SHA)
    assert (degree.moved, later.moved) == (0, 0)
    assert {g.invalid_cause for g in (await entries(world)).values()} == {""}


async def test_two_slots_of_one_person_do_not_live_beside_each_other(database):
    old, new = await w.make_world(graduates=1), await w.make_world(graduates=0)
    await w.sign(old)
    entry = await Graduate.get(id=old.graduate.id)
    row = w.roster_row(sfzh=old.graduate.id_number, xm=old.graduate.name, ksh=entry.basic["ksh"])
    await take(new, [row])
    person = (await entries(new))[row["ksh"]]
    await Record.filter(graduate_id=old.graduate.id).update(slot=False)
    moved = w.Person(
        person.id, actor_of_graduate(person), person.name, row["sfzh"], row["sjh"], "x", Level.UNDERGRADUATE
    )
    await w.sign(new, moved)
    await Record.filter(graduate_id=old.graduate.id).update(slot=True)
    with pytest.raises(Refused) as caught:
        await restore_graduate(old.school, old.graduate.id)
    assert caught.value.guard == "slot_free"


async def test_a_file_counts_the_records_whose_graduate_it_changes(database):
    world = await w.make_world(graduates=0)
    row = w.roster_row()
    await take(world, [row])
    entry = (await entries(world))[row["ksh"]]
    person = w.Person(
        entry.id, actor_of_graduate(entry), row["xm"], row["sfzh"], row["sjh"], row["szyx"], Level.UNDERGRADUATE
    )
    await w.invite(world, person)
    assert (await take(world, [row | {"szyx": "文学院"}])).flagged == 0
    assert (await take(world, [row | {"xm": "改名"}])).flagged == 1
