"""Room: a graduate's hands and eyes at the sandbox phone: the chat, links through WeChat's sign-in, forms, every width.

    phone = await hand_out(person)            # a WeChat account that is bound; `binds=True`: one that is not yet
    page = await phone.open("/m/records")     # through the simulated sign-in
    await phone.say("进度")

One school and one browser for a module, each journey has a newcomer. Import the fixtures by name:
`from tests.browser.phone_hands import hand_out_fixture, world_fixture`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from bot.menus import bound_menu
from models.config import settings
from models.states import Flow
from models.store import MemoryStore
from models.tables import Record
from notifier.clients.transport import open_http
from notifier.clients.wechat import WeChatClient
from notifier.verdicts import Kind
from tests.harness.chat import bound, new_openid
from tests.harness.files import jpeg, pdf
from tests.harness.pure import EMPLOYER_TYPED
from tests.harness.reaching import Case
from tests.harness.screens import judged, looked_at
from tests.harness.stack import Stack
from tests.harness.world import Person, World, add_graduates, make_world

SIZE: Final = {"width": 360, "height": 800}
NARROW: Final = 320
SCAN: Final = {"name": "盖章协议.jpg", "mimeType": "image/jpeg", "buffer": jpeg(7)}
PAPER: Final = {"name": "证明.pdf", "mimeType": "application/pdf", "buffer": pdf(2)}
_CONTRAST: Final = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_TABS: Final = 80  # keystrokes after which something counts as out of reach


@dataclass
class Handset:
    """One person's phone: a browser of its own, the chat in one page, what the chat opens in others."""

    context: BrowserContext
    stack: Stack
    openid: str
    complaints: list[str] = field(default_factory=list)
    _chat: Page | None = None
    _read: Page | None = None  # the page that the chat has opened last

    async def open(self, path: str) -> Page:
        """A page of the service as the chat would open it, signed in on the way."""
        self._read = page = await self._new_page()
        to = quote(f"{self.stack.service_url}{path}")
        await page.goto(f"{self.stack.sandbox_url}/phone/open?openid={self.openid}&to={to}")
        await self.come_in(page)
        return page

    async def come_in(self, page: Page) -> None:
        """Through the sign-in, which goes on by itself (a click as well would spend its state twice)."""
        await page.wait_for_url(re.compile(re.escape(self.stack.service_url) + "/m/(?!oauth)"))

    async def chat(self) -> Page:
        if self._chat is None:
            self._chat = await self._new_page()
            await self._chat.goto(f"{self.stack.sandbox_url}/?as={self.openid}")
            await expect(self._chat.locator("#who")).not_to_be_empty()  # before, the phone is nobody's
        await self._chat.bring_to_front()
        return self._chat

    async def _back(self) -> None:
        """From the chat to the page that was read: what lies behind another page is drawn every few seconds only."""
        if self._read is not None and not self._read.is_closed():
            await self._read.bring_to_front()

    async def say(self, text: str) -> str:
        """Type something; the text of the answer, which comes after what was typed."""
        chat = await self.chat()
        if not await chat.locator("#text").is_visible():
            await chat.locator("#to-text").click()
        answers = chat.locator(".row.account .bubble")
        before = await answers.count()
        await chat.fill("#text", text)
        await chat.locator("#send").click()
        await expect(answers).to_have_count(before + 1)
        said = await answers.last.inner_text()
        await self._back()
        return said

    async def choose(self, group: str, entry: str) -> str:
        """Tap an entry of the account's menu that the chat answers; the text of the answer."""
        chat = await self.chat()
        answers = chat.locator(".row.account .bubble")
        before = await answers.count()
        await self._tap_menu(chat, group, entry)
        await expect(answers).to_have_count(before + 1)
        said = await answers.last.inner_text()
        await self._back()
        return said

    async def leave_for(self, group: str, entry: str) -> Page:
        """Tap an entry of the account's menu that opens a page; the page."""
        chat = await self.chat()
        async with self.context.expect_page() as opened:
            await self._tap_menu(chat, group, entry)
        self._read = page = await opened.value
        self._listen(page)
        await self.come_in(page)
        return page

    async def _tap_menu(self, chat: Page, group: str, entry: str) -> None:
        await chat.locator("#menu").get_by_role("button", name=group, exact=True).click()
        await chat.get_by_role("menuitem", name=entry, exact=True).click()

    async def tap(self, link: str) -> Page:
        """Tap a link of the last answer; the page behind it."""
        chat = await self.chat()
        async with self.context.expect_page() as opened:
            await chat.locator(".row.account .bubble").last.get_by_role("link", name=link).click()
        self._read = page = await opened.value
        self._listen(page)
        await self.come_in(page)
        return page

    async def _new_page(self) -> Page:
        page = await self.context.new_page()
        self._listen(page)
        return page

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda m: (
                self.complaints.append(m.text)
                if m.type == "error" and "Failed to load resource" not in m.text
                else None
            ),
        )


HandOut = Callable[..., Awaitable[Handset]]


@pytest.fixture(name="world", scope="module")
async def world_fixture(database: str) -> World:
    return await make_world(graduates=1)


