"""Room: numbers and words that work once: SMS codes, chat numbers, states of the web sign-in, visits of a phone page.

A token itself is known to its bearer only. Stored is a keyed digest of it together with whom it was made for, so
that a copy of the table opens nothing and a number works for nobody else. A token is used by marking its row under
a lock; the row stays until it is swept, so that "used up" and "never given out" can be told apart.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from models.db import execute, fetch_row
from models.kit import now as clock
from models.parties import Party
from models.sql import chat as sql
from models.states import Flow
from models.vault import blind_index, seal, session_key, unseal
from workflows.actors import NOBODY, Actor, require
from workflows.commands import Book, command
from workflows.limits import CHAT_NUMBER_LIVES, CODE_LIVES, CODE_TRIES, OAUTH_STATE_LIVES, VISIT_LIVES

VISITOR = Actor(Party.GRADUATE, NOBODY, "微信访客")  # somebody who opened a page and has not shown who it is

_VISIT_PLACE = "tokens.payload.openid"


class Kind(StrEnum):
    """What a token is for (`tokens.kind`)."""

    OTP = "otp"
    CHAT = "chat"
    OAUTH_STATE = "oauth_state"
    VISIT = "visit"
    QR = "qr"
    PHONE = "phone"


def digest(kind: str, *parts: str) -> str:
    """How a token, or whoever it belongs to, is named in a row; 32 hexadecimal characters under our own key."""
    return blind_index(f"token.{kind}", "\0".join(parts)).hex()


def person_key(openid: str) -> str:
    """How rows and counters outside `bindings` name a WeChat account."""
    return digest("openid", openid)


def signing_key(purpose: str) -> bytes:
    """A key of 32 bytes that signs what pages hand out and get back; another purpose, another key."""
    return hmac.digest(session_key(), purpose.encode(), sha256)


async def sweep_tokens(before: datetime) -> int:
    """Delete tokens that ran out before the moment; the number of rows."""
    return await execute(sql.SWEEP_MINTED, before)


async def _make(book: Book, kind: Kind, name: str, subject: str, payload: Mapping[str, Any], lives: timedelta) -> bool:
    text = json.dumps(payload, ensure_ascii=False)
    made = await fetch_row(sql.MINT, name, str(kind), subject, text, book.now, book.now + lives)
    return made is not None


async def _lock(kind: Kind, name: str) -> dict[str, Any] | None:
    row = await fetch_row(sql.LOCK_MINTED, name, str(kind))
    return {**row, "payload": json.loads(row["payload"])} if row else None


async def _use(book: Book, row: Mapping[str, Any]) -> None:
    await execute(sql.USE_UP, row["digest"], book.now, json.dumps(row["payload"], ensure_ascii=False))


# --- the web sign-in -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignInReturn:
    """Somebody came back from WeChat's sign-in with a state of ours. `again`: it was the second try already."""

    target: str
    again: bool
    same_browser: bool


@command(journaled=False)
async def open_state(book: Book, browser: str, target: str, again: bool = False) -> str:
    """A state for the sign-in address: 32 letters and digits, good once, only in the browser that holds `browser`."""
    state = secrets.token_hex(16)
    payload = {"browser": digest("browser", browser), "target": target, "again": again}
    await _make(book, Kind.OAUTH_STATE, digest(Kind.OAUTH_STATE, state), "", payload, OAUTH_STATE_LIVES)
    return state


