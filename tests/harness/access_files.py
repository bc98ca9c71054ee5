"""Room: rows of the access matrix: files, as they are sent and as they are read with a record."""

from __future__ import annotations

from uuid import UUID

from tests.harness.access_kinds import Cast
from tests.harness.access_requests import Sent, Try, row, simple
from tests.harness.files import hand_in, uploaded
from tests.harness.world import accept, invite
from workflows.commands.uploads import begin_upload

simple("POST /v1/files", body={"name": "证明.jpg", "total": 2})


async def _begun(cast: Cast) -> UUID:
    """An upload that the own graduate has begun."""
    return await begin_upload((await cast.subject()).actor, "证明.jpg", 2)


@row("PATCH /v1/files/{id}")
async def part(cast: Cast) -> Try:
    upload = await _begun(cast)
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}

    async def attempt(_: str) -> Sent:
        return Sent("PATCH", f"/v1/files/{upload}", headers=headers, content=b"x")

    return attempt


def on_begun(method: str, suffix: str = "") -> None:
    @row(f"{method} /v1/files/{{id}}{suffix}")
    async def prepare(cast: Cast) -> Try:
        upload = await _begun(cast)

        async def attempt(_: str) -> Sent:
            return Sent(method, f"/v1/files/{upload}{suffix}")

        return attempt


on_begun("GET", "/state")
on_begun("DELETE")


@row("GET /v1/files/{id}")
async def download(cast: Cast) -> Try:
    """A file that the own graduate has handed in with the own employer's record."""
    graduate = await cast.subject()
    record = await accept(cast.own, await invite(cast.own, graduate), graduate)
    upload = await uploaded(graduate.actor)
    await hand_in(cast.own, record.record_id, graduate.actor, [upload])

    async def attempt(_: str) -> Sent:
        return Sent("GET", f"/v1/files/{upload}")

    return attempt
