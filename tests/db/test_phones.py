"""Room: staff correct a phone: it rests a day before it binds, and the old number hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from models.store import MemoryStore
from models.tables import Binding, Graduate, JournalRow, OutboxRow
from models.vault import unseal
from tests.conftest import Clock
from tests.harness import world as w
from tests.harness.binding import code_of, proved
from tests.harness.chat import bound, new_openid
from workflows.commands.bindings import ask_code, bind, prove_code, read_claim, unbind
from workflows.commands.phone_sign_in import sign_in_by_code
from workflows.commands.phones import change_phone
from workflows.commands.roster import import_roster, invalidate_graduate
from workflows.commands.scenes import Stage, new_scene, open_scene, read_scene
from workflows.commands.sessions import open_graduate_session, resolve
from workflows.commands.tokens import VISITOR, open_visit
from workflows.errors import Forbidden, Refused, Stale, Unauthenticated
from workflows.ports import SceneCode

REASON = "本人到现场更正号码"


@pytest.fixture
async def world(database: str) -> w.World:
    return await w.make_world(graduates=2)


async def codes_after_asking(person: w.Person) -> int:
    """How many codes were sent to the person, after one more was asked for from another place."""
    token = await open_visit(VISITOR, new_openid(), "/m/bind/who")
    await ask_code(MemoryStore(), token, person.name, person.id_number, "203.0.113.9")
    return await OutboxRow.filter(recipient=person.id, notice="one_time_code").count()


async def test_a_number_that_staff_entered_binds_after_a_day(world: w.World, clock: Clock) -> None:
    person = world.graduate
    assert await codes_after_asking(person) == 1
    await change_phone(world.school, person.id, w.mobile(), REASON)
    clock.advance(hours=23, minutes=59)
    assert await codes_after_asking(person) == 1, "nothing is sent, and nothing is said"
    clock.advance(minutes=2)
    assert await codes_after_asking(person) == 2


async def test_an_import_leaves_what_staff_have_corrected(world: w.World) -> None:
    person, number = world.graduate, w.mobile()
    entry = await Graduate.get(id=person.id)
    await change_phone(world.school, person.id, number, REASON)
    row = w.roster_row(person.department, ksh=entry.basic["ksh"], xm=person.name, sfzh=person.id_number)
    await import_roster(world.school, world.cohort, [row], file_sha256="0" * 64)
    assert unseal("graduates.phone_enc", (await Graduate.get(id=person.id)).phone_enc) == number


async def test_who_may_not_change_a_phone_does_not(world: w.World) -> None:
    person = world.graduate
    with pytest.raises(Forbidden):
        await change_phone(world.departments[person.department], person.id, w.mobile(), REASON)
    await invalidate_graduate(world.school, person.id, "退学，已从名单删除")
    with pytest.raises(Refused) as caught:
        await change_phone(world.school, person.id, w.mobile(), REASON)
    assert caught.value.guard == "on_roster"


async def test_whoever_had_no_number_is_told_nothing(world: w.World) -> None:
    person: Any = world.graduates[1]
    await Graduate.filter(id=person.id).update(phone_enc="", phone_bidx=None)
    await change_phone(world.school, person.id, w.mobile(), REASON)
    assert not await OutboxRow.filter(recipient=person.id, notice="phone_changed").exists()


async def test_a_confirmed_number_is_corrected_only_once_nobody_is_bound_and_rests_again(
    world: w.World, clock: Clock
) -> None:
    """While bound, nobody but the graduate changes it."""
    person = world.graduate
    openid = await bound(world, person)
    await Graduate.filter(id=person.id).update(phone_source="confirmed")
    with pytest.raises(Refused) as caught:
        await change_phone(world.school, person.id, w.mobile(), REASON)
    assert caught.value.guard == "unbound"
    await unbind(person.actor, openid)
    await change_phone(world.school, person.id, w.mobile(), REASON)
    assert await codes_after_asking(person) == 0
    clock.advance(hours=24, minutes=1)
    assert await codes_after_asking(person) == 1


async def test_whoever_lost_phone_and_wechat_account_is_helped_and_the_lost_ones_are_told(
    world: w.World, clock: Clock
) -> None:
    person = world.graduate
    openid = await bound(world, person)
    await Graduate.filter(id=person.id).update(phone_source="own")
    binding = await Binding.get(graduate_id=person.id)
    session = await open_graduate_session(binding.id)
    await change_phone(world.school, person.id, w.mobile(), REASON, lost=True)
    with pytest.raises(Unauthenticated):
        await resolve(session.token)
    told = await OutboxRow.filter(notice__in=["binding_lost", "phone_changed"], recipient__in=[binding.id, person.id])
    assert {(row.notice, row.channel, row.recipient) for row in told} == {
        ("binding_lost", "wechat", binding.id),
        ("phone_changed", "sms", person.id),
    }
    rows = await JournalRow.filter(subject_id=person.id, action__in=["unbind", "change_phone"])
    assert {(row.action, row.actor, row.detail["reason"]) for row in rows} == {
        ("unbind", world.school.key, REASON),
        ("change_phone", world.school.key, REASON),
    }
    assert openid not in str([row.detail for row in rows])
    assert await codes_after_asking(person) == 0
    clock.advance(hours=24, minutes=1)
    assert await codes_after_asking(person) == 1


async def test_what_the_old_number_has_shown_binds_and_lets_in_nobody_any_more(world: w.World) -> None:
    """Whoever holds the lost phone may stand a step before the end."""
    person = world.graduate
    page = await proved(MemoryStore(), person, new_openid())
    claim = await read_claim(page)
    assert claim is not None
    store, entry = MemoryStore(), await open_visit(VISITOR, "", "/m/records")
    await ask_code(store, entry, person.name, person.id_number, "203.0.113.9")
    assert await prove_code(store, entry, await code_of(person))
    code = SceneCode(new_scene(), "ticket", "https://example.com/q", None)
    await open_scene(person.actor, person.id, code)
    await change_phone(world.school, person.id, w.mobile(), REASON, lost=True)
    with pytest.raises(Stale):
        await bind(claim.actor, page)
    with pytest.raises(Unauthenticated):
        await sign_in_by_code(entry)
    shown = await read_scene(person.actor, person.id)
    assert shown is not None
    assert shown.stage is Stage.ENDED
