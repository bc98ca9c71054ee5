"""Room: walks through destination registration; what they keep to stands in `tests/harness/walking.py`."""

from __future__ import annotations

import pytest

from models.parties import ReviewMode
from models.states import Flow
from tests.harness.walking import Park, bounded, picks

pytestmark = pytest.mark.usefixtures("database")
PARK = Park(Flow.DESTINATION)


@bounded
@picks
async def test_every_walk_keeps_the_rules(mode: ReviewMode, start: int, steps: list[int]) -> None:
    await PARK.walk(mode, start, steps)


async def test_after_all_walks_every_way_was_gone_and_the_ledgers_are_whole() -> None:
    """Runs after the walks of this file, as pytest keeps a file's order."""
    await PARK.lose_stages()
    await PARK.close()
    await PARK.verify()
