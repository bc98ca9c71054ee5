"""Room: the account's own menu, as data (spec/wechat.md, Menu). `wangqian menu push` puts it on the platform.

First screens are taps that the chat answers, for they work without opening a page; pages are for reading and forms.
`menu` is shown to everybody, `bound_menu` to accounts that are bound (a conditional menu, by tag).
"""

from __future__ import annotations

from typing import Any

from bot.buttons import LIMIT, Topic

NAME_BYTES, ENTRY_BYTES = 16, 60
TOP, SUB = 3, 5


class MenuError(ValueError):
    """A menu that the platform would refuse; raised before it is asked."""


def menu(public_url: str) -> list[dict[str, Any]]:
    """The `button` list of `menu/create`."""
    return _whole(public_url, _page("绑定账号", public_url, "/m/bind"), _tap("联系学校", "desk"))


def bound_menu(public_url: str) -> list[dict[str, Any]]:
    """The same for accounts that are bound: records first, the binding last."""
    return _whole(public_url, _tap("联系学校", "desk"), _tap("账号绑定", "bind"))


def _whole(public_url: str, *own: dict[str, Any]) -> list[dict[str, Any]]:
    """The three groups; `own`: what stands between progress and help under 我的."""
    mine = _group(
        "我的",
        _page("网签/去向登记", public_url, "/m/records"),
        _tap("办理进度", "progress"),
        *own,
        _tap("帮助", "help"),
    )
    return _checked([_signing(), _destination(), mine])


def _signing() -> dict[str, Any]:
    return _group(
        "签约",
        _tap("收到的邀请", "invitations"),
        _tap("我的协议", "agreement"),
        _tap("申请协议", "apply"),
        _tap("解约", "terminate"),
    )


def _destination() -> dict[str, Any]:
    return _group(
        "去向",
        _tap("去向登记", "destination"),
        _tap("档案户口", "papers"),
        _tap("离校确认", "leaving"),
    )


def _group(name: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "sub_button": list(entries)}


def _tap(name: str, topic: str) -> dict[str, Any]:
    return {"type": "click", "name": name, "key": Topic(topic).pack()}


def _page(name: str, public_url: str, path: str) -> dict[str, Any]:
    return {"type": "view", "name": name, "url": public_url.rstrip("/") + path}


def _checked(buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The platform's limits (wechat-facts 4.3)."""
    if len(buttons) > TOP:
        raise MenuError(f"at most {TOP} groups")
    for group in buttons:
        if len(group["name"].encode()) > NAME_BYTES or not 1 <= len(group["sub_button"]) <= SUB:
            raise MenuError(f"{group['name']}: at most {NAME_BYTES} bytes and {SUB} entries")
        for entry in group["sub_button"]:
            if len(entry["name"].encode()) > ENTRY_BYTES:
                raise MenuError(f"{entry['name']}: at most {ENTRY_BYTES} bytes")
            if len(entry.get("key", "").encode()) > LIMIT or len(entry.get("url", "").encode()) > 1024:
                raise MenuError(f"{entry['name']}: key or address too long")
    return buttons
