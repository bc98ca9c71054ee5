"""Room: graduates without WeChat, and their own numbers: signing in by SMS, changing the number, two cohorts."""

from __future__ import annotations

import json

import pytest

from models.store import MemoryStore
from models.tables import Binding, Graduate, JournalRow, OutboxRow, Token
from models.vault import unseal
from tests.conftest import Clock
from tests.harness.callers import bind as any_binding
from tests.harness.chat import new_openid
from tests.harness.invented import id_number
from tests.harness.world import Person, World, add_graduates, make_world, mobile, roster_row, sign
from workflows.commands.bindings import ask_code, bind, choose_binding, prove_code, read_claim, unbind
from workflows.commands.deliveries import CODE_PLACE, TO_PLACE
from workflows.commands.own_entries import other_entries, turn_to
from workflows.commands.own_phone import ask_new_phone, asked_phone, known_phone, take_phone_codes
from workflows.commands.phone_sign_in import sign_in_by_code
from workflows.commands.phones import change_phone
from workflows.commands.roster import import_roster
from workflows.commands.sessions import SignedIn, bearer, open_graduate_session, open_own_session, resolve
from workflows.commands.tokens import VISITOR, open_visit
from workflows.errors import Forbidden, InvalidForm, NotFound, RateLimited, Refused, Unauthenticated

ADDRESS = "203.0.113.7"


@pytest.fixture(scope="module")
async def school(database: str) -> World:
    return await make_world(graduates=1)


@pytest.fixture(scope="module")
async def masters(database: str) -> World:
    """A later cohort of another school, for postgraduates: both rosters of one person live."""
    first = await make_world(graduates=0)
    return await make_world(cohort=first.cohort + 1, graduates=0, level_code="11")


@pytest.fixture
async def world(school: World) -> World:
    school.graduates[:0] = await add_graduates(school, 2)
    return school


async def again(masters: World, person: Person, **other: str) -> Person:
    """The same person on the later roster."""
    row = roster_row(masters.graduates[0].department if masters.graduates else "研究生院", xldm="11")
    row |= {"xm": person.name, "sfzh": person.id_number, "sjh": person.mobile, **other}
    await import_roster(masters.school, masters.cohort, [row], file_sha256="0" * 64)
    entry = await Graduate.get(school_id=masters.school_id, proof_code__not="", basic__contains={"ksh": row["ksh"]})
    return Person(entry.id, person.actor, person.name, person.id_number, row["sjh"], row["szyx"], person.level)


async def codes(person: Person) -> list[tuple[str, str]]:
    """Of every code that was sent, oldest first: the code and the number it went to, empty for that of the roster."""
    rows = await OutboxRow.filter(recipient=person.id, notice="one_time_code").order_by("id")
    return [
        (unseal(CODE_PLACE, row.params["code"]), unseal(TO_PLACE, row.params["to"]) if "to" in row.params else "")
        for row in rows
    ]


async def signed_in(person: Person, openid: str = "") -> tuple[str, SignedIn | None]:
    """A visit that has proved to be this person; without an openid also the session that it opened."""
    visit = await open_visit(VISITOR, openid, "/m/records")
    store = MemoryStore()
    await ask_code(store, visit, person.name, person.id_number, ADDRESS)
    assert await prove_code(store, visit, (await codes(person))[-1][0])
    return visit, None if openid else (await sign_in_by_code(visit))[0]


# --- signing in ----------------------------------------------------------------------------------


async def test_name_number_and_code_open_a_session_with_the_same_rights(world: World) -> None:
    person = world.graduate
    visit, session = await signed_in(person)
    assert session is not None
    assert await resolve(session.token) == person.actor
    assert (await bearer(session.token)).binding_id is None
    assert not await Binding.filter(graduate_id=person.id).exists()
    with pytest.raises(Unauthenticated):
        await sign_in_by_code(visit)


async def test_no_session_without_the_code_and_none_for_nobody(world: World) -> None:
    store, visit = MemoryStore(), await open_visit(VISITOR, "", "/m/records")
    for name, number in ((world.graduate.name, world.graduate.id_number), ("无此人", id_number())):
        await ask_code(store, visit, name, number, ADDRESS)
        assert not await prove_code(store, visit, "1")
        with pytest.raises(Unauthenticated):
            await sign_in_by_code(visit)
    wechat, _ = await signed_in(world.graduates[1], new_openid())
    with pytest.raises(Unauthenticated):
        await sign_in_by_code(wechat)


async def test_a_visit_without_wechat_binds_nothing(world: World) -> None:
    store, visit = MemoryStore(), await open_visit(VISITOR, "", "/m/bind/who")
    await ask_code(store, visit, world.graduate.name, world.graduate.id_number, ADDRESS)
    assert await prove_code(store, visit, (await codes(world.graduate))[-1][0])
    claim = await read_claim(visit)
    assert claim is not None
    with pytest.raises(Forbidden):
        await bind(claim.actor, visit)


