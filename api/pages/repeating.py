"""Room: a form that comes again: the key that makes a second tap the same act, the words for why it was not taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from models import kit
from workflows.errors import ForgedForm, HouseError, InvalidForm, RateLimited

_KEY: Final = re.compile(r"[0-9a-f]{32}")


def fresh_key() -> str:
    """The key of an act, hidden in its page, so that a second click is the same act."""
    return kit.new_id().hex


def key_of(given: Mapping[str, str]) -> str:
    """Raises ForgedForm: a page of ours has one."""
    key = given.get("key", "")
    if not _KEY.fullmatch(key):
        raise ForgedForm
    return key


def told(refusal: HouseError | None) -> dict[str, Any]:
    """What a page with a form says of a refusal: the sentence on top, and the status of the answer."""
    if refusal is None:
        return {"alert": "", "status": 200}
    if isinstance(refusal, InvalidForm):
        return {"alert": "", "status": refusal.status}
    if isinstance(refusal, RateLimited):
        wait = max(1, -(-refusal.retry_after // 60))
        return {"alert": f"操作过于频繁，请约 {wait} 分钟后再试。", "status": refusal.status}
    if isinstance(refusal, ForgedForm):
        return {"alert": "页面已过期，已填写的内容仍保留在下面，请核对后重新提交。", "status": refusal.status}
    return {"alert": refusal.detail, "status": refusal.status}
