"""Room: claiming and settling outbox rows: order, turns, leases, fencing (test catalogue D1, D3, D10, D11)."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from models import db, kit
from models.sql import acts
from models.sql import outbox as sql
from models.states import Channel, OutboxStatus
from tests.harness.outbox import (  # noqa: F401  fixtures are found by their names
    attempts,
    noon_fixture,
    owe,
    row,
    statuses,
)
from workflows.actors import CLOCK
from workflows.commands import deliveries
from workflows.commands.deliveries import Claimed, Settlement, Taken

LEASE = timedelta(seconds=30)
DELIVERED = Settlement(OutboxStatus.DELIVERED, "sent")
SENT = Settlement(OutboxStatus.SENT, "sent", provider_id="p1")


async def claim(hands: int = 10, channel: Channel = Channel.EMS, lease: timedelta = LEASE) -> list[Claimed]:
    return list((await deliveries.claim(CLOCK, channel, hands, lease)).rows)


def taken(claimed: Claimed) -> Taken:
    return Taken(claimed, DELIVERED, kit.now())


async def settle(claimed: Claimed, settlement: Settlement = SENT) -> bool:
    return await deliveries.settle(CLOCK, claimed, settlement, kit.now())


async def test_rows_of_one_stream_leave_one_at_a_time_and_oldest_first() -> None:
    first, second, third = [await owe(Channel.WECHAT, stream="wx:one") for _ in range(3)]
    for expected in (first, second, third):
        got = await claim(channel=Channel.WECHAT)
        assert [one.id for one in got] == [expected]
        assert await claim(channel=Channel.WECHAT) == []
        assert await settle(got[0])
    assert await statuses(first, second, third) == ["sent"] * 3


async def test_a_deferred_older_row_holds_back_the_younger_of_its_stream_only() -> None:
    await owe(stream="ems:a", status="deferred", due=kit.now() + timedelta(hours=1))
    await owe(stream="ems:a")
    other = await owe(stream="ems:b")
    assert [one.id for one in await claim()] == [other]


async def test_a_one_time_code_does_not_wait_behind_a_text_that_is_held_back_by_night() -> None:
    held = await owe(Channel.SMS, stream="sms:a", status="deferred", due=kit.now() + timedelta(hours=1))
    code = await owe(Channel.SMS, stream="sms:a", notice="one_time_code")
    assert [one.id for one in await claim(channel=Channel.SMS)] == [code]
    assert await statuses(held) == ["deferred"]


async def test_a_row_that_is_not_due_stays(noon: Any) -> None:
    later = await owe(due=kit.now() + timedelta(minutes=5))
    assert await claim() == []
    noon.advance(minutes=6)
    assert [one.id for one in await claim()] == [later]


async def test_a_deferred_row_is_promoted_when_its_moment_comes(noon: Any) -> None:
    held = await owe(status="deferred", due=kit.now() + timedelta(hours=1))
    assert await deliveries.promote(CLOCK) == 0
    noon.advance(hours=1)
    assert await deliveries.promote(CLOCK) == 1
    assert [one.id for one in await claim()] == [held]


async def test_d10_schools_take_turns_however_much_one_of_them_sends() -> None:
    big, small = kit.new_id(), [kit.new_id() for _ in range(4)]
    for _ in range(60):
        await owe(school=big)
    for school in small:
        await owe(school=school)
    got = Counter(one.school_id for one in await claim(hands=8))
    assert all(got[school] == 1 for school in small)
    assert got[big] == 4


async def test_where_schools_are_few_each_gets_its_part_of_the_hands() -> None:
    alone, others = kit.new_id(), [kit.new_id(), kit.new_id()]
    for _ in range(40):
        await owe(school=alone)
    assert len(await claim(hands=24)) == 24, "nobody else waits"
    for school in others:
        for _ in range(20):
            await owe(school=school)
    assert Counter(one.school_id for one in await claim(hands=24)) == {alone: 8, others[0]: 8, others[1]: 8}


async def test_d10_every_school_comes_within_one_round_of_turns() -> None:
    """More schools than hands: the next claim goes on where the last one ended."""
    schools = [kit.new_id() for _ in range(23)]
    for school in schools:
        for _ in range(3):
            await owe(school=school)
    begin, seen = deliveries.ANYWHERE, Counter[Any]()
    for _ in range(6):
        turn = await deliveries.claim(CLOCK, Channel.EMS, 5, LEASE, begin)
        begin = turn.next_school
        seen.update(one.school_id for one in turn.rows)
    assert set(seen) == set(schools)


async def test_rows_without_a_school_take_their_turn_too() -> None:
    await owe(school=kit.new_id())
    nobodys = await owe(school=None)
    assert nobodys in [one.id for one in await claim(hands=2)]


async def test_two_claimers_at_once_never_get_the_same_row() -> None:
    ids = [await owe(school=kit.new_id()) for _ in range(40)]
    got = await asyncio.gather(*(claim(hands=10) for _ in range(8)))
    taken = [one.id for rows in got for one in rows]
    assert len(taken) == len(set(taken))
    assert set(taken) <= set(ids)


async def test_a_claim_counts_as_an_attempt_and_giving_back_undoes_it() -> None:
    made = await owe()
    (claimed,) = await claim()
    assert (await row(made))["attempts"] == 1
    assert await deliveries.give_back(CLOCK, claimed)
    after = await row(made)
    assert (after["status"], after["attempts"], after["token"], after["lease_until"]) == ("pending", 0, None, None)
    assert await attempts(made) == []


# --- leases --------------------------------------------------------------------------------------


async def lost(claimed_for: timedelta = timedelta(milliseconds=30)) -> tuple[Claimed, Claimed]:
    """A row whose first holder outlived its lease, and the second holder's claim of it."""
    (first,) = await claim(lease=claimed_for)
    await asyncio.sleep(claimed_for.total_seconds() + 0.03)
    (second,) = await deliveries.claim_lost(CLOCK, Channel.EMS, 5, LEASE)
    return first, second


