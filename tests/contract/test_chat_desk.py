"""Room: 人工 as people have it: the desk's telephone, a question in the chat, staff's answer, and how it comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.app import BotApp, callback_app
from models import db, kit
from models.parties import ReviewMode
from models.store import MemoryStore
from models.tables import DeskNote, JournalRow, OutboxRow
from tests.harness.callers import Api
from tests.harness.chat import Chat, bound
from tests.harness.world import Person, World, accept, add_graduates, invite, make_world
from workflows.commands.desk_notes import answer_note
from workflows.commands.roster import invalidate_graduate
from workflows.limits import DESK_QUESTIONS

ASKED = "单位要我先寄原件，可以吗？"


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=1, departments=("文学院",))


@pytest.fixture
async def person(world: World) -> Person:
    (made,) = await add_graduates(world, 1, departments=("文学院",))
    return made


@pytest.fixture
async def chat(world: World, person: Person) -> Chat:
    return Chat(callback_app(kept=MemoryStore()), await bound(world, person))


async def notes_of(person: Person) -> list[DeskNote]:
    return await DeskNote.filter(graduate_id=person.id).order_by("created_at")


async def answered(world: World, person: Person, text: str) -> DeskNote:
    """The graduate's last note, answered by the department."""
    note = (await notes_of(person))[-1]
    await answer_note(world.department_of(person), note.id, text)
    return await DeskNote.get(id=note.id)


async def test_a_question_goes_to_the_desk_with_the_record_it_is_likely_about(
    chat: Chat, world: World, person: Person
) -> None:
    outcome = await accept(world, await invite(world, person), person)
    desk = await chat.say("人工")
    assert "010-62345678" in desk
    assert "直接回复问题" in desk
    assert f"附上您与{world.employer.name}的线上签约记录" in desk
    said = await chat.say(ASKED)
    assert "已转给老师" in said
    assert ASKED in said
    (note,) = await notes_of(person)
    assert (note.text, note.kind, note.status, note.record_id) == (ASKED, "question", "open", outcome.record_id)
    assert (note.department, note.school_id, note.cohort) == ("文学院", world.school_id, world.cohort)
    (step,) = await JournalRow.filter(subject_id=note.id)
    assert step.action == "ask_desk"
    assert ASKED not in str(step.detail)


async def test_without_any_record_the_question_goes_alone(chat: Chat, person: Person) -> None:
    assert "附上" not in await chat.say("转人工")
    assert "附上" not in await chat.say(ASKED)
    (note,) = await notes_of(person)
    assert note.record_id is None


async def test_words_of_the_chat_keep_their_meaning_while_a_question_is_awaited(chat: Chat, person: Person) -> None:
    await chat.say("人工")
    assert "没有正在办理的事项" in await chat.say("进度")
    await chat.say("人工")
    assert "可以这样使用" in await chat.say("2")
    assert await notes_of(person) == []


async def test_only_the_next_text_is_a_question_to_the_desk(chat: Chat, person: Person) -> None:
    await chat.say("人工")
    await chat.say(ASKED)
    assert "【怎么解约】" in await chat.say("怎么解约")
    assert len(await notes_of(person)) == 1


async def test_a_text_that_is_no_question_is_asked_for_again(chat: Chat, person: Person) -> None:
    await chat.say("人工")
    for text in ("呃", "长" * 501):
        said = await chat.say(text)
        assert "2 至 500 个字" in said
        assert "请重新回复" in said
    assert "已转给老师" in await chat.say(ASKED)
    assert len(await notes_of(person)) == 1


async def test_the_same_question_twice_is_one_note_and_the_day_has_a_limit(chat: Chat, person: Person) -> None:
    for said in ("已转给老师", "还在等待答复"):
        await chat.say("人工")
        assert said in await chat.say(ASKED)
    assert len(await notes_of(person)) == 1
    for number in range(1, DESK_QUESTIONS.times):
        await chat.say("人工")
        assert "已转给老师" in await chat.say(f"这是另一个问题，编号为{number}号的那种")
    await chat.say("人工")
    assert "留言已达上限" in await chat.say("还有最后一个问题")
    assert len(await notes_of(person)) == DESK_QUESTIONS.times
    await DeskNote.filter(graduate_id=person.id).update(created_at=kit.now() - timedelta(days=1, minutes=1))
    await chat.say("人工")
    assert "已转给老师" in await chat.say("第二天的问题")


