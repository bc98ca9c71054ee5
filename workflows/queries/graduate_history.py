"""Room: what was done to one entry of the roster: by whom, when, why (dashboard.md 15). For staff.

Records have their own histories; exports with whole numbers stand in the history of whoever made them.
"""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from models.db import fetch
from models.parties import PARTY_LABELS, Party
from workflows.limits import PAGE_SIZE
from workflows.queries.own_history import COMMANDS, OTHER
from workflows.queries.records import moment

_READ: Final = """
SELECT at, party, action, detail FROM journal
WHERE subject_id = $1 AND subject_kind = 'graduate' ORDER BY id DESC LIMIT $2"""


async def entry_history(graduate_id: UUID) -> list[dict[str, Any]]:
    """The newest steps first, a page at most. Whether the reader may see the graduate is for the caller to know."""
    return [_step(row) for row in await fetch(_READ, graduate_id, PAGE_SIZE)]


def _step(row: Any) -> dict[str, Any]:
    detail = json.loads(row["detail"]) if row["detail"] else {}
    return {
        "at": moment(row["at"]),
        "action": row["action"],
        "label": COMMANDS.get(row["action"], OTHER),
        "reason": str(detail.get("reason") or "") or None,
        "by": str(detail.get("by") or PARTY_LABELS[Party(row["party"])]),
    }
