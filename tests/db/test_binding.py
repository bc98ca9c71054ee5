"""Room: binding commands on a real database: codes, tries, uniqueness, what dies with a binding."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

import pytest

from models import db
from models.store import MemoryStore, RedisStore
from models.tables import Binding, JournalRow, OutboxRow, Token
from tests.conftest import Clock
from tests.harness.binding import ADDRESS, bind_as, code_of, proved, visit
from tests.harness.chat import bound, new_openid
from tests.harness.invented import id_number
from tests.harness.world import World, add_graduates, make_world
from workflows.commands.bindings import ask_code, bind, prove_code, read_claim, unbind, unfollow
from workflows.commands.sessions import open_graduate_session, resolve
from workflows.commands.tokens import VISITOR, open_state, read_visit, use_state
from workflows.errors import Conflict, Forbidden, InvalidForm, RateLimited, Refused, Unauthenticated


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


@pytest.fixture
def counters() -> MemoryStore:
    return MemoryStore()


# --- codes ---------------------------------------------------------------------------------------


async def test_name_number_and_code_lead_to_a_binding(world: World, counters: MemoryStore) -> None:
    person, openid = world.graduate, new_openid()
    binding = await bind_as(counters, person, openid)
    row = await Binding.get(id=binding)
    assert (row.graduate_id, row.openid, row.cohort, row.ended_at) == (person.id, openid, world.cohort, None)
    (entry,) = await JournalRow.filter(subject_id=person.id, action="bind")
    assert openid not in json.dumps(entry.detail)
    assert entry.actor == f"graduate:{person.id}"


async def test_the_code_stands_nowhere_in_clear(world: World, counters: MemoryStore) -> None:
    token = await visit()
    await ask_code(counters, token, world.graduate.name, world.graduate.id_number, ADDRESS)
    code = await code_of(world.graduate)
    assert len(code) == 6
    row = await OutboxRow.filter(recipient=world.graduate.id, notice="one_time_code").first()
    assert row is not None
    assert code not in json.dumps(row.params["code"])
    assert row.channel == "sms"
    assert world.graduate.mobile not in json.dumps(row.params)
    for minted in await Token.filter(subject__startswith=str(world.graduate.id)):
        assert code not in json.dumps(minted.payload) + minted.digest


async def test_names_and_numbers_are_forgiven_their_spelling(world: World, counters: MemoryStore) -> None:
    person = world.graduate
    wide = person.id_number.translate(str.maketrans("0123456789", "０１２３４５６７８９")).replace("X", "ｘ")
    token = await visit()
    await ask_code(counters, token, f" {person.name[0]} {person.name[1:]} ", f" {wide} ", ADDRESS)
    assert await prove_code(counters, token, f" {await code_of(person)} ")


async def test_whether_somebody_exists_is_not_told(world: World, counters: MemoryStore) -> None:
    known, unknown, wrong_name = await visit(), await visit(), await visit()
    await ask_code(counters, known, world.graduate.name, world.graduate.id_number, ADDRESS)
    other = world.graduates[1]
    stranger = id_number()
    assert await ask_code(counters, unknown, "无此人", stranger, ADDRESS) is None
    assert await ask_code(counters, wrong_name, "无此人", other.id_number, ADDRESS) is None
    for token in (known, unknown, wrong_name):
        found = await read_visit(token)
        assert found is not None
        assert found.claim is not None
        assert not found.proved
        assert not await prove_code(counters, token, "000000") or token == known
    assert not await OutboxRow.filter(recipient=other.id, notice="one_time_code").exists()


async def test_a_wrong_code_may_be_tried_five_times(world: World, counters: MemoryStore) -> None:
    token = await visit()
    await ask_code(counters, token, world.graduate.name, world.graduate.id_number, ADDRESS)
    code = await code_of(world.graduate)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        assert not await prove_code(counters, token, wrong)
    assert not await prove_code(counters, token, code), "the sixth try comes too late even with the right code"


async def test_a_code_ends_after_five_minutes(world: World, counters: MemoryStore, clock: Clock) -> None:
    token = await visit()
    await ask_code(counters, token, world.graduate.name, world.graduate.id_number, ADDRESS)
    code = await code_of(world.graduate)
    clock.advance(minutes=5, seconds=1)
    assert not await prove_code(counters, token, code)


async def test_a_code_works_once_and_only_for_the_one_who_asked(world: World, counters: MemoryStore) -> None:
    mine, theirs = await visit(), await visit()
    await ask_code(counters, mine, world.graduate.name, world.graduate.id_number, ADDRESS)
    code = await code_of(world.graduate)
    await ask_code(MemoryStore(), theirs, "无此人", world.graduate.id_number, ADDRESS)
    assert not await prove_code(counters, theirs, code)
    assert await prove_code(counters, mine, code)
    assert not await prove_code(counters, mine, code)


async def test_a_newer_code_ends_the_older_one(world: World) -> None:
    token = await visit()
    await ask_code(MemoryStore(), token, world.graduate.name, world.graduate.id_number, ADDRESS)
    old = await code_of(world.graduate)
    await ask_code(MemoryStore(), token, world.graduate.name, world.graduate.id_number, ADDRESS)
    new = await code_of(world.graduate)
    assert old == new or not await prove_code(MemoryStore(), token, old)
    assert await prove_code(MemoryStore(), token, new)


async def test_one_code_a_minute_whether_somebody_exists_or_not(world: World, counters: MemoryStore) -> None:
    for name, number in ((world.graduate.name, world.graduate.id_number), ("无此人", id_number())):
        token = await visit()
        await ask_code(counters, token, name, number, ADDRESS)
        with pytest.raises(RateLimited):
            await ask_code(counters, token, name, number, ADDRESS)


async def test_five_codes_an_hour_and_ten_a_day(world: World) -> None:
    """contracts 8; counted from the first of them, whoever asks."""
    minutes = 0.0
    counters, person = MemoryStore(lambda: minutes * 60), world.graduate
    sent = []
    for minutes in (*range(0, 6), 58.9, *range(60, 65), 121, 720, 1438.9, 1440):
        try:
            await ask_code(counters, await visit(), person.name, person.id_number, ADDRESS)
            sent.append(minutes)
        except RateLimited:
            pass
    assert sent == [*range(0, 5), *range(60, 65), 1440]
    assert await OutboxRow.filter(recipient=person.id, notice="one_time_code").count() == len(sent)


async def test_past_the_limits_of_a_phone_nothing_is_sent_and_nothing_is_said(
    world: World, counters: MemoryStore
) -> None:
    """Two entries with one phone: what the phone may get is shared, and the second person is told nothing of it."""
    first, second = world.graduates
    await db.execute(
        "UPDATE graduates SET phone_enc = o.phone_enc, phone_bidx = o.phone_bidx FROM graduates o "
        "WHERE graduates.id = $1 AND o.id = $2",
        second.id,
        first.id,
    )
    await ask_code(counters, await visit(), first.name, first.id_number, ADDRESS)
    await ask_code(counters, await visit(), second.name, second.id_number, ADDRESS)
    assert await OutboxRow.filter(recipient=first.id, notice="one_time_code").count() == 1
    assert await OutboxRow.filter(recipient=second.id, notice="one_time_code").count() == 0


async def test_ten_tries_an_hour_at_one_number_or_by_one_account(world: World, counters: MemoryStore) -> None:
    token = await visit()
    for _ in range(10):
        await ask_code(counters, token, "无此人", id_number(), f"198.51.100.{_}")
    with pytest.raises(RateLimited):
        await ask_code(counters, token, "无此人", id_number(), "198.51.100.77")


async def test_ten_wrong_tries_an_hour_from_one_address(world: World, counters: MemoryStore) -> None:
    for _ in range(10):
        await ask_code(counters, await visit(), "无此人", id_number(), ADDRESS)
    with pytest.raises(RateLimited):
        await ask_code(counters, await visit(), "无此人", id_number(), ADDRESS)
    await ask_code(counters, await visit(), world.graduate.name, world.graduate.id_number, "198.51.100.9")


async def test_right_tries_from_one_campus_address_do_not_lock_it(world: World, counters: MemoryStore) -> None:
    for person in await add_graduates(world, 12):
        await ask_code(counters, await visit(), person.name, person.id_number, ADDRESS)


async def test_without_counters_no_code_is_sent(world: World) -> None:
    gone = RedisStore("redis://127.0.0.1:1/0", timeout=0.2)
    with pytest.raises(RateLimited):
        await ask_code(gone, await visit(), world.graduate.name, world.graduate.id_number, ADDRESS)
    assert not await OutboxRow.filter(recipient=world.graduate.id, notice="one_time_code").exists()
    await gone.close()


@pytest.mark.parametrize(("name", "number", "paths"), [("", "", ["name", "id_number"]), ("赵一", "12", ["id_number"])])
async def test_what_cannot_be_right_is_said_at_its_field(
    database: str, counters: MemoryStore, name: str, number: str, paths: list[str]
) -> None:
    with pytest.raises(InvalidForm) as refusal:
        await ask_code(counters, await visit(), name, number, ADDRESS)
    assert [fault.path for fault in refusal.value.faults] == paths


async def test_a_visit_ends_and_cannot_be_invented(world: World, counters: MemoryStore, clock: Clock) -> None:
    for token in ("", "x" * 32):
        with pytest.raises(Unauthenticated):
            await ask_code(counters, token, world.graduate.name, world.graduate.id_number, ADDRESS)
    token = await visit()
    clock.advance(minutes=31)
    with pytest.raises(Unauthenticated):
        await ask_code(counters, token, world.graduate.name, world.graduate.id_number, ADDRESS)


# --- binding -------------------------------------------------------------------------------------


async def test_nothing_is_bound_without_the_code(world: World, counters: MemoryStore) -> None:
    token = await visit()
    await ask_code(counters, token, world.graduate.name, world.graduate.id_number, ADDRESS)
    assert await read_claim(token) is None
    with pytest.raises(Forbidden):
        await bind(world.graduate.actor, token)


async def test_only_the_proved_person_can_be_bound(world: World, counters: MemoryStore) -> None:
    token = await proved(counters, world.graduate, new_openid())
    for actor in (world.graduates[1].actor, world.school, VISITOR):
        with pytest.raises(Forbidden):
            await bind(actor, token)
    assert not await Binding.filter(graduate_id=world.graduates[1].id).exists()


async def test_another_name_after_the_code_needs_another_code(world: World, counters: MemoryStore) -> None:
    token = await proved(counters, world.graduate, new_openid())
    other = world.graduates[1]
    await ask_code(counters, token, other.name, other.id_number, ADDRESS)
    assert await read_claim(token) is None
    with pytest.raises(Forbidden):
        await bind(world.graduate.actor, token)


async def test_a_visit_binds_once(world: World, counters: MemoryStore) -> None:
    token = await proved(counters, world.graduate, new_openid())
    await bind(world.graduate.actor, token)
    with pytest.raises(Unauthenticated):
        await bind(world.graduate.actor, token)


async def test_binding_again_ends_the_old_one_and_tells_it(world: World, counters: MemoryStore) -> None:
    person, old_openid, new = world.graduate, new_openid(), new_openid()
    old = await bind_as(counters, person, old_openid)
    session = await open_graduate_session(old)
    fresh = await bind_as(MemoryStore(), person, new)
    live = await Binding.filter(graduate_id=person.id, ended_at=None)
    assert [(row.id, row.openid) for row in live] == [(fresh, new)]
    with pytest.raises(Unauthenticated):
        await resolve(session.token)
    (told,) = await OutboxRow.filter(notice="binding_changed", recipient=old)
    assert told.channel == "wechat"
    assert (await Binding.get(id=old)).openid == old_openid, "the notice still finds its way"


async def test_binding_the_same_account_again_changes_nothing(world: World, counters: MemoryStore) -> None:
    openid = new_openid()
    first = await bind_as(counters, world.graduate, openid)
    assert await bind_as(MemoryStore(), world.graduate, openid) == first
    assert await Binding.filter(graduate_id=world.graduate.id).count() == 1
    assert not await OutboxRow.filter(notice="binding_changed", recipient=first).exists()


async def test_one_account_stands_for_one_graduate_of_a_cohort(world: World, counters: MemoryStore) -> None:
    openid = new_openid()
    await bind_as(counters, world.graduate, openid)
    token = await proved(counters, world.graduates[1], openid)
    with pytest.raises(Refused) as refusal:
        await bind(world.graduates[1].actor, token)
    assert refusal.value.guard == "openid_taken"
    assert "解绑" in refusal.value.detail
    await unbind(world.graduate.actor, openid)
    await bind(world.graduates[1].actor, token)


async def test_two_accounts_that_bind_one_graduate_at_once_leave_one_binding(world: World) -> None:
    person = world.graduate
    for _ in range(5):
        tokens = [await proved(MemoryStore(), person, new_openid()) for _ in range(2)]
        results = await asyncio.gather(*(bind(person.actor, token) for token in tokens), return_exceptions=True)
        assert all(isinstance(r, UUID | Conflict) for r in results), results
        assert await Binding.filter(graduate_id=person.id, ended_at=None).count() == 1


async def test_one_account_that_binds_two_graduates_at_once_gets_one(world: World) -> None:
    first, second = world.graduates
    openid = new_openid()
    tokens = [await proved(MemoryStore(), person, openid) for person in (first, second)]
    results = await asyncio.gather(bind(first.actor, tokens[0]), bind(second.actor, tokens[1]), return_exceptions=True)
    assert sum(isinstance(r, UUID) for r in results) == 1, results
    assert await Binding.filter(openid=openid, ended_at=None).count() == 1


async def test_unbinding_ends_sessions_and_may_only_be_ones_own(world: World) -> None:
    openid = await bound(world, world.graduate)
    row = await Binding.get(openid=openid)
    session = await open_graduate_session(row.id)
    with pytest.raises(Forbidden):
        await unbind(world.graduates[1].actor, openid)
    with pytest.raises(Forbidden):
        await unbind(world.school, openid)
    assert await unbind(world.graduate.actor, openid) == 1
    assert await unbind(world.graduate.actor, openid) == 0
    with pytest.raises(Unauthenticated):
        await resolve(session.token)
    assert await JournalRow.filter(subject_id=world.graduate.id, action="unbind").count() == 1


async def test_unfollowing_forgets_the_openid_everywhere(world: World) -> None:
    openid = await bound(world, world.graduate)
    assert await unfollow(VISITOR, openid) == 1
    assert await unfollow(VISITOR, openid) == 0
    assert await db.fetch_value("SELECT count(*) FROM bindings WHERE openid = $1", openid) == 0
    held = await db.fetch_value(
        "SELECT count(*) FROM tokens WHERE payload::text LIKE $1 OR subject = $2", f"%{openid}%", openid
    )
    assert held == 0


# --- the state of a sign-in ----------------------------------------------------------------------


async def test_a_state_is_good_once_and_for_ten_minutes(database: str, clock: Clock) -> None:
    state = await open_state(VISITOR, "browser-a", "/m/records")
    assert state.isalnum()
    assert len(state) == 32
    found = await use_state(VISITOR, state, "browser-a")
    assert found is not None
    assert (found.target, found.same_browser, found.again) == ("/m/records", True, False)
    assert await use_state(VISITOR, state, "browser-a") is None
    old = await open_state(VISITOR, "browser-a", "/m/records")
    clock.advance(minutes=10, seconds=1)
    assert await use_state(VISITOR, old, "browser-a") is None
    assert await use_state(VISITOR, "0" * 32, "browser-a") is None


async def test_a_state_of_another_browser_is_seen_and_spent(database: str) -> None:
    state = await open_state(VISITOR, "browser-a", "/m/records")
    found = await use_state(VISITOR, state, "browser-b")
    assert found is not None
    assert not found.same_browser
    assert await use_state(VISITOR, state, "browser-a") is None


async def test_a_state_used_at_once_in_two_tabs_serves_one(database: str) -> None:
    state = await open_state(VISITOR, "browser-a", "/m/records")
    results = await asyncio.gather(*(use_state(VISITOR, state, "browser-a") for _ in range(6)))
    assert sum(result is not None for result in results) == 1
