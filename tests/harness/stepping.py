"""Room: any action of any flow on the database, with a right answer to its form (`pure.FILLED`)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models import kit
from models.kit import shanghai_day
from models.states import Flow
from tests.harness.files import handed_in
from tests.harness.pure import FILLED
from tests.harness.world import Person, World
from workflows.actors import Actor
from workflows.engine import Outcome, act
from workflows.flows import FLOWS


async def step(
    world: World,
    actor: Actor,
    flow: Flow,
    action: str,
    before: Outcome | None = None,
    *,
    parent: UUID | None = None,
    **values: Any,
) -> Outcome:
    """One act on the record that `before` left, or the one that makes a record; keywords override the form's fields."""
    transition = FLOWS[flow].find(action, before.state if before else "", actor.party)
    assert transition is not None, f"{flow} has no {action}"
    form = {**FILLED.get(transition.form, {}), **values}
    if "signed_on" in form:
        form["signed_on"] = shanghai_day(kit.now()).isoformat()
    return await act(
        actor,
        flow,
        before.record_id if before else None,
        action,
        await handed_in(actor, form),
        version=before.version if before else None,
        once=world.key(),
        parent_id=parent,
    )


async def walk(world: World, person: Person, flow: Flow, *actions: str, **values: Any) -> Outcome:
    """The actions one after the other: the graduate's own by the graduate, everything else by whose turn it is.

    `values` go into the form that makes the record.
    """
    outcome: Outcome | None = None
    for action in actions:
        state = outcome.state if outcome else ""
        by = [t.by for t in FLOWS[flow].leaving(state) if t.action == action]
        actors = (person.actor, world.department_of(person), world.school, world.employer.actor)
        actor = next(a for a in actors if any(a.party in parties for parties in by))
        outcome = await step(world, actor, flow, action, outcome, **(values if outcome is None else {}))
    assert outcome is not None
    return outcome