async def test_d3_a_worker_that_wakes_up_after_its_lease_may_write_nothing() -> None:
    made = await owe()
    first, second = await lost()
    assert (first.id, second.id) == (made, made)
    assert first.token != second.token
    assert not await settle(first, Settlement(OutboxStatus.DEAD, "dead", "迟到"))
    assert not await deliveries.give_back(CLOCK, first)
    assert (await row(made))["status"] == "sending"
    assert await attempts(made) == []
    assert await settle(second, Settlement(OutboxStatus.DELIVERED, "sent"))
    assert not await settle(first)
    assert (await row(made))["status"] == "delivered"
    assert len(await attempts(made)) == 1


async def test_a_live_lease_is_nobody_elses() -> None:
    await owe()
    assert await claim()
    assert await deliveries.claim_lost(CLOCK, Channel.EMS, 5, LEASE) == ()
    assert await claim() == []


async def test_a_lost_row_says_since_when_its_outcome_is_unknown() -> None:
    await owe()
    _, second = await lost()
    assert second.lost_since is not None
    assert second.attempts == 1


async def test_leases_do_not_run_by_this_machines_clock(noon: Any) -> None:
    """A machine whose clock is an hour ahead must not take everybody else's rows."""
    await owe()
    assert await claim()
    noon.advance(hours=1)
    assert await deliveries.claim_lost(CLOCK, Channel.EMS, 5, LEASE) == ()


# --- settling ------------------------------------------------------------------------------------


async def test_a_settlement_is_written_with_its_attempt() -> None:
    made = await owe(Channel.SMS, notice="one_time_code", params={"code": "v1:k:AAAA", "until": "2027-03-05T05:00:00Z"})
    (claimed,) = await claim(channel=Channel.SMS)
    assert await settle(claimed, Settlement(OutboxStatus.SENT, "sent", provider_id="serial-1"))
    after = await row(made)
    assert (after["status"], after["provider_id"], after["token"]) == ("sent", "serial-1", None)
    assert after["settled_at"] == kit.now()
    (tried,) = await attempts(made)
    assert (tried["number"], tried["verdict"], tried["provider_id"]) == (1, "sent", "serial-1")


async def test_rows_that_were_taken_are_settled_together_each_with_its_attempt() -> None:
    made = [await owe(Channel.WECHAT, params={"text": "v1:k:AAAA", "n": n}) for n in range(3)]
    ends = [
        Taken(one, Settlement(OutboxStatus.SENT, "sent", provider_id=f"p{one.id}"), kit.now())
        for one in await claim(channel=Channel.WECHAT)
    ]
    assert await deliveries.settle_taken(CLOCK, ends) == frozenset(made)
    for one in made:
        after, (tried,) = await row(one), await attempts(one)
        assert (after["status"], after["provider_id"], after["settled_at"]) == ("sent", f"p{one}", kit.now())
        assert (after["token"], after["lease_until"], after["params"].count("v1:k")) == (None, None, 0)
        assert (tried["number"], tried["verdict"], tried["provider_id"]) == (1, "sent", f"p{one}")
    assert await deliveries.settle_taken(CLOCK, ends) == frozenset(), "nothing is written twice"
    assert [len(await attempts(one)) for one in made] == [1, 1, 1]


