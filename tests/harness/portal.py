"""Room: a clerk at the employer's portal, for tests: opens pages, fills their forms in, presses their buttons.

Like a browser without script: what is sent is what stands in the page's form, changed where the clerk typed.

    clerk = Clerk(client)
    page = await clerk.sign_in(world.employer)
    page = await clerk.press(await clerk.open("/employer/online_signing/new"), "发出邀请", graduate_name="…")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.harness.files import own_scan
from tests.harness.world import PASSWORD, Firm, Person, World, invite_form
from workflows.actors import applicant

Files = Sequence[tuple[str, bytes]]
"""Name and bytes of each file that was chosen for one field."""

VOID = frozenset({"input", "br", "meta", "link", "img", "hr"})


@dataclass(slots=True)
class PageForm:
    """One form as it stands: what it would send, by which buttons."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # text → (name, value)


@dataclass(slots=True)
class Page:
    """What came back. `text` is what a person reads, `links` where it leads: text → address."""

    response: httpx.Response
    text: str
    title: str
    forms: list[PageForm]
    links: dict[str, str]

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def path(self) -> str:
        return self.response.url.path

    def form(self, button: str) -> PageForm:
        """The form that has this button."""
        for found in self.forms:
            if button in found.buttons:
                return found
        raise AssertionError(f"no button {button} among {[list(f.buttons) for f in self.forms]}")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.forms: list[PageForm] = []
        self.links: dict[str, str] = {}
        self.title = ""
        self._open: list[str] = []
        self._inside: PageForm | None = None
        self._link: tuple[str, int] | None = None
        self._button: tuple[str, str, int] | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        match tag:
            case "form":
                self._inside = PageForm(given["action"], given.get("method", "get"))
                self.forms.append(self._inside)
            case "a":
                self._link = (given.get("href", ""), len(self.words))
            case "button":
                self._button = (given.get("name", ""), given.get("value", ""), len(self.words))
            case "select":
                self._select = given["name"]
                self._fields()[self._select] = ""
            case "option" if self._select and "selected" in given:
                self._fields()[self._select] = given["value"]
            case "textarea":
                self._area = given["name"]
                self._fields()[self._area] = ""
            case "input":
                self._input(given)

    def _fields(self) -> dict[str, str]:
        return self._inside.fields if self._inside else {}

    def _input(self, given: Mapping[str, str]) -> None:
        if not given.get("name") or given.get("type") == "file":
            return
        if given.get("type") in ("radio", "checkbox") and "checked" not in given:
            return
        self._fields()[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        if tag == "a" and self._link:
            self.links["".join(self.words[self._link[1] :]).strip()] = self._link[0]
            self._link = None
        elif tag == "button" and self._button and self._inside:
            name, value, start = self._button
            self._inside.buttons["".join(self.words[start:]).strip()] = (name, value)
            self._button = None
        elif tag == "form":
            self._inside = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            return
        if self._area:
            self._fields()[self._area] += data.removeprefix("\n")
        if self._open and self._open[-1] == "title":
            self.title += data
        elif data.strip():
            self.words.append(data.strip() + " ")


def read(response: httpx.Response) -> Page:
    reader = _Reader()
    reader.feed(response.text)
    return Page(response, "".join(reader.words), reader.title, reader.forms, reader.links)


@dataclass(frozen=True, slots=True)
class Clerk:
    """`client` keeps the cookies and follows redirections."""

    client: httpx.AsyncClient

    async def open(self, path: str, **query: str) -> Page:
        return read(await self.client.get(path, params=query or None, follow_redirects=True))

    async def send(
        self, path: str, values: Mapping[str, str], *, follow: bool = True, files: Mapping[str, Files] | None = None
    ) -> Page:
        """Post fields as they are; with files as a browser does, in parts."""
        parts = [(f"add_{name}", one) for name, chosen in (files or {}).items() for one in chosen]
        return read(await self.client.post(path, data=dict(values), files=parts or None, follow_redirects=follow))

    async def press(
        self,
        page: Page,
        button: str,
        *,
        follow: bool = True,
        files: Mapping[str, Files] | None = None,
        **typed: Any,
    ) -> Page:
        """Send the form of that button with what was typed; `None` takes a field out. `files`: chosen, by field."""
        form = page.form(button)
        name, value = form.buttons[button]
        values = {**form.fields, **typed, **({name: value} if name else {})}
        assert form.method == "post"
        values = {k: str(v) for k, v in values.items() if v is not None}
        return await self.send(form.action, values, follow=follow, files=files)

    async def scan(self) -> str:
        """The id of a picture that this browser has sent already, without an account or before it had one."""
        return str(await own_scan(applicant(self.client.cookies["wq_csrf"])))

    async def sign_in(self, firm: Firm) -> Page:
        page = await self.open("/employer/login")
        return await self.press(page, "登录", username=firm.username, password=PASSWORD)


def as_typed(form: Mapping[str, Any]) -> dict[str, str]:
    """A form's values as a page sends them."""
    return {
        name: ("true" if value else "false") if isinstance(value, bool) else str(value) for name, value in form.items()
    }


def invitation(world: World, person: Person, **values: Any) -> dict[str, str]:
    """What a clerk types to invite this person."""
    return as_typed(invite_form(world, person, **values))
