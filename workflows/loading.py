"""Room: how facts are read: under lock for an act, without lock to show what is open."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from models.db import fetch
from models.parties import AgreementType, Level, ReviewMode
from models.sql import acts as sql
from models.states import EmployerStatus, Flow
from workflows.facts import EmployerFacts, Facts, GraduateFacts, RecordFacts
from workflows.queries.warnings import marks_for


def _unlocked(statement: str) -> str:
    return re.sub(r"\s+FOR (NO KEY UPDATE|SHARE)$", "", statement)


_LOOK_PERSON = _unlocked(sql.LOCK_PERSON)
_LOOK_RECORDS = _unlocked(sql.LOCK_RECORDS)
_LOOK_SETTINGS = _unlocked(sql.LOCK_SETTINGS)


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
    person = next(p for p in people if p["id"] == mine)
    graduate = graduate_facts(person, {**person, "basic": json.loads(person["basic"])})
    employer = employer_id or (record.employer_id if record else None)
    level = record.level if record else graduate.level
    department = record.department if record else graduate.department
    settings = await fetch(sql.LOCK_SETTINGS if lock else _LOOK_SETTINGS, graduate.school_id, graduate.cohort)
    uscc = record.row["employer_uscc"] if record else ""
    found = await fetch(
        sql.READ_FACTS, graduate.school_id, graduate.cohort, str(level), department, employer, graduate.id, uscc
    )
    others = tuple(r for r in records if r.id != record_id)
    parent = next((r for r in others if record and r.id == record.parent_id), None)
    people_facts = Facts(now, graduate, record, others, parent)
    return _facts(people_facts, found[0], settings[0] if settings else None)


async def with_marks(facts: Facts) -> Facts:
    """The same, knowing whether the record's employer is marked: for approvals, which ask for a tick then."""
    if facts.record is None:
        return facts
    row = facts.record.row
    marks = await marks_for(facts.school_id, row["employer_uscc"], row["employer_name_key"])
    return replace(facts, marked=marks.shown)


def _facts(people: Facts, row: Mapping[str, Any], settings: Mapping[str, Any] | None) -> Facts:
    """`settings` None: the school has not submitted them for this cohort."""
    employer = json.loads(row["employer"]) if row["employer"] else None
    facts = replace(
        people,
        employer=_employer(employer) if employer else None,
        agreement_type=AgreementType(row["agreement_type"]) if row["agreement_type"] else None,
        module_open=row["module_open"],
        handler=json.loads(row["handler"]) if row["handler"] else None,
        registry=json.loads(row["registry"]) if row["registry"] else None,
        department_covered=row["department_covered"],
        binding_id=row["binding_id"],
        province_id=row["province_id"],
        school_code=row["school_code"],
        school_name=row["school_name"],
    )
    if settings is None:
        return facts
    return replace(
        facts,
        open_at=settings["open_at"],
        review_mode=ReviewMode(settings["review_mode"]),
        invitation_days=settings["invitation_days"],
        sms_fallback=settings["sms_fallback"],
        termination_limit=settings["termination_limit"],
    )


def graduate_facts(row: Mapping[str, Any], rest: Mapping[str, Any], *, key: str = "id") -> GraduateFacts:
    """The roster entry of a row in which its id stands under `key`; `rest`: what else the rules may read of it."""
    return GraduateFacts(
        id=row[key],
        school_id=row["school_id"],
        cohort=row["cohort"],
        name=row["name"],
        level=Level(row["level"]),
        level_code=row["level_code"],
        department=row["department"],
        major=row["major"],
        training_mode=row["training_mode"],
        invalid=row["invalid_at"] is not None,
        row=rest,
    )


def _record(row: Mapping[str, Any]) -> RecordFacts:
    rest = dict(row)
    rest["form"] = json.loads(row["form"])
    rest["snapshot"] = json.loads(row["snapshot"])
    return record_facts(row, rest)


def record_facts(row: Mapping[str, Any], rest: Mapping[str, Any], *, prefix: str = "") -> RecordFacts:
    """The record of a row; `rest`: the columns kept beside, JSON parsed.

    `prefix`: what stands before those names that the graduate of the same row has too.
    """
    return RecordFacts(
        id=row[f"{prefix}id"],
        flow=Flow(row["flow"]),
        school_id=row[f"{prefix}school_id"],
        cohort=row[f"{prefix}cohort"],
        graduate_id=row[f"{prefix}graduate_id"],
        employer_id=row["employer_id"],
        parent_id=row["parent_id"],
        state=row["state"],
        version=row["version"],
        slot=row["slot"],
        reviewed=row["reviewed"],
        expires_at=row["expires_at"],
        department=row[f"{prefix}department"],
        level=Level(row[f"{prefix}level"]),
        row=rest,
    )


def _employer(row: Mapping[str, Any]) -> EmployerFacts:
    return EmployerFacts(id=UUID(row["id"]), status=EmployerStatus(row["status"]), name=row["name"], row=row)
