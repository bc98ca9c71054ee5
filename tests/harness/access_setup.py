"""Room: rows of the access matrix: setting up, second factors, numbers shown whole, hand-overs of employers."""

from __future__ import annotations

from typing import Any

from models.store import MemoryStore
from models.tables import Account
from tests.harness.access_desks import mark_form
from tests.harness.access_kinds import Cast
from tests.harness.access_requests import Sent, Try, row, simple
from tests.harness.invented import handover_form
from tests.harness.world import DEPARTMENTS, PASSWORD, Firm, make_employer, username
from workflows.commands.employers import add_employer_user
from workflows.commands.handovers import ask_from
from workflows.commands.warnings import mark_employer

simple("GET /v1/desks")
simple("GET /v1/employers/current/users")
simple("GET /v1/search/warnings", "/v1/search/warnings?name=示例商贸")
simple("PUT /v1/employer_desk", body={"form": {"phone": "010-62345670", "hours": "工作日 9:00—17:00"}})
simple("PUT /v1/desks", body={"form": {"department": DEPARTMENTS[0], "phone": "010-62345670"}})


def of_cohort(name: str, path: str) -> None:
    @row(name)
    async def prepare(cast: Cast) -> Try:
        async def attempt(_: str) -> Sent:
            return Sent("GET", path.format(cohort=cast.own.cohort))

        return attempt


of_cohort("GET /v1/setup/{cohort}", "/v1/setup/{cohort}")
of_cohort("GET /v1/settings/{cohort}/mode_change", "/v1/settings/{cohort}/mode_change?mode=department-then-school")


def on_graduate(suffix: str) -> None:
    @row(f"POST /v1/graduates/{{id}}/{suffix}")
    async def prepare(cast: Cast) -> Try:
        async def attempt(_: str) -> Sent:
            path = f"/v1/graduates/{cast.own.graduate.id}/{suffix}"
            return Sent("POST", path, {"reason": "协助毕业生核对材料"})

        return attempt


on_graduate("terminations")
on_graduate("unmask")


def on_second_factor(method: str, path: str, body: dict[str, str]) -> None:
    @row(f"{method} {path}")
    async def prepare(_: Cast) -> Try:
        """Nobody has one yet."""
        await Account.all().update(totp_enc="", totp_at=None, totp_step=0)

        async def attempt(_: str) -> Sent:
            return Sent(method, path, body)

        return attempt


on_second_factor("POST", "/v1/me/totp", {"password": PASSWORD})
on_second_factor("PUT", "/v1/me/totp", {"code": "000000"})
on_second_factor("POST", "/v1/me/totp/removal", {"code": "000000"})


@row("GET /v1/warnings/{id}/cases")
async def cases(cast: Cast) -> Try:
    marked = await mark_employer(cast.own.school, mark_form(), ["discrimination"])

    async def attempt(_: str) -> Sent:
        return Sent("GET", f"/v1/warnings/{marked}/cases")

    return attempt


@row("POST /v1/employers/current/users/{id}/disabling")
async def disabling(cast: Cast) -> Try:
    user = await add_employer_user(cast.firm.actor, username("colleague"), "孙同事", PASSWORD)

    async def attempt(_: str) -> Sent:
        return Sent("POST", f"/v1/employers/current/users/{user}/disabling")

    return attempt


def application(firm: Firm) -> dict[str, Any]:
    return {"form": handover_form(firm.name, firm.uscc), "username": username("agent"), "password": PASSWORD}


@row("POST /v1/handovers")
async def ask(cast: Cast) -> Try:
    """Each for an employer of its own: one application at a time."""

    async def attempt(_: str) -> Sent:
        return Sent("POST", "/v1/handovers", application(await make_employer(cast.own)))

    return attempt


@row("POST /v1/handovers/{id}/decision")
async def decide(cast: Cast) -> Try:
    firm = await make_employer(cast.own)
    wish = application(firm)
    asked = await ask_from("192.0.2.1", MemoryStore(), wish["form"], wish["username"], wish["password"])

    async def attempt(_: str) -> Sent:
        return Sent("POST", f"/v1/handovers/{asked}/decision", {"approved": True})

    return attempt
