"""Room: conversations that begin with a scanned QR code, through the real callback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.app import BotApp, callback_app
from models.kit import now
from models.store import MemoryStore, close_store
from models.tables import Binding, OutboxRow
from models.vault import unseal
from tests.conftest import Clock
from tests.harness.chat import Chat, bound, choice, confirmation, new_openid
from tests.harness.world import Person, World, add_graduates, invite, make_world
from workflows.actors import Actor
from workflows.commands.deliveries import CODE_PLACE
from workflows.commands.scenes import Shown, new_scene, open_scene, poster_scene
from workflows.ports import SceneCode

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.fixture(scope="module")
async def school(database: str) -> World:
    return await make_world(graduates=1)


@pytest.fixture
async def world(school: World) -> World:
    await close_store()
    school.graduates[:0] = await add_graduates(school, 2)
    return school


@pytest.fixture
def app(database: str) -> BotApp:
    return callback_app(kept=MemoryStore())


async def shown(actor: Actor, person: Person) -> tuple[str, Shown]:
    scene = new_scene()
    code = SceneCode(scene, "gQticket", f"http://weixin.qq.com/q/{scene}", now() + timedelta(minutes=5))
    return scene, await open_scene(actor, person.id, code)


async def follows(chat: Chat, scene: str) -> str:
    """Somebody who does not follow yet scans: the platform says so in the event of following."""
    said = await chat.happen("subscribe", f"qrscene_{scene}", Ticket="gQticket")
    assert said is not None
    return said


async def scans(chat: Chat, scene: str) -> str:
    said = await chat.happen("SCAN", scene, Ticket="gQticket")
    assert said is not None
    return said


async def sms(person: Person) -> str:
    row = await OutboxRow.filter(recipient=person.id, notice="one_time_code").order_by("-id").first()
    assert row is not None
    return unseal(CODE_PLACE, row.params["code"])


async def test_a_newcomer_scans_at_the_desk_and_is_bound_in_three_answers(app: BotApp, world: World) -> None:
    me, chat = world.graduate, Chat(app, new_openid())
    scene, screen = await shown(world.school, me)
    asked = await follows(chat, scene)
    assert f"您要绑定的是：{me.name[0]}*" in asked
    assert me.name not in asked
    assert world.school_name in asked
    assert "4 位数字" in asked
    assert screen.number not in asked

    again = await chat.say("是我")
    assert "请只回复二维码旁边显示的 4 位数字" in again
    wrong = await chat.say("9999" if screen.number != "9999" else "8888")
    assert "数字不正确，没有绑定" in wrong

    sent = await chat.say(f"　{screen.number.translate(WIDE)}。")
    assert f"{me.mobile[:3]}****{me.mobile[-4:]}" in sent
    assert "6 位" in sent
    assert "回复 1 重新发送" in sent
    assert not await Binding.filter(openid=chat.openid).exists()

    code = await sms(me)
    refused = await chat.say("000000" if code != "000000" else "111111")
    assert "验证码不正确或已失效，没有绑定" in refused
    done = await chat.say(code.translate(WIDE))
    assert "绑定成功" in done
    assert me.name in done
    row = await Binding.get(openid=chat.openid, ended_at=None)
    assert row.graduate_id == me.id
    assert "没有等待您答复的签约邀请" in await chat.say(choice(done, "收到的邀请"))


async def test_the_own_page_needs_the_number_alone(app: BotApp, world: World) -> None:
    me, chat = world.graduate, Chat(app, new_openid())
    scene, screen = await shown(me.actor, me)
    assert "4 位数字" in await scans(chat, scene)
    assert "绑定成功" in await chat.say(screen.number)


async def test_a_repeat_by_the_platform_reads_the_same_and_binds_once(app: BotApp, world: World, clock: Clock) -> None:
    me, chat = world.graduate, Chat(app, new_openid())
    scene, screen = await shown(me.actor, me)
    event = chat.event("SCAN", scene, Ticket="gQticket")
    assert await chat.shown(event) == await chat.shown(event)
    typed = chat.text(screen.number)
    first = await chat.shown(typed)
    assert first is not None
    assert "绑定成功" in first
    assert await chat.shown(typed) == first
    assert await Binding.filter(graduate_id=me.id).count() == 1
    clock.advance(seconds=2)  # within one second it is the same event to the platform, too
    assert "已经绑定了这位毕业生" in await scans(chat, scene)


async def test_the_code_is_sent_again_by_number(app: BotApp, world: World, clock: Clock) -> None:
    me, chat = world.graduate, Chat(app, new_openid())
    scene, screen = await shown(world.school, me)
    await scans(chat, scene)
    await chat.say(screen.number)
    assert "操作过于频繁" in await chat.say("1")
    clock.advance(minutes=1, seconds=1)
    await close_store()  # its counters know their own time
    again = await scans(chat, scene)
    assert "6 位" in again, "the number was right before"
    assert f"{me.mobile[:3]}****" in again
    assert await OutboxRow.filter(recipient=me.id, notice="one_time_code").count() == 2
    assert "绑定成功" in await chat.say(await sms(me))


async def test_a_second_phone_and_a_late_one_are_told_to_have_a_new_code_shown(
    app: BotApp, world: World, clock: Clock
) -> None:
    mine, theirs = Chat(app, new_openid()), Chat(app, new_openid())
    scene, _ = await shown(world.school, world.graduate)
    await scans(mine, scene)
    taken = await scans(theirs, scene)
    assert "已被另一个微信扫过，没有绑定" in taken
    assert world.graduate.name[0] not in taken.split("没有绑定")[0]
    late, _ = await shown(world.school, world.graduate)
    clock.advance(minutes=6)
    assert "这个二维码已失效，没有绑定" in await scans(theirs, late)
    assert "这个二维码已失效，没有绑定" in await scans(theirs, "b_nonsense")


async def test_an_account_that_stands_for_another_person_reads_the_way_out(app: BotApp, world: World) -> None:
    first, second = world.graduates[:2]
    chat = Chat(app, await bound(world, first))
    scene, screen = await shown(world.school, second)
    said = await scans(chat, scene)
    assert "已绑定另一位同届毕业生" in said
    assert "解绑" in said
    assert "没有对应的事项" in await chat.say(screen.number)


async def test_a_number_that_confirms_an_act_keeps_its_meaning(app: BotApp, world: World) -> None:
    """Digits answer the question that was put last; another word ends it."""
    me = world.graduate
    chat = Chat(app, await bound(world, me))
    await invite(world)
    shown_offer = await chat.say("同意")
    number = confirmation(shown_offer)
    assert "您已同意与" in await chat.say(number)
    scene, screen = await shown(me.actor, world.graduates[0])
    assert "已经绑定了这位毕业生" in await scans(chat, scene)
    assert "没有对应的事项" in await chat.say(screen.number)


async def test_somebody_who_says_something_else_is_not_held_up(app: BotApp, world: World, clock: Clock) -> None:
    chat = Chat(app, new_openid())
    scene, screen = await shown(world.graduate.actor, world.graduate)
    await scans(chat, scene)
    assert "/m/bind" in await chat.say("帮助")
    assert "/m/bind" in await chat.say(screen.number), "the question is over"
    clock.advance(seconds=2)
    await scans(chat, scene)
    assert "绑定成功" in await chat.say(screen.number)


async def test_a_poster_welcomes_in_the_schools_name(app: BotApp, world: World) -> None:
    stranger, known = Chat(app, new_openid()), Chat(app, await bound(world, world.graduate))
    scene = poster_scene(world.school_code)
    said = await follows(stranger, scene)
    assert world.school_name in said
    assert "/m/bind" in said
    assert world.graduate.name in await scans(known, scene)


async def test_unbinding_ends_the_cohort_that_is_spoken_about(app: BotApp, world: World) -> None:
    later = await make_world(cohort=world.cohort + 1, graduates=0, level_code="11")
    (twin,) = await add_graduates(later, 1, level_code="11", people=[world.graduate])
    chat = Chat(app, await bound(world, world.graduate))
    await bound(later, twin, chat.openid)
    card = await chat.say("绑定")
    assert "切换届次" in card
    turned = await chat.say(choice(await chat.say("切换"), str(world.cohort)))
    assert f"已切换到{world.cohort}届" in turned
    sure = await chat.say("解绑")
    assert f"（{world.cohort}届）" in sure
    done = await chat.say(choice(sure, "确定解绑"))
    assert f"还绑定着{later.cohort}届" in done
    assert "没有等待您答复的签约邀请" in await chat.say("邀请")
    gone = await chat.say(choice(await chat.say("解绑"), "确定解绑"))
    assert "/m/bind" in gone
    assert "还没有绑定" in await chat.say("进度")


async def test_the_number_on_the_roster_is_shown_masked_with_the_way_to_change_it(app: BotApp, world: World) -> None:
    chat = Chat(app, await bound(world, world.graduate))
    for words in ("手机号", "我要换手机号", "修改手机号"):
        said = await chat.say(words)
        assert "/m/account/phone" in said, words
        assert f"{world.graduate.mobile[:3]}****" in said
        assert world.graduate.mobile not in said
