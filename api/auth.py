"""Room: who is calling, and which routes are for whom.

The JSON side knows one credential: `Authorization: Bearer <token>`. Cookies are never looked at here, so a foreign
page cannot make a browser act. What a rule lets through is still judged row by row in `workflows`; a rule only says
which parties a route is meant for, and `tests/contract/test_access_matrix.py` reads it from the view.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from quart import request

from models.parties import STAFF, Party
from workflows.actors import Actor, require
from workflows.commands import sessions
from workflows.errors import Forbidden, Unauthenticated

F = TypeVar("F", bound=Callable[..., Any])

_LONGEST = 200  # characters of a header that can be a credential of ours


@dataclass(frozen=True, slots=True)
class Rule:
    """The parties whom a route serves; none: everybody, signed in or not."""

    name: str
    parties: frozenset[Party] = frozenset()

    @property
    def public(self) -> bool:
        return not self.parties

    def admit(self, actor: Actor) -> None:
        """Raises Forbidden for a party that the route is not for."""
        if not self.public:
            require(actor, *self.parties)


def only(name: str, *parties: Party) -> Rule:
    return Rule(name, frozenset(parties))


ANYONE = Rule("anyone")
SIGNED_IN = only("signed_in", Party.GRADUATE, Party.EMPLOYER, *STAFF)
STAFF_ONLY = only("staff", *STAFF)
REVIEWERS = only("reviewers", Party.DEPARTMENT, Party.SCHOOL)
SCHOOL = only("school", Party.SCHOOL)
PROVINCE = only("province", Party.PROVINCE)
PARENTS = only("parents", Party.SCHOOL, Party.PROVINCE)
EMPLOYER = only("employer", Party.EMPLOYER)
GRADUATE = only("graduate", Party.GRADUATE)
SENDERS = only("senders", Party.GRADUATE, Party.EMPLOYER, Party.DEPARTMENT, Party.SCHOOL)

ATTRIBUTE = "actor_rule"


def route_rule(rule: Rule) -> Callable[[F], F]:
    """Name the rule of a view. Every view of the application has one; a test reads the route table."""

    def mark(view: F) -> F:
        setattr(view, ATTRIBUTE, rule)
        return view

    return mark


def rule_of(view: Any) -> Rule | None:
    found = getattr(view, ATTRIBUTE, None)
    return found if isinstance(found, Rule) else None


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in request. `session` names the session without being its token."""

    token: str
    bearer: sessions.Bearer

    @property
    def actor(self) -> Actor:
        return self.bearer.actor

    @property
    def session(self) -> str:
        return hashlib.sha256(self.token.encode()).hexdigest()[:32]


def token_of_request() -> str:
    """The bearer token of this request. Raises Unauthenticated when there is none."""
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip() or len(header) > _LONGEST:
        raise Unauthenticated
    return token.strip()


async def caller(*, first_password: bool = False) -> Caller:
    """Who is calling; rights are read anew with every request.

    Raises Unauthenticated, and Forbidden while a first password must be changed, but where `first_password` allows it.
    """
    token = token_of_request()
    found = Caller(token, await sessions.bearer(token))
    if found.bearer.must_change and not first_password:
        raise Forbidden(sessions.PASSWORD_FIRST)
    return found
