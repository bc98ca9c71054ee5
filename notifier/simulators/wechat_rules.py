"""Room: the rules of the simulated WeChat platform that are pure: field limits, windows, menus, ids."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from models import kit

TEXT_LIMIT: Final = 2047
"""Bytes of UTF-8; a longer passive reply is never shown, a longer customer-service text gives 45002."""

DEFAULT_MENU: Final[list[dict[str, Any]]] = [
    {
        "name": "签约",
        "sub_button": [
            {"type": "click", "name": "收到的邀请", "key": "invitations"},
            {"type": "click", "name": "我的协议", "key": "agreements"},
            {"type": "click", "name": "申请协议", "key": "apply"},
            {"type": "click", "name": "解约", "key": "termination"},
        ],
    },
    {
        "name": "去向",
        "sub_button": [
            {"type": "click", "name": "去向登记", "key": "destination"},
            {"type": "click", "name": "档案户口", "key": "archive"},
            {"type": "click", "name": "离校确认", "key": "leaving"},
        ],
    },
    {
        "name": "我的",
        "sub_button": [
            {"type": "click", "name": "我的记录", "key": "records"},
            {"type": "click", "name": "办理进度", "key": "progress"},
            {"type": "click", "name": "绑定账号", "key": "bind"},
            {"type": "click", "name": "帮助", "key": "help"},
        ],
    },
]
"""Shown until the service has pushed its own menu."""

_FIELD_NAME = re.compile(r"([a-z]+(?:_[a-z]+)*)\d*")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]")
_PATTERNS: Final = {
    "thing": re.compile(r".{1,20}"),
    "short_thing": re.compile(r".{1,20}"),
    "const": re.compile(r".{1,20}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "number": re.compile(r"(?=.{1,32}$)-?\d+(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r"\W{1,5}"),
    "phrase": re.compile(r"[\u3400-\u9fff]{1,5}"),
    "time": re.compile(r"(?=.*\d{1,2}:\d{2}).{4,40}"),
    "date": re.compile(r"(?=.*\d{4}[年/-]\d{1,2}).{8,40}"),
    "amount": re.compile(r"[^\w\s]?\d{1,12}(\.\d{1,2})?元?"),
    "phone_number": re.compile(r"[\d+*\- ]{1,17}"),
    "car_number": re.compile(r".{1,8}"),
    "name": re.compile(r"[\u3400-\u9fff·*\U00020000-\U000323af]{1,10}|[A-Za-z .*]{1,20}"),
}


def bad_field(data: dict[str, Any]) -> str | None:
    """The first template field that breaks the limits of its type (the name says the type: `thing1`), None if fine."""
    for name, holder in data.items():
        value = holder.get("value") if isinstance(holder, dict) else None
        kind = _FIELD_NAME.fullmatch(name)
        pattern = _PATTERNS.get(kind[1]) if kind else None
        if not isinstance(value, str) or pattern is None or _EMOJI.search(value) or not pattern.fullmatch(value):
            return name
    return None


def bad_menu(buttons: Any) -> str | None:
    """What is wrong with a menu in the platform's own terms, None if nothing."""
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        return "invalid button size"
    for button in buttons:
        subs = button.get("sub_button") or []
        if len(button.get("name", "").encode()) > 16 or not button.get("name"):
            return "invalid button name size"
        if len(subs) > 5:
            return "invalid sub button size"
        for leaf in subs or [button]:
            if len(leaf.get("name", "").encode()) > 60 or not leaf.get("name"):
                return "invalid sub button name size"
            if leaf.get("type") == "click" and not 1 <= len(leaf.get("key", "").encode()) <= 128:
                return "invalid button key size"
            if leaf.get("type") == "view" and not 1 <= len(leaf.get("url", "").encode()) <= 1024:
                return "invalid button url size"
            if leaf.get("type") not in ("click", "view"):
                return "invalid button type"
    return None


WINDOWS: Final = {
    "message": (5, timedelta(hours=48)),
    "click": (3, timedelta(minutes=1)),
    "subscribe": (3, timedelta(minutes=1)),
    "scan": (3, timedelta(minutes=1)),
}
"""What opens the customer-service window: how many messages, for how long."""


@dataclass(slots=True)
class Window:
    """One open customer-service window."""

    left: int
    ends_at: datetime


def opened(trigger: str, at: datetime) -> Window:
    left, lasts = WINDOWS[trigger]
    return Window(left, at + lasts)


def window_error(windows: dict[str, Window], at: datetime) -> int:
    """0 if a message may go, 45015 if no window is open, 45047 if the open ones are used up."""
    live = [window for window in windows.values() if window.ends_at > at]
    if not live:
        return 45015
    return 0 if any(window.left > 0 for window in live) else 45047


def draw(windows: dict[str, Window], at: datetime) -> None:
    """Take one message out of the open window that closes first."""
    usable = [window for window in windows.values() if window.ends_at > at and window.left > 0]
    if usable:
        min(usable, key=lambda window: window.ends_at).left -= 1


def big_id() -> str:
    """A 19-digit id as the platform gives them: above 2^53, so that a float would spoil it."""
    value = kit.new_id().int
    tick = (value >> 80) << 12 | (value >> 64) & 0xFFF
    return str(tick << 8 | secrets.randbelow(256))


def new_openid() -> str:
    return "oSandbox" + secrets.token_urlsafe(15)[:20]
