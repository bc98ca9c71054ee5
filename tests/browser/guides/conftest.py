"""Room: the whole demo as processes for the guides' pictures: its data, its clerks, its people on the sandbox phone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from models.db import fetch_value
from models.vault import unseal
from tests.browser.dashboard_hands import drawn
from tests.harness.demo import seeded
from tests.harness.postgres import TestServer
from tests.harness.stack import Stack
from workflows.demo.institutions import PASSWORD
from workflows.demo.introductions import introductions
from workflows.demo.personas import PERSONAS

Enter = Callable[..., Awaitable[Page]]
"""Sits somebody down: `page = await enter("xiaoji-a1", "/settings")`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo's programs are."""

    service: str
    dashboard: str
    sandbox: str


@pytest.fixture(scope="session")
async def demo(database_server: TestServer, run_folder: Path) -> AsyncIterator[Place]:
    async with seeded(database_server) as url:
        stack = Stack(run_folder, url)
        known = await introductions()
        try:
            await stack.start("simulators")
            async with httpx.AsyncClient(base_url=f"{stack.sandbox_url}/_control", timeout=60) as control:
                for path, body in known.items():
                    (await control.post(f"/{path}", json=body)).raise_for_status()
            await stack.start("serve", "notifier", "dashboard")
            yield Place(stack.service_url, stack.dashboard_url, stack.sandbox_url)
        finally:
            await stack.end()


async def _window(browser: Browser, width: int, height: int, *, phone: bool = False) -> BrowserContext:
    return await browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        is_mobile=phone,
        has_touch=phone,
        device_scale_factor=1.5 if phone else 1,
        color_scheme="light",
        accept_downloads=True,
    )


@pytest.fixture
async def windows(browser: Browser) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """`await windows()`: a desktop's window; `await windows(phone=True)`: a phone's screen."""
    contexts = []
    expect.set_options(timeout=30_000)

    async def opened(*, phone: bool = False, width: int = 1400, height: int = 900) -> Page:
        size = (360, 800) if phone else (width, height)
        contexts.append(await _window(browser, *size, phone=phone))
        page = await contexts[-1].new_page()
        page.set_default_timeout(30_000)
        return page

    yield opened
    expect.set_options(timeout=5_000)
    for context in contexts:
        await context.close()


@pytest.fixture
async def staff(demo: Place, windows: Callable[..., Awaitable[Page]]) -> Enter:
    """A member of staff at the dashboard."""

    async def enter(username: str, path: str = "/") -> Page:
        page = await windows()
        await page.goto(f"{demo.dashboard}/auth/login")
        await page.fill("#username", username)
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await settled(page)
        if path != "/":
            await page.goto(f"{demo.dashboard}{path}")
            await settled(page)
        return page

    return enter


@pytest.fixture
async def clerk(demo: Place, windows: Callable[..., Awaitable[Page]]) -> Enter:
    """Somebody of an employer at the portal."""

    async def enter(username: str, path: str = "/employer") -> Page:
        page = await windows(width=1200)
        await page.goto(f"{demo.service}/employer/login")
        await page.fill("#field-username", username)
        await page.fill("#field-password", PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await page.goto(f"{demo.service}{path}")
        return page

    return enter


@pytest.fixture
async def graduate(demo: Place, windows: Callable[..., Awaitable[Page]]) -> Enter:
    """One of the sandbox phone's people: in the chat, or at a page (`path`) opened from it."""

    async def enter(number: int, path: str = "") -> Page:
        openid = PERSONAS[number - 1].openid
        page = await windows(phone=True)
        if path:
            await page.goto(f"{demo.sandbox}/phone/open?openid={openid}&to={quote(demo.service + path, safe='')}")
            await page.wait_for_url(f"{demo.service}/m/**")
        else:
            await page.goto(f"{demo.sandbox}/?as={openid}")
            await expect(page.locator("#chat")).to_be_visible()
        return page

    return enter


async def number_of(name: str) -> str:
    """The invented ID number of one of the demo's people."""
    return str(unseal("graduates.id_enc", await fetch_value("SELECT id_enc FROM graduates WHERE name = $1", name)))


async def settled(page: Page) -> None:
    """Drawn to the end: a heading, nothing that still loads, lists in their place."""
    await expect(page.locator("h1").first).to_be_visible()
    await drawn(page)
    await expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)
    await page.wait_for_timeout(600)
