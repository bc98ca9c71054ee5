"""Room: for each row of the access matrix the request that every kind of caller tries: what rows are, and sessions.

A row is prepared once (a fresh record in the state that the action needs); then each kind sends what somebody in its
place would send. Names of rows are `METHOD /address` for routes and `flow.action` for acts. The records' rows stand in
`access_records.py`, the desks' in `access_desks.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.harness.access_kinds import Cast
from tests.harness.world import PASSWORD, Desk, Firm


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None  # instead of JSON


Try = Callable[[str], Awaitable[Sent]]
Row = Callable[[Cast], Awaitable[Try]]

ROWS: dict[str, Row] = {}


def row(name: str) -> Callable[[Row], Row]:
    def add(prepare: Row) -> Row:
        ROWS[name] = prepare
        return prepare

    return add


def simple(name: str, path: str = "", body: Any = None) -> None:
    """A route that needs nothing made for it."""
    method, address = name.split(" ")

    async def prepare(_: Cast) -> Try:
        async def attempt(_: str) -> Sent:
            return Sent(method, path or address, body)

        return attempt

    ROWS[name] = prepare


for _name in (
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /v1/catalog",
    "GET /v1/me",
    "GET /v1/home",
    "GET /v1/openings",
    "GET /v1/graduates",
    "GET /v1/accounts",
    "GET /v1/employers",
    "GET /v1/employers/current",
    "GET /v1/employers/current/inbox",
    "GET /v1/warnings",
    "GET /v1/deliveries",
    "GET /v1/deliveries/counts",
):
    simple(_name)
simple("GET /v1/catalog/codes/{table}", "/v1/catalog/codes/sex")
simple("POST /v1/search/graduates", body={"name": "王"})
simple("PUT /v1/me/password", body={"old": "not-the-old-one", "new": "Another-2027"})


# --- sessions ------------------------------------------------------------------------------------


@row("POST /v1/sessions")
async def sign_in(cast: Cast) -> Try:
    """With one's own name and password; who has none tries the school's."""

    async def attempt(kind: str) -> Sent:
        who = cast.people.get(kind)
        if not isinstance(who, Desk | Firm):
            who = cast.own.school_desk
        body = {"kind": "staff" if isinstance(who, Desk) else "employer", "username": who.username}
        return Sent("POST", "/v1/sessions", {**body, "password": PASSWORD})

    return attempt


@row("DELETE /v1/sessions/current")
async def sign_out(cast: Cast) -> Try:
    """Of a session opened for this; a disabled account has only the old one."""

    async def attempt(kind: str) -> Sent:
        token = await cast.open(kind) if kind != "staff_disabled" else cast.tokens[kind]
        return Sent("DELETE", "/v1/sessions/current", headers={"Authorization": f"Bearer {token}"} if token else {})

    return attempt
