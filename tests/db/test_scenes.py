"""Room: binding by a scanned QR code on a real database: who may show one, what it asks for, what stops a stranger."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import pytest

from models.kit import new_id, now
from models.parties import Grant, Party
from models.store import MemoryStore, RedisStore
from models.tables import Binding, JournalRow, OutboxRow, Token
from models.vault import unseal
from tests.conftest import Clock
from tests.harness.chat import bound, new_openid
from tests.harness.world import Person, World, add_graduates, make_account, make_world, mobile
from workflows.actors import Actor
from workflows.commands.bindings import unfollow
from workflows.commands.deliveries import CODE_PLACE
from workflows.commands.phones import change_phone
from workflows.commands.roster import invalidate_graduate
from workflows.commands.scenes import (
    Ended,
    Scanned,
    Shown,
    Stage,
    Step,
    give_code,
    give_number,
    new_scene,
    open_scene,
    prepare_scene,
    read_scene,
    scan,
    send_scene_code,
)
from workflows.commands.tokens import VISITOR
from workflows.errors import Forbidden, HouseError, NotFound, RateLimited, ReadOnly, Refused
from workflows.ports import SceneCode


@pytest.fixture(scope="module")
async def school(database: str) -> World:
    return await make_world(graduates=2)


@pytest.fixture
async def world(school: World) -> World:
    """The module's school with two newcomers in front."""
    school.graduates[:0] = await add_graduates(school, 2)
    return school


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


async def shown(actor: Actor, person: Person) -> tuple[str, Shown]:
    """A code that this actor shows: the scene and what stands on the screen."""
    scene = new_scene()
    code = SceneCode(scene, "gQticket", f"http://weixin.qq.com/q/{scene}", now() + timedelta(minutes=5))
    return scene, await open_scene(actor, person.id, code)


async def scanned(actor: Actor, person: Person, openid: str) -> tuple[str, Shown]:
    scene, screen = await shown(actor, person)
    assert isinstance(await scan(VISITOR, openid, scene), Scanned)
    return scene, screen


async def code_of(person: Person) -> str:
    row = await OutboxRow.filter(recipient=person.id, notice="one_time_code").order_by("-id").first()
    assert row is not None
    return unseal(CODE_PLACE, row.params["code"])


async def codes_sent(person: Person) -> int:
    return await OutboxRow.filter(recipient=person.id, notice="one_time_code").count()


async def live(person: Person) -> list[str]:
    return [row.openid for row in await Binding.filter(graduate_id=person.id, ended_at=None)]


def wrong(number: str) -> str:
    return f"{1000 + (int(number) - 999) % 9000}"


# --- shown at a desk -----------------------------------------------------------------------------


async def test_a_desks_code_binds_with_the_number_and_a_code_by_sms(world: World, store: MemoryStore) -> None:
    person, openid = world.graduate, new_openid()
    scene, screen = await shown(world.school, person)
    found = await scan(VISITOR, openid, scene)
    assert isinstance(found, Scanned)
    assert found.name == person.name[0] + "*" * (len(person.name) - 1)
    assert (found.school, found.cohort) == (world.school_name, world.cohort)
    step = await give_number(store, VISITOR, openid, scene, screen.number)
    assert step == Step(None, f"{person.mobile[:3]}****{person.mobile[-4:]}")
    assert await live(person) == [], "code and number, which a clerk sees, bind nobody"
    done = await give_code(store, VISITOR, openid, scene, await code_of(person))
    assert isinstance(done, Step)
    assert isinstance(done.binding, UUID)
    assert await live(person) == [openid]
    shows = await JournalRow.get(subject_id=person.id, action="show_binding_code")
    assert shows.actor == world.school.key
    assert await JournalRow.filter(subject_id=person.id, action="bind").count() == 1


async def test_a_clerk_who_scans_the_own_screen_gets_nowhere(world: World, store: MemoryStore) -> None:
    """Staff can never act as a graduate: what a desk sees is the code and the number, never the SMS."""
    person, clerk = world.graduate, new_openid()
    scene, screen = await scanned(world.school, person, clerk)
    assert await give_number(store, VISITOR, clerk, scene, screen.number) is not None
    for guess in ("000000", "123456", "999999", screen.number + "00", "111111"):
        assert await give_code(store, VISITOR, clerk, scene, guess) is None
    assert await give_code(store, VISITOR, clerk, scene, await code_of(person)) is None, "five wrong ones ended it"
    assert await live(person) == []


async def test_a_code_for_another_wechat_account_serves_only_that_one(world: World, store: MemoryStore) -> None:
    person, mine, theirs = world.graduate, new_openid(), new_openid()
    scene, screen = await scanned(world.school, person, mine)
    assert await scan(VISITOR, theirs, scene) is Ended.TAKEN
    assert await give_number(store, VISITOR, theirs, scene, screen.number) is Ended.GONE
    await give_number(store, VISITOR, mine, scene, screen.number)
    assert await give_code(store, VISITOR, theirs, scene, await code_of(person)) is Ended.GONE
    assert await live(person) == []


