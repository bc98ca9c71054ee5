"""Room: what provinces decide: agreement type, modules, schools."""

from __future__ import annotations

import asyncio

import pytest

from models.kit import new_id
from models.parties import AgreementType, Grant, Module, Party
from models.tables import JournalRow, Province, ProvinceSettings, SchoolModule
from tests.harness import world as w
from workflows.actors import OPERATOR
from workflows.commands.provinces import choose_agreement_type, close_module, create_province, open_module
from workflows.commands.schools import create_school
from workflows.commands.settings import submit_settings
from workflows.errors import Forbidden, InvalidForm, NotFound, ReadOnly, Refused


async def fresh_province() -> tuple:
    """A province that no world uses, with its account."""
    taken = {row.code for row in await Province.all()} | {"110000", "120000"}
    code = next(
        c for c in (f"{n}0000" for n in (13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41)) if c not in taken
    )
    province_id = await create_province(OPERATOR, code)
    return province_id, await w.make_account(OPERATOR, Party.PROVINCE, "省级用户", province_id=province_id)


async def test_a_province_is_made_once_and_takes_its_name_from_the_table(database):
    province_id, _ = await fresh_province()
    row = await Province.get(id=province_id)
    assert row.name.endswith(("省", "市", "自治区"))
    with pytest.raises(InvalidForm) as caught:
        await create_province(OPERATOR, row.code)
    assert caught.value.faults[0].code == "taken"


@pytest.mark.parametrize("code", ["110101", "999999", "", "11"])
async def test_a_code_that_is_no_province_is_refused(database, code):
    with pytest.raises(InvalidForm):
        await create_province(OPERATOR, code)


async def test_only_the_operator_makes_a_province(database):
    world = await w.make_world(graduates=0, employers=0, submit=False)
    for actor in (world.province, world.school):
        with pytest.raises(Forbidden):
            await create_province(actor, "130000")


async def test_the_agreement_type_may_change_until_a_school_has_submitted(database):
    _, desk = await fresh_province()
    await choose_agreement_type(desk.actor, 2031, AgreementType.TWO_PARTY)
    await choose_agreement_type(desk.actor, 2031, AgreementType.THREE_PARTY)
    school_id = await create_school(desk.actor, w.school_code(), "示范学院")
    await open_module(desk.actor, school_id, 2031, Module.EMPLOYMENT)
    school = await w.make_account(desk.actor, Party.SCHOOL, "学校用户", school_id=school_id)
    await submit_settings(school.actor, 2031, w.settings_form())
    with pytest.raises(Refused) as caught:
        await choose_agreement_type(desk.actor, 2031, AgreementType.TWO_PARTY)
    assert caught.value.guard == "type_frozen"
    await choose_agreement_type(desk.actor, 2031, AgreementType.THREE_PARTY)  # the same again changes nothing
    assert (await ProvinceSettings.get(province_id=desk.actor.province_id, cohort=2031)).agreement_type == "three-party"


async def test_a_change_of_type_against_a_first_submission_never_leaves_both(database):
    province_id, desk = await fresh_province()
    school_id = await create_school(desk.actor, w.school_code(), "示范学院")
    school = await w.make_account(desk.actor, Party.SCHOOL, "学校用户", school_id=school_id)
    for cohort in range(2040, 2052):
        await choose_agreement_type(desk.actor, cohort, AgreementType.TWO_PARTY)
        await open_module(desk.actor, school_id, cohort, Module.EMPLOYMENT)
        changed, submitted = await asyncio.gather(
            choose_agreement_type(desk.actor, cohort, AgreementType.THREE_PARTY),
            submit_settings(school.actor, cohort, w.settings_form()),
            return_exceptions=True,
        )
        assert submitted == 1
        wanted = "two-party" if isinstance(changed, Refused) else "three-party"
        assert (await ProvinceSettings.get(province_id=province_id, cohort=cohort)).agreement_type == wanted
        journal = await JournalRow.filter(chain=f"province:{province_id}", action="choose_agreement_type").order_by(
            "seq"
        )
        assert journal[-1].detail["after"] == wanted


async def test_a_module_closes_only_while_nothing_is_in_it(database):
    world = await w.make_world()
    await close_module(world.province, world.school_id, world.cohort, Module.EMPLOYMENT)
    await open_module(world.province, world.school_id, world.cohort, Module.EMPLOYMENT)
    await w.invite(world)
    with pytest.raises(Refused) as caught:
        await close_module(world.province, world.school_id, world.cohort, Module.EMPLOYMENT)
    assert caught.value.guard == "module_unused"
    assert caught.value.detail == "该模块在本届已有 1 条记录，不能关闭。"
    row = await SchoolModule.get(school_id=world.school_id, cohort=world.cohort, module="employment")
    assert row.open


async def test_another_province_does_not_find_the_school(database):
    world = await w.make_world(graduates=0, employers=0, submit=False)
    _, other = await fresh_province()
    for command in (open_module, close_module):
        with pytest.raises(NotFound):
            await command(other.actor, world.school_id, world.cohort, Module.ARCHIVE)
        with pytest.raises(NotFound):
            await command(other.actor, new_id(), world.cohort, Module.ARCHIVE)
        with pytest.raises(Forbidden):
            await command(world.school, world.school_id, world.cohort, Module.ARCHIVE)


async def test_a_read_only_province_account_changes_nothing(database):
    world = await w.make_world(graduates=0, employers=0, submit=False)
    reader = await w.make_account(OPERATOR, Party.PROVINCE, "只读", province_id=world.province_id, employment=Grant.RO)
    with pytest.raises(ReadOnly):
        await open_module(reader.actor, world.school_id, world.cohort, Module.ARCHIVE)
    with pytest.raises(ReadOnly):
        await create_school(reader.actor, w.school_code(), "示范学院")


async def test_a_school_code_is_five_digits_and_used_once(database):
    world = await w.make_world(graduates=0, employers=0, submit=False)
    for code, fault in ((world.school_code, "taken"), ("1234", "bad_format"), ("9900a", "bad_format")):
        with pytest.raises(InvalidForm) as caught:
            await create_school(world.province, code, "示范学院")
        assert caught.value.faults[0].code == fault
    with pytest.raises(NotFound):
        await create_school(OPERATOR, w.school_code(), "示范学院", province_id=new_id())


async def test_every_command_leaves_one_journal_row_with_who_and_what(database):
    world = await w.make_world(graduates=0, employers=0, submit=False)
    rows = await JournalRow.filter(chain=f"school:{world.school_id}").order_by("seq")
    assert [row.action for row in rows] == ["create_school", "open_module", "create_account"]
    assert {row.detail["by"] for row in rows} == {"省级用户"}
    assert rows[1].prev == rows[0].hash
