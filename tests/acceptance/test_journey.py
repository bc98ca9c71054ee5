"""Room: the whole journey through the screens: portal, phone, dashboard; the result is read in the EMS's ledger.

Nothing is called from inside: the browser clicks, the sandbox phone sends encrypted callbacks, the notifier delivers
over HTTP. The graduate is bound on the way, with a code from the SMS inbox.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from models import db
from models.config import settings
from models.parties import ReviewMode
from tests.browser.dashboard_hands import drawn
from tests.harness.chat import new_openid
from tests.harness.stack import Stack
from tests.harness.world import PASSWORD, Person, World, invite_form, make_world

SCREENS = Path(__file__).resolve().parents[2] / "var" / "screens"
NUMBER = re.compile(r"(?:回复|输入)[^0-9]{0,12}(\d{4,6})")
PROGRAMS = ("simulators", "serve", "notifier", "dashboard")


@pytest.fixture
async def platform(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    """All four programs on this worker's database; messages leave at any hour."""
    monkeypatch.setattr(settings(), "quiet_hours", "")
    await stack.start(*(name for name in PROGRAMS if name not in stack.children))
    yield stack
    # Tests after this one read what is owed before anybody delivers it.
    await asyncio.to_thread(stack.children.pop("notifier").end)


async def shot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENS / f"journey-{name}.png")


async def until(found: Callable[[], Awaitable[Any]], what: str, seconds: float = 20.0) -> Any:
    """Poll for something that another process brings about."""
    for _ in range(int(seconds / 0.2)):
        value = await found()
        if value:
            return value
        await asyncio.sleep(0.2)
    raise AssertionError(f"did not happen within {seconds} s: {what}")


class Sandbox:
    """The outside as the simulators keep it. `openid`: of a WeChat account that nobody has had before."""

    def __init__(self, url: str) -> None:
        self.openid = new_openid()
        self._http = httpx.AsyncClient(base_url=url)

    async def persona(self, person: Person) -> None:
        body = [{"openid": self.openid, "name": person.name, "label": "等待绑定", "mobile": person.mobile}]
        (await self._http.post("/_control/personas", json=body)).raise_for_status()

    async def texts(self, mobile: str) -> list[dict[str, Any]]:
        """The SMS inbox of one number."""
        answer = await self._http.get("/_control/sms/mailbox", params={"mobile": mobile})
        return list(answer.json()["texts"])

    async def ledger(self) -> list[dict[str, Any]]:
        """What the EMS was told."""
        return list((await self._http.get("/_control/ems/mailbox")).json()["ledger"])


async def test_an_invitation_travels_from_the_portal_to_the_ledger_of_the_ems(
    platform: Stack, browser: Browser, database: str
) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=1)
    sandbox = Sandbox(platform.sandbox_url)
    await sandbox.persona(world.graduate)

    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    portal = await context.new_page()
    await invite_in_the_portal(portal, platform, world)

    handset = await browser.new_context(viewport={"width": 390, "height": 844})
    phone = await handset.new_page()
    await bind_on_the_phone(phone, platform, world, sandbox)
    await accept_by_chat(phone, world)

    await decide_in_the_dashboard(browser, platform, world.department_desks[world.graduate.department].username, "院系")
    await expect(phone.locator("#chat")).to_contain_text("院系审核通过", timeout=20_000)
    await decide_in_the_dashboard(browser, platform, world.school_desk.username, "学校")
    await expect(phone.locator("#chat")).to_contain_text("签约完成", timeout=20_000)
    await shot(phone, "phone-signed")

    await portal.goto(f"{platform.service_url}/employer/online_signing")
    await expect(portal.locator("main")).to_contain_text("签约完成")
    await shot(portal, "portal-signed")
    await read_the_ledger(sandbox, world)
    assert "Traceback" not in platform.logs()
    leaked = [word for word in (world.graduate.id_number, world.graduate.mobile) if word in platform.logs()]
    assert not leaked, "a number of a person stands in a log"
    for one in (context, handset):  # the browser is the session's, and the phone would go on asking for news
        await one.close()


async def invite_in_the_portal(page: Page, platform: Stack, world: World) -> None:
    await page.goto(f"{platform.service_url}/employer/login")
    await page.fill("[name=username]", world.employer.username)
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.locator("main")).to_contain_text(world.employer.name)
    await page.goto(f"{platform.service_url}/employer/online_signing/new")
    await shot(page, "portal-empty-form")
    for name, value in invite_form(world, world.graduate).items():
        await put(page, name, value)
    await shot(page, "portal-filled-form")
    await page.get_by_role("button", name=re.compile("发出邀请|发起")).first.click()
    await expect(page.locator("main")).to_contain_text(world.graduate.name)
    await shot(page, "portal-sent")


