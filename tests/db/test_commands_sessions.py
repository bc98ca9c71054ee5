"""Room: signing in and out, limits of a session, passwords."""

from __future__ import annotations

import asyncio
import statistics
import time

import pytest

from models.kit import new_id, now
from models.parties import Party
from models.states import EmployerStatus
from models.store import MemoryStore
from models.tables import Binding, Session
from tests.harness import world as w
from workflows.commands.sessions import (
    bearer,
    change_password,
    open_graduate_session,
    resolve,
    sign_in_employer,
    sign_in_staff,
    sign_out,
)
from workflows.errors import Forbidden, InvalidForm, RateLimited, Unauthenticated

HERE = "192.0.2.7"
NEW = "Andere-Woerter-77"


async def staff(world, counter=None):
    return await sign_in_staff(world.school_desk.username, w.PASSWORD, HERE, counter=counter or MemoryStore())


async def make_binding(person: w.Person, world: w.World) -> Binding:
    moment = now()
    binding = Binding(
        id=new_id(),
        school_id=world.school_id,
        graduate_id=person.id,
        cohort=world.cohort,
        openid=f"o{new_id().hex[:27]}",
        bound_at=moment,
        chosen_at=moment,
    )
    await binding.save()
    return binding


async def test_a_token_leads_to_its_actor_and_is_not_in_the_database(database):
    world = await w.make_world()
    opened = await staff(world)
    assert await resolve(opened.token) == world.school
    row = await Session.filter(party_id=world.school.id).first()
    assert opened.token not in row.token_sha256
    assert len(row.token_sha256) == 64


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "\0", "' OR 1=1 --", "会话" * 30])
async def test_an_unknown_token_is_nobody(database, token):
    with pytest.raises(Unauthenticated):
        await resolve(token)


async def test_user_names_are_forgiving_and_passwords_are_not(database):
    world = await w.make_world()
    name = f"  {world.school_desk.username.upper()} "
    assert await sign_in_staff(name, w.PASSWORD, HERE, counter=MemoryStore())
    for wrong in (w.PASSWORD.lower(), f"{w.PASSWORD} ", "", "x" * 5000):
        with pytest.raises(Unauthenticated) as caught:
            await sign_in_staff(name, wrong, HERE, counter=MemoryStore())
        assert caught.value.detail == "用户名或密码不正确，请核对后重试。"


async def test_employers_and_staff_do_not_share_user_names(database):
    world = await w.make_world()
    opened = await sign_in_employer(world.employer.username, w.PASSWORD, HERE, counter=MemoryStore())
    assert (await resolve(opened.token)) == world.employer.actor
    with pytest.raises(Unauthenticated):
        await sign_in_staff(world.employer.username, w.PASSWORD, HERE, counter=MemoryStore())


async def test_an_unverified_employer_may_sign_in(database):
    world = await w.make_world()
    firm = await w.make_employer(world, status=EmployerStatus.PENDING)
    opened = await sign_in_employer(firm.username, w.PASSWORD, HERE, counter=MemoryStore())
    assert opened.actor.employer_id == firm.id


async def test_unknown_and_known_names_take_the_same_time(database):
    world = await w.make_world()
    taken: dict[str, list[float]] = {world.school_desk.username: [], "nobody.there": []}
    for _ in range(7):
        for name, times in taken.items():
            began = time.perf_counter()
            with pytest.raises(Unauthenticated, match="不正确"):
                await sign_in_staff(name, "Wrong-password-1", HERE, counter=MemoryStore())
            times.append(time.perf_counter() - began)
    known, unknown = (statistics.median(times) for times in taken.values())
    assert 0.4 < known / unknown < 2.5


async def test_ten_tries_at_one_account_then_it_waits(database):
    world, counter = await w.make_world(), MemoryStore()
    for n in range(10):
        with pytest.raises(Unauthenticated):
            await sign_in_staff(world.school_desk.username, "Wrong-password-1", f"192.0.2.{n}", counter=counter)
    with pytest.raises(RateLimited) as caught:
        await sign_in_staff(world.school_desk.username, w.PASSWORD, "192.0.2.99", counter=counter)
    assert 1 <= caught.value.retry_after <= 300


