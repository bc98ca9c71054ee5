"""Room: telephones per department, the checklist of a cohort, the modes of each area, one more termination."""

from __future__ import annotations

import pytest

from models.kit import now
from models.parties import Grant, Level, Module, Party, ReviewMode
from models.tables import Desk, Graduate, JournalRow, SigningSettings
from tests.harness import world as w
from workflows.commands.accounts import create_account
from workflows.commands.desks import set_desk
from workflows.commands.provinces import open_module
from workflows.commands.roster import invalidate_graduate
from workflows.commands.settings import set_handler, submit_settings
from workflows.commands.terminations import grant_termination
from workflows.errors import Forbidden, InvalidForm, NotFound, ReadOnly, Refused
from workflows.loading import load
from workflows.queries.chat import look_at
from workflows.queries.desks import list_desks
from workflows.queries.settings import mode_change, signing_settings
from workflows.queries.setup import checklist

TWO_STAGE = ReviewMode.DEPARTMENT_THEN_SCHOOL


async def asked(person: w.Person) -> str:
    """Whom the graduate is told to ask."""
    found = await look_at(person.actor)
    assert found is not None
    return found.desk.line


# --- telephones ----------------------------------------------------------------------------------


async def test_a_departments_desk_is_shown_to_its_own_graduates_and_the_schools_to_the_rest(database):
    world = await w.make_world()
    first, second = world.graduates
    await set_desk(world.school, {"department": first.department, "phone": "010-62340001", "hours": "周一至周五"})
    assert await asked(first) == f"{world.school_name}{first.department}电话：010-62340001（周一至周五）"
    assert await asked(second) == f"{world.school_name}就业部门电话：010-62345678（工作日 9:00-17:00）"
    await set_desk(world.school, {"department": first.department, "phone": "010-62340002"})
    assert await asked(first) == f"{world.school_name}{first.department}电话：010-62340002（工作日 9:00-17:00）"
    await set_desk(world.school, {"department": first.department})
    assert "就业部门电话：010-62345678" in await asked(first)
    assert not await Desk.filter(school_id=world.school_id).exists()


async def test_the_list_of_desks_names_every_department_of_the_roster(database):
    world = await w.make_world()
    await set_desk(world.school, {"department": "文学院", "phone": "010-62340001"})
    for actor in (world.school, world.departments["文学院"]):
        shown = await list_desks(actor)
        assert shown["school"] == {"phone": "010-62345678", "hours": "工作日 9:00-17:00"}
        assert {d["department"]: d["phone"] for d in shown["departments"]} == {
            "文学院": "010-62340001",
            "计算机学院": "",
        }


async def test_a_desk_stands_for_a_department_of_the_roster_and_is_set_by_the_school(database):
    world = await w.make_world()
    with pytest.raises(InvalidForm) as caught:
        await set_desk(world.school, {"department": "计算机", "phone": "010-62340001"})
    assert [f.path for f in caught.value.faults] == ["department"]
    with pytest.raises(InvalidForm):
        await set_desk(world.school, {"department": "文学院", "phone": "abc"})
    for actor in (world.departments["文学院"], world.province, world.employer.actor, world.graduate.actor):
        with pytest.raises(Forbidden):
            await set_desk(actor, {"department": "文学院", "phone": "010-62340001"})


# --- modes ---------------------------------------------------------------------------------------


async def test_each_area_has_a_mode_of_its_own_that_begins_with_the_school(database):
    world = await w.make_world()
    row = await SigningSettings.get(school_id=world.school_id, cohort=world.cohort)
    assert (row.archive_mode, row.household_mode, row.leaving_open) == ("school", "school", False)
    changed = w.settings_form(household_mode=str(TWO_STAGE), leaving_open=True)
    await submit_settings(world.school, world.cohort, changed, 1)
    values = (await signing_settings(world.school, world.cohort))["values"]
    assert (values["review_mode"], values["archive_mode"], values["household_mode"], values["leaving_open"]) == (
        "school",
        "school",
        str(TWO_STAGE),
        True,
    )