@command(journaled=False)
async def use_state(book: Book, state: str, browser: str) -> SignInReturn | None:
    """Use up a state. None: never given out, used before, or run out."""
    row = await _lock(Kind.OAUTH_STATE, digest(Kind.OAUTH_STATE, state))
    if row is None or row["used_at"] is not None or row["expires_at"] < book.now:
        return None
    await _use(book, row)
    given = row["payload"]
    same = hmac.compare_digest(given["browser"], digest("browser", browser))
    return SignInReturn(given["target"], given["again"], same)


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser on its way to a binding, of whom WeChat has told the openid; or, without one, to a session by SMS.

    `claim`: whom it says to be (an id that exists or not); `proved`: the code that went to that person's phone came
    back; `phone`: the blind index of that phone, in hex.
    """

    name: str
    openid: str
    target: str
    claim: UUID | None
    proved: bool
    phone: str = ""

    @property
    def person(self) -> str:
        """Whom tries and codes count for: the WeChat account, else this visit alone."""
        return person_key(self.openid) if self.openid else self.name


@command(journaled=False)
async def open_visit(book: Book, openid: str, target: str) -> str:
    """The token that the browser keeps in a cookie. `openid`: empty outside WeChat."""
    token = secrets.token_urlsafe(24)
    payload = {"openid": seal(_VISIT_PLACE, openid) if openid else "", "target": target}
    subject = person_key(openid) if openid else ""
    await _make(book, Kind.VISIT, digest(Kind.VISIT, token), subject, payload, VISIT_LIVES)
    return token


async def read_visit(token: str) -> Visit | None:
    """The visit of a cookie; None when unknown, ended or run out."""
    row = await fetch_row(sql.READ_MINTED, digest(Kind.VISIT, token), str(Kind.VISIT)) if token else None
    if row is None or row["used_at"] is not None or row["expires_at"] < clock():
        return None
    return _visit(digest(Kind.VISIT, token), json.loads(row["payload"]))


async def lock_visit(book: Book, token: str) -> Visit | None:
    """For commands of a binding: the visit, kept for this transaction alone."""
    row = await _lock(Kind.VISIT, digest(Kind.VISIT, token))
    if row is None or row["used_at"] is not None or row["expires_at"] < book.now:
        return None
    return _visit(row["digest"], row["payload"])


def _visit(name: str, payload: Mapping[str, Any]) -> Visit:
    claim = payload.get("claim")
    return Visit(
        name=name,
        openid=unseal(_VISIT_PLACE, payload["openid"]) if payload["openid"] else "",
        target=payload["target"],
        claim=UUID(claim) if claim else None,
        proved=bool(payload.get("proved")),
        phone=payload.get("phone", ""),
    )


async def write_visit(
    book: Book, visit: Visit, *, claim: UUID, proved: bool, phone: str | None = None, ended: bool = False
) -> None:
    """Note how far a visit has come. `phone` None: as before."""
    payload = {
        "openid": seal(_VISIT_PLACE, visit.openid) if visit.openid else "",
        "target": visit.target,
        "claim": str(claim),
        "proved": proved,
        "phone": visit.phone if phone is None else phone,
    }
    if ended:
        await _use(book, {"digest": visit.name, "payload": payload})
    else:
        await execute(sql.REWRITE_MINTED, visit.name, json.dumps(payload, ensure_ascii=False))


# --- one-time codes by SMS -----------------------------------------------------------------------


async def draw_code(book: Book, subject: str) -> tuple[str, datetime]:
    """Six digits for this subject and when they run out; an earlier code of the subject is dead from now on.

    The code is kept as a keyed digest with a salt; in clear it exists in the caller's hand only.
    """
    code, salt = f"{secrets.randbelow(10**6):06d}", secrets.token_hex(8)
    name = digest(Kind.OTP, subject, salt, code)
    await execute(sql.OUTDATE_MINTED, str(Kind.OTP), subject, book.now, name)
    await _make(book, Kind.OTP, name, subject, {"salt": salt}, CODE_LIVES)
    return code, book.now + CODE_LIVES


async def check_code(book: Book, subject: str, code: str) -> bool:
    """Is this the subject's newest code? A right one is used up; a wrong one counts, and five end the code."""
    return not await check_codes(book, {subject: code})


async def check_codes(book: Book, given: Mapping[str, str]) -> list[str]:
    """The subjects whose newest code is another than the one given. Only when there are none, all are used up."""
    right, wrong = [], []
    for subject, code in given.items():
        row = await fetch_row(sql.LOCK_NEWEST_MINTED, str(Kind.OTP), subject)
        if row is None or row["used_at"] is not None or row["expires_at"] < book.now or row["tries"] >= CODE_TRIES:
            wrong.append(subject)
            continue
        payload = json.loads(row["payload"])
        if hmac.compare_digest(row["digest"], digest(Kind.OTP, subject, payload["salt"], code)):
            right.append({"digest": row["digest"], "payload": payload})
        else:
            await execute(sql.COUNT_MISS, row["digest"])
            wrong.append(subject)
    for found in () if wrong else right:
        await _use(book, found)
    return wrong


# --- tokens of other rooms -----------------------------------------------------------------------


async def mint(book: Book, kind: Kind, secret: str, subject: str, payload: Mapping[str, Any], lives: timedelta) -> None:
    """Within a command: a token known by `secret`; of this kind and subject it is the only one from now on."""
    name = digest(kind, secret)
    await execute(sql.OUTDATE_MINTED, str(kind), subject, book.now, name)
    await _make(book, kind, name, subject, payload, lives)


