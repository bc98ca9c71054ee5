"""Room: conversations with the account as people have them, on a real database, through the real callback."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.app import BotApp, callback_app
from bot.buttons import Do, Show, Topic
from bot.menus import menu
from models import kit
from models.parties import ReviewMode
from models.store import MemoryStore
from models.tables import Binding, Graduate, JournalRow, Record
from tests.harness.chat import Chat, bound, choice, confirmation, new_openid, numbers
from tests.harness.world import World, add_graduates, approve, invite, make_employer, make_world, reject, sign
from workflows.commands.warnings import mark_employer
from workflows.engine import Outcome


@pytest.fixture
def app(database: str) -> BotApp:
    return callback_app(kept=MemoryStore())


async def someone(app: BotApp, world: World) -> Chat:
    """A chat of the world's first graduate, bound."""
    return Chat(app, await bound(world, world.graduate))


async def state_of(world: World) -> list[str]:
    rows = await Record.filter(graduate_id=world.graduate.id).order_by("created_at")
    return [row.state for row in rows]


async def test_a_stranger_is_led_to_the_binding_whatever_is_said(app: BotApp) -> None:
    chat = Chat(app, new_openid())
    for text in ("进度", "同意", "1", "3821", "你好", "绑定", "随便说说"):
        said = await chat.say(text)
        assert "/m/bind" in said, text
        assert "记录" not in said
    assert "绑定" in await chat.say("帮助")
    assert "就业部门" in await chat.say("人工")


async def test_following_greets_and_names_the_way(app: BotApp) -> None:
    said = await Chat(app, new_openid()).happen("subscribe")
    assert said is not None
    assert "欢迎" in said
    assert "/m/bind" in said


async def test_an_invitation_is_accepted_in_two_steps(app: BotApp) -> None:
    world = await make_world(mode=ReviewMode.DEPARTMENT_THEN_SCHOOL)
    chat = await someone(app, world)
    assert "没有等待您答复的签约邀请" in await chat.say("邀请")

    await invite(world, service_months=24, penalty=5000)
    offer = await chat.say("邀请")
    assert world.employer.name in offer
    assert "软件工程师" in offer
    assert "9000元" in offer
    assert "服务期24个月" in offer
    assert "截止" in offer
    assert list(numbers(offer).values()) == ["同意签约", "拒绝签约"]

    shown = await chat.say(choice(offer, "同意签约"))
    assert world.employer.name in shown
    assert "9000元" in shown
    assert "应约截止" in shown
    assert "/m/records/" in shown
    assert world.graduate.mobile not in shown
    assert f"{world.graduate.mobile[:3]}****" in shown
    assert await state_of(world) == ["invited"]

    done = await chat.say(confirmation(shown))
    assert "您已同意与" in done
    assert "学生已同意签约，等待学院审核" in done
    assert "学院、学校先后审核" in done
    assert "010-62345678" in done
    assert await state_of(world) == ["review_department"]


async def test_an_invitation_is_refused_with_a_numbered_reason(app: BotApp) -> None:
    world = await make_world()
    chat = await someone(app, world)
    await invite(world)
    reasons = await chat.say("不同意")
    assert list(numbers(reasons).values()) == [
        "已有其他去向",
        "薪酬待遇",
        "岗位不符",
        "工作地点",
        "升学或出国",
        "其他",
    ]
    shown = await chat.say(choice(reasons, "薪酬待遇"))
    assert "原因：薪酬待遇" in shown
    assert await state_of(world) == ["invited"]
    done = await chat.say(confirmation(shown))
    assert "您已拒绝" in done
    assert await state_of(world) == ["refused"]
    journal = await JournalRow.filter(subject_id=(await Record.get(graduate_id=world.graduate.id)).id).order_by("-id")
    assert journal[0].action == "refuse"
    assert journal[0].detail["form"] == {"reason": "pay"}


async def test_another_reason_is_asked_for_in_words(app: BotApp) -> None:
    world = await make_world()
    chat = await someone(app, world)
    await invite(world)
    reasons = await chat.say("拒绝")
    assert "直接回复" in await chat.say(choice(reasons, "其他"))
    again = await chat.say("远" * 201)
    assert "200" in again
    shown = await chat.say("离家太远<a href='http://x'>]]>点我</a>")
    assert "离家太远" in shown
    assert "<a href='http://x'>" not in shown
    await chat.say(confirmation(shown))
    record = await Record.get(graduate_id=world.graduate.id)
    assert record.state == "refused"


