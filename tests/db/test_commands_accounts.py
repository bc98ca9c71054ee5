"""Room: staff accounts: who may make which, with what, and what a change does at once."""

from __future__ import annotations

import asyncio

import pytest

from models.config import settings
from models.kit import new_id
from models.parties import Grant, Level, Party, ReviewMode
from models.store import MemoryStore
from models.tables import Account, JournalRow
from tests.harness import world as w
from workflows.actors import OPERATOR
from workflows.commands.account_import import import_accounts
from workflows.commands.accounts import (
    change_rights,
    create_account,
    disable_account,
    enable_account,
    reset_password,
)
from workflows.commands.sessions import resolve, sign_in_staff
from workflows.errors import Forbidden, InvalidForm, NotFound, ReadOnly, Refused, Unauthenticated
from workflows.queries.accounts import AccountFilters, list_accounts


def account_form(**values):
    return {"username": w.username("acc"), "display_name": "新用户", "level": "all", **w.ALL_RW, **values}


def rights(**values):
    return {"level": "all", **w.ALL_RW, **values}


async def signed_in(desk: w.Desk, password: str = w.PASSWORD):
    return await sign_in_staff(desk.username, password, "127.0.0.1", counter=MemoryStore())


async def test_each_level_makes_the_level_below_and_no_other(database):
    world = await w.make_world()
    department = world.departments["计算机学院"]
    for actor, party in (
        (world.province, Party.PROVINCE),
        (world.school, Party.SCHOOL),
        (world.school, Party.PROVINCE),
        (department, Party.DEPARTMENT),
        (world.province, Party.DEPARTMENT),
        (world.employer.actor, Party.SCHOOL),
        (world.graduate.actor, Party.DEPARTMENT),
        (world.school, Party.EMPLOYER),
    ):
        with pytest.raises(Forbidden):
            await create_account(actor, party, account_form(department="计算机学院"), school_id=world.school_id)


async def test_a_made_up_password_works_and_must_be_changed(database):
    world = await w.make_world()
    made = await create_account(world.school, Party.DEPARTMENT, account_form(department="文学院"))
    opened = await sign_in_staff(made.username, made.password, "127.0.0.1", counter=MemoryStore())
    assert opened.must_change
    with pytest.raises(Forbidden, match="请先修改密码"):
        await resolve(opened.token)
    journal = await JournalRow.get(subject_id=made.id)
    assert made.password not in str(journal.detail)


async def test_the_department_must_be_on_the_roster_letter_by_letter(database):
    world = await w.make_world()
    for name, code in (("计算机", "unknown_department"), ("计算机学院 分院", "unknown_department"), ("", "required")):
        with pytest.raises(InvalidForm) as caught:
            await create_account(world.school, Party.DEPARTMENT, account_form(department=name))
        assert [(f.path, f.code) for f in caught.value.faults] == [("department", code)]
    odd = "软件学院（ＡＢ）"
    await w.add_graduates(world, 1, departments=(odd,))
    desk = await w.make_account(world.school, Party.DEPARTMENT, "软件", department=odd)
    assert desk.actor.department == odd


async def test_a_user_name_is_taken_once_whatever_its_case(database):
    world = await w.make_world()
    form = account_form(department="文学院")
    await create_account(world.school, Party.DEPARTMENT, form)
    with pytest.raises(InvalidForm) as caught:
        await create_account(world.school, Party.DEPARTMENT, form | {"username": form["username"].upper()})
    assert caught.value.faults[0].code == "taken"


async def test_a_school_grants_no_more_than_it_holds(database):
    world = await w.make_world()
    reader = await w.make_account(world.province, Party.SCHOOL, "只读档案", school_id=world.school_id)
    await change_rights(world.province, reader.actor.id, rights(grant_archive="ro", grant_household="none"))
    actor = await resolve((await signed_in(reader)).token)
    with pytest.raises(InvalidForm) as caught:
        await create_account(actor, Party.DEPARTMENT, account_form(department="文学院"))
    assert {f.path for f in caught.value.faults} == {"grant_archive", "grant_household"}
    within = account_form(department="文学院", grant_archive="ro", grant_household="none")
    assert await create_account(actor, Party.DEPARTMENT, within)


