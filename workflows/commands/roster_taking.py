"""Room: taking over staged roster rows: matched, judged and written by sets, whatever door they came through.

All of it happens in the transaction of the command that calls: a file is taken over whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.db import connection, execute, fetch, fetch_value
from models.sql import roster as sql
from workflows.commands import Book
from workflows.commands.freezing import MOVED_NOTE, Cause, freeze, locked_entry, thaw
from workflows.errors import Refused
from workflows.journal import school_chain
from workflows.limits import ROSTER_MOVES, STAFF_PHONE_RESTS
from workflows.roster_rows import RowFault
from workflows.roster_staging import COLUMNS, NULL, OUTSIDE_LEVEL, TWICE

OTHERS_NUMBER = "证件号码已属于名单中考生号不同的另一名学生，请核对考生号和证件号码。"
MANY_MOVES = (
    "文件中有 {count} 名学生目前在其他届次或其他学校的名单中，导入后其原名单将失效、流程暂停。请先核对届次是否选对；"
    "确认无误的，请选择“确认转入”后重新导入。"
)
_WORTH_ANALYZING = 1000


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file did. `written` False: it has faults and all rows were wanted, so nothing was done.

    `moved`: entries of the same people elsewhere that froze; `blocked`: people who stand elsewhere and stay there;
    `flagged`: records under way whose graduate's name or number is another now.
    """

    written: bool
    rows: int
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    restored: int = 0
    moved: int = 0
    blocked: int = 0
    flagged: int = 0
    faults: tuple[RowFault, ...] = ()


async def take(
    book: Book,
    school_id: UUID,
    cohort: int,
    lines: AsyncIterable[bytes],
    *,
    only_valid: bool,
    moves_confirmed: bool,
    file_sha256: str,
) -> Taken:
    """Stage `lines` (`roster_staging`), then write what they mean. Absence deletes nobody.

    Raises Refused `moves`, and whatever the lines raise; nothing is written then.
    """
    await execute(sql.DROP_STAGE)
    await execute(sql.MAKE_STAGE)
    async with connection().acquire_connection() as raw:
        await raw.copy_to_table("roster_in", source=lines, columns=COLUMNS, null=NULL, format="text", timeout=None)
    await execute(sql.LOCK_ROSTER, f"roster:{school_id}:{cohort}")
    rows = await fetch_value(sql.COUNT_ROWS)
    if rows >= _WORTH_ANALYZING:
        await execute(sql.ANALYZE_STAGE)
    level = str(book.actor.level)
    await execute(sql.MATCH, school_id, cohort, level, OTHERS_NUMBER, OUTSIDE_LEVEL)
    await execute(sql.TWINS, TWICE)
    faults = tuple(RowFault(**f) for row in await fetch(sql.FAULTS) for f in json.loads(row["faults"]))
    if faults and not only_valid:
        return Taken(False, rows, faults=faults)
    taken = await _write(book, school_id, cohort, rows, faults, moves_confirmed=moves_confirmed)
    _note(book, school_id, cohort, taken, file_sha256)
    return taken


async def _write(
    book: Book, school_id: UUID, cohort: int, rows: int, faults: tuple[RowFault, ...], *, moves_confirmed: bool
) -> Taken:
    blocked = await execute(sql.BLOCK, school_id, cohort, book.now)
    moving = await fetch(sql.MOVING, school_id, cohort, book.now)
    if len(moving) > ROSTER_MOVES and not moves_confirmed:
        raise Refused(MANY_MOVES.format(count=len(moving)), guard="moves", count=len(moving))
    returning = await fetch(sql.RETURNING)
    known = await fetch_value(sql.KNOWN)
    flagged = await fetch_value(sql.FLAGGED) if known else 0
    changed = await execute(sql.CHANGE, book.now + STAFF_PHONE_RESTS) if known else 0
    added = await execute(sql.ADD, school_id, cohort, book.now, MOVED_NOTE)
    for row in returning:
        await thaw(book, row["id"], "roster")
    moved = [row for row in moving if await _move(book, row)]
    return Taken(
        written=True,
        rows=rows,
        added=added,
        changed=changed,
        unchanged=known - changed,
        restored=len(returning),
        moved=len(moved),
        blocked=blocked,
        flagged=flagged,
        faults=faults,
    )


async def _move(book: Book, row: Any) -> bool:
    present = await locked_entry(row["id"])
    if present is None or present["invalid_at"] is not None:
        return False
    await freeze(book, present, Cause.MOVED, MOVED_NOTE, foreign=not row["own"])
    return True


def _note(book: Book, school_id: UUID, cohort: int, taken: Taken, file_sha256: str) -> None:
    """One row for the file: its hash and counts (contracts 4)."""
    book.note(
        school_chain(school_id),
        "roster",
        school_id,
        "import_roster",
        cohort=cohort,
        file_sha256=file_sha256,
        rows=taken.rows,
        added=taken.added,
        changed=taken.changed,
        restored=taken.restored,
        moved=taken.moved,
        faulty=len({fault.line for fault in taken.faults}),
    )
