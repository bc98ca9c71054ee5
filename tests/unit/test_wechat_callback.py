"""Room: the callback as a function: what each request of the platform gets, and what never leaves it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot import replies
from bot.callback import REFUSED, SUCCESS, XML, Callback
from bot.messages import NO_REPLY, Inbound
from models import kit
from tests.harness import wechat_wire as wire


@pytest.fixture(autouse=True)
def _at_the_vectors_moment() -> Iterator[None]:
    kit.set_clock(lambda: datetime.fromtimestamp(wire.NOW, UTC))
    yield
    kit.set_clock(None)


async def echo(inbound: Inbound) -> str | None:
    return replies.text(inbound, [f"收到：{inbound.content}"])


async def silence(_inbound: Inbound) -> str | None:
    return None


async def test_the_address_check_gets_its_echo_as_plain_text() -> None:
    signature = wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE)
    query = f"signature={signature}&timestamp={wire.NOW}&nonce={wire.NONCE}&echostr=5927364"
    assert await Callback(wire.keys()).handle(query, b"", "GET", silence) == (200, "text/plain", b"5927364")


@pytest.mark.parametrize("as_bytes", [True, False])
async def test_a_message_gets_a_sealed_reply(as_bytes: bool) -> None:
    query, body = wire.post(wire.message())
    status, kind, sealed = await Callback(wire.keys()).handle(query.encode() if as_bytes else query, body, "POST", echo)
    assert (status, kind) == (200, XML)
    reply = wire.open_reply(sealed)
    assert "<Content><![CDATA[收到：进度]]></Content>" in reply.xml
    assert f"<ToUserName><![CDATA[{wire.OPENID}]]></ToUserName>" in reply.xml
    assert reply.timestamp == wire.NOW


async def test_a_message_under_the_previous_key_is_answered_under_it() -> None:
    query, body = wire.post(wire.message(), wire.OLD_AES_KEY)
    _, _, sealed = await Callback(wire.keys(previous=wire.OLD_AES_KEY)).handle(query, body, "POST", echo)
    assert "收到：进度" in wire.open_reply(sealed, wire.OLD_AES_KEY).xml


async def test_the_same_signature_again_is_no_error_and_the_stored_reply_is_sealed_anew() -> None:
    callback, (query, body) = Callback(wire.keys()), wire.post(wire.message())
    stored = "<xml><A>x</A></xml>"

    async def from_store(_inbound: Inbound) -> str | None:
        return stored

    answers = [await callback.handle(query, body, "POST", from_store) for _ in range(3)]
    opened = [wire.open_reply(sealed) for _, _, sealed in answers]
    assert {reply.xml for reply in opened} == {stored}
    assert len({reply.nonce for reply in opened}) == len({reply.text for reply in opened}) == 3


@pytest.mark.parametrize("nothing", [None, ""])
async def test_nothing_to_say_is_success_in_the_clear(nothing: str | None) -> None:
    async def quiet(_inbound: Inbound) -> str | None:
        return nothing

    answer = await Callback(wire.keys()).handle(*wire.post(wire.message()), "POST", quiet)
    assert answer == SUCCESS == (200, "text/plain", b"success")


@pytest.mark.parametrize("event", sorted(NO_REPLY))
async def test_an_event_that_shows_no_reply_gets_success_whatever_a_handler_says(event: str) -> None:
    seen: list[str] = []

    async def chatty(inbound: Inbound) -> str | None:
        seen.append(inbound.event)
        return replies.text(inbound, "好")

    answer = await Callback(wire.keys()).handle(*wire.post(wire.event(event.upper())), "POST", chatty)
    assert (answer, seen) == (SUCCESS, [event])


@pytest.mark.parametrize("xml", [wire.event("never_heard_of"), wire.message("", "hologram")])
async def test_unknown_types_and_events_reach_the_handlers(xml: str) -> None:
    assert await Callback(wire.keys()).handle(*wire.post(xml), "POST", silence) == SUCCESS


async def test_a_failing_handler_is_logged_and_shows_the_user_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_inbound: Inbound) -> str | None:
        raise RuntimeError("no database")

    with caplog.at_level(logging.ERROR):
        answer = await Callback(wire.keys()).handle(*wire.post(wire.message()), "POST", broken)
    assert answer == SUCCESS
    assert "no database" in caplog.text
    assert wire.OPENID not in caplog.text
    assert "进度" not in caplog.text


async def test_a_cancelled_request_stays_cancelled() -> None:
    async def endless(_inbound: Inbound) -> str | None:
        await asyncio.Event().wait()
        return None

    task = asyncio.create_task(Callback(wire.keys()).handle(*wire.post(wire.message()), "POST", endless))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(f"<!DOCTYPE xml>{wire.message()}", id="document type"),
        pytest.param(wire.message("<FromUserName>oVictim</FromUserName>"), id="doubled sender"),
        pytest.param(wire.message().replace(wire.ACCOUNT, "gh_ffffffffffff"), id="another account"),
        pytest.param("<xml/>", id="lone root"),
        pytest.param('{"MsgType":"text"}', id="JSON inside"),
    ],
)
async def test_a_malformed_inner_document_is_refused_like_a_wrong_signature(xml: str) -> None:
    assert await Callback(wire.keys()).handle(*wire.post(xml), "POST", echo) == REFUSED


async def test_reasons_go_to_the_counter_alone() -> None:
    reasons: list[str] = []
    callback = Callback(wire.keys(), reasons.append)
    text = wire.encrypted(wire.message())
    body = wire.safe_body(text)
    answers = [
        await callback.handle(wire.safe_query(text, msg_signature="0" * 40), body, "POST", echo),
        await callback.handle(wire.safe_query(text, timestamp=str(wire.NOW - 999)), body, "POST", echo),
        await callback.handle(*wire.post("<xml/>"), "POST", echo),
        await callback.handle(wire.safe_query(text), body, "PUT", echo),
    ]
    assert answers == [REFUSED] * 4
    assert reasons == ["signature", "age", "account", "method"]


async def test_a_plaintext_message_is_answered_in_plaintext_in_development_only() -> None:
    signature = wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE)
    query = f"signature={signature}&timestamp={wire.NOW}&nonce={wire.NONCE}"
    body = wire.message().encode()
    status, kind, reply = await Callback(wire.keys(allow_plaintext=True)).handle(query, body, "POST", echo)
    assert (status, kind) == (200, XML)
    assert "收到：进度" in reply.decode()
    assert await Callback(wire.keys()).handle(query, body, "POST", echo) == REFUSED


async def test_age_is_judged_by_the_addresss_timestamp_not_by_create_time() -> None:
    backlog = wire.message().replace(f"<CreateTime>{wire.NOW}", f"<CreateTime>{wire.NOW - 86_400}")
    status, _, _ = await Callback(wire.keys()).handle(*wire.post(backlog), "POST", echo)
    assert status == 200
    kit.set_clock(lambda: datetime.fromtimestamp(wire.NOW, UTC) + timedelta(seconds=301))
    assert await Callback(wire.keys()).handle(*wire.post(wire.message()), "POST", echo) == REFUSED
