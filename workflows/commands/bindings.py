"""Room: binding a WeChat account to a roster entry, and ending it (spec/wechat.md, Binding a person).

The way: WeChat names the openid (a visit, `tokens`) → name and ID number → a code by SMS to the phone on the roster →
a look at whom it is → bound. Until the code has come back every answer is the same whether the person exists or not,
and takes as long: for somebody who does not, the same is counted and written, and nothing is sent. The same claim and
code let somebody in without WeChat (`phone_sign_in`); binding by a scanned QR code is in `scenes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from models.codes import PAPER_RESIDENT_ID, table
from models.codes.identity import BadNumber, check_paper, person_name
from models.db import execute, fetch, fetch_row
from models.kit import fold, json_time, new_id, shanghai_day
from models.kit import now as clock
from models.parties import Party
from models.sql import acts
from models.sql import chat as sql
from models.states import Channel
from models.tables import Graduate, School
from models.vault import paper_index, seal
from workflows.actors import Actor, require
from workflows.commands import Book, command
from workflows.commands.deliveries import CODE_PLACE, TO_PLACE
from workflows.commands.sessions import actor_of_graduate, end_sessions
from workflows.commands.tokens import (
    VISITOR,
    Kind,
    Visit,
    check_code,
    draw_code,
    lock_visit,
    person_key,
    read_visit,
    write_visit,
)
from workflows.errors import Fault, Forbidden, InvalidForm, NotFound, RateLimited, Refused, Stale, Unauthenticated
from workflows.journal import school_chain
from workflows.limits import BIND_TRY, CODE_DAY, CODE_HOUR, CODE_MINUTE, Rate
from workflows.notices import NOTICES
from workflows.rates import Counter, spend

WRONG_CODE = "验证码不正确或已失效，请核对最近一条短信，或重新获取。"
OPENID_TAKEN = "openid_taken"
OPENID_TAKEN_SENTENCE = "本微信已绑定另一位同届毕业生；如需改绑，请先在公众号里回复“解绑”，再重新绑定。"

_CODES: tuple[tuple[str, Rate], ...] = (("minute", CODE_MINUTE), ("hour", CODE_HOUR), ("day", CODE_DAY))


def _visiting(visit: Visit | None) -> Visit:
    if visit is None:
        raise Unauthenticated("页面已过期，请从公众号重新打开绑定页面。")
    return visit


# --- whom the visitor says to be -----------------------------------------------------------------


async def ask_code(
    counter: Counter, token: str, name: str, id_number: str, address: str, paper: str = PAPER_RESIDENT_ID
) -> None:
    """Somebody says who it is: send a code to the phone that the roster has, if it has this person.

    `paper`: what the number is of, an entry of table `paper`.

    Returns nothing in either case. Raises Unauthenticated (no visit), InvalidForm, RateLimited; all of them
    judge what was typed and how often, never who exists. The counters fail closed.
    """
    visit = _visiting(await read_visit(token))
    name, number = _typed(name, id_number, paper)
    index = paper_index(paper, number)
    for key in (f"bind:wx:{visit.person}", f"bind:id:{index.hex()}"):
        await spend(counter, BIND_TRY, key, closed=True)
    # A campus shares one address, so there only the wrong tries count.
    await spend(counter, BIND_TRY, f"bind:at:{address}", add=False, closed=True)
    await spend_code(counter, "id", index)
    row = await fetch_row(sql.FIND_CLAIMED, index, name, clock())
    if row is None:
        await spend(counter, BIND_TRY, f"bind:at:{address}", closed=True)
    allowed = await _phone_allows(counter, (row["phone_bidx"] if row else None) or index)
    sends = row is not None and allowed and reachable(row, clock())
    phone = (row["phone_bidx"] or b"").hex() if row else ""
    school_id = row["school_id"] if row and sends else None
    await _send_code(VISITOR, token, row["id"] if row else _nobody(index), school_id, phone)


def reachable(row: Mapping[str, Any], now: datetime) -> bool:
    """A code may go to this graduate's number. One that staff entered rests first (`commands/phones.py`); meanwhile
    the answer is the same as ever.
    """
    return bool(row["phone_enc"]) and (row["phone_usable_at"] is None or row["phone_usable_at"] <= now)


def _typed(name: str, id_number: str, paper: str) -> tuple[str, str]:
    """What is certainly wrong is said, so that nobody waits for a code that cannot come."""
    name, number, faults = person_name(name), "", []
    if not 1 <= len(name) <= 50:
        faults.append(Fault("name", "required", "请填写姓名，与学校名单上的一致。"))
    if paper not in table("paper"):
        faults.append(Fault("id_kind", "unknown_code", "请选择证件类型。"))
    elif not id_number.strip():
        faults.append(Fault("id_number", "required", "请填写证件号码，与学校名单上的一致。"))
    else:
        try:
            number = check_paper(paper, id_number, shanghai_day(clock()))
        except BadNumber as bad:
            faults.append(Fault("id_number", bad.code, f"{bad.sentence}用其他证件的，请先选择证件类型。"))
    if faults:
        raise InvalidForm(faults)
    return name, number


async def _phone_allows(counter: Counter, phone: bytes) -> bool:
    """Limits of the number itself; past them nothing is sent and nothing is said, for it would name the person."""
    try:
        await spend_code(counter, "to", phone)
    except RateLimited:
        return False
    return True


async def spend_code(counter: Counter, what: str, index: bytes) -> None:
    """Count one code: for a paper (`id`) or a number (`to`), by blind index. Raises RateLimited; fails closed."""
    for span, rate in _CODES:
        await spend(counter, rate, f"code:{what}:{span}:{index.hex()}", closed=True)


def _nobody(index: bytes) -> UUID:
    """The id under which the tries at an unknown number are kept: always the same for the same number."""
    return uuid5(NAMESPACE_OID, index.hex())


def code_subject(claim: UUID, person: str) -> str:
    """A code works for the one who asked for it: the same person on another WeChat needs one of its own."""
    return f"{claim}:{person}"


@command(journaled=False)
async def _send_code(book: Book, token: str, claim: UUID, school_id: UUID | None, phone: str) -> None:
    visit = _visiting(await lock_visit(book, token))
    await write_visit(book, visit, claim=claim, proved=False, phone=phone)
    await owe_code(book, code_subject(claim, visit.person), claim, school_id)


async def owe_code(book: Book, subject: str, graduate_id: UUID, school_id: UUID | None, to: str = "") -> None:
    """Draw the subject's code and owe it by SMS: to the number on the roster, or to another (`to`, in clear).

    `school_id` None: as much is done, and nothing is sent.
    """
    code, until = await draw_code(book, subject)
    params = {"code": seal(CODE_PLACE, code), "until": json_time(until)}
    if to:
        params["to"] = seal(TO_PLACE, to)
    if school_id is None:
        await execute(acts.INSERT_OUTBOX, "[]", book.now)
        return
    book.owe(NOTICES["one_time_code"], Channel.SMS, graduate_id, params, school_id)


async def prove_code(counter: Counter, token: str, code: str) -> bool:
    """Is this the code that was sent? From then on the visit may be confirmed. Raises Unauthenticated, RateLimited."""
    visit = _visiting(await read_visit(token))
    await spend(counter, BIND_TRY, f"prove:wx:{visit.person}", closed=True)
    return await _prove(VISITOR, token, "".join(fold(code).split()))


@command(journaled=False)
async def _prove(book: Book, token: str, code: str) -> bool:
    visit = _visiting(await lock_visit(book, token))
    if visit.claim is None:
        return False
    if not await check_code(book, code_subject(visit.claim, visit.person), code):
        return False
    await write_visit(book, visit, claim=visit.claim, proved=True)
    # From now on the number is the person's own word: no roster file puts another in its place (roles.md, Roster).
    await execute(sql.CONFIRM_PHONE, visit.claim, bytes.fromhex(visit.phone))
    return True


@dataclass(frozen=True, slots=True)
class Claim:
    """The person whom a proved visit is about to bind; `actor` binds."""

    actor: Actor
    cohort: int
    school_name: str


async def read_claim(token: str) -> Claim | None:
    """Whom the visit has proved to be; None until the code has come back. Raises Unauthenticated."""
    visit = _visiting(await read_visit(token))
    graduate = await Graduate.get_or_none(id=visit.claim) if visit.proved else None
    if graduate is None:
        return None
    school = await School.get(id=graduate.school_id)
    return Claim(actor_of_graduate(graduate), graduate.cohort, school.name)


# --- bound and unbound ---------------------------------------------------------------------------


def lost_race() -> Stale:
    """Two bindings of one graduate or account at once: the second is told."""
    return Stale("绑定信息刚刚发生了变化，请从公众号重新打开绑定页面。")


@command(clashes={"bindings_live": lost_race})
async def bind(book: Book, token: str) -> UUID:
    """Bind the visit's WeChat account to the proved graduate; the binding's id. Binding again changes nothing.

    An older binding of the graduate ends, its WeChat account is told, and the graduate's sessions end with it.
    Raises Unauthenticated, Forbidden (another actor, nothing proved), Refused `openid_taken`, Stale.
    """
    require(book.actor, Party.GRADUATE)
    visit = _visiting(await lock_visit(book, token))
    if not visit.openid or not visit.proved or visit.claim is None or book.actor.graduate_id != visit.claim:
        raise Forbidden
    binding = await attach(book, visit.claim, visit.openid, visit.phone)
    await write_visit(book, visit, claim=visit.claim, proved=True, ended=True)
    return binding


async def attach(book: Book, graduate_id: UUID, openid: str, phone: str = "") -> UUID:
    """Within a command that has judged who it is: bind this WeChat account to the graduate; the binding's id.

    `phone`: the index (hex) of the number that showed who it is; where another stands there meanwhile, nobody is bound.

    Entries of the same person in other cohorts, unbound and with the same number on the roster, are bound with it: that
    number has just been shown to be theirs. Raises Forbidden (no such graduate), Refused `openid_taken`, Stale.
    """
    graduate = await fetch_row(sql.LOCK_GRADUATE, graduate_id)
    if graduate is None:
        raise Forbidden
    if phone and phone != (graduate["phone_bidx"] or b"").hex():
        raise lost_race()
    live = await fetch(sql.LOCK_BINDINGS, graduate["id"], openid, graduate["cohort"])
    if any(row["graduate_id"] != graduate["id"] for row in live):
        raise Refused(OPENID_TAKEN_SENTENCE, guard=OPENID_TAKEN)
    chain = school_chain(graduate["school_id"])
    for row in live:
        if row["openid"] == openid:
            book.note(chain, "graduate", graduate["id"], "bind_again", binding=str(row["id"]))
            found: UUID = row["id"]
            return found
    await _replace(book, live)
    binding = await _make(book, graduate, openid, replaced=[str(row["id"]) for row in live])
    same = (graduate["id"], graduate["id_bidx"], graduate["phone_bidx"], graduate["cohort"], openid, book.now)
    for twin in await fetch(sql.TWINS, *same):
        await _make(book, twin, openid, replaced=[])
    return binding


async def _make(book: Book, graduate: Mapping[str, Any], openid: str, replaced: list[str]) -> UUID:
    binding = new_id()
    values = [binding, graduate["school_id"], graduate["id"], graduate["cohort"], openid, book.now]
    await execute(sql.MAKE_BINDING, *values)
    chain = school_chain(graduate["school_id"])
    book.note(chain, "graduate", graduate["id"], "bind", binding=str(binding), replaced=replaced)
    return binding


async def _replace(book: Book, old: Sequence[Any]) -> None:
    await _end(book, old)
    for row in old:
        book.owe(NOTICES["binding_changed"], Channel.WECHAT, row["id"], {"at": json_time(book.now)}, row["school_id"])


async def _end(book: Book, rows: Sequence[Any]) -> None:
    """End bindings with everything that rests on them: sessions of the person, numbers given out in the chat."""
    if not rows:
        return
    await execute(sql.END_BINDINGS, [row["id"] for row in rows], book.now)
    for row in rows:
        await end_sessions(row["id"])
    for openid in {row["openid"] for row in rows}:
        await execute(sql.OUTDATE_MINTED, str(Kind.CHAT), person_key(openid), book.now, "")


async def release(book: Book, graduate_id: UUID, reason: str) -> list[UUID]:
    """Within a command of a desk: end the graduate's live binding because its account is lost; which it was.

    The account is told, for it may be in the hands of somebody who is not the graduate, or of the graduate after all.
    """
    rows = await fetch(sql.LOCK_LIVE, graduate_id)
    await _end(book, rows)
    for row in rows:
        book.owe(NOTICES["binding_lost"], Channel.WECHAT, row["id"], {"at": json_time(book.now)}, row["school_id"])
        chain = school_chain(row["school_id"])
        book.note(chain, "graduate", graduate_id, "unbind", binding=str(row["id"]), reason=reason)
    return [row["id"] for row in rows]


@command(journaled=False)
async def unbind(book: Book, openid: str, binding_id: UUID | None = None) -> int:
    """End this live binding of a WeChat account, or all of them, at its own wish; how many there were."""
    require(book.actor, Party.GRADUATE)
    rows = await fetch(sql.LOCK_BINDINGS_OF, openid)
    if rows and not any(row["graduate_id"] == book.actor.graduate_id for row in rows):
        raise Forbidden
    ended = [row for row in rows if binding_id in (None, row["id"])]
    await _end(book, ended)
    for row in ended:
        book.note(school_chain(row["school_id"]), "graduate", row["graduate_id"], "unbind", binding=str(row["id"]))
    return len(ended)


@command(journaled=False)
async def choose_binding(book: Book, openid: str, binding_id: UUID) -> None:
    """Chat and pages speak about this one of the account's bindings from now on; pages that spoke about another let
    the person in anew. Raises Forbidden, NotFound.
    """
    require(book.actor, Party.GRADUATE)
    if not await execute(sql.CHOOSE_BINDING, binding_id, openid, book.now):
        raise NotFound
    for row in await fetch(sql.LOCK_BINDINGS_OF, openid):
        if row["id"] != binding_id:
            await end_sessions(row["id"])


@command(journaled=False)
async def follow(book: Book, openid: str) -> None:  # noqa: ARG001  every command receives its book
    """The person follows the account (again): a live binding hears us, whatever we had to assume in between."""
    await execute(sql.FOLLOWS, openid)


@command(journaled=False)
async def unfollow(book: Book, openid: str) -> int:
    """The person no longer follows the account: bindings end, and what was on its way to one; the openid is forgotten
    (the platform's rule).
    """
    rows = await fetch(sql.LOCK_BINDINGS_OF, openid)
    await _end(book, rows)
    await execute(sql.FORGET_OPENID, openid, book.now)
    await execute(sql.OUTDATE_MINTED, str(Kind.VISIT), person_key(openid), book.now, "")
    await execute(sql.END_SCENES_OF, person_key(openid), book.now)
    for row in rows:
        book.note(school_chain(row["school_id"]), "graduate", row["graduate_id"], "unfollow", binding=str(row["id"]))
    return len(rows)
