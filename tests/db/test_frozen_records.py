"""Room: a graduate leaves the roster and returns, with a record in any state of any flow (Conventions 10; T6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models import kit
from models.db import fetch, fetch_row
from models.kit import cohort_close
from models.parties import Party, ReviewMode
from models.states import Flow, Phase
from tests.harness import ledger
from tests.harness.reaching import Case, reach, reachable
from tests.harness.world import World, add_graduates, make_world
from workflows.actors import CLOCK, Actor
from workflows.commands import clock
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.decide import Choice, allowed
from workflows.engine import act
from workflows.errors import Refused
from workflows.flows import FLOWS
from workflows.loading import load
from workflows.queries.home import read_home

pytestmark = pytest.mark.usefixtures("database")
PARTIES = (Party.GRADUATE, Party.EMPLOYER, Party.DEPARTMENT, Party.SCHOOL)
AWAY = timedelta(hours=1)


def states(mode: ReviewMode) -> list[tuple[Flow, str]]:
    """Whatever can still change: under way, offered, or in force."""
    return [
        (flow, state)
        for flow, table in FLOWS.items()
        for state in reachable(flow, mode)
        if table.state(state).phase is not Phase.END
    ]


async def gather(world: World, mode: ReviewMode) -> list[Case]:
    """A record in each of these states, each of a person of its own, all of one department."""
    wanted = states(mode)
    people = await add_graduates(world, len(wanted), departments=[world.graduate.department])
    return [await reach(world, flow, state, person) for (flow, state), person in zip(wanted, people, strict=True)]


async def row_of(case: Case) -> dict[str, Any]:
    """The record as it is stored. A deadline and the next reminder move with the frozen time, and lists know that it is
    frozen; nothing else changes.
    """
    row = dict(await fetch_row("SELECT * FROM records WHERE id = $1", case.id))
    del row["expires_at"], row["remind_at"], row["frozen"]
    return row


async def choices(case: Case, actor: Actor) -> tuple[Choice, ...]:
    facts = await load(now=kit.now(), record_id=case.id, lock=False)
    assert facts is not None
    return allowed(FLOWS[case.flow], facts, actor)


async def counts(world: World, case: Case) -> list[list[tuple[str, str, int]]]:
    """What each side's first page says: flow, state, how many wait."""
    pages = [await read_home(case.actor(party)) for party in (Party.EMPLOYER, Party.DEPARTMENT, Party.SCHOOL)]
    lines = [page["waiting"] + (page["at_departments"] or []) for page in pages]
    return [[(line["flow"], line["state"], line["count"]) for line in page] for page in lines]


@pytest.mark.parametrize("mode", list(ReviewMode))
async def test_t6_who_leaves_the_roster_is_frozen_in_every_state_and_comes_back_exactly_as_before(
    mode: ReviewMode,
) -> None:
    world = await make_world(mode)
    empty = await counts(world, Case(world, world.graduate, world.employer, Flow.DESTINATION))
    cases = await gather(world, mode)
    before = [await row_of(case) for case in cases]
    offered = [[await choices(case, case.actor(party)) for party in PARTIES] for case in cases]
    full = await counts(world, cases[0])
    for case in cases:
        await invalidate_graduate(world.school, case.person.id, "名单核对中暂时移除")

    assert await counts(world, cases[0]) == empty
    assert full != empty
    for case, row in zip(cases, before, strict=True):
        await nobody_acts(case)
        assert await row_of(case) == row, (case.flow, case.state)
    for job in (clock.expire_invitations, clock.close_cohorts, clock.leave_lost_stages):
        await job(cohort_close(world.cohort) + timedelta(days=1))
    assert [await row_of(case) for case in cases] == before, "the clock leaves frozen records alone"
    unsent = "SELECT notice FROM outbox WHERE school_id = $1 AND status IN ('pending', 'deferred')"
    told = {row["notice"] for row in await fetch(unsent, world.school_id)}
    assert told == {"invalidated"}, "of all that was owed only the removal itself is still told"

    for case in cases:
        await restore_graduate(world.school, case.person.id, at=kit.now() + AWAY)
    assert [await row_of(case) for case in cases] == before
    assert await counts(world, cases[0]) == full
    assert [[await choices(case, case.actor(party)) for party in PARTIES] for case in cases] == offered
    await everybody_goes_on(cases)
    await ledger.verify(world.school_id)


async def nobody_acts(case: Case) -> None:
    """Whoever's turn it is in the table is refused, and the button is grey for the same reason."""
    for step in FLOWS[case.flow].leaving(case.state):
        for party in step.by - {Party.CLOCK}:
            with pytest.raises(Refused) as refused:
                await case.take(step.action, party)
            assert refused.value.guard == "on_roster", (case.flow, case.state, step.action)
            (grey,) = [c for c in await choices(case, case.actor(party)) if c.name == step.action]
            assert (grey.open, grey.guard) == (False, "on_roster")
        if Party.CLOCK in step.by:
            late = cohort_close(case.world.cohort) + timedelta(days=1)
            with pytest.raises(Refused):
                await act(CLOCK, case.flow, case.id, step.action, once=case.world.key(), now=late)


async def everybody_goes_on(cases: list[Case]) -> None:
    """After the return somebody can take a step from every state, and does."""
    for case in cases:
        ways = [(c.name, party) for party in PARTIES for c in await choices(case, case.actor(party)) if c.open]
        version = case.version
        await case.take(*ways[0])
        assert case.version == version + 1


async def test_a_beginning_is_refused_to_who_has_left_the_roster() -> None:
    world = await make_world()
    for flow in Flow:
        (person,) = await add_graduates(world, 1)
        case = await reach(world, flow, "", person)
        await invalidate_graduate(world.school, person.id, "名单核对中暂时移除")
        for step in FLOWS[flow].leaving(""):
            for party in step.by:
                with pytest.raises(Refused) as refused:
                    await case.take(step.action, party)
                assert refused.value.guard == "on_roster"
