"""Room: a graduate disputes what staff did; a desk answers (dashboard.md 14).

Questions (人工) stand in the same table; `desk_questions` has them. Texts stand in the note alone: neither the journal
nor the notice of an answer repeats what a person wrote.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.db import execute, fetch, fetch_row, fetch_value
from models.kit import new_id
from models.parties import Party
from models.states import Flow, NoteKind, NoteStatus
from workflows.actors import require, require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.desk_questions import tell_answer
from workflows.commands.filled import fault
from workflows.disputes import ALREADY, LATEST, PLAIN, STEPS, last_disputable, refusal
from workflows.errors import NotFound, Refused
from workflows.journal import school_chain
from workflows.limits import DESK_NOTE_LENGTH
from workflows.notices import NOTICES
from workflows.owed import Reader, messages, words

ANSWERED = "这条留言已由{name}答复，请刷新后查看。"

_RECORD = """
SELECT r.id, r.school_id, r.cohort, r.graduate_id, r.department, r.level, g.invalid_at IS NOT NULL AS frozen
FROM records r JOIN graduates g ON g.id = r.graduate_id WHERE r.id = $1 AND r.flow = $2 AND """

_INSERT = """
INSERT INTO desk_notes (id, school_id, cohort, department, level, graduate_id, record_id, kind, about, text, created_at,
  status, answer, answered_by, answered_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', '', '')"""

_LOCK = """
SELECT n.id, n.school_id, n.graduate_id, n.record_id, n.kind, n.text, n.status, n.answered_name
FROM desk_notes n WHERE n.id = $1 AND """

_ANSWER = """
UPDATE desk_notes SET status = $2, answer = $3, answered_by = $4, answered_name = $5, answered_at = $6 WHERE id = $1"""

# Whom the answer goes to and what it is about; a note need not be about a record.
_ABOUT = """
SELECT g.id AS graduate_id, g.school_id, b.id AS binding_id, COALESCE(s.sms_fallback, TRUE) AS sms_fallback,
  r.id, r.flow, r.state, r.version, r.employer_name, r.destination_code, r.expires_at
FROM graduates g LEFT JOIN records r ON r.id = $2
LEFT JOIN bindings b ON b.graduate_id = g.id AND b.ended_at IS NULL AND b.following
LEFT JOIN settings s ON s.school_id = g.school_id AND s.cohort = g.cohort
WHERE g.id = $1"""


def _already() -> Refused:
    guard, sentence = ALREADY
    return Refused(sentence, guard=guard)


@command(clashes={"desk_notes_one_open_dispute": _already})
async def dispute(book: Book, flow: Flow, record_id: UUID, text: str = "") -> UUID:
    """对此有异议: dispute the last edit, forced or unilateral termination of an own record; the note's id.

    Raises Forbidden, NotFound, InvalidForm, Refused with guard `nothing_to_dispute`, `already_disputed`, `on_roster`.
    """
    require(book.actor, Party.GRADUATE)
    where, values = visible_to(book.actor).where(3, "r")
    record = await fetch_row(f"{_RECORD}{where}", record_id, str(flow), *values)
    if record is None:
        raise NotFound
    text = text.strip()
    if len(text) > DESK_NOTE_LENGTH[1]:
        fault("text", "too_long", f"异议内容最多 {DESK_NOTE_LENGTH[1]} 个字。")
    step = last_disputable(flow, await fetch(STEPS, record_id))
    refused = refusal(step, await fetch_value(LATEST, record_id), frozen=record["frozen"])
    if step is None or refused is not None:
        guard, sentence = refused or ("", "")
        raise Refused(sentence, guard=guard)
    note_id = new_id()
    await execute(
        _INSERT,
        note_id,
        record["school_id"],
        record["cohort"],
        record["department"],
        record["level"],
        record["graduate_id"],
        record_id,
        str(NoteKind.DISPUTE),
        step.action,
        text or PLAIN,
        book.now,
        str(NoteStatus.OPEN),
    )
    chain = school_chain(record["school_id"])
    book.note(chain, "desk_note", note_id, "dispute", record=str(record_id), flow=str(flow), about=step.action)
    return note_id


@command()
async def answer_note(book: Book, note_id: UUID, text: str) -> None:
    """Answer a note of the own desk; the graduate is told that there is an answer.

    Raises Forbidden, ReadOnly, NotFound, InvalidForm, Refused with guard `answered`.
    """
    require_write(book.actor, Party.DEPARTMENT, Party.SCHOOL)
    where, values = visible_to(book.actor).where(2, "n")
    row = await fetch_row(f"{_LOCK}{where} FOR UPDATE", note_id, *values)
    if row is None:
        raise NotFound
    text = text.strip()
    shortest, longest = DESK_NOTE_LENGTH
    if not shortest <= len(text) <= longest:
        fault("text", "bad_length", f"答复应为 {shortest} 至 {longest} 个字。")
    if row["status"] == NoteStatus.ANSWERED:
        raise Refused(ANSWERED.format(name=row["answered_name"]), guard="answered")
    answered = str(NoteStatus.ANSWERED)
    await execute(_ANSWER, note_id, answered, text, book.actor.key, book.actor.name[:40], book.now)
    if row["kind"] == NoteKind.QUESTION:
        await tell_answer(book, row, text)
    else:
        await _tell(book, row)
    book.note(school_chain(row["school_id"]), "desk_note", note_id, "answer_note", about=row["kind"])


async def _tell(book: Book, row: Any) -> None:
    found = await fetch_row(_ABOUT, row["graduate_id"], row["record_id"])
    if found is None or found["id"] is None:
        return
    reader = Reader(found["graduate_id"], found["school_id"], found["binding_id"], found["sms_fallback"])
    params = words(found, version=found["version"], at=book.now)
    for message in messages(f"{row['id']}", NOTICES["note_answered"], reader, found["id"], params, book.now):
        book.owe_row(message)
