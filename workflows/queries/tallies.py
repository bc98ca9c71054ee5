"""Room: the sums of a province that follow every change (`models/migrations/0016_tallies.py`), as statistics read them.

A change is written with the act that makes it and added to the sums by the notifier; a reader takes both, so that what
it sees equals a count of the rows at any moment, whether or not a notifier runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from models.db import fetch
from models.parties import Party
from models.sql import tallies as sql
from workflows.actors import Actor, visible_to

RECORD: Final = "record"
PERSON: Final = "person"
UNREGISTERED: Final = "unregistered"
"""What a person is who stands on the work list of that name; all others are `registered`."""


def is_kept(actor: Actor) -> bool:
    """Sums are kept over provinces; a school's rows are counted as quickly as its sums would be read."""
    return actor.party is Party.PROVINCE


async def sums(actor: Actor, cohort: int, axis: str, kinds: Sequence[str]) -> list[Any]:
    """`key`, `kind`, `what`, `part`, `n` of these kinds under an axis, within the actor's province and level scope."""
    scope = visible_to(actor).equal
    if scope is None:
        return []
    seen = dict(scope)
    return await fetch(sql.READ, seen["province_id"], cohort, axis, list(kinds), str(seen.get("level", "")))
