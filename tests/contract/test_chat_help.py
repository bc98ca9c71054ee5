"""Room: questions in plain words, asked in the chat: answers, choices, the way on, and acts that never happen."""

from __future__ import annotations

import pytest

from bot.app import BotApp, callback_app
from bot.buttons import Help
from models.store import MemoryStore
from models.tables import Record
from tests.harness.chat import Chat, bound, choice, new_openid, numbers
from tests.harness.world import World, invite, make_world


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    made = await make_world()
    await invite(made)
    return made


@pytest.fixture(scope="module")
async def openid(world: World) -> str:
    return await bound(world, world.graduate)


@pytest.fixture
def app(database: str) -> BotApp:
    return callback_app(kept=MemoryStore())


@pytest.fixture
def chat(app: BotApp, openid: str) -> Chat:
    return Chat(app, openid)


async def test_a_question_is_answered_and_leads_on(chat: Chat) -> None:
    said = await chat.say("邀请过期了怎么办？")
    assert "【邀请过期了怎么办】" in said
    assert "重新发起" in said
    assert "010-62345678" in said, "a person to talk to stands under every answer"
    assert "软件工程师" in await chat.say(choice(said, "收到的邀请"))


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("怎么解约", "先看当初怎么签的"),
        ("户口怎么迁", "户口在学校的"),
        ("我签了劳动合同没签三方怎么登记", "签劳动合同形式就业"),
        ("公司一直不处理我的解约申请", "强制解约"),
        ("审核一般要几天", "回复“进度”"),
    ],
)
async def test_what_people_ask_most_is_answered_at_once(chat: Chat, asked: str, part: str) -> None:
    assert part in await chat.say(asked)


async def test_an_answer_names_what_else_may_have_been_meant(chat: Chat) -> None:
    said = await chat.say("怎么解约")
    others = [label for label in numbers(said).values() if "解约" in label and label != "解约"]
    assert others
    assert f"【{others[0]}】" in await chat.say(choice(said, others[0]))


async def test_an_answer_that_is_done_on_a_page_opens_it(chat: Chat) -> None:
    said = await chat.say("登记过的去向怎么作废")
    assert "/m/records" in said
    assert "作废" in said


async def test_where_it_is_not_sure_it_asks_back_with_numbers_and_the_desk(chat: Chat) -> None:
    said = await chat.say("那个六位数的码过时间了")
    assert "没有完全明白" in said
    offered = list(numbers(said).values())
    assert "收不到短信验证码" in offered
    assert 3 <= len(offered) <= 5
    assert "联系学校" in offered
    assert "010-62345678" in said
    assert "【收不到短信验证码】" in await chat.say(choice(said, "收不到短信验证码"))


@pytest.mark.parametrize("text", ["甲乙丙丁", "给我讲个笑话吧", "食堂几点关门"])
async def test_what_is_no_question_of_ours_gets_the_menu_and_the_desk(chat: Chat, text: str) -> None:
    said = await chat.say(text)
    assert "没有看懂" in said
    assert "办理进度" in numbers(said).values()
    assert "010-62345678" in said


async def test_words_of_the_chat_come_before_help(chat: Chat) -> None:
    assert "【" not in await chat.say("解约")
    assert "【" not in await chat.say("进度")
    assert "软件工程师" in await chat.say("邀请")


async def test_a_mistyped_word_is_offered_as_that_word(chat: Chat) -> None:
    assert "拒绝签约" in numbers(await chat.say("拒觉")).values()


async def test_asking_about_an_act_never_does_it(chat: Chat, world: World) -> None:
    for text in ("怎么同意邀请", "我想拒绝这个邀请怎么弄", "同意以后能撤回吗"):
        await chat.say(text)
    for number in ("1", "2", "3"):
        await chat.say("怎么同意邀请")
        await chat.say(number)
    assert [row.state for row in await Record.filter(graduate_id=world.graduate.id)] == ["invited"]


async def test_a_stranger_reads_the_answer_and_the_way_to_the_binding(app: BotApp) -> None:
    stranger = Chat(app, new_openid())
    said = await stranger.say("收不到短信验证码怎么办")
    assert "【收不到短信验证码】" in said
    assert "/m/bind" in said
    back = await stranger.say("那个六位数的码过时间了")
    assert "没有完全明白" in back
    assert "/m/bind" in back
    assert "【收不到短信验证码】" in await stranger.say(choice(back, "收不到短信验证码"))
    assert "还没有绑定" in await stranger.say("今天天气怎么样")


async def test_an_entry_of_an_older_release_shows_what_can_be_typed(chat: Chat) -> None:
    assert "可以这样使用" in await chat.tap(Help("gone-by-now").pack())


async def test_the_help_says_that_questions_can_be_typed(chat: Chat) -> None:
    said = await chat.say("帮助")
    assert "直接输入问题" in said
    assert "【怎么解约】" in await chat.say("怎么解约")


async def test_traditional_characters_and_voice_find_the_same(chat: Chat) -> None:
    assert "【怎么绑定微信账号】" in await chat.say("怎麼綁定帳號")
    voice = "<Recognition><![CDATA[邀请过期了怎么办。]]></Recognition><MediaId>1</MediaId><MsgId>990</MsgId>"
    heard = await chat.shown(chat._message("voice", voice))
    assert heard is not None
    assert "【邀请过期了怎么办】" in heard
