"""Room: rows of the access matrix for lists: queues, departed and voided, saved filters, hints, notes, own history."""

from __future__ import annotations

from typing import Any

from models import kit
from models.states import Flow, OnlineSigning
from tests.harness.access_kinds import Cast
from tests.harness.access_records import subject_at
from tests.harness.access_requests import Sent, Try, row, simple
from tests.harness.stepping import walk
from tests.harness.world import Desk
from workflows.commands.saved_filters import save_filter

for _name in ("GET /v1/invalidated", "GET /v1/voided", "GET /v1/filters", "GET /v1/me/history"):
    simple(_name)
simple("GET /v1/queues/{menu}", "/v1/queues/signing")
simple("POST /v1/search/queues/{menu}", "/v1/search/queues/signing", {"name": "王"})
simple("POST /v1/search/invalidated", body={"name": "王"})
simple("POST /v1/search/voided", body={"name": "王"})
for _name in ("statistics", "statistics/destinations", "statistics/trend"):
    simple(f"GET /v1/{_name}", f"/v1/{_name}?cohort={kit.now().year + 1}")
simple("POST /v1/hints", body={"flow": "destination", "form": {"position_category": "90"}})


@row("POST /v1/exports")
async def export(_: Cast) -> Try:
    async def attempt(_: str) -> Sent:
        return Sent("POST", "/v1/exports", {"kind": "selection", "menu": "signing"})

    return attempt


@row("GET /v1/voided/{id}")
async def one_voided(cast: Cast) -> Try:
    person = await cast.subject()
    await walk(cast.own, person, Flow.DESTINATION, "submit", "approve", "approve", "void")

    async def attempt(_: str) -> Sent:
        return Sent("GET", f"/v1/voided/{person.id}")

    return attempt


@row("POST /v1/filters")
async def keep_filter(_: Cast) -> Try:
    async def attempt(kind: str) -> Sent:
        return Sent("POST", "/v1/filters", {"menu": "signing", "name": kind, "filters": {"waits_on": "me"}})

    return attempt


def on_filter(method: str, body: Any) -> None:
    @row(f"{method} /v1/filters/{{id}}")
    async def prepare(cast: Cast) -> Try:
        """One that the own school's desk has kept: nobody else can reach it."""
        desk = cast.people["school_own"]
        assert isinstance(desk, Desk)
        kept = await save_filter(desk.actor, "signing", f"{method} 方案", {})

        async def attempt(_: str) -> Sent:
            return Sent(method, f"/v1/filters/{kept}", body)

        return attempt


on_filter("PUT", {"name": "改过的方案", "filters": {}})
on_filter("DELETE", None)


@row("POST /v1/records/{id}/notes")
async def note(cast: Cast) -> Try:
    record = await subject_at(cast, Flow.ONLINE_SIGNING, OnlineSigning.REVIEW_DEPARTMENT)

    async def attempt(_: str) -> Sent:
        return Sent("POST", f"/v1/records/{record.id}/notes", {"text": "已电话联系"})

    return attempt
