"""Room: what was done to a thing that is no record: by whom, when, why (dashboard.md 15). For staff.

An entry of the roster, an employer, a school's settings of a cohort. Records have their own histories; exports with
whole numbers stand in the history of whoever made them. Whether the reader may see the thing is for the caller to know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from models.db import fetch
from models.parties import PARTY_LABELS, Level, Module, Party
from models.states import EmployerStatus, HandoverStatus
from workflows.actors import Actor, own_school
from workflows.forms import FORMS
from workflows.limits import PAGE_SIZE
from workflows.queries.own_history import COMMANDS, OTHER
from workflows.queries.records import moment
from workflows.queries.settings import MODULE_LABELS, level_label, signing_settings

_READ: Final = """
SELECT at, party, action, detail FROM journal
WHERE subject_id = $1 AND subject_kind = $2 ORDER BY id DESC LIMIT $3"""

# What a school decides for a cohort (settings, handlers, desks' telephones) and what its province opened for it.
_OF_SETTINGS: Final = """
SELECT j.at, j.party, j.action, j.detail FROM journal j
WHERE j.subject_id IN (SELECT id FROM settings WHERE school_id = $1 AND cohort = $2
    UNION ALL SELECT id FROM handlers WHERE school_id = $1 AND cohort = $2 UNION ALL SELECT $1)
  AND (j.subject_kind IN ('settings', 'handler', 'desk') OR j.action IN ('open_module', 'close_module'))
  AND COALESCE((j.detail->>'cohort')::int, $2) = $2
ORDER BY j.id DESC LIMIT $3"""


async def graduate_history(graduate_id: UUID) -> list[dict[str, Any]]:
    """The newest steps first, a page at most; so of all here."""
    return [_step(row) for row in await fetch(_READ, graduate_id, "graduate", PAGE_SIZE)]


async def employer_history(employer_id: UUID) -> list[dict[str, Any]]:
    return [_step(row) for row in await fetch(_READ, employer_id, "employer", PAGE_SIZE)]


async def settings_and_history(actor: Actor, cohort: int) -> dict[str, Any]:
    """`signing_settings`, which judges who may read them, with what was decided before."""
    found = await signing_settings(actor, cohort)
    rows = await fetch(_OF_SETTINGS, own_school(actor), cohort, PAGE_SIZE)
    return {**found, "history": [_step(row) for row in rows]}


def _step(row: Any) -> dict[str, Any]:
    detail = json.loads(row["detail"]) if row["detail"] else {}
    told = _TOLD.get(row["action"])
    return {
        "at": moment(row["at"]),
        "action": row["action"],
        "label": COMMANDS.get(row["action"], OTHER),
        "what": (told(detail) if told else "") or None,
        "reason": str(detail.get("reason") or detail.get("note") or "") or None,
        "by": str(detail.get("by") or PARTY_LABELS[Party(row["party"])]),
    }


def _changed(detail: Mapping[str, Any]) -> str:
    """The questions that were answered otherwise than before; where nothing stood before, none is named."""
    before, after = detail.get("before") or {}, detail.get("after") or {}
    fields = FORMS["signing_settings"].fields
    return "、".join(f.label for f in fields if before and before.get(f.name) != after.get(f.name))


_TOLD: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = MappingProxyType(
    {
        "submit_settings": _changed,
        "set_handler": lambda d: f"{level_label(Level(d['level']))}：{d['name']}",
        "set_desk": lambda d: str(d.get("department") or ""),
        "open_module": lambda d: MODULE_LABELS[Module(d["module"])],
        "close_module": lambda d: MODULE_LABELS[Module(d["module"])],
        "decide_employer": lambda d: EmployerStatus(d["after"]).label,
        "decide_handover": lambda d: f"{d['agent']}：{HandoverStatus(d['after']).label}",
        "ask_handover": lambda d: str(d["agent"]),
    }
)
"""What a step was about or led to, beyond what it is called."""
