"""Room: for each row of the access matrix the request that every kind of caller tries.

A row is prepared once (a fresh record in the state that the action needs); then each kind sends what somebody in its
place would send. Names of rows are `METHOD /address` for routes and `flow.action` for acts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.routes.receipts import sms_path
from models import kit
from models.parties import Party, ReviewMode
from models.states import EmployerStatus
from models.tables import OutboxRow, SigningSettings
from tests.harness.access_kinds import Cast
from tests.harness.callers import fresh_key
from tests.harness.world import (
    ALL_RW,
    DEPARTMENTS,
    PASSWORD,
    Desk,
    Firm,
    accept,
    accept_form,
    approve,
    credit_code,
    employer_form,
    handler_form,
    invite,
    invite_form,
    make_account,
    make_employer,
    reject_form,
    school_code,
    settings_form,
    username,
)
from workflows.commands.roster import invalidate_graduate
from workflows.commands.warnings import mark_employer

FLOW = "/v1/online_signing"


@dataclass(frozen=True, slots=True)
class Sent:
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


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
simple("PUT /v1/me/password", body={"old": "not-the-old-one", "new": "Another-2027"})
simple("POST /receipts/sms/{secret}", sms_path(), [])
simple("POST /v1/registry/{uscc}", f"/v1/registry/{credit_code()}")


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


# --- roster --------------------------------------------------------------------------------------


@row("GET /v1/graduates/{id}")
async def one_graduate(cast: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        return Sent("GET", f"/v1/graduates/{cast.own.graduate.id}")

    return attempt


@row("POST /v1/graduates/{id}/removal")
async def removal(cast: Cast) -> Try:
    person = await cast.subject()

    async def attempt(_: str) -> Sent:
        return Sent("POST", f"/v1/graduates/{person.id}/removal", {"reason": "已转入其他学校就读"})

    return attempt


@row("POST /v1/graduates/{id}/restoration")
async def restoration(cast: Cast) -> Try:
    person = await cast.subject()
    await invalidate_graduate(cast.own.school, person.id, "已转入其他学校就读")

    async def attempt(_: str) -> Sent:
        return Sent("POST", f"/v1/graduates/{person.id}/restoration")

    return attempt


# --- settings and accounts -----------------------------------------------------------------------


@row("GET /v1/settings/{cohort}")
async def settings(cast: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        return Sent("GET", f"/v1/settings/{cast.own.cohort}")

    return attempt


@row("PUT /v1/settings/{cohort}")
async def submit(cast: Cast) -> Try:
    """Each school on its own settings, as they are."""

    async def attempt(kind: str) -> Sent:
        world = cast.world(kind)
        present = await SigningSettings.get(school_id=world.school_id, cohort=world.cohort)
        form = settings_form(ReviewMode(present.review_mode))
        return Sent("PUT", f"/v1/settings/{world.cohort}", {"form": form, "version": present.version})

    return attempt


@row("POST /v1/handlers")
async def handlers(cast: Cast) -> Try:
    """The handler is set already, so whoever may is told that it stays."""

    async def attempt(_: str) -> Sent:
        form = {**handler_form(), "level": "postgraduate"}
        return Sent("POST", "/v1/handlers", {"cohort": cast.own.cohort, "form": form})

    return attempt


@row("POST /v1/accounts")
async def new_account(cast: Cast) -> Try:
    """One level below: a province for the own school, everybody else for a department."""

    async def attempt(kind: str) -> Sent:
        province = kind.startswith("province")
        form = {"username": username("new"), "display_name": "新账号", "level": "undergraduate", **ALL_RW}
        body: dict[str, Any] = {"party": "school" if province else "department", "form": form}
        if province:
            body["school"] = str(cast.own.school_id)
        else:
            form["department"] = DEPARTMENTS[0]
        return Sent("POST", "/v1/accounts", body)

    return attempt


def on_account(method: str, suffix: str, body: Any) -> None:
    @row(f"{method} /v1/accounts/{{id}}/{suffix}")
    async def prepare(cast: Cast) -> Try:
        department = cast.own.graduate.department
        desk = await make_account(cast.own.school, Party.DEPARTMENT, "院系审核员", department=department)

        async def attempt(_: str) -> Sent:
            return Sent(method, f"/v1/accounts/{desk.actor.id}/{suffix}", body)

        return attempt


on_account("PUT", "rights", {"form": {**ALL_RW, "level": "all"}, "confirmed": True})
on_account("POST", "disabling", {"confirmed": True})
on_account("POST", "enabling", None)
on_account("POST", "password", None)


# --- province ------------------------------------------------------------------------------------


@row("GET /v1/desk/{cohort}")
async def desk(cast: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        return Sent("GET", f"/v1/desk/{cast.own.cohort}")

    return attempt


@row("PUT /v1/desk/{cohort}/agreement_type")
async def agreement_type(cast: Cast) -> Try:
    """Each province its own, as it is."""

    async def attempt(kind: str) -> Sent:
        chosen = "three-party" if kind == "province_other" else "two-party"
        return Sent("PUT", f"/v1/desk/{cast.own.cohort}/agreement_type", {"agreement_type": chosen})

    return attempt


@row("POST /v1/schools")
async def new_school(_: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        return Sent("POST", "/v1/schools", {"code": school_code(), "name": "示范学院"})

    return attempt


@row("PUT /v1/schools/{id}/modules/{cohort}/{module}")
async def module(cast: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        path = f"/v1/schools/{cast.own.school_id}/modules/{cast.own.cohort}/archive"
        return Sent("PUT", path, {"open": True})

    return attempt


# --- employers -----------------------------------------------------------------------------------


@row("POST /v1/employers")
async def register(_: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        body = {"form": employer_form(), "username": username("firm"), "password": PASSWORD}
        return Sent("POST", "/v1/employers", body)

    return attempt


@row("PUT /v1/employers/current")
async def own_profile(cast: Cast) -> Try:
    async def attempt(kind: str) -> Sent:
        who = cast.people.get(kind)
        form = who.form if isinstance(who, Firm) else employer_form()
        return Sent("PUT", "/v1/employers/current", {"form": dict(form)})

    return attempt


@row("POST /v1/employers/current/users")
async def new_user(_: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        body = {"username": username("user"), "display_name": "新同事", "password": PASSWORD}
        return Sent("POST", "/v1/employers/current/users", body)

    return attempt


@row("GET /v1/employers/{id}")
async def one_employer(cast: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        return Sent("GET", f"/v1/employers/{cast.firm.id}")

    return attempt


@row("POST /v1/employers/{id}/decision")
async def decision(cast: Cast) -> Try:
    firm = await make_employer(cast.own, status=EmployerStatus.PENDING)

    async def attempt(_: str) -> Sent:
        return Sent("POST", f"/v1/employers/{firm.id}/decision", {"status": "verified"})

    return attempt


# --- warnings and deliveries ---------------------------------------------------------------------


def mark_form() -> dict[str, Any]:
    return {"employer_name": f"示例商贸{kit.new_id().hex[-8:]}公司"}


@row("POST /v1/warnings")
async def mark(_: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        return Sent("POST", "/v1/warnings", {"form": mark_form(), "reasons": ["discrimination"]})

    return attempt


def on_mark(method: str, body: Callable[[], Any]) -> None:
    @row(f"{method} /v1/warnings/{{id}}")
    async def prepare(cast: Cast) -> Try:
        async def attempt(_: str) -> Sent:
            marked = await mark_employer(cast.own.school, mark_form(), ["discrimination"])
            return Sent(method, f"/v1/warnings/{marked}", body())

        return attempt


on_mark("PUT", lambda: {"form": mark_form(), "reasons": ["discrimination"]})
on_mark("DELETE", lambda: None)


def on_delivery(method: str, suffix: str) -> None:
    @row(f"{method} /v1/deliveries/{{number}}/{suffix}")
    async def prepare(cast: Cast) -> Try:
        """The message that told the own graduate of an invitation; it has not failed, so nothing is sent again."""
        record = await invite(cast.own, await cast.subject())
        owed = await OutboxRow.filter(record_id=record.record_id).first()
        assert owed is not None

        async def attempt(_: str) -> Sent:
            return Sent(method, f"/v1/deliveries/{owed.id}/{suffix}")

        return attempt


on_delivery("GET", "tries")
on_delivery("POST", "again")
