"""Room: signing settings and agreement handlers, and what they lock."""

from __future__ import annotations

import asyncio

import pytest

from models import db
from models.parties import Grant, Level, Party, ReviewMode
from models.tables import Handler, Record, SigningSettings
from tests.harness import world as w
from workflows.commands.accounts import disable_account
from workflows.commands.settings import set_handler, submit_settings
from workflows.errors import Forbidden, InvalidForm, ReadOnly, Refused, Stale
from workflows.queries.settings import signing_settings

TWO_STAGE = ReviewMode.DEPARTMENT_THEN_SCHOOL


async def stored(world) -> SigningSettings:
    return await SigningSettings.get(school_id=world.school_id, cohort=world.cohort)


async def test_settings_wait_for_the_provinces_agreement_type(database):
    world = await w.make_world(submit=False)
    with pytest.raises(Refused) as caught:
        await submit_settings(world.school, 2077, w.settings_form())
    assert caught.value.guard == "type_chosen"
    assert caught.value.detail == "省级尚未设置协议类型，签约设置暂时只能查看。"
    with pytest.raises(Refused):
        await set_handler(world.school, 2077, w.handler_form())


async def test_settings_wait_for_the_module(database):
    world = await w.make_world(submit=False, module=False)
    with pytest.raises(Refused) as caught:
        await submit_settings(world.school, world.cohort, w.settings_form())
    assert caught.value.guard == "module_open"


async def test_all_faults_of_the_form_are_told_at_once(database):
    world = await w.make_world(submit=False)
    wrong = w.settings_form(termination_limit=100, invitation_days=0, desk_phone="abc", review_mode="none")
    with pytest.raises(InvalidForm) as caught:
        await submit_settings(world.school, world.cohort, wrong)
    assert {f.path for f in caught.value.faults} == {
        "termination_limit",
        "invitation_days",
        "desk_phone",
        "review_mode",
    }


async def test_the_first_of_two_first_submissions_wins(database):
    world = await w.make_world(submit=False)
    answers = await asyncio.gather(
        *(submit_settings(world.school, world.cohort, w.settings_form()) for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(a).__name__ for a in answers) == ["Stale", "Stale", "Stale", "int"]


async def test_a_stale_version_writes_nothing(database):
    world = await w.make_world()
    await submit_settings(world.school, world.cohort, w.settings_form(termination_limit=3), 1)
    for version in (1, None, 7):
        with pytest.raises(Stale):
            await submit_settings(world.school, world.cohort, w.settings_form(termination_limit=9), version)
    assert (await stored(world)).termination_limit == 3


async def test_the_mode_is_locked_while_something_is_in_flow_and_free_afterwards(database):
    world = await w.make_world()
    invited = await w.invite(world)
    accepted = await w.accept(world, invited)
    with pytest.raises(Refused) as caught:
        await submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE), 1)
    assert caught.value.guard == "nothing_in_flow"
    assert "线上签约1条" in caught.value.detail
    assert caught.value.context["pending"] == [{"flow": "online_signing", "label": "线上签约", "count": 1}]
    await submit_settings(world.school, world.cohort, w.settings_form(termination_limit=5), 1)  # the rest may change
    await w.reject(world, accepted)
    assert await submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE), 2) == 3


async def test_an_open_invitation_or_a_signed_record_does_not_lock_the_mode(database):
    world = await w.make_world()
    await w.sign(world)
    await w.invite(world, world.graduates[1])
    assert await submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE), 1) == 2


async def test_two_stage_review_lists_what_lacks_a_reviewer(database):
    world = await w.make_world(submit=False, departments=("数学学院",), graduates=1)
    await w.add_graduates(world, 1, departments=("物理学院",))
    await w.add_graduates(world, 1, departments=("数学学院",), level_code="11")
    with pytest.raises(Refused) as caught:
        await submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE))
    assert caught.value.guard == "departments_covered"
    assert [x["text"] for x in caught.value.context["lacking"]] == ["物理学院（本专科）"]
    narrow = await w.make_account(
        world.school, Party.DEPARTMENT, "物理研究生", department="物理学院", level=Level.POSTGRADUATE
    )
    reader = await w.make_account(
        world.school, Party.DEPARTMENT, "物理只读", department="物理学院", employment=Grant.RO
    )
    assert narrow.actor.level is Level.POSTGRADUATE
    assert reader.actor.department == "物理学院"
    with pytest.raises(Refused, match="物理学院"):
        await submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE))
    covering = await w.make_account(world.school, Party.DEPARTMENT, "物理", department="物理学院")
    assert await submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE)) == 1
    await disable_account(world.school, covering.actor.id)  # nothing waits there yet
    page = await signing_settings(world.school, world.cohort)
    assert [x["department"] for x in page["without_reviewer"]] == ["物理学院"]


async def test_the_switch_stays_open_once_anybody_acted(database):
    world = await w.make_world()
    closed = await submit_settings(world.school, world.cohort, w.settings_form(open=False), 1)
    assert (await stored(world)).open_at is None
    opened = await submit_settings(world.school, world.cohort, w.settings_form(), closed)
    await w.invite(world)
    with pytest.raises(Refused) as caught:
        await submit_settings(world.school, world.cohort, w.settings_form(open=False), opened)
    assert caught.value.guard == "nobody_acted"
    before = (await stored(world)).open_at
    await submit_settings(world.school, world.cohort, w.settings_form(termination_limit=1), opened)
    assert (await stored(world)).open_at == before


