"""Room: rows of the access matrix: roster files, jobs, phones, reminders, questions to the EMS."""

from __future__ import annotations

from models.tables import School
from tests.harness.access_kinds import Cast
from tests.harness.access_requests import ROWS, Sent, Try, row, simple
from tests.harness.roster_files import csv_file
from tests.harness.world import Person, mobile, roster_row
from workflows.commands.lookups import ask_for

__all__ = ["ROWS"]

simple("GET /v1/roster/template.xlsx")


@row("POST /v1/roster/imports")
async def upload(cast: Cast) -> Try:
    """Each into its own school."""

    async def attempt(_: str) -> Sent:
        path = f"/v1/roster/imports?cohort={cast.own.cohort}"
        headers = {"Content-Type": "application/octet-stream"}
        return Sent("POST", path, headers=headers, content=csv_file([roster_row()]))

    return attempt


def on_job(method: str, suffix: str) -> None:
    @row(f"{method} /v1/jobs/{{id}}{suffix}")
    async def prepare(cast: Cast) -> Try:
        """A question of the own school to the EMS, which nobody works on here."""
        person = await cast.subject()

        async def attempt(_: str) -> Sent:
            return Sent(method, f"/v1/jobs/{await ask_for(cast.own.school, person.id)}{suffix}")

        return attempt


on_job("GET", "")
on_job("GET", "/file")
on_job("POST", "/cancellation")


@row("POST /v1/graduates/{id}/refresh")
async def refresh(cast: Cast) -> Try:
    person = await cast.subject()

    async def attempt(_: str) -> Sent:
        return Sent("POST", f"/v1/graduates/{person.id}/refresh")

    return attempt


@row("PUT /v1/graduates/{id}/phone")
async def phone(cast: Cast) -> Try:
    """Of the other graduate, who is signed in with WeChat and so changes it alone."""
    person = cast.people["graduate_other"]
    assert isinstance(person, Person)

    async def attempt(_: str) -> Sent:
        body = {"mobile": mobile(), "reason": "本人来电更正号码"}
        return Sent("PUT", f"/v1/graduates/{person.id}/phone", body)

    return attempt


@row("POST /v1/graduates/{id}/scene")
async def show_code(cast: Cast) -> Try:
    """Whoever may show one hears that the platform cannot be reached: here nothing answers outside."""
    person = await cast.subject()

    async def attempt(_: str) -> Sent:
        return Sent("POST", f"/v1/graduates/{person.id}/scene")

    return attempt


@row("GET /v1/graduates/{id}/scene")
async def watch_code(cast: Cast) -> Try:
    person = await cast.subject()

    async def attempt(_: str) -> Sent:
        return Sent("GET", f"/v1/graduates/{person.id}/scene")

    return attempt


@row("GET /v1/poster")
async def poster(cast: Cast) -> Try:
    """Of schools that have had their code made."""
    for world in (cast.own, cast.other, cast.abroad):
        await School.filter(id=world.school_id).update(poster_url="http://weixin.qq.com/q/02abc")

    async def attempt(_: str) -> Sent:
        return Sent("GET", "/v1/poster")

    return attempt


@row("POST /v1/reminders")
async def remind(cast: Cast) -> Try:
    person = await cast.subject()

    async def attempt(_: str) -> Sent:
        return Sent("POST", "/v1/reminders", {"list": "unregistered", "ids": [str(person.id)]})

    return attempt
