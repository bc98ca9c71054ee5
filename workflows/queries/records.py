"""Room: lists of records: what a queue, a portal page or a graduate's own list shows.

What may be seen is `visible_to`; what a column says depends on who looks (roles.md: an employer knows a graduate by
name, masked number, school, level and major until the graduate has accepted; marks, hints and counts of returns are
for reviewers).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.db import fetch
from models.kit import json_time, mask_id_number
from models.parties import STAFF, Party
from models.states import Flow
from models.vault import unseal
from workflows.actors import Actor, require_read, visible_to
from workflows.effects import SNAPSHOT_PLACE
from workflows.flows import FLOWS
from workflows.queries.modules import require_open
from workflows.queries.paging import Order, Page, Where, cap_of, read, size
from workflows.queries.record_filters import DEADLINE, INITIATOR, Filters, narrow
from workflows.queries.reviewing import reviewed

COLUMNS = f"""r.id, r.school_id, r.cohort, r.flow, r.state, r.version, r.waits_on, r.waiting_since, r.created_at,
  r.submitted_at, r.expires_at, r.department, r.level, r.graduate_id, r.graduate_name, r.major, r.employer_id,
  r.employer_name, r.employer_uscc, r.employer_nature, r.employer_industry, r.employer_region, r.destination_code,
  r.position_category, r.agreement_no, r.level_code, g.id_enc,
  g.name AS roster_name, r.snapshot->'graduate'->>'id_number' AS recorded_number,
  r.frozen,
  EXISTS (SELECT 1 FROM employers e WHERE e.id = r.employer_id AND e.status = 'suspended') AS employer_suspended,
  {INITIATOR} AS initiator, s.code AS school_code, s.name AS school_name"""  # noqa: S608  our own column names

SOURCE = "records r JOIN graduates g ON g.id = r.graduate_id JOIN schools s ON s.id = r.school_id"


async def list_records(actor: Actor, flow: Flow, filters: Filters) -> Page:
    """One page of a flow's records. Raises ModuleClosed, Forbidden for a filter that is not for this reader,
    InvalidRequest for a state or cursor that does not exist.
    """
    return await list_flows(actor, (flow,), filters)


async def list_flows(actor: Actor, flows: Sequence[Flow], filters: Filters) -> Page:
    """One page of the records of several flows of one module. Raises as `list_records` does."""
    module = FLOWS[flows[0]].module
    require_read(actor, module)
    await require_open(actor, module, filters.cohort)
    where = Where()
    where.within(visible_to(actor, module), "r")
    await narrow(where, actor, flows, filters)
    limit = size(filters.limit)
    counted_in = SOURCE if "g." in where.text else "records r"
    rows, following, total, capped = await read(
        COLUMNS,
        SOURCE,
        where,
        order_of(filters),
        limit,
        filters.cursor,
        counted_in,
        cap_of(actor),
        filters.of_any_value,
    )
    beside = await reviewed(rows) if actor.party in STAFF else {}
    return Page([row_of(actor, row, beside.get(row["id"])) for row in rows], following, total, capped)


def order_of(filters: Filters) -> Order:
    if filters.sort == DEADLINE:
        return Order("r.expires_at+", "r.expires_at", "r.id")
    queue = filters.waits_on is not None
    descending = (filters.sort or ("oldest" if queue else "newest")) == "newest"
    column = "r.waiting_since" if queue else "r.created_at"
    return Order(f"{column}{'-' if descending else '+'}", column, "r.id", descending)


def row_of(actor: Actor, row: Any, review: dict[str, Any] | None = None) -> dict[str, Any]:
    """One line of a list. `review`: what reviewers see beside it."""
    table = FLOWS[Flow(row["flow"])]
    known = actor.party is not Party.EMPLOYER or row["submitted_at"] is not None or bool(table.parents)
    state = table.state(row["state"])
    return {
        "id": str(row["id"]),
        "flow": row["flow"],
        "cohort": row["cohort"],
        "state": row["state"],
        "label": state.label,
        "phase": str(state.phase),
        "version": row["version"],
        "waits_on": row["waits_on"],
        "since": moment(row["waiting_since"]),
        "frozen": row["frozen"],
        "employer_suspended": row["employer_suspended"],
        "roster_changed": _roster_changed(row) if for_staff(actor) else None,
        "created_at": moment(row["created_at"]),
        "submitted_at": moment(row["submitted_at"]),
        "expires_at": moment(row["expires_at"]),
        "agreement_no": row["agreement_no"] or None,
        "initiator": row["initiator"],
        "destination_code": row["destination_code"] or None,
        "position_category": row["position_category"] or None,
        "graduate": {
            "id": str(row["graduate_id"]) if actor.party is not Party.EMPLOYER else None,
            "name": row["graduate_name"],
            "id_number": mask_id_number(unseal("graduates.id_enc", row["id_enc"])),
            "school": {"code": row["school_code"], "name": row["school_name"]},
            "department": row["department"] if known else None,
            "level": row["level"],
            "level_code": row["level_code"],
            "major": row["major"],
        },
        "employer": {
            "id": str(row["employer_id"]) if row["employer_id"] else None,
            "name": row["employer_name"],
            "uscc": row["employer_uscc"],
            "nature": row["employer_nature"] or None,
            "industry": row["employer_industry"] or None,
            "region": row["employer_region"] or None,
        },
        "review": review,
    }


def _roster_changed(row: Any) -> bool:
    """Is the name or number of a record under way another on the roster by now? (roles.md, Roster)"""
    if row["waits_on"] is None:
        return False
    recorded = unseal(SNAPSHOT_PLACE, row["recorded_number"])
    return bool(row["roster_name"] != row["graduate_name"] or recorded != unseal("graduates.id_enc", row["id_enc"]))


def moment(value: datetime | None) -> str | None:
    return json_time(value) if value is not None else None


def for_staff(actor: Actor) -> bool:
    """Whether the reader is on the reviewing side, who sees more of a record than the two who sign it."""
    return actor.party in STAFF or actor.party is Party.OPERATOR


async def records_of(graduate_id: UUID, besides: UUID | None = None) -> list[dict[str, Any]]:
    """A graduate's records, newest first, in a line each; for readers who were let through to the graduate already."""
    rows = await fetch(
        "SELECT id, flow, state, employer_name, created_at FROM records "
        "WHERE graduate_id = $1 AND id IS DISTINCT FROM $2 ORDER BY created_at DESC, id DESC LIMIT 50",
        graduate_id,
        besides,
    )
    return [
        {
            "id": str(row["id"]),
            "flow": row["flow"],
            "state": row["state"],
            "label": FLOWS[Flow(row["flow"])].state(row["state"]).label,
            "employer": row["employer_name"],
            "created_at": moment(row["created_at"]),
        }
        for row in rows
    ]
