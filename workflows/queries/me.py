"""Room: the signed-in person's own surroundings: school or employer, modules, cohorts to choose from (roles.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from models.db import fetch, fetch_row
from models.kit import mask_mobile
from models.parties import PARTY_LABELS, STAFF, Module, Party
from models.states import EmployerStatus
from models.vault import unseal
from workflows.actors import Actor

_SCHOOL = """
SELECT s.id, s.code, s.name, p.id AS province_id, p.code AS province_code, p.name AS province_name
FROM schools s JOIN provinces p ON p.id = s.province_id WHERE s.id = $1"""

_SCHOOL_COHORTS = """
SELECT c.cohort, t.open_at IS NOT NULL AS open,
  (SELECT json_agg(m.module ORDER BY m.module) FROM school_modules m
    WHERE m.school_id = $1 AND m.cohort = c.cohort AND m.open) AS modules
FROM (SELECT cohort FROM settings WHERE school_id = $1 UNION SELECT cohort FROM school_modules WHERE school_id = $1
      UNION SELECT cohort FROM graduates WHERE school_id = $1) c
LEFT JOIN settings t ON t.school_id = $1 AND t.cohort = c.cohort
ORDER BY c.cohort DESC"""

_PROVINCE_COHORTS = """
SELECT c.cohort, EXISTS (SELECT 1 FROM settings t JOIN schools s ON s.id = t.school_id
    WHERE s.province_id = $1 AND t.cohort = c.cohort AND t.open_at IS NOT NULL) AS open, NULL AS modules
FROM (SELECT cohort FROM province_settings WHERE province_id = $1
      UNION SELECT m.cohort FROM school_modules m JOIN schools s ON s.id = m.school_id WHERE s.province_id = $1) c
ORDER BY c.cohort DESC"""


async def read_me(actor: Actor) -> dict[str, Any]:
    """Who is signed in and where; `cohorts` newest first, with whether online signing is open and which modules."""
    me: dict[str, Any] = {
        "party": str(actor.party),
        "party_label": PARTY_LABELS[actor.party],
        "id": str(actor.id),
        "name": actor.name,
        "school": None,
        "province": None,
        "employer": None,
        "graduate": None,
        "department": actor.department or None,
        "level": str(actor.level),
        "second_factor": await _second_factor(actor) if actor.party in STAFF else None,
        "grants": {str(m): str(actor.grant(m)) for m in Module} if actor.party in STAFF else None,
        "cohorts": [],
        "cohort": None,
    }
    if actor.school_id is not None:
        await _school(me, actor)
    elif actor.party is Party.PROVINCE:
        await _province(me, actor)
    elif actor.party is Party.EMPLOYER:
        await _employer(me, actor)
    if actor.party is Party.GRADUATE:
        await _graduate(me, actor)
    return me


async def _second_factor(actor: Actor) -> bool:
    row = await fetch_row("SELECT totp_at FROM accounts WHERE id = $1", actor.id)
    return row is not None and row["totp_at"] is not None


async def _school(me: dict[str, Any], actor: Actor) -> None:
    row = await fetch_row(_SCHOOL, actor.school_id)
    me["school"] = _place(row, "")
    me["province"] = _place(row, "province_")
    if actor.party in STAFF:
        _cohorts(me, await fetch(_SCHOOL_COHORTS, actor.school_id))


async def _province(me: dict[str, Any], actor: Actor) -> None:
    row = await fetch_row("SELECT id, code, name FROM provinces WHERE id = $1", actor.province_id)
    me["province"] = _place(row, "")
    _cohorts(me, await fetch(_PROVINCE_COHORTS, actor.province_id))


def _place(row: Mapping[str, Any] | None, prefix: str) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"id": str(row[f"{prefix}id"]), "code": row[f"{prefix}code"], "name": row[f"{prefix}name"]}


def _cohorts(me: dict[str, Any], rows: Sequence[Any]) -> None:
    """The choice of cohorts and the one to begin with: the newest open one, else the newest."""
    me["cohorts"] = [
        {"cohort": row["cohort"], "open": row["open"], "modules": _modules(row["modules"])} for row in rows
    ]
    me["cohort"] = next((c["cohort"] for c in me["cohorts"] if c["open"]), rows[0]["cohort"] if rows else None)


def _modules(text: Any) -> list[str]:
    return list(json.loads(text)) if text else []


async def _employer(me: dict[str, Any], actor: Actor) -> None:
    row = await fetch_row("SELECT id, uscc, name, status FROM employers WHERE id = $1", actor.employer_id)
    if row is not None:
        status = EmployerStatus(row["status"])
        me["employer"] = {
            "id": str(row["id"]),
            "uscc": row["uscc"],
            "name": row["name"],
            "status": str(status),
            "label": status.label,
        }


async def _graduate(me: dict[str, Any], actor: Actor) -> None:
    row = await fetch_row(
        "SELECT cohort, level_code, major, phone_enc, email, proof_code, invalid_at FROM graduates WHERE id = $1",
        actor.id,
    )
    if row is not None:
        me["cohort"] = row["cohort"]
        me["graduate"] = {
            "level_code": row["level_code"],
            "major": row["major"],
            "mobile": mask_mobile(unseal("graduates.phone_enc", row["phone_enc"])) or None,
            "email": row["email"] or None,
            "proof_code": row["proof_code"],
            "invalid": row["invalid_at"] is not None,
        }
