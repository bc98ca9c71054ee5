"""Room: the simulated platform as a caller: its sealed callbacks, its retries, what it does with the replies.

The called side is our own codec; the calling side is wechatpy. Neither shares a line with the other.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from bot import replies
from bot.asgi import CallbackApp
from bot.callback import Callback
from bot.envelope import Keys
from bot.messages import Inbound
from models.config import WeChatSettings
from models.store import MemoryStore
from notifier.clients.transport import Http
from notifier.clients.wechat import WeChatClient
from notifier.simulators.server import GuestServer, Sandbox, started
from notifier.simulators.wechat_callbacks import BROKEN
from notifier.verdicts import Kind

ANNA = "oSample00000000000000000001"
Respond = Callable[[Inbound], Awaitable[str | None]]


class Service:
    """Our side: the real callback door with an answer of the test's choice, and what came in."""

    def __init__(self) -> None:
        self.seen: list[Inbound] = []
        self.answer: Respond = self._nothing
        self.before: Callable[[], Awaitable[None]] = self._at_once

    async def respond(self, inbound: Inbound) -> str | None:
        self.seen.append(inbound)
        await self.before()
        return await self.answer(inbound)

    def says(self, text: str) -> None:
        async def answer(inbound: Inbound) -> str | None:
            return replies.text(inbound, text)

        self.answer = answer

    async def _nothing(self, _inbound: Inbound) -> str | None:
        return None

    async def _at_once(self) -> None:
        return


@asynccontextmanager
async def _serving(app: Any) -> AsyncIterator[str]:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    server = GuestServer(uvicorn.Config(app, log_level="critical", lifespan="off", access_log=False))
    task = asyncio.create_task(server._serve(sockets=[sock]))
    yield f"http://127.0.0.1:{sock.getsockname()[1]}/wechat/callback"
    server.end()
    await task


@pytest.fixture
async def service() -> Service:
    return Service()


@pytest.fixture
async def sandbox(tmp_path: Path, service: Service, http: httpx.AsyncClient) -> AsyncIterator[Sandbox]:
    app = CallbackApp(Callback(Keys.of(WeChatSettings())), service.respond)
    async with _serving(app) as url, started(tmp_path, callback_url=url, answer_limit=0.4) as running:
        await http.post(f"{running.url}/_control/personas", json=[{"openid": ANNA, "name": "王小明"}])
        yield running


class Phone:
    """What a person does on the phone, and what they see."""

    def __init__(self, sandbox: Sandbox, http: httpx.AsyncClient) -> None:
        self._url = sandbox.url
        self._http = http

    async def does(self, action: str, value: str = "") -> None:
        answer = await self._http.post(f"{self._url}/phone/chat/{ANNA}/{action}", json={"value": value})
        assert answer.status_code in (200, 202), answer.text
        await self._http.post(f"{self._url}/_control/wechat/idle")

    async def sees(self) -> list[dict[str, Any]]:
        return list((await self._http.get(f"{self._url}/phone/chat/{ANNA}")).json()["entries"])

    async def last(self) -> dict[str, Any]:
        return (await self.sees())[-1]

    async def tries(self) -> list[list[str]]:
        box = (await self._http.get(f"{self._url}/_control/wechat/mailbox")).json()
        return [record["tries"] for record in box["callbacks"]]


@pytest.fixture
def phone(sandbox: Sandbox, http: httpx.AsyncClient) -> Phone:
    return Phone(sandbox, http)


async def test_a_text_arrives_sealed_and_its_reply_is_shown(phone: Phone, service: Service) -> None:
    service.says("第一行\n<b>不是标签</b> ]]> 㛃𠮷䶮")
    await phone.does("text", "查询签约状态 ]]> & 𠮷")
    (inbound,) = service.seen
    assert (inbound.type, inbound.sender) == ("text", ANNA)
    assert inbound.content == "查询签约状态 ]]> & 𠮷"
    shown = await phone.sees()
    assert [(entry["side"], entry["kind"]) for entry in shown] == [("user", "text"), ("account", "text")]
    assert shown[1]["text"].startswith("第一行\n")
    assert shown[1]["text"].endswith("]]> 㛃𠮷䶮")


async def test_success_means_nothing_is_shown(phone: Phone) -> None:
    await phone.does("text", "你好")
    assert [entry["side"] for entry in await phone.sees()] == ["user"]
    assert await phone.tries() == [["success"]]


async def test_a_menu_tap_and_a_page_view_arrive_as_events(phone: Phone, service: Service) -> None:
    service.says("好")
    await phone.does("click", "progress")
    await phone.does("view", "http://127.0.0.1:9/m/records")
    assert [(one.event, one.key) for one in service.seen] == [
        ("click", "progress"),
        ("view", "http://127.0.0.1:9/m/records"),
    ]
    assert [entry["kind"] for entry in await phone.sees()] == ["text"]


