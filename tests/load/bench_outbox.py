"""Room: the bench of the outbox: 10,000 messages that one notifier owes to an outside which takes 20 ms for each.

Ours is the notifier as it runs: rows claimed under leases, addresses looked up, numbers opened, calls made and
signed, every verdict settled with its attempt. The rival is the outside's own time: messages × 20 ms / hands. Beside
it stands what a message costs the notifier and the outside of their processors, which is nobody else's load.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from models import db, kit
from models.states import Channel
from notifier.worker import HANDS
from tests.harness.chat import bound
from tests.harness.world import Person, World, add_graduates, make_world
from tests.load.driver import CORE
from tests.load.outbox_peer import LATENCY
from tests.load.serving import QUIET, fresh_database, processor_seconds, running

MESSAGES, PEOPLE = 10_000, 500
SETTLED = 3.0  # seconds after which the jobs of a notifier that has just started are done

# Each person's messages keep their order, so a person waits for one before the next: people take turns.
_OWE = """
INSERT INTO outbox (key, school_id, record_id, stream, channel, recipient, notice, params, status, created_at, due_at,
  attempts, provider_id, cause)
SELECT 'bench:' || $8 || n, $2, NULL, $1 || p.id, $1, p.id, $3, $4::jsonb || jsonb_build_object('seq', n), 'pending',
  $5, $5, 0, '', ''
FROM generate_series(1, $6::int) n
JOIN unnest($7::uuid[]) WITH ORDINALITY AS p(id, place) ON p.place = 1 + n % cardinality($7::uuid[])
ORDER BY n"""

# What the EMS has acknowledged of each, as acts leave it: settling a push writes there too.
_MIRRORS = """
INSERT INTO ems_mirror (graduate_id, school_id, locked, push_seq, acked_seq, refused_cause)
SELECT g, $2, FALSE, $3, 0, '' FROM unnest($1::uuid[]) g"""

_LEFT = "SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending', 'deferred')"


@dataclass(frozen=True, slots=True)
class Drained:
    """One round: messages per second of ours and of the outside alone, milliseconds of processor per message."""

    ours: float
    rival: float
    notifier_ms: float
    outside_ms: float


async def rounds(count: int, messages: int = MESSAGES) -> dict[Channel, list[Drained]]:
    """By channel, so many rounds."""
    peer = ("uvicorn", "tests.load.outbox_peer:app", "--port", "{port}", *QUIET)
    async with fresh_database() as _:
        world = await make_world(graduates=2)
        people = await add_graduates(world, PEOPLE)
        bindings = await _bind(world, people)
        with running(*peer, path="/stable_token", core=CORE) as outside:
            return {
                channel: [await _round(outside, world, channel, who, messages) for _ in range(count)]
                for channel, who in ((Channel.WECHAT, bindings), (Channel.EMS, [p.id for p in people]))
            }


async def _bind(world: World, people: Sequence[Person]) -> list[object]:
    for person in people:
        await bound(world, person)
    return [row["id"] for row in await db.fetch("SELECT id FROM bindings")]


async def _round(
    outside: tuple[int, int], world: World, channel: Channel, who: Sequence[object], messages: int
) -> Drained:
    """Start the notifier, owe everything, wait until nothing is left. `outside`: its port and its process."""
    notice, params = _message(world, channel)
    peer = f"http://127.0.0.1:{outside[0]}"
    for table in ("delivery_attempts", "outbox", "ems_mirror"):
        await db.execute(f"DELETE FROM {table}")
    if channel is Channel.EMS:
        await db.execute(_MIRRORS, who, world.school_id, messages)

    async def drain(name: str, count: int) -> float:
        """Owe so many and wait until nothing is left; the seconds that it waited."""
        await db.execute(_OWE, str(channel), world.school_id, notice, params, kit.now(), count, who, name)
        began = time.perf_counter()
        db.notify()  # as whoever owes does
        while await db.fetch_value(_LEFT):
            await asyncio.sleep(0.1)
        return time.perf_counter() - began

    with running("api.cli", "notifier", WQ_WECHAT_API_URL=peer, WQ_EMS_URL=peer, WQ_QUIET_HOURS="") as (_, process):
        await drain("first", HANDS[channel])  # starting takes its time, and is not what is measured
        await asyncio.sleep(SETTLED)
        spent = [processor_seconds(one) for one in (process, outside[1])]
        passed = await drain("then", messages)
        cost = [
            1000 * (processor_seconds(one) - before) / messages
            for one, before in zip((process, outside[1]), spent, strict=True)
        ]
    told = await db.fetch_value("SELECT count(*) FROM outbox WHERE status IN ('sent', 'delivered') AND key ~ 'then'")
    if told != messages:
        raise RuntimeError(f"{told} of {messages} messages were sent")
    return Drained(messages / passed, HANDS[channel] / LATENCY, *cost)


def _message(world: World, channel: Channel) -> tuple[str, str]:
    if channel is Channel.EMS:
        return (
            "push",
            f'{{"school": "{world.school_code}", "cohort": {world.cohort}, "columns": {{}}, "settled": true}}',
        )
    return "signing_approved", '{"employer": "示例科技有限公司", "at": "2027-03-05T06:30:00Z"}'


if __name__ == "__main__":
    found = asyncio.run(rounds(1, int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES))
    for line, turns in found.items():
        for one in turns:
            sys.stdout.write(
                f"{line}: {one.ours:.0f}/s, the outside alone {one.rival:.0f}/s: {one.rival / one.ours:.2f} times as "
                f"long; processor per message: notifier {one.notifier_ms:.2f} ms, outside {one.outside_ms:.2f} ms\n"
            )