async def test_d3_among_many_a_row_that_passed_to_another_worker_is_left_out() -> None:
    await owe()
    first, second = await lost()
    other = await owe()
    (held,) = await claim()
    assert await deliveries.settle_taken(CLOCK, [taken(first), taken(held)]) == {other}
    assert ((await row(first.id))["status"], await attempts(first.id)) == ("sending", [])
    assert await deliveries.settle_taken(CLOCK, [taken(second)]) == {first.id}


async def test_settling_many_waits_for_nobody(database: str) -> None:
    """Not for a row that somebody holds, nor for a graduate whose next push is just being written."""
    graduates = [kit.new_id() for _ in range(3)]
    for graduate in graduates:
        await db.fetch_value(acts.NEXT_PUSH, graduate, kit.new_id())
    ids = [await owe(recipient=graduate) for graduate in graduates]
    held = await claim()
    other = await db.connect(database)
    try:
        async with asyncio.timeout(3), other.transaction():
            await other.execute("SELECT 1 FROM outbox WHERE id = $1 FOR UPDATE", ids[0])
            await other.execute("SELECT 1 FROM ems_mirror WHERE graduate_id = $1 FOR UPDATE", graduates[1])
            assert await deliveries.settle_taken(CLOCK, [taken(one) for one in held]) == {ids[2]}
    finally:
        await other.close()
    assert [await settle(one, DELIVERED) for one in held] == [True, True, False]
    assert await statuses(*ids) == ["delivered"] * 3
    acked = await db.fetch("SELECT acked_seq, locked FROM ems_mirror WHERE graduate_id = ANY($1)", graduates)
    assert [tuple(one) for one in acked] == [(1, True)] * 3


async def test_a_code_is_wiped_when_nobody_will_send_it_any_more() -> None:
    made = await owe(Channel.SMS, notice="one_time_code", params={"code": "v1:k:AAAA", "until": "2027-03-05T05:00:00Z"})
    (claimed,) = await claim(channel=Channel.SMS)
    again = Settlement(OutboxStatus.DEFERRED, "retry", "稍后", "http_503", due_at=kit.now())
    assert await settle(claimed, again)
    assert "v1:k" in (await row(made))["params"]
    await deliveries.promote(CLOCK)
    (claimed,) = await claim(channel=Channel.SMS)
    assert await settle(claimed)
    assert "v1:k" not in (await row(made))["params"]


async def test_a_push_that_failed_is_superseded_where_a_newer_one_waits() -> None:
    graduate = kit.new_id()
    older = await owe(stream=f"ems:{graduate}", recipient=graduate)
    (claimed,) = await claim()
    newer = await owe(stream=f"ems:{graduate}", recipient=graduate)
    due: datetime = kit.now() + timedelta(minutes=1)
    assert await settle(claimed, Settlement(OutboxStatus.DEFERRED, "unknown", "稍后", "read_timeout", due_at=due))
    assert await statuses(older, newer) == ["superseded", "pending"]
    assert [one.id for one in await claim()] == [newer]


async def test_a_dead_push_never_blocks_the_next_of_its_graduate() -> None:
    graduate = kit.new_id()
    older = await owe(stream=f"ems:{graduate}", recipient=graduate)
    (claimed,) = await claim()
    newer = await owe(stream=f"ems:{graduate}", recipient=graduate)
    assert await settle(claimed, Settlement(OutboxStatus.DEAD, "dead", "上报失败", "ems_refused"))
    assert [one.id for one in await claim()] == [newer]
    assert await statuses(older) == ["dead"]


async def test_d11_what_was_superseded_before_it_left_is_never_claimed() -> None:
    made = await owe()
    await db.execute("UPDATE outbox SET status = 'superseded' WHERE id = $1", made)
    assert await claim() == []


async def test_the_claim_reads_by_its_own_index() -> None:
    """A plan that walks the whole table would be slow exactly when much is waiting."""
    await db.execute(
        """INSERT INTO outbox (key, school_id, stream, channel, recipient, notice, params, status, created_at, due_at,
             attempts, provider_id, cause)
           SELECT 'bulk:' || n, gen_random_uuid(), 'wx:bulk' || n, 'wechat', gen_random_uuid(), 'x', '{}', 'sent',
             now(), now(), 1, '', '' FROM generate_series(1, 20000) n"""
    )
    await db.execute("ANALYZE outbox")
    values = ["'wechat'", f"'{deliveries.ANYWHERE}'", "16", "now()", "8", "'30 s'", "ARRAY['one_time_code']"]
    text = sql.CLAIM
    for number, value in enumerate([*values, f"'{kit.new_id()}'"], 1):
        text = text.replace(f"${number}", value)
    plan = "\n".join(r[0] for r in await db.fetch(f"EXPLAIN {text}"))
    assert "outbox_in_turn" in plan
    assert "Seq Scan on outbox" not in plan