async def test_tries_at_once_do_not_slip_past_the_limit(database):
    world, counter = await w.make_world(), MemoryStore()
    answers = await asyncio.gather(
        *(
            sign_in_staff(world.school_desk.username, "Wrong-password-1", f"192.0.2.{n}", counter=counter)
            for n in range(30)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(a, Unauthenticated) for a in answers) == 10


async def test_failures_from_one_address_stop_that_address_and_successes_do_not(database):
    world, counter = await w.make_world(), MemoryStore()
    desks = [world.school_desk, world.province_desk, *world.department_desks.values()]
    for n in range(12):
        await sign_in_staff(desks[n % 4].username, w.PASSWORD, HERE, counter=counter)
    for n in range(10):
        with pytest.raises(Unauthenticated):
            await sign_in_staff(f"guess.{n}", "Wrong-password-1", HERE, counter=counter)
    with pytest.raises(RateLimited):
        await sign_in_staff(world.school_desk.username, w.PASSWORD, HERE, counter=counter)
    assert await sign_in_staff(world.school_desk.username, w.PASSWORD, "192.0.2.8", counter=counter)


async def test_an_idle_session_ends_after_half_an_hour(database, clock):
    world = await w.make_world()
    opened = await staff(world)
    clock.advance(minutes=29)
    assert await resolve(opened.token)
    clock.advance(minutes=29)
    assert await resolve(opened.token)
    clock.advance(minutes=31)
    with pytest.raises(Unauthenticated):
        await resolve(opened.token)


async def test_a_session_ends_after_twelve_hours_however_busy(database, clock):
    world = await w.make_world()
    opened = await staff(world)
    for _ in range(24):
        clock.advance(minutes=29)
        found = await bearer(opened.token)
    assert found.idle_at <= found.ends_at == opened.ends_at
    clock.advance(minutes=25)
    with pytest.raises(Unauthenticated):
        await resolve(opened.token)


async def test_seen_is_written_at_most_once_a_minute(database, clock):
    world = await w.make_world()
    opened = await staff(world)
    first = (await Session.filter(party_id=world.school.id).first()).seen_at
    for _ in range(5):
        clock.advance(seconds=11)
        await resolve(opened.token)
    assert (await Session.filter(party_id=world.school.id).first()).seen_at == first
    clock.advance(seconds=11)
    await resolve(opened.token)
    assert (await Session.filter(party_id=world.school.id).first()).seen_at == clock.moment


async def test_signing_out_ends_this_session_only(database):
    world = await w.make_world()
    one, two = await staff(world), await staff(world)
    await sign_out(one.token)
    await sign_out(one.token)
    with pytest.raises(Unauthenticated):
        await resolve(one.token)
    assert await resolve(two.token)


async def test_a_graduates_session_ends_with_the_binding_and_has_its_own_limits(database, clock):
    world = await w.make_world()
    binding = await make_binding(world.graduate, world)
    opened = await open_graduate_session(binding.id)
    assert await resolve(opened.token) == world.graduate.actor
    clock.advance(minutes=119)
    assert await resolve(opened.token)
    binding.ended_at = now()
    await binding.save()
    with pytest.raises(Unauthenticated):
        await resolve(opened.token)
    with pytest.raises(Unauthenticated):
        await open_graduate_session(binding.id)
    with pytest.raises(Unauthenticated):
        await open_graduate_session(new_id())


async def test_a_changed_password_ends_the_other_sessions(database):
    world = await w.make_world()
    mine, other = await staff(world), await staff(world)
    await change_password(world.school, w.PASSWORD, NEW, keep=mine.token, counter=MemoryStore())
    assert await resolve(mine.token)
    with pytest.raises(Unauthenticated):
        await resolve(other.token)
    with pytest.raises(Unauthenticated):
        await staff(world)
    assert await sign_in_staff(world.school_desk.username, NEW, HERE, counter=MemoryStore())


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Wrong-password-1", NEW, ("old", "wrong_password")),
        (w.PASSWORD, "kurz-1", ("new", "bad_length")),
        (w.PASSWORD, "a" * 129 + "1", ("new", "bad_length")),
        (w.PASSWORD, "aaaaaaaaaaaaaaa", ("new", "too_simple")),
        (w.PASSWORD, "nurbuchstaben", ("new", "too_simple")),
        (w.PASSWORD, "Passwort\u0007123", ("new", "bad_characters")),
        (w.PASSWORD, w.PASSWORD, ("new", "same_password")),
    ],
)
async def test_a_weak_password_or_a_wrong_old_one_is_refused_at_its_field(database, old, new, fault):
    world = await w.make_world(graduates=0, employers=0, submit=False)
    with pytest.raises(InvalidForm) as caught:
        await change_password(world.school, old, new, counter=MemoryStore())
    assert [(f.path, f.code) for f in caught.value.faults] == [fault]


async def test_an_employers_user_changes_its_password_and_a_graduate_has_none(database):
    world = await w.make_world()
    await change_password(world.employer.actor, w.PASSWORD, NEW, counter=MemoryStore())
    assert await sign_in_employer(world.employer.username, NEW, HERE, counter=MemoryStore())
    with pytest.raises(Forbidden):
        await change_password(world.graduate.actor, w.PASSWORD, NEW, counter=MemoryStore())


async def test_guessing_the_old_password_is_limited_too(database):
    world, counter = await w.make_world(graduates=0, employers=0, submit=False), MemoryStore()
    for _ in range(10):
        with pytest.raises(InvalidForm):
            await change_password(world.school, "Wrong-password-1", NEW, counter=counter)
    with pytest.raises(RateLimited):
        await change_password(world.school, w.PASSWORD, NEW, counter=counter)


async def test_the_actor_of_each_party_carries_its_place(database):
    world = await w.make_world()
    department = world.departments["文学院"]
    assert (department.party, department.school_id, department.province_id, department.department) == (
        Party.DEPARTMENT,
        world.school_id,
        world.province_id,
        "文学院",
    )
    assert (world.graduate.actor.graduate_id, world.graduate.actor.school_id) == (world.graduate.id, world.school_id)
    assert world.employer.actor.employer_id == world.employer.id
    assert world.province.province_id == world.province_id
