"""Room: what numbers do and do not: confirm once, expire, belong to one offer and one person, never act by chance."""

from __future__ import annotations

import asyncio

import pytest

from bot.app import BotApp, callback_app
from models import kit
from models.states import Flow
from models.store import MemoryStore
from models.tables import ActKey, JournalRow, Record
from tests.conftest import Clock
from tests.harness.chat import Chat, bound, choice, confirmation, new_openid, numbers
from tests.harness.world import World, accept, add_graduates, approve, invite, make_employer, make_world
from workflows.engine import Outcome, act
from workflows.errors import Conflict


@pytest.fixture
def app(database: str) -> BotApp:
    return callback_app(kept=MemoryStore())


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


@pytest.fixture
async def chat(app: BotApp, world: World) -> Chat:
    return Chat(app, await bound(world, world.graduate))


async def state(world: World) -> str:
    record = await Record.filter(graduate_id=world.graduate.id).order_by("created_at").first()
    assert record is not None
    return record.state


async def test_full_width_digits_spaces_and_full_stops_are_forgiven(chat: Chat, world: World) -> None:
    await invite(world)
    listed = await chat.say(" 邀 请！")
    assert world.employer.name in listed
    shown = await chat.say("１。")
    number = confirmation(shown)
    wide = number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert "您已同意" in await chat.say(f" {wide} 。")
    assert await state(world) == "review_school"


async def test_a_number_confirms_once(chat: Chat, world: World) -> None:
    await invite(world)
    number = confirmation(await chat.say("同意"))
    assert "您已同意" in await chat.say(number)
    again = await chat.say(number)
    assert "已经用过" in again
    assert "进度" in again
    steps = await JournalRow.filter(subject_id=(await Record.get(graduate_id=world.graduate.id)).id, action="accept")
    assert len(steps) == 1


async def test_a_wrong_number_does_nothing_and_shows_the_way(chat: Chat, world: World) -> None:
    await invite(world)
    number = confirmation(await chat.say("同意"))
    wrong = str(1000 + (int(number) - 1000 + 1) % 9000)
    said = await chat.say(wrong)
    assert "没有办理任何操作" in said
    assert numbers(said)
    assert await state(world) == "invited"
    assert "您已同意" in await chat.say(number), "a wrong guess does not spend the right one"


async def test_a_number_ends_after_ten_minutes(chat: Chat, world: World, clock: Clock) -> None:
    await invite(world)
    number = confirmation(await chat.say("同意"))
    clock.advance(minutes=10, seconds=1)
    said = await chat.say(number)
    assert "超过 10 分钟" in said
    assert await state(world) == "invited"
    fresh = confirmation(await chat.say("同意"))
    clock.advance(minutes=9, seconds=59)
    assert "您已同意" in await chat.say(fresh)


async def test_only_the_newest_number_lives(chat: Chat, world: World) -> None:
    world.employers.append(await make_employer(world))
    for firm in world.employers:
        await invite(world, firm=firm)
    await chat.say("同意")
    first = confirmation(await chat.say("1"))
    await chat.say("同意")
    second = confirmation(await chat.say("2"))
    said = await chat.say(first)
    assert "新的数字代替" in said
    assert [r.state for r in await Record.filter(graduate_id=world.graduate.id)] == ["invited", "invited"]
    assert "您已同意" in await chat.say(second)


async def test_a_number_is_worth_nothing_to_somebody_else(app: BotApp, chat: Chat, world: World) -> None:
    await invite(world)
    number = confirmation(await chat.say("同意"))
    other = Chat(app, await bound(world, (await add_graduates(world, 1))[0]))
    assert "没有办理任何操作" in await other.say(number)
    stranger = Chat(app, new_openid())
    assert "/m/bind" in await stranger.say(number)
    assert await state(world) == "invited"


async def test_a_number_dies_with_the_binding(app: BotApp, chat: Chat, world: World) -> None:
    await invite(world)
    number = confirmation(await chat.say("同意"))
    asked = await chat.say("解绑")
    await chat.say(choice(asked, "确定解绑"))
    await bound(world, world.graduate, chat.openid)
    assert "没有办理任何操作" in await chat.say(number)
    assert await state(world) == "invited"


async def test_a_single_digit_never_acts_by_chance(app: BotApp, chat: Chat, world: World) -> None:
    await invite(world)
    await chat.say("邀请")
    for typed in ("1", "2", "１", "第一个", "9", "99", "123"):
        forgetful = Chat(callback_app(kept=MemoryStore()), chat.openid)  # the context is lost, as after ten minutes
        said = await forgetful.say(typed)
        assert "没有办理任何操作" in said, typed
        assert choice(said, "办理进度")
    assert await state(world) == "invited"
    assert "短信验证码请填写在绑定页面上" in await forgetful.say("123456")


