"""Room: an export from the request to the file: who may, what the file holds, what is kept of it and for how long."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models import db, kit, storage
from models.kit import mask_id_number
from models.parties import Grant, Party
from models.tables import Job, JournalRow, Unmasking
from notifier.workbench import Workbench
from tests.harness.callers import Api
from tests.harness.clerks import Silent
from tests.harness.world import World, invite, make_account, make_world
from workflows.actors import CLOCK
from workflows.commands import exports, jobs
from workflows.commands.accounts import disable_account
from workflows.commands.exports import do_export, forget_exports
from workflows.commands.jobs import Progress
from workflows.commands.unmasking import unmask
from workflows.limits import EXPORT_KEPT, EXPORTS_AT_ONCE, UNMASK

REASON = "省级核查要求提供完整号码"


@pytest.fixture(autouse=True)
async def nobody_elses(database: str) -> None:
    """What an earlier test left waiting would be done first."""
    await db.execute("DELETE FROM jobs")


@pytest.fixture
async def world(database: str) -> World:
    made = await make_world(graduates=3)
    for person in made.graduates:
        await invite(made, person)
    return made


async def begun(api: Api, **wish: Any) -> str:
    answer = await api.post("/v1/exports", {"kind": "selection", "menu": "signing", **wish})
    assert answer.status_code == 202, answer.text
    job: str = answer.json()["job"]
    return job


async def done(api: Api, job: str) -> dict[str, Any]:
    assert await Workbench(Silent()).once()
    state: dict[str, Any] = (await api.get(f"/v1/jobs/{job}")).json()
    return state


async def texts(api: Api, job: str) -> list[str]:
    """Every text of the file's sheet."""
    answer = await api.get(f"/v1/jobs/{job}/file")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        return re.findall(r"<t[^>]*>([^<]*)</t>", file.read("xl/worksheets/sheet1.xml").decode())


async def test_the_present_selection_becomes_a_file(api: Api, world: World) -> None:
    desk, person = await api.sign_in(world.school_desk), world.graduates[1]
    job = await begun(desk, filters={"name": person.name, "cohort": world.cohort})
    assert (await desk.get(f"/v1/jobs/{job}")).json()["status"] == "waiting"
    assert (await desk.get(f"/v1/jobs/{job}/file")).status_code == 404
    state = await done(desk, job)
    same = [p for p in world.graduates if p.name == person.name]
    assert (state["status"], state["kind_label"], state["cohort"]) == ("done", "导出名单", world.cohort)
    assert state["summary"] == {"rows": len(same), "complete": True, "whole": False}
    assert (state["done"], state["total"]) == (len(same), len(same))
    assert re.fullmatch(r"在线签约管理查询结果-\d{8}\.xlsx", state["file"])
    cells = await texts(desk, job)
    assert mask_id_number(person.id_number) in cells
    assert not any(p.id_number in cell for cell in cells for p in world.graduates)