async def test_with_several_invitations_one_is_chosen_first(app: BotApp) -> None:
    world = await make_world(employers=3)
    chat = await someone(app, world)
    for days, firm in zip((5, 20, 10), world.employers, strict=True):
        await invite(world, firm=firm, valid_days=days)
    listed = await chat.say("同意")
    order = [listed.index(firm.name) for firm in world.employers]
    assert order[0] < order[2] < order[1], "the one that ends first stands in front"
    shown = await chat.say("2")
    assert world.employers[2].name in shown
    await chat.say(confirmation(shown))
    taken = await Record.get(graduate_id=world.graduate.id, employer_id=world.employers[2].id)
    assert taken.state == "review_school"

    blocked = await chat.say("同意")
    second = await chat.say(choice(blocked, "1") if numbers(blocked) else "1")
    assert "暂不能同意签约" in second
    assert "先等待其办结" in second


async def test_a_word_with_a_number_names_a_line_of_the_list(app: BotApp) -> None:
    world = await make_world(employers=2)
    chat = await someone(app, world)
    for firm in world.employers:
        await invite(world, firm=firm)
    listed = await chat.say("收到的邀请")
    first = min(world.employers, key=lambda firm: listed.index(firm.name))
    assert first.name in await chat.say("接受 1")
    await chat.say("邀请")
    reasons = await chat.say("拒绝第 1 个。")
    assert first.name[:10] in reasons
    assert "薪酬待遇" in reasons


async def test_five_lines_a_page_and_n_goes_on(app: BotApp) -> None:
    world = await make_world(employers=7)
    chat = await someone(app, world)
    for firm in world.employers:
        await invite(world, firm=firm)
    first = await chat.say("邀请")
    assert "共 7 条，第 1/2 页" in first
    assert "n 下一页" in first
    second = await chat.say("ｎ")
    assert "第 2/2 页" in second
    shown = [firm.name for firm in world.employers if firm.name in first] + [
        firm.name for firm in world.employers if firm.name in second
    ]
    assert len(shown) == 7
    assert sorted(shown) == sorted(firm.name for firm in world.employers)
    detail = await chat.say("2")
    assert sum(firm.name in detail for firm in world.employers) == 1
    assert "n 下一页" not in await chat.say("n")


async def test_progress_says_what_is_where_since_when_and_who_is_next(app: BotApp) -> None:
    world = await make_world(mode=ReviewMode.DEPARTMENT_THEN_SCHOOL)
    chat = await someone(app, world)
    assert "没有正在办理的事项" in await chat.say("进度")

    outcome = await invite(world)
    card = await chat.say("办理进度。")
    assert world.employer.name in card
    assert "等待学生应约" in card
    assert "起等您答复" in card
    assert "同意签约" in " ".join(numbers(card).values())

    shown = await chat.say(choice(card, "同意签约"))
    await chat.say(confirmation(shown))
    assert "等待学院审核" in await chat.say("进度")

    outcome = await approve(world, await now_at(outcome))
    assert "等待学校审核" in await chat.say("进度")
    await approve(world, outcome)
    signed = await chat.say("进度")
    assert "签约完成" in signed
    assert "起生效" in signed
    assert "就业协议编号：" in await chat.say("协议")


async def now_at(outcome: Outcome) -> Outcome:
    """Where the record of an outcome stands by now."""
    record = await Record.get(id=outcome.record_id)
    return replace(outcome, state=record.state, version=record.version)


async def test_a_rejection_is_the_last_thing_that_progress_shows(app: BotApp) -> None:
    world = await make_world()
    chat = await someone(app, world)
    outcome = await invite(world)
    shown = await chat.say("同意")
    await chat.say(confirmation(shown))
    await reject(world, await now_at(outcome))
    card = await chat.say("进度")
    assert "没有正在办理的事项" in card
    assert "审核不通过，签约失败" in card


async def test_a_warning_mark_is_shown_before_the_answer(app: BotApp) -> None:
    world = await make_world()
    firm = world.employer
    form = {"employer_name": firm.name, "employer_uscc": firm.uscc, "note": "收取押金"}
    await mark_employer(world.school, form, ["false_advertising"])
    chat = await someone(app, world)
    await invite(world)
    for said in (await chat.say("邀请"), await chat.say("同意")):
        assert "预警提示：该单位被您的学校列为预警单位，原因：虚假宣传" in said
        assert "收取押金" not in said, "notes are for staff"


