"""Room: a roster file as a job: read by a child, written whole or not at all, begun anew after kill -9 (Q2, Q3)."""

from __future__ import annotations

import asyncio
import io
import multiprocessing
import os
import signal
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook

from models import db, storage
from models.parties import Level, Party
from models.tables import Graduate, Job, JournalRow
from models.vault import unseal
from notifier.workbench import Workbench
from tests.harness import world as w
from tests.harness.outbox import until
from tests.harness.roster_files import csv_file, national_file, workbook
from workflows.actors import CLOCK, Actor
from workflows.commands import jobs
from workflows.commands.accounts import disable_account
from workflows.commands.jobs import Progress
from workflows.commands.roster_jobs import begin_import, do_import
from workflows.errors import InvalidForm, NotFound, Refused
from workflows.ports import Held, OutsideFault
from workflows.queries.jobs import read_job, read_job_file
from workflows.roster_files import BROKEN, TOO_BIG_INSIDE
from workflows.roster_reader import Reading


class Silent:
    """An EMS that these tests do not ask."""

    async def lookup(self, school: str, cohort: int, id_number: str) -> Held | OutsideFault:
        raise AssertionError((school, cohort, len(id_number)))


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world(graduates=0, employers=0, submit=False)


@pytest.fixture(autouse=True)
async def nobody_elses(database: str) -> None:
    """What an earlier test left waiting would be done first."""
    await db.execute("DELETE FROM jobs")


async def done(actor: Actor, cohort: int, content: bytes, **more: Any) -> dict[str, Any]:
    job = await begin_import(actor, cohort, content, **more)
    assert await Workbench(Silent()).once()
    return await read_job(actor, job)


async def entries(world: w.World) -> dict[str, Graduate]:
    return {g.basic["ksh"]: g for g in await Graduate.filter(school_id=world.school_id, cohort=world.cohort)}


def of(rows: Sequence[dict[str, str]], present: dict[str, Graduate]) -> list[Graduate]:
    return [present[row["ksh"]] for row in rows if row["ksh"] in present]


async def test_q2_two_thousand_rows_come_out_as_they_went_in(world: w.World) -> None:
    rows = [w.roster_row(w.DEPARTMENTS[n % 2], xm=f"㛃𠮷{'零一二三四五六七八九'[n % 10]}") for n in range(2000)]
    job = await done(world.school, world.cohort, national_file(rows))
    assert (job["status"], job["done"], job["error"]) == ("done", 2000, None)
    assert (job["summary"]["added"], job["summary"]["faulty"], job["file"]) == (2000, 0, None)
    assert job["summary"]["sentences"] == ["新增 2000 名学生"]
    found = await entries(world)
    for row, entry in zip(rows, of(rows, found), strict=True):
        assert unseal("graduates.id_enc", entry.id_enc) == row["sfzh"]
        assert unseal("graduates.phone_enc", entry.phone_enc) == row["sjh"]
        assert (entry.name, entry.department, entry.major) == (row["xm"], row["szyx"], row["zy"])
        assert (entry.level_code, entry.training_mode) == (row["xldm"], row["pyfsdm"])
        plain = {"ksh", "xbdm", "mzdm", "zzmmdm", "xh", "zydm", "xz", "rxsj", "bysj"}
        assert {name: entry.basic[name] for name in plain} == {name: row[name] for name in plain}
    again = await done(world.school, world.cohort, national_file(rows))
    assert (again["summary"]["added"], again["summary"]["unchanged"]) == (0, 2000)


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_q2_fifty_thousand_rows_come_out_as_they_went_in(world: w.World) -> None:
    rows = [w.roster_row(w.DEPARTMENTS[n % 2]) for n in range(50_000)]
    job = await done(world.school, world.cohort, national_file(rows))
    assert job["summary"]["added"] == 50_000
    found = await entries(world)
    assert all(
        unseal("graduates.id_enc", entry.id_enc) == row["sfzh"]
        for row, entry in zip(rows, of(rows, found), strict=True)
    )