async def test_two_stages_in_an_area_in_use_need_reviewers_of_that_area(database):
    world = await w.make_world()
    await open_module(world.province, world.school_id, world.cohort, Module.ARCHIVE)
    lame = {"username": w.username("d"), "display_name": "无档案", "department": "数学学院", "level": "all", **w.ALL_RW}
    await w.add_graduates(world, 1, departments=("数学学院",))
    await create_account(world.school, Party.DEPARTMENT, lame | {"grant_archive": str(Grant.NONE)})
    await submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE), 1)  # employment is covered
    with pytest.raises(Refused) as caught:
        await submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE, archive_mode=str(TWO_STAGE)), 2)
    assert caught.value.guard == "departments_covered"
    assert [x["text"] for x in caught.value.context["lacking"]] == ["数学学院（本专科，档案信息登记）"]
    # The household module is not open, so nobody needs to be able to review there yet.
    assert await submit_settings(
        world.school, world.cohort, w.settings_form(TWO_STAGE, household_mode=str(TWO_STAGE)), 2
    )


async def test_the_dry_run_says_beforehand_what_the_change_would_meet(database):
    world = await w.make_world()
    accepted = await w.accept(world, await w.invite(world))
    await w.add_graduates(world, 1, departments=("物理学院",))
    found = await mode_change(world.school, world.cohort, Module.EMPLOYMENT, TWO_STAGE)
    assert (found["present"], found["possible"]) == ("school", False)
    assert found["pending"] == [{"flow": "online_signing", "label": "线上签约", "count": 1}]
    assert [x["text"] for x in found["lacking"]] == ["物理学院（本专科）"]
    assert (await mode_change(world.school, world.cohort, Module.EMPLOYMENT, ReviewMode.SCHOOL))["possible"]
    assert (await mode_change(world.school, world.cohort, Module.ARCHIVE, TWO_STAGE))["possible"]
    await w.reject(world, accepted)
    await w.make_account(world.school, Party.DEPARTMENT, "物理", department="物理学院")
    assert (await mode_change(world.school, world.cohort, Module.EMPLOYMENT, TWO_STAGE))["possible"]
    assert await submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE), 1) == 2


