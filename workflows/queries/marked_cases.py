"""Room: a school's open cases with an employer that it has marked (roles.md, Warning units)."""

from __future__ import annotations

from uuid import UUID

from models.db import fetch_row
from models.parties import Party
from models.states import Phase
from workflows.actors import Actor, own_school, require, require_read, visible_to
from workflows.errors import NotFound
from workflows.flows import FLOWS
from workflows.limits import PAGE_MAX
from workflows.queries.paging import Order, Page, Where, read
from workflows.queries.records import COLUMNS, SOURCE, row_of

_MARK = "SELECT w.uscc, w.name_key FROM warnings w WHERE w.id = $1 AND w.school_id = $2"

_ORDER = Order("cases+", "r.created_at", "r.id")

# What may still be decided: offered or under way. What is in force is the school's to look up by the employer's name.
_OPEN = [
    f"{flow.flow}:{state.name}"
    for flow in FLOWS.values()
    for state in flow.states
    if state.phase in (Phase.OPEN, Phase.FLOW)
]


async def open_cases(actor: Actor, mark_id: UUID) -> Page:
    """Open records of the mark's employer that the actor may see, the oldest first; at most 200, with the whole count.

    Met as marks are: equal codes, or equal names where one side has no code. Raises Forbidden, ModuleClosed, NotFound.
    """
    require(actor, Party.SCHOOL)
    require_read(actor)
    mark = await fetch_row(_MARK, mark_id, own_school(actor))
    if mark is None:
        raise NotFound
    where = Where()
    where.within(visible_to(actor), "r")
    where.add("r.flow || ':' || r.state = ANY({})", _OPEN)
    # With a code: the same code, or no code and the same name. Without one: the same name.
    by_name = "(r.employer_name_key = {} AND r.employer_uscc = '')"
    if mark["uscc"]:
        where.add(f"(r.employer_uscc = {{}} OR {by_name})", mark["uscc"], mark["name_key"])
    else:
        where.add("r.employer_name_key = {}", mark["name_key"])
    rows, following, total, capped = await read(COLUMNS, SOURCE, where, _ORDER, PAGE_MAX, None)
    return Page([row_of(actor, row) for row in rows], following, total, capped)
