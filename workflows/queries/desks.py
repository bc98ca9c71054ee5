"""Room: whom graduates ask, department by department (dashboard.md 14)."""

from __future__ import annotations

from typing import Any

from models.db import fetch, fetch_row
from models.parties import Party
from workflows.actors import Actor, own_school, require, require_read

# Departments of the roster, and those that left it but still have a telephone here.
_DESKS = """
SELECT n.department, COALESCE(d.phone, '') AS phone, COALESCE(d.hours, '') AS hours
FROM (SELECT department FROM graduates WHERE school_id = $1 AND invalid_at IS NULL
      UNION SELECT department FROM desks WHERE school_id = $1) n
LEFT JOIN desks d ON d.school_id = $1 AND d.department = n.department
ORDER BY n.department"""


_OWN = """
SELECT s.desk_phone AS phone, s.desk_hours AS hours FROM settings s WHERE s.school_id = $1
ORDER BY s.cohort DESC LIMIT 1"""


async def list_desks(actor: Actor) -> dict[str, Any]:
    """The school's own telephone and hours, and each department's; empty ones fall back. Raises Forbidden."""
    require(actor, Party.SCHOOL, Party.DEPARTMENT)
    require_read(actor)
    school_id = own_school(actor)
    own = await fetch_row(_OWN, school_id)
    return {
        "school": dict(own) if own else {"phone": "", "hours": ""},
        "departments": [dict(row) for row in await fetch(_DESKS, school_id)],
    }
