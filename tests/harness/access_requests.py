"""Room: for each row of the access matrix the request that every kind of caller tries: sessions and acts.

A row is prepared once (a fresh record in the state that the action needs); then each kind sends what somebody in its
place would send. Names of rows are `METHOD /address` for routes and `flow.action` for acts. The desks' rows stand in
`access_desks.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.harness.access_kinds import Cast
from tests.harness.callers import fresh_key
from tests.harness.world import (
    PASSWORD,
    Desk,
    Firm,
    accept,
    accept_form,
    approve,
    invite,
    invite_form,
    reject_form,
)

FLOW = "/v1/online_signing"


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
    "GET /v1/online_signing",
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
simple("POST /v1/search/online_signing", body={"name": "王"})
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


# --- acts ----------------------------------------------------------------------------------------


def acting(path: str, action: str, version: int, form: Mapping[str, Any]) -> Sent:
    headers = {"If-Match": f'"{version}"', "Idempotency-Key": fresh_key()}
    return Sent("POST", f"{path}/actions/{action}", {"form": dict(form)}, headers)


def on_record(cast: Cast, record: Any, action: str, form: Mapping[str, Any]) -> Try:
    """Everybody acts on the same record; the invalidated graduate on the own, frozen one."""

    async def attempt(kind: str) -> Sent:
        if kind == "graduate_invalidated":
            return acting(f"{FLOW}/{cast.frozen}", action, 1, form)
        return acting(f"{FLOW}/{record.record_id}", action, record.version, form)

    return attempt


@row("online_signing.invite")
async def inviting(cast: Cast) -> Try:
    person = await cast.subject()

    async def attempt(_: str) -> Sent:
        body = {"action": "invite", "form": invite_form(cast.own, person)}
        return Sent("POST", FLOW, body, {"Idempotency-Key": fresh_key()})

    return attempt


def on_invited(action: str, form: Mapping[str, Any] | None = None) -> None:
    @row(f"online_signing.{action}")
    async def prepare(cast: Cast) -> Try:
        person = await cast.subject()
        given = accept_form(person) if action == "accept" else form or {}
        return on_record(cast, await invite(cast.own, person), action, given)


on_invited("withdraw")
on_invited("accept")
on_invited("refuse", {"reason": "pay"})
on_invited("expire")
on_invited("supersede")


async def at_department(cast: Cast) -> Any:
    person = await cast.subject()
    return await accept(cast.own, await invite(cast.own, person), person)


def on_review(action: str, form: Mapping[str, Any]) -> None:
    @row(f"online_signing.{action}@review_department")
    async def first(cast: Cast) -> Try:
        return on_record(cast, await at_department(cast), action, form)

    @row(f"online_signing.{action}@review_school")
    async def second(cast: Cast) -> Try:
        return on_record(cast, await approve(cast.own, await at_department(cast)), action, form)


on_review("approve", {})
on_review("reject", reject_form())


def on_signed(action: str, form: Mapping[str, Any]) -> None:
    @row(f"online_signing.{action}")
    async def prepare(cast: Cast) -> Try:
        signed = await approve(cast.own, await approve(cast.own, await at_department(cast)))
        return on_record(cast, signed, action, form)


on_signed("edit", {"position_category": "11"})
on_signed("terminate", {})


@row("POST /v1/online_signing/bulk/approve")
async def in_bulk(cast: Cast) -> Try:
    record = await at_department(cast)

    async def attempt(_: str) -> Sent:
        items = [{"id": str(record.record_id), "version": record.version}]
        return Sent("POST", f"{FLOW}/bulk/approve", {"items": items}, {"Idempotency-Key": fresh_key()})

    return attempt


def reading(suffix: str) -> None:
    @row(f"GET /v1/online_signing/{{id}}{suffix}")
    async def prepare(cast: Cast) -> Try:
        record = await at_department(cast)

        async def attempt(kind: str) -> Sent:
            found = cast.frozen if kind == "graduate_invalidated" else record.record_id
            return Sent("GET", f"{FLOW}/{found}{suffix}")

        return attempt


reading("")
reading("/history")
