"""Room: what keeps a row out of a bulk decision: risk marks want a reviewer's eye (dashboard.md 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.db import fetch
from models.states import Flow
from workflows.actors import Actor, require_read, visible_to
from workflows.errors import Refused
from workflows.flows import FLOWS
from workflows.ports import IN_OPERATION
from workflows.queries.paging import Where
from workflows.queries.warnings import marks_for

GUARD = "no_risk_mark"
MARKED = "该单位有预警标记，不能批量办理，请打开记录逐条审核。"
NOT_IN_OPERATION = "该单位的登记状态为“{status}”，不能批量办理，请打开记录逐条审核。"


_MARKED = """SELECT r.id, r.school_id, r.employer_uscc, r.employer_name_key, q.status
FROM records r LEFT JOIN registry_status q ON q.uscc = r.employer_uscc"""


async def hindrances(actor: Actor, flow: Flow, ids: Sequence[UUID]) -> dict[UUID, Refused]:
    """The refusals of those among the records that carry a risk mark; what the actor may not see is left to the act."""
    module = FLOWS[flow].module
    require_read(actor, module)
    where = Where()
    where.within(visible_to(actor, module), "r")
    where.add("r.id = ANY({})", list(ids))
    rows = await fetch(
        f"{_MARKED} WHERE {where.text}",
        *where.values,
    )
    known: dict[tuple[UUID, str, str], str] = {}
    found: dict[UUID, Refused] = {}
    for row in rows:
        key = (row["school_id"], row["employer_uscc"], row["employer_name_key"])
        if key not in known:
            known[key] = await _reason(row)
        if known[key]:
            found[row["id"]] = Refused(known[key], guard=GUARD)
    return found


async def _reason(row: Any) -> str:
    if (await marks_for(row["school_id"], row["employer_uscc"], row["employer_name_key"])).shown:
        return MARKED
    status = row["status"] or ""
    return NOT_IN_OPERATION.format(status=status) if status and status not in IN_OPERATION else ""
