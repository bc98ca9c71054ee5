"""Room: the clock's jobs: invitations end, reminders are written once, running twice or late does no harm (T9)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from models import db, kit
from models.kit import SHANGHAI
from models.tables import Binding, Graduate, RegistryStatus
from notifier.jobs import Job, clock_jobs, refresh_registry
from tests.harness.outbox import (
    NOON,
    empty_outbox,
    outbox_of,
)
from tests.harness.world import Person, World, accept, add_graduates, invite, make_employer, make_world
from workflows.commands import clock
from workflows.commands.tokens import VISITOR, open_state
from workflows.engine import Outcome
from workflows.ports import OutsideFault, RegistryEntry


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=1, departments=("文学院",), employers=0)


@pytest.fixture(autouse=True)
async def noon(clock: Any, world: World) -> Any:
    clock.at(NOON)
    await empty_outbox()
    await clock_out()
    return clock


async def clock_out() -> None:
    """Invitations of earlier tests have had their reminder and end with the tests."""
    await db.execute("UPDATE records SET remind_at = NULL, expires_at = '2099-01-01' WHERE state = 'invited'")


async def invited(world: World, days: int = 15, *, bound: bool = False) -> tuple[Person, Outcome]:
    (person,) = await add_graduates(world, 1, departments=("文学院",))
    if bound:
        graduate = await Graduate.get(id=person.id)
        await Binding.create(
            id=kit.new_id(), school_id=graduate.school_id, graduate_id=graduate.id, cohort=graduate.cohort,
            openid=f"o{kit.new_id().hex}", bound_at=kit.now(), chosen_at=kit.now(),
        )  # fmt: skip
    return person, await invite(world, person, await make_employer(world), valid_days=days)


async def state(outcome: Outcome) -> str:
    return str(await db.fetch_value("SELECT state FROM records WHERE id = $1", outcome.record_id))


async def reminders(outcome: Outcome) -> list[dict[str, Any]]:
    return [one for one in await outbox_of(outcome.record_id) if one["notice"] == "invitation_reminder"]


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# --- expiry --------------------------------------------------------------------------------------


async def test_t9_an_invitation_ends_after_its_last_second_and_not_before(world: World, noon: Any) -> None:
    _, outcome = await invited(world, bound=True)
    noon.at("2027-03-20T23:59:59+08:00")
    assert await clock.expire_invitations() == 0
    noon.at("2027-03-21T00:00:00+08:00")
    assert await clock.expire_invitations() == 1
    assert await state(outcome) == "expired"
    owed = [(one["notice"], one["status"]) for one in await outbox_of(outcome.record_id)]
    assert owed == [("invitation_received", "superseded"), ("invitation_expired", "deferred")]


async def test_running_late_and_twice_ends_it_once(world: World, noon: Any) -> None:
    _, outcome = await invited(world)
    noon.advance(days=40)
    ended = await asyncio.gather(*(clock.expire_invitations() for _ in range(4)))
    assert sum(ended) == 1
    assert await clock.expire_invitations() == 0
    version = await db.fetch_value("SELECT version FROM records WHERE id = $1", outcome.record_id)
    assert version == 2


async def test_an_invitation_that_was_answered_is_not_ended(world: World, noon: Any) -> None:
    person, outcome = await invited(world)
    await accept(world, outcome, person)
    noon.advance(days=40)
    assert await clock.expire_invitations() == 0
    assert await state(outcome) == "review_school"


async def test_a_frozen_invitation_waits_for_its_graduate(world: World, noon: Any) -> None:
    person, outcome = await invited(world)
    await db.execute("UPDATE graduates SET invalid_at = $2 WHERE id = $1", person.id, kit.now())
    noon.advance(days=40)
    assert await clock.expire_invitations() == 0
    await db.execute("UPDATE graduates SET invalid_at = NULL WHERE id = $1", person.id)
    assert await clock.expire_invitations() == 1
    assert await state(outcome) == "expired"


# --- reminders -----------------------------------------------------------------------------------


async def test_a_reminder_is_written_at_nine_of_the_day_before_and_only_once(world: World, noon: Any) -> None:
    """Invited on 5 March for 15 days: the last day is the 20th, the reminder is due on the 19th at nine."""
    _, outcome = await invited(world, bound=True)
    noon.at("2027-03-19T08:59:59+08:00")
    assert await clock.remind_all() == 0
    noon.at("2027-03-19T09:00:00+08:00")
    done = await asyncio.gather(*(clock.remind_all() for _ in range(4)))
    assert sum(done) == 1
    noon.advance(hours=5)
    assert await clock.remind_all() == 0
    (owed,) = await reminders(outcome)
    assert (owed["channel"], owed["status"]) == ("wechat", "pending")
    assert '"deadline": "2027年3月20日 23:59"' in owed["params"]


async def test_without_wechat_the_reminder_goes_by_sms_where_the_school_allows_it(world: World, noon: Any) -> None:
    _, outcome = await invited(world)
    noon.at("2027-03-19T09:00:00+08:00")
    await clock.remind_all()
    assert [one["channel"] for one in await reminders(outcome)] == ["sms"]


async def test_a_late_reminder_still_comes_before_the_end_and_keeps_the_quiet_hours(world: World, noon: Any) -> None:
    _, outcome = await invited(world)
    noon.at("2027-03-20T02:00:00+08:00")
    assert await clock.remind_all() == 1
    (owed,) = await reminders(outcome)
    assert owed["status"] == "deferred"
    assert owed["due_at"].astimezone(SHANGHAI) == shanghai("2027-03-20T08:00:00")


async def test_after_the_end_nobody_is_reminded(world: World, noon: Any) -> None:
    _, outcome = await invited(world)
    noon.at("2027-03-21T09:00:00+08:00")
    assert await clock.remind_all() == 0
    assert await reminders(outcome) == []


async def test_an_invitation_for_a_day_needs_no_reminder(world: World, noon: Any) -> None:
    """Made at noon with the next day as its last: nine o'clock of the day before had passed already."""
    _, outcome = await invited(world, days=1)
    noon.advance(hours=3)
    assert await clock.remind_all() == 0
    assert await reminders(outcome) == []


