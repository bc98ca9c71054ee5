"""Room: SMS: neutral sentences (a matter waits, until when) and one-time codes, which are opened only here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.sql import outbox as sql
from models.vault import unseal
from notifier.channels import Prepared, Ready, overtaken
from notifier.channels.addresses import Addresses
from notifier.channels.fields import plain
from notifier.channels.wording import NoTextError, filled, sms_text
from notifier.clients.sms import TIME_LIMIT, SmsSender
from notifier.verdicts import dead
from workflows.commands.deliveries import CODE_PLACE, ONE_TIME_CODE, TO_PLACE, Claimed
from workflows.commands.receipts import context_of


class SmsChannel:
    """`Outlet` for SMS by one provider."""

    def __init__(self, sender: SmsSender, *, limit: float = TIME_LIMIT) -> None:
        self._sender = sender
        self.limit = limit
        self._mobiles = Addresses(sql.MOBILE)

    async def prepare(self, row: Claimed, now: datetime) -> Prepared:
        found = await self._mobiles.of(row)
        if stopped := overtaken(row, found, now):
            return stopped
        # A number that stands on no roster comes along: an old one, or that of somebody who is not a graduate.
        elsewhere = row.params.get("to", "")
        if found is None and not elsewhere:
            return dead("no_person")
        mobile = _mobile(elsewhere, found)
        if not mobile:
            return dead("no_mobile")
        try:
            text = sms_text(row.notice)
        except NoTextError:
            return dead("no_such_text", alarm=True)
        values = _values(row.notice, row.params, now)
        params = [plain(filled(pattern, values)) for pattern in text.params]
        context = context_of(row.id, row.key)
        return Ready(lambda: self._sender.send(mobile, text.template_id, params, context=context))


def _mobile(elsewhere: str, found: Mapping[str, Any] | None) -> str:
    if elsewhere:
        return unseal(TO_PLACE, elsewhere)
    return unseal("graduates.phone_enc", found["phone_enc"]) if found else ""


def _values(notice: str, params: Mapping[str, Any], now: datetime) -> dict[str, str]:
    values = {name: str(params.get(name, "")) for name in ("deadline", "outcome", "desk")}
    if notice == ONE_TIME_CODE:
        left = datetime.fromisoformat(params["until"]) - now
        values["code"] = unseal(CODE_PLACE, params["code"])
        values["minutes"] = str(math.ceil(left.total_seconds() / 60))
    return values
