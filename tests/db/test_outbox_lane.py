"""Room: a lane at work: turns, poison, the breaker, fencing, the end (test catalogue D3, D4, D7, D10)."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest

from models import db, kit
from models.config import Settings
from models.states import Channel
from notifier.channels import Hold, Outlet, Pointless, Prepared
from notifier.clients.transport import open_http
from notifier.lane import Held, Lane, LeaseTooShortError
from notifier.verdicts import Verdict, retry, sent, unknown
from notifier.worker import Notifier, lanes
from tests.harness.outbox import (  # noqa: F401  fixtures are found by their names
    TellingOutlet,
    attempts,
    noon_fixture,
    owe,
    row,
    running,
    settled,
    statuses,
    until,
)
from workflows.actors import CLOCK
from workflows.commands import deliveries
from workflows.commands.deliveries import Claimed


def lane(outlet: Outlet, *, hands: int = 8, ahead: int = 0, lease: float = 5.0, channel: Channel = Channel.EMS) -> Lane:
    return Lane(channel, outlet, hands=hands, ahead=ahead, lease=lease)


async def test_a_lease_that_a_slow_call_could_outlive_is_refused_at_the_start() -> None:
    with pytest.raises(LeaseTooShortError):
        Lane(Channel.EMS, TellingOutlet(limit=8.0), hands=1, lease=8.0)


async def test_where_there_is_no_ems_nobody_claims_what_it_is_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits until there is one: a school may begin without (messages-and-sync.md, EMS sync)."""
    async with open_http() as http:
        assert {one.channel for one in lanes(Settings(), http)} == set(Channel)
        monkeypatch.setenv("WQ_EMS_URL", "")
        assert {one.channel for one in lanes(Settings(), http)} == {Channel.WECHAT, Channel.SMS}


async def test_everything_owed_is_delivered_and_settled_once() -> None:
    outlet = TellingOutlet()
    ids = [await owe(school=kit.new_id()) for _ in range(60)]
    async with running(lane(outlet)):
        assert set(await settled(*ids)) == {"delivered"}
    assert sorted(one.id for one in outlet.told) == ids


async def test_a_stream_leaves_in_order_however_many_hands_there_are() -> None:
    outlet = TellingOutlet()
    ids = [await owe(stream="ems:one") for _ in range(12)]
    async with running(lane(outlet)):
        await settled(*ids)
    assert [one.id for one in outlet.told] == ids


async def test_d7_a_poisoned_row_is_dead_at_once_and_those_behind_it_move(caplog: pytest.LogCaptureFixture) -> None:
    async def choke(claimed: Claimed) -> Verdict:
        if claimed.id in poisoned:
            raise ValueError("15400000001 stands in this message")
        return sent()

    poisoned = {await owe() for _ in range(3)}
    behind = [await owe(stream="ems:p") for _ in range(2)]
    poisoned.add(await owe(stream="ems:p"))
    last = await owe(stream="ems:p")
    with caplog.at_level(logging.ERROR):
        async with running(lane(TellingOutlet(choke), hands=2)):
            assert set(await settled(*behind, last, seconds=1.5)) == {"delivered"}
    for one in poisoned:
        found = await row(one)
        assert (found["status"], found["cause"]) == ("dead", "系统处理该消息时出错，请联系运维人员")
    assert "ValueError" in caplog.text
    assert "15400000001" not in caplog.text


async def test_d4_a_failing_provider_opens_the_breaker_and_gets_probes_only(noon: Any) -> None:
    async def fail(_: Claimed) -> Verdict:
        return retry("http_503")

    outlet = TellingOutlet(fail)
    ids = [await owe(school=kit.new_id()) for _ in range(60)]
    failing = lane(outlet, hands=4)
    async with running(failing):
        await until(lambda: _is_open(failing))
        assert len(outlet.told) <= 8
        await asyncio.sleep(0.2)  # what was on its way when it opened
        told = len(outlet.told)
        await asyncio.sleep(0.6)
        assert len(outlet.told) - told <= 1
        outlet.answer = None
        waiting = [one for one, status in zip(ids, await statuses(*ids), strict=True) if status == "pending"]
        await settled(*waiting)
    tried = [await row(one) for one in ids if one not in waiting]
    assert all(one["status"] in ("deferred", "delivered") for one in tried)
    assert all(one["cause"].startswith("对方系统暂时不可用") for one in tried if one["status"] == "deferred")
    noon.advance(minutes=1)
    await deliveries.promote(CLOCK)
    async with running(lane(TellingOutlet())):
        assert set(await settled(*ids)) == {"delivered"}


async def _is_open(one: Lane) -> bool:
    return one.breaker.is_open


