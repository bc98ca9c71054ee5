"""Room: the dashboard's pages beside the queues: settings, accounts, warnings, messages, province.

AppTest against the real service; long work is done by a workbench of this process.
"""

from __future__ import annotations

import pytest

from dashboard.client import Client
from models import db, kit
from models.db import execute, fetch_value
from models.parties import Grant, Party, ReviewMode
from models.states import Flow
from models.tables import Account
from notifier.workbench import Workbench
from tests.harness import world as w
from tests.harness.clerks import (  # noqa: F401  `service` is found by its name
    Silent,
    at,
    service_fixture,
)
from tests.harness.disputing import disputable
from tests.harness.files import jpeg
from tests.harness.reaching import reach
from tests.harness.world import World, make_account, make_world
from workflows.commands.desk_notes import dispute
from workflows.commands.warnings import mark_employer

F = Flow
WHY = "本人来电核实后办理"


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    """One school for all: what a test changes, it changes for people of its own."""
    return await make_world(graduates=4, settings={"termination_limit": 5})


async def reader(world: World) -> w.Desk:
    return await make_account(world.province, Party.SCHOOL, "张只读", school_id=world.school_id, employment=Grant.RO)


# --- settings ------------------------------------------------------------------------------------


async def test_the_settings_say_what_each_choice_locks(service: str, world: World) -> None:
    await reach(world, F.DESTINATION, "review_school", (await w.add_graduates(world, 1))[0])
    page = at(world.school_desk, "settings")
    for words in (
        "审核方式 仅校级审核", "不能再关闭", "目前不能修改，未办结的有：去向登记", "李经办",
        "院系没有填写的，毕业生看到的是学校的",
    ):  # fmt: skip
        assert words in page.words, words
    page.type("改为", "先院系再校级审核").press("试算")
    assert "现在不能修改，原因如下" in page.words
    assert "未办结的记录 去向登记" in page.words
    page.type("改为", "仅校级审核").run().press("试算")
    assert "现在就是这种审核方式" in page.words


async def test_settings_are_changed_by_their_form_with_faults_at_their_fields(service: str) -> None:
    world = await make_world(graduates=1)
    page = at(world.school_desk, "settings").press("修改签约设置")
    assert page.value("毕业生可申请解约次数") == "2"
    page.type("毕业生可申请解约次数", "很多").press("提交签约设置")
    assert len(page.errors) == 1
    page.type("毕业生可申请解约次数", "7").press("提交签约设置")
    assert "毕业生可申请解约次数 7" in page.words


async def test_an_account_of_one_level_is_asked_once_more_what_holds_for_all(service: str) -> None:
    world = await make_world(graduates=1)
    narrow = await make_account(
        world.province, Party.SCHOOL, "本科用户", school_id=world.school_id, level=w.Level.UNDERGRADUATE
    )
    page = at(narrow, "settings").press("修改签约设置").type("毕业生可申请解约次数", "8").press("提交签约设置")
    assert "对全部学历层次生效" in page.words
    page.press("已了解，仍要提交")
    assert "毕业生可申请解约次数 8" in page.words


async def test_a_handler_is_set_once_and_only_with_the_second_confirmation(service: str) -> None:
    world = await make_world(graduates=1, handler=False)
    page = at(world.school_desk, "settings")
    assert "尚未设置：本专科、研究生" in page.words
    page.press("设置协议经办人").type("适用学历层次", "全部").type("经办人姓名", "钱经办").type(
        "联系电话", "010-62345678"
    )
    page.type("通讯地址", "示范路 1 号").type("邮编", "100000").press("确认")
    assert len(page.errors) == 1
    page.type("已核对无误", True).press("确认")
    assert "钱经办" in page.words
    assert "设置协议经办人" not in page.buttons


async def test_a_department_has_its_own_telephone(service: str, world: World) -> None:
    page = at(world.school_desk, "settings").press("修改院系咨询电话")
    page.type("所在院系（", "文学院").type("咨询电话", "010-62340000").press("保存")
    assert "文学院 010-62340000" in page.words


async def test_a_school_that_is_not_open_sees_its_checklist(service: str) -> None:
    world = await make_world(graduates=1, submit=False)
    page = at(world.school_desk, "home")
    for words in ("开通准备清单", "提交签约设置 未完成", "导入学生名单 已完成", "微信已绑定 0/1 人（0%）"):
        assert words in page.words, words
    assert page.words.index("开通准备清单") < page.words.index("待我处理"), "what is to be done first stands first"
    assert "本届设置还没有提交" in page.go("settings").words


