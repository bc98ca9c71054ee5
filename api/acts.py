"""Room: from an HTTP request to an act. The only place of the JSON side that calls `engine.act`.

`once` is session + Idempotency-Key, so a click that is sent again after a lost connection gets the first answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from api.auth import Caller
from api.errors import problem
from models.parties import Party
from models.states import Flow
from models.store import store
from workflows.actors import require_read
from workflows.engine import Outcome, act
from workflows.errors import Conflict, HouseError, InvalidForm, NotFound
from workflows.flows import FLOWS
from workflows.forms import FORMS, validate
from workflows.invitee import counted_misses
from workflows.queries.bulk import hindrances
from workflows.spec import Transition


def once(who: Caller, key: str) -> str:
    return f"{who.session}:{key}"


async def create(
    who: Caller, flow: Flow, action: str, form: Mapping[str, Any], key: str, parent: UUID | None = None
) -> Outcome:
    """Make a record. An employer's look-ups that find nobody are counted, so that rosters cannot be tried out.

    `parent`: the signing that a termination is about.
    """
    require_read(who.actor, FLOWS[flow].module)
    looks_up = who.actor.party is Party.EMPLOYER and not FLOWS[flow].parents
    async with counted_misses(store(), who.actor) if looks_up else nullcontext():
        return await act(who.actor, flow, None, action, form, once=once(who, key), parent_id=parent)


async def on_record(
    who: Caller, flow: Flow, record_id: UUID, action: str, form: Mapping[str, Any], *, version: int, key: str
) -> Outcome:
    require_read(who.actor, FLOWS[flow].module)
    return await act(who.actor, flow, record_id, action, form, version=version, once=once(who, key))


def answer(outcome: Outcome) -> dict[str, Any]:
    return {**outcome.as_dict(), "repeated": outcome.repeated}


def bulk_actions(flow: Flow) -> tuple[str, ...]:
    """What may be done to a selection: decisions that end nothing, never what asks for a second confirmation."""
    table = FLOWS[flow]
    return tuple(a for a in table.actions if all(_plain_decision(t) for t in table.transitions if t.action == a))


def _plain_decision(transition: Transition) -> bool:
    return transition.decides and not transition.danger and not transition.one_by_one


async def in_bulk(
    who: Caller, flow: Flow, action: str, items: Sequence[tuple[UUID, int]], form: Mapping[str, Any], key: str
) -> list[dict[str, Any]]:
    """The same action on each record of a selection, each decided by itself; one result per row, in their order.

    A row with a risk mark is refused: it wants a reviewer's eye. Raises NotFound for an action that has no bulk.
    """
    if action not in bulk_actions(flow):
        raise NotFound
    _check_form(flow, action, form)
    risky = await hindrances(who.actor, flow, [record for record, _ in items])
    return [await _one(who, flow, action, item, form, key, risky.get(item[0])) for item in items]


def _check_form(flow: Flow, action: str, form: Mapping[str, Any]) -> None:
    """What is wrong with the form at every stage is wrong for every row; it is told once. Raises InvalidForm."""
    found = [validate(FORMS[name], form, {})[1] for name in forms_of(flow, action)]
    if all(found):
        raise InvalidForm(found[0])


def forms_of(flow: Flow, action: str) -> tuple[str, ...]:
    """The forms that an action asks for, by the state that it is taken in."""
    return tuple(dict.fromkeys(t.form for t in FLOWS[flow].transitions if t.action == action and t.form))


async def _one(
    who: Caller,
    flow: Flow,
    action: str,
    item: tuple[UUID, int],
    form: Mapping[str, Any],
    key: str,
    refusal: Conflict | None,
) -> dict[str, Any]:
    record_id, version = item
    try:
        if refusal is not None:
            raise refusal
        outcome = await on_record(who, flow, record_id, action, form, version=version, key=f"{key}:{record_id}")
    except HouseError as error:
        return {"id": str(record_id), "done": False, "outcome": None, "problem": problem(error)}
    return {"id": str(record_id), "done": True, "outcome": answer(outcome), "problem": None}