async def test_an_open_breaker_whose_probe_needed_no_call_probes_again() -> None:
    """The first row it takes was lost by another worker: settling that one calls nobody."""
    lost = await owe()
    await deliveries.claim(CLOCK, Channel.EMS, 1, timedelta(milliseconds=10))
    others = [await owe() for _ in range(5)]
    await asyncio.sleep(0.03)
    one = lane(TellingOutlet())
    for _ in range(5):
        one.breaker.note(unknown("read_timeout"))
    assert one.breaker.is_open
    async with running(one):
        assert set(await settled(lost, *others)) == {"delivered"}


async def test_one_failing_channel_does_not_slow_the_others() -> None:
    async def hang(_: Claimed) -> Verdict:
        await asyncio.sleep(5)
        return sent()

    for _ in range(5):
        await owe(Channel.SMS, school=kit.new_id())
    pushes = [await owe(school=kit.new_id()) for _ in range(20)]
    stuck = lane(TellingOutlet(hang, limit=0.4), channel=Channel.SMS, hands=2)
    async with running(stuck), running(lane(TellingOutlet())):
        assert set(await settled(*pushes, seconds=2)) == {"delivered"}


async def test_claims_run_ahead_of_the_hands_and_calls_do_not() -> None:
    gate = asyncio.Event()

    async def wait(_: Claimed) -> Verdict:
        await gate.wait()
        return sent()

    ids = [await owe(school=kit.new_id()) for _ in range(20)]
    outlet = TellingOutlet(wait)

    async def at_work() -> bool:
        return len(outlet.told) >= 4 and await _sending(ids, 7)

    async with running(lane(outlet, hands=4, ahead=3)):
        await until(at_work)
        assert len(outlet.told) == 4
        gate.set()
        assert set(await settled(*ids)) == {"delivered"}
    assert sorted(one.id for one in outlet.told) == ids


async def test_what_was_claimed_ahead_goes_back_when_the_breaker_opens() -> None:
    gate = asyncio.Event()

    async def fail(_: Claimed) -> Verdict:
        await gate.wait()
        return retry("http_503")

    ids = [await owe(school=kit.new_id()) for _ in range(20)]
    outlet = TellingOutlet(fail)
    async with running(lane(outlet, hands=5, ahead=8)):
        await until(lambda: _sending(ids, 13))
        gate.set()
        await until(lambda: _sending(ids, 0))
        told = len(outlet.told)
    assert told <= 10, "five opened the breaker, four more hands may have been at work"
    waiting = [one for one in ids if one not in {row.id for row in outlet.told}]
    assert {((await row(one))["status"], (await row(one))["attempts"]) for one in waiting} == {("pending", 0)}


async def test_what_is_overtaken_while_it_waits_for_a_hand_does_not_leave() -> None:
    class Outdated(TellingOutlet):
        async def prepare(self, claimed: Claimed, now: datetime) -> Prepared:
            looks.append(claimed.id)
            if self.told and looks.count(claimed.id) > 1:
                return Pointless("事项已有新的进展，不再发送")
            return await super().prepare(claimed, now)

    async def slowly(_: Claimed) -> Verdict:
        await asyncio.sleep(0.4)
        return sent()

    looks: list[int] = []
    first, second = [await owe(school=kit.new_id()) for _ in range(2)]
    outlet = Outdated(slowly)
    async with running(lane(outlet, hands=1, ahead=1)):
        assert sorted(await settled(first, second)) == ["delivered", "superseded"]
    assert len(outlet.told) == 1


async def test_at_its_end_a_lane_gives_back_what_it_claimed_ahead() -> None:
    gate = asyncio.Event()

    async def wait(_: Claimed) -> Verdict:
        await gate.wait()
        return sent()

    ids = [await owe(school=kit.new_id()) for _ in range(6)]
    outlet = TellingOutlet(wait)

    async def at_work() -> bool:
        return len(outlet.told) == 2 and await _sending(ids, 5)

    async with running(lane(outlet, hands=2, ahead=3)) as ending:
        await until(at_work)
        ending.stop()
        gate.set()
    told = {one.id for one in outlet.told}
    ends = [await row(one) for one in ids]
    assert {(one["status"], one["attempts"]) for one in ends if one["id"] in told} == {("delivered", 1)}
    assert [(one["status"], one["attempts"]) for one in ends if one["id"] not in told] == [("pending", 0)] * 4


async def _sending(ids: list[int], count: int) -> bool:
    return (await statuses(*ids)).count("sending") == count


async def test_rows_that_cannot_be_settled_together_are_settled_one_by_one(caplog: pytest.LogCaptureFixture) -> None:
    """The outside gave one of them an id that no database takes; the others must not be told of twice for it."""
    ids = [await owe(Channel.WECHAT, school=kit.new_id()) for _ in range(6)]
    odd, *others = ids

    async def answer(claimed: Claimed) -> Verdict:
        return sent("p\x00" if claimed.id == odd else "p")

    async with running(lane(TellingOutlet(answer), channel=Channel.WECHAT)):
        assert set(await settled(*others)) == {"sent"}
    assert "rows could not be settled together" in caplog.text
    assert await statuses(odd) == ["sending"]
    assert [len(await attempts(one)) for one in others] == [1] * 5


