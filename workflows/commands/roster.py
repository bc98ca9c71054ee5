"""Room: the roster (学生名单): importing rows, removing one graduate, taking one back (roles.md, Roster)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models.db import connection, execute, execute_many, fetch, fetch_row
from models.kit import cohort_close, day_end, new_id, shanghai_day
from models.parties import Party
from models.tables import School
from models.vault import blind_index, seal
from workflows.actors import own_school, require_write, visible_to, within_level
from workflows.commands import Book, command
from workflows.commands.filled import fault
from workflows.commands.presence import push_present
from workflows.commands.provinces import check_cohort
from workflows.errors import Fault, InvalidForm, NotFound, Refused
from workflows.journal import school_chain
from workflows.roster_rows import Entry, RowFault, read_row, unknown_columns

FIRST_LINE = 3  # of the national layout: two rows of headers
OUTSIDE_LEVEL = "该学历层次不在您的账号范围内，不能导入。"
TWICE = "与第 {line} 行是同一名学生，请只保留一行。"
OTHERS_NUMBER = "证件号码已属于名单中考生号不同的另一名学生，请核对考生号和证件号码。"
ALREADY_OUT = "该毕业生已在失效名单中。"
STILL_IN = "该毕业生在学生名单中，不需要恢复。"

_CODE = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 signs without look-alikes: 签约证明码 is typed from paper


@dataclass(frozen=True, slots=True)
class RosterOutcome:
    """What an import did. `faults`: rows that were left out, when valid rows were asked for."""

    rows: int
    added: int
    changed: int
    unchanged: int
    restored: int
    faults: tuple[RowFault, ...]
    ignored_columns: tuple[str, ...]


@command()
async def import_roster(
    book: Book,
    cohort: int,
    rows: Sequence[Mapping[str, Any]],
    *,
    file_sha256: str,
    only_valid: bool = False,
    first_line: int = FIRST_LINE,
) -> RosterOutcome:
    """Take over rows (pinyin columns of `roster_rows.COLUMNS`) into the actor's school. Absence deletes nobody.

    A row meets its entry by 考生号, else by kind and number of the paper. An invalidated graduate in the file is
    restored. All rows or none; with `only_valid` the right ones. Raises Forbidden, ReadOnly, InvalidForm whose paths
    read `<line>.<column>`.
    """
    require_write(book.actor, Party.SCHOOL)
    school = await School.get(id=own_school(book.actor))
    check_cohort(cohort)
    # Two files of one school and cohort at once would each miss what the other adds.
    await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"roster:{school.id}:{cohort}")
    entries, faults = _read(book, rows, school.code, first_line)
    plan = _plan(entries, await _present(school.id, cohort))
    faults.extend(plan.faults)
    if faults and not only_valid:
        faults.sort(key=lambda f: f.line)
        raise InvalidForm([Fault(f"{f.line}.{f.column}", f.code, f.message) for f in faults])
    await _insert(school.id, cohort, plan.added, book.now)
    await _update(plan.changed)
    for graduate_id in plan.restored:
        await _restore(book, graduate_id, "roster")
    outcome = RosterOutcome(
        rows=len(rows),
        added=len(plan.added),
        changed=len(plan.changed),
        unchanged=plan.unchanged,
        restored=len(plan.restored),
        faults=tuple(faults),
        ignored_columns=tuple(unknown_columns(rows[0]) if rows else ()),
    )
    book.note(
        school_chain(school.id),
        "roster",
        school.id,
        "import_roster",
        cohort=cohort,
        file_sha256=file_sha256,
        rows=outcome.rows,
        added=outcome.added,
        changed=outcome.changed,
        restored=outcome.restored,
        faulty=len({f.line for f in faults}),
    )
    return outcome


def _read(
    book: Book, rows: Sequence[Mapping[str, Any]], school_code: str, first_line: int
) -> tuple[list[Entry], list[RowFault]]:
    today = shanghai_day(book.now)
    entries: list[Entry] = []
    faults: list[RowFault] = []
    for line, row in enumerate(rows, first_line):
        entry, wrong = read_row(line, row, school_code=school_code, today=today)
        faults.extend(wrong)
        if entry is None:
            continue
        if within_level(book.actor, entry.level):
            entries.append(entry)
        else:
            faults.append(RowFault(line, "xldm", "outside_level", OUTSIDE_LEVEL))
    return entries, faults


# --- what a file means for the entries that are there --------------------------------------------

_PRESENT = """
SELECT id, id_kind, id_bidx, name, level_code, department, major, training_mode, basic, phone_bidx, phone_source, email,
  invalid_at