async def put(page: Page, name: str, value: Any) -> None:
    """Fill one field, whatever kind of widget it is."""
    field = page.locator(f"[name='{name}']").first
    kind = await field.evaluate("e => e.tagName + ':' + (e.type || '')")
    if kind.endswith(":radio"):
        await page.locator(f"[name='{name}'][value='{str(value).lower()}']").check()
    elif kind.endswith(":checkbox"):
        await field.set_checked(bool(value))
    elif kind.startswith("SELECT"):
        await field.select_option(str(value).lower() if isinstance(value, bool) else str(value))
    else:
        await field.fill(str(value))


async def bind_on_the_phone(phone: Page, platform: Stack, world: World, sandbox: Sandbox) -> None:
    await phone.goto(f"{platform.sandbox_url}/?as={sandbox.openid}")
    await say(phone, "绑定")
    await expect(phone.locator("#chat a").last).to_be_visible(timeout=10_000)
    async with phone.context.expect_page() as opened:
        await phone.locator("#chat a").last.click()
    page = await opened.value
    await page.wait_for_url(re.compile(r"/m/bind"), timeout=15_000)
    await shot(page, "bind-who")
    await page.fill("[name=name]", world.graduate.name)
    await page.fill("[name=id_number]", world.graduate.id_number)
    await page.get_by_role("button").last.click()

    async def code() -> str | None:
        codes = [
            re.search(r"(?<!\d)(\d{6})(?!\d)", text["text"]) for text in await sandbox.texts(world.graduate.mobile)
        ]
        return next((found[1] for found in codes if found), None)

    await page.fill("[name=code]", await until(code, "the one-time code arrives by SMS"))
    await shot(page, "bind-code")
    await page.get_by_role("button").last.click()
    if await page.get_by_role("button", name=re.compile("确认")).count():
        await page.get_by_role("button", name=re.compile("确认")).click()
    await expect(page.locator("body")).to_contain_text("绑定")
    await shot(page, "bind-done")
    await page.close()


async def say(phone: Page, text: str) -> None:
    if not await phone.locator("#text").is_visible():
        await phone.locator("#to-text").click()
    await phone.fill("#text", text)
    await phone.locator("#send").click()


async def accept_by_chat(phone: Page, world: World) -> None:
    await say(phone, "邀请")
    await expect(phone.locator("#chat")).to_contain_text(world.employer.name, timeout=10_000)
    await say(phone, "同意")
    asked = phone.locator("#chat .row.account .bubble").last
    await expect(asked).to_contain_text(NUMBER)
    await shot(phone, "phone-accept-asked")
    found = NUMBER.search(await asked.inner_text())
    assert found is not None
    await say(phone, found[1])
    await expect(phone.locator("#chat")).to_contain_text("等待学院审核", timeout=10_000)
    await shot(phone, "phone-accepted")


async def decide_in_the_dashboard(browser: Browser, platform: Stack, username: str, who: str) -> None:
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    page = await context.new_page()
    await page.goto(platform.dashboard_url)
    await page.fill("#username", username)
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_text("待我处理：1")).to_be_visible(timeout=30_000)
    await shot(page, f"home-{who}")
    await page.get_by_role("button", name="去处理", disabled=False).click()
    await page.get_by_role("button", name=re.compile("从第一条开始")).click()
    approve = page.get_by_role("button", name=re.compile("鉴证通过"))
    await expect(approve.first).to_be_visible(timeout=20_000)
    await shot(page, f"review-{who}")
    await drawn(page)
    await approve.first.click()
    confirm = page.get_by_role("button", name=re.compile("确认鉴证通过"))
    await confirm.wait_for()
    await drawn(page)  # a click while the question is still being drawn is lost
    await confirm.click()
    await expect(confirm).to_have_count(0, timeout=20_000)
    await shot(page, f"decided-{who}")
    await context.close()


async def read_the_ledger(sandbox: Sandbox, world: World) -> None:
    async def row() -> dict[str, Any] | None:
        return next((r for r in await sandbox.ledger() if world.graduate.id_number in str(r)), None)

    found = str(await until(row, "the EMS has the destination"))
    assert world.employer.uscc in found
    assert "签就业协议形式就业" in found
    pushes = await db.fetch("SELECT status FROM outbox WHERE school_id = $1 AND channel = 'ems'", world.school_id)
    assert [p["status"] for p in pushes] == ["sent"] or [p["status"] for p in pushes] == ["delivered"]
