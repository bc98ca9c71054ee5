"""Room: a selection of which some rows are no longer what the page showed (test-catalogue T7)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

from models.db import fetch
from models.parties import Party
from models.states import Flow
from tests.harness import ledger
from tests.harness.callers import Api, fresh_key
from tests.harness.racing import again, cases
from tests.harness.reaching import Case
from tests.harness.world import World, make_world
from workflows.commands.roster import invalidate_graduate

PAGE = 200  # rows that one call takes
SIZES = [(60, 7), pytest.param(500, 37, marks=pytest.mark.soak)]


async def removed(case: Case) -> tuple[str, str]:
    await invalidate_graduate(case.world.school, case.person.id, "名单核对中暂时移除")
    return "refused", "on_roster"


async def taken_back(case: Case) -> tuple[str, str]:
    await case.take("withdraw", Party.GRADUATE)
    return "stale", ""


async def decided(case: Case) -> tuple[str, str]:
    await case.take("return", Party.SCHOOL)
    return "stale", ""


MEANWHILE = (removed, taken_back, decided)


async def selected(world: World, count: int) -> list[Case]:
    return await cases(world, Flow.SUPPLEMENTARY, "review_school", count)


async def approve_all(desk: Api, chosen: list[Case]) -> list[dict[str, Any]]:
    """As the page does it: in portions, with the versions that it showed."""
    results: list[dict[str, Any]] = []
    items = [{"id": str(case.id), "version": case.version} for case in chosen]
    for portion in portions(items):
        answer = await desk.post("/v1/supplementary/bulk/approve", {"items": portion}, Idempotency_Key=fresh_key())
        assert answer.status_code == 200, answer.text
        results += answer.json()["results"]
    return results


def portions(items: list[Any]) -> Iterator[list[Any]]:
    for begin in range(0, len(items), PAGE):
        yield items[begin : begin + PAGE]


@pytest.mark.parametrize(("many", "unfit"), SIZES)
async def test_t7_of_a_selection_the_unfit_rows_are_named_with_their_cause_and_all_others_done(
    api: Api, database: str, many: int, unfit: int
) -> None:
    world = await make_world(graduates=1)
    chosen = await selected(world, many)
    causes = {}
    for case, happens in zip(chosen[:: many // unfit][:unfit], cycle(MEANWHILE), strict=False):
        causes[str(case.id)] = await happens(again(case))
    results = await approve_all(await api.sign_in(world.school_desk), chosen)
    assert [r["id"] for r in results] == [str(case.id) for case in chosen], "no row is silent"
    told = {r["id"]: (r["problem"]["code"], r["problem"].get("guard") or "") for r in results if not r["done"]}
    assert told == causes
    assert all(r["problem"]["detail"] for r in results if not r["done"])
    assert sum(r["done"] for r in results) == many - unfit
    await ledger.verify(world.school_id)


async def test_t7_what_changes_while_a_selection_is_decided_is_done_or_named_and_stored_as_told(
    api: Api, database: str
) -> None:
    world = await make_world(graduates=1)
    chosen = await selected(world, 60)
    desk = await api.sign_in(world.school_desk)

    async def meddle() -> None:
        for case, happens in zip(reversed(chosen[::4]), cycle(MEANWHILE), strict=False):
            await asyncio.gather(happens(again(case)), return_exceptions=True)

    results, _ = await asyncio.gather(approve_all(desk, chosen), meddle())
    assert [r["id"] for r in results] == [str(case.id) for case in chosen]
    rows = await fetch("SELECT id, state FROM records WHERE school_id = $1", world.school_id)
    stored = {str(row["id"]): row["state"] for row in rows}
    assert all(r["done"] == (stored[r["id"]] == "signed") for r in results)
    assert all(r["done"] or r["problem"]["code"] in ("stale", "refused") for r in results)
    await ledger.verify(world.school_id)