FROM graduates WHERE school_id = $1 AND cohort = $2"""


async def _present(school_id: UUID, cohort: int) -> list[dict[str, Any]]:
    rows = await fetch(_PRESENT, school_id, cohort)
    return [{**row, "basic": json.loads(row["basic"])} for row in rows]


@dataclass(slots=True)
class _Plan:
    added: list[tuple[Entry, bytes]]
    changed: list[tuple[UUID, Entry, bytes, bool]]
    restored: list[UUID]
    unchanged: int
    faults: list[RowFault]


def _plan(entries: Iterable[Entry], present: Sequence[Mapping[str, Any]]) -> _Plan:
    by_exam = {row["basic"]["ksh"]: row for row in present if row["basic"].get("ksh")}
    by_number = {row["id_bidx"]: row for row in present}
    plan = _Plan([], [], [], 0, [])
    seen: dict[object, int] = {}
    for entry in entries:
        index = blind_index("id_number", entry.id_number)
        row = by_exam.get(entry.exam_no) if entry.exam_no else None
        other = by_number.get(index)
        row = row or other
        if other is not None and row is not other:
            plan.faults.append(RowFault(entry.line, "sfzh", "others_number", OTHERS_NUMBER))
            continue
        keys = [index, *([entry.exam_no] if entry.exam_no else []), *([row["id"]] if row else [])]
        twin = next((seen[key] for key in keys if key in seen), None)
        if twin is not None:
            plan.faults.append(RowFault(entry.line, "sfzh", "twice", TWICE.format(line=twin)))
            continue
        seen.update(dict.fromkeys(keys, entry.line))
        _sort(plan, entry, index, row)
    return plan


def _sort(plan: _Plan, entry: Entry, index: bytes, row: Mapping[str, Any] | None) -> None:
    if row is None:
        plan.added.append((entry, index))
        return
    takes_phone = bool(entry.phone) and row["phone_source"] == "roster"
    if row["invalid_at"] is not None:
        plan.restored.append(row["id"])
    if _differs(entry, index, row, takes_phone=takes_phone):
        plan.changed.append((row["id"], entry, index, takes_phone))
    else:
        plan.unchanged += 1


def _differs(entry: Entry, index: bytes, row: Mapping[str, Any], *, takes_phone: bool) -> bool:
    return (
        row["id_bidx"] != index
        or any(row[name] != getattr(entry, name) for name in _COMPARED)
        or row["basic"] != {**row["basic"], **entry.basic}
        or (bool(entry.email) and row["phone_source"] == "roster" and row["email"] != entry.email)
        or (takes_phone and row["phone_bidx"] != blind_index("mobile", entry.phone))
    )


_COMPARED = ("id_kind", "name", "level_code", "department", "major", "training_mode")


# --- writing -------------------------------------------------------------------------------------

_NEW = (
    "id", "school_id", "cohort", "id_kind", "id_enc", "id_bidx", "name", "level_code", "level", "department", "major",
    "training_mode", "basic", "phone_enc", "phone_bidx", "phone_source", "email", "proof_code", "terminations_used",
    "created_at",
)  # fmt: skip

# What the graduate has confirmed as their own stays (`phone_source`); what the file leaves empty stays.
_CHANGE = """
UPDATE graduates SET id_kind = $2, id_enc = $3, id_bidx = $4, name = $5, level_code = $6, level = $7, department = $8,
  major = $9, training_mode = $10, basic = basic || $11::jsonb,
  email = CASE WHEN phone_source = 'roster' AND $12 <> '' THEN $12 ELSE email END,
  phone_enc = COALESCE($13, phone_enc), phone_bidx = COALESCE($14, phone_bidx)
