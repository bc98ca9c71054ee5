"""Room: acts on a real database: one effect per key, races with one winner, nothing left of what failed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.db import execute, fetch, fetch_row, fetch_value
from models.parties import ReviewMode
from models.states import Flow
from tests.harness import ledger
from tests.harness.racing import gathered
from tests.harness.world import (
    World,
    accept,
    add_graduates,
    approve,
    id_number,
    invite,
    make_employer,
    make_world,
    reject,
    sign,
)
from workflows.actors import CLOCK
from workflows.engine import act
from workflows.errors import KeyReused, NotFound, Refused, Stale

pytestmark = pytest.mark.usefixtures("database")
FLOW = Flow.ONLINE_SIGNING
ROUNDS = 50


async def counts(world: World) -> dict[str, int]:
    """How many rows of each kind this school has."""
    found = {}
    for table in ("records", "outbox", "agreements"):
        found[table] = await fetch_value(f"SELECT count(*) FROM {table} WHERE school_id = $1", world.school_id)
    found["journal"] = await fetch_value("SELECT count(*) FROM journal WHERE chain = $1", f"school:{world.school_id}")
    found["notes"] = await fetch_value(
        "SELECT count(*) FROM inbox_notes n JOIN records r ON r.id = n.record_id WHERE r.school_id = $1",
        world.school_id,
    )
    return found


@pytest.mark.parametrize("mode", list(ReviewMode))
async def test_an_invitation_travels_to_signed_and_leaves_a_whole_ledger(mode: ReviewMode) -> None:
    world = await make_world(mode)
    outcome = await sign(world)
    record = await fetch_row("SELECT * FROM records WHERE id = $1", outcome.record_id)
    assert (record["state"], record["slot"], record["waits_on"]) == ("signed", True, None)
    assert record["agreement_no"].startswith(world.school_code + str(world.cohort))
    await ledger.verify(world.school_id)


async def test_the_second_click_of_the_same_key_gets_the_first_answer_and_writes_nothing() -> None:
    world = await make_world()
    invited = await invite(world)
    once = world.key()
    form = {"own_mobile": world.graduate.mobile, "agreed": True}
    first = await act(world.graduate.actor, FLOW, invited.record_id, "accept", form, version=1, once=once)
    before = await counts(world)
    again = await act(world.graduate.actor, FLOW, invited.record_id, "accept", form, version=1, once=once)
    assert again.repeated
    assert again.as_dict() == first.as_dict()
    assert await counts(world) == before


async def test_a_key_that_meant_something_else_is_refused() -> None:
    world = await make_world()
    invited = await invite(world)
    once = world.key()
    actor = world.graduate.actor
    await act(actor, FLOW, invited.record_id, "refuse", {"reason": "pay"}, version=1, once=once)
    with pytest.raises(KeyReused):
        await act(actor, FLOW, invited.record_id, "refuse", {"reason": "place"}, version=1, once=once)


async def test_a_second_click_with_a_new_key_is_refused_with_the_new_state_and_who_was_first() -> None:
    world = await make_world()
    accepted = await accept(world, await invite(world))
    await approve(world, accepted)
    with pytest.raises(Stale) as refused:
        await approve(world, accepted, world.school)
    told = refused.value.extra()
    assert told["label"] == "签约完成"
    assert told["decided_by"]["name"] == world.school.name
    assert told["version"] == 3


async def test_a_final_approval_closes_the_other_invitations_in_the_same_act() -> None:
    world = await make_world(employers=3)
    invitations = [await invite(world, firm=firm) for firm in world.employers]
    await approve(world, await accept(world, invitations[0]))
    rows = await fetch("SELECT state FROM records WHERE school_id = $1 ORDER BY created_at, id", world.school_id)
    assert sorted(r["state"] for r in rows) == ["signed", "superseded", "superseded"]
    acts = await fetch(
        "SELECT DISTINCT act_id FROM journal WHERE action IN ('approve', 'supersede') AND chain = $1",
        f"school:{world.school_id}",
    )
    assert len(acts) == 1
    await ledger.verify(world.school_id)


async def test_a_graduate_who_is_reviewed_cannot_accept_a_second_invitation() -> None:
    world = await make_world(employers=2)
    first, second = [await invite(world, firm=firm) for firm in world.employers]
    await accept(world, first)
    with pytest.raises(Refused) as refused:
        await accept(world, second)
    assert refused.value.guard == "slot_free"


async def test_rejection_frees_the_slot_and_the_employer_may_invite_again() -> None:
    world = await make_world()
    await reject(world, await accept(world, await invite(world)))
    assert (await sign(world)).state == "signed"
    await ledger.verify(world.school_id)


async def test_an_edit_after_approval_changes_the_position_only_and_is_pushed() -> None:
    world = await make_world()
    signed = await sign(world)
    await act(world.school, FLOW, signed.record_id, "edit", {"position_category": "11"}, version=3, once=world.key())
    row = await fetch_row("SELECT state, version, position_category FROM records WHERE id = $1", signed.record_id)
    assert tuple(row) == ("signed", 4, "11")
    pushes = await fetch(
        "SELECT status FROM outbox WHERE school_id = $1 AND notice = 'push' ORDER BY id", world.school_id
    )
    assert [p["status"] for p in pushes] == ["superseded", "pending"]
    await ledger.verify(world.school_id)


async def test_the_clock_expires_an_invitation_once_however_often_it_comes() -> None:
    world = await make_world()
    invited = await invite(world, valid_days=1)
    due = await fetch_value("SELECT expires_at FROM records WHERE id = $1", invited.record_id)
    outcomes = [
        await act(CLOCK, FLOW, invited.record_id, "expire", once=f"{invited.record_id}:expire", now=due + timedelta(1))
        for _ in range(3)
    ]
    assert [o.repeated for o in outcomes] == [False, True, True]
    await ledger.verify(world.school_id)


async def test_an_employer_gets_one_neutral_answer_for_a_wrong_name_and_for_an_unknown_number() -> None:
    world = await make_world()
    sentences = set()
    for values in ({"graduate_name": "不是他"}, {"id_number": id_number()}, {"school_code": "99999"}):
        with pytest.raises(Refused) as refused:
            await invite(world, **values)
        sentences.add((refused.value.guard, refused.value.detail))
    assert len(sentences) == 1


async def test_a_foreign_school_finds_nothing() -> None:
    world, other = await make_world(), await make_world()
    accepted = await accept(world, await invite(world))
    with pytest.raises(NotFound):
        await approve(world, accepted, other.school)


async def test_t3_accept_and_withdraw_at_one_instant_never_both() -> None:
    world = await make_world(graduates=1)
    people = await add_graduates(world, ROUNDS)
    for person in people:
        invited = await invite(world, person)
        withdrawing = act(world.employer.actor, FLOW, invited.record_id, "withdraw", {}, version=1, once=world.key())
        done, lost = await gathered(accept(world, invited, person), withdrawing)
        assert len(done) == 1
        assert isinstance(lost[0], Stale)
    await ledger.verify(world.school_id)


async def test_two_invitations_accepted_at_one_instant_leave_one_holder_of_the_slot() -> None:
    world = await make_world(graduates=1, employers=2)
    for person in await add_graduates(world, 25):
        offers = [await invite(world, person, firm) for firm in world.employers]
        done, lost = await gathered(*(accept(world, offer, person) for offer in offers))
        assert len(done) == 1
        assert isinstance(lost[0], Refused)
        assert lost[0].guard == "slot_free"
    await ledger.verify(world.school_id)


async def test_one_message_that_arrives_five_times_at_once_acts_once() -> None:
    world = await make_world()
    invited = await invite(world)
    form = {"own_mobile": world.graduate.mobile, "agreed": True}
    once = world.key()
    done, lost = await gathered(
        *(act(world.graduate.actor, FLOW, invited.record_id, "accept", form, version=1, once=once) for _ in range(5))
    )
    assert not lost
    assert sum(not o.repeated for o in done) == 1
    await ledger.verify(world.school_id)


async def test_an_employer_that_invites_twice_at_once_has_one_invitation() -> None:
    world = await make_world()
    done, lost = await gathered(*(invite(world) for _ in range(4)))
    assert len(done) == 1
    assert {type(e) for e in lost} == {Refused}


async def test_an_act_cancelled_half_way_leaves_nothing_or_everything() -> None:
    world = await make_world(graduates=1)
    for number, person in enumerate(await add_graduates(world, 30)):
        invited = await invite(world, person)
        task = asyncio.create_task(accept(world, invited, person))
        await asyncio.sleep(0.0004 * number)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        row = await fetch_row("SELECT state, version, slot FROM records WHERE id = $1", invited.record_id)
        assert tuple(row) in {("invited", 1, False), ("review_school", 2, True)}
    await ledger.verify(world.school_id)


async def test_the_database_refuses_a_second_slot_even_to_hand_written_sql() -> None:
    world = await make_world()
    signed = await sign(world)
    row = await fetch_row("SELECT * FROM records WHERE id = $1", signed.record_id)
    copy: dict[str, Any] = dict(row)
    copy["id"] = UUID(int=row["id"].int ^ 1)
    names = ", ".join(copy)
    marks = ", ".join(f"${n}" for n in range(1, len(copy) + 1))
    with pytest.raises(Exception, match="records_one_slot"):
        await execute(f"INSERT INTO records ({names}) VALUES ({marks})", *copy.values())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET action = 'x' WHERE chain = $1",
        "DELETE FROM journal WHERE chain = $1",
        "UPDATE journal SET detail = '{}'::jsonb WHERE chain = $1",
    ],
)
async def test_the_journal_takes_no_change_and_no_deletion(statement: str) -> None:
    world = await make_world()
    with pytest.raises(Exception, match="append-only"):
        await execute(statement, f"school:{world.school_id}")


async def test_personal_detail_can_be_erased_and_the_chain_still_verifies() -> None:
    world = await make_world()
    await sign(world)
    await execute("UPDATE journal SET detail = NULL WHERE chain = $1", f"school:{world.school_id}")
    rows = await ledger.journal_of(world.school_id)
    assert all(r["detail"] is None for r in rows)
    assert [r["seq"] for r in rows] == list(range(1, len(rows) + 1))


async def test_no_number_of_a_person_stands_in_journal_outbox_or_keys() -> None:
    world = await make_world(employers=2)
    await sign(world)
    await make_employer(world)
    for table in ("journal", "outbox", "act_keys", "inbox_notes", "records"):
        text = await fetch_value(f"SELECT string_agg(t::text, '') FROM {table} t")
        for secret in (world.graduate.id_number, world.graduate.mobile, world.employer.form["contact_mobile"]):
            assert secret not in (text or ""), f"{table} holds a number in clear"
