"""Room: what the simulated WeChat platform knows: people, chats, the token, the menu, templates, codes, windows.

Everything that a second start must agree on goes through the journal; sign-in codes live five minutes and do not.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from models import kit
from notifier.simulators.journal import Event, Journal
from notifier.simulators.wechat_rules import DEFAULT_MENU, Window, draw, new_openid, opened, window_error

DEDUP_FOR: Final = timedelta(minutes=10)
CODE_LASTS: Final = timedelta(minutes=5)
TOKEN_SECONDS: Final = 7200
OVERLAP: Final = timedelta(minutes=5)


@dataclass(slots=True)
class Persona:
    """One WeChat user of the sandbox. `label`: the situation; `tip`: what to try. `mobile` joins the SMS inbox;
    `snapshot` makes sign-in give a virtual visitor.
    """

    openid: str
    name: str
    label: str = ""
    tip: str = ""
    mobile: str = ""
    mobile_masked: str = ""
    following: bool = True
    snapshot: bool = False


@dataclass(slots=True)
class Token:
    value: str
    ends_at: datetime


@dataclass(slots=True)
class SignInCode:
    openid: str
    ends_at: datetime
    used: bool = False


@dataclass(slots=True)
class Scene:
    """A QR code. `number`: the last part of its address. `ends_at` None: never. `made_at`: old journals do not say."""

    scene: str
    ticket: str
    number: str
    ends_at: datetime | None
    made_at: datetime | None = None

    def fresh(self, now: datetime) -> bool:
        return self.ends_at is None or self.ends_at > now


@dataclass(slots=True)
class Options:
    """Switches for tests and the bench. `receipts`: whether template messages bring a receipt event."""

    receipts: bool = True
    token_seconds: int = TOKEN_SECONDS


@dataclass(slots=True)
class Book:
    """The folded state."""

    personas: dict[str, Persona] = field(default_factory=dict)
    chats: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    windows: dict[str, dict[str, Window]] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    menu: list[dict[str, Any]] = field(default_factory=lambda: DEFAULT_MENU)
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    scenes: dict[str, Scene] = field(default_factory=dict)
    sent_ids: dict[tuple[str, str], tuple[datetime, str]] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    last_entry: int = 0


class WeChatPlatform:
    """The platform's memory and its plain operations. Wire formats stand in `wechat_api` and `wechat_callbacks`."""

    def __init__(self, folder: Path) -> None:
        self.book = Book()
        self.codes: dict[str, SignInCode] = {}
        self.calls: Counter[str] = Counter()
        self.deliveries: list[dict[str, Any]] = []
        self._journal = Journal(folder / "wechat.jsonl", self._apply)

    def close(self) -> None:
        self._journal.close()

    # people

    def put_persona(self, data: dict[str, Any]) -> Persona:
        """Add a person, or change what is given of a known one."""
        openid = data.get("openid") or new_openid()
        known = self.book.personas.get(openid)
        merged = {**(asdict(known) if known else {}), **data, "openid": openid}
        if merged.get("mobile") and not data.get("mobile_masked"):
            merged["mobile_masked"] = kit.mask_mobile(merged["mobile"])
        if known is None or asdict(known) != merged:
            self._journal.write({"e": "persona", **merged})
        return self.book.personas[openid]

    def follow(self, openid: str, following: bool) -> None:
        self._journal.write({"e": "follow", "openid": openid, "following": following})

    def open_window(self, openid: str, trigger: str) -> None:
        self._journal.write({"e": "window", "openid": openid, "trigger": trigger, "at": _now_text()})

    def draw(self, openid: str) -> int:
        """Take one customer-service message out of the person's windows; 0 or an error code."""
        code = window_error(self.book.windows.get(openid, {}), kit.now())
        if code == 0:
            self._journal.write({"e": "drawn", "openid": openid, "at": _now_text()})
        return code

    # chat

    def say(self, openid: str, side: str, kind: str, **content: Any) -> dict[str, Any]:
        """Put one entry into a person's chat. `side`: user, account, system."""
        entry = {
            "e": "entry",
            "id": self.book.last_entry + 1,
            "openid": openid,
            "at": _now_text(),
            "side": side,
            "kind": kind,
            **content,
        }
        self._journal.write(entry)
        return entry

    def chat(self, openid: str, after: int = 0) -> list[dict[str, Any]]:
        return [entry for entry in self.book.chats.get(openid, []) if entry["id"] > after]

    def seen_message(self, openid: str, client_msg_id: str) -> str | None:
        """The message id already given for this (person, client_msg_id) within ten minutes."""
        at, msgid = self.book.sent_ids.get((openid, client_msg_id), (None, ""))
        return msgid if at is not None and kit.now() - at < DEDUP_FOR else None

    # token

    def stable_token(self, *, force: bool = False) -> tuple[str, int]:
        """The token and its remaining seconds; renewed in its last five minutes, the old one honoured meanwhile."""
        now = kit.now()
        current = self.book.tokens[-1] if self.book.tokens else None
        if force or current is None or current.ends_at - now <= OVERLAP:
            ends_at = now + timedelta(seconds=self.book.options.token_seconds)
            self._journal.write(
                {"e": "token", "value": secrets.token_urlsafe(96), "ends_at": ends_at.isoformat(), "force": force}
            )
            current = self.book.tokens[-1]
        return current.value, int((current.ends_at - now).total_seconds())

    def token_error(self, value: str | None) -> int:
        """0 for a good token, else 41001 (missing), 42001 (expired), 40001 (never ours)."""
        if not value:
            return 41001
        for token in self.book.tokens:
            if secrets.compare_digest(token.value.encode(), value.encode()):
                return 0 if token.ends_at > kit.now() else 42001
        return 40001

    def expire_token(self) -> None:
        self._journal.write({"e": "tokens_expired", "at": _now_text()})

    # menu, templates, scenes, options

    def put_menu(self, buttons: list[dict[str, Any]]) -> None:
        self._journal.write({"e": "menu", "buttons": buttons})

    def put_templates(self, templates: list[dict[str, Any]]) -> None:
        self._journal.write({"e": "templates", "templates": templates})

    def put_options(self, **changes: Any) -> None:
        self._journal.write({"e": "options", **changes})

    def new_scene(self, scene: str, seconds: int | None) -> Scene:
        """`seconds` None: a lasting code; the same scene has the same one again."""
        same = [one for one in self.book.scenes.values() if one.scene == scene and one.ends_at is None]
        if seconds is None and same:
            return same[-1]
        now = kit.now()
        ends_at = (now + timedelta(seconds=seconds)).isoformat() if seconds else ""
        ticket, number = "gQ" + secrets.token_urlsafe(48), secrets.token_urlsafe(12)
        event = {"scene": scene, "ticket": ticket, "number": number, "ends_at": ends_at, "made_at": now.isoformat()}
        self._journal.write({"e": "scene", **event})
        return self.book.scenes[number]

    def fresh_scenes(self) -> list[Scene]:
        """Codes that can be scanned now, the newest first."""
        now = kit.now()
        return [one for one in reversed(self.book.scenes.values()) if one.fresh(now)]

    # web sign-in

    def new_code(self, openid: str) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = SignInCode(openid, kit.now() + CODE_LASTS)
        return code

    def spend_code(self, code: str) -> str | int:
        """The openid behind a code, once; 40029 unknown or old, 40163 used before."""
        found = self.codes.get(code)
        if found is None or found.ends_at <= kit.now():
            return 40029
        if found.used:
            return 40163
        found.used = True
        return found.openid

    # folding

    def _apply(self, event: Event) -> None:
        _FOLDS[event["e"]](self.book, event)