@pytest.fixture(name="hand_out")
async def hand_out_fixture(browser: Browser, stack: Stack, world: World) -> AsyncIterator[HandOut]:
    """`phone = await hand_out(person)`: somebody's WeChat account; no page may complain of anything."""
    await stack.start(*(name for name in ("simulators", "serve") if name not in stack.children))
    handsets: list[Handset] = []
    expect.set_options(timeout=15_000)  # a busy machine is no fault of a page

    async def made(person: Person | None = None, *, binds: bool = False, **how: Any) -> Handset:
        someone = person or (await add_graduates(world, 1, departments=["计算机学院"]))[0]
        openid = new_openid() if binds else await bound(world, someone)
        async with httpx.AsyncClient(base_url=stack.sandbox_url) as http:
            persona = {"openid": openid, "name": someone.name, "mobile": someone.mobile}
            (await http.post("/_control/personas", json=[persona])).raise_for_status()
        how.setdefault("viewport", SIZE)
        how.setdefault("extra_http_headers", {"Accept": "*/*"})  # the sign-in is as silent as WeChat's own
        context = await browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True, **how)
        handsets.append(Handset(context, stack, openid))
        return handsets[-1]

    yield made
    expect.set_options(timeout=5_000)
    for one in handsets:
        await one.context.close()
    assert [text for one in handsets for text in one.complaints] == []


async def push_menu(stack: Stack) -> None:
    """The account's menu on the simulated platform, over its own interface."""
    account = settings().wechat.model_copy(update={"api_url": f"{stack.sandbox_url}/wechat"})
    async with open_http() as http:
        pushed = await WeChatClient(account, MemoryStore(), http).create_menu(bound_menu(stack.service_url))
    assert pushed.kind is Kind.SENT, pushed


async def newcomer(world: World) -> Person:
    return (await add_graduates(world, 1, departments=["计算机学院"]))[0]


async def caught_up(case: Case) -> Case:
    """The case as the pages have left it."""
    record = await Record.get(id=case.record_id)
    case.state, case.version = record.state, record.version
    return case


# --- eyes ----------------------------------------------------------------------------------------


async def stands(page: Page, name: str) -> None:
    """A page as anybody may need it: axe by day and by night, at 320 pixels, with letters of twice the size."""
    await looked_at(page, name)
    await page.emulate_media(color_scheme="dark")
    faults, _ = await judged(page, **_CONTRAST)
    assert faults == [], f"{name}, dark: {faults}"
    await page.emulate_media(color_scheme="light")
    size = page.viewport_size or SIZE
    await page.set_viewport_size({"width": NARROW, "height": 640})
    await fits(page, f"{name} at {NARROW} pixels")
    await page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await fits(page, f"{name} at 200 %")
    await page.evaluate("document.documentElement.style.fontSize = ''")
    await page.set_viewport_size(size)


async def fits(page: Page, name: str) -> None:
    """Nothing that is shown leaves the window to the right, nothing is cut off inside its box."""
    wide = await page.evaluate(
        """() => [...document.body.querySelectorAll('*')]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5 && !e.closest('.unseen, option, script'))
            .map(e => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 30)}`)"""
    )
    assert wide == [], f"{name}: {wide}"


async def tab_to(page: Page, wanted: Locator) -> None:
    """Go there by the tabulator alone; where one is can be seen."""
    for _ in range(_TABS):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("e => e === document.activeElement"):
            ring = await wanted.evaluate(
                """e => [e, e.nextElementSibling].filter(Boolean)
                    .some(x => getComputedStyle(x).outlineStyle !== 'none')"""
            )
            assert ring, "nobody sees where the keyboard is"
            return
    raise AssertionError(f"the keyboard does not reach {wanted}")


# --- hands ---------------------------------------------------------------------------------------


async def press(page: Page, label: str) -> None:
    await page.get_by_role("button", name=label, exact=True).locator("visible=true").last.click()


async def sent(page: Page, label: str) -> None:
    """Hand the form in; it is taken, and the page says so and what comes next."""
    await press(page, label)
    await expect(page.get_by_role("status")).to_contain_text("办理成功")
    await expect(page.locator(".standing")).to_contain_text("下一步：")


async def upload(page: Page, name: str, *files: Any) -> None:
    """Choose files for a field and wait until they are there."""
    await page.locator(f"#add-{name}").set_input_files(list(files))
    await expect(page.get_by_text(f"已上传 {len(files)} 个文件")).to_be_visible()


async def choose_region(page: Page, label: str, province: str, place: str) -> None:
    await page.get_by_label(f"{label}：省").select_option(label=province)
    places = page.get_by_label(f"{label}：市、区（县）")
    await expect(places.locator("option")).not_to_have_count(1)
    await places.select_option(label=place)


async def fill(page: Page, **given: str) -> None:
    """Fields by their names, whatever kind of widget they are."""
    for name, value in given.items():
        field = page.locator(f"#field-{name}")
        if await field.evaluate("e => e.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


async def fill_employer(page: Page, world: World, *, contact: bool = True) -> None:
    """Everything under 单位信息; `contact`: address and contact too."""
    given = {**EMPLOYER_TYPED, "employer_name": world.employer.name, "employer_uscc": world.employer.uscc}
    names = ["employer_name", "employer_uscc", "employer_nature", "employer_industry"]
    names += ["employer_address", "contact_name", "contact_mobile"] if contact else []
    await fill(page, **{name: str(given[name]) for name in names})
    await choose_region(page, "单位所在地", "北京市", "东城区")


async def answer(page: Page, **given: str) -> None:
    """Questions with a choice of radio buttons: the question's label and the answer's."""
    for question, choice in given.items():
        await page.get_by_role("group", name=question).get_by_label(choice, exact=True).check()


async def record_of(person: Person, flow: Flow) -> Record:
    """The newest record of a flow."""
    found = await Record.filter(graduate_id=person.id, flow=str(flow)).order_by("-created_at").first()
    assert found is not None
    return found
