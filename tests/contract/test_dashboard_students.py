"""Room: the dashboard's pages of the roster, of graduates who left it, of voided destinations.

AppTest against the real service; long work is done by a workbench of this process.
"""

from __future__ import annotations

import pytest

from dashboard.client import Client
from models import kit
from models.db import execute, fetch_value
from models.parties import Grant, Party
from models.states import Flow
from models.tables import Graduate
from notifier.workbench import Workbench
from tests.harness import world as w
from tests.harness.callers import bind
from tests.harness.clerks import (  # noqa: F401  `service` is found by its name
    Silent,
    at,
    service_fixture,
    token_of,
)
from tests.harness.reaching import reach
from tests.harness.roster_files import csv_file
from tests.harness.sitting import Sitting
from tests.harness.world import World, make_account, make_world
from workflows.commands.roster import invalidate_graduate

F = Flow
WHY = "本人来电核实后办理"


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    """One school for all: what a test changes, it changes for people of its own."""
    return await make_world(graduates=4, settings={"termination_limit": 5})


async def reader(world: World) -> w.Desk:
    return await make_account(world.province, Party.SCHOOL, "张只读", school_id=world.school_id, employment=Grant.RO)


# --- roster --------------------------------------------------------------------------------------


async def test_the_roster_is_searched_and_a_graduate_shown_with_records(service: str, world: World) -> None:
    (person,) = await w.add_graduates(world, 1)
    await reach(world, F.SUPPLEMENTARY, "signed", person)
    page = at(world.school_desk, "students").type("身份证号码", person.id_number).run()
    assert "共 1 人，第 1 页" in page.words
    (table,) = page.tables
    assert table["rows"][0]["cells"][0] == person.name
    page.go("students", id=str(person.id))
    assert page.title.startswith(person.name)
    for words in ("签约证明码", "补登", "登记完成", "微信未绑定", "还没有向就业管理系统查询过该生"):
        assert words in page.words, words
    assert person.id_number not in page.words


async def test_a_whole_number_is_shown_once_and_only_with_a_reason(service: str, world: World) -> None:
    person = world.graduates[1]
    page = (
        at(world.school_desk, "students", id=str(person.id)).press("查看完整证件号码").type("原因", "短").press("查看")
    )
    assert page.errors
    page.type("原因", WHY).press("查看")
    assert f"证件号码 {person.id_number}" in page.words
    assert person.id_number not in page.run().words
    assert f"查看完整证件号码 {WHY} {world.school.name} " in page.words, "whoever looks next sees who has looked"
    assert await fetch_value("SELECT reason FROM unmaskings WHERE graduate_id = $1", person.id) == WHY


async def test_a_graduate_is_taken_off_the_roster_and_brought_back(service: str, world: World) -> None:
    (person,) = await w.add_graduates(world, 1)
    page = at(world.school_desk, "students", id=str(person.id)).press("从名单移除").type("原因", WHY).press("确认移除")
    assert "已不在名单中，全部记录暂停" in page.words
    listed = at(world.school_desk, "invalidated").type("姓名", person.name).run()
    (table,) = listed.tables
    assert (table["rows"][0]["button"], table["rows"][0]["cells"][1]) == ("恢复", person.name)
    listed.at.session_state["invalidated_chosen"] = str(person.id)
    listed.at.session_state["dialog_open"] = "student_restore"
    listed.run().press("确认恢复")
    assert "可以离开本页，任务会继续进行" in listed.words, "the EMS is asked first: a job"
    assert (await Graduate.get(id=person.id)).invalid_at is not None


async def test_one_more_termination_and_another_telephone_are_given_with_reasons(service: str, world: World) -> None:
    (person,) = await w.add_graduates(world, 1)
    page = at(world.school_desk, "students", id=str(person.id))
    page.press("增加一次解约申请").type("原因", WHY).press("确认增加")
    assert "还可申请 6 次" in page.words
    page.press("修改手机号").type("新手机号", "12").type("原因", WHY).press("确认修改")
    assert page.errors
    page.type("新手机号", "15400009999").press("确认修改")
    assert "154****9999（学校代改" in page.words


