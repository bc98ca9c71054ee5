"""Room: the accounts that a desk manages: a province those of its schools, a school those of its departments."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.config import settings
from models.db import fetch
from models.kit import fold
from models.parties import Level, Party
from workflows.actors import Actor, own_province, own_school, require
from workflows.queries.paging import Where, like
from workflows.queries.records import moment

_COLUMNS = """
SELECT a.id, a.username, a.display_name, a.party, a.school_id, a.department, a.grants, a.level, a.must_change,
  a.totp_at, a.disabled_at, a.created_at, s.code AS school_code, s.name AS school_name
FROM accounts a LEFT JOIN schools s ON s.id = a.school_id WHERE """

# What the form of a new account may offer: exactly the roster's names, since they are compared letter by letter.
_DEPARTMENTS = "SELECT DISTINCT department FROM graduates WHERE school_id = $1 AND invalid_at IS NULL ORDER BY 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFilters:
    """None or empty: not narrowed. `name`: a part of the user name or of the display name."""

    name: str = ""
    department: str = ""
    school: UUID | None = None
    level: Level | None = None
    disabled: bool | None = None


async def list_accounts(actor: Actor, filters: AccountFilters | None = None) -> dict[str, Any]:
    """`items`: the accounts one level below; `departments`: the roster's names, for a school.

    `read_only`: they come from the EMS, whose page is `ems_url`. Raises Forbidden.
    """
    require(actor, Party.SCHOOL, Party.PROVINCE)
    where, departments = Where(), []
    if actor.party is Party.PROVINCE:
        where.add("a.province_id = {}", own_province(actor))
        where.add("a.party = 'school'")
    else:
        school = own_school(actor)
        where.add("a.school_id = {}", school)
        where.add("a.party = 'department'")
        departments = [row["department"] for row in await fetch(_DEPARTMENTS, school)]
    _narrow(where, filters or AccountFilters())
    rows = await fetch(f"{_COLUMNS}{where.text} ORDER BY s.code, a.department, a.username", *where.values)
    return {
        "items": [_row(row) for row in rows],
        "departments": departments,
        "read_only": settings().ems.accounts,
        "ems_url": settings().ems_page_url,
    }


def _narrow(where: Where, wish: AccountFilters) -> None:
    if wish.name:
        part = f"%{like(fold(wish.name).lower())}%"
        where.add("lower(a.username || ' ' || a.display_name) LIKE {}", part)
    if wish.department:
        where.add("a.department = {}", wish.department.strip())
    if wish.school is not None:
        where.add("a.school_id = {}", wish.school)
    if wish.level is not None:
        where.add("a.level = {}", str(wish.level))
    if wish.disabled is not None:
        where.add("a.disabled_at IS NOT NULL" if wish.disabled else "a.disabled_at IS NULL")


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
        "second_factor": row["totp_at"] is not None,
        "disabled_at": moment(row["disabled_at"]),
        "created_at": moment(row["created_at"]),
    }