def _now_text() -> str:
    return kit.now().isoformat()


def _fold_persona(book: Book, event: Event) -> None:
    known = {one.name for one in fields(Persona)}
    book.personas[event["openid"]] = Persona(**{name: value for name, value in event.items() if name in known})


def _fold_follow(book: Book, event: Event) -> None:
    book.personas[event["openid"]].following = event["following"]


def _fold_entry(book: Book, event: Event) -> None:
    entry = {name: value for name, value in event.items() if name != "e"}
    book.last_entry = entry["id"]
    book.chats.setdefault(entry["openid"], []).append(entry)
    if client_msg_id := entry.get("client_msg_id"):
        at = datetime.fromisoformat(entry["at"])
        book.sent_ids[entry["openid"], client_msg_id] = (at, entry["msgid"])


def _fold_window(book: Book, event: Event) -> None:
    windows = book.windows.setdefault(event["openid"], {})
    windows[event["trigger"]] = opened(event["trigger"], datetime.fromisoformat(event["at"]))


def _fold_drawn(book: Book, event: Event) -> None:
    draw(book.windows.get(event["openid"], {}), datetime.fromisoformat(event["at"]))


def _fold_token(book: Book, event: Event) -> None:
    token = Token(event["value"], datetime.fromisoformat(event["ends_at"]))
    book.tokens = [] if event["force"] else book.tokens[-1:]
    if book.tokens:
        lead = token.ends_at - timedelta(seconds=book.options.token_seconds) + OVERLAP
        book.tokens[0].ends_at = min(book.tokens[0].ends_at, lead)
    book.tokens.append(token)


def _fold_expired(book: Book, event: Event) -> None:
    at = datetime.fromisoformat(event["at"])
    for token in book.tokens:
        token.ends_at = min(token.ends_at, at)


def _fold_menu(book: Book, event: Event) -> None:
    book.menu = event["buttons"]


def _fold_templates(book: Book, event: Event) -> None:
    book.templates.update({template["template_id"]: template for template in event["templates"]})


def _fold_options(book: Book, event: Event) -> None:
    for one in fields(Options):
        if one.name in event:
            setattr(book.options, one.name, event[one.name])


def _fold_scene(book: Book, event: Event) -> None:
    ends_at, made_at = (datetime.fromisoformat(at) if at else None for at in (event["ends_at"], event.get("made_at")))
    book.scenes[event["number"]] = Scene(event["scene"], event["ticket"], event["number"], ends_at, made_at)


_FOLDS: Final = {
    "persona": _fold_persona,
    "follow": _fold_follow,
    "entry": _fold_entry,
    "window": _fold_window,
    "drawn": _fold_drawn,
    "token": _fold_token,
    "tokens_expired": _fold_expired,
    "menu": _fold_menu,
    "templates": _fold_templates,
    "options": _fold_options,
    "scene": _fold_scene,
}