async def test_a_bound_graduate_gets_another_telephone_only_where_everything_is_lost(
    service: str, world: World
) -> None:
    (person,) = await w.add_graduates(world, 1)
    await bind(world, person)
    page = at(world.school_desk, "students", id=str(person.id))
    page.press("修改手机号").type("新手机号", "15400009998").type("原因", WHY).press("确认修改")
    assert "请核对证件原件后勾选该项" in " ".join(page.errors)
    page.type("本人的原手机号和微信都已不能使用，已当面核对证件原件", True).press("确认修改")
    assert "154****9998（学校代改" in page.words
    assert "微信未绑定" in page.words


async def test_picked_graduates_of_a_work_list_are_reminded(service: str) -> None:
    world = await make_world(graduates=2)
    await bind(world, world.graduate)
    page = at(world.school_desk, "students")
    assert page.tables[0]["bulk"] == ""
    page.type("工作清单", "未登记").run()
    assert page.tables[0]["bulk"] == "提醒所选学生"
    assert all(row["pick"] for row in page.tables[0]["rows"])


async def test_a_roster_file_is_a_job_whose_end_is_told_with_its_faults(service: str) -> None:
    world = await make_world(graduates=1)
    await execute("DELETE FROM jobs")
    rows = [w.roster_row("文学院"), {**w.roster_row("文学院"), "szyx": ""}]
    token = token_of(world.school_desk.username)
    job = Client(token).roster(csv_file(rows), world.cohort, mode="all", moves="ask")["job"]
    page = Sitting(token).run()
    page.at.session_state["job_roster"] = job
    page.go("students")
    assert "可以离开本页，任务会继续进行" in page.words
    assert await Workbench(Silent()).once()
    page.run()
    assert "2 行中有 1 行有误，没有导入任何一行" in page.words
    assert f"/files/jobs/{job}" in page.markup
    page.press("知道了")
    job = Client(token).roster(csv_file(rows[:1]), world.cohort, mode="all", moves="ask")["job"]
    assert await Workbench(Silent()).once()
    page.at.session_state["job_roster"] = job
    assert "新增 1 名学生" in page.run().words


# --- departed, voided ----------------------------------------------------------------------------


async def test_a_voided_destination_is_listed_with_its_history(service: str) -> None:
    world = await make_world(graduates=1)
    assert "没有作废去向后尚未重新登记的学生" in at(world.school_desk, "voided").words
    await reach(world, F.DESTINATION, "voided")
    page = at(world.school_desk, "voided")
    assert page.tables[0]["rows"][0]["cells"][2] == world.graduate.name
    page.go("voided", id=str(world.graduate.id))
    for words in ("签劳动合同形式就业", "登记去向", "审核通过", "作废"):
        assert words in page.words, words
    assert "没有找到这名学生" in page.go("voided", id=str(kit.new_id())).words


async def test_readers_look_at_who_left_and_restore_nobody(service: str) -> None:
    world = await make_world(graduates=1)
    assert "没有失效的学生" in at(world.school_desk, "invalidated").words
    await invalidate_graduate(world.school, world.graduate.id, "已转入其他学校就读")
    (table,) = at(await reader(world), "invalidated").tables
    assert table["rows"][0]["button"] == "查看"
    assert "已转入其他学校就读" in table["rows"][0]["cells"][-1]


async def test_a_binding_code_that_cannot_be_made_is_said_and_readers_are_not_offered_one(
    service: str, world: World
) -> None:
    """Nothing answers outside; what the code looks like is seen in a browser (`tests/browser/test_binding_code.py`)."""
    (person,) = await w.add_graduates(world, 1)
    page = at(world.school_desk, "students", id=str(person.id)).press("邀请绑定（二维码）")
    assert page.errors == ["暂时连不上微信，二维码没有生成，请稍后再试。"]
    assert "邀请绑定（二维码）" not in at(await reader(world), "students", id=str(person.id)).buttons
    clerk = world.department_desks[person.department]
    assert "邀请绑定（二维码）" in at(clerk, "students", id=str(person.id)).buttons


async def test_the_roster_leads_to_a_poster_for_the_school_or_a_department(service: str, world: World) -> None:
    page = at(world.school_desk, "students")
    assert "href='/files/poster'" in page.markup
    page.type("所在院系", world.graduate.department).run()
    assert f"下载绑定海报（{world.graduate.department}）" in page.words
    assert "下载绑定海报" not in at(await reader(world), "students").words
