"""Room: many invitations by one file: each row checked when the file comes, sent by itself when the employer says so.

A row is sent once: its act has the row's own key, a row of the same content that was sent from any file of the employer
is not sent again, and an edited file meets the rule that one graduate has one open invitation of an employer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any, Final
from uuid import UUID

from models.db import execute, fetch_row, fetch_value
from models.kit import mask_id_number, new_id, shanghai_day
from models.kit import now as clock
from models.parties import Party
from models.sql import invitations as sql
from models.states import Flow
from models.vault import blind_index, seal, unseal
from workflows.actors import Actor, require
from workflows.commands import Book, command
from workflows.engine import act
from workflows.errors import Conflict, Fault, Forbidden, InvalidForm, NotFound, RateLimited, Refused
from workflows.forms import validate
from workflows.guards import EMPLOYER_VERIFIED
from workflows.intake.names import display_name
from workflows.invitation_reader import Line, read_rows
from workflows.invitation_rows import DIGITS_LOST, FORM, OWN, SCHOOL, data_of, sentences
from workflows.invitee import counted_misses
from workflows.limits import INVITATION_FILES, INVITATION_FORMS_LIVE
from workflows.queries.employers import own_employer
from workflows.queries.portal import find_schools
from workflows.rates import Counter, spend
from workflows.roster_files import BadFileError

PLACE: Final = "invitation_rows.form"
FIELD: Final = "file"
SECONDS: Final = 20.0
"""So long one request sends; the rows that are left wait for the next."""

NO_SCHOOL = "没有找到这所学校，请填写学校全称或 5 位代码。"
MANY_SCHOOLS = "有几所学校的名称与此相符，请填写学校全称或 5 位代码。"
DOUBLED = "与第 {line} 行是同一名毕业生，请只保留一行。"
AGAIN = "此前已用完全相同的内容发出过邀请，没有重复发出。如要再次邀请，请打开那份邀请，从那里重新发起。"
FORGOTTEN = "超过 7 天没有发出，填写的内容已清除；如仍要邀请，请重新上传。"


@dataclass(frozen=True, slots=True)
class Taken:
    """`known`: this employer has sent the same bytes before; the file is that one."""

    id: UUID
    known: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """One turn of sending. `left`: rows still wait; `retry_after`: seconds until look-ups are allowed again."""

    sent: int
    left: bool
    retry_after: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as it is written down. `cells`: as they were typed; `key`: whom it is about."""

    line: int
    school: str
    graduate_name: str
    id_masked: str
    form: Mapping[str, Any]
    cells: Mapping[str, str]
    faults: tuple[Fault, ...]
    key: tuple[str, str] | None = None


# --- taking a file -------------------------------------------------------------------------------


async def take_file(actor: Actor, counter: Counter, name: str, content: bytes) -> Taken:
    """Read and check a file; nothing is sent yet.

    Raises Forbidden, Refused (`employer_verified`), RateLimited, InvalidForm with the file's fault at `file`.
    """
    await _require_inviting(actor)
    digest = blind_index("invitation_file", content.hex()).hex()
    known = await fetch_value(sql.FILE_OF_DIGEST, actor.employer_id, digest)
    if known is not None:
        return Taken(known, known=True)
    await spend(counter, INVITATION_FILES, f"invitation_files:{actor.employer_id}")
    try:
        lines = await read_rows(content)
    except BadFileError as bad:
        raise InvalidForm([Fault(FIELD, "bad_file", bad.sentence)]) from None
    rows = _without_twins(await _checked(actor, lines))
    return await _write(actor, display_name(name), digest, [_stored(row) for row in rows])


async def _require_inviting(actor: Actor) -> None:
    require(actor, Party.EMPLOYER)
    if (await own_employer(actor))["status"] != "verified":
        raise Refused(EMPLOYER_VERIFIED.sentence, guard=EMPLOYER_VERIFIED.name)


async def _checked(actor: Actor, lines: Sequence[Line]) -> list[_Row]:
    profile = (await own_employer(actor))["profile"]
    own = {name: profile[name] for name in OWN if profile.get(name)}
    schools: dict[str, tuple[str, str] | str] = {}
    today = shanghai_day(clock())
    found = []
    for line in lines:
        text = line.cells.get(SCHOOL, "")
        if text and text not in schools:
            schools[text] = await _school(actor, text)
        found.append(_judged(line, own, schools.get(text, ""), {"today": today}))
    return found


async def _school(actor: Actor, text: str) -> tuple[str, str] | str:
    """Code and name of the school that a cell means; else the sentence that says why none."""
    found = await find_schools(actor, text, 2)
    exact = [school for school in found if school["name"] == text]
    if len(found) == 1 or exact:
        one = (exact or found)[0]
        return one["code"], one["name"]
    return MANY_SCHOOLS if found else NO_SCHOOL


def _judged(line: Line, own: Mapping[str, Any], school: tuple[str, str] | str, facts: Mapping[str, Any]) -> _Row:
    """The row with everything that is wrong in it, in the form's order."""
    known = isinstance(school, tuple)
    data = data_of(line.cells, own)
    if known:
        data[SCHOOL] = school[0]
    clean, faults = validate(FORM, data, facts)
    if not known and school:
        faults = (Fault(SCHOOL, "unknown_school", str(school)), *(f for f in faults if f.path != SCHOOL))
    if line.lost:
        faults = (*(f for f in faults if f.path not in line.lost), Fault(line.lost[0], "digits_lost", DIGITS_LOST))
    number = line.cells.get("id_number", "")
    return _Row(
        line=line.line,
        school=(school[1] if known else line.cells.get(SCHOOL, ""))[:120],
        graduate_name=line.cells.get("graduate_name", "")[:50],
        id_masked=mask_id_number(clean.get("id_number", number[:30])),
        form=clean,
        cells=line.cells,
        faults=tuple(faults),
        key=(school[0], clean["id_number"]) if known and "id_number" in clean else None,
    )


