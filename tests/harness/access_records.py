"""Room: rows of the access matrix: the records of every flow, read, sought, begun and acted upon.

Derived from the flow tables: a new flow has its rows at once, and the matrix asks what they should answer. An action
has one row for each way it stands in the table: `flow.action`, or `flow.action@state` where there are several.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.acts import bulk_actions
from models.parties import Party, ReviewMode
from models.states import Flow
from tests.harness.access_kinds import Cast
from tests.harness.access_requests import Sent, Try, row, simple
from tests.harness.callers import fresh_key
from tests.harness.files import handed_in
from tests.harness.reaching import Case, filled, reach, way
from workflows.flows import FLOWS
from workflows.spec import Transition

BOTH_SIDES = frozenset({Party.GRADUATE, Party.EMPLOYER})


def acting(case: Case, action: str, form: Mapping[str, Any]) -> Sent:
    headers = {"If-Match": f'"{case.version}"', "Idempotency-Key": fresh_key()}
    return Sent("POST", f"/v1/{case.flow}/{case.id}/actions/{action}", {"form": dict(form)}, headers)


async def own_files(cast: Cast, kind: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Nobody is refused for want of a file of one's own."""
    who = cast.people.get(kind)
    return await handed_in(who.actor, form) if who else dict(form)


async def subject_at(cast: Cast, flow: Flow, state: str) -> Case:
    """A record of the own graduate, made for this row alone, in that state."""
    return await reach(cast.own, flow, state, await cast.subject())


def source_of(step: Transition, flow: Flow) -> str:
    """The first state of a step that people can bring a record to."""
    for state in step.source:
        try:
            way(flow, state, ReviewMode.DEPARTMENT_THEN_SCHOOL)
        except LookupError:
            continue
        return state
    raise LookupError(f"{flow}.{step.action}")


def on_record(flow: Flow, step: Transition, name: str) -> None:
    """Everybody acts on the same record; the invalidated graduate on the own, frozen one.

    Where both sides may take the step, employers have one of their own, so that neither is too late.
    """

    @row(name)
    async def prepare(cast: Cast) -> Try:
        state = source_of(step, flow)
        frozen, twin = await cast.freeze(flow), await aside(cast, flow, state) if step.by >= BOTH_SIDES else None
        case = await subject_at(cast, flow, state)
        form = filled(step.form, case) if step.form else {}

        async def attempt(kind: str) -> Sent:
            whose = twin if kind.startswith("employer") else frozen if kind == "graduate_invalidated" else None
            return acting(whose or case, step.action, await own_files(cast, kind, form))

        return attempt


def beginning(flow: Flow, action: str) -> None:
    """Graduates begin for themselves; employers with the own graduate, a termination with another one's signing."""

    @row(f"{flow}.{action}")
    async def prepare(cast: Cast) -> Try:
        await cast.freeze(flow)
        await cast.subject("graduate_other")
        case = await subject_at(cast, flow, "")
        step = FLOWS[flow].find(action, "")
        assert step is not None
        body: dict[str, Any] = {"action": action, "form": filled(step.form, case)}
        signing = None
        if FLOWS[flow].parents and Party.EMPLOYER in FLOWS[flow].made_by:
            signing = (await aside(cast, flow, "")).parent

        async def attempt(kind: str) -> Sent:
            about = {"parent": str(signing.id)} if signing and kind.startswith("employer") else {}
            form = await own_files(cast, kind, body["form"])
            return Sent("POST", f"/v1/{flow}", {**body, **about, "form": form}, {"Idempotency-Key": fresh_key()})

        return attempt


async def aside(cast: Cast, flow: Flow, state: str) -> Case:
    """A record in that state of somebody who is none of the kinds."""
    kept = cast.people["graduate_own"], cast.tokens["graduate_own"]
    case = await subject_at(cast, flow, state)
    cast.people["graduate_own"], cast.tokens["graduate_own"] = kept
    return case


def in_bulk(flow: Flow, action: str) -> None:
    @row(f"POST /v1/{flow}/bulk/{action}")
    async def prepare(cast: Cast) -> Try:
        step = next(t for t in FLOWS[flow].transitions if t.action == action)
        case = await subject_at(cast, flow, step.source[0])
        body = {"items": [{"id": str(case.id), "version": case.version}], "form": filled(step.form, case)}

        async def attempt(_: str) -> Sent:
            return Sent("POST", f"/v1/{flow}/bulk/{action}", body, {"Idempotency-Key": fresh_key()})

        return attempt


def reading(flow: Flow, suffix: str) -> None:
    @row(f"GET /v1/{flow}/{{id}}{suffix}")
    async def prepare(cast: Cast) -> Try:
        frozen = await cast.freeze(flow)
        case = await subject_at(cast, flow, first_state(flow))

        async def attempt(kind: str) -> Sent:
            found = frozen if kind == "graduate_invalidated" else case
            return Sent("GET", f"/v1/{flow}/{found.id}{suffix}")

        return attempt


def first_state(flow: Flow) -> str:
    """Where a record is seen by everybody whom it concerns: the first state that waits on the department."""
    return next(s.name for s in FLOWS[flow].states if s.waits_on is Party.DEPARTMENT)


def name_of(flow: Flow, step: Transition) -> str:
    ways = [t for t in FLOWS[flow].transitions if t.action == step.action and not t.creates]
    begins = any(t.creates for t in FLOWS[flow].transitions if t.action == step.action)
    return f"{flow}.{step.action}" + (f"@{source_of(step, flow)}" if begins or len(ways) > 1 else "")


for _flow, _table in FLOWS.items():
    simple(f"GET /v1/{_flow}")
    simple(f"POST /v1/search/{_flow}", body={"name": "王"})
    reading(_flow, "")
    reading(_flow, "/history")
    for _action in bulk_actions(_flow):
        in_bulk(_flow, _action)
    for _action in dict.fromkeys(t.action for t in _table.transitions if t.creates):
        beginning(_flow, _action)
    for _step in _table.transitions:
        if not _step.creates:
            on_record(_flow, _step, name_of(_flow, _step))
