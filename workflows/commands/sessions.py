"""Room: signing in and out, and who a token belongs to: here the `Actor` of every person is made (contracts 8).

A token is random and opaque; stored is its SHA-256. Account, employer user or binding are read afresh at every
request, so that changed grants hold from the next one and a closed account or ended binding is out at once.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from models.db import execute, fetch_row
from models.kit import fold
from models.kit import now as clock
from models.parties import STAFF, Grant, Level, Module, Party
from models.sql import sessions as sql
from models.tables import Account, Binding, Employer, EmployerUser, Graduate, Session
from workflows.actors import Actor
from workflows.commands import Book, command
from workflows.commands.filled import fault
from workflows.commands.second_factor import pass_second_factor
from workflows.errors import Forbidden, InvalidForm, Unauthenticated
from workflows.journal import PLATFORM_CHAIN, province_chain, school_chain
from workflows.limits import (
    GRADUATE_ABSOLUTE,
    GRADUATE_IDLE,
    SEEN_EVERY,
    SIGN_IN,
    STAFF_ABSOLUTE,
    STAFF_IDLE,
)
from workflows.passwords import faults_of, hashed, matches
from workflows.rates import Counter, spend

WRONG = "用户名或密码不正确，请核对后重试。"
CLOSED = "该账号已停用，请联系上级用户。"
PASSWORD_FIRST = "首次登录或密码重置后，请先修改密码。"  # noqa: S105  a sentence, not a password
OLD_WRONG = "原密码不正确，请核对后重试。"

_NAME_LENGTH = 64

R = TypeVar("R", Account, EmployerUser)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened; the token is told this once."""

    token: str
    actor: Actor
    must_change: bool
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever holds a token. `ends_at` is the session's absolute end, `idle_at` the moment it ends unused; `rests_on`:
    the account or binding that the session ends with.
    """

    actor: Actor
    must_change: bool
    ends_at: datetime
    idle_at: datetime
    rests_on: UUID

    @property
    def binding_id(self) -> UUID | None:
        """The WeChat binding of a graduate's session; None for anybody else, and without WeChat."""
        return self.rests_on if self.actor.party is Party.GRADUATE and self.rests_on != self.actor.id else None


# --- actors --------------------------------------------------------------------------------------


def actor_of_account(row: Account) -> Actor:
    """A staff account as an actor."""
    return Actor(
        party=Party(row.party),
        id=row.id,
        name=row.display_name,
        school_id=row.school_id,
        province_id=row.province_id,
        department=row.department,
        level=Level(row.level),
        grants=_grants(row.grants),
    )


def _grants(kept: Mapping[str, str]) -> dict[Module, Grant]:
    return {module: Grant(kept.get(module, Grant.NONE)) for module in Module}


def actor_of_employer_user(row: EmployerUser) -> Actor:
    """A person of an employer; what the employer's status allows is judged by the guards."""
    return Actor(party=Party.EMPLOYER, id=row.id, name=row.display_name, employer_id=_employer_id(row))


def actor_of_graduate(row: Graduate) -> Actor:
    """A roster entry acting for itself, from the chat or a phone page."""
    return Actor(
        party=Party.GRADUATE,
        id=row.id,
        name=row.name,
        school_id=row.school_id,
        department=row.department,
        level=Level(row.level),
    )


def _employer_id(row: EmployerUser) -> UUID:
    found: UUID = row.employer_id  # type: ignore[attr-defined]  # Tortoise adds the column behind the relation
    return found


# --- signing in ----------------------------------------------------------------------------------


def login_name(text: str) -> str:
    """How user names are stored and looked up: folded, small letters."""
    return fold(text).lower()[:_NAME_LENGTH]


async def sign_in_staff(username: str, password: str, address: str, *, counter: Counter, code: str = "") -> SignedIn:
    """Province, school and department accounts. `address`: the caller's, for the rate limit; `counter`: `models.store`;
    `code`: of the authenticator, for accounts that have a second factor.

    Raises Unauthenticated (one answer and one duration for unknown names and wrong passwords), RateLimited, and
    SecondFactor once the password is right.
    """
    name = login_name(username)
    await _try(counter, f"staff:{name}", address)
    row = await _verified(counter, await Account.get_or_none(username=name), password, address)
    if row.totp_at is not None:
        await pass_second_factor(actor_of_account(row), row.id, code)
    return await _open(actor_of_account(row), row.must_change)


