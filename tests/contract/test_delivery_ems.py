"""Room: pushes against the real EMS simulator: accepted, refused, every fault of the wire (messages-and-sync.md)."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from models import db
from models.states import Channel
from tests.harness.outbox import (  # noqa: F401  fixtures are found by their names
    Outside,
    attempts,
    deliver,
    noon_fixture,
    outbox_of,
    outside_fixture,
    owe,
    row,
    running,
    settled,
    statuses,
)
from tests.harness.world import Person, add_graduates, sign
from workflows.actors import CLOCK
from workflows.commands import deliveries
from workflows.errors import Refused


@pytest.fixture(autouse=True)
async def healed(noon: Any, sandbox: Outside) -> None:
    await sandbox.heal("ems")


def columns(**values: str) -> dict[str, str]:
    return {"byqxdm": "10", "byqx": "签就业协议形式就业", "dwmc": "示例科技有限公司", **values}


async def push(world: Any, person: Person, seq: int = 1, **values: str) -> int:
    await db.execute(
        """INSERT INTO ems_mirror (graduate_id, school_id, locked, push_seq, acked_seq, refused_cause)
           VALUES ($1, $2, FALSE, $3, 0, '')
           ON CONFLICT (graduate_id) DO UPDATE SET push_seq = $3""",
        person.id,
        world.school_id,
        seq,
    )
    params = {
        "seq": seq,
        "school": world.school_code,
        "cohort": world.cohort,
        "settled": True,
        "columns": columns(**values),
    }
    return await owe(school=world.school_id, recipient=person.id, notice="push", params=params)


async def mirror(graduate_id: UUID) -> dict[str, Any]:
    return dict(await db.fetch_row("SELECT * FROM ems_mirror WHERE graduate_id = $1", graduate_id))


async def ledger(sandbox: Outside, person: Person) -> list[dict[str, Any]]:
    rows = (await sandbox.mailbox("ems"))["ledger"]
    return [one for one in rows if one["id_number"] == person.id_number]


async def test_a_signed_agreement_reaches_the_ledger_and_is_acknowledged_and_locked(sandbox: Outside) -> None:
    outcome = await sign(sandbox.world)
    pushes = [one for one in await outbox_of(outcome.record_id) if one["channel"] == "ems"]
    (person,) = sandbox.world.graduates[:1]
    assert person.id_number not in json.dumps(pushes, default=str)
    assert await deliver(sandbox.lane(Channel.EMS), pushes[0]["id"]) == ["delivered"]
    (told,) = await ledger(sandbox, person)
    assert (told["applied"], told["school"], told["cohort"]) == (
        True,
        sandbox.world.school_code,
        sandbox.world.cohort,
    )
    assert told["columns"]["dwmc"] == sandbox.world.employer.name
    held = await mirror(person.id)
    assert (held["acked_seq"], held["locked"]) == (1, True)
    assert json.loads(held["destination"]) == told["columns"]


async def test_a_number_that_the_graduate_has_changed_flows_back_and_is_kept_nowhere(sandbox: Outside) -> None:
    (person,) = await add_graduates(sandbox.world, 1)
    plain = await push(sandbox.world, person, 1)
    assert await deliver(sandbox.lane(Channel.EMS), plain) == ["delivered"]
    await db.execute("UPDATE graduates SET phone_source = 'own' WHERE id = $1", person.id)
    own = await push(sandbox.world, person, 2)
    assert await deliver(sandbox.lane(Channel.EMS), own) == ["delivered"]
    first, second = await ledger(sandbox, person)
    assert "sjh" not in first["columns"], "the roster's number came from there"
    assert second["columns"]["sjh"] == person.mobile
    held = await mirror(person.id)
    assert person.mobile not in f"{held}{await row(own)}"


async def test_a_refusal_is_dead_with_its_reason_and_noted_beside_the_graduate(sandbox: Outside) -> None:
    (person,) = await add_graduates(sandbox.world, 1)
    made = await push(sandbox.world, person, dwmc="上报失败示例公司")
    assert await deliver(sandbox.lane(Channel.EMS), made) == ["dead"]
    cause = (await row(made))["cause"]
    assert cause == "上报失败：单位名称未通过就业管理系统校验（ems_employer_name）"
    held = await mirror(person.id)
    assert (held["refused_cause"], held["acked_seq"], held["destination"]) == (cause, 0, None)


async def test_the_next_push_goes_after_a_dead_one_and_clears_its_mark(sandbox: Outside) -> None:
    (person,) = await add_graduates(sandbox.world, 1)
    refused = await push(sandbox.world, person, 1, dwmc="上报失败示例公司")
    assert await deliver(sandbox.lane(Channel.EMS), refused) == ["dead"]
    better = await push(sandbox.world, person, 2)
    assert await deliver(sandbox.lane(Channel.EMS), better) == ["delivered"]
    held = await mirror(person.id)
    assert (held["acked_seq"], held["refused_cause"]) == (2, "")


APPLIED = ("half_body", "wrong_json", "applied_then_timeout")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("status", {"status": 503}),
        ("status", {"status": 502, "body": "<html>Bad Gateway</html>"}),
        ("status", {"status": 504}),
        ("reset", {}),
        ("slow", {"seconds": 0.6}),
        ("half_body", {}),
        ("wrong_json", {}),
        ("applied_then_timeout", {"seconds": 0.6}),
    ],
    ids=["503", "html_502", "504", "reset", "slow", "half_body", "wrong_json", "applied_then_timeout"],
)
async def test_d4_after_every_fault_of_the_wire_a_push_is_applied_exactly_once(
    sandbox: Outside, noon: Any, kind: str, more: dict[str, Any]
) -> None:
    (person,) = await add_graduates(sandbox.world, 1)
    made = await push(sandbox.world, person)
    await sandbox.fail("ems", kind, **more)
    assert await deliver(sandbox.lane(Channel.EMS, limit=0.4), made) == ["deferred"]
    waiting = await row(made)
    (first,) = await attempts(made)
    assert first["verdict"] == ("retry" if kind == "status" and more["status"] != 504 else "unknown")
    assert waiting["cause"]
    assert waiting["due_at"] > noon.moment
    noon.advance(minutes=1)
    await deliveries.promote(CLOCK)
    assert await deliver(sandbox.lane(Channel.EMS), made) == ["delivered"]
    told = await ledger(sandbox, person)
    assert [one["applied"] for one in told] == [True]
    repeats = (await sandbox.mailbox("ems"))["repeats"]
    assert (told[0]["push_id"] in repeats) is (kind in APPLIED or kind == "slow")


async def test_while_one_push_is_stuck_those_of_other_graduates_go_on(sandbox: Outside) -> None:
    stuck, *others = await add_graduates(sandbox.world, 6)
    hung = await push(sandbox.world, stuck)
    ids = [await push(sandbox.world, person) for person in others]
    await sandbox.fail("ems", "slow", seconds=3, match={"contains": stuck.id_number})
    async with running(sandbox.lane(Channel.EMS, limit=1.5)):
        assert await settled(*ids, seconds=1.2) == ["delivered"] * 5
        assert await statuses(hung) == ["sending"]


async def test_a_frozen_graduates_push_is_held_and_not_sent(sandbox: Outside, noon: Any) -> None:
    (person,) = await add_graduates(sandbox.world, 1)
    made = await push(sandbox.world, person)
    await db.execute("UPDATE graduates SET invalid_at = $2 WHERE id = $1", person.id, noon.moment)
    assert await deliver(sandbox.lane(Channel.EMS), made) == ["deferred"]
    assert await ledger(sandbox, person) == []
    kept = await row(made)
    assert (kept["attempts"], kept["cause"]) == (0, "该毕业生已不在学生名单中，报送暂停")


async def test_sending_again_makes_a_new_push_with_a_new_number(sandbox: Outside) -> None:
    world = sandbox.world
    (person,) = await add_graduates(world, 1)
    made = await push(world, person, dwmc="上报失败示例公司")
    await deliver(sandbox.lane(Channel.EMS), made)
    await deliveries.send_again(world.school, made)
    again = await db.fetch_value("SELECT id FROM outbox WHERE recipient = $1 AND status = 'pending'", person.id)
    assert json.loads((await row(again))["params"])["seq"] == 2
    assert (await row(made))["status"] == "superseded"
    assert (await row(again))["key"] != (await row(made))["key"]


async def test_a_push_that_was_overtaken_is_not_sent_again(sandbox: Outside) -> None:
    world = sandbox.world
    (person,) = await add_graduates(world, 1)
    made = await push(world, person, 1, dwmc="上报失败示例公司")
    await deliver(sandbox.lane(Channel.EMS), made)
    await push(world, person, 2)
    with pytest.raises(Refused) as refused:
        await deliveries.send_again(world.school, made)
    assert refused.value.guard == "overtaken"
