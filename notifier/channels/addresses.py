"""Room: addresses: where messages go, looked up when they leave. Rows that leave together are looked up together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from models.db import fetch
from models.gathering import Gathering
from workflows.commands.deliveries import Claimed

FLIGHTS: Final = 2
"""Statements of one kind at once: what comes meanwhile waits for half of one and shares the next."""


class Addresses:
    """One kind of look-up: a statement of `models/sql/outbox.py` that takes recipients and their records."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._gathering: Gathering[Claimed, Mapping[str, Any] | None] = Gathering(self._all, flights=FLIGHTS)

    async def of(self, row: Claimed) -> Mapping[str, Any] | None:
        """What stands there for this row's recipient; None where nothing does."""
        return await self._gathering.ask(row)

    async def _all(self, rows: Sequence[Claimed]) -> list[Mapping[str, Any] | None]:
        found = await fetch(self._statement, [row.recipient for row in rows], [row.record_id for row in rows])
        by_place = {one["place"]: one for one in found}
        return [by_place.get(place) for place in range(1, len(rows) + 1)]