async def test_an_unanswered_message_comes_three_times_with_one_id(phone: Phone, service: Service) -> None:
    async def too_slow() -> None:
        await asyncio.sleep(0.6)

    service.before = too_slow
    service.says("太晚了")
    await phone.does("text", "进度")
    assert await phone.tries() == [["timeout"] * 3]
    assert len({inbound.once for inbound in service.seen}) == 1
    assert len(service.seen) == 3
    assert (await phone.last())["text"] == BROKEN


async def test_a_message_missed_once_is_answered_at_the_second_try(phone: Phone, service: Service) -> None:
    async def slow_first() -> None:
        if len(service.seen) == 1:
            await asyncio.sleep(0.6)

    service.before = slow_first
    service.says("收到")
    await phone.does("text", "进度")
    assert await phone.tries() == [["timeout", "reply"]]
    assert [entry["text"] for entry in await phone.sees()] == ["进度", "收到"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>oops</html>"), (200, b"<xml><Encrypt>AAAA</Encrypt></xml>"), (500, b""), (403, b"")],
)
async def test_a_broken_service_shows_what_real_people_see(
    tmp_path: Path, http: httpx.AsyncClient, status: int, body: bytes
) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async with _serving(app) as url, started(tmp_path, callback_url=url, answer_limit=0.05) as running:
        await http.post(f"{running.url}/_control/personas", json=[{"openid": ANNA, "name": "王小明"}])
        phone = Phone(running, http)
        await phone.does("text", "在吗")
        assert (await phone.last())["text"] == BROKEN


async def test_nobody_at_home_is_tried_three_times(tmp_path: Path, http: httpx.AsyncClient) -> None:
    async with started(tmp_path, answer_limit=0.05) as running:
        await http.post(f"{running.url}/_control/personas", json=[{"openid": ANNA, "name": "王小明"}])
        phone = Phone(running, http)
        await phone.does("text", "在吗")
        assert await phone.tries() == [["ConnectError"] * 3]


async def test_following_and_leaving_are_events_and_decide_what_reaches_the_person(
    phone: Phone, service: Service, sandbox: Sandbox, door: Http
) -> None:
    client = WeChatClient(sandbox.wechat, MemoryStore(), door)
    await phone.does("unsubscribe")
    refused = await client.send_template(ANNA, "T1", {"thing1": "好"}, client_msg_id="a")
    assert refused.cause.startswith("wechat_43004")
    service.says("欢迎")
    await phone.does("subscribe")
    assert (await phone.last())["text"] == "欢迎"
    assert [one.event for one in service.seen] == ["unsubscribe", "subscribe"]
    assert (await client.send_template(ANNA, "T1", {"thing1": "好"}, client_msg_id="b")).kind is Kind.SENT


async def test_a_scene_is_a_scan_for_followers_and_a_subscription_for_newcomers(
    phone: Phone, service: Service, sandbox: Sandbox, door: Http
) -> None:
    made = await WeChatClient(sandbox.wechat, MemoryStore(), door).create_scene("b_3fQ9x7Lk2")
    assert not isinstance(made, str)
    await phone.does("scan", made.url)
    await phone.does("unsubscribe")
    await phone.does("scan", made.url.rsplit("/", 1)[1])
    assert [(one.event, one.scene) for one in service.seen] == [
        ("scan", "b_3fQ9x7Lk2"),
        ("unsubscribe", ""),
        ("subscribe", "b_3fQ9x7Lk2"),
    ]


async def test_a_template_message_brings_its_receipt(
    service: Service, sandbox: Sandbox, http: httpx.AsyncClient, door: Http
) -> None:
    client = WeChatClient(sandbox.wechat, MemoryStore(), door)
    first = await client.send_template(ANNA, "T1", {"thing1": "好"}, client_msg_id="a")
    await http.post(f"{sandbox.url}/_control/wechat/faults", json=[{"kind": "receipt", "body": "failed:user block"}])
    second = await client.send_template(ANNA, "T1", {"thing1": "好"}, client_msg_id="b")
    await http.post(f"{sandbox.url}/_control/wechat/idle")
    receipts = {one.fields["MsgID"]: one.fields["Status"] for one in service.seen}
    assert receipts == {first.provider_id: "success", second.provider_id: "failed:user block"}


async def test_a_tapped_menu_line_says_which_and_opens_only_the_short_window(
    phone: Phone, service: Service, sandbox: Sandbox, door: Http
) -> None:
    await phone.does("tap", "101|同意 1")
    assert (service.seen[0].content, service.seen[0].fields["bizmsgmenuid"]) == ("同意 1", "101")
    client = WeChatClient(sandbox.wechat, MemoryStore(), door)
    kinds = [(await client.send_text(ANNA, "好")).kind for _ in range(4)]
    assert kinds == [Kind.SENT] * 3 + [Kind.OTHER_CHANNEL]
