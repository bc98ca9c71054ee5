"""Room: rows of the access matrix: roster, settings, accounts, provinces, employers, warning units, deliveries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.routes.receipts import sms_path
from models import kit
from models.parties import Party, ReviewMode
from models.states import EmployerStatus
from models.tables import OutboxRow, SigningSettings
from tests.harness.access_kinds import Cast
from tests.harness.access_requests import Sent, Try, row, simple
from tests.harness.world import (
    ALL_RW,
    DEPARTMENTS,
    PASSWORD,
    Firm,
    credit_code,
    employer_form,
    handler_form,
    invite,
    make_account,
    make_employer,
    school_code,
    settings_form,
    username,
)
from workflows.commands.roster import invalidate_graduate
from workflows.commands.warnings import mark_employer

simple("POST /receipts/sms/{secret}", sms_path(), [])
simple("POST /v1/registry/{uscc}", f"/v1/registry/{credit_code()}")


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
