"""Room: repeats and time. The platform repeats what it thinks unanswered, up to three times, also overlapping."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.app import Bot, BotApp, callback_app
from bot.callback import Callback
from bot.envelope import Keys
from bot.inbox import BUDGET, GRACE, LIMIT, TOO_LONG, TROUBLE, Answered, Inbox
from bot.messages import Inbound
from models import db, kit
from models.config import settings
from models.store import MemoryStore
from models.tables import ActKey, InboxRow, JournalRow, OutboxRow, Record
from models.vault import unseal
from tests.harness.chat import Chat, bound, confirmation, new_openid
from tests.harness.world import World, add_graduates, invite, make_world
from workflows.commands.deliveries import ANSWER_PLACE
from workflows.commands.inbox import keep_replies

Work = Callable[[Inbound], Awaitable[Answered]]


def app_with(work: Work, *, budget: float = 0.2, limit: float = 2.0) -> BotApp:
    """The callback with other work and shorter times; everything else as in service."""
    chosen = settings()
    return BotApp(Callback(Keys.of(chosen.wechat, chosen.profile)), Inbox(work, budget=budget, limit=limit))


def slow(seconds: float) -> Work:
    """The real conversation, after a pause."""
    bot = Bot(MemoryStore())

    async def work(inbound: Inbound) -> Answered:
        await asyncio.sleep(seconds)
        return await bot.work(inbound)

    return work


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


@pytest.fixture
async def chat(world: World) -> Chat:
    return Chat(callback_app(kept=MemoryStore()), await bound(world, world.graduate))


async def late_answers(openid: str) -> list[OutboxRow]:
    return await OutboxRow.filter(
        notice="chat_answer", recipient__in=[row["id"] for row in await _bindings(openid)]
    ).order_by("id")


def said_later(owed: OutboxRow) -> str:
    return unseal(ANSWER_PLACE, owed.params["text"])


async def _bindings(openid: str) -> list[dict[str, object]]:
    return list(await db.fetch("SELECT id FROM bindings WHERE openid = $1", openid))


async def drained(app: BotApp) -> None:
    await app.inbox.drain(10)


# --- repeats -------------------------------------------------------------------------------------


async def test_a_repeat_gets_the_same_reply_in_a_new_envelope(chat: Chat) -> None:
    message = chat.text("帮助")
    first = await chat.deliver(message)
    assert first is not None
    for _ in range(2):
        assert await chat.deliver(message) == first
    assert await InboxRow.filter(reply=first).count() == 1


async def test_three_deliveries_at_once_share_one_answer(chat: Chat, world: World) -> None:
    await invite(world)
    number = confirmation(await chat.say("同意"))
    message = chat.text(number)
    replies = await asyncio.gather(*(chat.deliver(message) for _ in range(3)))
    assert len(set(replies)) == 1
    assert "您已同意" in str(replies[0])
    record = await Record.get(graduate_id=world.graduate.id)
    assert await JournalRow.filter(subject_id=record.id, action="accept").count() == 1


async def test_a_repeat_at_another_process_gets_the_stored_reply(chat: Chat, world: World) -> None:
    await invite(world)
    number = confirmation(await chat.say("同意"))
    message = chat.text(number)
    first = await chat.deliver(message)
    elsewhere = Chat(callback_app(kept=MemoryStore()), chat.openid)
    assert await elsewhere.deliver(message) == first


async def test_deliveries_at_two_processes_at_once_act_once_and_answer_alike(chat: Chat, world: World) -> None:
    await invite(world)
    number = confirmation(await chat.say("同意"))
    message = chat.text(number)
    elsewhere = Chat(callback_app(kept=MemoryStore()), chat.openid)
    here, there = await asyncio.gather(chat.deliver(message), elsewhere.deliver(message))
    assert here == there
    assert "您已同意" in str(here)
    record = await Record.get(graduate_id=world.graduate.id)
    assert record.version == 2
    assert await ActKey.filter(scope=world.graduate.actor.key).count() == 1


async def test_a_process_that_died_after_the_act_has_not_answered_twice(chat: Chat, world: World) -> None:
    """The act is committed, its reply was never stored: the repeat finds the act by its key and tells its outcome."""
    await invite(world)
    number = confirmation(await chat.say("同意"))
    message = chat.text(number)
    assert "您已同意" in str(await chat.deliver(message))
    await InboxRow.filter(once__contains=chat.openid).delete()
    after = Chat(callback_app(kept=MemoryStore()), chat.openid)
    assert "您已同意" in str(await after.deliver(message))
    record = await Record.get(graduate_id=world.graduate.id)
    assert await JournalRow.filter(subject_id=record.id, action="accept").count() == 1


async def test_a_first_step_that_is_worked_on_twice_gives_one_number(chat: Chat, world: World) -> None:
    await invite(world)
    message = chat.text("同意")
    first = await chat.shown(message)
    await InboxRow.filter(once__contains=chat.openid).delete()
    second = await chat.shown(message)
    assert first is not None
    assert second is not None
    assert confirmation(first) == confirmation(second)
    assert "您已同意" in await chat.say(confirmation(first))


async def test_equal_message_ids_of_two_people_are_two_messages(world: World, chat: Chat) -> None:
    other = Chat(chat.app, new_openid())
    mine = await chat.shown(chat.text("进度", msg_id=24))
    theirs = await other.shown(other.text("进度", msg_id=24))
    assert mine != theirs


async def test_two_events_of_one_second_are_two(chat: Chat, clock: object) -> None:
    assert "没有正在办理" in await chat.tap("t:progress")
    assert "还没有登记毕业去向" in await chat.tap("t:destination")


async def test_the_first_reply_that_is_kept_counts(database: str) -> None:
    once = f"m:test:{kit.new_id()}"
    kept = await asyncio.gather(*(keep_replies([(once, f"reply {n}")]) for n in range(8)))
    assert len({reply for (reply,) in kept}) == 1
    assert await keep_replies([(once, "later")]) == kept[0]


async def test_replies_that_are_kept_together_are_each_the_first_of_their_own_message(database: str) -> None:
    old, *new = (f"m:test:{kit.new_id()}" for _ in range(4))
    await keep_replies([(old, "first")])
    lots = [[(old, f"again {n}"), *((once, f"{once} {n}") for once in new)] for n in range(6)]
    for lot in lots[::2]:
        lot.reverse()  # two processes hold them in different orders
    kept = [dict(zip([once for once, _ in lot], found, strict=True)) for lot, found in zip(
        lots, await asyncio.gather(*(keep_replies(lot) for lot in lots)), strict=True
    )]  # fmt: skip
    assert all(one == kept[0] for one in kept)
    assert kept[0][old] == "first"
    assert all(kept[0][once].startswith(once) for once in new)


async def test_messages_that_come_together_are_each_answered_as_their_own(world: World) -> None:
    """Looked up and kept together; a stranger and a repeat among them."""
    app = callback_app(kept=MemoryStore())
    people = [Chat(app, await bound(world, person)) for person in await add_graduates(world, 6)]
    stranger = Chat(app, new_openid())
    alone = [await one.say("进度") for one in people]
    repeated = people[0].text("进度")
    first = await people[0].shown(repeated)
    together = await asyncio.gather(
        *(one.say("进度") for one in people), stranger.say("进度"), people[0].shown(repeated)
    )
    assert list(together[:6]) == alone
    assert "绑定" in together[6]
    assert together[7] == first


async def test_many_repeats_have_one_effect_each(chat: Chat, world: World) -> None:
    """W2, in small: every message comes four times, overlapping, at two processes."""
    elsewhere = Chat(callback_app(kept=MemoryStore()), chat.openid)
    messages = [chat.text("进度") for _ in range(15)]
    deliveries = [side.deliver(m) for m in messages for side in (chat, elsewhere, chat, elsewhere)]
    replies = await asyncio.gather(*deliveries)
    for place in range(len(messages)):
        assert len(set(replies[place * 4 : place * 4 + 4])) == 1
    assert await InboxRow.filter(once__contains=chat.openid).count() == len(messages)


@pytest.mark.soak
async def test_ten_thousand_repeats_have_one_effect_each(database: str) -> None:
    for _ in range(500):
        world = await make_world(graduates=1)
        openid = await bound(world, world.graduate)
        sides = [Chat(callback_app(kept=MemoryStore()), openid) for _ in range(2)]
        await invite(world)
        number = confirmation(await sides[0].say("同意"))
        message = sides[0].text(number)
        replies = await asyncio.gather(*(sides[n % 2].deliver(message) for n in range(20)))
        assert len(set(replies)) == 1
        record = await Record.get(graduate_id=world.graduate.id)
        assert await JournalRow.filter(subject_id=record.id, action="accept").count() == 1


# --- time ----------------------------------------------------------------------------------------


async def test_past_the_budget_success_now_and_the_answer_as_a_message(world: World) -> None:
    app = app_with(slow(0.5))
    chat = Chat(app, await bound(world, world.graduate))
    message = chat.text("进度")
    began = asyncio.get_running_loop().time()
    assert await chat.deliver(message) is None
    assert asyncio.get_running_loop().time() - began < 0.45
    await drained(app)
    (owed,) = await late_answers(chat.openid)
    assert "没有正在办理的事项" in said_later(owed)
    assert (owed.status, owed.channel) == ("pending", "wechat")
    assert await chat.deliver(message) is None, "a later repeat is not answered a second way"
    await drained(app)
    assert len(await late_answers(chat.openid)) == 1


async def test_a_repeat_that_meets_the_first_still_running_shares_its_answer(world: World) -> None:
    app = app_with(slow(0.35), budget=0.25)
    chat = Chat(app, await bound(world, world.graduate))
    message = chat.text("进度")

    async def repeat() -> str | None:
        await asyncio.sleep(0.2)
        return await chat.shown(message)

    first, second = await asyncio.gather(chat.shown(message), repeat())
    assert first is None
    assert second is not None
    assert "没有正在办理的事项" in second
    await drained(app)
    assert await late_answers(chat.openid) == [], "it was answered, so nothing follows"


async def test_repeats_inside_the_budget_of_a_slow_message_all_get_success(world: World) -> None:
    app = app_with(slow(0.8), budget=0.1)
    chat = Chat(app, await bound(world, world.graduate))
    message = chat.text("进度")
    for _ in range(3):
        assert await chat.deliver(message) is None
    assert app.inbox.busy == 1
    await drained(app)
    assert len(await late_answers(chat.openid)) == 1


async def test_a_slow_act_happens_once_and_its_answer_follows(world: World) -> None:
    openid = await bound(world, world.graduate)
    quick = Chat(callback_app(kept=MemoryStore()), openid)
    await invite(world)
    number = confirmation(await quick.say("同意"))
    app = app_with(slow(0.4), budget=0.1)
    chat = Chat(app, openid)
    message = chat.text(number)
    assert await chat.deliver(message) is None
    assert await chat.deliver(message) is None
    await drained(app)
    (owed,) = await late_answers(openid)
    assert "您已同意" in said_later(owed)
    assert (await Record.get(graduate_id=world.graduate.id)).version == 2


async def test_a_stranger_whose_answer_is_late_gets_none(database: str) -> None:
    app = app_with(slow(0.3), budget=0.1)
    chat = Chat(app, new_openid())
    before = await OutboxRow.filter(notice="chat_answer").count()
    assert await chat.deliver(chat.text("进度")) is None
    await drained(app)
    assert await OutboxRow.filter(notice="chat_answer").count() == before


async def test_work_without_end_is_given_up(world: World) -> None:
    ended = asyncio.Event()

    async def endless(inbound: Inbound) -> Answered:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return Answered("never")

    app = app_with(endless, budget=0.1, limit=0.3)
    chat = Chat(app, await bound(world, world.graduate))
    assert await chat.deliver(chat.text("进度")) is None
    await drained(app)
    assert ended.is_set()
    assert app.inbox.busy == 0
    (owed,) = await late_answers(chat.openid)
    assert said_later(owed) == TOO_LONG


async def test_a_commit_under_way_is_not_cut_off_by_the_limit(world: World) -> None:
    """The limit strikes between COMMIT's sending and its answer: the row is there all the same."""
    once = f"m:test:{kit.new_id()}"

    async def work(inbound: Inbound) -> Answered:
        async with db.transaction():
            await db.execute("INSERT INTO inbox (once, at, reply) VALUES ($1, now(), 'x')", once)
            # The constraint trigger of nobody: COMMIT itself takes longer than the limit allows.
            await db.execute("CREATE TEMP TABLE IF NOT EXISTS waits (n int) ON COMMIT DROP")
            await db.execute(
                "CREATE OR REPLACE FUNCTION pg_temp.dawdle() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END $$"
            )
            await db.execute(
                "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON waits DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION pg_temp.dawdle()"
            )
            await db.execute("INSERT INTO waits VALUES (1)")
        return Answered("done")

    app = app_with(work, budget=0.1, limit=0.3)
    chat = Chat(app, await bound(world, world.graduate))
    assert await chat.deliver(chat.text("进度")) is None
    await drained(app)
    assert await InboxRow.filter(once=once).exists()


