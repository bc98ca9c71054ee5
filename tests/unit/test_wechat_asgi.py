"""Room: the callback's own ASGI path: a real server in front of it, and bodies that misbehave."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from bot import replies
from bot.asgi import PATH, CallbackApp, Message, Receive, Scope, Send
from bot.callback import Callback
from bot.messages import Inbound
from models import kit
from tests.harness import wechat_wire as wire


async def echo(inbound: Inbound) -> str | None:
    return replies.text(inbound, [f"收到：{inbound.content}"])


async def behind(scope: Scope, _receive: Receive, send: Send) -> None:
    """The application behind the callback: says which path reached it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def fresh() -> tuple[str, bytes]:
    """A message signed for the machine's present time."""
    text = wire.encrypted(wire.message())
    return wire.safe_query(text, timestamp=str(int(kit.now().timestamp()))), wire.safe_body(text)


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """The address of a real uvicorn with the callback before another application."""
    app = CallbackApp(Callback(wire.keys()), echo, behind, body_seconds=0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
    running.install_signal_handlers = lambda: None
    task = asyncio.create_task(running.serve(sockets=[listener]))
    while not running.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    running.should_exit = True
    await task
    listener.close()


async def test_a_message_over_http_gets_its_sealed_reply(server: str) -> None:
    query, body = fresh()
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{server}{PATH}?{query}", content=body)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "收到：进度" in wire.open_reply(answer.content).xml


async def test_the_address_check_over_http(server: str) -> None:
    moment = str(int(kit.now().timestamp()))
    params = {"signature": wire.sign(wire.TOKEN, moment, wire.NONCE), "timestamp": moment, "nonce": wire.NONCE}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(server + PATH, params=params | {"echostr": "73"})
        forged = await client.get(server + PATH, params=params | {"echostr": "73", "nonce": "1"})
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"73", "text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (forged.status_code, forged.content) == (403, b"")


@pytest.mark.parametrize("size", [65 * 1024, 2_000_000])
async def test_a_body_over_the_cap_is_refused_and_the_connection_closed(server: str, size: int) -> None:
    query, _ = fresh()

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size // 1000):
            yield b"x" * 1000

    for content in (b"x" * size, chunks()):
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.post(f"{server}{PATH}?{query}", content=content)
            except httpx.NetworkError:
                continue  # hung up on while still pouring, before the answer was read: refused as well
        assert (answer.status_code, answer.content) == (403, b"")
    query, body = fresh()
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(f"{server}{PATH}?{query}", content=body)).status_code == 200


async def test_other_paths_reach_the_application_behind(server: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for path in ("/", "/wechat/callback/", "/wechat/callbacks", "/v1/home"):
            assert (await client.get(server + path)).text == path


async def test_a_body_that_trickles_loses_its_connection(server: str) -> None:
    host, port = server.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n<xml>".encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"connection: close" in answer.lower()


async def called(messages: list[Message], **scope: object) -> list[Message]:
    """What the application sends for a request that arrives as these ASGI messages."""
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    app = CallbackApp(Callback(wire.keys()), echo)
    base = {"type": "http", "path": PATH, "method": "POST", "query_string": b""}
    await app({**base, **scope}, receive, send)
    return sent


async def test_a_body_in_many_pieces_is_put_together() -> None:
    query, body = fresh()
    pieces = [{"type": "http.request", "body": body[at : at + 7], "more_body": True} for at in range(0, len(body), 7)]
    sent = await called([*pieces, {"type": "http.request"}], query_string=query.encode())
    assert "收到：进度" in wire.open_reply(sent[1]["body"]).xml


async def test_reading_stops_at_the_piece_that_passes_the_cap() -> None:
    piece = {"type": "http.request", "body": b"x" * 40_000, "more_body": True}
    messages = [dict(piece) for _ in range(5)]
    sent = await called(messages)
    assert sent[0]["status"] == 403
    assert len(messages) == 3


async def test_a_caller_who_left_gets_nothing() -> None:
    assert await called([{"type": "http.disconnect"}]) == []


async def test_without_another_application_other_paths_are_unknown() -> None:
    sent = await called([], path="/v1/home")
    assert sent[0]["status"] == 404
    with pytest.raises(ValueError, match="websocket"):
        await called([], type="websocket")


def test_the_hot_path_loads_neither_wechatpy_nor_a_framework() -> None:
    code = (
        "import sys, bot.asgi, bot.replies\n"
        "print([name for name in ('wechatpy', 'requests', 'quart', 'xmltodict') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
