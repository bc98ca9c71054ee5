"""Room: a clerk's hands at the dashboard in a real browser: signing in, finding a record, opening a question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import Cookie, Locator, Page, TimeoutError, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.harness.world import PASSWORD, Desk

TRIES = 5

Enter = Callable[..., Awaitable[Page]]
"""Sits a desk down at the dashboard: `await enter(desk, path="/")`."""


async def type_sign_in(page: Page, desk: Desk) -> None:
    """By keyboard, from the page that asks for it."""
    await page.locator("#username:focus").wait_for()
    await page.keyboard.type(desk.username)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")


async def tab_to(page: Page, words: str, *, backwards: bool = False) -> None:
    """Press Tab until what has the focus says these words."""
    focused = """() => { let e = document.activeElement;
        while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
        const words = `${e.getAttribute('aria-label') || ''} ${e.innerText || ''}`;
        return e.matches('a, button, input, textarea') ? words : ''; }"""
    await drawn(page)
    for _ in range(60):
        await page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if words in await page.evaluate(focused):
            return
    raise AssertionError(f"no way to {words} by keyboard")


async def drawn(page: Page) -> None:
    """Until Streamlit has run the page to its end."""
    await page.locator(".stApp[data-test-script-state=notRunning]").wait_for()


async def press(page: Page, keys: str, brings: Locator) -> None:
    """Press a shortcut; again where nothing came of it: Streamlit hears shortcuts a moment after it has drawn them."""
    for _ in range(TRIES):
        await drawn(page)
        await page.keyboard.press(keys)
        try:
            await brings.wait_for(timeout=3_000)
        except TimeoutError:
            continue
        return
    await expect(brings).to_be_visible()


async def choose(page: Page, label: str, option: str) -> None:
    """Choose in a selection box; again where the list was drawn anew under the pointer, as a person would."""
    box = page.get_by_role("combobox", name=label)
    for _ in range(TRIES):
        await drawn(page)
        await box.click()
        try:
            await page.get_by_role("option", name=option, exact=True).click(timeout=3_000)
            await expect(page.get_by_role("listbox")).to_have_count(0, timeout=3_000)
        except (TimeoutError, AssertionError):
            await page.keyboard.press("Escape")
            continue
        return
    raise AssertionError(f"{option} could not be chosen for {label}")


async def to_review(page: Page) -> None:
    """From the first page to the oldest record that waits."""
    await page.get_by_role("button", name="去处理", disabled=False).click()
    await expect(page.get_by_role("button", name="处理 单位").first).to_be_visible()
    await press(page, "Alt+o", page.get_by_text("办理历史"))


async def open_question(page: Page, keys: str) -> None:
    await press(page, keys, page.get_by_role("dialog").get_by_text("Ctrl+Enter 确认，Esc 取消。"))


async def confirm(page: Page, brings: str) -> None:
    """Send the open question by keyboard; `brings`: words that follow."""
    await press(page, "Control+Enter", page.get_by_text(brings).first)


# --- the line to the server ----------------------------------------------------------------------

_LINES = """window.lines = []; window.WebSocket = class extends WebSocket {
  constructor(...parts) { super(...parts); window.lines.push(this); } };"""


async def watch_lines(page: Page) -> None:
    """Know the connections of every page that is loaded from here on."""
    await page.add_init_script(_LINES)


_MENDED = """cut => window.lines.length > cut && window.lines.at(-1).readyState === WebSocket.OPEN
  && document.querySelector('.stApp').dataset.testConnectionState === 'CONNECTED'"""


async def cut_line(page: Page) -> int:
    """The connection is lost under the page's hands. How many it has had."""
    return int(await page.evaluate("window.lines.at(-1).close(), window.lines.length"))


async def lose_line(page: Page) -> None:
    """The connection is lost; back when the page has made another one.

    The page believes in a connection until its end was told, so that it is no use to ask for its state alone.
    """
    cut = await cut_line(page)
    await page.wait_for_function(_MENDED, arg=cut)
    await drawn(page)


class Line:
    """A page's line to Streamlit that can repeat what the page asked for when its answer has become another page."""

    def __init__(self) -> None:
        self.late: list[bytes] = []
        self.echoing = False

    def open(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def asked(message: str | bytes) -> None:
            if self.echoing and isinstance(message, bytes):
                self.late.append(message)
                self.echoing = False
            server.send(message)

        def answered(message: str | bytes) -> None:
            if self.late and isinstance(message, bytes) and _begins_page(message):
                server.send(self.late.pop())
            browser.send(message)

        browser.on_message(asked)
        server.on_message(answered)

    def echo_late(self) -> None:
        self.echoing = True


def _begins_page(message: bytes) -> bool:
    told = ForwardMsg.FromString(message)
    return told.HasField("new_session") and not told.metadata.run.fragment_ids


def token_of(cookies: list[Cookie]) -> str:
    return next(c["value"] for c in cookies if c["name"] == "wq_staff")


def record_of(page: Page) -> str:
    return page.url.rpartition("=")[2]