async def test_an_account_that_may_more_is_neither_opened_nor_entered_through_a_new_password(database):
    """Both would hand the actor rights that it does not hold; what the account has may stay when others change."""
    world = await w.make_world()
    lesser = await w.make_account(world.province, Party.SCHOOL, "无档案权限", school_id=world.school_id)
    await change_rights(world.province, lesser.actor.id, rights(grant_archive="none"))
    actor = await resolve((await signed_in(lesser)).token)
    department = world.departments["文学院"].id
    with pytest.raises(Forbidden, match="超出您自己账号的权限"):
        await reset_password(actor, department)
    await disable_account(actor, department, confirmed=True)
    with pytest.raises(Forbidden, match="超出您自己账号的权限"):
        await enable_account(actor, department)
    await change_rights(actor, department, rights(grant_employment="ro"), confirmed=True)
    assert (await Account.get(id=department)).grants == {"employment": "ro", "archive": "rw", "household": "rw"}
    await change_rights(actor, department, rights(grant_archive="none"), confirmed=True)
    with pytest.raises(InvalidForm):
        await change_rights(actor, department, rights(), confirmed=True)
    await enable_account(actor, department)
    assert (await reset_password(actor, department)).password


async def test_a_level_scoped_school_account_hands_on_its_own_level_only(database):
    world = await w.make_world()
    scoped = await w.make_account(
        world.province, Party.SCHOOL, "研究生", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    for level in ("all", "undergraduate"):
        with pytest.raises(Forbidden):
            await create_account(scoped.actor, Party.DEPARTMENT, account_form(department="文学院", level=level))
    made = await create_account(scoped.actor, Party.DEPARTMENT, account_form(department="文学院", level="postgraduate"))
    await disable_account(scoped.actor, made.id)
    with pytest.raises(Forbidden):
        await disable_account(scoped.actor, world.departments["文学院"].id)


async def test_accounts_of_other_schools_and_provinces_are_not_found(database):
    world, other = await w.make_world(), await w.make_world()
    stranger = other.departments["文学院"].id
    for actor in (world.school, world.province):
        for command in (disable_account, enable_account, reset_password):
            with pytest.raises((NotFound, Forbidden)):
                await command(actor, stranger)
    with pytest.raises(NotFound):
        await disable_account(world.school, stranger)
    with pytest.raises(NotFound):
        await disable_account(world.school, new_id())
    with pytest.raises(NotFound):
        await create_account(
            world.school, Party.DEPARTMENT, account_form(department="文学院"), school_id=other.school_id
        )


async def test_a_school_account_is_its_provinces_business(database):
    world = await w.make_world()
    colleague = await w.make_account(world.province, Party.SCHOOL, "同校", school_id=world.school_id)
    with pytest.raises(Forbidden):
        await disable_account(world.school, colleague.actor.id)
    await disable_account(world.province, colleague.actor.id)
    await disable_account(OPERATOR, world.province_desk.actor.id)


async def test_a_read_only_school_account_manages_nobody(database):
    world = await w.make_world()
    reader = await w.make_account(world.province, Party.SCHOOL, "只读", school_id=world.school_id, employment=Grant.RO)
    with pytest.raises(ReadOnly):
        await create_account(reader.actor, Party.DEPARTMENT, account_form(department="文学院"))
    with pytest.raises(ReadOnly):
        await disable_account(reader.actor, world.departments["文学院"].id)


async def test_changed_rights_hold_from_the_next_request(database):
    world = await w.make_world()
    opened = await signed_in(world.department_desks["文学院"])
    await change_rights(world.school, opened.actor.id, rights(grant_employment="ro", level="undergraduate"))
    now = await resolve(opened.token)
    assert now.grants["employment"] is Grant.RO
    assert now.level is Level.UNDERGRADUATE


async def test_a_disabled_account_is_out_at_once_and_stays_out_until_enabled(database):
    world = await w.make_world()
    desk = world.department_desks["文学院"]
    opened = await signed_in(desk)
    await disable_account(world.school, desk.actor.id)
    with pytest.raises(Unauthenticated):
        await resolve(opened.token)
    with pytest.raises(Unauthenticated, match="已停用"):
        await signed_in(desk)
    await enable_account(world.school, desk.actor.id)
    with pytest.raises(Unauthenticated):
        await resolve(opened.token)  # the old session does not come back
    assert await resolve((await signed_in(desk)).token)


async def test_a_reset_password_ends_sessions_and_must_be_changed(database):
    world = await w.make_world()
    desk = world.department_desks["文学院"]
    opened = await signed_in(desk)
    fresh = await reset_password(world.school, desk.actor.id)
    with pytest.raises(Unauthenticated):
        await resolve(opened.token)
    with pytest.raises(Unauthenticated):
        await signed_in(desk)
    assert (await signed_in(desk, fresh.password)).must_change


async def test_losing_the_last_reviewer_asks_again_and_names_what_waits(database):
    world = await w.make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    await w.accept(world, await w.invite(world))
    last = world.departments[world.graduate.department].id
    for change in (
        lambda **more: disable_account(world.school, last, **more),
        lambda **more: change_rights(world.school, last, rights(grant_employment="ro"), **more),
        lambda **more: change_rights(world.school, last, rights(level="postgraduate"), **more),
    ):
        with pytest.raises(Refused) as caught:
            await change()
        assert caught.value.guard == "last_reviewer"
        assert "1条待审核记录（线上签约1条）" in caught.value.detail
        assert caught.value.context["waiting"] == [{"flow": "online_signing", "label": "线上签约", "count": 1}]
        assert (await Account.get(id=last)).disabled_at is None
    await w.make_account(world.school, Party.DEPARTMENT, "第二位", department=world.graduate.department)
    await disable_account(world.school, last)  # somebody else covers it now
    other = world.departments["文学院"].id
    await disable_account(world.school, other)  # nothing waits there


async def test_what_had_no_reviewer_before_is_no_reason_to_ask(database):
    world = await w.make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    await w.accept(world, await w.invite(world))
    department = world.graduate.department
    other_level = await w.make_account(
        world.school, Party.DEPARTMENT, "研究生", department=department, level=Level.POSTGRADUATE
    )
    await disable_account(world.school, world.departments[department].id, confirmed=True)
    await disable_account(world.school, other_level.actor.id)  # it never covered what waits


async def test_accounts_that_come_from_the_ems_are_only_looked_at(database, monkeypatch):
    world = await w.make_world()
    monkeypatch.setattr(settings().ems, "accounts", True)
    desk = world.departments["文学院"].id
    for change in (
        lambda: create_account(world.school, Party.DEPARTMENT, account_form(department="文学院")),
        lambda: change_rights(world.school, desk, rights(grant_archive="ro")),
        lambda: disable_account(world.school, desk),
        lambda: enable_account(world.school, desk),
    ):
        with pytest.raises(Refused) as caught:
            await change()
        assert caught.value.guard == "accounts_here"
    page = await list_accounts(world.school)
    assert (page["read_only"], page["ems_url"]) == (True, settings().ems_page_url)
    assert (await reset_password(world.school, desk)).password  # passwords are ours
    await disable_account(OPERATOR, desk)


async def test_imported_accounts_without_values_get_the_preset_rights(database):
    world = await w.make_world()
    rows = [
        {"username": w.username("ems"), "display_name": "文学院审核", "department": "文学院"},
        {"username": w.username("ems"), "display_name": "学校就业办", "grant_archive": "ro", "level": "postgraduate"},
    ]
    made = await import_accounts(OPERATOR, world.school_id, rows)
    assert [m.username for m in made] == [r["username"] for r in rows]
    first, second = [await Account.get(id=m.id) for m in made]
    assert (first.party, first.department, first.level) == ("department", "文学院", "all")
    assert first.grants == {"employment": "rw", "archive": "none", "household": "none"}
    assert (second.party, second.grants["archive"], second.level) == ("school", "ro", "postgraduate")
    opened = await sign_in_staff(made[0].username, made[0].password, "127.0.0.1", counter=MemoryStore())
    assert opened.must_change
    again = await import_accounts(OPERATOR, world.school_id, [{**rows[0], "grant_household": "rw"}])
    assert again == []
    assert (await Account.get(id=first.id)).grants["household"] == "rw"


async def test_an_import_of_accounts_is_taken_whole_or_not_at_all(database):
    world, other = await w.make_world(), await w.make_world()
    good = {"username": w.username("ems"), "display_name": "文学院审核", "department": "文学院"}
    rows = [
        good,
        {**good, "username": w.username("ems"), "department": "中文系"},
        {**good, "username": other.department_desks["文学院"].username},
        {"username": "x", "display_name": ""},
    ]
    with pytest.raises(InvalidForm) as caught:
        await import_accounts(OPERATOR, world.school_id, rows)
    assert {f.path for f in caught.value.faults} == {
        "2.department",
        "3.username",
        "4.username",
        "4.display_name",
    }
    assert not await Account.filter(username=good["username"]).exists()
    with pytest.raises(Forbidden):
        await import_accounts(world.school, world.school_id, [good])
    with pytest.raises(InvalidForm):
        await import_accounts(OPERATOR, world.school_id, [good, good])


async def test_the_list_of_accounts_is_narrowed_by_name_department_level_and_state(database):
    world = await w.make_world()
    scoped = await w.make_account(
        world.school, Party.DEPARTMENT, "古籍所", department="文学院", level=Level.POSTGRADUATE
    )
    await disable_account(world.school, scoped.actor.id)

    async def found(**wish):
        return {a["display_name"] for a in (await list_accounts(world.school, AccountFilters(**wish)))["items"]}

    assert await found() == {"文学院审核员", "计算机学院审核员", "古籍所"}
    assert await found(name="审核") == {"文学院审核员", "计算机学院审核员"}
    assert await found(name=scoped.username.upper()) == {"古籍所"}
    assert await found(name="%") == set()
    assert await found(department="文学院", disabled=False) == {"文学院审核员"}
    assert await found(level=Level.POSTGRADUATE) == {"古籍所"}
    schools = await list_accounts(world.province, AccountFilters(school=world.school_id))
    assert {a["username"] for a in schools["items"]} == {world.school_desk.username}


async def test_after_confirming_the_school_stands_in_for_the_department(database):
    world = await w.make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    accepted = await w.accept(world, await w.invite(world))
    with pytest.raises(Refused) as caught:
        await w.approve(world, accepted, world.school)
    assert caught.value.guard == "stage_owner"
    await disable_account(world.school, world.departments[world.graduate.department].id, confirmed=True)
    moved = await w.approve(world, accepted, world.school)
    assert moved.state == "review_school"
    journal = await JournalRow.filter(subject_id=accepted.record_id).order_by("-seq").first()
    assert journal.detail["stands_in"] is True


async def test_the_same_user_name_at_once_is_given_to_one(database):
    world = await w.make_world()
    form = account_form(department="文学院")
    answers = await asyncio.gather(
        *(create_account(world.school, Party.DEPARTMENT, form) for _ in range(4)), return_exceptions=True
    )
    assert sum(not isinstance(a, BaseException) for a in answers) == 1
    assert sum(isinstance(a, InvalidForm) for a in answers) == 3
