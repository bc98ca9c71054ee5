"""Room: what the guide for graduates describes, done on the sandbox phone by its people: every step once, with its
picture.
"""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.camera import take
from tests.browser.guides.conftest import Enter, Place, number_of
from workflows.demo.personas import PERSONAS

pytestmark = [pytest.mark.pictures, pytest.mark.timeout(600)]

# People of the sandbox phone, by their situation (workflows/demo/personas.py).
OFFERS, AT_SCHOOL, SIGNED, UNBOUND, WARNED, EDITED, LONG_WAY, NOTHING, PAPER, ASKED, RETURNED = (
    1, 3, 4, 6, 7, 10, 12, 14, 16, 18, 19,
)  # fmt: skip


_ANSWERED = """([before, brings]) => document.querySelector('#chat').innerText.slice(before).includes(brings)"""


async def say(page: Page, text: str, brings: str) -> None:
    """Type into the chat and wait for an answer with these words."""
    await page.set_viewport_size({"width": 360, "height": 640})
    if not await page.locator("#text").is_visible():
        await page.locator("#to-text").click()
    before = len(await page.locator("#chat").inner_text()) + len(text)
    await page.fill("#text", text)
    await page.locator("#send").click()
    await page.wait_for_function(_ANSWERED, arg=[before, brings])
    await page.wait_for_timeout(400)


async def top(page: Page, height: int = 800) -> None:
    await expect(page.locator("h1")).to_be_visible()
    await page.set_viewport_size({"width": 360, "height": height})


async def test_binding(demo: Place, graduate: Enter) -> None:
    chat = await graduate(UNBOUND)
    await say(chat, "绑定", "绑定后就可以")
    await take(chat, "phone-chat-bind")
    page = await graduate(UNBOUND, "/m/bind")
    await page.fill("[name=name]", "唐婉㛃")
    await page.fill("[name=id_number]", await number_of("唐婉㛃"))
    await top(page, 640)
    await take(page, "phone-bind-who")
    await page.get_by_role("button", name="获取验证码").click()
    await expect(page.get_by_role("heading", name="填写验证码")).to_be_visible()
    await page.fill("[name=code]", await code_sent_to(demo, 6))
    await take(page, "phone-bind-code")
    await page.get_by_role("button", name="下一步").click()
    await expect(page.get_by_role("heading", name="确认绑定")).to_be_visible()
    await take(page, "phone-bind-confirm")
    await page.get_by_role("button", name="确认绑定").click()
    await expect(page.get_by_role("heading", name="已绑定")).to_be_visible()


async def test_without_wechat(demo: Place, windows: Enter) -> None:
    page = await windows(phone=True)
    await page.goto(f"{demo.service}/m/sign-in")
    await page.fill("[name=name]", "苏禾")
    await page.fill("[name=id_number]", await number_of("苏禾"))
    await top(page, 680)
    await take(page, "phone-sign-in")
    await page.get_by_role("button", name="获取验证码").click()
    await expect(page.get_by_role("heading", name="填写验证码")).to_be_visible()
    await page.fill("[name=code]", await code_sent_to(demo, NOTHING))
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_role("heading", name="我的记录")).to_be_visible()
    await page.get_by_role("link", name="我的账号").click()
    await expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    await top(page, 700)
    await take(page, "phone-account")


async def code_sent_to(demo: Place, number: int) -> str:
    """The code of the last SMS to one of them."""
    async with httpx.AsyncClient(base_url=demo.sandbox) as http:
        for _ in range(60):
            asked = {"mobile": PERSONAS[number - 1].mobile}
            texts = (await http.get("/_control/sms/mailbox", params=asked)).json()["texts"]
            found = [re.search(r"(?<!\d)(\d{6})(?!\d)", one["text"]) for one in texts]
            if codes := [one[1] for one in found if one]:
                return codes[-1]
            await asyncio.sleep(0.5)
    raise AssertionError("no code came")


async def test_the_chat(graduate: Enter) -> None:
    page = await graduate(OFFERS)
    await say(page, "邀请", "云汀")
    await take(page, "phone-chat-invitations")
    await say(page, "同意1", "请核对")
    await take(page, "phone-chat-accept")
    page = await graduate(AT_SCHOOL)
    await say(page, "进度", "等待学校审核")
    await take(page, "phone-chat-progress")
    page = await graduate(NOTHING)
    await say(page, "怎么解约", "【")
    await take(page, "phone-chat-help")
    await say(page, "人工", "电话")
    await take(page, "phone-chat-desk")


async def test_records_and_an_invitation(graduate: Enter) -> None:
    page = await graduate(LONG_WAY, "/m/records")
    await top(page, 670)
    await take(page, "phone-records")
    page = await graduate(WARNED, "/m/records")
    await page.locator("main ul a.title").first.click()
    await top(page, 700)
    await take(page, "phone-invitation")
    page = await graduate(SIGNED, "/m/records")
    await page.locator("main ul a.title").first.click()
    await top(page, 600)
    await take(page, "phone-signed", mark=[page.get_by_role("link", name="下载就业协议书（PDF）")])
    page = await graduate(EDITED, "/m/records")
    await page.locator("main ul a.title").first.click()
    await top(page, 520)
    await page.get_by_role("heading", name="异议", exact=True).evaluate("e => e.scrollIntoView()")
    await take(page, "phone-dispute")


async def test_a_destination(graduate: Enter) -> None:
    page = await graduate(NOTHING, "/m/begin")
    await top(page, 600)
    await take(page, "phone-begin")
    await page.get_by_role("link", name=re.compile("登记去向")).click()
    await expect(page.get_by_role("heading", name="选择毕业去向")).to_be_visible()
    await top(page, 680)
    await take(page, "phone-kinds")
    await page.get_by_label("升学：研究生").check()
    await page.get_by_role("button", name="下一步").click()
    await expect(page.get_by_text("毕业去向：")).to_be_visible()
    await top(page, 680)
    await take(page, "phone-destination")
    page = await graduate(RETURNED, "/m/records")
    await page.locator("main ul a.title").first.click()
    await top(page, 560)
    await take(page, "phone-returned")


async def test_papers_and_endings(graduate: Enter) -> None:
    page = await graduate(PAPER, "/m/records")
    await page.locator("main ul a.title").first.click()
    await page.get_by_role("link", name="回传盖章协议").click()
    await top(page, 560)
    await take(page, "phone-upload")
    page = await graduate(ASKED, "/m/records")
    await page.locator("main li", has_text="线上解约").locator("a.title").first.click()
    await top(page, 620)
    await take(page, "phone-termination")
    page = await graduate(SIGNED, "/m/records")
    await page.locator("main ul a.title").first.click()
    await page.get_by_role("link", name="申请解约").click()
    await top(page, 700)
    await take(page, "phone-ask-termination")