async def test_an_account_of_one_level_confirms_what_holds_for_all_levels(database):
    world = await w.make_world()
    scoped = await w.make_account(
        world.province, Party.SCHOOL, "研究生", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    asks = (await signing_settings(scoped.actor, world.cohort))["asks_all_levels"]
    assert asks
    assert "全部学历层次" in asks
    assert (await signing_settings(world.school, world.cohort))["asks_all_levels"] is None
    for change in ({"termination_limit": 9}, {"open": False}, {"archive_mode": str(TWO_STAGE)}):
        with pytest.raises(Refused) as caught:
            await submit_settings(scoped.actor, world.cohort, w.settings_form(**change), 1)
        assert (caught.value.guard, caught.value.detail) == ("all_levels", asks)
    assert await submit_settings(scoped.actor, world.cohort, w.settings_form(invitation_days=7), 1) == 2
    changed = w.settings_form(invitation_days=7, termination_limit=9)
    assert await submit_settings(scoped.actor, world.cohort, changed, 2, confirmed=True) == 3


async def test_a_handler_needs_the_tick_that_it_stays(database):
    world = await w.make_world(handler=False)
    for tick in (False, None):
        with pytest.raises(InvalidForm) as caught:
            await set_handler(world.school, world.cohort, w.handler_form(confirmed=tick))
        assert [f.path for f in caught.value.faults] == ["confirmed"]
    assert await set_handler(world.school, world.cohort, w.handler_form())


async def test_the_page_says_why_it_can_only_be_looked_at(database):
    world = await w.make_world(submit=False, module=False)
    early = await signing_settings(world.school, 2077)
    assert early["read_only_because"] == "省级尚未设置协议类型，签约设置暂时只能查看。"
    closed = await signing_settings(world.school, world.cohort)
    assert closed["read_only_because"] == "省级尚未开通毕业去向登记与网签模块，签约设置暂时只能查看。"
    await open_module(world.province, world.school_id, world.cohort, Module.EMPLOYMENT)
    assert (await signing_settings(world.school, world.cohort))["read_only_because"] is None


# --- the checklist -------------------------------------------------------------------------------


def undone(found) -> list[str]:
    return [step["name"] for step in found["steps"] if not step["done"]]


async def test_the_checklist_shrinks_step_by_step_until_the_school_is_open(database):
    world = await w.make_world(submit=False, graduates=0, employers=0, module=False)
    assert undone(await checklist(world.school, world.cohort)) == [
        "module",
        "roster",
        "accounts",
        "settings",
        "handlers",
        "reviewers",
        "open",
    ]
    await open_module(world.province, world.school_id, world.cohort, Module.EMPLOYMENT)
    await w.add_graduates(world, 2)
    found = await checklist(world.school, world.cohort)
    assert undone(found) == ["accounts", "settings", "handlers", "reviewers", "open"]
    assert set(found["departments_without_account"]) == {"文学院", "计算机学院"}
    assert (found["graduates"], found["bound"], found["done"]) == (2, 0, False)
    assert [s["missing"] for s in found["steps"] if s["name"] == "accounts"] == [
        "还没有账号的院系：文学院、计算机学院。"
    ]
    await submit_settings(world.school, world.cohort, w.settings_form())  # by the school alone: departments need none
    await set_handler(world.school, world.cohort, w.handler_form(Level.UNDERGRADUATE))
    found = await checklist(world.school, world.cohort)
    assert undone(found) == ["handlers"]
    await set_handler(world.school, world.cohort, w.handler_form(Level.POSTGRADUATE))
    assert (await checklist(world.school, world.cohort))["done"]


async def test_the_checklist_names_who_is_missing_for_two_stages(database):
    world = await w.make_world(TWO_STAGE)
    await w.add_graduates(world, 1, departments=("文学院",), level_code="11")
    assert (await checklist(world.school, world.cohort))["done"]
    await w.add_graduates(world, 1, departments=("物理学院",))
    found = await checklist(world.school, world.cohort)
    assert undone(found) == ["accounts", "reviewers"]
    assert [x["text"] for x in found["without_reviewer"]] == ["物理学院（本专科）"]


# --- one more termination ------------------------------------------------------------------------


async def test_a_school_grants_one_graduate_one_more_termination_with_a_reason(database):
    world = await w.make_world()
    person, other = world.graduates
    first = await grant_termination(world.school, person.id, "单位经营变化，双方已谈妥")
    assert first.as_dict() == {"used": 0, "limit": 2, "granted": 1, "left": 3}
    assert (await grant_termination(world.school, person.id, "再次协商解约")).left == 4
    facts = await load(now=now(), record_id=None, graduate_id=person.id, lock=False)
    assert facts is not None
    assert facts.terminations_left == 4  # what the act itself judges by
    assert (await Graduate.get(id=other.id)).terminations_granted == 0
    entry = await JournalRow.filter(subject_id=person.id, action="grant_termination").order_by("seq").first()
    assert entry is not None
    assert (entry.detail["reason"], entry.detail["by"]) == ("单位经营变化，双方已谈妥", "学校用户")


async def test_where_graduates_cannot_ask_at_all_nothing_is_granted(database):
    world = await w.make_world(settings={"termination_limit": 0})
    with pytest.raises(Refused) as caught:
        await grant_termination(world.school, world.graduate.id, "单位经营变化，双方已谈妥")
    assert caught.value.guard == "limit_above_zero"
    await submit_settings(world.school, world.cohort, w.settings_form(termination_limit=1), 1)  # at any time
    granted = await grant_termination(world.school, world.graduate.id, "单位经营变化，双方已谈妥")
    assert granted.left == 2
    await submit_settings(world.school, world.cohort, w.settings_form(termination_limit=0), 2)
    facts = await load(now=now(), record_id=None, graduate_id=world.graduate.id, lock=False)
    assert facts is not None
    assert facts.terminations_left == 0


async def test_a_grant_is_the_schools_alone_within_its_level_and_needs_its_reason(database):
    world, other = await w.make_world(), await w.make_world()
    reason = "单位经营变化，双方已谈妥"
    with pytest.raises(InvalidForm):
        await grant_termination(world.school, world.graduate.id, " 短 ")
    with pytest.raises(NotFound):
        await grant_termination(other.school, world.graduate.id, reason)
    scoped = await w.make_account(
        world.province, Party.SCHOOL, "研究生", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    with pytest.raises(NotFound):
        await grant_termination(scoped.actor, world.graduate.id, reason)
    reader = await w.make_account(world.province, Party.SCHOOL, "只读", school_id=world.school_id, employment=Grant.RO)
    with pytest.raises(ReadOnly):
        await grant_termination(reader.actor, world.graduate.id, reason)
    for actor in (world.department_of(world.graduate), world.province, world.graduate.actor):
        with pytest.raises(Forbidden):
            await grant_termination(actor, world.graduate.id, reason)
    await invalidate_graduate(world.school, world.graduate.id, "已转入其他学校就读")
    with pytest.raises(Refused) as caught:
        await grant_termination(world.school, world.graduate.id, reason)
    assert caught.value.guard == "on_roster"
    assert (await Graduate.get(id=world.graduate.id)).terminations_granted == 0