async def sign_in_employer(username: str, password: str, address: str, *, counter: Counter) -> SignedIn:
    """A person of a registered employer, verified or not. Raises as `sign_in_staff` does."""
    name = login_name(username)
    await _try(counter, f"employer:{name}", address)
    row = await _verified(counter, await EmployerUser.get_or_none(username=name), password, address)
    return await _open(actor_of_employer_user(row), False)


async def open_graduate_session(binding_id: UUID) -> SignedIn:
    """A session of the phone pages for a live WeChat binding; it ends with the binding. Raises Unauthenticated."""
    actor = await _bound(binding_id)
    return await _open(actor, False, party_id=binding_id)


async def open_own_session(graduate_id: UUID) -> SignedIn:
    """The same without WeChat, for somebody who has just shown to be this graduate (`phone_sign_in`): it rests on the
    roster entry itself. Raises Unauthenticated.
    """
    return await _open(await _bound(graduate_id), False, party_id=graduate_id)


async def _try(counter: Counter, account: str, address: str) -> None:
    """Every try counts for the account (guesses at once are stopped too), only failed ones for the address: a whole
    school may sit behind one.
    """
    await spend(counter, SIGN_IN, f"sign-in:from:{address}", add=False)
    await spend(counter, SIGN_IN, f"sign-in:{account}")


async def _verified(counter: Counter, row: R | None, password: str, address: str) -> R:
    good = await matches(row.password if row else None, password)
    if row is None or not good:
        await counter.count(f"sign-in:from:{address}", SIGN_IN.times, SIGN_IN.seconds)
        raise Unauthenticated(WRONG)
    if row.disabled_at is not None:
        raise Unauthenticated(CLOSED)
    return row


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def is_session(digest: str, token: str) -> bool:
    """Whether the row of this digest is the session of this token."""
    return digest == _digest(token)


def _spans(party: Party) -> tuple[timedelta, timedelta]:
    """Idle and absolute limit."""
    return (GRADUATE_IDLE, GRADUATE_ABSOLUTE) if party is Party.GRADUATE else (STAFF_IDLE, STAFF_ABSOLUTE)


async def _open(actor: Actor, must_change: bool, party_id: UUID | None = None) -> SignedIn:
    token = secrets.token_urlsafe(32)
    ends_at = await _store(actor, _digest(token), party_id or actor.id)
    return SignedIn(token, actor, must_change, ends_at)


@command(journaled=False)
async def _store(book: Book, digest: str, party_id: UUID) -> datetime:
    ends_at = book.now + _spans(book.actor.party)[1]
    await Session.filter(party_id=party_id, ends_at__lt=book.now).delete()
    await Session(
        token_sha256=digest,
        party=str(book.actor.party),
        party_id=party_id,
        created_at=book.now,
        seen_at=book.now,
        ends_at=ends_at,
    ).save()
    return ends_at


# --- who holds a token ---------------------------------------------------------------------------


async def resolve(token: str) -> Actor:
    """The actor behind a token. Raises Unauthenticated, and Forbidden while a first password must be changed."""
    found = await bearer(token)
    if found.must_change:
        raise Forbidden(PASSWORD_FIRST)
    return found.actor


async def bearer(token: str) -> Bearer:
    """The same with the session's limits, also while the password must be changed (for /v1/me and that change)."""
    now, digest = clock(), _digest(token)
    row = await fetch_row(sql.BEARER, digest)
    if row is None or row["id"] is None:
        raise Unauthenticated
    actor, seen_at, ends_at = _actor(row), row["seen_at"], row["ends_at"]
    idle, _ = _spans(actor.party)
    if now > ends_at or now > seen_at + idle:
        raise Unauthenticated
    if now - seen_at >= SEEN_EVERY:
        await _seen(actor, digest)
        seen_at = now
    return Bearer(actor, row["must_change"], ends_at, min(seen_at + idle, ends_at), row["party_id"])