async def test_what_is_for_schools_is_closed_to_others(service: str, world: World) -> None:
    department = world.department_desks["文学院"]
    for path in ("settings", "accounts", "warnings", "modules", "employers"):
        assert "没有这个页面的权限" in at(department, path).words, path
    page = at(await reader(world), "settings")
    assert "李经办" in page.words
    assert "修改签约设置" not in page.buttons


# --- accounts ------------------------------------------------------------------------------------


async def test_a_school_makes_an_account_for_a_department_of_its_roster(service: str, world: World) -> None:
    name = f"wen.{kit.new_id().hex[-10:]}"
    page = at(world.school_desk, "accounts").press("新建账号")
    assert page.options("所在院系（") == ["文学院", "计算机学院"]
    page.type("用户名（", "x").press("创建账号")
    assert page.errors
    page.type("用户名（", name).type("姓名或名称", "吴审核").type("所在院系（", "文学院").press("创建账号")
    assert "仅显示这一次" in page.words
    assert f"用户名 {name}" in page.words
    page.press("已记下")
    assert "仅显示这一次" not in page.words
    account = await Account.get(username=name)
    assert (account.department, account.grants["archive"]) == ("文学院", "none")

    page.go("accounts", id=str(account.id)).press("修改权限").type("毕业去向登记与网签", "只读").press("保存权限")
    assert "毕业去向登记与网签 只读" in page.words
    page.press("重置密码").press("确认重置")
    assert "仅显示这一次" in page.words
    page.press("停用").press("确认停用")
    assert "已停用" in page.words
    page.press("重新启用")
    await account.refresh_from_db()
    assert account.disabled_at is None


async def test_disabling_the_last_reviewer_says_what_waits_and_asks_again(service: str) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=1)
    await reach(world, F.SUPPLEMENTARY, "review_department")
    clerk = world.department_desks[world.graduate.department]
    page = at(world.school_desk, "accounts", id=str(clerk.actor.id)).press("停用").press("确认停用")
    assert "还有1条待审核记录" in page.words
    assert (await Account.get(id=clerk.actor.id)).disabled_at is None
    page.press("已了解，仍要提交")
    assert (await Account.get(id=clerk.actor.id)).disabled_at is not None


# --- warnings ------------------------------------------------------------------------------------


async def test_an_employer_is_marked_changed_and_unmarked_with_its_open_cases(service: str) -> None:
    world = await make_world(graduates=1)
    await reach(world, F.ONLINE_SIGNING, "review_school")
    page = at(world.school_desk, "warnings")
    assert "还没有预警单位" in page.words
    page.press("新增预警单位").type("单位名称", world.employer.name).type("统一社会信用代码", world.employer.uscc)
    page.press("保存")
    assert page.errors
    token = page.token
    evidence = Client(token).upload("合同.jpg", jpeg(7))
    page.at.session_state["warning_evidence"] = [{"id": evidence["id"], "name": "合同.jpg"}]
    page.type("虚假宣传", True).type("情况说明", "招聘条件与实际不符").press("保存")
    (table,) = page.tables
    assert table["rows"][0]["marks"] == [{"text": "证据 1 份", "tone": "plain"}]
    assert table["rows"][0]["cells"][2:5] == ["其他企业", "平台注册单位", "虚假宣传"]
    page.type("单位名称或信用代码", "没有这样的单位").run()
    assert "没有符合条件的预警单位" in page.words
    page.go("warnings", id=table["rows"][0]["id"])
    assert "未办结的记录：1" in page.words
    assert "下载证据 1" in page.words
    page.press("修改").type("违规单位", True).press("保存")
    assert "违规单位、虚假宣传" in page.words
    page.press("删除").press("确认删除")
    assert "没有找到这条预警" in page.words
    assert await fetch_value("SELECT count(*) FROM warnings WHERE school_id = $1", world.school_id) == 0


async def test_a_reader_sees_marks_and_sets_none(service: str) -> None:
    world = await make_world(graduates=1)
    mark = {"employer_name": world.employer.name, "employer_uscc": world.employer.uscc}
    await mark_employer(world.school, mark, ["other"])
    page = at(await reader(world), "warnings")
    assert page.tables[0]["rows"][0]["cells"][0] == world.employer.name
    assert "新增预警单位" not in page.buttons


# --- messages ------------------------------------------------------------------------------------


