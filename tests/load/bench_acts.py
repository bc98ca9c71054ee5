"""Room: the act's bench: accepting an invitation through the engine, against the same SQL by raw asyncpg.

The rival runs the engine's own statements with ready-made parameters in one transaction: no rules, no hashing, no
sealing, no forms. Both sides work on fresh invitations of the same worlds, one school per client.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from models import db, kit
from models.postgres import credentials
from models.sql import acts as sql
from models.states import Flow
from tests.harness.world import Person, World, accept_form, add_graduates, invite, make_world
from tests.load.serving import SERVER_CORE, fresh_database
from workflows.engine import act
from workflows.notices import FADING

CLIENTS = (1, 8)
ACTS_EACH = 25
_FADING = sorted(FADING)
_ACCEPTED = {"state": "review_school", "slot": True, "waits_on": "school", "submitted_by": "graduate"}


@dataclass(frozen=True)
class Offer:
    """An invitation that waits for its graduate."""

    world: World
    person: Person
    record_id: UUID


async def rounds(count: int) -> dict[int, list[tuple[float, float]]]:
    """By number of clients: interleaved (ours, rival) acts per second."""
    async with fresh_database(size=max(CLIENTS) + 2) as url, AsyncExitStack() as lines:
        raw = [await lines.enter_async_context(_line(url)) for _ in range(max(CLIENTS))]
        worlds = [await make_world(graduates=1) for _ in range(max(CLIENTS))]
        await _check(worlds[0], raw[0])
        os.sched_setaffinity(0, {SERVER_CORE})
        return {n: [await _round(worlds[:n], raw) for _ in range(count)] for n in CLIENTS}


@asynccontextmanager
async def _line(url: str) -> AsyncIterator[asyncpg.Connection]:
    found = credentials(url)
    line = await asyncpg.connect(**{name: found.get(name) for name in ("host", "port", "user", "password", "database")})
    try:
        yield line
    finally:
        await line.close()


async def _check(world: World, line: asyncpg.Connection) -> None:
    """Do both sides run the same statements? Else the rival has fallen behind the engine."""
    ours, first, theirs = await _offers(world, 3)
    await _rival(line, first)  # the driver asks for types when it first meets them
    engine: list[str] = []
    async with db.transaction() as client:
        with client._connection.query_logger(lambda told: engine.append(told.query)):
            await _ours(ours)
    rival: list[str] = []
    with line.query_logger(lambda told: rival.append(told.query)):
        await _rival(line, theirs)
    if _bare(engine) != _bare(rival):
        raise RuntimeError("the rival no longer runs the engine's statements")


def _bare(statements: list[str]) -> list[str]:
    return [text for text in statements if not text.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]


async def _round(worlds: Sequence[World], raw: Sequence[asyncpg.Connection]) -> tuple[float, float]:
    ours = await _timed(worlds, lambda offer, _: _ours(offer))
    rival = await _timed(worlds, lambda offer, client: _rival(raw[client], offer))
    return ours, rival


async def _timed(worlds: Sequence[World], once: Callable[[Offer, int], Awaitable[None]]) -> float:
    """Acts per second over all clients, each working through its own school's invitations."""
    piles = [await _offers(world) for world in worlds]

    async def client(number: int) -> None:
        for offer in piles[number]:
            await once(offer, number)

    began = time.perf_counter()
    await asyncio.gather(*(client(n) for n in range(len(piles))))
    return sum(len(p) for p in piles) / (time.perf_counter() - began)


async def _offers(world: World, count: int = ACTS_EACH) -> list[Offer]:
    people = await add_graduates(world, count)
    return [Offer(world, person, (await invite(world, person)).record_id) for person in people]


async def _ours(offer: Offer) -> None:
    form = accept_form(offer.person)
    await act(
        offer.person.actor, Flow.ONLINE_SIGNING, offer.record_id, "accept", form, version=1, once=str(kit.new_id())
    )


async def _rival(connection: asyncpg.Connection, offer: Offer) -> None:
    act_id, now, world = kit.new_id(), kit.now(), offer.world
    chain = f"school:{world.school_id}"
    async with connection.transaction():
        fetch, execute = connection.fetch, connection.execute
        key = await fetch(sql.CLAIM_KEY, f"graduate:{offer.person.id}", str(act_id), "0" * 32, act_id, now)
        people = await fetch(sql.LOCK_PERSON, None, offer.record_id)
        record = (await fetch(sql.LOCK_RECORDS, [p["id"] for p in people], offer.record_id))[0]
        school, cohort, graduate = record["school_id"], record["cohort"], record["graduate_id"]
        await fetch(sql.LOCK_SETTINGS, school, cohort)
        place = record["level"], record["department"], record["employer_id"]
        await fetch(sql.READ_FACTS, school, cohort, *place, graduate, record["employer_uscc"])
        moved = {**record, **_ACCEPTED, "waiting_since": now, "submitted_at": now}
        await execute(sql.MOVE_RECORD, offer.record_id, "invited", 1, *(moved[name] for name in sql.CHANGED))
        await execute(sql.OUTDATE, offer.record_id, _FADING, now)
        await execute(sql.INSERT_INBOX_NOTES, json.dumps([_note(offer, act_id)]), now)
        await execute(sql.ANSWER_KEY, key[0]["id"], '{"state": "review_school"}')
        head = (await fetch(sql.LOCK_HEAD, chain))[0]
        row = _journal(chain, head["seq"] + 1, act_id, offer)
        await execute(sql.INSERT_JOURNAL, json.dumps([row]), now)
        await execute(sql.MOVE_HEAD, chain, row["seq"], row["hash"])


def _note(offer: Offer, act_id: UUID) -> dict[str, object]:
    return {
        "id": str(kit.new_id()),
        "key": f"{act_id}:{offer.record_id}:invitation_accepted",
        "employer_id": str(offer.world.employer.id),
        "record_id": str(offer.record_id),
        "notice": "invitation_accepted",
        "params": {"employer": offer.world.employer.name},
    }


def _journal(chain: str, seq: int, act_id: UUID, offer: Offer) -> dict[str, object]:
    return {
        "chain": chain,
        "seq": seq,
        "act_id": str(act_id),
        "actor": f"graduate:{offer.person.id}",
        "party": "graduate",
        "subject_kind": "record",
        "subject_id": str(offer.record_id),
        "flow": "online_signing",
        "action": "accept",
        "from_state": "invited",
        "to_state": "review_school",
        "version": 2,
        "detail": {"by": offer.person.name},
        "detail_sha256": "0" * 64,
        "prev": "0" * 64,
        "hash": "0" * 64,
    }


if __name__ == "__main__":
    for clients, turns in asyncio.run(rounds(int(sys.argv[1]) if len(sys.argv) > 1 else 3)).items():
        for mine, theirs in turns:
            sys.stdout.write(f"{clients} clients: {mine:.0f}/s against {theirs:.0f}/s: {mine / theirs:.2f}\n")