async def test_as_much_is_counted_and_written_whether_somebody_exists_or_not(world: World) -> None:
    """Else the time of the answer would tell."""

    class Counting(MemoryStore):
        keys: list[str]

        async def count(self, key: str, *args: object, **more: object) -> object:
            self.keys.append(key)
            return await super().count(key, *args, **more)  # type: ignore[arg-type]

    seen = []
    for name, number in ((world.graduate.name, world.graduate.id_number), ("无此人", id_number())):
        store = Counting()
        store.keys = []
        before = await Token.all().count()
        await ask_code(store, await open_visit(VISITOR, "", ""), name, number, ADDRESS)
        kinds = [key.rsplit(":", 1)[0] for key in store.keys]
        seen.append((kinds, await Token.all().count() - before))
    known, unknown = seen
    assert unknown[0] == [*known[0][:6], "bind:at", *known[0][6:]]
    assert known[1] == unknown[1]


async def test_staff_who_change_a_number_end_what_the_old_one_opened(world: World) -> None:
    _, session = await signed_in(world.graduate)
    assert session is not None
    await change_phone(world.school, world.graduate.id, mobile(), "本人到现场更正号码")
    with pytest.raises(Unauthenticated):
        await resolve(session.token)


# --- the number ----------------------------------------------------------------------------------


async def test_both_numbers_confirm_a_change_and_the_old_one_is_told(world: World) -> None:
    person, number = world.graduate, mobile()
    binding = await any_binding(world, person)
    await ask_new_phone(MemoryStore(), person.actor, number, with_old=True)
    asked = await asked_phone(person.actor)
    assert asked is not None
    assert (asked.mobile, asked.with_old) == (f"{number[:3]}****{number[-4:]}", True)
    (new, to), (old, roster) = await codes(person)
    assert (to, roster) == (number, "")
    assert await take_phone_codes(MemoryStore(), person.actor, "1", old) == ["code"]
    assert await take_phone_codes(MemoryStore(), person.actor, new, "1") == ["old_code"]
    assert (await known_phone(person.actor)).mobile != asked.mobile
    assert await take_phone_codes(MemoryStore(), person.actor, new, old) == []
    row = await Graduate.get(id=person.id)
    assert unseal("graduates.phone_enc", row.phone_enc) == number
    assert (row.phone_source, row.phone_usable_at) == ("own", None)
    told = await OutboxRow.filter(notice="own_phone_changed")
    by_sms = next(one for one in told if one.recipient == person.id)
    assert unseal(TO_PLACE, by_sms.params["to"]) == person.mobile
    assert {one.channel for one in told if one.recipient == binding} == {"wechat"}
    entry = await JournalRow.get(subject_id=person.id, action="change_own_phone")
    assert number not in json.dumps(entry.detail)
    assert await asked_phone(person.actor) is None
    assert await take_phone_codes(MemoryStore(), person.actor, new, old) == ["code"]


async def test_without_the_old_number_the_paper_is_asked_for_and_the_new_one_rests(world: World, clock: Clock) -> None:
    person, number = world.graduate, mobile()
    with pytest.raises(InvalidForm) as fault:
        await ask_new_phone(MemoryStore(), person.actor, number, with_old=False, id_number=id_number())
    assert [one.path for one in fault.value.faults] == ["id_number"]
    await ask_new_phone(MemoryStore(), person.actor, number, with_old=False, id_number=f" {person.id_number.lower()} ")
    ((new, to),) = await codes(person)
    assert to == number
    assert await take_phone_codes(MemoryStore(), person.actor, new) == []
    known = await known_phone(person.actor)
    assert not known.reachable
    visit = await open_visit(VISITOR, "", "")
    await ask_code(MemoryStore(), visit, person.name, person.id_number, ADDRESS)
    assert len(await codes(person)) == 1, "a strange hand on the phone opens nothing for a day"
    clock.advance(hours=24, seconds=1)
    await signed_in(person)
    assert len(await codes(person)) == 2


async def test_a_paper_cannot_be_guessed(world: World) -> None:
    store = MemoryStore()
    for _ in range(10):
        with pytest.raises(InvalidForm):
            await ask_new_phone(store, world.graduate.actor, mobile(), with_old=False, id_number=id_number())
    with pytest.raises(RateLimited):
        await ask_new_phone(store, world.graduate.actor, mobile(), with_old=False, id_number=world.graduate.id_number)


@pytest.mark.parametrize(("number", "code"), [("12345", "bad_format"), ("", "bad_format"), ("own", "same")])
async def test_a_number_that_cannot_be_right_is_said_at_its_field(world: World, number: str, code: str) -> None:
    wanted = world.graduate.mobile if number == "own" else number
    with pytest.raises(InvalidForm) as fault:
        await ask_new_phone(MemoryStore(), world.graduate.actor, wanted, with_old=True)
    assert [one.path for one in fault.value.faults] == ["mobile"]
    if number == "own":
        assert fault.value.faults[0].code == code