async def test_a_failure_is_a_sentence_and_the_next_try_is_worked_on_anew(world: World) -> None:
    fails = True
    bot = Bot(MemoryStore())

    async def work(inbound: Inbound) -> Answered:
        if fails:
            raise ConnectionError("the database is away")
        return await bot.work(inbound)

    app = app_with(work, budget=2)
    chat = Chat(app, await bound(world, world.graduate))
    message = chat.text("进度")
    assert await chat.shown(message) == TROUBLE
    fails = False
    assert "没有正在办理" in str(await chat.shown(message))


async def test_receipts_are_answered_at_once_and_leave_no_row_behind(chat: Chat) -> None:
    said = await chat.happen("TEMPLATESENDJOBFINISH", MsgID="3487542469355618313", Status="failed: system failed")
    assert said is None
    for event in ("VIEW", "LOCATION", "subscribe_msg_popup_event", "subscribe_msg_change_event"):
        assert await chat.happen(event, "https://wq.example.com/m/records") is None
    assert await InboxRow.filter(once__contains=chat.openid).count() == 0
    await chat.app.drain()
    found = await db.fetch_value("SELECT count(*) FROM receipts WHERE provider_id = '3487542469355618313'")
    assert found >= 1


async def test_receipts_of_subscription_notices_are_taken_too(chat: Chat) -> None:
    entries = "".join(
        f"<List><TemplateId>t</TemplateId><MsgID>{n}</MsgID><ErrorCode>{code}</ErrorCode></List>"
        for n, code in ((1700827132819554304, 0), (1700827132819554305, 43101))
    )
    body = f"<Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent>{entries}</SubscribeMsgSentEvent>"
    assert await chat.deliver(chat._message("event", body)) is None
    await chat.app.drain()
    rows = await db.fetch("SELECT provider_id, delivered FROM receipts WHERE provider_id LIKE '17008271328195543__'")
    assert {row["provider_id"]: row["delivered"] for row in rows} == {
        "1700827132819554304": True,
        "1700827132819554305": False,
    }


def test_the_times_are_those_of_the_contract() -> None:
    assert (BUDGET, LIMIT) == (4.0, 20.0)
    assert BUDGET + GRACE < 5
