"""Room: what a graduate may begin now: every flow that begins with them, open or closed with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.kit import now
from models.parties import Party
from workflows.actors import Actor, require
from workflows.decide import allowed
from workflows.errors import NotFound
from workflows.flows import FLOWS
from workflows.loading import load


async def read_openings(actor: Actor) -> dict[str, Any]:
    """For a graduate. Raises Forbidden, NotFound."""
    require(actor, Party.GRADUATE)
    facts = await load(now=now(), record_id=None, graduate_id=actor.id, lock=False)
    if facts is None:
        raise NotFound
    held = next((r for r in facts.others if r.slot and r.graduate_id == facts.graduate.id), None)
    items = []
    for flow, table in FLOWS.items():
        view = replace(facts, parent=held if held and held.flow in table.parents else None)
        items += [{"flow": str(flow), **choice.as_dict()} for choice in allowed(table, view, actor)]
    return {"items": items, "terminations_left": facts.terminations_left}