async def test_the_number_may_be_tried_five_times(world: World, store: MemoryStore) -> None:
    openid = new_openid()
    scene, screen = await scanned(world.school, world.graduate, openid)
    for _ in range(5):
        assert await give_number(store, VISITOR, openid, scene, wrong(screen.number)) is None
    assert await give_number(store, VISITOR, openid, scene, screen.number) is Ended.GONE
    state = await read_scene(world.school, world.graduate.id)
    assert state is not None
    assert state.stage is Stage.ENDED
    assert await codes_sent(world.graduate) == 0


async def test_tries_are_counted_for_the_account_and_for_the_person(world: World, store: MemoryStore) -> None:
    first, second = world.graduates[:2]
    openid = new_openid()
    for person in (first, second):
        scene, screen = await scanned(world.school, person, openid)
        for _ in range(5):
            assert await give_number(store, VISITOR, openid, scene, wrong(screen.number)) is None
    scene, screen = await scanned(world.school, first, openid)
    with pytest.raises(RateLimited):
        await give_number(store, VISITOR, openid, scene, screen.number)
    other = new_openid()
    scene, screen = await scanned(world.school, first, other)
    for _ in range(5):
        await give_number(store, VISITOR, other, scene, wrong(screen.number))
    third = new_openid()
    scene, screen = await scanned(world.school, first, third)
    with pytest.raises(RateLimited):
        await give_number(store, VISITOR, third, scene, screen.number)


async def test_a_code_may_be_scanned_for_five_minutes_and_the_binding_takes_fifteen(
    world: World, store: MemoryStore, clock: Clock
) -> None:
    openid = new_openid()
    scene, _ = await shown(world.school, world.graduate)
    clock.advance(minutes=5, seconds=1)
    assert await scan(VISITOR, openid, scene) is Ended.GONE
    scene, screen = await scanned(world.school, world.graduate, openid)
    clock.advance(minutes=6)
    assert isinstance(await scan(VISITOR, openid, scene), Scanned), "whoever has scanned it in time may look again"
    assert isinstance(await give_number(store, VISITOR, openid, scene, screen.number), Step)
    clock.advance(minutes=9, seconds=1)
    assert await give_code(store, VISITOR, openid, scene, await code_of(world.graduate)) is Ended.GONE
    for unknown in ("b_" + "0" * 22, "x", ""):
        assert await scan(VISITOR, openid, unknown) is Ended.GONE


async def test_another_code_of_the_same_desk_ends_the_one_before(world: World) -> None:
    old, _ = await shown(world.school, world.graduate)
    new, _ = await shown(world.departments[world.graduate.department], world.graduate)
    own, _ = await shown(world.graduate.actor, world.graduate)
    assert await scan(VISITOR, new_openid(), old) is Ended.GONE
    assert isinstance(await scan(VISITOR, new_openid(), new), Scanned)
    assert isinstance(await scan(VISITOR, new_openid(), own), Scanned), "a desk does not disturb the own page"


async def test_a_code_by_sms_can_be_asked_for_again_within_the_limits(
    world: World, store: MemoryStore, clock: Clock
) -> None:
    person, openid = world.graduate, new_openid()
    scene, screen = await scanned(world.school, person, openid)
    await give_number(store, VISITOR, openid, scene, screen.number)
    old = await code_of(person)
    with pytest.raises(RateLimited):
        await send_scene_code(store, VISITOR, openid, scene)
    fresh = MemoryStore()
    assert isinstance(await send_scene_code(fresh, VISITOR, openid, scene), Step)
    assert await codes_sent(person) == 2
    assert old == await code_of(person) or await give_code(store, VISITOR, openid, scene, old) is None
    assert isinstance(await give_code(store, VISITOR, openid, scene, await code_of(person)), Step)
    assert await send_scene_code(MemoryStore(), VISITOR, openid, scene) is Ended.ALREADY


async def test_no_code_goes_to_a_number_that_staff_have_just_entered(world: World, store: MemoryStore) -> None:
    """Else a clerk could enter the own number, show a code, scan it and answer with the SMS."""
    person, openid = world.graduate, new_openid()
    await change_phone(world.school, person.id, mobile(), "本人到现场更正号码")
    scene, screen = await scanned(world.school, person, openid)
    with pytest.raises(Refused) as refusal:
        await give_number(store, VISITOR, openid, scene, screen.number)
    assert refusal.value.guard == "unreachable"
    assert await codes_sent(person) == 0


async def test_without_counters_nothing_is_tried(world: World) -> None:
    gone = RedisStore("redis://127.0.0.1:1/0", timeout=0.2)
    openid = new_openid()
    scene, screen = await scanned(world.school, world.graduate, openid)
    with pytest.raises(RateLimited):
        await give_number(gone, VISITOR, openid, scene, screen.number)
    await gone.close()


