"""Room: the employment management system (EMS), outgoing side: push a destination, ask what it holds.

Wire: contracts 9. A push carries its id and the graduate's sequence number; the EMS ignores an id it has seen and a
sequence number that is not newer, so a push may always be sent again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from models import kit
from models.config import UpstreamSettings
from notifier import verdicts
from notifier.clients import transport
from notifier.clients.transport import Answer, Http, Lost
from notifier.verdicts import Verdict
from workflows.ports import Held, OutsideFault

TIME_LIMIT: Final = transport.CALL_LIMIT


@dataclass(frozen=True, slots=True)
class Push:
    """One graduate's present destination in national exchange columns. `school` and `cohort` as codes."""

    push_id: str
    seq: int
    school: str
    cohort: int
    id_number: str
    columns: Mapping[str, str]


def signature_header(secret: str, body: bytes, unix: int) -> str:
    """`t=<unix>,v1=<hex HMAC-SHA256(secret, t "." body)>` (contracts 9)."""
    mac = hmac.new(secret.encode(), f"{unix}.".encode() + body, hashlib.sha256)
    return f"t={unix},v1={mac.hexdigest()}"


class UpstreamClient:
    """One EMS. Safe to share among tasks."""

    def __init__(self, config: UpstreamSettings, http: Http) -> None:
        self._config = config
        self._http = http

    async def push_destination(self, push: Push) -> Verdict:
        """`sent` when accepted; `dead` with the EMS's own reason (`ems_<code>`, `message`) when refused."""
        reply = await self._post(
            "/v1/destinations",
            {
                "push_id": push.push_id,
                "seq": push.seq,
                "school": push.school,
                "cohort": push.cohort,
                "id_number": push.id_number,
                "columns": dict(push.columns),
            },
        )
        if failed := transport.trouble(reply):
            return failed
        answer = reply.body or {} if isinstance(reply, Answer) else {}
        if answer.get("result") == "accepted":
            return verdicts.sent(push.push_id)
        if answer.get("result") == "refused":
            code = str(answer.get("reason_code") or "no_code")
            return verdicts.dead(f"ems_{code}", message=str(answer.get("reason") or ""))
        return verdicts.unknown("bad_body")

    async def lookup(self, school: str, cohort: int, id_number: str) -> Held | OutsideFault:
        """What the EMS holds now, for comparison and reconciliation."""
        reply = await self._post("/v1/graduates/lookup", {"school": school, "cohort": cohort, "id_number": id_number})
        if transport.trouble(reply) or not isinstance(reply, Answer) or reply.body is None:
            return OutsideFault.UNAVAILABLE
        graduate, destination = reply.body.get("graduate"), reply.body.get("destination")
        return Held(
            graduate if isinstance(graduate, dict) else None,
            destination if isinstance(destination, dict) else None,
            reply.body.get("locked") is True,
        )

    async def _post(self, path: str, body: Mapping[str, Any]) -> Answer | Lost:
        content = transport.compact(body)
        unix = int(kit.now().timestamp())
        return await transport.call(
            self._http,
            "POST",
            self._config.url.rstrip("/") + path,
            content=content,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "X-Signature": signature_header(self._config.secret.get_secret_value(), content, unix),
            },
        )
