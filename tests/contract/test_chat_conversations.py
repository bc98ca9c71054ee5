"""Room: whole conversations of worried people, written down as they are had: words, numbers, slips, second thoughts."""

from __future__ import annotations

import asyncio

import pytest

from bot.app import BotApp, callback_app
from models.parties import ReviewMode
from models.states import Flow
from models.store import MemoryStore
from models.tables import JournalRow, Record
from tests.conftest import Clock
from tests.harness.chat import Chat, bound, confirmation
from tests.harness.conversing import converse
from tests.harness.reaching import Case, reach
from tests.harness.world import Person, World, add_graduates, invite, make_employer, make_world


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    made = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=1)
    for _ in range(6):
        made.employers.append(await make_employer(made))
    return made


@pytest.fixture
async def me(world: World) -> Person:
    return (await add_graduates(world, 1, departments=["计算机学院"]))[0]


@pytest.fixture
def app(database: str) -> BotApp:
    return callback_app(kept=MemoryStore())


@pytest.fixture
async def chat(app: BotApp, world: World, me: Person) -> Chat:
    return Chat(app, await bound(world, me))


async def states(person: Person) -> list[str]:
    return sorted(row.state for row in await Record.filter(graduate_id=person.id))


async def test_somebody_who_types_badly_accepts_after_all(chat: Chat, world: World, me: Person) -> None:
    await invite(world, me)
    await converse(
        chat,
        """
        我：你好
        答：需要办理什么 …… 1 收到的邀请
        我：进渡
        答：您是不是想 …… 办理进度
        我：[办理进度]
        答：等您答复，截止 …… 下一步：请在截止前同意或拒绝 …… 同意签约 …… 拒绝签约
        我：同 意！
        答：请核对 …… 月薪 …… 应约截止 …… 不回复则不会签约
        （平台重发）
        我：好的
        答：请回复那条消息里给出的数字；只回复文字不会办理
        我：同意
        答：请核对
        我：[错误数字]
        答：没有办理任何操作
        我：同意
        答：请核对
        我：[全角确认数字]
        答：您已同意与 …… 等待学院审核 …… 接下来：由学院、学校先后审核 …… 您现在不用做什么
        （平台重发）
        我：谢谢老师！
        不答：拒绝签约
        我：进度
        答：等待学院审核 …… 下一步：由学院审核，通过后再由学校审核
        我：撤回
        答：同意签约后不能自行撤回 …… 电话
        """,
    )
    assert await states(me) == ["review_department"]


async def test_a_number_is_worth_nothing_too_late_twice_or_after_a_newer_one(
    chat: Chat, world: World, me: Person, clock: Clock
) -> None:
    await invite(world, me)
    await converse(
        chat,
        """
        我：拒绝
        答：请选择原因 …… 薪酬待遇 …… 其他
        我：[工作地点]
        答：请核对，这是您将拒绝的邀请 …… 原因：工作地点
        （11 分钟后）
        我：[确认数字]
        答：已超过 10 分钟，没有办理任何操作 …… 收到的邀请
        我：[收到的邀请]
        答：同意签约 …… 拒绝签约
        我：[拒绝签约]
        答：请选择原因
        我：[薪酬待遇]
        答：确认拒绝请回复
        我：同意
        答：请核对，这是您将同意的签约
        我：[上次数字]
        答：已被新的数字代替，没有办理任何操作
        我：拒绝
        答：请选择原因
        我：[薪酬待遇]
        答：确认拒绝请回复
        我：[确认数字]
        答：您已拒绝 …… 接下来：单位会收到您的答复和原因
        我：[上次数字]
        答：已经用过，不会重复办理
        """,
        clock,
    )
    assert await states(me) == ["refused"]
    used = await JournalRow.filter(subject_id=(await Record.get(graduate_id=me.id)).id, action="refuse").count()
    assert used == 1


