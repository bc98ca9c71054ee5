"""Room: the EMS: a push of one graduate's present destination. ID number and own phone are opened only here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from models.sql import outbox as sql
from models.vault import unseal
from notifier.channels import Hold, Prepared, Ready
from notifier.channels.addresses import Addresses
from notifier.channels.wording import sentence
from notifier.clients.upstream import TIME_LIMIT, Push, UpstreamClient
from notifier.verdicts import dead
from workflows.commands.deliveries import Claimed

LOOK_AGAIN: Final = timedelta(hours=1)
"""How long a frozen graduate's push is left alone; a restore brings a newer one at once (workflows.md 10)."""


class UpstreamChannel:
    """`Outlet` for the employment management system."""

    def __init__(self, client: UpstreamClient, *, limit: float = TIME_LIMIT) -> None:
        self._client = client
        self.limit = limit
        self._numbers = Addresses(sql.PERSON_NUMBER)

    async def prepare(self, row: Claimed, now: datetime) -> Prepared:
        found = await self._numbers.of(row)
        if found is None:
            return dead("no_person")
        if found["invalid_at"] is not None:
            return Hold(now + LOOK_AGAIN, sentence("held"))
        push = Push(
            push_id=row.key,
            seq=int(row.params["seq"]),
            school=str(row.params["school"]),
            cohort=int(row.params["cohort"]),
            id_number=unseal("graduates.id_enc", found["id_enc"]),
            columns={**row.params["columns"], **_own_phone(found)},
        )
        return Ready(lambda: self._client.push_destination(push))


def _own_phone(found: Mapping[str, Any]) -> dict[str, str]:
    """The number that the graduate has changed here flows back (roles.md); one of the roster came from there."""
    if found["phone_source"] != "own" or not found["phone_enc"]:
        return {}
    return {"sjh": unseal("graduates.phone_enc", found["phone_enc"])}
