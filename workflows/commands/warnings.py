"""Room: 预警单位: a school marks an employer for its graduates and reviewers (roles.md; guide chapter 13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.codes import table
from models.kit import name_key, new_id
from models.parties import Party
from models.tables import WarningMark
from workflows.actors import own_school, require_write
from workflows.attaching import attach
from workflows.commands import Book, command
from workflows.commands.filled import filled
from workflows.errors import Fault, NotFound, Refused
from workflows.journal import school_chain

TWICE = "该单位已在本校的预警单位中，请直接修改原有记录。"


def _twice() -> Refused:
    return Refused(TWICE, guard="not_marked")


@command(clashes={"uid_warnings": _twice})
async def mark_employer(
    book: Book, form: Mapping[str, Any], reasons: Sequence[str], evidence: Sequence[UUID] = ()
) -> UUID:
    """Mark an employer by code, else by name (form `warning_mark`); `reasons`: codes of the table warning_reason;
    `evidence`: finished uploads of the actor's own.

    Raises Forbidden, ReadOnly, InvalidForm, Refused (`not_marked`).
    """
    require_write(book.actor, Party.SCHOOL)
    mark = WarningMark(id=new_id(), school_id=own_school(book.actor))
    await _write(book, mark, form, reasons, evidence)
    _note(book, mark, "mark_employer")
    return mark.id


@command(clashes={"uid_warnings": _twice})
async def edit_mark(
    book: Book, mark_id: UUID, form: Mapping[str, Any], reasons: Sequence[str], evidence: Sequence[UUID] = ()
) -> None:
    """Change a mark of one's own school; the journal keeps who made it. Raises as `mark_employer`, and NotFound."""
    require_write(book.actor, Party.SCHOOL)
    mark = await _own(book, mark_id)
    await _write(book, mark, form, reasons, evidence)
    _note(book, mark, "edit_mark")


@command()
async def unmark_employer(book: Book, mark_id: UUID) -> None:
    """Take a mark away; the journal keeps that it was there. Raises Forbidden, ReadOnly, NotFound."""
    require_write(book.actor, Party.SCHOOL)
    mark = await _own(book, mark_id)
    await mark.delete()
    _note(book, mark, "unmark_employer")


async def _own(book: Book, mark_id: UUID) -> WarningMark:
    mark = await WarningMark.filter(id=mark_id, school_id=own_school(book.actor)).select_for_update().first()
    if mark is None:
        raise NotFound
    return mark


async def _write(
    book: Book, mark: WarningMark, form: Mapping[str, Any], reasons: Sequence[str], evidence: Sequence[UUID]
) -> None:
    known = table("warning_reason")
    chosen = list(dict.fromkeys(reasons))
    unchosen = not chosen or any(reason not in known for reason in chosen)
    beside = [Fault("reasons", "unknown_code", "请至少选择一项预警原因。")] if unchosen else []
    clean = filled("warning_mark", form, beside)
    mark.uscc = clean.get("employer_uscc", "")
    mark.name = clean["employer_name"]
    mark.name_key = name_key(clean["employer_name"])
    mark.reasons = chosen
    mark.note = clean.get("note", "")
    mark.evidence = [str(one) for one in dict.fromkeys(evidence)]
    mark.marked_by = book.actor.id
    mark.marked_at = book.now
    await mark.save()
    await attach(book.actor, mark.school_id, mark.id, 1, "evidence", evidence, book.now)


def _note(book: Book, mark: WarningMark, action: str) -> None:
    book.note(
        school_chain(mark.school_id),
        "warning",
        mark.id,
        action,
        name=mark.name,
        uscc=mark.uscc,
        reasons=mark.reasons,
        evidence=len(mark.evidence or []),
    )