async def test_a_dead_message_shows_its_cause_and_is_sent_again(service: str) -> None:
    world = await make_world(graduates=1)
    assert "没有符合条件的消息" in at(world.school_desk, "deliveries").words
    case = await reach(world, F.SUPPLEMENTARY, "signed")
    number = await fetch_value("SELECT id FROM outbox WHERE record_id = $1 AND channel = 'ems'", case.record_id)
    dead = "UPDATE outbox SET status = 'dead', cause = '对方拒绝接收', settled_at = now() WHERE id = $1"
    await execute(dead, number)
    page = at(world.school_desk, "deliveries").type("状态", "发送失败，需人工处理").run()
    assert "有 1 条发送失败，需要人工处理，其中上报被就业管理系统退回 1 条" in page.words
    (table,) = page.tables
    assert (table["rows"][0]["button"], table["rows"][0]["cells"][4]) == ("处理", "对方拒绝接收")
    page.at.session_state["delivery_chosen"] = str(number)
    page.at.session_state["dialog_open"] = "delivery_chosen"
    page.run()
    assert "还没有发送过" in page.words
    page.press("重新发送")
    owed = "SELECT count(*) FROM outbox WHERE record_id = $1 AND channel = 'ems' AND status = 'pending'"
    assert await fetch_value(owed, case.record_id) == 1


async def test_a_dispute_is_answered_from_the_inbox_and_stands_on_the_record(service: str) -> None:
    world = await make_world(graduates=1)
    assert "没有待答复的异议或留言" in at(world.school_desk, "inbox").words
    case = await disputable(world, F.DESTINATION)
    note = await dispute(world.graduate.actor, F.DESTINATION, case.record_id, "与我填写的不同")
    page = at(world.school_desk, "inbox")
    assert page.tables[0]["rows"][0]["cells"][1] == world.graduate.name
    page.go("inbox", id=str(note)).press("答复").press("发送答复")
    assert page.errors
    page.type("答复内容", "已电话与你核对，按劳动合同更正").press("发送答复")
    assert "没有待答复的异议或留言" in page.words
    review = at(world.school_desk, "review", flow="destination", id=str(case.record_id))
    assert "毕业生异议" in review.words
    assert "已电话与你核对" in review.words


async def test_what_the_ems_holds_otherwise_is_shown_field_by_field_and_reported_again(service: str) -> None:
    world = await make_world(graduates=1)
    assert "没有不一致的学生" in at(world.school_desk, "reconciliation").words
    case = await reach(world, F.SUPPLEMENTARY, "signed")
    await execute("UPDATE outbox SET status = 'dead', settled_at = now() WHERE record_id = $1", case.record_id)
    mirror = "UPDATE ems_mirror SET refused_cause = '单位代码不存在' WHERE graduate_id = $1"
    await execute(mirror, world.graduate.id)
    page = at(world.school_desk, "reconciliation")
    (row,) = page.tables[0]["rows"]
    assert (row["cells"][0], row["cells"][2]) == (world.graduate.name, "不一致")
    page.at.session_state["reconciliation_chosen"] = str(world.graduate.id)
    page.at.session_state["dialog_open"] = "reconciliation_chosen"
    page.run()
    assert f"单位名称 {world.employer.name}" in page.words
    page.press("重新上报")
    owed = "SELECT count(*) FROM outbox WHERE channel = 'ems' AND status = 'pending' AND recipient = $1"
    assert await fetch_value(owed, world.graduate.id) == 1


async def test_a_selection_becomes_a_file(service: str) -> None:
    world = await make_world(graduates=1)
    await reach(world, F.SUPPLEMENTARY, "review_school")
    await db.execute("DELETE FROM jobs")
    page = at(world.school_desk, "supplementary").press("导出")
    assert not page.has("导出原因")
    page.type("导出完整", True).run().press("开始导出")
    assert page.errors
    page.type("导出原因", WHY).press("开始导出")
    assert "可以离开本页" in page.words
    assert await Workbench(Silent()).once()
    page.run()
    assert "已完成：共 1 行" in page.words
    assert "/files/jobs/" in page.markup
    assert not at(await reader(world), "supplementary").press("导出").has("导出完整")


# --- oneself -----------------------------------------------------------------------


async def test_a_second_factor_is_set_up_on_ones_own_page(service: str, world: World) -> None:
    clerk = await make_account(world.province, Party.SCHOOL, "周安全", school_id=world.school_id)
    page = at(clerk, "self")
    assert "状态 未开启" in page.words
    page.press("开启动态验证码").type("当前密码", "falsch").press("下一步")
    assert page.errors
    page.type("当前密码", w.PASSWORD).press("下一步")
    assert "只显示这一次" in page.words
    page.press("填写验证码并开启").type("动态验证码", "000000").press("开启")
    assert page.errors
