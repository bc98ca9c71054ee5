"""Room: roster files, jobs, phones, reminders and questions to the EMS over HTTP, with a real EMS on the other side."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from python_calamine import CalamineWorkbook

from models import db
from models.config import settings
from models.parties import Grant, Level, Party
from models.tables import EmsLookup, Graduate, JournalRow, OutboxRow
from models.vault import unseal
from notifier.clients.transport import Http
from notifier.clients.upstream import UpstreamClient
from notifier.jobs import return_from_ems
from notifier.simulators.server import Sandbox
from notifier.workbench import Workbench
from tests.harness import world as w
from tests.harness.callers import Api, bind
from tests.harness.roster_files import csv_file, national_file
from tests.harness.sandbox import control
from workflows.commands.lookups import NO_ANSWER, NOT_HELD
from workflows.commands.roster import invalidate_graduate
from workflows.limits import ROSTER_BYTES

BYTES = "application/octet-stream"


@pytest.fixture(autouse=True)
async def nobody_elses(database: str) -> None:
    await db.execute("DELETE FROM jobs")


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world(graduates=4)


@pytest.fixture
async def school(api: Api, world: w.World) -> Api:
    return await api.sign_in(world.school_desk)


@pytest.fixture
async def bench(sandbox: Sandbox, door: Http) -> Workbench:
    return Workbench(UpstreamClient(sandbox.ems, door))


async def upload(api: Api, path: str, content: Any, media: str = BYTES, **headers: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": media, **headers}
    return await api.client.post(path, content=content, headers=headers)


async def fresh(world: w.World) -> w.Person:
    return (await w.add_graduates(world, 1))[0]


def held(world: w.World, person: w.Person, **more: Any) -> dict[str, Any]:
    return {
        "school": world.school_code,
        "cohort": world.cohort,
        "id_number": person.id_number,
        "xm": person.name,
    } | more


# --- files ---------------------------------------------------------------------------------------


async def test_a_file_is_uploaded_polled_and_its_faults_downloaded(
    school: Api, world: w.World, bench: Workbench
) -> None:
    rows = [w.roster_row(), w.roster_row(szyx="")]
    path = f"/v1/roster/imports?cohort={world.cohort}&mode=valid"
    answer = await upload(school, path, national_file(rows))
    assert answer.status_code == 202, answer.text
    job = f"/v1/jobs/{answer.json()['job']}"
    assert (await school.get(job)).json()["label"] == "排队中"
    await bench.once()
    ended = (await school.get(job)).json()
    assert (ended["status"], ended["summary"]["added"], ended["file"]) == ("done", 1, "名单错误清单.xlsx")
    file = await school.get(f"{job}/file")
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    assert file.headers["x-content-type-options"] == "nosniff"
    listed = CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()
    assert listed[1][1:3] == [4.0, "所在院系"]


async def test_a_stream_longer_than_json_may_be_is_taken_and_one_past_the_cap_is_not(
    school: Api, world: w.World
) -> None:
    path = f"/v1/roster/imports?cohort={world.cohort}"
    long = csv_file([w.roster_row(zyfx="方" * 60) for _ in range(1500)])
    assert len(long) > 256 * 1024
    assert (await upload(school, path, long)).status_code == 202
    too_long = await upload(school, path, b"x" * (ROSTER_BYTES + 1))
    assert (too_long.status_code, too_long.json()["code"]) == (413, "too_large")

    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"

    unsized = await upload(school, path, pieces())
    assert unsized.status_code == 411


@pytest.mark.parametrize(
    ("content", "media", "status", "sentence"),
    [
        (b"%PDF-1.7", BYTES, 422, "不是 .xlsx 或 .csv"),
        (b"{}", "application/json", 415, "类型"),
        (b"", BYTES, 400, "没有收到文件内容"),
    ],
)
async def test_a_wrong_upload_is_told_what_to_do(
    school: Api, world: w.World, content: bytes, media: str, status: int, sentence: str
) -> None:
    answer = await upload(school, f"/v1/roster/imports?cohort={world.cohort}", content, media)
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


async def test_whoever_may_not_import_is_refused_before_the_file_is_looked_at(api: Api, world: w.World) -> None:
    reader = await w.make_account(world.province, Party.SCHOOL, "只读", school_id=world.school_id, employment=Grant.RO)
    signed = await api.sign_in(reader)
    answer = await upload(signed, f"/v1/roster/imports?cohort={world.cohort}", csv_file([w.roster_row()]))
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only")


async def test_the_template_can_be_downloaded(school: Api) -> None:
    answer = await school.get("/v1/roster/template.xlsx")
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    lines = sheets.get_sheet_by_index(0).to_python()
    assert lines[0][:3] == ["jyxtbh", "ksh", "xm"]
    assert lines[1][:3] == ["就业系统编号", "考生号", "姓名"]


async def test_many_people_of_other_rosters_are_taken_over_only_when_confirmed(api: Api, bench: Workbench) -> None:
    one, two = await w.make_world(graduates=0, employers=0), await w.make_world(graduates=0, employers=0)
    rows = [w.roster_row() for _ in range(25)]
    for world, more, status in ((one, "", "done"), (two, "", "failed"), (two, "&moves=confirmed", "done")):
        school = await api.sign_in(world.school_desk)
        path = f"/v1/roster/imports?cohort={world.cohort}{more}"
        job = (await upload(school, path, csv_file(rows))).json()["job"]
        await bench.once()
        ended = (await school.get(f"/v1/jobs/{job}")).json()
        assert ended["status"] == status, ended
    assert ended["summary"]["moved"] == 25
    assert await Graduate.filter(school_id=one.school_id, invalid_cause="moved").count() == 25


# --- flags and lists -----------------------------------------------------------------------------


async def test_a_record_under_way_shows_that_name_or_number_have_changed(school: Api, world: w.World) -> None:
    person = await fresh(world)
    accepted = await w.accept(world, await w.invite(world, person), person)
    page = f"/v1/online_signing/{accepted.record_id}"
    listed = f"/v1/online_signing?name={person.name}"
    assert (await school.get(page)).json()["review"]["roster_changed"] is False
    entry = await Graduate.get(id=person.id)
    row = w.roster_row(person.department, ksh=entry.basic["ksh"], xm="改名后", sfzh=person.id_number)
    await w.import_roster(world.school, world.cohort, [row], file_sha256="3" * 64)
    assert (await school.get(page)).json()["review"]["roster_changed"] is True
    rows = (await school.get(listed)).json()["items"]
    assert [one["roster_changed"] for one in rows if one["id"] == str(accepted.record_id)] == [True]
    firm = await school.sign_in(world.employer)
    rows = (await firm.get("/v1/online_signing")).json()["items"]
    assert {one["roster_changed"] for one in rows} == {None}


async def test_the_work_lists_hold_whom_they_name_and_reminders_rest_three_days(api: Api, clock: Any) -> None:
    clock.at("2027-03-05T12:00:00+08:00")
    world = await w.make_world(graduates=3)
    idle, invited, accepted = world.graduates
    await w.invite(world, invited)
    await w.accept(world, await w.invite(world, accepted), accepted)
    await bind(world, accepted)
    school = await api.sign_in(world.school_desk)

    async def on(name: str) -> set[str]:
        return {row["id"] for row in (await school.get(f"/v1/graduates?list={name}")).json()["items"]}

    assert await on("unregistered") == {str(idle.id), str(invited.id)}
    assert await on("unbound") == {str(idle.id), str(invited.id)}
    body = {"list": "unregistered", "ids": [str(p.id) for p in world.graduates]}
    assert (await school.post("/v1/reminders", body)).json() == {"reminded": 2, "resting": 0, "elsewhere": 1}
    assert (await school.post("/v1/reminders", body)).json() == {"reminded": 0, "resting": 2, "elsewhere": 1}
    unbound = {"list": "unbound", "ids": [str(idle.id)]}
    assert (await school.post("/v1/reminders", unbound)).json()["reminded"] == 1
    rows = await OutboxRow.filter(stream=f"sms:{idle.id}").order_by("id").values_list("notice", flat=True)
    assert list(rows) == ["register_reminder", "bind_reminder"]
    clock.advance(days=3, seconds=-1)
    school = await school.sign_in(world.school_desk)
    assert (await school.post("/v1/reminders", body)).json()["resting"] == 2
    clock.advance(seconds=1)
    assert (await school.post("/v1/reminders", body)).json()["reminded"] == 2
    department = await school.sign_in(world.department_desks[idle.department])
    others = [str(p.id) for p in world.graduates if p.department != idle.department]
    foreign = await department.post("/v1/reminders", {"list": "unbound", "ids": others})
    assert foreign.json()["reminded"] == 0


# --- phones --------------------------------------------------------------------------------------


async def test_a_changed_phone_is_told_to_the_old_number_and_rests_a_day(api: Api, clock: Any) -> None:
    clock.at("2027-03-05T12:00:00+08:00")
    world = await w.make_world(graduates=1)
    person = world.graduate
    school = await api.sign_in(world.school_desk)
    path, number = f"/v1/graduates/{person.id}/phone", w.mobile()
    body = {"mobile": number, "reason": "本人到现场更正号码"}
    assert (await school.put(path, body)).status_code == 204
    shown = (await school.get(f"/v1/graduates/{person.id}")).json()
    assert (shown["mobile_source"], shown["mobile_usable_at"]) == ("staff", "2027-03-06T04:00:00Z")
    step = {
        "action": "change_phone",
        "label": "修改学生手机号",
        "what": None,
        "reason": body["reason"],
        "by": world.school.name,
    }
    assert shown["history"] == [{"at": "2027-03-05T04:00:00Z", "reason": body["reason"], **step}]
    told = await OutboxRow.get(stream=f"sms:{person.id}", notice="phone_changed")
    assert unseal("outbox.params.to", told.params["to"]) == person.mobile
    note = await JournalRow.get(subject_id=person.id, action="change_phone")
    assert not any(text in str(note.detail) for text in (number, person.mobile))
    wrong = await school.put(path, {"mobile": "123", "reason": "短"})
    assert wrong.status_code == 422
    same = await school.put(path, body)
    assert same.json()["faults"][0]["code"] == "same"


async def test_the_phone_of_a_bound_graduate_is_their_own_affair(school: Api, world: w.World) -> None:
    person = await fresh(world)
    await bind(world, person)
    answer = await school.put(f"/v1/graduates/{person.id}/phone", {"mobile": w.mobile(), "reason": "本人来电更正"})
    assert (answer.status_code, answer.json()["guard"]) == (409, "unbound")
    lost = {"mobile": w.mobile(), "reason": "手机遗失，已核对身份证原件", "lost": True}
    assert (await school.put(f"/v1/graduates/{person.id}/phone", lost)).status_code == 204
    assert not (await school.get(f"/v1/graduates/{person.id}")).json()["bound"]


# --- the EMS -------------------------------------------------------------------------------------


async def test_the_latest_data_of_the_ems_stand_beside_the_roster(
    school: Api, world: w.World, bench: Workbench, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    person = await fresh(world)
    more = {"szyx": "新学院", "zzmmdm": "1", "zzmm": "中共党员", "sfzh": person.id_number, "sjh": person.mobile}
    await control(http, sandbox, "ems/roster", [held(world, person, **more)])
    page = f"/v1/graduates/{person.id}"
    before = (await school.get(page)).json()["comparison"]
    assert (before["live"], before["asked_at"], before["columns"]) == (True, None, [])
    job = (await school.post(f"{page}/refresh")).json()["job"]
    assert (await school.post(f"{page}/refresh")).json()["job"] == job, "one question at a time"
    await bench.once()
    assert (await school.get(f"/v1/jobs/{job}")).json()["status"] == "done"
    found = (await school.get(page)).json()["comparison"]
    assert found["held"] is True
    columns = {one["column"]: (one["roster"], one["ems"], one["equal"]) for one in found["columns"]}
    assert columns == {
        "xm": (person.name, person.name, True),
        "szyx": (person.department, "新学院", False),
        "zzmmdm": ("共青团员", "中共党员", False),
    }
    kept = await EmsLookup.get(graduate_id=person.id)
    assert not any(number in str(kept.entry) for number in (person.id_number, person.mobile))


async def test_an_ems_that_is_silent_is_said_to_be(
    school: Api, world: w.World, bench: Workbench, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    person = await fresh(world)
    await control(http, sandbox, "ems/faults", [{"kind": "status", "status": 500, "count": None}])
    job = (await school.post(f"/v1/graduates/{person.id}/refresh")).json()["job"]
    await bench.once()
    ended = (await school.get(f"/v1/jobs/{job}")).json()
    assert (ended["status"], ended["error"]) == ("failed", NO_ANSWER)
    assert (await school.get(f"/v1/graduates/{person.id}")).json()["comparison"]["held"] is None


async def test_restoring_asks_the_ems_and_restores_only_whom_it_holds(
    school: Api, world: w.World, bench: Workbench, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    person = await fresh(world)
    await invalidate_graduate(world.school, person.id, "名单有误，暂时移除")
    path = f"/v1/graduates/{person.id}/restoration"
    first = (await school.post(path)).json()
    assert first["restored"] is False
    await bench.once()
    ended = (await school.get(f"/v1/jobs/{first['job']}")).json()
    assert (ended["status"], ended["error"]) == ("failed", NOT_HELD)
    assert (await Graduate.get(id=person.id)).invalid_at is not None
    await control(http, sandbox, "ems/roster", [held(world, person)])
    second = (await school.post(path)).json()["job"]
    await bench.once()
    assert (await school.get(f"/v1/jobs/{second}")).json()["status"] == "done"
    assert (await Graduate.get(id=person.id)).invalid_at is None
    assert (await school.post(path)).json()["guard"] == "off_roster"
    restored = await JournalRow.get(subject_id=person.id, action="restore")
    assert (restored.actor, restored.detail["how"]) == (world.school.key, "ems_confirmed")


async def test_without_an_ems_restoring_is_done_at_once_and_nothing_is_compared(
    school: Api, world: w.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await fresh(world)
    await invalidate_graduate(world.school, person.id, "名单有误，暂时移除")
    monkeypatch.setattr(settings().ems, "url", "")
    answer = await school.post(f"/v1/graduates/{person.id}/restoration")
    assert answer.json() == {"restored": True, "job": None}
    assert (await Graduate.get(id=person.id)).invalid_at is None
    refresh = await school.post(f"/v1/graduates/{person.id}/refresh")
    assert (refresh.status_code, refresh.json()["guard"]) == (409, "ems_live")


async def test_whom_the_roster_holds_again_is_restored_by_the_hour(
    world: w.World, sandbox: Sandbox, http: httpx.AsyncClient, door: Http, clock: Any
) -> None:
    """Somebody removed here whom the EMS holds all along stays out; once it was without them, they may return."""
    client = UpstreamClient(sandbox.ems, door)
    await db.execute("UPDATE graduates SET invalid_at = NULL, invalid_cause = ''")
    person = await fresh(world)
    await control(http, sandbox, "ems/roster", [held(world, person)])
    await invalidate_graduate(world.school, person.id, "名单有误，暂时移除")

    async def hour() -> bool:
        clock.advance(minutes=56)
        await return_from_ems(client)
        return (await Graduate.get(id=person.id)).invalid_at is None

    assert not await hour()
    await control(http, sandbox, "ems/roster", [held(world, person, gone=True)])
    assert not await hour()
    await control(http, sandbox, "ems/roster", [held(world, person)])
    await return_from_ems(client)
    assert (await Graduate.get(id=person.id)).invalid_at is not None, "asked again before the hour was over"
    assert await hour()
    note = await JournalRow.get(subject_id=person.id, action="restore")
    assert (note.party, note.detail["how"]) == ("clock", "ems")


async def test_a_department_asks_for_its_own_graduates_and_restores_nobody(api: Api, world: w.World) -> None:
    person = await fresh(world)
    own = await api.sign_in(world.department_desks[person.department])
    assert (await own.post(f"/v1/graduates/{person.id}/refresh")).status_code == 202
    await invalidate_graduate(world.school, person.id, "名单有误，暂时移除")
    assert (await own.post(f"/v1/graduates/{person.id}/restoration")).status_code == 403
    narrow = await w.make_account(
        world.province, Party.SCHOOL, "研究生", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    scoped = await api.sign_in(narrow)
    assert (await scoped.post(f"/v1/graduates/{person.id}/restoration")).status_code == 404


async def test_the_bench_works_on_until_it_is_told_to_stop(
    school: Api, world: w.World, bench: Workbench, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    person = await fresh(world)
    await control(http, sandbox, "ems/roster", [held(world, person)])
    stop = asyncio.Event()
    running = asyncio.create_task(bench.run(stop))
    job = (await school.post(f"/v1/graduates/{person.id}/refresh")).json()["job"]
    async with asyncio.timeout(timedelta(seconds=20).total_seconds()):
        while (await school.get(f"/v1/jobs/{UUID(job)}")).json()["status"] != "done":
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(running, 5)