async def lock_minted(book: Book, kind: Kind, secret: str) -> dict[str, Any] | None:
    """The token of this secret with `digest`, `payload` and `tries`; None when unknown, used up or run out."""
    row = await _lock(kind, digest(kind, secret))
    return row if row and row["used_at"] is None and row["expires_at"] >= book.now else None


async def lock_newest(book: Book, kind: Kind, subject: str) -> dict[str, Any] | None:
    """The same for the subject's newest token of a kind."""
    row = await fetch_row(sql.LOCK_NEWEST_MINTED, str(kind), subject)
    if row is None or row["used_at"] is not None or row["expires_at"] < book.now:
        return None
    return {**row, "payload": json.loads(row["payload"])}


async def keep_minted(book: Book, row: Mapping[str, Any], *, ended: bool = False, missed: bool = False) -> None:
    """Write the payload of a locked token back; `ended`: it serves no longer; `missed`: one more wrong try."""
    if missed:
        await execute(sql.COUNT_MISS, row["digest"])
    if ended:
        await _use(book, row)
    else:
        await execute(sql.REWRITE_MINTED, row["digest"], json.dumps(row["payload"], ensure_ascii=False))


async def read_minted(kind: Kind, secret: str) -> dict[str, Any] | None:
    """The token of this secret, whatever became of it."""
    row = await fetch_row(sql.READ_MINTED, digest(kind, secret), str(kind))
    return {**row, "payload": json.loads(row["payload"])} if row else None


async def newest_minted(kind: Kind, subject: str) -> dict[str, Any] | None:
    """The subject's newest token of a kind, whatever became of it, with `used_at`, `expires_at` and `payload`."""
    row = await fetch_row(sql.NEWEST_MINTED, str(kind), subject)
    return {**row, "payload": json.loads(row["payload"])} if row else None


# --- numbers that confirm an act in the chat -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Intent:
    """The act that a number confirms: on this record, as it was shown (`version`), with this form."""

    flow: Flow
    record_id: UUID
    version: int
    action: str
    form: Mapping[str, Any] = field(default_factory=dict)


class NumberFault(StrEnum):
    """Why a number confirms nothing."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    USED = "used"
    OVERTAKEN = "overtaken"  # a newer number was given out since


@command(journaled=False)
async def issue_number(book: Book, openid: str, once: str, intent: Intent) -> str:
    """Four digits that confirm this act, for this WeChat account, for ten minutes. One lives at a time.

    `once` is the key of the message that is being answered: another delivery of it gives the same number.
    """
    require(book.actor, Party.GRADUATE)
    person = person_key(openid)
    payload = {
        "for": digest("once", once),
        "graduate": str(book.actor.id),
        "flow": str(intent.flow),
        "record": str(intent.record_id),
        "version": intent.version,
        "action": intent.action,
        "form": dict(intent.form),
    }
    for attempt in range(50):
        drawn = digest("number", person, once, str(intent.record_id), intent.action, str(attempt))
        number = str(1000 + int(drawn, 16) % 9000)
        name = digest(Kind.CHAT, person, number)
        if not await _make(book, Kind.CHAT, name, person, payload, CHAT_NUMBER_LIVES):
            row = await _lock(Kind.CHAT, name)
            if row is None or row["payload"].get("for") != payload["for"]:
                continue
        await execute(sql.OUTDATE_MINTED, str(Kind.CHAT), person, book.now, name)
        return number
    raise RuntimeError("no number left")


@command(journaled=False)
async def redeem_number(book: Book, openid: str, number: str, once: str) -> Intent | NumberFault:
    """What the number confirms; from now on it confirms nothing, except for another delivery of the same message."""
    require(book.actor, Party.GRADUATE)
    row = await _lock(Kind.CHAT, digest(Kind.CHAT, person_key(openid), number))
    if row is None or row["payload"]["graduate"] != str(book.actor.id):
        return NumberFault.UNKNOWN
    given, by = row["payload"], digest("once", once)
    if given.get("by", by) != by:
        return NumberFault.USED
    if "by" not in given:
        if row["used_at"] is not None:
            return NumberFault.OVERTAKEN
        if row["expires_at"] < book.now:
            return NumberFault.EXPIRED
        given["by"] = by
        await _use(book, row)
    return Intent(Flow(given["flow"]), UUID(given["record"]), given["version"], given["action"], given["form"])