async def test_what_is_done_at_school_is_answered_with_facts_and_the_desk(app: BotApp) -> None:
    world = await make_world()
    openid = await bound(world, world.graduate)
    for word in ("解约", "撤回", "协议", "去向", "档案", "户口", "离校", "申请协议", "人工", "档案户口"):
        said = await Chat(callback_app(kept=MemoryStore()), openid).say(word)
        assert "敬请期待" not in said
        assert "即将" not in said
        assert numbers(said), word
    await sign(world)
    for word, part in (
        ("解约", "解约办结前，这份签约仍然有效"),
        ("撤回", "不能撤回"),
        ("去向", "签就业协议形式就业"),
        ("人工", "010-62345678（工作日 9:00-17:00）"),
    ):
        assert part in await Chat(callback_app(kept=MemoryStore()), openid).say(word)


async def test_a_typing_error_gets_the_nearest_offer_and_never_an_act(app: BotApp) -> None:
    world = await make_world()
    chat = await someone(app, world)
    await invite(world)
    for typed, meant in (("进渡", "办理进度"), ("要请", "收到的邀请"), ("怎么解约啊", "解约"), ("拒觉", "拒绝签约")):
        assert meant in " ".join(numbers(await chat.say(typed)).values()), typed
    assert "没有看懂" in await chat.say("甲乙丙丁")
    assert await state_of(world) == ["invited"]


async def test_every_tap_of_the_menu_is_answered(app: BotApp) -> None:
    world = await make_world()
    openid = await bound(world, world.graduate)
    for group in menu("https://wq.example.com"):
        for entry in group["sub_button"]:
            if entry["type"] == "click":
                said = await Chat(callback_app(kept=MemoryStore()), openid).tap(entry["key"])
                assert "没有看懂" not in said, entry
            else:
                assert entry["url"].startswith("https://wq.example.com/m/")
    stale = await Chat(app, openid).tap("old:menu:key")
    assert "需要办理什么" in stale
    assert "办理进度" in await Chat(app, openid).tap(Topic("menu").pack())


async def test_unbinding_asks_once_more_and_ends_the_chat(app: BotApp) -> None:
    world = await make_world()
    chat = await someone(app, world)
    asked = await chat.say("解绑")
    assert "确定解除" in asked
    assert "需要办理什么" in await chat.say(choice(asked, "不解绑"))
    asked = await chat.say("解绑")
    assert "已解除绑定" in await chat.say(choice(asked, "确定解绑"))
    assert "还没有绑定" in await chat.say("进度")


async def test_leaving_the_account_ends_the_binding_and_forgets_the_openid(app: BotApp) -> None:
    world = await make_world()
    chat = await someone(app, world)
    assert await chat.happen("unsubscribe") is None
    rows = await Binding.filter(graduate_id=world.graduate.id)
    assert [(row.openid, row.following, row.ended_at is not None) for row in rows] == [("", False, True)]
    back = await chat.happen("subscribe")
    assert back is not None
    assert "/m/bind" in back


async def test_pictures_and_unknown_types_get_a_way_on(app: BotApp) -> None:
    world = await make_world()
    chat = await someone(app, world)
    for number, kind in enumerate(("image", "location", "file", "strange_new_type")):
        body = f"<MediaId>1</MediaId><MsgId>77000{number}</MsgId>"
        said = await chat.shown(chat._message(kind, body))
        assert said is not None
        assert "只能看懂文字" in said
    voice = "<Recognition><![CDATA[办理进度。]]></Recognition><MediaId>1</MediaId><MsgId>88</MsgId>"
    heard = await chat.shown(chat._message("voice", voice))
    assert heard is not None
    assert "没有正在办理的事项" in heard


async def test_an_invalidated_graduate_reads_why_nothing_goes_on(app: BotApp) -> None:
    world = await make_world()
    chat = await someone(app, world)
    await invite(world)
    await Graduate.filter(id=world.graduate.id).update(invalid_at=kit.now())
    card = await chat.say("进度")
    assert "流程已暂停" in card
    assert "请联系学校核实名单" in card
    assert "已不在学生名单" in await chat.say("同意")
    assert await state_of(world) == ["invited"]


async def test_other_peoples_records_do_not_exist(app: BotApp) -> None:
    world = await make_world()
    other = (await add_graduates(world, 1))[0]
    outcome = await invite(world, other, await make_employer(world))
    chat = await someone(app, world)
    for key in (Show(outcome.record_id).pack(), Do(outcome.record_id, "accept").pack()):
        said = await chat.tap(key)
        assert "没有找到这条记录" in said
