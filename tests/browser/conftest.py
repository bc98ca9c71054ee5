"""Room: the dashboard and everything behind it as processes, and clerks who sit down at it in windows of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.dashboard_hands import Enter, type_sign_in
from tests.harness.sitting import use_service
from tests.harness.stack import Stack
from tests.harness.world import Desk

WINDOW: Final[dict[str, Any]] = {
    "viewport": {"width": 1400, "height": 900},
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}


@pytest.fixture
async def platform(stack: Stack, database: str) -> Stack:
    """Simulators, service and dashboard on this worker's database."""
    missing = [name for name in ("simulators", "serve", "dashboard") if name not in stack.children]
    await stack.start(*missing)
    use_service(stack.service_url)
    return stack


@pytest.fixture(scope="session")
def empty_windows() -> list[BrowserContext]:
    """Those that somebody has left. Streamlit's script, some megabytes, is read and understood there already."""
    return []


@pytest.fixture
async def enter(platform: Stack, browser: Browser, empty_windows: list[BrowserContext]) -> AsyncIterator[Enter]:
    """`page = await enter(desk)`: signed in by typing, in a window of its own; nothing outside may be asked for."""
    contexts, strangers = [], []
    expect.set_options(timeout=15_000)  # the first page of a fresh process takes some seconds

    async def signed_in(desk: Desk | None, path: str = "/") -> Page:
        context = empty_windows.pop() if empty_windows else await browser.new_context(**WINDOW)
        contexts.append(context)
        page = await context.new_page()
        page.on("request", lambda r: strangers.append(r.url) if urlsplit(r.url).hostname != "127.0.0.1" else None)
        page.on("pageerror", lambda error: strangers.append(str(error)))
        await page.goto(f"{platform.dashboard_url}{path}")
        if desk is not None:
            await type_sign_in(page, desk)
            # Whoever reloads before this would take the sign-in back.
            await expect(page.locator("#username")).to_have_count(0)
        return page

    yield signed_in
    expect.set_options(timeout=5_000)
    for context in contexts:
        await left(context, platform.dashboard_url)
        empty_windows.append(context)
    assert [url for url in strangers if not url.startswith(("data:", "blob:"))] == []


async def left(context: BrowserContext, origin: str) -> None:
    """No page is open any more, nobody is signed in, nothing is remembered but what was loaded."""
    page = await context.new_page()
    for other in context.pages:
        if other is not page:
            await other.close()
    await context.set_offline(False)
    await context.clear_cookies()
    line = await context.new_cdp_session(page)
    await line.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage,indexeddb"})
    await page.close()
