"""Room: files of many invitations as their employer sees them: what became of each row, which are to be mended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from models.db import fetch, fetch_row
from models.parties import Party
from models.sql import invitations as sql
from models.states import Flow
from models.vault import unseal
from workflows.actors import Actor, require
from workflows.commands.invitation_files import PLACE
from workflows.errors import Forbidden, NotFound
from workflows.flows import FLOWS
from workflows.invitation_rows import cells_of
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

    `state_label`: where the invitation of a row stands now; `kept`: what was filled in is still there.
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


async def rows_to_mend(actor: Actor, file_id: UUID) -> list[tuple[dict[str, str], str]]:
    """What did not go out and can be mended: the cells by field, as they were typed, and what is wrong with them.

    Raises Forbidden, NotFound (another employer's too).
    """
    employer = _own(actor)
    if await fetch_row(sql.READ_FILE, file_id, employer) is None:
        raise NotFound
    found = []
    for row in await fetch(sql.TO_MEND, file_id, employer):
        kept = json.loads(unseal(PLACE, row["form"]))
        found.append((kept if row["status"] == "faulty" else cells_of(kept), row["said"]))
    return found
