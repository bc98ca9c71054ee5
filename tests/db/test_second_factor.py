"""Room: the second factor: set up, confirmed, asked for, used once, taken off; numbers shown whole and counted."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from models.kit import now
from models.parties import AgreementType, Grant, Level, Party
from models.store import MemoryStore
from models.tables import Account, JournalRow, Unmasking
from models.vault import is_sealed
from tests.harness import world as w
from workflows import totp
from workflows.commands.accounts import reset_password
from workflows.commands.second_factor import begin_totp, confirm_totp, remove_totp
from workflows.commands.sessions import sign_in_staff
from workflows.commands.unmasking import unmask
from workflows.errors import (
    Forbidden,
    InvalidForm,
    ModuleClosed,
    NotFound,
    RateLimited,
    ReadOnly,
    Refused,
    SecondFactor,
    Unauthenticated,
)
from workflows.limits import UNMASK

REASON = "核对毕业生报到证信息"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """A step that ends between making a code and typing it would fail once in a thousand runs."""


def code(secret: str, ahead: int = 0) -> str:
    return totp.code_at(secret, totp.step_of(now()) + ahead)


async def switched_on(desk: w.Desk) -> str:
    """The secret of an account that has a second factor now."""
    begun = await begin_totp(desk.actor, w.PASSWORD, counter=MemoryStore())
    await confirm_totp(desk.actor, code(begun.secret, -1), counter=MemoryStore())
    return begun.secret


async def sign_in(desk: w.Desk, typed: str = "", password: str = w.PASSWORD):
    return await sign_in_staff(desk.username, password, "127.0.0.1", counter=MemoryStore(), code=typed)


async def test_a_secret_counts_only_once_a_code_of_it_was_confirmed(database):
    world = await w.make_world()
    desk = world.school_desk
    begun = await begin_totp(desk.actor, w.PASSWORD, counter=MemoryStore())
    assert await sign_in(desk)
    with pytest.raises(InvalidForm) as caught:
        await confirm_totp(desk.actor, "000000", counter=MemoryStore())
    assert [f.path for f in caught.value.faults] == ["code"]
    await confirm_totp(desk.actor, code(begun.secret), counter=MemoryStore())
    with pytest.raises(SecondFactor):
        await sign_in(desk)
    with pytest.raises(Refused) as twice:
        await begin_totp(desk.actor, w.PASSWORD, counter=MemoryStore())
    assert twice.value.guard == "totp_off"


async def test_the_secret_is_sealed_and_in_no_journal(database):
    world = await w.make_world()
    secret = await switched_on(world.school_desk)
    row = await Account.get(id=world.school.id)
    assert is_sealed(row.totp_enc)
    steps = await JournalRow.filter(subject_id=row.id)
    assert {"begin_totp", "confirm_totp"} <= {s.action for s in steps}
    assert secret not in str([s.detail for s in steps])


async def test_signing_in_needs_a_right_code_that_nobody_has_used(database):
    world = await w.make_world()
    desk = world.school_desk
    secret = await switched_on(desk)
    with pytest.raises(SecondFactor):
        await sign_in(desk, "123")
    with pytest.raises(Unauthenticated, match="用户名或密码不正确"):
        await sign_in(desk, code(secret), password="wrong-password")
    fresh = code(secret)
    answers = await asyncio.gather(*(sign_in(desk, fresh) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(a, BaseException) for a in answers) == 1
    assert sum(isinstance(a, SecondFactor) for a in answers) == 3


async def test_tries_at_codes_have_the_limit_of_signing_in(database):
    world = await w.make_world()
    await switched_on(world.school_desk)
    counter = MemoryStore()
    with pytest.raises(RateLimited):
        for _ in range(11):
            with pytest.raises(SecondFactor):
                await sign_in_staff(world.school_desk.username, w.PASSWORD, "127.0.0.1", counter=counter, code="000000")


async def test_it_is_taken_off_by_a_code_or_with_the_password_by_the_parent(database):
    world = await w.make_world()
    desk = world.department_desks["文学院"]
    with pytest.raises(Refused):
        await remove_totp(desk.actor, "000000", counter=MemoryStore())
    secret = await switched_on(desk)
    with pytest.raises(InvalidForm):
        await remove_totp(desk.actor, "000000", counter=MemoryStore())
    await remove_totp(desk.actor, code(secret), counter=MemoryStore())
    assert await sign_in(desk)
    await switched_on(desk)
    fresh = await reset_password(world.school, desk.actor.id)
    assert (await sign_in(desk, password=fresh.password)).must_change


async def test_a_second_factor_is_for_staff_and_wants_the_password_first(database):
    world = await w.make_world()
    with pytest.raises(InvalidForm):
        await begin_totp(world.school, "wrong-password", counter=MemoryStore())
    with pytest.raises(Refused) as caught:
        await confirm_totp(world.school, "000000", counter=MemoryStore())
    assert caught.value.guard == "totp_begun"
    for actor in (world.employer.actor, world.graduate.actor):
        with pytest.raises(Forbidden):
            await begin_totp(actor, w.PASSWORD, counter=MemoryStore())


# --- numbers shown whole -------------------------------------------------------------------------


async def test_a_whole_number_is_told_with_a_reason_that_is_kept(database):
    world = await w.make_world()
    person = world.graduate
    for actor in (world.school, world.department_of(person), world.province):
        assert await unmask(actor, person.id, REASON) == person.id_number
    rows = await Unmasking.filter(graduate_id=person.id)
    assert {(row.account_id, row.reason) for row in rows} == {
        (world.school.id, REASON),
        (world.department_of(person).id, REASON),
        (world.province.id, REASON),
    }
    steps = await JournalRow.filter(subject_id=person.id, action="unmask")
    assert [s.detail["reason"] for s in steps] == [REASON] * 3
    assert person.id_number not in str([s.detail for s in steps])


async def test_who_may_not_write_or_see_learns_no_number(database):
    world, other = await w.make_world(), await w.make_world(agreement=AgreementType.THREE_PARTY)
    person = world.graduate
    strangers = [d for name, d in world.departments.items() if name != person.department]
    narrow = await w.make_account(
        world.province, Party.SCHOOL, "研究生", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    for actor in (*strangers, other.school, other.province, narrow.actor):
        with pytest.raises(NotFound):
            await unmask(actor, person.id, REASON)
    for grant, refusal in ((Grant.RO, ReadOnly), (Grant.NONE, ModuleClosed)):
        reader = await w.make_account(world.province, Party.SCHOOL, "只读", school_id=world.school_id, employment=grant)
        with pytest.raises(refusal):
            await unmask(reader.actor, person.id, REASON)
    for actor in (world.employer.actor, person.actor):
        with pytest.raises(Forbidden):
            await unmask(actor, person.id, REASON)
    with pytest.raises(InvalidForm):
        await unmask(world.school, person.id, "看看")
    assert not await Unmasking.filter(graduate_id=person.id).exists()


async def test_the_thirty_first_number_within_an_hour_is_refused_and_raises_an_alarm(database, caplog):
    world = await w.make_world()
    person = world.graduate
    answers = await asyncio.gather(
        *(unmask(world.school, person.id, REASON) for _ in range(UNMASK.times + 3)), return_exceptions=True
    )
    shown = [a for a in answers if isinstance(a, str)]
    refused = [a for a in answers if isinstance(a, RateLimited)]
    assert (len(shown), len(refused)) == (UNMASK.times, 3)
    assert all(0 < r.retry_after <= UNMASK.seconds for r in refused)
    assert await JournalRow.filter(subject_id=world.school.id, action="unmask_alert").count() == 3
    warned = [r for r in caplog.records if r.levelno == logging.WARNING and "whole ID numbers" in r.getMessage()]
    assert warned
    assert person.id_number not in caplog.text
    colleague = await w.make_account(world.province, Party.SCHOOL, "同事", school_id=world.school_id)
    assert await unmask(colleague.actor, person.id, REASON)  # the limit is each account's own
    await Unmasking.filter(account_id=world.school.id).update(at=now() - timedelta(hours=1, seconds=1))
    assert await unmask(world.school, person.id, REASON)
