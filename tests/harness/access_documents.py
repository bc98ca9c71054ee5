"""Room: rows of the access matrix: agreements and their files."""

from __future__ import annotations

from models.tables import Agreement
from tests.harness.access_kinds import Cast
from tests.harness.access_requests import ROWS, Sent, Try, row
from tests.harness.world import sign

__all__ = ["ROWS"]


async def signed(cast: Cast) -> str:
    """The number of an agreement of the own graduate with the own employer."""
    outcome = await sign(cast.own, await cast.subject())
    return (await Agreement.get(record_id=outcome.record_id)).number


def reading(suffix: str) -> None:
    @row(f"GET /v1/agreements/{{agreement_no}}{suffix}")
    async def prepare(cast: Cast) -> Try:
        number = await signed(cast)

        async def attempt(_: str) -> Sent:
            return Sent("GET", f"/v1/agreements/{number}{suffix}")

        return attempt


reading("")
reading("/file")


@row("POST /v1/agreements/archive")
async def archive(cast: Cast) -> Try:
    numbers = [await signed(cast), await signed(cast)]

    async def attempt(kind: str) -> Sent:
        # A graduate holds one agreement: the own one is the second.
        wanted = numbers[1:] if kind == "graduate_own" else numbers
        return Sent("POST", "/v1/agreements/archive", {"numbers": wanted})

    return attempt