async def test_a_file_is_its_accounts_alone_and_sealed_where_it_lies(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    colleague = await make_account(world.province, Party.SCHOOL, "同事", school_id=world.school_id)
    job = await begun(desk, whole=True, reason=REASON)
    await done(desk, job)
    for other in (colleague, world.department_desks[world.graduate.department], world.province_desk):
        caller = await api.sign_in(other)
        for suffix in ("", "/file"):
            assert (await caller.get(f"/v1/jobs/{job}{suffix}")).status_code == 404
    row = await Job.get(id=UUID(job))
    kept = storage.get(row.result_sha256)
    assert not kept.startswith(b"PK")
    assert world.graduate.id_number.encode() not in kept
    assert (await texts(desk, job)).count(world.graduate.id_number) == 1


async def test_whole_numbers_leave_their_reason_with_everybody_whom_they_name(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    for wrong in ({"whole": True}, {"whole": True, "reason": "查看"}):
        answer = await desk.post("/v1/exports", {"kind": "selection", "menu": "signing", **wrong})
        assert (answer.status_code, answer.json()["faults"][0]["path"]) == (422, "reason")
    job = await begun(desk, whole=True, reason=f" {REASON} ")
    assert await Unmasking.filter(school_id=world.school_id).count() == 0  # nothing was told yet
    await done(desk, job)
    shown = await Unmasking.filter(school_id=world.school_id)
    assert {(u.graduate_id, u.account_id, str(u.job_id), u.reason) for u in shown} == {
        (p.id, world.school.id, job, REASON) for p in world.graduates
    }
    told = await JournalRow.get(subject_id=UUID(job), action="export")
    assert (told.detail["whole"], told.detail["rows"], told.detail["reason"]) == (True, len(world.graduates), REASON)
    # A list is one act: it does not use up what may be looked at one by one.
    assert len(world.graduates) <= UNMASK.times
    assert await unmask(world.school, world.graduate.id, "毕业生本人来电核对") == world.graduate.id_number


async def test_readers_and_provinces_export_masked_numbers_and_readers_no_others(api: Api, world: World) -> None:
    reader = await make_account(world.province, Party.SCHOOL, "只读", school_id=world.school_id, employment=Grant.RO)
    for account in (reader, world.province_desk):
        desk = await api.sign_in(account)
        job = await begun(desk, filters={"name": world.graduate.name})
        assert (await done(desk, job))["status"] == "done"
        cells = await texts(desk, job)
        assert mask_id_number(world.graduate.id_number) in cells
        assert world.graduate.id_number not in cells
    desk = await api.sign_in(reader)
    wish = {"kind": "selection", "menu": "signing", "whole": True, "reason": REASON}
    assert (await desk.post("/v1/exports", wish)).json()["code"] == "read_only"
    job = await begun(desk)
    assert (await desk.post(f"/v1/jobs/{job}/cancellation")).status_code == 204
    assert (await desk.get(f"/v1/jobs/{job}")).json()["status"] == "cancelled"


async def test_rights_count_when_the_file_is_made(api: Api, world: World) -> None:
    account = await make_account(world.province, Party.SCHOOL, "离职", school_id=world.school_id)
    job = await begun(await api.sign_in(account), whole=True, reason=REASON)
    await disable_account(world.province, account.actor.id)
    assert await Workbench(Silent()).once()
    row = await Job.get(id=UUID(job))
    assert (row.status, row.result_sha256) == ("failed", "")
    assert await Unmasking.filter(school_id=world.school_id).count() == 0


async def test_a_job_that_was_taken_away_tells_nobody_anything(world: World) -> None:
    wish = {"kind": "selection", "menu": "signing", "whole": True, "reason": REASON}
    await exports.begin_export(world.school, wish)
    first = await jobs.claim_job(CLOCK, timedelta(0))
    second = await jobs.claim_job(CLOCK)
    assert first is not None
    assert second is not None
    assert second.attempts == 2
    with pytest.raises(jobs.LostLeaseError):
        await do_export(first, Progress())
    assert await Unmasking.filter(school_id=world.school_id).count() == 0
    await do_export(second, Progress())
    assert await Unmasking.filter(school_id=world.school_id).count() == len(world.graduates)


async def test_an_account_has_only_so_many_exports_under_way(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    for _ in range(EXPORTS_AT_ONCE):
        await begun(desk)
    busy = await desk.post("/v1/exports", {"kind": "selection", "menu": "signing"})
    assert (busy.status_code, busy.json()["guard"]) == (409, "exports_running")


async def test_a_finished_file_is_let_go_after_some_days(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    job = await begun(desk)
    await done(desk, job)
    await forget_exports(kit.now() + EXPORT_KEPT - timedelta(hours=1))
    assert (await desk.get(f"/v1/jobs/{job}/file")).status_code == 200
    await forget_exports(kit.now() + EXPORT_KEPT + timedelta(seconds=1))
    assert (await desk.get(f"/v1/jobs/{job}/file")).status_code == 404
    assert (await desk.get(f"/v1/jobs/{job}")).json()["file"] is None


async def test_returns_and_results_are_exported_too_and_odd_wishes_are_named(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    returned = await done(desk, await begun(desk, kind="returned", filters={"from": "2026-01-01"}))
    assert (returned["status"], returned["summary"]["rows"]) == ("done", 0)
    answer = await desk.post(
        "/v1/exports", {"kind": "results", "people": {"cohort": world.cohort, "level": "undergraduate"}}
    )
    results = await done(desk, answer.json()["job"])
    assert results["summary"]["rows"] == len(world.graduates)
    for wrong, path in (
        ({"kind": "selection"}, "menu"),
        ({"columns": ["name", "secret"], "menu": "signing"}, "columns"),
    ):
        answer = await desk.post("/v1/exports", {"kind": "selection", **wrong})
        assert (answer.status_code, answer.json()["faults"][0]["path"]) == (422, path)
    number = {"kind": "selection", "menu": "signing", "filters": {"id_number": world.graduate.id_number}}
    assert (await desk.post("/v1/exports", number)).status_code == 400
