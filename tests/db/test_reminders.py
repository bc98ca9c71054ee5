"""Room: reminders by the clock: to whom, after how many days, once however often the job runs."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models import db, kit
from models.parties import Party
from models.states import Flow
from models.tables import Binding, Graduate
from tests.harness.outbox import (
    NOON,
    empty_outbox,
    outbox_of,
)
from tests.harness.reaching import Case, reach
from tests.harness.world import Person, World, add_graduates, make_world
from workflows.commands import clock
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.queries.digest import read_digest


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=1, departments=("文学院",), cohort=2027)


@pytest.fixture(autouse=True)
async def noon(clock: Any, world: World) -> Any:
    """Noon of 5 March 2027; what earlier tests left waiting waits for nobody any more."""
    clock.at(NOON)
    await empty_outbox()
    await db.execute(
        "UPDATE records SET waits_on = NULL, waiting_since = NULL, remind_at = NULL WHERE waits_on IS NOT NULL"
    )
    return clock


async def case_at(world: World, flow: Flow, state: str, *, bound: bool = True) -> Case:
    (person,) = await add_graduates(world, 1, departments=("文学院",))
    if bound:
        await bind(person)
    made = await reach(world, flow, state, person)
    await empty_outbox()
    await db.execute("DELETE FROM inbox_notes WHERE record_id = $1", made.record_id)
    return made


async def bind(person: Person) -> None:
    graduate = await Graduate.get(id=person.id)
    await Binding.create(
        id=kit.new_id(), school_id=graduate.school_id, graduate_id=graduate.id, cohort=graduate.cohort,
        openid=f"o{kit.new_id().hex}", bound_at=kit.now(), chosen_at=kit.now(),
    )  # fmt: skip


async def told(record_id: UUID) -> list[str]:
    """Every reminder of a record, to either side, oldest first."""
    to_graduate = [(r["id"], r["notice"]) for r in await outbox_of(record_id) if r["notice"].endswith("_reminder")]
    rows = await db.fetch("SELECT notice FROM inbox_notes WHERE record_id = $1 ORDER BY created_at, id", record_id)
    return [name for _, name in to_graduate] + [row["notice"] for row in rows]


async def remind_at(noon: Any, moment: datetime | str) -> int:
    noon.at(moment if isinstance(moment, str) else moment.isoformat())
    return await clock.remind_all()


OWED = [
    (Flow.ONLINE_TERMINATION, "awaiting_employer", ["answer_reminder_employer"]),
    (Flow.OFFLINE_SIGNING, "agreement_issued", ["upload_reminder", "upload_reminder_employer"]),
    (Flow.OFFLINE_SIGNING, "agreement_returned", ["return_reminder"]),
    (Flow.OFFLINE_SIGNING, "signing_returned", ["return_reminder"]),
    (Flow.SUPPLEMENTARY, "returned", ["return_reminder"]),
    (Flow.DESTINATION, "returned", ["return_reminder"]),
    (Flow.OFFLINE_TERMINATION, "returned", ["return_reminder"]),
]


@pytest.mark.parametrize(("flow", "state", "names"), OWED, ids=[f"{flow}.{state}" for flow, state, _ in OWED])
async def test_whoever_keeps_silent_is_reminded_after_three_seven_and_fifteen_days(
    world: World, noon: Any, flow: Flow, state: str, names: list[str]
) -> None:
    case = await case_at(world, flow, state)
    start = kit.now()
    expected: list[str] = []
    for days in (3, 7, 15):
        assert await remind_at(noon, start + timedelta(days=days, seconds=-1)) == 0
        done = [await remind_at(noon, start + timedelta(days=days)), await clock.remind_all()]
        assert done == [1, 0]
        expected += names
        assert sorted(await told(case.record_id)) == sorted(expected)
    assert await remind_at(noon, start + timedelta(days=60)) == 0


async def test_the_graduate_who_owes_an_answer_is_reminded(world: World, noon: Any) -> None:
    (person,) = await add_graduates(world, 1, departments=("文学院",))
    await bind(person)
    case = await reach(world, Flow.ONLINE_TERMINATION, "", person)
    await case.take("request", Party.EMPLOYER)
    await remind_at(noon, kit.now() + timedelta(days=3))
    (row,) = [r for r in await outbox_of(case.record_id) if r["notice"] == "answer_reminder"]
    params = json.loads(row["params"])
    assert (row["channel"], params["employer"]) == ("wechat", world.employer.name)
    await case.take("agree", Party.GRADUATE)
    assert [r["status"] for r in await outbox_of(case.record_id) if r["notice"] == "answer_reminder"] == ["superseded"]


async def test_four_processes_at_once_remind_once(world: World, noon: Any) -> None:
    case = await case_at(world, Flow.DESTINATION, "returned")
    noon.advance(days=3)
    assert sum(await asyncio.gather(*(clock.remind_all() for _ in range(4)))) == 1
    assert await told(case.record_id) == ["return_reminder"]


async def test_a_job_that_runs_late_reminds_once_and_not_of_every_day_that_passed(world: World, noon: Any) -> None:
    case = await case_at(world, Flow.DESTINATION, "returned")
    noon.advance(days=9)
    assert await clock.remind_all() == 1
    noon.advance(days=1)
    assert await clock.remind_all() == 0
    noon.advance(days=5)
    assert await clock.remind_all() == 1
    assert len(await told(case.record_id)) == 2


async def test_a_new_round_is_counted_anew(world: World, noon: Any) -> None:
    case = await case_at(world, Flow.DESTINATION, "returned")
    noon.advance(days=3)
    assert await clock.remind_all() == 1
    await case.take("submit")
    assert await clock.remind_all() == 0
    await case.take("return")
    noon.advance(days=2)
    assert await clock.remind_all() == 0
    noon.advance(days=1)
    assert await clock.remind_all() == 1
    assert len(await told(case.record_id)) == 2


async def test_the_frozen_are_not_reminded_and_after_their_return_days_count_from_then(world: World, noon: Any) -> None:
    case = await case_at(world, Flow.DESTINATION, "returned")
    noon.advance(days=1)
    await invalidate_graduate(world.school, case.person.id, "已不在就业管理系统名单中")
    noon.advance(days=20)
    assert await clock.remind_all() == 0
    await restore_graduate(world.school, case.person.id)
    assert await clock.remind_all() == 0
    noon.advance(days=3)
    assert await clock.remind_all() == 1
    assert await told(case.record_id) == ["return_reminder"]


CLOSING = [
    (Flow.OFFLINE_SIGNING, "agreement_draft", ["close_reminder"]),
    (Flow.SUPPLEMENTARY, "draft", ["close_reminder"]),
    (Flow.ONLINE_TERMINATION, "awaiting_employer", ["close_reminder_employer"]),
]


@pytest.mark.parametrize(("flow", "state", "names"), CLOSING, ids=[f"{flow}.{state}" for flow, state, _ in CLOSING])
async def test_before_the_close_everybody_who_is_waited_for_is_reminded_four_times(
    world: World, noon: Any, flow: Flow, state: str, names: list[str]
) -> None:
    noon.at("2027-12-31T12:00:00+08:00")
    case = await case_at(world, flow, state)
    for day in ("2028-01-01", "2028-01-17", "2028-01-24", "2028-01-30"):
        before = len([n for n in await told(case.record_id) if n in names])
        await remind_at(noon, f"{day}T08:59:59+08:00")
        assert len([n for n in await told(case.record_id) if n in names]) == before
        await remind_at(noon, f"{day}T09:00:00+08:00")
        await clock.remind_all()
        assert len([n for n in await told(case.record_id) if n in names]) == before + 1
    assert await remind_at(noon, "2028-02-01T00:00:00+08:00") == 0


async def test_the_close_is_named_in_the_reminder_and_an_end_supersedes_what_has_not_left(
    world: World, noon: Any
) -> None:
    noon.at("2028-01-29T12:00:00+08:00")
    case = await case_at(world, Flow.DESTINATION, "draft", bound=False)
    await remind_at(noon, "2028-01-30T09:00:00+08:00")
    (row,) = [r for r in await outbox_of(case.record_id) if r["notice"] == "close_reminder"]
    params = json.loads(row["params"])
    assert (row["channel"], params["deadline"]) == ("sms", "2028年1月31日 23:59")
    noon.at("2028-02-01T00:00:00+08:00")
    await clock.close_cohorts()
    found = {r["notice"]: r["status"] for r in await outbox_of(case.record_id)}
    assert (found["close_reminder"], found["matter_lapsed"]) == ("superseded", "deferred")


async def test_reviewers_and_what_is_in_force_are_never_reminded(world: World, noon: Any) -> None:
    await case_at(world, Flow.DESTINATION, "review_school")
    await case_at(world, Flow.SUPPLEMENTARY, "signed")
    noon.at("2028-01-30T12:00:00+08:00")
    assert await clock.remind_all() == 0


async def test_the_school_reads_which_employers_keep_silent_for_seven_and_fifteen_days(world: World, noon: Any) -> None:
    case = await case_at(world, Flow.ONLINE_TERMINATION, "awaiting_employer")
    for days, counts in ((6, [0, 0]), (7, [1, 0]), (15, [1, 1])):
        noon.at((datetime.fromisoformat(NOON) + timedelta(days=days)).isoformat())
        await clock.remind_all()
        silent = (await read_digest(world.school, world.cohort))["silent"]
        assert [one["count"] for one in silent["counts"]] == counts
    (item,) = silent["items"]
    assert (item["record"]["id"], item["days"], item["reminders"]) == (str(case.record_id), 15, 3)
    department = world.department_of(case.person)
    assert (await read_digest(department, world.cohort))["silent"] is None