async def test_numbers_of_papers_and_cards_are_masked_before_anybody_reads_them(chat: Chat, person: Person) -> None:
    await chat.say("人工")
    await chat.say(f"我的证件号{person.id_number}对不上，卡号６２２２０２０２００１１２２３３４４５")
    (note,) = await notes_of(person)
    masked = kit.mask_id_number(person.id_number)
    assert note.text == f"我的证件号{masked}对不上，卡号６２２２***********３４４５"


async def test_an_answer_comes_as_a_message_and_stands_behind_the_word(
    chat: Chat, world: World, person: Person
) -> None:
    await chat.say("人工")
    await chat.say(ASKED)
    assert "还没有答复" in await chat.say("人工")
    note = await answered(world, person, "可以，请用机要或EMS寄送，并保留单号。")
    shown = await chat.say("人工")
    assert shown.index("学校的答复：可以，请用机要或EMS寄送") < shown.index("010-62345678")
    (owed,) = await OutboxRow.filter(key=f"{note.id}:question_answered:wechat")
    assert "机要" not in str(owed.params), "what is nobody else's business travels sealed"
    assert ASKED not in str(owed.params)


async def test_the_longest_answer_still_fits_beside_the_telephone(chat: Chat, world: World, person: Person) -> None:
    await chat.say("人工")
    await chat.say("问" * 500)
    await answered(world, person, "答" * 500)
    shown = await chat.say("人工")
    assert "答" * 500 in shown
    assert "010-62345678" in shown


async def test_an_unbound_graduate_is_told_by_sms_that_there_is_an_answer(
    chat: Chat, world: World, person: Person
) -> None:
    await chat.say("人工")
    await chat.say(ASKED)
    await db.execute("UPDATE bindings SET ended_at = $2 WHERE graduate_id = $1", person.id, kit.now())
    note = await answered(world, person, "可以寄送。")
    owed = await OutboxRow.filter(key__startswith=f"{note.id}:")
    assert [(row.channel, row.recipient, "text" in row.params) for row in owed] == [("sms", person.id, False)]


async def test_whoever_was_taken_off_the_roster_can_still_ask(chat: Chat, world: World, person: Person) -> None:
    await invalidate_graduate(world.school, person.id, "延期毕业，转入下一届")
    await chat.say("人工")
    assert "已转给老师" in await chat.say("为什么我不在名单里了？")


async def test_a_question_is_listed_and_answered_over_the_api(
    api: Api, chat: Chat, world: World, person: Person
) -> None:
    await invite(world, person)
    await chat.say("人工")
    await chat.say(ASKED)
    clerk = await api.sign_in(world.department_desks["文学院"])
    listed = (await clerk.get(f"/v1/notes?status=open&kind=question&cohort={world.cohort}")).json()["items"]
    (mine,) = [one for one in listed if one["graduate"]["id"] == str(person.id)]
    assert (mine["text"], mine["kind_label"], mine["record"]["employer"]) == (ASKED, "咨询", world.employer.name)
    assert (await clerk.post(f"/v1/notes/{mine['id']}/answer", {"text": "可以寄送。"})).status_code == 204
    assert "学校的答复：可以寄送。" in await chat.say("人工")


async def test_a_stranger_reads_whom_to_call_and_is_asked_nothing(app: BotApp) -> None:
    stranger = Chat(app, "oStranger000000000000000001")
    assert "就业部门" in await stranger.say("人工")
    before = await DeskNote.all().count()
    assert "/m/bind" in await stranger.say(ASKED)
    assert await DeskNote.all().count() == before


@pytest.fixture
def app(database: str) -> BotApp:
    return callback_app(kept=MemoryStore())
