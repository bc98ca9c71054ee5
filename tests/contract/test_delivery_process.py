"""Room: `wangqian notifier` as a process: tells when it is ready, delivers, ends cleanly, leaks no numbers (I9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from models import db, kit
from models.states import Channel
from models.vault import seal
from tests.harness.outbox import outbox_of, owe, statuses, until
from tests.harness.stack import Stack
from tests.harness.world import make_world, sign
from workflows.commands.deliveries import CODE_PLACE


@pytest.fixture
async def stack_of_two(database: str, run_folder: Path) -> AsyncIterator[Stack]:
    """Simulators and a notifier on this file's database, with the same keys."""
    stack = Stack(run_folder, database, WQ_QUIET_HOURS="", WQ_VAR=str(run_folder))
    await stack.start("simulators", "notifier", seconds=90)
    yield stack
    await stack.end()


async def test_the_process_delivers_what_is_owed_and_ends_when_asked(stack_of_two: Stack) -> None:
    world = await make_world(graduates=1, departments=("文学院",))
    signed = await sign(world)
    code = {"code": seal(CODE_PLACE, "482913"), "until": kit.json_time(kit.now() + timedelta(minutes=5))}
    # Pushes and codes: what may leave whatever the hour at which the tests run.
    ids = [row["id"] for row in await outbox_of(signed.record_id) if row["channel"] == "ems"]
    ids.append(await owe(Channel.SMS, recipient=world.graduate.id, notice="one_time_code", params=code))

    async def done() -> bool:
        return await statuses(*ids) == ["delivered", "sent"]

    await until(done, 30)
    assert await db.fetch_value("SELECT acked_seq FROM ems_mirror WHERE graduate_id = $1", world.graduate.id) == 1
    notifier = stack_of_two.children["notifier"]
    assert await asyncio.to_thread(notifier.end) == 0
    said = notifier.tail(1000)
    assert "notifier ended" in said
    for secret in (world.graduate.mobile, world.graduate.id_number, "482913", "dev-ems-secret", "SECRETEXAMPLE"):
        assert secret not in said