async def test_a_change_of_mode_waits_for_an_act_under_way(database):
    """The act holds the settings row shared; the change may neither pass it nor miss it."""
    world = await w.make_world()
    invited = await w.invite(world)
    held, go = asyncio.Event(), asyncio.Event()

    async def act_under_way():
        async with db.transaction():
            await db.fetch("SELECT 1 FROM settings WHERE school_id = $1 FOR SHARE", world.school_id)
            held.set()
            await go.wait()

    slow = asyncio.create_task(act_under_way())
    await held.wait()
    change = asyncio.create_task(submit_settings(world.school, world.cohort, w.settings_form(TWO_STAGE), 1))
    accepted = asyncio.create_task(w.accept(world, invited))
    await asyncio.sleep(0.2)
    assert not change.done()
    go.set()
    await slow
    answers = await asyncio.gather(change, accepted, return_exceptions=True)
    record = await Record.get(id=invited.record_id)
    mode = (await stored(world)).review_mode
    if isinstance(answers[0], Refused):
        assert (record.state, mode) == ("review_school", "school")
    else:
        assert (record.state, mode) == ("review_department", "department-then-school")


async def test_mode_and_accept_at_once_always_agree(database):
    world = await w.make_world(graduates=2)
    people = await w.add_graduates(world, 10)
    version, mode = 1, ReviewMode.SCHOOL
    stage = {ReviewMode.SCHOOL: "review_school", TWO_STAGE: "review_department"}
    for person in people:
        invited = await w.invite(world, person)
        other = TWO_STAGE if mode is ReviewMode.SCHOOL else ReviewMode.SCHOOL
        changed, accepted = await asyncio.gather(
            submit_settings(world.school, world.cohort, w.settings_form(other), version),
            w.accept(world, invited, person),
            return_exceptions=True,
        )
        assert not isinstance(accepted, BaseException), accepted
        if isinstance(changed, int):
            version, mode = changed, other
        else:
            assert isinstance(changed, Refused)
        assert accepted.state == stage[mode]
        await w.reject(world, accepted)


async def test_one_handler_for_all_levels_or_one_each(database):
    world = await w.make_world(handler=False)
    assert await set_handler(world.school, world.cohort, w.handler_form(Level.POSTGRADUATE)) == (Level.POSTGRADUATE,)
    with pytest.raises(Refused) as caught:
        await set_handler(world.school, world.cohort, w.handler_form(Level.POSTGRADUATE))
    assert caught.value.detail == "研究生的协议经办人已经设置，不能再修改。"
    rest = await set_handler(world.school, world.cohort, w.handler_form(Level.ALL, name="周经办"))
    assert rest == (Level.UNDERGRADUATE,)
    names = {h.level: h.name for h in await Handler.filter(school_id=world.school_id)}
    assert names == {"postgraduate": "李经办", "undergraduate": "周经办"}
    with pytest.raises(Refused):
        await set_handler(world.school, world.cohort, w.handler_form(Level.ALL))


async def test_of_handlers_entered_at_once_one_stands(database):
    world = await w.make_world(handler=False)
    people = [Level.ALL, Level.UNDERGRADUATE, Level.ALL, Level.POSTGRADUATE, Level.UNDERGRADUATE]
    answers = await asyncio.gather(
        *(
            set_handler(world.school, world.cohort, w.handler_form(level, name=f"经办{n}"))
            for n, level in enumerate(people)
        ),
        return_exceptions=True,
    )
    won = [level for answer in answers if not isinstance(answer, BaseException) for level in answer]
    assert sorted(won) == sorted(h.level for h in await Handler.filter(school_id=world.school_id))
    assert len(won) == len(set(won))
    assert all(isinstance(a, tuple) or (isinstance(a, Refused) and a.guard == "handler_unset") for a in answers)


async def test_a_level_scoped_account_sets_only_its_level(database):
    world = await w.make_world(handler=False)
    under = await w.make_account(
        world.province, Party.SCHOOL, "本专科", school_id=world.school_id, level=Level.UNDERGRADUATE
    )
    for level in (Level.ALL, Level.POSTGRADUATE):
        with pytest.raises(Forbidden):
            await set_handler(under.actor, world.cohort, w.handler_form(level))
    assert await set_handler(under.actor, world.cohort, w.handler_form(Level.UNDERGRADUATE))


async def test_who_may_not_write_changes_no_settings(database):
    world = await w.make_world()
    reader = await w.make_account(world.province, Party.SCHOOL, "只读", school_id=world.school_id, employment=Grant.RO)
    with pytest.raises(ReadOnly):
        await submit_settings(reader.actor, world.cohort, w.settings_form(), 1)
    for actor in (world.province, world.departments["计算机学院"], world.employer.actor, world.graduate.actor):
        with pytest.raises(Forbidden):
            await submit_settings(actor, world.cohort, w.settings_form(), 1)
        with pytest.raises(Forbidden):
            await set_handler(actor, world.cohort, w.handler_form())


async def test_the_page_prefills_a_new_cohort_from_the_last_one(database):
    world = await w.make_world(settings={"termination_limit": 7})
    page = await signing_settings(world.school, world.cohort)
    assert page["submitted"]
    assert page["values"]["termination_limit"] == 7
    assert page["may_close"]
    assert page["levels_without_handler"] == []
    following = await signing_settings(world.school, world.cohort + 1)
    assert not following["submitted"]
    assert following["version"] is None
    assert following["values"] | {"open": True} == page["values"]
    assert following["values"]["open"] is False
    assert following["levels_without_handler"] == ["undergraduate", "postgraduate"]
