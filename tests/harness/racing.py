"""Room: acts at one instant, and who won."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from itertools import islice, product
from typing import Any

from models.parties import ReviewMode
from models.states import Flow
from tests.harness.reaching import Case, reach, reachable
from tests.harness.world import World, add_graduates
from workflows.engine import Outcome
from workflows.flows import FLOWS


async def gathered(*acts: Awaitable[Any]) -> tuple[list[Outcome], list[BaseException]]:
    """All at once: what was done, and what was refused."""
    results = await asyncio.gather(*acts, return_exceptions=True)
    done = [r for r in results if isinstance(r, Outcome)]
    return done, [r for r in results if isinstance(r, BaseException)]


async def one_of(*acts: Awaitable[Any]) -> tuple[Outcome, BaseException]:
    """Of two at once: the winner and the other's refusal. There must be one of each."""
    done, lost = await gathered(*acts)
    assert (len(done), len(lost)) == (1, 1), (done, lost)
    return done[0], lost[0]


async def cases(world: World, flow: Flow, state: str, count: int) -> list[Case]:
    """So many records in that state, each of a person of its own."""
    people = await add_graduates(world, count)
    return [await reach(world, flow, state, person) for person in people]


def again(case: Case) -> Case:
    """The same record in the hands of a second person, who has looked at it at the same time."""
    return replace(case)


def reviews(mode: ReviewMode) -> list[tuple[Flow, str]]:
    """Every state in which a record waits for its reviewers under this mode."""
    return [
        (flow, state)
        for flow, table in FLOWS.items()
        for state in reachable(flow, mode)
        if any(step.decides for step in table.leaving(state))
    ]


def decisions(flow: Flow, state: str) -> list[str]:
    """What a reviewer may decide there; approval first."""
    return list(dict.fromkeys(step.action for step in FLOWS[flow].leaving(state) if step.decides))


def pairs(flow: Flow, state: str, rounds: int) -> list[tuple[str, str]]:
    """So many pairs of decisions that two reviewers take at once, all combinations in turn."""
    names = decisions(flow, state)
    every = list(product(names, names)) * (rounds // len(names) ** 2 + 1)
    return list(islice(every, rounds))
