"""Room: a page without script in a test's hand: its form as a browser would send it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Sheet(HTMLParser):
    """The last form of a page that posts: where it goes, what it holds, which buttons it has."""

    action: str = ""
    values: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._inside = False
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        has = {name for name, _ in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._inside = given.get("method") == "post"
            if self._inside:
                self.action, self.values, self.files, self.buttons = given["action"], {}, set(), []
        if not self._inside:
            return
        if tag == "input":
            kind = given.get("type", "text")
            if kind == "file":
                self.files.add(name)
            elif kind not in ("radio", "checkbox") or "checked" in has:
                self.values[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
            self.values[name] = ""
        elif tag == "option" and "selected" in has:
            self.values[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.values[name] = ""
        elif tag == "button" and name:
            self.buttons.append((name, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.values[self._area] = self.values[self._area].removeprefix("\n")
            self._area = ""
        elif tag == "form":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data


def sheet_of(html: str) -> Sheet:
    found = Sheet()
    found.feed(html)
    assert found.action, html
    return found