async def test_a_change_ends_other_sessions_without_wechat_and_tells_the_ems(world: World) -> None:
    person, number = world.graduate, mobile()
    await sign(world, person)
    kept, ended = await open_own_session(person.id), await open_own_session(person.id)
    pushes = await OutboxRow.filter(recipient=person.id, channel="ems").count()
    await ask_new_phone(MemoryStore(), person.actor, number, with_old=True)
    (new, _), (old, _) = (await codes(person))[-2:]
    assert await take_phone_codes(MemoryStore(), person.actor, new, old, keep=kept.token) == []
    assert await resolve(kept.token) == person.actor
    with pytest.raises(Unauthenticated):
        await resolve(ended.token)
    pushed = await OutboxRow.filter(recipient=person.id, channel="ems").order_by("id")
    assert len(pushed) == pushes + 1
    assert number not in json.dumps(pushed[-1].params)


async def test_nobody_else_changes_it(world: World) -> None:
    for actor in (world.school, world.employer.actor, VISITOR):
        with pytest.raises(Forbidden):
            await ask_new_phone(MemoryStore(), actor, mobile(), with_old=True)
    await ask_new_phone(MemoryStore(), world.graduate.actor, mobile(), with_old=True)
    (new, _), (old, _) = await codes(world.graduate)
    await Graduate.filter(id=world.graduate.id).update(phone_source="own")
    with pytest.raises(Refused):
        await change_phone(world.school, world.graduate.id, mobile(), "本人到现场更正号码")
    assert await take_phone_codes(MemoryStore(), world.graduates[1].actor, new, old) == ["code"]


# --- what a roster file may do to a number -------------------------------------------------------


async def test_a_file_leaves_the_number_of_whoever_has_bound(world: World) -> None:
    bound, free = world.graduates[:2]
    await any_binding(world, bound)
    rows = []
    for person in (bound, free):
        entry = await Graduate.get(id=person.id)
        more = {"ksh": entry.basic["ksh"], "xm": person.name, "sfzh": person.id_number}
        rows.append(roster_row(person.department, **more))
    await import_roster(world.school, world.cohort, rows, file_sha256="0" * 64)
    now = {p.id: await Graduate.get(id=p.id) for p in (bound, free)}
    assert unseal("graduates.phone_enc", now[bound.id].phone_enc) == bound.mobile
    assert unseal("graduates.phone_enc", now[free.id].phone_enc) == rows[1]["sjh"]
    assert now[bound.id].phone_usable_at is None
    assert now[free.id].phone_usable_at is not None, "it rests, as one that staff entered by hand does"


# --- two cohorts ---------------------------------------------------------------------------------


async def test_one_code_binds_both_cohorts_of_a_person_with_one_number(world: World, masters: World) -> None:
    person, openid = world.graduate, new_openid()
    later = await again(masters, person)
    visit, _ = await signed_in(later, openid)
    claim = await read_claim(visit)
    assert claim is not None
    assert claim.cohort == masters.cohort, "the newest is asked about"
    binding = await bind(claim.actor, visit)
    rows = {row.graduate_id: row for row in await Binding.filter(openid=openid, ended_at=None)}
    assert set(rows) == {person.id, later.id}
    session = await open_graduate_session(binding)
    (other,) = await other_entries(claim.actor, binding)
    assert (other.id, other.binding_id) == (person.id, rows[person.id].id)
    turned = await turn_to(claim.actor, binding, person.id)
    assert turned.actor.id == person.id
    await choose_binding(claim.actor, openid, rows[person.id].id)
    with pytest.raises(Unauthenticated):
        await resolve(session.token)
    assert await unbind(person.actor, openid, rows[person.id].id) == 1
    assert [row.graduate_id for row in await Binding.filter(openid=openid, ended_at=None)] == [later.id]


async def test_another_number_on_the_other_roster_keeps_the_entries_apart(world: World, masters: World) -> None:
    """A school that enters somebody with its own number must not get at what the person has elsewhere."""
    person, openid = world.graduate, new_openid()
    later = await again(masters, person, sjh=mobile())
    visit, _ = await signed_in(later, openid)
    claim = await read_claim(visit)
    assert claim is not None
    await bind(claim.actor, visit)
    assert [row.graduate_id for row in await Binding.filter(openid=openid, ended_at=None)] == [later.id]
    _, session = await signed_in(later)
    assert session is not None
    assert await other_entries(session.actor, None) == []
    with pytest.raises(NotFound):
        await turn_to(session.actor, None, person.id)


async def test_without_wechat_one_number_opens_both_cohorts_and_changes_in_both(world: World, masters: World) -> None:
    person = world.graduate
    later = await again(masters, person)
    _, session = await signed_in(later)
    assert session is not None
    turned = await turn_to(session.actor, None, person.id)
    assert turned.actor.id == person.id
    await ask_new_phone(MemoryStore(), turned.actor, mobile(), with_old=True)
    (new, _), (old, _) = await codes(person)
    assert await take_phone_codes(MemoryStore(), turned.actor, new, old) == []
    first, second = await Graduate.get(id=person.id), await Graduate.get(id=later.id)
    assert first.phone_bidx == second.phone_bidx
    assert second.phone_source == "own"
