"""Room: files of many invitations as their employer sees them: what there are, what became of each row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from models.db import fetch, fetch_row
from models.parties import Party
from models.sql import invitations as sql
from models.states import Flow
from workflows.actors import Actor, require
from workflows.errors import Forbidden, NotFound
from workflows.flows import FLOWS
from workflows.queries.records import moment

LABELS: Final[Mapping[str, str]] = {
    "waiting": "待发出",
    "sent": "已发出",
    "again": "此前已发出",
    "refused": "未发出",
    "faulty": "有误，未发出",
}
_SHOWN: Final = 30


def _own(actor: Actor) -> UUID:
    require(actor, Party.EMPLOYER)
    if actor.employer_id is None:
        raise Forbidden
    return actor.employer_id


async def list_files(actor: Actor) -> list[dict[str, Any]]:
    """The latest files of this employer with their counts. Raises Forbidden."""
    return [
        {
            "id": str(row["id"]),
            "name": row["name"],
            "by": row["by"] or "",
            "at": moment(row["created_at"]),
            "rows": row["rows"],
            "sent": row["sent"],
            "waiting": row["waiting"],
        }
        for row in await fetch(sql.FILES, _own(actor), _SHOWN)
    ]


async def read_rows(actor: Actor, file_id: UUID) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A file and its rows in their order; numbers masked. Raises Forbidden, NotFound (another employer's too).

    `state_label`: where the invitation of a row stands now; `kept`: the row can be sent still.
    """
    employer = _own(actor)
    head = await fetch_row(sql.READ_FILE, file_id, employer)
    if head is None:
        raise NotFound
    states = FLOWS[Flow.ONLINE_SIGNING]
    rows = [
        {
            "line": row["line"],
            "school": row["school"],
            "name": row["graduate_name"],
            "id_number": row["id_masked"],
            "status": row["status"],
            "label": LABELS[row["status"]],
            "said": row["said"],
            "record": str(row["record_id"]) if row["record_id"] else None,
            "state_label": states.state(row["state"]).label if row["state"] else "",
            "kept": row["kept"],
        }
        for row in await fetch(sql.ROWS, file_id, employer)
    ]
    return {"id": str(head["id"]), "name": head["name"], "at": moment(head["created_at"])}, rows
