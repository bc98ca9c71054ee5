"""Room: a graduate's phone in a test's hand: WeChat sign-in by the sandbox, cookies, the pages, their forms.

Import the fixtures by name: `from tests.harness.phone import pages_fixture, phone_fixture`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from quart import Quart

from api.pages.my_records import blueprint
from api.service import create
from api.wiring import EXTENSION, Wiring
from models import db
from models.store import close_store
from models.store import store as house_store
from models.tables import OutboxRow
from models.vault import unseal
from notifier.clients.registry import RegistryClient
from notifier.clients.transport import Http
from notifier.clients.wechat import WeChatClient, WeChatSceneQr, WeChatSignIn
from notifier.simulators.server import Sandbox
from tests.harness.chat import new_openid
from tests.harness.pages import sheet_of
from tests.harness.world import Person
from workflows.commands.deliveries import CODE_PLACE

BASE = "http://127.0.0.1:8000"


@pytest.fixture(name="pages")
async def pages_fixture(database: str, sandbox: Sandbox, door: Http) -> AsyncIterator[Quart]:
    app = create(db.is_unavailable, pages=(blueprint,))
    wechat = WeChatClient(sandbox.wechat, house_store(), door)

    async def ready() -> list[str]:
        return []

    app.extensions[EXTENSION] = Wiring(
        not_ready=ready,
        web_sign_in=WeChatSignIn(sandbox.wechat, door),
        registry=RegistryClient(sandbox.registry_url, door),
        scene_qr=WeChatSceneQr(wechat),
    )
    yield app
    await close_store()


@dataclass
class Phone:
    """One WeChat account with its browser: cookies, the pages, the sign-in."""

    browser: httpx.AsyncClient
    sandbox: Sandbox
    outside: httpx.AsyncClient
    openid: str

    async def open(self, path: str) -> httpx.Response:
        return await self.browser.get(path)

    async def arrive(self, path: str) -> httpx.Response:
        """Open a page and follow every redirect, through WeChat's sign-in and back."""
        answer = await self.open(path)
        for _ in range(8):
            if answer.status_code not in (302, 303):
                return answer
            answer = await self.follow(answer)
        raise AssertionError("the pages go round in circles")

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        target = answer.headers["location"]
        if "/connect/oauth2/authorize" not in target:
            return await self.open(target)
        return await self.open(await self.signed_in(target))

    async def signed_in(self, authorize: str) -> str:
        """Where WeChat sends the browser back to."""
        parts = urlsplit(authorize)
        url = f"{self.sandbox.wechat.open_url}/connect/oauth2/authorize?{parts.query}&openid={self.openid}"
        answer = await self.outside.get(url)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert (back.scheme, back.netloc, back.path) == ("http", "127.0.0.1:8000", "/m/oauth")
        return f"{back.path}?{back.query}"

    async def submit(self, page: httpx.Response, **values: str) -> httpx.Response:
        """Fill in the page's form and send it."""
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)
        mark = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert action
        assert mark, page.text
        return await self.browser.post(action[1], data={"csrf": mark[1], **values})

    async def send(
        self, page: httpx.Response, press: tuple[str, str] | None = None, files: Files = (), **values: Any
    ) -> httpx.Response:
        """Send the page's form as it stands with these answers; `press`: by a button of that name and value."""
        sheet = sheet_of(page.text)
        if press is not None:
            assert press in sheet.buttons, (press, sheet.buttons)
        answers = {name: _typed(value) for name, value in values.items()}
        for name, text in list(answers.items()):
            if f"{name}_province" in sheet.values:
                answers[f"{name}_province"] = text[:2]
        assert not {name for name, _, _ in files} - sheet.files
        parts: list[Any] = [(name, (called, data)) for name, called, data in files] or [("none", ("", b""))]
        data = {**sheet.values, **answers, **({press[0]: press[1]} if press else {})}
        return await self.browser.post(sheet.action, data=data, files=parts)


Files = Sequence[tuple[str, str, bytes]]
"""Chosen files: the field's name on the page, the file's name, its bytes."""


def _typed(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


async def phone_of(pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient, **persona: object) -> Phone:
    openid = str(persona.pop("openid", "") or new_openid())
    body = [{"openid": openid, "name": "访客", **persona}]
    answer = await http.post(f"{sandbox.url}/_control/personas", json=body)
    assert answer.status_code < 300, answer.text
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url=BASE)
    return Phone(browser, sandbox, http, openid)


@pytest.fixture(name="phone")
async def phone_fixture(pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient) -> AsyncIterator[Phone]:
    made = await phone_of(pages, sandbox, http)
    yield made
    await made.browser.aclose()


async def code_for(person: Person) -> str:
    row = await OutboxRow.filter(recipient=person.id, notice="one_time_code").order_by("-id").first()
    assert row is not None
    return unseal(CODE_PLACE, row.params["code"])


async def bind_on(phone: Phone, person: Person, path: str = "/m/bind") -> httpx.Response:
    """The whole way; the page on which it ends."""
    first = await phone.arrive(path)
    second = await phone.follow(await phone.submit(first, name=person.name, id_number=person.id_number))
    third = await phone.follow(await phone.submit(second, code=await code_for(person)))
    assert person.name in third.text
    done = await phone.submit(third)
    assert done.status_code == 303, done.text
    return await phone.follow(done)