async def test_q3_wrong_rows_are_listed_by_sheet_line_and_column_and_nothing_is_taken(world: w.World) -> None:
    rows = [w.roster_row(), w.roster_row(szyx=""), w.roster_row(pyfsdm="2", mzdm="77")]
    job = await done(world.school, world.cohort, national_file(rows))
    assert (job["status"], job["summary"]["written"]) == ("failed", False)
    assert job["error"].startswith("3 行中有 2 行有误，没有导入任何一行")
    assert of(rows, await entries(world)) == []
    name, content = await read_job_file(world.school, UUID(job["id"]))
    assert name == "名单错误清单.xlsx"
    listed = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert listed[0] == ["工作表", "行号", "列", "问题"]
    assert {(r[0], int(r[1]), r[2]) for r in listed[1:]} == {
        ("名单", 4, "所在院系"),
        ("名单", 5, "培养方式代码"),
        ("名单", 5, "民族代码"),
    }
    assert not any(number in str(listed) for row in rows for number in (row["sfzh"], row["sjh"]))


async def test_q3_the_right_rows_are_taken_where_that_was_wished(world: w.World) -> None:
    rows = [w.roster_row(), w.roster_row(szyx=""), w.roster_row()]
    job = await done(world.school, world.cohort, csv_file(rows, "gb18030"), only_valid=True)
    assert (job["status"], job["summary"]["added"], job["summary"]["faulty"]) == ("done", 2, 1)
    assert job["file"] == "名单错误清单.xlsx"
    assert len(of(rows, await entries(world))) == 2
    assert "1 行有误，未导入" in job["summary"]["sentences"]


async def test_q3_one_person_twice_is_found_however_far_apart_the_rows_stand(world: w.World) -> None:
    """Long files are checked by two processes; what they cannot see of each other is seen in the staging table."""
    rows = [w.roster_row() for _ in range(1800)]
    rows[1700] = rows[1700] | {"sfzh": rows[10]["sfzh"]}
    rows[1701] = rows[1701] | {"ksh": rows[300]["ksh"]}
    job = await done(world.school, world.cohort, csv_file(rows))
    assert (job["status"], job["summary"]["faulty"]) == ("failed", 2)
    _, content = await read_job_file(world.school, UUID(job["id"]))
    listed = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [(int(r[1]), r[3]) for r in listed[1:]] == [
        (1702, "与第 12 行是同一名学生，请只保留一行。"),
        (1703, "与第 302 行是同一名学生，请只保留一行。"),
    ]


async def test_columns_that_nobody_reads_are_named_in_the_summary(world: w.World) -> None:
    job = await done(world.school, world.cohort, csv_file([w.roster_row() | {"备注二": "x"}]))
    assert job["summary"]["ignored_columns"] == ["备注二"]


async def test_a_wrong_file_is_refused_at_the_door_and_a_broken_one_by_the_job(world: w.World) -> None:
    with pytest.raises(InvalidForm) as caught:
        await begin_import(world.school, world.cohort, b"%PDF-1.7")
    assert [fault.path for fault in caught.value.faults] == ["file"]
    whole = national_file([w.roster_row()])
    broken = whole.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet9.xml")
    job = await done(world.school, world.cohort, broken)
    assert (job["status"], job["error"]) == ("failed", BROKEN)


async def test_f4_a_small_workbook_that_asks_for_more_memory_than_there_is_fails_with_a_sentence(
    world: w.World,
) -> None:
    """Two cells in opposite corners: a dense table of them would have seventeen thousand million cells."""

    def touch(_: object, sheet: Any) -> None:
        sheet.write(1_048_575, 16_383, "x")

    job = await done(world.school, world.cohort, workbook([["姓名", "身份证号"], ["王", "1"]], touch))
    assert (job["status"], job["error"]) == ("failed", TOO_BIG_INSIDE)


