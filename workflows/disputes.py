"""Room: what a graduate may dispute in one tap: a staff edit, a forced or a unilateral termination. Pure.

The journal says what was done; a dispute is of the last such step, and of each step there is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from models.parties import STAFF, Party
from models.states import Flow
from workflows.flows import FLOWS
from workflows.guards import ON_ROSTER
from workflows.review_questions import UNILATERAL

NOTHING: Final = ("nothing_to_dispute", "该记录没有可以提出异议的修改或解约。")
ALREADY: Final = ("already_disputed", "您已对此提出异议，学校的答复会在本页显示。")
FROZEN: Final = (ON_ROSTER.name, ON_ROSTER.sentence)
UNILATERALLY: Final = "学生单方面解约"
PLAIN: Final = "对此有异议"
"""What stands in a dispute without a text of its own."""

STEPS = """
SELECT at, party, action, from_state, to_state, detail FROM journal
WHERE subject_id = $1 AND subject_kind = 'record' ORDER BY id"""
LATEST = "SELECT max(created_at) FROM desk_notes WHERE record_id = $1 AND kind = 'dispute'"


@dataclass(frozen=True, slots=True)
class Disputable:
    """A step that may be disputed, and what it is called."""

    action: str
    label: str
    at: datetime


def last_disputable(flow: Flow, rows: Iterable[Mapping[str, Any]]) -> Disputable | None:
    """The newest disputable step of a record's journal rows (`STEPS`), oldest first."""
    found = None
    for row in rows:
        if row["party"] in STAFF and (label := _label(flow, row)):
            found = Disputable(row["action"], label, row["at"])
    return found


def _label(flow: Flow, row: Mapping[str, Any]) -> str:
    step = FLOWS[flow].find(row["action"], row["from_state"], Party(row["party"]))
    if step is None:
        return ""
    if step.edits or step.action == "force":
        return step.label
    detail = json.loads(row["detail"]) if row["detail"] else {}
    return UNILATERALLY if detail.get("form", {}).get("termination_kind") == UNILATERAL else ""


def refusal(step: Disputable | None, disputed_at: datetime | None, *, frozen: bool) -> tuple[str, str] | None:
    """(guard, sentence) where nothing can be disputed now. `disputed_at`: when this record was disputed last."""
    if step is None:
        return NOTHING
    if frozen:
        return FROZEN
    return ALREADY if disputed_at is not None and disputed_at >= step.at else None