async def test_who_has_answered_or_is_frozen_is_not_reminded(world: World, noon: Any) -> None:
    person, outcome = await invited(world)
    await accept(world, outcome, person)
    frozen, _ = await invited(world)
    await db.execute("UPDATE graduates SET invalid_at = $2 WHERE id = $1", frozen.id, kit.now())
    noon.at("2027-03-19T10:00:00+08:00")
    assert await clock.remind_all() == 0


async def test_a_reminder_leaves_the_records_version_alone(world: World, noon: Any) -> None:
    """Whoever looked at the record before the reminder may still accept."""
    person, outcome = await invited(world)
    noon.at("2027-03-19T09:00:00+08:00")
    await clock.remind_all()
    accepted = await accept(world, outcome, person)
    assert accepted.state == "review_school"
    assert [one["status"] for one in await reminders(outcome)] == ["superseded"]


# --- the registry and the sweep ------------------------------------------------------------------


class Answering:
    """A registry that says one thing; the client itself is tested against the simulator."""

    def __init__(self, answer: RegistryEntry | OutsideFault) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def status(self, uscc: str) -> RegistryEntry | OutsideFault:
        self.asked.append(uscc)
        return self.answer

    async def find(self, name: str) -> RegistryEntry | OutsideFault:
        raise AssertionError(name)


class SilentEms:
    async def lookup(self, school: str, cohort: int, id_number: str) -> OutsideFault:  # noqa: ARG002  it is one of theirs
        return OutsideFault.UNAVAILABLE


async def test_the_registry_is_asked_once_and_again_when_its_answer_is_old(world: World, noon: Any) -> None:
    firm = await make_employer(world)
    registry = Answering(RegistryEntry(firm.uscc, firm.name, "存续", kit.now()))
    while await refresh_registry(registry):
        pass
    assert registry.asked.count(firm.uscc) == 1
    kept = await RegistryStatus.get(uscc=firm.uscc)
    assert (kept.status, kept.checked_at) == ("存续", kit.now())
    noon.advance(days=3, seconds=1)
    while await refresh_registry(registry):
        pass
    assert registry.asked.count(firm.uscc) == 2


async def test_a_silent_registry_is_left_alone_for_a_while_and_old_answers_stay(world: World, noon: Any) -> None:
    firm = await make_employer(world)
    while await refresh_registry(Answering(RegistryEntry(firm.uscc, firm.name, "存续", kit.now()))):
        pass
    noon.advance(days=4)
    silent = Answering(OutsideFault.UNAVAILABLE)
    await refresh_registry(silent)
    assert len(silent.asked) <= 3
    kept = await RegistryStatus.get(uscc=firm.uscc)
    assert kept.status == "存续"


async def test_a_code_that_the_registry_does_not_know_is_noted_as_such(world: World) -> None:
    firm = await make_employer(world)
    while await refresh_registry(Answering(OutsideFault.NOT_FOUND)):
        pass
    assert (await RegistryStatus.get(uscc=firm.uscc)).status == "未查到登记信息"


async def test_what_ran_out_is_swept_and_what_lives_stays(noon: Any) -> None:
    await open_state(VISITOR, "browser", "/m/records")
    assert await clock.sweep() == 0
    noon.advance(days=2)
    assert await clock.sweep() >= 1
    assert await clock.sweep() == 0


async def test_a_job_that_fails_is_counted_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> int:
        raise ValueError("no")

    assert await Job("broken", 1, broken).once() == 0
    assert "job broken failed: ValueError" in caplog.text


async def test_every_job_can_run_on_an_ordinary_database_and_stops_when_told(world: World) -> None:
    for job in clock_jobs(Answering(OutsideFault.UNAVAILABLE), SilentEms()):
        assert await job.work() >= 0
        stop = asyncio.Event()
        running = asyncio.create_task(job.run(stop))
        await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(running, 5)
