"""Room: receipts in every order: early, doubled, unknown, failed and then delivered (test catalogue D6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models import db, kit
from models.states import Channel, OutboxStatus
from models.tables import Binding, Graduate
from tests.harness.outbox import (  # noqa: F401  fixtures are found by their names
    noon_fixture,
    owe,
    row,
    statuses,
)
from tests.harness.world import World, make_world
from workflows.actors import CLOCK
from workflows.commands import deliveries
from workflows.commands.deliveries import Settlement
from workflows.commands.receipts import (
    KEPT_FOR,
    Receipt,
    apply_receipts,
    flush_receipts,
    forget_receipts,
    note_receipts,
    record_receipt,
    wechat_receipt,
)


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=1, departments=("文学院",))


async def sent_by(channel: Channel, provider_id: str, **about: Any) -> int:
    made = await owe(channel, **about)
    (held,) = (await deliveries.claim(CLOCK, channel, 1, timedelta(seconds=30))).rows
    done = Settlement(OutboxStatus.SENT, "sent", provider_id=provider_id)
    assert await deliveries.settle(CLOCK, held, done, kit.now())
    return made


def fresh() -> str:
    return str(kit.new_id().int % 10**19)


def sms(provider_id: str, delivered: bool, code: str = "") -> Receipt:
    return Receipt(Channel.SMS, provider_id, delivered, code or ("DELIVRD" if delivered else "UNDELIV"))


async def test_a_receipt_turns_sent_into_delivered() -> None:
    number = fresh()
    made = await sent_by(Channel.WECHAT, number)
    assert await note_receipts(CLOCK, [wechat_receipt(number, "success")]) == 1
    assert await statuses(made) == ["delivered"]


async def test_a_receipt_that_comes_before_the_call_returned_is_kept_until_the_row_knows_its_id() -> None:
    number = fresh()
    assert await note_receipts(CLOCK, [wechat_receipt(number, "success")]) == 0
    made = await sent_by(Channel.WECHAT, number)
    assert await apply_receipts(CLOCK) == 1
    assert await statuses(made) == ["delivered"]


async def test_doubled_and_unknown_receipts_change_nothing() -> None:
    number = fresh()
    made = await sent_by(Channel.WECHAT, number)
    twice = [wechat_receipt(number, "success")] * 2 + [wechat_receipt(fresh(), "success")]
    assert await note_receipts(CLOCK, twice) == 1
    assert await note_receipts(CLOCK, twice) == 0
    assert await statuses(made) == ["delivered"]


@pytest.mark.parametrize("order", [(False, True), (True, False)], ids=["failed_first", "delivered_first"])
@pytest.mark.parametrize("together", [True, False], ids=["in_one_call", "in_two_calls"])
async def test_d6_a_part_that_failed_is_never_overwritten_by_a_part_that_arrived(
    order: tuple[bool, bool], together: bool
) -> None:
    number = fresh()
    made = await sent_by(Channel.SMS, number)
    receipts = [sms(number, delivered) for delivered in order]
    for batch in [receipts] if together else [[one] for one in receipts]:
        await note_receipts(CLOCK, batch)
    kept = await row(made)
    assert (kept["status"], kept["cause"]) == ("dead", "运营商或平台未能送达（UNDELIV）")


@pytest.mark.parametrize(
    ("status", "delivered"),
    [("success", True), ("failed:user block", False), ("failed: system failed", False), ("failed:freq limit", False)],
)
def test_the_space_in_a_status_comes_and_goes(status: str, delivered: bool) -> None:
    assert wechat_receipt("1", status).delivered is delivered
    assert " " not in wechat_receipt("1", status).code


async def test_a_failed_receipt_sends_the_notice_by_sms_once(world: World) -> None:
    graduate = await Graduate.get(id=world.graduate.id)
    binding = await Binding.create(
        id=kit.new_id(), school_id=graduate.school_id, graduate_id=graduate.id, cohort=graduate.cohort,
        openid=f"o{fresh()}", bound_at=kit.now(), chosen_at=kit.now(),
    )  # fmt: skip
    number = fresh()
    made = await sent_by(Channel.WECHAT, number, recipient=binding.id, params={"state": "signed"})
    for status in ("failed:user block", "failed: system failed"):
        await note_receipts(CLOCK, [wechat_receipt(number, status)])
    kept = await row(made)
    assert (kept["status"], kept["cause"]) == ("superseded", "毕业生拒收了服务号的消息，改发短信")
    texts = await db.fetch("SELECT key, status FROM outbox WHERE stream = $1", f"sms:{graduate.id}")
    assert [one["key"] for one in texts] == [kept["key"].removesuffix("wechat") + "sms"]


async def test_what_a_stranger_writes_into_a_receipt_does_not_reach_the_page() -> None:
    number = fresh()
    made = await sent_by(Channel.SMS, number)
    await note_receipts(CLOCK, [sms(number, False, "<script>发送招聘</script>")])
    assert (await row(made))["cause"] == "运营商或平台未能送达（scriptscript）"


async def test_a_burst_of_events_is_written_in_batches() -> None:
    numbers = [fresh() for _ in range(60)]
    ids = [await sent_by(Channel.WECHAT, number) for number in numbers]
    for number in numbers:
        record_receipt(number, "success")
    await flush_receipts()
    assert set(await statuses(*ids)) == {"delivered"}


async def test_two_writers_of_the_same_receipts_do_not_get_in_each_others_way() -> None:
    numbers = [fresh() for _ in range(20)]
    ids = [await sent_by(Channel.WECHAT, number) for number in numbers]
    receipts = [wechat_receipt(number, "success") for number in numbers]
    await asyncio.gather(*(note_receipts(CLOCK, receipts) for _ in range(4)))
    await apply_receipts(CLOCK)
    assert set(await statuses(*ids)) == {"delivered"}


async def test_old_receipts_are_forgotten(noon: Any) -> None:
    await note_receipts(CLOCK, [wechat_receipt(fresh(), "success")])
    noon.advance(seconds=KEPT_FOR.total_seconds() + 1)
    assert await forget_receipts(CLOCK) >= 1
