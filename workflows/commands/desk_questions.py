"""Room: 人工: a graduate asks the desk a question in the chat; its answer goes back into the chat, or as a notice.

Questions stand in the table of disputes, with the record that the chat attached. Whoever is off the roster may ask
too: that is when one has to. The journal does not repeat what a person wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from models.db import execute, fetch_row, fetch_value
from models.kit import json_time, mask_id_number, new_id
from models.parties import Party
from models.states import Channel, NoteKind, NoteStatus
from models.vault import seal
from workflows.actors import require
from workflows.commands import Book, command
from workflows.commands.deliveries import ANSWER_PLACE
from workflows.commands.filled import fault
from workflows.errors import NotFound, RateLimited, Refused
from workflows.journal import school_chain
from workflows.limits import DESK_NOTE_LENGTH, DESK_QUESTIONS
from workflows.notices import NOTICES, QUESTION_ANSWERED
from workflows.owed import Reader, messages

ALREADY: Final = "这个问题已经转给老师，还在等待答复。"
TOO_MANY: Final = "您今天的留言已达上限，请等待答复，急事请打电话联系学校。"
QUOTED: Final = 60  # characters of the question that stand above its answer

_LONG_NUMBER = re.compile("[0-9０-９]{14,}[0-9Xx０-９Ｘｘ]")

_GRADUATE = "SELECT id, school_id, cohort, department, level FROM graduates WHERE id = $1 FOR UPDATE"
_OWN_RECORD = "SELECT 1 FROM records WHERE id = $1 AND graduate_id = $2"
_ASKED = "SELECT count(*) FROM desk_notes WHERE graduate_id = $1 AND kind = 'question' AND created_at > $2"
_SAME = """
SELECT 1 FROM desk_notes WHERE graduate_id = $1 AND kind = 'question' AND status = 'open' AND text = $2"""

_INSERT = """
INSERT INTO desk_notes (id, school_id, cohort, department, level, graduate_id, record_id, kind, about, text, created_at,
  status, answer, answered_by, answered_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $11, '', '', '')"""

_READER = """
SELECT g.id, g.school_id, b.id AS binding_id, COALESCE(s.sms_fallback, TRUE) AS sms_fallback
FROM graduates g LEFT JOIN bindings b ON b.graduate_id = g.id AND b.ended_at IS NULL AND b.following
LEFT JOIN settings s ON s.school_id = g.school_id AND s.cohort = g.cohort
WHERE g.id = $1"""


@command()
async def ask_desk(book: Book, text: str, record_id: UUID | None = None) -> UUID:
    """Put a question to the desk of the actor's department; the note's id.

    `record_id`: an own record that it is about. Long numbers are masked: nobody needs them to answer.
    Raises Forbidden, NotFound, InvalidForm, RateLimited; Refused with guard `already_asked`.
    """
    require(book.actor, Party.GRADUATE)
    graduate = await fetch_row(_GRADUATE, book.actor.id)
    if graduate is None or (record_id and await fetch_value(_OWN_RECORD, record_id, graduate["id"]) is None):
        raise NotFound
    text = _LONG_NUMBER.sub(lambda found: mask_id_number(found[0]), text.strip())
    shortest, longest = DESK_NOTE_LENGTH
    if not shortest <= len(text) <= longest:
        fault("text", "bad_length", f"问题应为 {shortest} 至 {longest} 个字。")
    if await fetch_value(_SAME, graduate["id"], text) is not None:
        raise Refused(ALREADY, guard="already_asked")
    if await fetch_value(_ASKED, graduate["id"], book.now - DESK_QUESTIONS.window) >= DESK_QUESTIONS.times:
        raise RateLimited(TOO_MANY, retry_after=DESK_QUESTIONS.seconds)
    note_id = new_id()
    await execute(
        _INSERT,
        note_id,
        graduate["school_id"],
        graduate["cohort"],
        graduate["department"],
        graduate["level"],
        graduate["id"],
        record_id,
        str(NoteKind.QUESTION),
        text,
        book.now,
        str(NoteStatus.OPEN),
    )
    about = {"record": str(record_id)} if record_id else {}
    book.note(school_chain(graduate["school_id"]), "desk_note", note_id, "ask_desk", **about)
    return note_id


async def tell_answer(book: Book, note: Mapping[str, Any], answer: str) -> None:
    """For the command that answers: owe the answer to whoever asked.

    In WeChat it goes as it is while the person's window is open, so it travels sealed until it has left; the template
    message and the SMS only say that there is one.
    """
    found = await fetch_row(_READER, note["graduate_id"])
    if found is None:
        return
    reader = Reader(found["id"], found["school_id"], found["binding_id"], found["sms_fallback"])
    notice = NOTICES[QUESTION_ANSWERED]
    for message in messages(str(note["id"]), notice, reader, note["record_id"], {"at": json_time(book.now)}, book.now):
        if message["channel"] == Channel.WECHAT:
            message["params"]["text"] = seal(ANSWER_PLACE, spoken(note["text"], answer))
        book.owe_row(message)


def spoken(question: str, answer: str) -> str:
    """The answer as it is said in the chat."""
    quoted = question if len(question) <= QUOTED else question[: QUOTED - 1] + "…"
    return f"学校答复了您的问题“{quoted}”：\n{answer}\n还有疑问请回复“人工”继续留言。"
