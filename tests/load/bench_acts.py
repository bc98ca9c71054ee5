"""Room: the act's bench: accepting an invitation through the engine, against the same SQL by raw asyncpg.

The rival runs the engine's own statements with ready-made parameters in one transaction: no rules, no hashing, no
sealing, no forms. Both sides work on fresh invitations of the same worlds, one school per client.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from models import db, kit
from models.embedded import EmbeddedPostgres
from models.postgres import credentials
from models.sql import acts as sql
from models.states import Flow
from tests.harness.world import Person, World, accept_form, add_graduates, invite, make_world
from workflows.engine import act

CLIENTS = (1, 8)
ACTS_EACH = 250


@dataclass(frozen=True)
class Offer:
    """An invitation that waits for its graduate."""

    world: World
    person: Person
    record_id: UUID


async def rounds(count: int) -> dict[int, list[tuple[float, float]]]:
    """By number of clients: interleaved (ours, rival) acts per second."""
    with tempfile.TemporaryDirectory(dir=Path("var")) as folder:
        server = EmbeddedPostgres.start(Path(folder) / "postgres", throw_away=True)
        try:
            server.create_database("bench")
            return await _rounds(server.url("bench"), count)
        finally:
            server.remove()


async def _rounds(url: str, count: int) -> dict[int, list[tuple[float, float]]]:
    os.sched_setaffinity(0, {0})
    os.environ["DATABASE_URL"] = url
    await db.migrate(url)
    await db.open_database(url, min_size=max(CLIENTS), max_size=max(CLIENTS) + 2)
    raw = [await asyncpg.connect(**_raw(url)) for _ in range(max(CLIENTS))]
    try:
        worlds = [await make_world(graduates=1) for _ in range(max(CLIENTS))]
        return {n: [await _round(worlds[:n], raw) for _ in range(count)] for n in CLIENTS}
    finally:
        for connection in raw:
            await connection.close()
        await db.close_database()


def _raw(url: str) -> dict[str, object]:
    found = credentials(url)
    return {k: v for k, v in found.items() if k in ("host", "port", "user", "password", "database")}


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


async def _offers(world: World) -> list[Offer]:
    people = await add_graduates(world, ACTS_EACH)
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
        records = await fetch(sql.LOCK_RECORDS, [p["id"] for p in people], offer.record_id)
        record = records[0]
        await fetch(sql.LOCK_SETTINGS, record["school_id"], record["cohort"])
        await fetch(
            sql.READ_FACTS,
            record["school_id"],
            record["cohort"],
            record["level"],
            record["department"],
            record["employer_id"],
            record["graduate_id"],
        )
        await execute(
            sql.MOVE_RECORD,
            offer.record_id,
            "invited",
            1,
            "review_school",
            True,
            "school",
            now,
            False,
            now,
            None,
            "",
            record["position_category"],
            record["form"],
        )
        await execute(sql.OUTDATE, offer.record_id, ["invitation_received", "invitation_reminder"], now)
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
