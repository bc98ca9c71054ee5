"""Room: the bench of the outbox: 10,000 messages that one notifier owes to an outside which takes 20 ms for each.

Ours is the notifier as it runs: rows claimed under leases, addresses looked up, numbers opened, calls made and
signed, every verdict settled with its attempt. The rival is the outside's own time: messages × 20 ms / hands.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

from models import db, kit
from models.states import Channel
from notifier.worker import HANDS
from tests.harness.chat import bound
from tests.harness.world import Person, World, add_graduates, make_world
from tests.load.driver import CORE
from tests.load.outbox_peer import LATENCY
from tests.load.serving import QUIET, fresh_database, serving

MESSAGES, PEOPLE = 10_000, 500

# Each person's messages keep their order, so a person waits for one before the next: people take turns.
_OWE = """
INSERT INTO outbox (key, school_id, record_id, stream, channel, recipient, notice, params, status, created_at, due_at,
  attempts, provider_id, cause)
SELECT 'bench:' || $1 || n, $2, NULL, $1 || p.id, $1, p.id, $3, $4::jsonb || jsonb_build_object('seq', n), 'pending',
  $5, $5, 0, '', ''
FROM generate_series(1, $6::int) n
JOIN unnest($7::uuid[]) WITH ORDINALITY AS p(id, place) ON p.place = 1 + n % cardinality($7::uuid[])"""

_LEFT = "SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending', 'deferred')"


async def rounds(count: int, messages: int = MESSAGES) -> dict[Channel, list[tuple[float, float]]]:
    """By channel: (ours, rival) messages per second."""
    peer = ("uvicorn", "tests.load.outbox_peer:app", "--port", "{port}", *QUIET)
    async with fresh_database() as _:
        world = await make_world(graduates=2)
        people = await add_graduates(world, PEOPLE)
        bindings = await _bind(world, people)
        with serving(*peer, path="/stable_token", core=CORE) as port:
            return {
                channel: [await _round(port, world, channel, who, messages) for _ in range(count)]
                for channel, who in ((Channel.WECHAT, bindings), (Channel.EMS, [p.id for p in people]))
            }


async def _bind(world: World, people: Sequence[Person]) -> list[object]:
    for person in people:
        await bound(world, person)
    return [row["id"] for row in await db.fetch("SELECT id FROM bindings")]


async def _round(
    port: int, world: World, channel: Channel, who: Sequence[object], messages: int
) -> tuple[float, float]:
    """Start the notifier, owe everything, wait until nothing is left."""
    notice, params = _message(world, channel)
    peer = f"http://127.0.0.1:{port}"
    await db.execute("DELETE FROM delivery_attempts")
    await db.execute("DELETE FROM outbox")
    with serving("api.cli", "notifier", WQ_WECHAT_API_URL=peer, WQ_EMS_URL=peer, WQ_QUIET_HOURS=""):
        await asyncio.sleep(5)  # until it listens; it polls anyhow
        await db.execute(_OWE, str(channel), world.school_id, notice, params, kit.now(), messages, who)
        began = time.perf_counter()
        while await db.fetch_value(_LEFT):
            await asyncio.sleep(0.1)
        passed = time.perf_counter() - began
    told = await db.fetch_value("SELECT count(*) FROM outbox WHERE status IN ('sent', 'delivered')")
    if told != messages:
        raise RuntimeError(f"{told} of {messages} messages were sent")
    return messages / passed, HANDS[channel] / LATENCY


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
        for ours, rival in turns:
            sys.stdout.write(
                f"{line}: {ours:.0f}/s, the outside alone {rival:.0f}/s: {rival / ours:.2f} times as long\n"
            )