async def test_d10_a_burst_of_one_school_does_not_delay_the_others() -> None:
    async def slowly(_: Claimed) -> Verdict:
        await asyncio.sleep(0.01)
        return sent()

    big = kit.new_id()
    for _ in range(150):
        await owe(school=big)
    small = [await owe(school=kit.new_id()) for _ in range(20)]
    outlet = TellingOutlet(slowly)
    async with running(lane(outlet, hands=4)):
        await settled(*small)
        told = [one.school_id for one in outlet.told]
    last_small = max(place for place, school in enumerate(told) if school != big)
    assert last_small < 60, "twenty small schools shared the first turns with the big one"


async def test_d3_a_paused_worker_finds_its_row_taken_and_writes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A worker claims and is stopped; another one delivers; the first wakes up with its verdict in hand."""
    made = await owe()
    (held,) = (await deliveries.claim(CLOCK, Channel.EMS, 1, timedelta(milliseconds=250))).rows
    await asyncio.sleep(0.3)
    async with running(lane(TellingOutlet())):
        assert await settled(made) == ["delivered"]
    before = await attempts(made)
    await lane(TellingOutlet())._settle(Held(held, 0.0), unknown("read_timeout"), kit.now())
    assert (await row(made))["status"] == "delivered"
    assert await attempts(made) == before
    assert [one["verdict"] for one in before] == ["unknown", "sent"]
    assert "had passed to another worker" in caplog.text


async def test_a_row_is_given_back_when_too_little_of_its_lease_is_left() -> None:
    class Slow(TellingOutlet):
        async def prepare(self, claimed: Claimed, now: datetime) -> Prepared:
            if not self.told:
                self.told.append(claimed)
                await asyncio.sleep(0.25)
            return await super().prepare(claimed, now)

    made = await owe()
    outlet = Slow(limit=0.3)
    async with running(lane(outlet, lease=0.5)):
        assert await settled(made) == ["delivered"]
    assert len(await attempts(made)) == 1


async def test_what_must_wait_is_given_back_and_what_is_pointless_superseded(noon: Any) -> None:
    class Choosy(TellingOutlet):
        async def prepare(self, claimed: Claimed, now: datetime) -> Prepared:
            if claimed.id == held:
                return Hold(now + timedelta(hours=1), "免打扰时段，延后发送")
            return Pointless("事项已有新的进展，不再发送")

    held, pointless = await owe(), await owe()
    async with running(lane(Choosy())):
        assert await settled(held, pointless) == ["deferred", "superseded"]
    kept = await row(held)
    assert (kept["attempts"], kept["due_at"]) == (0, kit.now() + timedelta(hours=1))


async def test_at_its_end_a_lane_finishes_what_is_under_way_and_takes_nothing_more() -> None:
    async def slowly(_: Claimed) -> Verdict:
        await asyncio.sleep(0.3)
        return sent()

    ids = [await owe(school=kit.new_id()) for _ in range(6)]
    outlet = TellingOutlet(slowly)
    async with running(lane(outlet, hands=2)):
        await until(lambda: _told(outlet, 2))
    assert sorted(await statuses(*ids)) == ["delivered"] * 2 + ["pending"] * 4


async def _told(outlet: TellingOutlet, least: int) -> bool:
    return len(outlet.told) >= least


async def test_a_call_that_will_not_end_is_left_to_its_lease() -> None:
    async def hang(_: Claimed) -> Verdict:
        await asyncio.sleep(60)
        return sent()

    made = await owe()
    outlet = TellingOutlet(hang, limit=30)
    one = lane(outlet, lease=60)
    task = asyncio.create_task(one.run())
    await until(lambda: _told(outlet, 1))
    one.stop()
    await task
    await one.finish(0.1)
    assert (await row(made))["status"] == "sending"


async def test_a_notifier_is_woken_by_the_commit_and_stops_when_told(database: str) -> None:
    outlet = TellingOutlet()
    notifier = Notifier([lane(outlet)], url=database)
    task = asyncio.create_task(notifier.run())
    await asyncio.sleep(0.3)
    made = await owe()
    db.notify()
    assert await settled(made, seconds=1.5) == ["delivered"]
    notifier.stop()
    await asyncio.wait_for(task, 5)


async def test_a_lost_hint_costs_a_poll_and_nothing_else(database: str, noon: Any) -> None:
    outlet = TellingOutlet()
    notifier = Notifier([lane(outlet)], url=database)
    task = asyncio.create_task(notifier.run())
    await asyncio.sleep(0.2)
    made = await owe(status="deferred", due=kit.now() + timedelta(seconds=1))
    noon.advance(seconds=1)
    await until(lambda: _is(made, "delivered"), 4)
    notifier.stop()
    await asyncio.wait_for(task, 5)


async def _is(outbox_id: int, status: str) -> bool:
    return await statuses(outbox_id) == [status]
