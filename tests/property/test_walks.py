"""Room: walks through every flow on a real database, derived from its table (test-catalogue T1; I1-I4).

A walk is a fresh graduate and a list of picks. Each pick names an actor and an action; two in three are open to
somebody, the third is anything. Asserted at each step: what is offered is what is accepted, nothing is written on a
refusal, a repeated key changes nothing, a stale version never writes. At the end of the run the whole ledger of the
schools is verified.
"""

from __future__ import annotations

import os
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import kit
from models.db import fetch_row, fetch_value
from models.parties import Party, ReviewMode
from models.states import Flow
from tests.harness import ledger
from tests.harness.pure import FILLED
from tests.harness.world import Person, World, accept_form, add_graduates, invite_form, make_world
from workflows.actors import CLOCK, Actor
from workflows.decide import allowed
from workflows.engine import Outcome, act
from workflows.errors import HouseError, Stale
from workflows.facts import Facts
from workflows.flows import FLOWS
from workflows.loading import load

pytestmark = pytest.mark.usefixtures("database")
FLOW = FLOWS[Flow.ONLINE_SIGNING]
STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10_000)), min_size=3, max_size=12)
SHORT = 300
WALKS = int(os.environ.get("WALKS", SHORT))  # `make soak` asks for 20,000
# What the clock does after a suspension or a change of mode, which are no steps of a walk.
FROM_OUTSIDE = {"close_suspended", "restage"}
_worlds: dict[ReviewMode, World] = {}


async def world_of(mode: ReviewMode) -> World:
    if mode not in _worlds:
        _worlds[mode] = await make_world(mode, graduates=2, employers=2)
    return _worlds[mode]


class Walk:
    """One graduate's records under test, as a person with all roles would click."""

    def __init__(self, world: World, person: Person) -> None:
        self.world, self.person = world, person
        self.records: list[UUID] = []
        self.now = kit.now()
        self.actors: tuple[Actor, ...] = (
            person.actor,
            world.employers[0].actor,
            world.employers[1].actor,
            world.department_of(person),
            world.school,
            world.province,
            CLOCK,
        )

    async def step(self, kind: int, pick: int) -> None:
        if pick % 7 == 0:
            self.now += timedelta(days=(pick % 3) * 9)
        record_id = self.records[pick % len(self.records)] if self.records and pick % 3 else None
        facts = await self.facts(record_id)
        state = facts.record.state if facts.record else ""
        open_now = [(a, t.action) for t in FLOW.leaving(state) for a in self.actors if a.party in t.by]
        anything = [(a, name) for a in self.actors for name in FLOW.actions]
        chosen = open_now if kind and open_now else anything
        actor, action = chosen[pick % len(chosen)]
        offered = {c.name for c in allowed(FLOW, await self.facts(record_id, actor), actor) if c.open}
        await self.take(actor, action, record_id, facts, offered)

    async def facts(self, record_id: UUID | None, actor: Actor | None = None) -> Facts:
        employer = actor.employer_id if actor and record_id is None else None
        found = await load(
            now=self.now, record_id=record_id, graduate_id=self.person.id, employer_id=employer, lock=False
        )
        assert found is not None
        return found

    async def take(self, actor: Actor, action: str, record_id: UUID | None, facts: Facts, offered: set[str]) -> None:
        version = facts.record.version if facts.record else None
        before = await self.footprint()
        once = self.world.key()
        try:
            done = await self.send(actor, action, record_id, version, once)
        except HouseError:
            assert action not in offered or actor.party is Party.CLOCK
            assert await self.footprint() == before
            return
        assert action in offered or actor.party is Party.CLOCK
        if record_id is None:
            self.records.append(done.record_id)
        assert (await self.send(actor, action, record_id, version, once)).as_dict() == done.as_dict()
        if record_id is not None:
            with pytest.raises(Stale):
                await self.send(actor, action, record_id, version, self.world.key())
        row = await fetch_row("SELECT state, version FROM records WHERE id = $1", done.record_id)
        assert (row["state"], row["version"]) == (done.state, done.version)

    async def send(self, actor: Actor, action: str, record_id: UUID | None, version: int | None, once: str) -> Outcome:
        form = self.form(action)
        return await act(actor, FLOW.flow, record_id, action, form, version=version, once=once, now=self.now)

    def form(self, action: str) -> dict[str, object]:
        if action == "invite":
            return invite_form(self.world, self.person)
        if action == "accept":
            return accept_form(self.person)
        return next((FILLED[t.form] for t in FLOW.transitions if t.action == action and t.form), {})

    async def footprint(self) -> tuple[int, int]:
        journal = await fetch_value("SELECT count(*) FROM journal WHERE chain = $1", f"school:{self.world.school_id}")
        owed = await fetch_value("SELECT count(*) FROM outbox WHERE school_id = $1", self.world.school_id)
        return journal, owed


# The short run takes the same walks each time, so that what it reaches does not depend on luck.
@settings(max_examples=WALKS, derandomize=WALKS == SHORT, deadline=None, suppress_health_check=list(HealthCheck))
@given(mode=st.sampled_from(list(ReviewMode)), steps=STEPS)
async def test_every_walk_keeps_the_rules_of_the_house(mode: ReviewMode, steps: list[tuple[int, int]]) -> None:
    world = await world_of(mode)
    [person] = await add_graduates(world, 1)
    walk = Walk(world, person)
    for kind, pick in steps:
        await walk.step(kind, pick)


async def test_after_all_walks_the_ledgers_of_both_schools_are_whole() -> None:
    """Runs after the walks of this file (pytest keeps a file's order); alone it verifies two new schools."""
    seen: set[tuple[str, str]] = set()
    for mode in ReviewMode:
        world = await world_of(mode)
        await ledger.verify(world.school_id)
        rows = await ledger.journal_of(world.school_id)
        seen |= {(r["action"], r["from_state"]) for r in rows if r["subject_kind"] == "record"}
    if seen:
        taken = [t for t in FLOW.transitions if t.by and t.action not in FROM_OUTSIDE]
        assert seen >= {(t.action, source) for t in taken for source in t.source or ("",)}
