"""Room: judging one act on one record by `decide` alone: what it leads to, or which guard says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from models.parties import ReviewMode
from models.states import Flow
from tests.harness.pure import FILLED, facts_for, record
from workflows.actors import Actor
from workflows.decide import Decision, decide
from workflows.errors import Refusal
from workflows.facts import Facts
from workflows.flows import FLOWS

SECOND = timedelta(seconds=1)


def at(flow: Flow, state: str, mode: ReviewMode = ReviewMode.SCHOOL, **changes: Any) -> Facts:
    """A record of the flow in this state; `changes` replace its members."""
    table = FLOWS[flow]
    world = facts_for(table, mode)
    parent = world.parent.id if world.parent else None
    held = record(state, flow=flow, slot=table.takes_slot(state), parent_id=parent, expires_at=None, **changes)
    return replace(world, record=held)


def judged(world: Facts, actor: Actor, action: str, form: Mapping[str, Any] | None = None) -> Decision | Refusal:
    """`form` None: the acceptable answer of the harness."""
    held = world.record
    assert held is not None
    table = FLOWS[held.flow]
    step = table.find(action, held.state, actor.party)
    return decide(table, world, actor, action, FILLED[step.form] if form is None and step and step.form else form or {})


def refused(world: Facts, actor: Actor, action: str, form: Mapping[str, Any] | None = None) -> str:
    """The guard that says no; `state` where the table has no such step."""
    found = judged(world, actor, action, form)
    assert isinstance(found, Refusal), f"{action} was accepted"
    return found.guard or found.kind.__name__


def accepted(world: Facts, actor: Actor, action: str, form: Mapping[str, Any] | None = None) -> str:
    found = judged(world, actor, action, form)
    assert isinstance(found, Decision), found
    return found.target


def late(world: Facts) -> Facts:
    return replace(world, now=world.closes_at + SECOND)