# --- shown on the graduate's own page ------------------------------------------------------------


async def test_the_own_page_binds_with_the_number_alone_where_nothing_is_bound(
    world: World, store: MemoryStore
) -> None:
    """Whoever sees that page has signed in by a code to the graduate's number."""
    person, openid = world.graduate, new_openid()
    scene, screen = await scanned(person.actor, person, openid)
    done = await give_number(store, VISITOR, openid, scene, screen.number)
    assert isinstance(done, Step)
    assert done.binding is not None
    assert await live(person) == [openid]
    assert await codes_sent(person) == 0
    state = await read_scene(person.actor, person.id)
    assert state is not None
    assert state.stage is Stage.BOUND


async def test_binding_again_needs_a_fresh_code_and_tells_the_old_account(world: World, store: MemoryStore) -> None:
    person, new = world.graduate, new_openid()
    old = await bound(world, person)
    (before,) = await Binding.filter(openid=old)
    scene, screen = await scanned(person.actor, person, new)
    step = await give_number(store, VISITOR, new, scene, screen.number)
    assert isinstance(step, Step)
    assert step.binding is None
    assert await live(person) == [old]
    assert isinstance(await give_code(store, VISITOR, new, scene, await code_of(person)), Step)
    assert await live(person) == [new]
    (told,) = await OutboxRow.filter(notice="binding_changed", recipient=before.id)
    assert told.channel == "wechat"


async def test_an_account_that_stands_for_somebody_else_is_told_at_once(world: World) -> None:
    first, second = world.graduates[:2]
    openid = await bound(world, first)
    scene, _ = await shown(world.school, second)
    with pytest.raises(Refused) as refusal:
        await scan(VISITOR, openid, scene)
    assert refusal.value.guard == "openid_taken"
    mine, _ = await shown(world.school, first)
    assert await scan(first.actor, openid, mine) is Ended.ALREADY


async def test_whoever_unfollows_in_the_middle_is_not_bound(world: World, store: MemoryStore) -> None:
    person, openid = world.graduate, new_openid()
    scene, screen = await scanned(person.actor, person, openid)
    await unfollow(VISITOR, openid)
    assert await give_number(store, VISITOR, openid, scene, screen.number) is Ended.GONE
    assert await live(person) == []


async def test_two_deliveries_of_the_number_at_once_bind_once_and_both_read_so(world: World) -> None:
    for _ in range(3):
        (person,) = await add_graduates(world, 1)
        openid = new_openid()
        scene, screen = await scanned(person.actor, person, openid)
        found = await asyncio.gather(
            *(give_number(MemoryStore(), VISITOR, openid, scene, screen.number) for _ in range(2))
        )
        assert sorted(type(one).__name__ for one in found) == ["Ended", "Step"]
        assert Ended.ALREADY in found
        assert await Binding.filter(graduate_id=person.id).count() == 1


# --- who may -------------------------------------------------------------------------------------


async def test_only_desks_that_may_write_and_the_graduate_show_a_code(world: World) -> None:
    person, other = world.graduates[:2]
    reader = await make_account(world.province, Party.SCHOOL, "张只读", school_id=world.school_id, employment=Grant.RO)
    elsewhere = next(desk for name, desk in world.departments.items() if name != person.department)
    refused: list[tuple[Actor, type[HouseError]]] = [
        (reader.actor, ReadOnly),
        (elsewhere, NotFound),
        (world.province, Forbidden),
        (other.actor, NotFound),
        (VISITOR, NotFound),
    ]
    for actor, kind in refused:
        with pytest.raises(kind):
            await prepare_scene(MemoryStore(), actor, person.id)
        with pytest.raises(kind):
            await shown(actor, person)
        with pytest.raises(kind):
            await read_scene(actor, person.id)
    with pytest.raises(NotFound):
        await prepare_scene(MemoryStore(), world.school, new_id())
    await invalidate_graduate(world.school, person.id, "退学，已从名单删除")
    with pytest.raises(Refused):
        await shown(world.school, person)
    await shown(person.actor, person)


async def test_nobody_makes_codes_without_end(world: World) -> None:
    store = MemoryStore()
    for _ in range(60):
        await prepare_scene(store, world.school, world.graduate.id)
    with pytest.raises(RateLimited):
        await prepare_scene(store, world.school, world.graduate.id)


async def test_neither_number_nor_account_stands_in_clear(world: World) -> None:
    openid = new_openid()
    scene, screen = await scanned(world.school, world.graduate, openid)
    rows = [row for row in await Token.filter(kind="qr") if row.payload["graduate"] == str(world.graduate.id)]
    text = json.dumps([[row.payload, row.digest, row.subject] for row in rows])
    for secret in (openid, scene, screen.url):
        assert secret not in text
    assert f'"{screen.number}"' not in text