WHERE id = $1"""


def _written(entry: Entry, index: bytes) -> tuple[object, ...]:
    """What a new entry and a changed one have alike, in the order of both statements: `id_kind` … `basic`."""
    return (
        entry.id_kind,
        seal("graduates.id_enc", entry.id_number),
        index,
        entry.name,
        entry.level_code,
        str(entry.level),
        entry.department,
        entry.major,
        entry.training_mode,
        json.dumps(entry.basic, ensure_ascii=False),
    )


async def _insert(school_id: UUID, cohort: int, added: Sequence[tuple[Entry, bytes]], now: datetime) -> None:
    records = [
        (
            new_id(),
            school_id,
            cohort,
            *_written(entry, index),
            seal("graduates.phone_enc", entry.phone),
            blind_index("mobile", entry.phone) if entry.phone else None,
            "roster",
            entry.email,
            proof_code(),
            0,
            now,
        )
        for entry, index in added
    ]
    async with connection().acquire_connection() as raw:
        await raw.copy_records_to_table("graduates", records=records, columns=_NEW)


async def _update(changed: Sequence[tuple[UUID, Entry, bytes, bool]]) -> None:
    rows = [
        (
            graduate_id,
            *_written(entry, index),
            entry.email,
            seal("graduates.phone_enc", entry.phone) if takes_phone else None,
            blind_index("mobile", entry.phone) if takes_phone else None,
        )
        for graduate_id, entry, index, takes_phone in changed
    ]
    if rows:
        await execute_many(_CHANGE, rows)


def proof_code() -> str:
    """签约证明码: 16 signs, 80 bits; one per graduate and cohort, found by staff, guessed by nobody."""
    return "".join(secrets.choice(_CODE) for _ in range(16))


# --- one graduate out, and back ------------------------------------------------------------------

_LOCK = "SELECT g.id, g.school_id, g.cohort, g.name, g.invalid_at FROM graduates g WHERE g.id = $1 AND "

# Whatever has not left the house and concerns this graduate; pushes are sent anew after a restore.
_HOLD = """
UPDATE outbox SET status = 'superseded', settled_at = $2
WHERE status IN ('pending', 'deferred') AND notice <> 'one_time_code'
  AND (stream IN ('ems:' || $1::text, 'sms:' || $1::text)
    OR stream IN (SELECT 'wx:' || b.id FROM bindings b WHERE b.graduate_id = $1::uuid)
    OR record_id IN (SELECT r.id FROM records r WHERE r.graduate_id = $1::uuid))"""

_DEADLINES = "SELECT id, expires_at FROM records WHERE graduate_id = $1 AND state = 'invited' AND expires_at >= $2"


async def _locked(book: Book, graduate_id: UUID) -> Any:
    where, values = visible_to(book.actor).where(2, "g")
    row = await fetch_row(f"{_LOCK}{where} FOR NO KEY UPDATE", graduate_id, *values)
    if row is None:
        raise NotFound
    return row


@command()
async def invalidate_graduate(book: Book, graduate_id: UUID, reason: str) -> None:
    """从名单移除: freeze every record of one graduate. Raises Forbidden, ReadOnly, NotFound, InvalidForm, Refused."""
    require_write(book.actor, Party.SCHOOL)
    row = await _locked(book, graduate_id)
    reason = reason.strip()
    if not 5 <= len(reason) <= 300:
        fault("reason", "bad_length", "移除原因应为 5 至 300 个字。")
    if row["invalid_at"] is not None:
        raise Refused(ALREADY_OUT, guard="on_roster")
    await execute("UPDATE graduates SET invalid_at = $2 WHERE id = $1", graduate_id, book.now)
    await execute(_HOLD, str(graduate_id), book.now)
    book.note(
        school_chain(row["school_id"]), "graduate", graduate_id, "invalidate", cohort=row["cohort"], reason=reason
    )


@command()
async def restore_graduate(book: Book, graduate_id: UUID) -> None:
    """恢复: take one graduate back at once. Raises Forbidden, ReadOnly, NotFound, Refused."""
    require_write(book.actor, Party.SCHOOL)
    row = await _locked(book, graduate_id)
    if row["invalid_at"] is None:
        raise Refused(STILL_IN, guard="off_roster")
    await _restore(book, graduate_id, "by_hand")


async def _restore(book: Book, graduate_id: UUID, how: str) -> None:
    """Deadlines get the frozen time back, never past the cohort's close; the EMS is told the present state again."""
    row = await fetch_row(f"{_LOCK}TRUE FOR NO KEY UPDATE", graduate_id)
    if row is None or row["invalid_at"] is None:
        return
    await execute("UPDATE graduates SET invalid_at = NULL WHERE id = $1", graduate_id)
    frozen = book.now - row["invalid_at"]
    close = cohort_close(row["cohort"])
    for record in await fetch(_DEADLINES, graduate_id, row["invalid_at"]):
        # Deadlines end with a day; a part of a day counts as a whole one for the graduate.
        until = min(day_end(shanghai_day(record["expires_at"] + frozen)), close)
        await execute("UPDATE records SET expires_at = $2, reminded_at = NULL WHERE id = $1", record["id"], until)
    await push_present(book, graduate_id)
    book.note(school_chain(row["school_id"]), "graduate", graduate_id, "restore", cohort=row["cohort"], how=how)
