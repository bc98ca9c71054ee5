"""Room: `make load`: one service process under the national mix of the season's peak, for one minute.

Of 2,150 requests a second in the whole country 150 are acts and 2,000 reads (qualities.md). The same mix comes here
from so many people at once, each waiting for an answer before the next request, until the process is full: what it
then takes is what one process takes. `docs/scale.md` makes machines of it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict
from json import dumps

import httpx

from models import db
from models.config import settings
from tests.harness import wechat_wire as wire
from tests.harness.chat import bound
from tests.harness.world import (
    PASSWORD,
    Desk,
    Firm,
    World,
    accept,
    accept_form,
    add_graduates,
    invite,
    invite_form,
    make_world,
)
from tests.load.crowd import ACTS, READS, Crowd, Pair, Taken, crowd
from tests.load.serving import QUIET, fresh_database, processor_seconds, running
from workflows.commands import sessions
from workflows.queries.chat import bindings_of

SECONDS, SCHOOLS, PAIRS, SIGNED, GRADUATES = 60, 8, 4, 20, 120
"""A school's pairs of an employer and a graduate act for ever; its signed people are looked at."""
SERVICE = ("uvicorn", "api.app:app", "--port", "{port}", *QUIET)


async def run(seconds: int) -> tuple[dict[str, Taken], float]:
    """By `acts` and `reads` and by each kind of read, what the process took; its seconds of the processor."""
    keys = {"WQ_WECHAT_TOKEN": wire.TOKEN, "WQ_WECHAT_AES_KEY": wire.AES_KEY, "WQ_WECHAT_APP_ID": wire.APP_ID}
    async with fresh_database(durable=True):
        worlds = [await make_world(graduates=2) for _ in range(SCHOOLS)]
        with running(*SERVICE, path="/healthz", **keys, WQ_WECHAT_ACCOUNT=wire.ACCOUNT) as (port, pid):
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                people = await _crowd(worlds, client)
            await db.execute("ANALYZE")
            before = processor_seconds(pid)
            found = await asyncio.to_thread(crowd, port, people, seconds)
            return found, processor_seconds(pid) - before


async def _crowd(worlds: Sequence[World], client: httpx.AsyncClient) -> Crowd:
    made = Crowd(worlds[0].cohort)
    for world in worlds:
        people = await add_graduates(world, GRADUATES)
        openids = [await bound(world, person) for person in people]
        school, employer = await _signed_in(client, world.school_desk), await _signed_in(client, world.employer)
        made.openids.extend(openids[PAIRS:])
        made.schools.append(school)
        made.employers.append(employer)
        for person, openid in zip(people[:PAIRS], openids, strict=False):
            token = await _visiting(openid)
            forms = invite_form(world, person), accept_form(person)
            made.pairs.append(Pair(*forms, token, employer, school))
        for person, openid in zip(people[PAIRS : PAIRS + SIGNED], openids[PAIRS:], strict=False):
            record = await accept(world, await invite(world, person), person)
            made.graduates.append((await _visiting(openid), str(record.record_id)))
    return made


async def _visiting(openid: str) -> str:
    """A graduate's session, as the phone pages open it."""
    (binding,) = await bindings_of(openid)
    return (await sessions.open_graduate_session(binding.id)).token


async def _signed_in(client: httpx.AsyncClient, who: Desk | Firm) -> str:
    kind = "staff" if isinstance(who, Desk) else "employer"
    answer = await client.post("/v1/sessions", json={"kind": kind, "username": who.username, "password": PASSWORD})
    answer.raise_for_status()
    return str(answer.json()["token"])


def report(found: dict[str, Taken], processor: float) -> None:
    """A table, and what one request costs the service's own core, which a busy machine falsifies least."""
    write = sys.stdout.write
    write(f"\n{'what':<20}{'a second':>10}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}\n")
    for name, taken in found.items():
        write(f"{name:<20}{taken.rate:>10.1f}{taken.p50:>10.1f}{taken.p95:>10.1f}{taken.p99:>10.1f}\n")
    answered = found["acts"].answers + found["reads"].answers
    cost = 1000 * processor / answered
    write(f"\n{answered} requests, {cost:.2f} ms of the service's processor for each: ")
    write(f"a core takes {1000 / cost:.0f} a second, {(ACTS + READS) * cost / 1000:.1f} cores take the country's\n")
    target = settings().var / "load.json"
    target.write_text(dumps({name: asdict(taken) for name, taken in found.items()}, ensure_ascii=False, indent=1))
    write(f"\nwritten to {target}\n")


if __name__ == "__main__":
    report(*asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)))