def _without_twins(rows: Sequence[_Row]) -> list[_Row]:
    """Of two rows about the same graduate the first counts."""
    first: dict[tuple[str, str], int] = {}
    found = []
    for row in rows:
        before = first.setdefault(row.key, row.line) if row.key else row.line
        twin = Fault("id_number", "doubled", DOUBLED.format(line=before))
        found.append(row if before == row.line else replace(row, faults=(*row.faults, twin)))
    return found


def _stored(row: _Row) -> dict[str, Any]:
    """What is right is kept until it is sent, what is wrong as it was typed, to be mended; both sealed."""
    good = not row.faults
    text = json.dumps(row.form if good else row.cells, ensure_ascii=False, sort_keys=True)
    return {
        "id": str(new_id()),
        "line": row.line,
        "school": row.school,
        "graduate_name": row.graduate_name,
        "id_masked": row.id_masked,
        "form": seal(PLACE, text),
        "digest": blind_index("invitation_row", text).hex() if good else "",
        "status": "waiting" if good else "faulty",
        "said": sentences(row.faults),
    }


@command(journaled=False)
async def _write(book: Book, name: str, digest: str, rows: Sequence[Mapping[str, Any]]) -> Taken:
    """A file is no fact about anybody; what is sent from it is journaled with its act."""
    employer = book.actor.employer_id
    made = await fetch_value(sql.ADD_FILE, new_id(), employer, book.actor.id, name, digest, book.now)
    if made is None:  # the second half of a double click
        return Taken(await fetch_value(sql.FILE_OF_DIGEST, employer, digest), known=True)
    await execute(sql.ADD_ROWS, made, employer, json.dumps(list(rows), ensure_ascii=False), book.now)
    return Taken(made, known=False)


# --- sending -------------------------------------------------------------------------------------


async def send_rows(actor: Actor, counter: Counter, file_id: UUID, seconds: float = SECONDS) -> Sent:
    """Send the rows that wait, one after the other, until time is up or too many look-ups found nobody.

    Raises NotFound (another employer's file), Forbidden, Refused (`employer_verified`).
    """
    await _require_own(actor, file_id)
    await _require_inviting(actor)
    until, line, sent = monotonic() + seconds, 0, 0
    while row := await fetch_row(sql.NEXT_WAITING, file_id, actor.employer_id, line):
        if monotonic() > until:
            return Sent(sent, left=True)
        try:
            sent += await _send(actor, counter, row)
        except RateLimited as limited:
            return Sent(sent, left=True, retry_after=limited.retry_after)
        line = row["line"]
    return Sent(sent, left=False)


async def _require_own(actor: Actor, file_id: UUID) -> None:
    require(actor, Party.EMPLOYER)
    if actor.employer_id is None:
        raise Forbidden
    if await fetch_row(sql.READ_FILE, file_id, actor.employer_id) is None:
        raise NotFound


async def _send(actor: Actor, counter: Counter, row: Mapping[str, Any]) -> bool:
    """One row; whether an invitation went out. Raises RateLimited, Refused where the employer itself may not invite."""
    before = await fetch_value(sql.SENT_BEFORE, actor.employer_id, row["digest"], row["id"])
    if before is not None:
        await _settle(actor, row["id"], "again", AGAIN, before)
        return False
    form = json.loads(unseal(PLACE, row["form"]))
    try:
        async with counted_misses(counter, actor):
            made = await act(actor, Flow.ONLINE_SIGNING, None, "invite", form, once=f"invitation_row:{row['id']}")
    except InvalidForm as refusal:
        await _settle(actor, row["id"], "refused", sentences(refusal.faults), None)
        return False
    except Conflict as refusal:
        if getattr(refusal, "guard", "") == EMPLOYER_VERIFIED.name:
            raise
        await _settle(actor, row["id"], "refused", refusal.detail, None)
        return False
    await _settle(actor, row["id"], "sent", "", made.record_id)
    return True


@command(journaled=False)
async def _settle(book: Book, row_id: UUID, status: str, said: str, record_id: UUID | None) -> None:
    await execute(sql.SETTLE, row_id, book.actor.employer_id, status, said[:1000], record_id, book.now)


async def retry_rows(actor: Actor, file_id: UUID) -> int:
    """Rows that were refused wait again, to be sent with the next turn; how many. Raises NotFound, Forbidden."""
    await _require_own(actor, file_id)
    return await _retry(actor, file_id)


@command(journaled=False)
async def _retry(book: Book, file_id: UUID) -> int:
    return await execute(sql.RETRY, file_id, book.actor.employer_id)


async def forget_forms(at: datetime | None = None) -> int:
    """What was filled in and not sent for days is forgotten; the number of rows."""
    moment = at or clock()
    return await execute(sql.FORGET_FORMS, moment - INVITATION_FORMS_LIVE, FORGOTTEN, moment)
