"""Room: a province's desk: its schools with modules and settings of a cohort, and the agreement types chosen."""

from __future__ import annotations

import json
from typing import Any

from models.db import fetch, fetch_row
from models.parties import Party
from workflows.actors import Actor, own_province, require
from workflows.queries.records import moment

_SCHOOLS = """
SELECT s.id, s.code, s.name, t.open_at, t.review_mode,
  (SELECT json_object_agg(m.module, m.open) FROM school_modules m
    WHERE m.school_id = s.id AND m.cohort = $2) AS modules,
  (SELECT count(*) FROM accounts a
    WHERE a.school_id = s.id AND a.party = 'school' AND a.disabled_at IS NULL) AS accounts,
  (SELECT count(*) FROM graduates g WHERE g.school_id = s.id AND g.cohort = $2 AND g.invalid_at IS NULL) AS graduates
FROM schools s LEFT JOIN settings t ON t.school_id = s.id AND t.cohort = $2
WHERE s.province_id = $1 ORDER BY s.code"""

_TYPE = """
SELECT p.agreement_type, p.decided_at, EXISTS (SELECT 1 FROM settings t JOIN schools s ON s.id = t.school_id
    WHERE s.province_id = p.province_id AND t.cohort = p.cohort) AS frozen
FROM province_settings p WHERE p.province_id = $1 AND p.cohort = $2"""


async def province_desk(actor: Actor, cohort: int) -> dict[str, Any]:
    """开通模块, 协议类型, 学校与账号 of one cohort. `frozen`: the type can no longer be changed.

    `employer_phone`, `employer_hours`: of the 企业客服. Raises Forbidden.
    """
    require(actor, Party.PROVINCE)
    province = own_province(actor)
    chosen = await fetch_row(_TYPE, province, cohort)
    own = await fetch_row("SELECT desk_phone, desk_hours FROM provinces WHERE id = $1", province)
    return {
        "cohort": cohort,
        "agreement_type": chosen["agreement_type"] if chosen else None,
        "frozen": chosen["frozen"] if chosen else False,
        "decided_at": moment(chosen["decided_at"]) if chosen else None,
        "employer_phone": own["desk_phone"] if own else "",
        "employer_hours": own["desk_hours"] if own else "",
        "schools": [_school(row) for row in await fetch(_SCHOOLS, province, cohort)],
    }


def _school(row: Any) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "code": row["code"],
        "name": row["name"],
        "modules": json.loads(row["modules"]) if row["modules"] else {},
        "open_at": moment(row["open_at"]),
        "review_mode": row["review_mode"],
        "accounts": row["accounts"],
        "graduates": row["graduates"],
    }
