"""Room: who sees which messages: a record's own, the delivery page, its counts; causes and pushes for staff only."""

from __future__ import annotations

from typing import Any

import pytest

from models import db, kit
from models.parties import Grant, Level, Module, Party
from models.states import Channel, OutboxStatus
from tests.harness.outbox import (
    NOON,
)
from tests.harness.world import World, accept, approve, invite, make_world
from workflows.actors import Actor
from workflows.engine import Outcome
from workflows.errors import Forbidden, InvalidRequest, ModuleClosed, NotFound
from workflows.queries import deliveries
from workflows.queries.deliveries import Filters


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=2, departments=("计算机学院", "文学院"))


@pytest.fixture(scope="module")
async def signed(world: World) -> Outcome:
    outcome = await approve(world, await accept(world, await invite(world)))
    await db.execute("UPDATE outbox SET status = 'dead', cause = '上报失败：名单中没有（ems_x）' WHERE channel = 'ems'")
    return outcome


@pytest.fixture(autouse=True)
async def noon(clock: Any) -> Any:
    clock.at(NOON)
    return clock


async def test_staff_see_every_message_of_a_record_with_its_cause(world: World, signed: Outcome) -> None:
    for reader in (world.school, world.departments["计算机学院"], world.province):
        rows = await deliveries.of_record(reader, signed.record_id)
        assert [(one["title"], one["channel_label"]) for one in rows] == [
            ("收到签约邀请", "短信"),
            ("签约完成", "短信"),
            ("上报去向", "就业管理系统"),
        ]
        assert (rows[-1]["status_label"], rows[-1]["cause"]) == ("上报失败", "上报失败：名单中没有（ems_x）")


async def test_the_graduate_sees_the_own_messages_without_causes_and_pushes(world: World, signed: Outcome) -> None:
    rows = await deliveries.of_record(world.graduate.actor, signed.record_id)
    assert [one["channel"] for one in rows] == ["sms", "sms"]
    assert {one["cause"] for one in rows} == {""}


async def test_the_employer_sees_nothing_of_what_was_sent_to_the_graduate(world: World, signed: Outcome) -> None:
    assert await deliveries.of_record(world.employer.actor, signed.record_id) == []


@pytest.mark.parametrize("other", ["graduate", "department", "school", "level", "employer"])
async def test_i7_nobody_else_sees_that_there_is_a_record(world: World, signed: Outcome, other: str) -> None:
    grants = {Module.EMPLOYMENT: Grant.RW}
    strangers = {
        "graduate": world.graduates[1].actor,
        "department": world.departments["文学院"],
        "school": Actor(Party.SCHOOL, kit.new_id(), "他校", school_id=kit.new_id(), grants=grants),
        "level": Actor(
            Party.SCHOOL, kit.new_id(), "研究生院", school_id=world.school_id, level=Level.POSTGRADUATE, grants=grants
        ),
        "employer": Actor(Party.EMPLOYER, kit.new_id(), "他单位", employer_id=kit.new_id()),
    }
    with pytest.raises(NotFound):
        await deliveries.of_record(strangers[other], signed.record_id)


async def test_the_page_shows_the_own_schools_rows_newest_first_page_by_page(world: World, signed: Outcome) -> None:
    first = await deliveries.page(world.school, Filters(limit=2))
    second = await deliveries.page(world.school, Filters(limit=2, cursor=first.next))
    ids = [one["id"] for one in (*first.items, *second.items)]
    assert ids == sorted(ids, reverse=True)
    assert (first.total, second.next) == (3, None)
    assert first.items[0]["graduate"] == {"id": str(world.graduate.id), "name": world.graduate.name}


async def test_the_page_is_narrowed_by_status_channel_and_notice(world: World, signed: Outcome) -> None:
    dead = await deliveries.page(world.school, Filters(statuses=(OutboxStatus.DEAD,)))
    assert [(one["channel"], one["repeatable"]) for one in dead.items] == [("ems", True)]
    sms = await deliveries.page(world.school, Filters(channel=Channel.SMS, notice="signing_approved"))
    assert [one["title"] for one in sms.items] == ["签约完成"]


async def test_departments_see_their_own_and_other_schools_nothing(world: World, signed: Outcome) -> None:
    assert (await deliveries.page(world.departments["计算机学院"], Filters())).total == 3
    assert (await deliveries.page(world.departments["文学院"], Filters())).total == 0
    stranger = Actor(Party.SCHOOL, kit.new_id(), "他校", school_id=kit.new_id(), grants={Module.EMPLOYMENT: Grant.RW})
    assert (await deliveries.page(stranger, Filters())).items == []


async def test_the_counts_are_those_of_the_page(world: World, signed: Outcome) -> None:
    for reader in (world.school, world.province):
        counted = await deliveries.counts(reader)
        assert (counted["dead"], counted["ems_refused"]) == (1, 1)
    assert (await deliveries.counts(world.departments["文学院"]))["dead"] == 0


async def test_the_page_is_for_staff_with_the_module(world: World) -> None:
    for outsider in (world.graduate.actor, world.employer.actor):
        with pytest.raises(Forbidden):
            await deliveries.page(outsider, Filters())
    closed = Actor(Party.SCHOOL, kit.new_id(), "无权", school_id=world.school_id, grants={})
    with pytest.raises(ModuleClosed):
        await deliveries.counts(closed)


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJkZWxpdmVyaWVzIiwgLTFd", "WyJyIiwgNV0", "é"])
async def test_a_cursor_of_another_list_is_refused_with_a_sentence(world: World, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        await deliveries.page(world.school, Filters(cursor=cursor))


async def test_the_tries_of_a_message_are_shown_to_those_who_see_it(world: World, signed: Outcome) -> None:
    row = (await deliveries.page(world.school, Filters(channel=Channel.EMS))).items[0]
    await db.execute(
        "INSERT INTO delivery_attempts (outbox_id, number, began_at, ended_at, verdict, provider_id, cause) "
        "VALUES ($1, 1, $2, $2, 'dead', '', 'ems_x')",
        row["id"],
        kit.now(),
    )
    (tried,) = await deliveries.tries(world.school, row["id"])
    assert (tried["verdict"], tried["cause"]) == ("dead", "ems_x")
    with pytest.raises(NotFound):
        await deliveries.tries(world.departments["文学院"], row["id"])
