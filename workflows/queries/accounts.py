"""Room: the accounts that a desk manages: a province those of its schools, a school those of its departments."""

from __future__ import annotations

import json
from typing import Any

from models.db import fetch
from models.parties import Party
from workflows.actors import Actor, own_province, own_school, require
from workflows.queries.records import moment

_COLUMNS = """
SELECT a.id, a.username, a.display_name, a.party, a.school_id, a.department, a.grants, a.level, a.must_change,
  a.disabled_at, a.created_at, s.code AS school_code, s.name AS school_name
FROM accounts a LEFT JOIN schools s ON s.id = a.school_id WHERE """

_OF_PROVINCE = f"{_COLUMNS} a.province_id = $1 AND a.party = 'school' ORDER BY s.code, a.username"
_OF_SCHOOL = f"{_COLUMNS} a.school_id = $1 AND a.party = 'department' ORDER BY a.department, a.username"

# What the form of a new account may offer: exactly the roster's names, since they are compared letter by letter.
_DEPARTMENTS = "SELECT DISTINCT department FROM graduates WHERE school_id = $1 AND invalid_at IS NULL ORDER BY 1"


async def list_accounts(actor: Actor) -> dict[str, Any]:
    """`items`: the accounts one level below; `departments`: the roster's names, for a school. Raises Forbidden."""
    require(actor, Party.SCHOOL, Party.PROVINCE)
    if actor.party is Party.PROVINCE:
        rows, departments = await fetch(_OF_PROVINCE, own_province(actor)), []
    else:
        school = own_school(actor)
        rows = await fetch(_OF_SCHOOL, school)
        departments = [row["department"] for row in await fetch(_DEPARTMENTS, school)]
    return {"items": [_row(row) for row in rows], "departments": departments}


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "username": row["username"],
        "display_name": row["display_name"],
        "party": row["party"],
        "school": {"id": str(row["school_id"]), "code": row["school_code"], "name": row["school_name"]},
        "department": row["department"] or None,
        "grants": json.loads(row["grants"]),
        "level": row["level"],
        "must_change": row["must_change"],
        "disabled_at": moment(row["disabled_at"]),
        "created_at": moment(row["created_at"]),
    }
