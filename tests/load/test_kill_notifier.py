"""Room: kill -9 of the notifier in mid-delivery: nothing lost, nothing applied twice, order kept (D1, D3, I4, I5).

Real acts write the pushes, the real EMS simulator takes them, slowly enough that every kill hits calls under way.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models import db
from models.states import Flow
from notifier.retry import LOST, LOST_LIMIT
from tests.harness.outbox import Outside, outside, until
from tests.harness.postgres import TestServer, own_database
from tests.harness.world import Person, World, add_graduates, sign
from tests.load.mortal_notifier import LEASE, Mortal
from workflows.engine import Outcome, act

PEOPLE = 30
CATEGORIES = ("11", "13", "17", "19")


@pytest.fixture
async def ems(database_server: TestServer, tmp_path: Path) -> AsyncIterator[tuple[Outside, Mortal]]:
    async with own_database(database_server) as url, outside(tmp_path / "sandbox") as sandbox:
        mortal = Mortal(url, sandbox.sandbox.ems.url)
        yield sandbox, mortal
        mortal.end()


async def keep_acting(world: World, people: list[Person], stop: asyncio.Event) -> int:
    """Sign everybody, then edit the signed records over and over: each act owes the EMS a push. How many acts."""
    records: list[Outcome] = [await sign(world, person) for person in people]
    done = len(records)
    for turn in itertools.count():
        for place, record in enumerate(records):
            if stop.is_set():
                return done
            form = {"position_category": CATEGORIES[(turn + place) % len(CATEGORIES)]}
            records[place] = await act(
                world.school, Flow.ONLINE_SIGNING, record.record_id, "edit", form,
                version=record.version, once=world.key(),
            )  # fmt: skip
            done += 1
            await asyncio.sleep(0.02)
    return done


async def working(since: datetime) -> bool:
    """Has a worker that was started at this moment something in hand? (its predecessor's rows look alike)"""
    taken = "SELECT count(*) FROM outbox WHERE status = 'sending' AND lease_until - $2::interval > $1"
    return bool(await db.fetch_value(taken, since, timedelta(seconds=LEASE)))


async def started(mortal: Mortal) -> datetime:
    """Start a worker and wait until it is in mid-delivery. When it was started."""
    since: datetime = await db.fetch_value("SELECT clock_timestamp()")
    mortal.start()
    await until(lambda: working(since), 60)
    return since


async def spared() -> bool:
    """No row was with so many dead workers that one or two more would make it the suspect and end it.

    Where a busy machine lets nothing arrive between two kills, it is always the oldest rows that are in hand.
    """
    often = """SELECT count(*) FROM outbox o WHERE o.status IN ('pending', 'sending') AND $2 <=
        (SELECT count(*) FROM delivery_attempts a WHERE a.outbox_id = o.id AND a.cause = $1)"""
    return not await db.fetch_value(often, LOST, LOST_LIMIT - 2)


async def drained() -> bool:
    waiting = "SELECT count(*) FROM outbox WHERE channel = 'ems' AND status IN ('pending', 'deferred', 'sending')"
    return not await db.fetch_value(waiting)


async def check(sandbox: Outside, people: list[Person]) -> None:
    """Everything owed is settled; the ledger holds each push once, in order, and ends where our records end."""
    ends = await db.fetch("SELECT status, count(*) AS n FROM outbox WHERE channel = 'ems' GROUP BY status")
    assert {one["status"] for one in ends} <= {"delivered", "superseded"}, ends
    ledger = (await sandbox.mailbox("ems"))["ledger"]
    pushed = [one["push_id"] for one in ledger if one["applied"]]
    assert len(pushed) == len(set(pushed)), "a push was applied twice"
    applied: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in ledger:
        if one["applied"]:
            applied[one["id_number"]].append(one)
    for person in people:
        seqs = [one["seq"] for one in applied[person.id_number]]
        assert seqs == sorted(set(seqs)), "the order of one graduate's pushes was not kept"
        mirror = await db.fetch_row("SELECT * FROM ems_mirror WHERE graduate_id = $1", person.id)
        assert mirror["push_seq"] == mirror["acked_seq"] == seqs[-1], "the last push was lost"
        record = await db.fetch_row("SELECT * FROM records WHERE graduate_id = $1 AND slot", person.id)
        told = applied[person.id_number][-1]["columns"]
        assert told["gzzwlbdm"] == record["position_category"], "the EMS does not hold what our records hold"
        assert json.loads(mirror["destination"]) == told


async def kill_often(ems: tuple[Outside, Mortal], kills: int) -> None:
    sandbox, mortal = ems
    world, draw = sandbox.world, random.Random(20)
    people = await add_graduates(world, PEOPLE, departments=("计算机学院",))
    await sandbox.fail("ems", "slow", count=None, seconds=0.1)
    stop = asyncio.Event()
    acting = asyncio.create_task(keep_acting(world, people, stop))
    hits = 0
    while hits < kills:  # a kill between two deliveries, as a busy machine has them, does not count
        since = await started(mortal)
        await until(spared, 60)
        await asyncio.sleep(draw.uniform(0, 0.15))
        mortal.kill()
        hits += await working(since)
    mortal.start()
    stop.set()
    assert await acting >= PEOPLE
    await until(drained, 120)
    await check(sandbox, people)
    lost = await db.fetch_value("SELECT count(*) FROM delivery_attempts WHERE cause = $1", LOST)
    assert lost >= kills, "the kills missed the deliveries"


async def test_d1_a_notifier_killed_20_times_loses_nothing_and_applies_nothing_twice(
    ems: tuple[Outside, Mortal],
) -> None:
    await kill_often(ems, 20)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_d1_a_notifier_killed_200_times_loses_nothing_and_applies_nothing_twice(
    ems: tuple[Outside, Mortal],
) -> None:
    await kill_often(ems, 200)


@pytest.mark.soak
async def test_d3_a_notifier_that_is_stopped_past_its_leases_and_wakes_up_writes_nothing_twice(
    ems: tuple[Outside, Mortal],
) -> None:
    sandbox, sleeper = ems
    world = sandbox.world
    people = await add_graduates(world, PEOPLE, departments=("计算机学院",))
    await sandbox.fail("ems", "slow", count=None, seconds=0.1)
    stop = asyncio.Event()
    acting = asyncio.create_task(keep_acting(world, people, stop))
    awake = Mortal(sleeper.url, sleeper.ems_url)
    await started(sleeper)
    for _ in range(10):
        sleeper.pause()
        await started(awake)
        await asyncio.sleep(LEASE + 0.3)
        sleeper.resume()
        await asyncio.sleep(0.3)
        awake.kill()
    awake.end()
    stop.set()
    await acting
    await until(drained, 120)
    await check(sandbox, people)
