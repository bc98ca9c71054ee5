"""Room: kind and number of a paper say together who somebody is: on a roster, in an invitation, when binding."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import pytest

from models import codes, db
from models.store import MemoryStore
from models.tables import Graduate, OutboxRow, Record
from models.vault import blind_index, paper_index
from tests.harness import world as w
from tests.harness.binding import ADDRESS, visit
from workflows.commands.bindings import ask_code
from workflows.commands.roster import import_roster
from workflows.errors import InvalidForm, Refused
from workflows.queries.graduates import GraduateFilters, list_graduates

pytestmark = pytest.mark.usefixtures("database")

PERMIT, PASSPORT = codes.PAPER_HK_MACAU_PERMIT, codes.PAPER_PASSPORT
NAME = "陈同名"


@dataclass(frozen=True)
class Namesakes:
    """Two people of one school with the same name and the same number, one's of a permit, the other's of a passport."""

    world: w.World
    number: str
    entries: dict[str, Graduate]


def numbered() -> str:
    return f"H{secrets.randbelow(10**8):08d}"


async def take(world: w.World, *rows: dict[str, str]) -> None:
    await import_roster(world.school, world.cohort, rows, file_sha256="0" * 64)


@pytest.fixture(scope="module")
async def two(database: str) -> Namesakes:
    world, number = await w.make_world(graduates=1), numbered()
    await take(world, *(w.roster_row(xm=NAME, sfzh=number, zjlxdm=kind) for kind in (PERMIT, PASSPORT)))
    found = await Graduate.filter(school_id=world.school_id, name=NAME)
    return Namesakes(world, number, {row.id_kind: row for row in found})


async def test_two_kinds_of_paper_with_one_number_are_two_people(two: Namesakes) -> None:
    assert set(two.entries) == {PERMIT, PASSPORT}
    again = w.roster_row(xm="陈改名", sfzh=two.number, zjlxdm=PASSPORT, ksh="", sjh="")
    await take(two.world, again)
    assert (await Graduate.get(id=two.entries[PASSPORT].id)).name == "陈改名", "found by kind and number alone"
    assert (await Graduate.get(id=two.entries[PERMIT].id)).name == NAME
    await take(two.world, {**again, "xm": NAME})


async def test_whoever_stands_elsewhere_with_another_paper_of_that_number_stays(two: Namesakes) -> None:
    other = await w.make_world(graduates=0)
    await take(other, w.roster_row(sfzh=two.number, zjlxdm=codes.PAPER_PASSPORT))
    assert (await Graduate.get(id=two.entries[PERMIT].id)).invalid_at is None
    moved = await Graduate.get(id=two.entries[PASSPORT].id)
    assert moved.invalid_cause == "moved", "the same paper is the same person"
    await Graduate.filter(id=moved.id).update(invalid_at=None, invalid_cause="", invalid_note="")


async def test_an_invitation_reaches_the_paper_that_it_names(two: Namesakes) -> None:
    person = two.world.graduate
    for kind in (PERMIT, PASSPORT):
        named = {"graduate_name": NAME, "id_kind": kind, "id_number": two.number}
        made = await w.invite(two.world, person, **named)
        assert (await Record.get(id=made.record_id)).graduate_id == two.entries[kind].id
    with pytest.raises(Refused) as caught:
        await w.invite(two.world, person, graduate_name=NAME, id_kind=codes.PAPER_TAIWAN_PERMIT, id_number="12345678")
    assert caught.value.guard == "invitee_found"


async def test_a_code_goes_to_the_paper_that_was_named(two: Namesakes) -> None:
    async def sent() -> dict[str, int]:
        return {
            kind: await OutboxRow.filter(recipient=entry.id, notice="one_time_code").count()
            for kind, entry in two.entries.items()
        }

    await ask_code(MemoryStore(), await visit(), NAME, f" {two.number.lower()} ", ADDRESS, PASSPORT)
    assert await sent() == {PERMIT: 0, PASSPORT: 1}
    await ask_code(MemoryStore(), await visit(), NAME, two.number, ADDRESS, PERMIT)
    assert await sent() == {PERMIT: 1, PASSPORT: 1}


@pytest.mark.parametrize(
    ("number", "paper", "field"),
    [("E1234567", codes.PAPER_RESIDENT_ID, "id_number"), ("", PASSPORT, "id_number"), ("E1234567", "card", "id_kind")],
)
async def test_a_number_that_its_paper_cannot_have_is_said_at_once(number: str, paper: str, field: str) -> None:
    with pytest.raises(InvalidForm) as caught:
        await ask_code(MemoryStore(), await visit(), NAME, number, ADDRESS, paper)
    assert [fault.path for fault in caught.value.faults] == [field]


async def test_staff_who_search_by_the_number_alone_find_every_paper(two: Namesakes) -> None:
    page = await list_graduates(two.world.school, GraduateFilters(id_number=f" {two.number.lower()}"))
    assert {row["id_kind"] for row in page.items} == {PERMIT, PASSPORT}


@pytest.mark.parametrize("kind", [entry.code for entry in codes.table("paper")])
async def test_what_was_written_before_kinds_counted_was_put_right(kind: str) -> None:
    """The migration's expression gives what a roster file gives now, so that files still meet their entries."""
    put_right = "SELECT substr(sha256($1::bytea || convert_to(':' || $2::text, 'UTF8')), 1, 16)"
    before, now = blind_index("id_number", "H12345678"), paper_index(kind, "H12345678")
    if kind == codes.PAPER_RESIDENT_ID:
        assert now == before
    else:
        assert await db.fetch_value(put_right, before, kind) == now
