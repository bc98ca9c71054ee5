"""Room: how facts are read: under lock for an act, without lock to show what is open."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.db import fetch
from models.parties import AgreementType, Level, ReviewMode
from models.sql import acts as sql
from models.states import EmployerStatus, Flow
from workflows.facts import EmployerFacts, Facts, GraduateFacts, RecordFacts


def _unlocked(statement: str) -> str:
    return re.sub(r"\s+FOR (NO KEY UPDATE|SHARE OF s)$", "", statement)


_LOOK_PERSON = _unlocked(sql.LOCK_PERSON)
_LOOK_RECORDS = _unlocked(sql.LOCK_RECORDS)
_LOOK_FACTS = _unlocked(sql.READ_FACTS)


async def load(
    *,
    now: datetime,
    record_id: UUID | None,
    graduate_id: UUID | None = None,
    employer_id: UUID | None = None,
    lock: bool = True,
) -> Facts | None:
    """Read the facts of one record, or of a graduate before there is one. None: no such record or graduate.

    Locks in the house's order (contracts 4): the person's entries, then their live records, then, shared, the settings.
    """
    people = await fetch(sql.LOCK_PERSON if lock else _LOOK_PERSON, graduate_id, record_id)
    if not people:
        return None
    rows = await fetch(sql.LOCK_RECORDS if lock else _LOOK_RECORDS, [p["id"] for p in people], record_id)
    records = [_record(row) for row in rows]
    record = next((r for r in records if r.id == record_id), None)
    if record_id is not None and record is None:
        return None
    mine = record.graduate_id if record else graduate_id
    graduate = _graduate(next(p for p in people if p["id"] == mine))
    employer = employer_id or (record.employer_id if record else None)
    level = record.level if record else graduate.level
    department = record.department if record else graduate.department
    found = await fetch(
        sql.READ_FACTS if lock else _LOOK_FACTS,
        graduate.school_id,
        graduate.cohort,
        str(level),
        department,
        employer,
        graduate.id,
    )
    others = tuple(r for r in records if r.id != record_id)
    return _facts(now, graduate, record, others, found)


def _facts(
    now: datetime,
    graduate: GraduateFacts,
    record: RecordFacts | None,
    others: tuple[RecordFacts, ...],
    found: Sequence[Mapping[str, Any]],
) -> Facts:
    if not found:
        return Facts(now, graduate, record, others)
    row = found[0]
    employer = json.loads(row["employer"]) if row["employer"] else None
    return Facts(
        now=now,
        graduate=graduate,
        record=record,
        others=others,
        employer=_employer(employer) if employer else None,
        open_at=row["open_at"],
        review_mode=ReviewMode(row["review_mode"]),
        agreement_type=AgreementType(row["agreement_type"]) if row["agreement_type"] else None,
        module_open=row["module_open"],
        handler=json.loads(row["handler"]) if row["handler"] else None,
        department_covered=row["department_covered"],
        invitation_days=row["invitation_days"],
        sms_fallback=row["sms_fallback"],
        binding_id=row["binding_id"],
        province_id=row["province_id"],
        school_code=row["school_code"],
        school_name=row["school_name"],
    )


def _graduate(row: Mapping[str, Any]) -> GraduateFacts:
    return GraduateFacts(
        id=row["id"],
        school_id=row["school_id"],
        cohort=row["cohort"],
        name=row["name"],
        level=Level(row["level"]),
        level_code=row["level_code"],
        department=row["department"],
        major=row["major"],
        training_mode=row["training_mode"],
        invalid=row["invalid_at"] is not None,
        row=row,
    )


def _record(row: Mapping[str, Any]) -> RecordFacts:
    rest = dict(row)
    rest["form"] = json.loads(row["form"])
    rest["snapshot"] = json.loads(row["snapshot"])
    return RecordFacts(
        id=row["id"],
        flow=Flow(row["flow"]),
        school_id=row["school_id"],
        cohort=row["cohort"],
        graduate_id=row["graduate_id"],
        employer_id=row["employer_id"],
        parent_id=row["parent_id"],
        state=row["state"],
        version=row["version"],
        slot=row["slot"],
        reviewed=row["reviewed"],
        expires_at=row["expires_at"],
        department=row["department"],
        level=Level(row["level"]),
        row=rest,
    )


def _employer(row: Mapping[str, Any]) -> EmployerFacts:
    return EmployerFacts(id=UUID(row["id"]), status=EmployerStatus(row["status"]), name=row["name"], row=row)
