"""Room: every flow in the chat: what stands where, what can be done there, what has a page; always in two steps."""

from __future__ import annotations

import pytest

from bot.app import BotApp, callback_app
from models import kit
from models.parties import Party, ReviewMode
from models.states import Flow
from models.store import MemoryStore
from models.tables import Binding, Graduate, Record
from tests.harness.chat import Chat, bound, choice, confirmation, numbers
from tests.harness.reaching import Case, reach
from tests.harness.world import World, make_world


@pytest.fixture
def app(database: str) -> BotApp:
    return callback_app(kept=MemoryStore())


@pytest.fixture
async def world(database: str) -> World:
    return await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)


@pytest.fixture
async def chat(app: BotApp, world: World) -> Chat:
    return Chat(app, await bound(world, world.graduate))


async def state(case: Case) -> str:
    return (await Record.get(id=case.id)).state


async def test_each_word_leads_to_the_page_that_is_open_and_says_why_another_is_not(chat: Chat, world: World) -> None:
    assert "/m/begin/destination/submit" in await chat.say("去向")
    said = await chat.say("申请协议")
    assert "/m/begin/offline_signing/submit" in said
    assert "/m/begin/supplementary/submit" in said
    await reach(world, Flow.SUPPLEMENTARY, "review_department")
    said = await chat.say("申请协议")
    assert "/m/begin/" not in said
    assert "暂不能" in said
    assert "您已有一条在办" in said


async def test_progress_of_an_application_on_paper_is_withdrawn_by_its_number(chat: Chat, world: World) -> None:
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_review_department")
    card = await chat.say("进度")
    assert "（线下签约）" in card
    assert "等待学院审核" in card
    shown = await chat.say(choice(card, "撤回申请"))
    assert "撤回后可以修改并重新提交" in shown
    assert await state(case) == "agreement_review_department"
    done = await chat.say(confirmation(shown))
    assert "已办理“撤回申请”" in done
    assert await state(case) == "agreement_draft"
    card = await chat.say("进度")
    assert "等您处理" in card
    page = await chat.say(choice(card, "重新提交"))
    assert f"/m/records/{case.id}/actions/submit" in page
    assert await state(case) == "agreement_draft"


async def test_the_word_withdraw_means_the_one_thing_that_can_be(chat: Chat, world: World) -> None:
    case = await reach(world, Flow.DESTINATION, "review_department")
    shown = await chat.say("撤回")
    assert "签劳动合同形式就业" in shown
    await chat.say(confirmation(shown))
    assert await state(case) == "draft"
    shown = await chat.say("取消")
    assert "取消后这件事即告结束" in shown
    await chat.say(confirmation(shown))
    assert await state(case) == "cancelled"


async def test_an_approved_destination_is_voided_in_two_steps(chat: Chat, world: World) -> None:
    assert "不需要作废" in await chat.say("作废")
    case = await reach(world, Flow.DESTINATION, "approved")
    assert "签劳动合同形式就业" in await chat.say("去向")
    assert "不需要解约" in await chat.say("解约")
    shown = await chat.say("作废")
    assert "改为待就业" in shown
    number = confirmation(shown)
    assert await state(case) == "approved"
    assert "已作废" in await chat.say(number)
    assert await state(case) == "voided"
    assert "已经用过" in await chat.say(number)


async def test_a_termination_is_asked_for_on_its_page_and_shown_while_it_waits(chat: Chat, world: World) -> None:
    signed = await reach(world, Flow.ONLINE_SIGNING, "signed")
    said = await chat.say("解约")
    assert "/m/begin/online_termination/request" in said
    assert "/m/begin/offline_termination/submit" not in said
    assert "还可以申请" in said
    case = Case(world, signed.person, signed.firm, Flow.ONLINE_TERMINATION, parent=signed)
    await case.take("request", Party.GRADUATE)
    said = await chat.say("解约")
    assert "等待单位应约" in said
    shown = await chat.say(choice(said, "撤回解约申请"))
    await chat.say(confirmation(shown))
    assert await state(case) == "withdrawn"


@pytest.mark.parametrize("word", ["同意", "拒绝"])
async def test_an_employers_termination_is_answered_by_a_word(chat: Chat, world: World, word: str) -> None:
    signed = await reach(world, Flow.ONLINE_SIGNING, "signed")
    case = Case(world, signed.person, signed.firm, Flow.ONLINE_TERMINATION, parent=signed)
    await case.take("request", Party.EMPLOYER)
    assert "起等您答复" in await chat.say("进度")
    shown = await chat.say(word)
    if word == "拒绝":
        assert "直接回复" in shown
        assert "至少写 5 个字" in await chat.say("岗位缺人")
        shown = await chat.say("岗位难以替换，请再商量")
        assert "岗位难以替换" in shown
    else:
        assert "审核通过后签约即告解除" in shown
    assert await state(case) == "awaiting_graduate"
    await chat.say(confirmation(shown))
    assert await state(case) == ("review_department" if word == "同意" else "graduate_refused")


async def test_a_record_that_moved_on_is_not_acted_on(chat: Chat, world: World) -> None:
    case = await reach(world, Flow.SUPPLEMENTARY, "review_department")
    shown = await chat.say("撤回")
    await case.take("approve", Party.DEPARTMENT)
    said = await chat.say(confirmation(shown))
    assert "没有办理成功" in said
    assert await state(case) == "review_school"
    assert "审核已经开始" in await chat.say("撤回")


async def test_what_the_employer_uploaded_is_not_the_graduates_to_take_back(chat: Chat, world: World) -> None:
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_issued")
    await case.take("upload", Party.EMPLOYER)
    assert "本次材料由对方上传" in await chat.say("进度")


async def test_switching_chooses_the_cohort_that_is_spoken_about(chat: Chat, world: World) -> None:
    assert "不需要切换" in await chat.say("切换")
    older = await make_world(cohort=world.cohort - 1, graduates=1)
    row = await Graduate.get(id=older.graduate.id)
    await Binding.create(
        id=kit.new_id(), school_id=older.school_id, graduate_id=row.id, cohort=row.cohort, openid=chat.openid,
        bound_at=kit.now(), chosen_at=kit.now().replace(year=kit.now().year - 1),
    )  # fmt: skip
    asked = await chat.say("切换")
    assert list(numbers(asked).values()) == [f"切换到{older.cohort}届，{older.school_name}"]
    assert f"已切换到{older.cohort}届" in await chat.say("1")
    assert older.graduate.name in await chat.say("进度")