async def test_a_list_is_turned_over_and_a_number_means_what_was_shown_last(
    chat: Chat, world: World, me: Person
) -> None:
    for firm in world.employers:
        await invite(world, me, firm=firm)
    await converse(
        chat,
        """
        我：收到的邀请
        答：共 7 条，第 1/2 页 …… 5 …… n 下一页
        我：Ｎ
        答：第 2/2 页
        不答：n 下一页
        我：２
        答：单位： …… 下一步：请在截止前同意或拒绝
        我：帮助
        答：可以这样使用 …… 2 办理进度
        我：2
        答：您的办理进度：共 7 条，第 1/2 页 …… 查看
        我：下一页
        答：第 2/2 页
        我：9
        答：这个数字现在没有对应的选项，没有办理任何操作
        我：n
        答：需要办理什么
        我：同意
        答：请选择要同意的邀请 …… 下一步还会请您确认
        我：第三个
        答：请核对，这是您将同意的签约
        我：０
        答：需要办理什么
        """,
    )
    assert await states(me) == ["invited"] * 7


async def test_digits_while_words_are_asked_for_are_digits(chat: Chat, world: World, me: Person) -> None:
    signed = await reach(world, Flow.ONLINE_SIGNING, "signed", me)
    case = Case(world, me, world.employer, Flow.ONLINE_TERMINATION, parent=signed)
    await case.take("request", by=world.employer.actor)
    await converse(
        chat,
        """
        我：进度
        答：单位发起解约 …… 下一步：请同意或拒绝；办结前签约仍然有效 …… 正在办理解约；办结前签约仍然有效
        我：[拒绝解约]
        答：请直接回复拒绝的理由
        我：3821
        答：没有办理任何操作
        我：不同意
        答：请直接回复拒绝的理由
        我：缺人
        答：至少写 5 个字 …… 请重新回复
        我：合同期内不同意解除 ]]> <a href="http://x">点</a>
        答：合同期内不同意解除 …… 请回复
        我：[确认数字]
        答：已办理“拒绝解约” …… 接下来：签约仍然有效，请按约定履行
        """,
    )
    assert await states(me) == ["graduate_refused", "signed"]


async def test_a_destination_is_voided_and_the_way_to_the_next_is_named(chat: Chat, world: World, me: Person) -> None:
    await reach(world, Flow.DESTINATION, "approved", me)
    await converse(
        chat,
        """
        我：我要解约
        答：不需要解约；去向有变化的，作废后重新登记 …… 作废
        我：[作废]
        答：请核对 …… 作废后立即生效，不需要审核
        我：确认
        答：请回复那条消息里给出的数字
        我：作废
        答：确认作废请回复
        我：[确认数字]
        答：已办理“作废” …… 接下来：您可以重新签约，或登记其他去向 …… 1 去向登记
        我：[去向登记]
        答：您还没有登记毕业去向 …… 登记去向
        """,
    )
    assert await states(me) == ["voided"]


async def test_two_different_messages_at_once_do_nothing_by_chance(chat: Chat, world: World, me: Person) -> None:
    await invite(world, me)
    yes, no = await asyncio.gather(chat.say("同意"), chat.say("拒绝"))
    assert "请核对" in yes
    assert "请选择原因" in no
    assert await states(me) == ["invited"]
    said, listed = await asyncio.gather(chat.say(confirmation(yes)), chat.say("进度"))
    assert "您已同意" in said
    assert "等待" in listed
    assert await states(me) == ["review_department"]


async def test_of_two_acceptances_at_once_one_holds_and_one_says_why(chat: Chat, world: World, me: Person) -> None:
    """Two tabs of one account, each with a number of its own: only the newest lives, and nobody is bound twice."""
    for firm in world.employers[:2]:
        await invite(world, me, firm=firm)
    await chat.say("邀请")
    first = confirmation(await chat.say("同意 1"))
    await chat.say("邀请")
    second = confirmation(await chat.say("同意 2"))
    answers = await asyncio.gather(chat.say(first), chat.say(second))
    assert sum("您已同意" in one for one in answers) == 1
    assert sum("没有办理任何操作" in one for one in answers) == 1
    assert await states(me) == ["invited", "review_department"]


async def test_who_studies_for_an_employer_is_led_to_the_one_destination_that_is_open(
    app: BotApp, world: World
) -> None:
    (person,) = await add_graduates(world, 1, departments=["计算机学院"], training_mode="21")
    await converse(
        Chat(app, await bound(world, person)),
        """
        我：邀请
        答：不用网上签约，不会收到签约邀请
        我：申请协议
        答：不用申请就业协议；请登记定向、委培去向
        我：进度
        答：补充登记定向、委培去向
        我：去向
        答：请在页面上补充登记定向、委培去向 …… 登记去向
        """,
    )
