"""Room: words for one person, delivered: the chat's late answers, and what a desk answers to a question."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from models import db, kit
from models.states import Channel
from tests.harness.outbox import (  # noqa: F401  fixtures are found by their names
    Outside,
    attempts,
    deliver,
    noon_fixture,
    outside_fixture,
    row,
)
from tests.harness.world import Person, add_graduates
from workflows.actors import CLOCK
from workflows.commands import deliveries
from workflows.commands.desk_notes import answer_note
from workflows.commands.desk_questions import ask_desk
from workflows.commands.inbox import answer_later
from workflows.commands.tokens import VISITOR
from workflows.errors import NotFound, Refused


async def asking(sandbox: Outside, *, within: bool) -> tuple[UUID, str]:
    """A bound graduate who wrote just now, or not; binding and openid."""
    (person,) = await add_graduates(sandbox.world, 1, departments=("计算机学院",))
    binding, openid = await sandbox.bind(person)
    if within:
        asked = await sandbox.http.post(f"{sandbox.sandbox.url}/phone/chat/{openid}/text", json={"value": "进度"})
        assert asked.status_code == 202
    return binding, openid


async def late(openid: str, binding: UUID, text: str) -> int:
    """The one row that is owed for an answer which missed its call, however often it is owed."""
    once = f"m:account:{openid}:1"
    owed = [await answer_later(VISITOR, once, text, binding, openid, None) for _ in range(2)]
    assert owed == [True, False]
    (made,) = await db.fetch("SELECT id FROM outbox WHERE notice = 'chat_answer' AND recipient = $1", binding)
    return int(made["id"])


async def test_the_chats_late_answer_reaches_the_account_that_asked(sandbox: Outside) -> None:
    binding, openid = await asking(sandbox, within=True)
    made = await late(openid, binding, "您的记录正在等待学校审核。")
    kept = json.dumps(await row(made), default=str)
    assert openid not in kept
    assert "等待学校审核" not in kept
    await db.execute("UPDATE bindings SET ended_at = $2 WHERE openid = $1", openid, kit.now())
    assert await deliver(sandbox.lane(Channel.WECHAT), made) == ["sent"]
    entries = (await sandbox.mailbox("wechat", openid=openid))["entries"]
    assert [one["text"] for one in entries if one.get("pushed")] == ["您的记录正在等待学校审核。"]
    assert json.loads((await row(made))["params"]).keys() == {"until"}


async def test_a_late_answer_outside_the_window_is_not_repeated(sandbox: Outside) -> None:
    binding, openid = await asking(sandbox, within=False)
    made = await late(openid, binding, "太晚了。")
    assert await deliver(sandbox.lane(Channel.WECHAT), made) == ["dead"]
    with pytest.raises((Refused, NotFound)):
        await deliveries.send_again(sandbox.world.school, made)


# --- what a desk answers -------------------------------------------------------------------------


async def answer_owed(sandbox: Outside, *, within: bool, following: bool = True) -> tuple[int, Person, str]:
    """A question from the chat that the department has answered: the row that is owed, the graduate, the openid."""
    (person,) = await add_graduates(sandbox.world, 1, departments=("计算机学院",))
    _, openid = await sandbox.bind(person, following=following)
    if within:
        await sandbox.http.post(f"{sandbox.sandbox.url}/phone/chat/{openid}/text", json={"value": "人工"})
    note = await ask_desk(person.actor, "单位要我先寄原件，可以吗？")
    await answer_note(sandbox.world.school, note, "可以，请保留单号。")
    (owed,) = await db.fetch("SELECT id FROM outbox WHERE key LIKE $1", f"{note}:%")
    return int(owed["id"]), person, openid


async def said_in_chat(sandbox: Outside, openid: str) -> list[str]:
    entries = (await sandbox.mailbox("wechat", openid=openid))["entries"]
    return [one["text"] for one in entries if one.get("pushed") and one.get("text")]


async def test_a_desks_answer_is_said_in_the_chat_while_the_window_is_open(sandbox: Outside) -> None:
    owed, _, openid = await answer_owed(sandbox, within=True)
    assert "单号" not in json.dumps(await row(owed), default=str)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed) == ["sent"]
    (said,) = await said_in_chat(sandbox, openid)
    assert "“单位要我先寄原件，可以吗？”" in said
    assert "可以，请保留单号。" in said
    assert await sandbox.messages(openid) == []
    assert "text" not in json.loads((await row(owed))["params"])


async def test_after_the_window_a_template_message_says_that_there_is_an_answer(sandbox: Outside, noon: Any) -> None:
    owed, _, openid = await answer_owed(sandbox, within=False)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed) == ["deferred"]
    noon.advance(minutes=5)
    await deliveries.promote(CLOCK)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed) == ["sent"]
    (shown,) = await sandbox.messages(openid)
    assert shown["template_id"] == "WQ_ACCOUNT"
    assert "人工" in shown["data"]["thing4"]
    assert "单号" not in json.dumps(shown, ensure_ascii=False)
    assert await said_in_chat(sandbox, openid) == []
    assert [one["cause"].partition(" ")[0] for one in await attempts(owed)] == ["wechat_45015", ""]


async def test_whoever_follows_no_more_hears_of_the_answer_by_sms(sandbox: Outside, noon: Any) -> None:
    owed, person, _ = await answer_owed(sandbox, within=False, following=False)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed) == ["deferred"]
    noon.advance(minutes=5)
    await deliveries.promote(CLOCK)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed) == ["superseded"]
    (sms,) = await db.fetch("SELECT * FROM outbox WHERE recipient = $1 AND channel = 'sms'", person.id)
    assert "text" not in json.loads(sms["params"])
    assert await deliver(sandbox.lane(Channel.SMS), sms["id"]) == ["sent"]
    (text,) = await sandbox.texts(person)
    assert "单号" not in text["text"]
