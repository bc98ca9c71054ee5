"""Room: the sandbox phone in a real browser: tap, type, read; what the service says is text and never markup."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.async_api import Page, expect

from bot import replies
from bot.asgi import CallbackApp
from bot.callback import Callback
from bot.envelope import Keys
from bot.messages import Inbound
from models.config import WeChatSettings
from models.store import MemoryStore
from notifier.clients.sms import TencentSms
from notifier.clients.transport import Http
from notifier.clients.wechat import WeChatClient
from notifier.simulators.server import GuestServer, Sandbox, started

ANNA = "oSample00000000000000000001"
BEN = "oSample00000000000000000002"
TEMPLATE = {
    "template_id": "T1",
    "title": "签约邀请提醒",
    "fields": [{"name": "thing1", "label": "单位名称"}, {"name": "phrase2", "label": "状态"}],
}
TAP = '或点<a href="weixin://bizmsgmenu?msgmenucontent=同意 1&msgmenuid=101">同意第 1 项</a>'


@pytest.fixture
async def sandbox(tmp_path: Path, http: httpx.AsyncClient) -> AsyncIterator[Sandbox]:
    """With a service behind it that repeats what it was told."""

    async def respond(inbound: Inbound) -> str | None:
        if inbound.silent:
            return None
        return replies.text(inbound, f"收到：{inbound.content or inbound.key or inbound.event}")

    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    app = CallbackApp(Callback(Keys.of(WeChatSettings())), respond)
    server = GuestServer(uvicorn.Config(app, log_level="critical", lifespan="off", access_log=False))
    serving = asyncio.create_task(server._serve(sockets=[sock]))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}/wechat/callback"
    async with started(tmp_path, callback_url=url) as running:
        people = [
            {"openid": ANNA, "name": "王小明", "label": "甲校", "mobile": "15400000001"},
            {"openid": BEN, "name": "李静", "label": "乙校"},
        ]
        await http.post(f"{running.url}/_control/personas", json=people)
        await http.post(f"{running.url}/_control/wechat/templates", json=[TEMPLATE])
        yield running
    server.end()
    await serving


async def test_tap_type_and_read(phone: Page, sandbox: Sandbox) -> None:
    faults: list[str] = []
    phone.on("pageerror", lambda error: faults.append(str(error)))
    await phone.goto(f"{sandbox.url}/?as={ANNA}")
    await expect(phone.locator("#who")).to_have_text("王小明 的微信")
    await phone.get_by_role("button", name="我的").click()
    await phone.get_by_role("menuitem", name="办理进度").click()
    await expect(phone.locator(".row.account .bubble").last).to_have_text("收到：progress")
    await phone.get_by_role("button", name="切换到文字输入").click()
    await phone.get_by_label("消息").fill("查一下 <img src=x onerror=alert(1)> 㛃𠮷")
    await phone.keyboard.press("Enter")
    await expect(phone.locator(".row.user .bubble")).to_have_text("查一下 <img src=x onerror=alert(1)> 㛃𠮷")
    await expect(phone.locator(".row.account .bubble").last).to_contain_text("收到：查一下")
    assert await phone.locator(".bubble img").count() == 0
    assert faults == []
    width = await phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


async def test_pushed_messages_appear_as_cards_with_working_links(phone: Page, sandbox: Sandbox, door: Http) -> None:
    client = WeChatClient(sandbox.wechat, MemoryStore(), door)
    await phone.goto(f"{sandbox.url}/?as={ANNA}")
    await expect(phone.locator(".notice")).to_contain_text("还没有消息")
    data = {"thing1": "示例软件有限公司", "phrase2": "待应约"}
    await client.send_template(ANNA, "T1", data, url=f"{sandbox.url}/ems?from=card", client_msg_id="a")
    card = phone.locator(".card")
    await expect(card).to_contain_text("签约邀请提醒")
    await expect(card.locator("dt").first).to_have_text("单位名称")
    await expect(card.locator("dd").first).to_have_text("示例软件有限公司")
    async with phone.context.expect_page() as opened:
        await card.get_by_role("link", name="查看详情").click()
    page = await opened.value
    await page.wait_for_url("**/ems?from=card")
    names = [cookie["name"] for cookie in await phone.context.cookies()]
    assert "sandbox_wechat" in names


async def test_a_tap_in_a_text_speaks_for_the_person(
    phone: Page, sandbox: Sandbox, http: httpx.AsyncClient, door: Http
) -> None:
    client = WeChatClient(sandbox.wechat, MemoryStore(), door)
    await http.post(f"{sandbox.url}/phone/chat/{ANNA}/text", json={"value": "进度"})
    await http.post(f"{sandbox.url}/_control/wechat/idle")
    await client.send_text(ANNA, TAP)
    await phone.goto(f"{sandbox.url}/?as={ANNA}")
    await phone.get_by_role("button", name="同意第 1 项").click()
    await expect(phone.locator(".row.user .bubble").last).to_have_text("同意 1")
    await expect(phone.locator(".row.account .bubble").last).to_have_text("收到：同意 1")


async def test_a_text_message_rings_and_lies_in_the_inbox(phone: Page, sandbox: Sandbox, door: Http) -> None:
    sms = TencentSms(sandbox.sms, door)
    await sms.send("15400000001", "1", ["早先"])
    await phone.goto(f"{sandbox.url}/?as={ANNA}")
    await expect(phone.locator("#sms-badge")).to_have_text("1")
    await sms.send("15400000001", "1", ["402913"])
    await expect(phone.locator("#banner")).to_contain_text("402913")
    await phone.locator("#banner").click()
    await expect(phone.locator(".sms-text")).to_have_count(2)
    await expect(phone.locator("#sms-badge")).to_be_hidden()
    await expect(phone.locator("#sms-number")).to_have_text("154****0001 收到的短信")


async def test_people_can_be_changed_found_and_made(phone: Page, sandbox: Sandbox) -> None:
    await phone.goto(sandbox.url)
    await phone.get_by_role("button", name="换一个演示身份").click()
    await phone.get_by_label("查找身份").fill("乙校")
    await expect(phone.locator(".person")).to_have_count(1)
    await phone.locator(".person").click()
    await expect(phone.locator("#who")).to_have_text("李静 的微信")
    await phone.reload()
    await expect(phone.locator("#who")).to_have_text("李静 的微信")
    await phone.get_by_role("button", name="换一个演示身份").click()
    await phone.get_by_role("button", name="新建一位微信用户").click()
    await expect(phone.locator("#who")).to_contain_text("访客")


async def test_leaving_and_following_again(phone: Page, sandbox: Sandbox) -> None:
    await phone.goto(f"{sandbox.url}/?as={ANNA}")
    await phone.get_by_role("button", name="更多").click()
    await phone.get_by_role("menuitem", name="取消关注").click()
    await expect(phone.locator("#menu-bar")).to_be_hidden()
    await phone.get_by_role("button", name="关注公众号").click()
    await expect(phone.locator(".row.account .bubble").last).to_have_text("收到：subscribe")
    await expect(phone.locator("#menu-bar")).to_be_visible()


async def test_a_scanned_poster_reaches_the_service(phone: Page, sandbox: Sandbox, door: Http) -> None:
    made = await WeChatClient(sandbox.wechat, MemoryStore(), door).create_scene("b_3fQ9x7Lk2")
    assert not isinstance(made, str)
    await phone.goto(f"{sandbox.url}/?as={ANNA}")
    await phone.goto(made.url)
    await phone.get_by_role("button", name="识别").click()
    await expect(phone.locator(".row.account .bubble").last).to_have_text("收到：b_3fQ9x7Lk2")
    await phone.get_by_role("button", name="更多").click()
    await phone.get_by_role("menuitem", name="扫一扫").click()
    await phone.get_by_label("二维码里的网址").fill("http://127.0.0.1/q/nothing")
    await phone.get_by_role("button", name="识别").click()
    await expect(phone.get_by_role("alert")).to_have_text("这个二维码不存在或已过期")
    lasting = await WeChatClient(sandbox.wechat, MemoryStore(), door).create_scene("s_99001", seconds=None)
    assert not isinstance(lasting, str)
    assert lasting.expires_at is None
    await phone.get_by_role("button", name="取消", exact=True).click()
    await phone.get_by_role("button", name="更多").click()
    await phone.get_by_role("menuitem", name="扫一扫").click()
    await expect(phone.get_by_role("listitem").filter(has_text="绑定二维码，")).to_have_count(1)
    await phone.get_by_role("button", name="海报").click()
    await expect(phone.locator(".row.account .bubble").last).to_have_text("收到：s_99001")


async def test_the_desk_shows_people_phone_and_texts_side_by_side(desk: Page, sandbox: Sandbox) -> None:
    await desk.goto(f"{sandbox.url}/?as={ANNA}")
    for name in ("#people-panel", "main.phone", "#sms-panel"):
        await expect(desk.locator(name)).to_be_visible()
    await expect(desk.get_by_role("link", name="就业管理系统台账")).to_be_visible()
