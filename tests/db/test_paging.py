"""Room: lists page by page: what happens between choosing rows and reading them."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.harness.world import invite, make_world
from workflows.queries.paging import Order, Where, read

pytestmark = pytest.mark.usefixtures("database")


async def test_a_page_whose_rows_have_all_changed_meanwhile_still_leads_on() -> None:
    """Here nothing of what was chosen is there any more when it is read."""
    world = await make_world(graduates=5)
    made = [(await invite(world, person)).record_id for person in world.graduates]
    order, where = Order("all+", "r.created_at", "r.id"), Where()
    where.add("r.school_id = {}", world.school_id)
    gone = "(SELECT * FROM records WHERE FALSE) r"
    rows, following, total, _ = await read("r.id", gone, where, order, 2, None, "records r")
    assert (list(rows), total) == ([], 5)
    seen: list[UUID] = []
    while following:
        rows, following, _, _ = await read("r.id", "records r", where, order, 2, following)
        seen += [row["id"] for row in rows]
    assert seen == made[2:]
