"""Room: WeChat: a notice as a template message that opens the record's page, a late chat answer as a plain text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from models.config import settings
from models.kit import chat_time
from models.sql import outbox as sql
from models.vault import unseal
from notifier.channels import Prepared, Ready, overtaken
from notifier.channels.addresses import Addresses
from notifier.channels.fields import rendered
from notifier.channels.wording import NoTextError, WeChatText, filled, wechat_text
from notifier.clients.wechat import TIME_LIMIT, WeChatClient
from notifier.verdicts import Kind, Verdict, dead, retry
from workflows.commands.deliveries import ANSWER_PLACE, CHAT_ANSWER, OPENID_PLACE, Claimed
from workflows.notices import NOTICES, QUESTION_ANSWERED

TEXT_BYTES: Final = 2000
"""A longer text is refused (45002) at 2048 bytes; the rest is for the dots."""
FAREWELLS: Final = frozenset({"binding_changed", "binding_lost"})
"""They go to the account whose binding has just ended."""
WINDOW_CLOSED: Final = frozenset({"wechat_45015", "wechat_45047"})
"""Nothing may be said to this person now: they have not written for 48 hours, or were answered often enough."""


class WeChatChannel:
    """`Outlet` for the official account."""

    def __init__(self, client: WeChatClient, *, limit: float = TIME_LIMIT) -> None:
        self._client = client
        self.limit = limit
        self._live, self._own = Addresses(sql.WECHAT_ADDRESS), Addresses(sql.OWN_ADDRESS)

    async def prepare(self, row: Claimed, now: datetime) -> Prepared:
        if row.notice == CHAT_ANSWER:
            return self._answer(row, now)
        found = await (self._own if row.notice in FAREWELLS else self._live).of(row)
        if stopped := overtaken(row, found, now):
            return stopped
        if found is None or not found["openid"]:
            return Verdict(Kind.OTHER_CHANNEL, cause="no_binding")
        openid: str = found["openid"]
        try:
            text = wechat_text(row.notice)
        except NoTextError:
            return dead("no_such_text", alarm=True)
        if row.notice == QUESTION_ANSWERED and "text" in row.params and row.attempts <= 1:
            return Ready(lambda: self._spoken(openid, row), "text", found["id"])
        data, url = fields_of(row, text), page_of(row, text)
        return Ready(
            lambda: self._client.send_template(
                openid, text.template_id, data, url=url, client_msg_id=client_msg_id(row.key)
            ),
            "template",
            found["id"],
        )

    def _answer(self, row: Claimed, now: datetime) -> Prepared:
        """To the account that asked, bound or not."""
        if stopped := overtaken(row, None, now):
            return stopped
        openid = unseal(OPENID_PLACE, row.params["to"])
        text = shortened(unseal(ANSWER_PLACE, row.params["text"]))
        return Ready(lambda: self._client.send_text(openid, text), "text")

    async def _spoken(self, openid: str, row: Claimed) -> Verdict:
        """The answer of a desk in the person's own words; once, as the platform recognises no repeat of a text.

        Where that window is closed the row comes again, and goes as a template message.
        """
        verdict = await self._client.send_text(openid, shortened(unseal(ANSWER_PLACE, row.params["text"])))
        return retry(verdict.cause) if verdict.cause.partition(" ")[0] in WINDOW_CLOSED else verdict


def client_msg_id(key: str) -> str:
    """32 letters and digits, the same for every try at a row: the platform sends it once within ten minutes."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def page_of(row: Claimed, text: WeChatText) -> str:
    """The phone page that the message opens."""
    path = text.page or (f"/m/records/{row.record_id}" if row.record_id else "/m/records")
    return settings().public_url.rstrip("/") + path


def fields_of(row: Claimed, text: WeChatText) -> dict[str, str]:
    """The template's fields, each within its limits."""
    values = values_of(row.notice, row.params)
    values["remark"] = filled(text.remark, values)
    return {name: rendered(name, filled(pattern, values)) for name, pattern in text.fields.items()}


def values_of(notice: str, params: Mapping[str, Any]) -> dict[str, str]:
    """What the patterns may name."""
    known = NOTICES.get(notice)
    at = str(params.get("at", ""))
    return {
        "employer": str(params.get("employer", "")),
        "deadline": str(params.get("deadline", "")),
        "reason": str(params.get("reason", "")),
        "at": chat_time(datetime.fromisoformat(at)) if at else "",
        "title": known.title if known else "",
        "phrase": known.phrase if known else "",
    }


def shortened(text: str) -> str:
    """At most `TEXT_BYTES` of UTF-8, never half a character."""
    raw = text.encode()
    return text if len(raw) <= TEXT_BYTES else raw[:TEXT_BYTES].decode("utf-8", "ignore").rstrip() + "…"
