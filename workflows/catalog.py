"""Room: what the house can do, as data for screens: flows, labels, forms, codes, notices (`GET /v1/catalog`)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from models import codes
from models.parties import PARTY_LABELS, Party
from models.states import EMPLOYER_LABELS, OUTBOX_LABELS, Flow, Phase
from workflows.flows import FLOWS
from workflows.forms import FORMS, describe
from workflows.notices import NOTICES
from workflows.spec import State, Transition, Workflow

# Region tables are too long to send with every page; screens ask for them by name.
INLINE_TABLES = tuple(name for name in codes.table_names() if name != codes.REGION)


def state_label(flow: Flow | str, state: str) -> str:
    return FLOWS[Flow(flow)].state(state).label


@lru_cache(maxsize=1)
def catalog() -> dict[str, Any]:
    """The whole catalogue; the same for everybody, so a page may keep it under its ETag."""
    return {
        "flows": {str(name): _flow(flow) for name, flow in FLOWS.items()},
        "forms": {name: describe(form) for name, form in FORMS.items()},
        "codes": {name: {c.code: c.label for c in codes.table(name).items()} for name in INLINE_TABLES},
        "parties": {str(k): v for k, v in PARTY_LABELS.items()},
        "deliveries": {str(k): v for k, v in OUTBOX_LABELS.items()},
        "employers": {str(k): v for k, v in EMPLOYER_LABELS.items()},
        "notices": {n.name: {"title": n.title, "to": str(n.to)} for n in NOTICES.values()},
    }


def _flow(flow: Workflow) -> dict[str, Any]:
    return {
        "label": flow.label,
        "module": str(flow.module),
        "states": {s.name: _state(s) for s in flow.states},
        "actions": [_action(t) for t in flow.transitions],
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "label": state.label,
        "phase": str(state.phase),
        "waits_on": str(state.waits_on) if state.waits_on else None,
        "column": state.column,
    }


def _action(transition: Transition) -> dict[str, Any]:
    return {
        "name": transition.action,
        "label": transition.label,
        "source": list(transition.source),
        "targets": list(transition.targets),
        "by": sorted(transition.by),
        "form": transition.form or None,
        "danger": transition.danger,
    }


def open_phases() -> tuple[Phase, ...]:
    """Phases in which a record is still alive."""
    return (Phase.OPEN, Phase.FLOW, Phase.FORCE)


def waiting_states(party: Party) -> list[tuple[Flow, State]]:
    """The states in which this party is waited for; home counts are built from it."""
    return [(name, s) for name, flow in FLOWS.items() for s in flow.states if s.waits_on is party]
