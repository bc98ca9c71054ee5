"""Room: the credit-status service: is this enterprise registered and in operation?

Asked while a reviewer waits, so it answers in two seconds or not at all; the caller keeps the last known row. A service
that has failed several times in a row is left alone but for a probe, so that nobody waits for what will not come.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from models import kit
from notifier import verdicts
from notifier.breaker import Breaker
from notifier.clients import transport
from notifier.clients.transport import Answer, Http
from workflows.ports import OutsideFault, RegistryEntry

TIME_LIMIT: Final = 2.0


class RegistryClient:
    """`workflows.ports.Registry` over HTTP."""

    def __init__(self, base_url: str, http: Http, breaker: Breaker | None = None) -> None:
        self._base = base_url.rstrip("/") + "/v1/enterprises"
        self._http = http
        self._breaker = breaker or Breaker()

    async def status(self, uscc: str) -> RegistryEntry | OutsideFault:
        """The entry under this unified social credit code."""
        return await self._ask(f"{self._base}/{quote(uscc, safe='')}", None)

    async def find(self, name: str) -> RegistryEntry | OutsideFault:
        """The entry of exactly this name, for employers that are only named."""
        return await self._ask(self._base, {"name": name})

    async def _ask(self, url: str, params: dict[str, str] | None) -> RegistryEntry | OutsideFault:
        if not self._breaker.hands(1):
            return OutsideFault.UNAVAILABLE
        self._breaker.taken(1)
        try:
            reply = await transport.call(self._http, "GET", url, params=params, limit=TIME_LIMIT)
        finally:
            self._breaker.returned()
        if isinstance(reply, Answer) and reply.status == 404:
            self._breaker.note(verdicts.sent())
            return OutsideFault.NOT_FOUND
        self._breaker.note(transport.trouble(reply) or verdicts.sent())
        if transport.trouble(reply) or not isinstance(reply, Answer) or reply.body is None:
            return OutsideFault.UNAVAILABLE
        return _entry(reply.body) or OutsideFault.UNAVAILABLE


def _entry(body: dict[str, Any]) -> RegistryEntry | None:
    uscc, name, status = body.get("uscc"), body.get("name"), body.get("status")
    if not isinstance(uscc, str) or not isinstance(name, str) or not isinstance(status, str) or not status:
        return None
    return RegistryEntry(uscc, name, status, _moment(body.get("checked_at")))


def _moment(text: object) -> datetime:
    """When the service last looked; now, where it does not say."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return kit.now()
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
