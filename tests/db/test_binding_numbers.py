"""Room: which number a binding confirms, and which of a person's entries it is for (roles.md, Roster)."""

from __future__ import annotations

import pytest

from models.store import MemoryStore
from models.tables import Graduate, Record
from models.vault import blind_index, unseal
from tests.harness.binding import ADDRESS, bind_as, code_of, visit
from tests.harness.chat import new_openid
from tests.harness.invented import mobile, roster_row
from tests.harness.world import Person, World, invite, make_world
from workflows.commands.bindings import ask_code, prove_code, read_claim, unbind
from workflows.commands.roster import import_roster, invalidate_graduate, restore_graduate


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


@pytest.fixture
def counters() -> MemoryStore:
    return MemoryStore()


def row_of(person: Person, **changes: str) -> dict[str, str]:
    """The person's line of a roster file."""
    return roster_row(person.department, xm=person.name, sfzh=person.id_number, **changes)


async def test_a_number_that_the_code_reached_is_the_graduates_own_and_no_file_changes_it(
    world: World, counters: MemoryStore
) -> None:
    """Otherwise whoever writes a roster file could put a number of their own there and bind in the graduate's place."""
    person = world.graduate
    exam_no = (await Graduate.get(id=person.id)).basic["ksh"]
    openid = new_openid()
    await bind_as(counters, person, openid)
    await unbind(person.actor, openid)
    file = [row_of(person, ksh=exam_no, sjh=mobile())]
    await import_roster(world.school, world.cohort, file, file_sha256="0" * 64)
    kept = await Graduate.get(id=person.id)
    assert unseal("graduates.phone_enc", kept.phone_enc) == person.mobile
    assert kept.phone_source == "confirmed"


async def test_a_number_that_changed_after_the_code_was_sent_is_not_taken_for_confirmed(
    world: World, counters: MemoryStore
) -> None:
    person = world.graduate
    exam_no = (await Graduate.get(id=person.id)).basic["ksh"]
    token = await visit()
    await ask_code(counters, token, person.name, person.id_number, ADDRESS)
    other = mobile()
    await import_roster(world.school, world.cohort, [row_of(person, ksh=exam_no, sjh=other)], file_sha256="0" * 64)
    assert await prove_code(counters, token, await code_of(person))
    assert (await Graduate.get(id=person.id)).phone_source == "roster"


async def test_whoever_was_listed_in_a_wrong_cohort_and_back_binds_where_they_may_act(
    world: World, counters: MemoryStore
) -> None:
    """The newer entry is frozen; binding to it would only show why nothing goes on."""
    person = world.graduate
    await import_roster(world.school, world.cohort + 1, [row_of(person, sjh=person.mobile)], file_sha256="1" * 64)
    wrong = await Graduate.get(id_bidx=blind_index("id_number", person.id_number), cohort=world.cohort + 1)
    await invalidate_graduate(world.school, wrong.id, "届次导入有误，应为上一届")
    await restore_graduate(world.school, person.id)
    token = await visit()
    await ask_code(counters, token, person.name, person.id_number, ADDRESS)
    assert await prove_code(counters, token, await code_of(person))
    claim = await read_claim(token)
    assert claim is not None
    assert (claim.actor.id, claim.cohort) == (person.id, world.cohort)
    invited = await invite(world)
    assert (await Record.get(id=invited.record_id)).graduate_id == person.id, "and is invited there"
