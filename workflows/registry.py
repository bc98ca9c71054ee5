"""Room: what is known of an employer's state in the national credit system, as it was last heard (roles.md).

Reads one row and asks nobody: a page, a list and an act may call it; the row is kept fresh by a job and by reviewers.
"""

from __future__ import annotations

from typing import Any

from models.config import settings
from models.db import fetch_row
from models.kit import json_time
from workflows.ports import IN_OPERATION

_READ = "SELECT name, status, checked_at FROM registry_status WHERE uscc = $1"


async def registry_as_known(uscc: str) -> dict[str, Any]:
    """`{known, name, status, in_operation, checked_at}`; `known` False: no answer was had yet, the rest is None.

    Inside a transaction it reads on that transaction's connection, so the answer can be kept with a decision.
    """
    row = await fetch_row(_READ, uscc) if uscc else None
    if row is None or not row["status"]:
        return {"known": False, "name": None, "status": None, "in_operation": None, "checked_at": None}
    return {
        "known": True,
        "name": row["name"],
        "status": row["status"],
        "in_operation": row["status"] in IN_OPERATION,
        "checked_at": json_time(row["checked_at"]) if row["checked_at"] else None,
    }


async def registry(uscc: str) -> dict[str, Any]:
    """The same for a page, with the address where a person looks it up by hand."""
    return {**await registry_as_known(uscc), "link": settings().registry_page_url}