async def test_numbers_mean_what_was_offered_last(chat: Chat, world: World) -> None:
    await invite(world)
    assert choice(await chat.say("邀请"), "同意签约") == "1"
    assert choice(await chat.say("帮助"), "收到的邀请") == "1"
    assert "单位：" in await chat.say("1"), "1 is the help text's first choice now"


async def test_an_offer_that_changed_meanwhile_is_not_accepted(chat: Chat, world: World) -> None:
    outcome = await invite(world)
    number = confirmation(await chat.say("同意"))
    await act(
        world.employer.actor,
        outcome.flow,
        outcome.record_id,
        "withdraw",
        {},
        version=outcome.version,
        once=world.key(),
    )
    said = await chat.say(number)
    assert "没有办理成功" in said
    assert "单位已撤回邀请" in said
    assert await state(world) == "withdrawn"


async def test_a_deadline_that_passed_meanwhile_is_said(chat: Chat, world: World, clock: Clock) -> None:
    await invite(world, valid_days=1)
    record = await Record.get(graduate_id=world.graduate.id)
    assert record.expires_at is not None
    clock.moment = record.expires_at
    clock.advance(minutes=-5)
    number = confirmation(await chat.say("同意"))
    clock.advance(minutes=6)
    assert kit.now() > record.expires_at
    said = await chat.say(number)
    assert "已超过应约期限" in said
    assert await state(world) == "invited"


async def test_the_slot_taken_meanwhile_is_said_with_the_way_out(chat: Chat, world: World) -> None:
    other = await make_employer(world)
    await invite(world)
    second = await invite(world, firm=other)
    await chat.say("邀请")
    shown = await chat.say("同意")
    line = next(line for line in shown.splitlines() if world.employer.name in line)
    number = confirmation(await chat.say(line[0]))
    await accept(world, second)
    said = await chat.say(number)
    assert "没有办理成功" in said
    assert "已有一条在办或已生效" in said


async def test_the_same_number_sent_twice_at_once_acts_once(chat: Chat, world: World) -> None:
    await invite(world)
    number = confirmation(await chat.say("同意"))
    answers = await asyncio.gather(*(chat.shown(chat.text(number)) for _ in range(4)))
    assert sum("您已同意" in (a or "") for a in answers) == 1
    assert sum("已经用过" in (a or "") for a in answers) == 3
    (key,) = await ActKey.filter(scope=world.graduate.actor.key)
    assert chat.openid not in key.key


async def test_of_an_acceptance_and_a_withdrawal_at_once_one_wins(chat: Chat, world: World) -> None:
    outcome = await invite(world)
    number = confirmation(await chat.say("同意"))

    async def withdraw() -> str:
        try:
            await act(
                world.employer.actor,
                outcome.flow,
                outcome.record_id,
                "withdraw",
                {},
                version=outcome.version,
                once=world.key(),
            )
        except Conflict:
            return "lost"
        return "won"

    said, employer = await asyncio.gather(chat.say(number), withdraw())
    if employer == "won":
        assert "没有办理成功" in said
        assert await state(world) == "withdrawn"
    else:
        assert "您已同意" in said
        assert await state(world) == "review_school"


async def test_text_of_others_cannot_break_the_reply(chat: Chat, world: World) -> None:
    evil = ']]></Content></xml><a href="http://evil.example">点我</a>'
    await invite(world, position_title=evil[:50], extra_terms=evil)
    for said in (await chat.say("邀请"), await chat.say("同意"), await chat.say(evil), await chat.say("进度")):
        assert '<a href="http://evil' not in said


async def test_long_names_never_push_the_choices_out(chat: Chat, world: World) -> None:
    for _ in range(6):
        world.employers.append(await make_employer(world, employer_name="示" * 100))
    for firm in world.employers[1:]:
        await invite(world, firm=firm, position_title="长" * 50, work_place="远" * 100, extra_terms="补" * 1000)
    said = await chat.say("进度")
    assert "n 下一页" in said
    assert len(numbers(said)) == 5
    detail = await chat.say("1")
    assert "拒绝签约" in detail
    shown = await chat.say(choice(detail, "同意签约"))
    assert confirmation(shown)


async def test_more_than_twenty_messages_a_minute_are_answered_once_and_then_not(chat: Chat) -> None:
    for _ in range(20):
        await chat.say("帮助")
    assert "太多" in await chat.say("帮助")
    for _ in range(3):
        assert await chat.shown(chat.text("帮助")) is None


async def test_what_was_decided_meanwhile_by_a_reviewer_is_told(chat: Chat, world: World) -> None:
    await invite(world)
    accepted = await chat.say(confirmation(await chat.say("同意")))
    assert "等待学校审核" in accepted
    record = await Record.get(graduate_id=world.graduate.id)
    outcome = Outcome(kit.new_id(), Flow.ONLINE_SIGNING, record.id, record.state, "", record.version)
    await approve(world, outcome)
    assert "签约完成" in await chat.say("进度")