def _actor(row: Mapping[str, Any]) -> Actor:
    """Who stands in a row of `sql.BEARER`."""
    return Actor(
        party=Party(row["party"]),
        id=row["id"],
        name=row["name"],
        school_id=row["school_id"],
        province_id=row["province_id"],
        employer_id=row["employer_id"],
        department=row["department"],
        level=Level(row["level"]),
        grants=_grants(json.loads(row["grants"])) if row["grants"] else {},
    )


async def ended_graduate(token: str) -> Actor | None:
    """Whose session this was before it ran out, as long as its row is there. Opens nothing and shows nothing:

    what such a person had typed goes into the own draft, to be seen after signing in again.
    """
    row = await Session.get_or_none(token_sha256=_digest(token), party=str(Party.GRADUATE)) if token else None
    try:
        return await _bound(row.party_id) if row else None
    except Unauthenticated:
        return None


async def _bound(party_id: UUID) -> Actor:
    """A graduate's session names a live binding, or without WeChat the roster entry; no id is both."""
    binding = await Binding.get_or_none(id=party_id, ended_at=None)
    graduate = await Graduate.get_or_none(id=binding.graduate_id if binding else party_id)
    if graduate is None:
        raise Unauthenticated
    return actor_of_graduate(graduate)


@command(journaled=False)
async def _seen(book: Book, digest: str) -> None:
    await execute("UPDATE sessions SET seen_at = $2 WHERE token_sha256 = $1 AND seen_at < $2", digest, book.now)


# --- leaving, passwords --------------------------------------------------------------------------


async def sign_out(token: str) -> None:
    """End the session of this token; an unknown one is no fault."""
    row = await Session.get_or_none(token_sha256=_digest(token))
    if row is not None:
        await _leave(Actor(Party(row.party), row.party_id, ""), row.token_sha256)


@command(journaled=False)
async def _leave(book: Book, digest: str) -> None:  # noqa: ARG001  every command receives its book
    await Session.filter(token_sha256=digest).delete()


async def end_sessions(party_id: UUID, keep: str = "") -> None:
    """Within a command: end the sessions of an account, employer user, binding or, without WeChat, graduate; but not
    the one of the token `keep`.
    """
    ended = Session.filter(party_id=party_id)
    await (ended.exclude(token_sha256=_digest(keep)) if keep else ended).delete()


async def change_password(actor: Actor, old: str, new: str, *, keep: str = "", counter: Counter) -> None:
    """One's own password; other sessions of the account end, that of the token `keep` goes on.

    Raises InvalidForm, RateLimited, Forbidden (a party without passwords).
    """
    await spend(counter, SIGN_IN, f"sign-in:{actor.key}")
    await _change_password(actor, old, new, keep)


@command()
async def _change_password(book: Book, old: str, new: str, keep: str) -> None:
    row = await _own(book.actor)
    if not await matches(row.password, old):
        fault("old", "wrong_password", OLD_WRONG)
    if faults := faults_of(new, row.username, "new"):
        raise InvalidForm(faults)
    if old == new:
        fault("new", "same_password", "新密码不能与原密码相同。")
    row.password = await hashed(new)
    if isinstance(row, Account):
        row.must_change = False
    await row.save()
    await end_sessions(row.id, keep)
    book.note(await _chain(row), "account", row.id, "change_password", username=row.username)


async def _own(actor: Actor) -> Account | EmployerUser:
    row: Account | EmployerUser | None = None
    if actor.party in STAFF:
        row = await Account.filter(id=actor.id).select_for_update().first()
    elif actor.party is Party.EMPLOYER:
        row = await EmployerUser.filter(id=actor.id).select_for_update().first()
    if row is None:
        raise Forbidden
    return row


async def _chain(row: Account | EmployerUser) -> str:
    if isinstance(row, EmployerUser):
        return province_chain((await Employer.get(id=_employer_id(row))).province_id)
    if row.school_id is not None:
        return school_chain(row.school_id)
    return province_chain(row.province_id) if row.province_id else PLATFORM_CHAIN
