"""Room: the roster (学生名单): importing rows, removing a graduate, taking one back (roles.md, Roster)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.db import fetch, fetch_row, fetch_value
from models.kit import shanghai_day
from models.parties import Party
from models.sql import roster as sql
from models.tables import School
from workflows.actors import own_school, require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.filled import reasoned
from workflows.commands.freezing import MOVED_NOTE, Cause, freeze, thaw
from workflows.commands.provinces import check_cohort
from workflows.commands.roster_taking import take
from workflows.errors import Fault, InvalidForm, NotFound, Refused
from workflows.limits import REMOVED_AT_ONCE
from workflows.roster_rows import RowFault, unknown_columns
from workflows.roster_staging import Stager

OFF_ROSTER = "off_roster"
FIRST_LINE = 3  # of the national layout: two rows of headers
ALREADY_OUT = "该毕业生已在失效名单中。"
STILL_IN = "该毕业生在学生名单中，不需要恢复。"
NOT_IN_BULK = "在线签约开通期间不能批量移除学生，请逐名移除并填写原因；本次没有移除任何人。"
LATER_COHORT = "该生已在本校更晚届次的学生名单中，不能恢复到本届；如需恢复，请先将其从该届次移除。"
SLOT_TWICE = "该生在其他名单中已有在办或已生效的签约、去向，本条记录也有，不能同时有效；请先由对方办结或解约。"


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
    moved: int = 0
    blocked: int = 0
    flagged: int = 0


@command()
async def import_roster(
    book: Book,
    cohort: int,
    rows: Sequence[Mapping[str, Any]],
    *,
    file_sha256: str,
    only_valid: bool = False,
    first_line: int = FIRST_LINE,
    moves_confirmed: bool = False,
) -> RosterOutcome:
    """Take over rows (pinyin columns of `roster_rows.COLUMNS`) into the actor's school. Absence deletes nobody.

    A row meets its entry by the EMS's id, else 考生号, else kind and number of the paper. An invalidated graduate in
    the rows is restored, a person's entry elsewhere freezes. All rows or none; with `only_valid` the right ones. Raises
    Forbidden, ReadOnly, Refused `moves`, InvalidForm whose paths read `<line>.<column>`.
    """
    require_write(book.actor, Party.SCHOOL)
    school = await School.get(id=own_school(book.actor))
    check_cohort(cohort)
    stager = Stager(school.code, shanghai_day(book.now), book.actor.level)

    async def lines() -> AsyncIterator[bytes]:
        for line, row in enumerate(rows, first_line):
            yield stager.line(line, row)

    taken = await take(
        book,
        school.id,
        cohort,
        lines(),
        only_valid=only_valid,
        moves_confirmed=moves_confirmed,
        file_sha256=file_sha256,
    )
    if not taken.written:
        raise InvalidForm([Fault(f"{f.line}.{f.column}", f.code, f.message) for f in taken.faults])
    return RosterOutcome(
        rows=taken.rows,
        added=taken.added,
        changed=taken.changed,
        unchanged=taken.unchanged,
        restored=taken.restored,
        faults=taken.faults,
        ignored_columns=tuple(unknown_columns(rows[0]) if rows else ()),
        moved=taken.moved,
        blocked=taken.blocked,
        flagged=taken.flagged,
    )


# --- out, and back -------------------------------------------------------------------------------


async def _locked(book: Book, graduate_id: UUID) -> Any:
    where, values = visible_to(book.actor).where(2, "g")
    row = await fetch_row(f"{sql.LOCK_ENTRY}{where} FOR NO KEY UPDATE", graduate_id, *values)
    if row is None:
        raise NotFound
    return row


@command()
async def invalidate_graduate(book: Book, graduate_id: UUID, reason: str) -> None:
    """从名单移除: freeze every record of one graduate. Raises Forbidden, ReadOnly, NotFound, InvalidForm, Refused."""
    await _remove(book, [graduate_id], reason, Cause.REMOVED)


@command()
async def remove_graduates(book: Book, graduate_ids: Sequence[UUID], reason: str, cause: Cause = Cause.REMOVED) -> None:
    """The one door for every deletion from the roster, whoever asks: a page, a file, the connector.

    More than one graduate at once is refused whole while online signing is open for any of their cohorts (roles.md,
    Signing settings 1). Raises Forbidden, ReadOnly, NotFound (any of them), InvalidForm, Refused.
    """
    await _remove(book, graduate_ids, reason, cause)


async def _remove(book: Book, graduate_ids: Sequence[UUID], reason: str, cause: Cause) -> None:
    require_write(book.actor, Party.SCHOOL)
    rows = [await _locked(book, graduate_id) for graduate_id in sorted(set(graduate_ids))]
    reason = reasoned(reason, "移除原因")
    if not rows or any(row["invalid_at"] is not None for row in rows):
        raise Refused(ALREADY_OUT, guard="on_roster")
    if len(rows) > REMOVED_AT_ONCE:
        cohorts = sorted({row["cohort"] for row in rows})
        if await fetch(sql.OPEN_COHORTS, rows[0]["school_id"], cohorts):
            raise Refused(NOT_IN_BULK, guard="bulk_removal", count=len(rows))
    for row in rows:
        await freeze(book, row, cause, reason)


@command()
async def restore_graduate(book: Book, graduate_id: UUID, how: str = "by_hand") -> None:
    """恢复: take one graduate back at once; an entry of the person elsewhere gives way.

    Whether the EMS holds them has been asked before (`commands/lookups.py`). Raises Forbidden, ReadOnly, NotFound,
    Refused.
    """
    require_write(book.actor, Party.SCHOOL)
    row = await _locked(book, graduate_id)
    if row["invalid_at"] is None:
        raise Refused(STILL_IN, guard=OFF_ROSTER)
    others = await fetch(sql.OTHERS, graduate_id, row["id_bidx"], row["level"], book.now)
    if any(o["school_id"] == row["school_id"] and o["cohort"] > row["cohort"] for o in others):
        raise Refused(LATER_COHORT, guard="later_cohort")
    if any(o["slot"] for o in others) and await fetch_value(sql.HOLDS_SLOT, graduate_id):
        raise Refused(SLOT_TWICE, guard="slot_free")
    for other in others:
        await freeze(book, other, Cause.MOVED, MOVED_NOTE, foreign=other["school_id"] != row["school_id"])
    await thaw(book, graduate_id, how)
