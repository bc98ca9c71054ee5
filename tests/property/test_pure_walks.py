"""Room: properties of every walk through every flow, derived from the tables (test-catalogue T1, pure part)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from models.parties import Party, ReviewMode
from models.states import EmployerStatus
from tests.harness.pure import ACTORS, FILLED, after, facts_for
from workflows.actors import Actor
from workflows.decide import Decision, allowed, decide
from workflows.errors import Stale
from workflows.facts import Facts
from workflows.flows import FLOWS
from workflows.spec import Workflow

FLOW = st.sampled_from(list(FLOWS.values()))
# Two steps in three take something that is open to somebody, so that walks get far; the third takes anything.
STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10_000)), min_size=1, max_size=12)


def step(flow: Workflow, world: Facts, kind: int, pick: int) -> tuple[Actor, str]:
    everything = [(a, name) for a in ACTORS.values() for name in flow.actions]
    state = world.record.state if world.record else ""
    open_now = [(a, t.action) for t in flow.leaving(state) for a in ACTORS.values() if a.party in t.by]
    return (open_now if kind and open_now else everything)[pick % len(open_now if kind and open_now else everything)]


def form_of(flow: Workflow, world: Facts, action: str, actor: Actor) -> dict[str, object]:
    found = flow.find(action, world.record.state if world.record else "", actor.party)
    return FILLED[found.form] if found and found.form else {}


@settings(max_examples=300, deadline=None)
@given(flow=FLOW, mode=st.sampled_from(list(ReviewMode)), steps=STEPS, late=st.booleans())
def test_on_every_walk_what_is_offered_is_what_is_accepted(
    flow: Workflow, mode: ReviewMode, steps: list[tuple[int, int]], late: bool
) -> None:
    world = facts_for(flow, mode)
    for kind, pick in steps:
        if late and world.record is not None:
            world = replace(world, now=world.now + timedelta(days=8))
        actor, action = step(flow, world, kind, pick)
        offered = {c.name for c in allowed(flow, world, actor) if c.open}
        judged = decide(flow, world, actor, action, form_of(flow, world, action, actor))
        accepted = isinstance(judged, Decision)
        if actor.party is not Party.CLOCK:
            assert accepted == (action in offered)
        if not accepted:
            continue
        transition = judged.transition
        assert actor.party in transition.by
        assert judged.target in transition.targets
        before = world.record
        world = after(world, judged)
        assert world.record is not None
        assert world.record.slot == flow.takes_slot(judged.target)
        assert world.record.version == (before.version + 1 if before else 1)
        stale = decide(
            flow, world, actor, action, form_of(flow, world, action, actor), version=world.record.version - 1
        )
        assert not isinstance(stale, Decision)
        if actor.party in flow.parties(action):
            assert stale.kind is Stale


@settings(max_examples=200, deadline=None)
@given(flow=FLOW, mode=st.sampled_from(list(ReviewMode)), steps=STEPS)
def test_nobody_outside_the_table_ever_succeeds(flow: Workflow, mode: ReviewMode, steps: list[tuple[int, int]]) -> None:
    world = facts_for(flow, mode)
    for kind, pick in steps:
        actor, action = step(flow, world, kind, pick)
        state = world.record.state if world.record else ""
        judged = decide(flow, world, actor, action, form_of(flow, world, action, actor))
        found = flow.find(action, state, actor.party)
        if found is None or actor.party not in found.by:
            assert not isinstance(judged, Decision)
        elif isinstance(judged, Decision):
            world = after(world, judged)


@settings(max_examples=200, deadline=None)
@given(flow=FLOW, mode=st.sampled_from(list(ReviewMode)), steps=STEPS)
def test_a_frozen_graduate_is_never_acted_upon(flow: Workflow, mode: ReviewMode, steps: list[tuple[int, int]]) -> None:
    world = facts_for(flow, mode)
    for kind, pick in steps:
        actor, action = step(flow, world, kind, pick)
        frozen = replace(world, graduate=replace(world.graduate, invalid=True))
        assert not isinstance(decide(flow, frozen, actor, action, form_of(flow, world, action, actor)), Decision)
        judged = decide(flow, world, actor, action, form_of(flow, world, action, actor))
        if isinstance(judged, Decision):
            world = after(world, judged)


def circumstances(world: Facts, actor: Actor) -> Iterator[Facts]:
    """The world as it is. What moves the clock: the cohort's close, in a school that has meanwhile given up its
    department stage, or an employer that was suspended.
    """
    if actor.party is not Party.CLOCK:
        yield world
        return
    yield replace(world, now=world.closes_at + timedelta(days=1), review_mode=ReviewMode.SCHOOL)
    if world.employer is not None:
        yield replace(world, employer=replace(world.employer, status=EmployerStatus.SUSPENDED))


def test_the_walks_of_this_file_reach_every_transition_that_a_person_takes() -> None:
    """A guard on the tests themselves: breadth-first over the model, with the same forms and actors."""
    for flow in FLOWS.values():
        seen: set[tuple[str, str, ReviewMode, frozenset[Party]]] = set()
        waiting = [facts_for(flow, mode) for mode in ReviewMode]
        while waiting:
            world = waiting.pop()
            state = world.record.state if world.record else ""
            for transition in flow.leaving(state):
                if (transition.action, state, world.review_mode, transition.by) in seen:
                    continue
                for actor in (a for a in ACTORS.values() if a.party in transition.by):
                    for moment in circumstances(world, actor):
                        form = form_of(flow, moment, transition.action, actor)
                        judged = decide(flow, moment, actor, transition.action, form)
                        if isinstance(judged, Decision):
                            seen.add((transition.action, state, world.review_mode, transition.by))
                            waiting.append(after(world, judged))
        wanted = {(t.action, s, t.by) for t in flow.transitions if t.by for s in (t.source or ("",))}
        assert wanted <= {(action, state, by) for action, state, _, by in seen}