async def test_the_file_lies_sealed_in_the_store_and_is_gone_when_the_job_has_ended(world: w.World) -> None:
    row = w.roster_row()
    job_id = await begin_import(world.school, world.cohort, csv_file([row]))
    job = await Job.get(id=job_id)
    kept = storage.get(job.source_stored)
    assert row["sfzh"].encode() not in kept
    assert row["sjh"].encode() not in kept
    await Workbench(Silent()).once()
    with pytest.raises(storage.NotStoredError):
        storage.get(job.source_stored)
    note = await JournalRow.filter(chain=f"school:{world.school_id}", action="import_roster").order_by("-seq").first()
    assert note is not None
    assert note.detail["file_sha256"] == job.source_sha256
    assert note.actor == world.school.key


async def test_a_heartbeat_that_meets_a_settled_job_lets_it_tidy_up(
    world: w.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its commit and its end a job beats on and finds itself over: the file must be forgotten all the same."""
    job_id = await begin_import(world.school, world.cohort, csv_file([w.roster_row()]))
    stored = (await Job.get(id=job_id)).source_stored
    close = Reading.close

    async def slowly(reading: Reading) -> None:
        await asyncio.sleep(0.2)
        await close(reading)

    monkeypatch.setattr(Reading, "close", slowly)
    await Workbench(Silent(), beat=0.02).once()
    assert (await read_job(world.school, job_id))["status"] == "done"
    with pytest.raises(storage.NotStoredError):
        storage.get(stored)


async def test_a_job_that_is_cancelled_while_it_runs_is_dropped(
    world: w.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = w.roster_row()
    job_id = await begin_import(world.school, world.cohort, csv_file([row]))
    head = Reading.head

    async def slowly(reading: Reading) -> Any:
        await jobs.cancel_job(world.school, job_id)
        await asyncio.sleep(30)
        return await head(reading)

    monkeypatch.setattr(Reading, "head", slowly)
    async with asyncio.timeout(20):
        assert await Workbench(Silent(), beat=0.02).once()
    assert (await read_job(world.school, job_id))["status"] == "cancelled"
    assert of([row], await entries(world)) == []


async def test_a_cancelled_job_writes_nothing_and_its_file_is_gone(world: w.World) -> None:
    row = w.roster_row()
    job_id = await begin_import(world.school, world.cohort, csv_file([row]))
    stored = (await Job.get(id=job_id)).source_stored
    work = await jobs.claim_job(CLOCK)
    assert work is not None
    await jobs.cancel_job(world.school, job_id)
    with pytest.raises(storage.NotStoredError):
        storage.get(stored)
    with pytest.raises(jobs.LostLeaseError):
        await jobs.fail_job(CLOCK, work, "x")
    with pytest.raises(Refused):
        await jobs.cancel_job(world.school, job_id)
    assert (await read_job(world.school, job_id))["label"] == "已取消"


async def test_whoever_lost_the_rights_meanwhile_imports_nothing(world: w.World) -> None:
    desk = await w.make_account(world.province, Party.SCHOOL, "离职", school_id=world.school_id)
    row = w.roster_row()
    job_id = await begin_import(desk.actor, world.cohort, csv_file([row]))
    await disable_account(world.province, desk.actor.id)
    await Workbench(Silent()).once()
    assert (await read_job(world.school, job_id))["status"] == "failed"
    assert of([row], await entries(world)) == []


async def test_a_level_scoped_account_changes_nobody_of_the_other_level(world: w.World) -> None:
    scoped = await w.make_account(
        world.province, Party.SCHOOL, "研究生", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    row = w.roster_row()
    await done(world.school, world.cohort, csv_file([row]))
    job = await done(scoped.actor, world.cohort, csv_file([row | {"xldm": "11", "xm": "改名"}]))
    assert job["status"] == "failed"
    assert of([row], await entries(world))[0].name == row["xm"]


async def test_a_fourth_import_of_a_school_waits_for_the_others(world: w.World) -> None:
    for _ in range(3):
        await begin_import(world.school, world.cohort, csv_file([w.roster_row()]))
    with pytest.raises(Refused) as caught:
        await begin_import(world.school, world.cohort, csv_file([w.roster_row()]))
    assert caught.value.guard == "imports_running"


async def test_a_job_is_seen_by_its_account_and_its_schools_staff_alone(world: w.World) -> None:
    other = await w.make_world(graduates=1, departments=("文学院",), employers=0, submit=False)
    job_id = await begin_import(world.school, world.cohort, csv_file([w.roster_row()]))
    for actor in (other.school, other.departments["文学院"]):
        with pytest.raises(NotFound):
            await read_job(actor, job_id)
        with pytest.raises(NotFound):
            await read_job_file(actor, job_id)


# --- workers that die ----------------------------------------------------------------------------

LEASE = timedelta(seconds=1.5)
_FORKS = multiprocessing.get_context("spawn")


async def _labour(url: str) -> None:
    await db.open_database(url)
    await Workbench(Silent(), lease=LEASE, beat=0.2).run(asyncio.Event())


def labour(url: str) -> None:
    """The whole life of a worker."""
    asyncio.run(_labour(url))


async def kill_often(world: w.World, url: str, kills: int) -> None:
    rows = [w.roster_row() for _ in range(4000)]
    before = len(await entries(world))
    job_id = await begin_import(world.school, world.cohort, csv_file(rows))
    gate = await db.connect(url)
    roster = f"roster:{world.school_id}:{world.cohort}"
    for _ in range(kills):
        # The worker has staged the whole file and stands before the gate: that is where it dies.
        await gate.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", roster)
        worker = _FORKS.Process(target=labour, args=(url,), daemon=True)
        worker.start()
        await until(lambda: _under_way(job_id), 60)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        await gate.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", roster)
        await db.execute(
            "UPDATE jobs SET done = 0, attempts = 0, lease_until = clock_timestamp() WHERE id = $1", job_id
        )
        assert len(await entries(world)) == before
    await gate.close()
    await Workbench(Silent()).once()
    job = await read_job(world.school, job_id)
    assert (job["status"], job["summary"]["added"]) == ("done", 4000)
    assert len(await entries(world)) == before + 4000
    imports = await JournalRow.filter(chain=f"school:{world.school_id}", action="import_roster")
    sha = (await Job.get(id=job_id)).source_sha256
    assert len([one for one in imports if one.detail["file_sha256"] == sha]) == 1


async def test_an_import_whose_worker_is_killed_is_done_once_by_the_next_one(world: w.World, database: str) -> None:
    await kill_often(world, database, 1)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_an_import_whose_workers_are_killed_20_times_is_done_once(world: w.World, database: str) -> None:
    await kill_often(world, database, 20)


async def _under_way(job_id: UUID) -> bool:
    return bool(await db.fetch_value("SELECT done = 4000 AND status = 'running' FROM jobs WHERE id = $1", job_id))


async def test_a_job_that_costs_three_workers_their_life_fails(world: w.World) -> None:
    job_id = await begin_import(world.school, world.cohort, csv_file([w.roster_row()]))
    for _ in range(jobs.TRIES):
        assert await jobs.claim_job(CLOCK, timedelta(0)) is not None
    await Workbench(Silent()).once()
    job = await read_job(world.school, job_id)
    assert (job["status"], job["error"]) == ("failed", jobs.GIVEN_UP)


async def test_a_worker_that_wakes_up_after_its_lease_writes_nothing(world: w.World) -> None:
    """Another has taken the job over: what the sleeper did is rolled back as a whole."""
    row = w.roster_row()
    job_id = await begin_import(world.school, world.cohort, csv_file([row]))
    late = await jobs.claim_job(CLOCK, timedelta(0))
    taken = await jobs.claim_job(CLOCK)
    assert late is not None
    assert taken is not None
    with pytest.raises(jobs.LostLeaseError):
        await do_import(late, Progress())
    assert of([row], await entries(world)) == []
    await do_import(taken, Progress())
    assert len(of([row], await entries(world))) == 1
    assert (await read_job(world.school, job_id))["status"] == "done"
