"""Room: the texts of messages, as data: which template a notice uses, what stands in its fields, what causes mean.

The tables are `notifier/templates/*.toml`. Template ids differ from account to account, so the settings may replace
them (`WQ_WECHAT_TEMPLATES`, `WQ_SMS_TEMPLATES`: JSON, name → id).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.config import settings

FOLDER = Path(__file__).resolve().parents[1] / "templates"
_FOREIGN = ("wechat_", "sms_", "ems_", "http_", "token_")
_LONG_DIGITS = re.compile(r"\d{7,}[0-9Xx]?")


@dataclass(frozen=True, slots=True)
class WeChatText:
    """One notice as a template message: field name → pattern, and the page that it opens ("": the record's)."""

    template_id: str
    fields: Mapping[str, str]
    remark: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class SmsText:
    """One notice as an SMS: the template's id and the patterns of its parameters."""

    template_id: str
    params: tuple[str, ...]


class NoTextError(Exception):
    """No text is written for this notice and channel."""


@lru_cache
def _table(name: str) -> Mapping[str, Any]:
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def wechat_text(notice: str) -> WeChatText:
    """Raises NoTextError."""
    row, template = _found("wechat", notice)
    fields = {name: field["value"] for name, field in template["fields"].items()}
    given = settings().wechat.templates.get(row["template"], template["id"])
    return WeChatText(given, fields, row["remark"], row.get("page", ""))


def sms_text(notice: str) -> SmsText:
    """Raises NoTextError."""
    row, template = _found("sms", notice)
    given = settings().sms.templates.get(row["template"], template["id"])
    return SmsText(given, tuple(row.get("params", ())))


def _found(channel: str, notice: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    table = _table(channel)
    row = table["notices"].get(notice)
    if row is None:
        raise NoTextError(notice)
    return row, table["templates"][row["template"]]


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """A pattern with its {names} replaced; values are put in as they are, braces in them included."""
    return re.sub(r"\{(\w+)\}", lambda hit: values.get(hit[1], ""), pattern)


@lru_cache
def _causes() -> tuple[tuple[str, str], ...]:
    causes: dict[str, str] = _table("causes")["causes"]
    return tuple(sorted(causes.items(), key=lambda pair: -len(pair[0])))


def sentence(cause: str, message: str = "") -> str:
    """A cause in Chinese, the machine's word behind it. `message`: what the other side wrote for people."""
    said = next(text for begins, text in _causes() if cause.startswith(begins))
    if message:
        said = f"{said}：{_LONG_DIGITS.sub('…', message)[:120]}"
    # Words of our own say it all; codes of the other side help whoever calls its support (the rest is in the attempt).
    return f"{said}（{cause.split(' ')[0]}）" if cause.startswith(_FOREIGN) else said


def announced_wechat() -> list[dict[str, Any]]:
    """The templates as the account's console lists them: for the sandbox, and for whoever files them."""
    return [
        {
            "template_id": settings().wechat.templates.get(name, row["id"]),
            "title": row["title"],
            "fields": [{"name": field, "label": shown["label"]} for field, shown in row["fields"].items()],
        }
        for name, row in _table("wechat")["templates"].items()
    ]


def announced_sms() -> list[dict[str, str]]:
    """The SMS templates, likewise."""
    return [
        {"template_id": settings().sms.templates.get(name, row["id"]), "text": row["text"]}
        for name, row in _table("sms")["templates"].items()
    ]
