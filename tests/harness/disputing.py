"""Room: records of which the last word was the staff's: edited, ended by force or by the graduate's side alone."""

from __future__ import annotations

from models.states import Flow
from tests.harness.pure import FILLED
from tests.harness.reaching import Case, reach
from tests.harness.world import Firm, Person, World
from workflows.review_questions import UNILATERAL

_EDITED = {
    Flow.ONLINE_SIGNING: ("signed", "edit"),
    Flow.OFFLINE_SIGNING: ("signed", "edit"),
    Flow.SUPPLEMENTARY: ("signed", "edit"),
    Flow.DESTINATION: ("review_school", "edit_destination"),
    Flow.ONLINE_TERMINATION: ("awaiting_employer", "force"),
}


async def disputable(world: World, flow: Flow, person: Person | None = None, firm: Firm | None = None) -> Case:
    """A record of that flow whose graduate has something to dispute."""
    if flow in _EDITED:
        state, action = _EDITED[flow]
        case = await reach(world, flow, state, person, firm)
        await case.take(action, by=world.school)
        return case
    case = await reach(world, flow, "review_school", person, firm)
    form = FILLED["offline_termination.approve_final"]
    alone = {**form, "termination_kind": UNILATERAL, "statement": "单位已注销，电话核实后按单方面解约处理"}
    await case.take("approve", by=world.school, form=alone)
    return case
