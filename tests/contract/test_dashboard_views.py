"""Room: every page of the dashboard in its states, run by Streamlit's AppTest against the real service."""

from __future__ import annotations

from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from models import kit
from models.db import execute, fetch_value
from models.parties import Grant, Module, Party, ReviewMode
from models.states import EmployerStatus
from tests.harness.clerks import (  # noqa: F401  `service` is found by its name
    queue,
    review,
    service_fixture,
    sit,
    token_of,
    waiting,
)
from tests.harness.sitting import Sitting, use_service
from tests.harness.world import (
    PASSWORD,
    add_graduates,
    approve,
    invite,
    make_account,
    make_employer,
    make_world,
    sign,
)
from workflows.actors import CLOCK
from workflows.commands.accounts import create_account
from workflows.commands.clock import note_registry
from workflows.commands.provinces import open_module
from workflows.commands.roster import invalidate_graduate
from workflows.commands.warnings import mark_employer
from workflows.ports import RegistryEntry

REASON, WRONG_TEXT = "单位信息有误", "单位名称与公章不一致"


# --- first page ----------------------------------------------------------------------------------


async def test_the_first_page_counts_what_waits_and_leads_to_it(service: str) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=4)
    accepted = await waiting(world, 3)
    await approve(world, accepted[0])
    school = sit(world.school_desk)
    assert "待我处理：1" in school.words
    assert "院系处理中：2" in school.words
    assert "最早的已等待：不到 1 小时" in school.words
    assert "李经办" in school.words
    school.press("去处理", "go-signing")
    assert school.title == "在线签约管理"
    assert school.value("签约状态") == "mine"
    assert "共 1 条，第 1 页" in school.words


async def test_the_first_page_says_so_when_nothing_waits(service: str) -> None:
    world = await make_world()
    desk = sit(world.school_desk)
    assert "待我处理：0" in desk.words
    assert "目前没有待处理的记录" in desk.words
    ways = [button.disabled for button in desk.at.button if button.label == "去处理"]
    assert ways
    assert all(ways)


async def test_an_account_without_the_module_sees_neither_its_menu_nor_its_counts(service: str) -> None:
    world = await make_world()
    clerk = await make_account(world.province, Party.SCHOOL, "张无权", school_id=world.school_id, employment=Grant.NONE)
    desk = sit(clerk)
    assert "没有“毕业去向登记与网签”的权限" in desk.words
    assert not desk.buttons
    assert [link.label for link in desk.at.get("page_link")] == ["首页", "本人账号"]


async def test_a_school_of_which_nothing_is_open_is_told_what_comes_next(service: str) -> None:
    world = await make_world(graduates=0, departments=(), module=False, submit=False)
    assert "还没有开通任何届次" in sit(world.school_desk).words


async def test_a_province_sees_how_many_employers_wait(service: str) -> None:
    world = await make_world()
    await make_employer(world, status=EmployerStatus.PENDING)
    desk = sit(world.province_desk)
    assert "待核验单位：" in desk.words
    assert "去处理" not in desk.buttons
    assert desk.press("去核验").title == "单位核验"


async def test_a_tab_that_is_left_alone_stops_asking(service: str) -> None:
    world = await make_world()

    def script(token: str) -> None:
        from dataclasses import replace

        from dashboard import shell
        from dashboard.client import Client
        from dashboard.views import home

        desk = shell.open_desk(Client(token))
        home.show(replace(desk, me={**desk.me, "idle_at": "2020-01-01T00:00:00Z"}))

    at = AppTest.from_function(script, kwargs={"token": token_of(world.school_desk.username)}, default_timeout=60).run()
    assert [e.value for e in at.info] == ["您已有一段时间没有操作，自动刷新已停止。"]
    assert [b.label for b in at.button] == ["继续"]
    assert not at.metric


async def test_a_first_password_opens_nothing_but_its_change(service: str) -> None:
    world = await make_world()
    form = {"username": f"new.{kit.new_id().hex[-12:]}", "display_name": "王新手", "level": "all"}
    grants = {f"grant_{name}": "rw" for name in ("employment", "archive", "household")}
    made = await create_account(
        world.province, Party.SCHOOL, {**form, **grants}, school_id=world.school_id, password=PASSWORD
    )
    sitting = Sitting(token_of(made.username)).run()
    assert "首次登录请先设置新密码" in sitting.words
    assert "/auth/password" in sitting.markup
    assert not sitting.buttons


@pytest.mark.parametrize("token", ["", "a-token-that-nobody-has", "两个字", "x" * 500])
async def test_without_a_session_there_is_a_way_to_sign_in_and_nothing_else(service: str, token: str) -> None:
    sitting = Sitting(token).run()
    assert "登录已失效" in sitting.words
    assert "/auth/login" in sitting.markup
    assert not sitting.buttons


async def test_a_service_out_of_reach_is_said_and_what_was_chosen_comes_back(service: str, free_port: int) -> None:
    world = await make_world()
    await waiting(world)
    desk = queue(world.school_desk, "all").type("单位名称", "示例").run()
    use_service(f"http://127.0.0.1:{free_port}")
    desk.type("姓名", "王").run()
    assert "暂时连不上服务" in desk.words
    assert "已提交的操作不会丢失" in desk.words
    use_service(service)
    desk.press("重试")
    assert desk.title == "在线签约管理"
    assert (desk.value("签约状态"), desk.value("单位名称")) == ("all", "示例")


# --- queue ---------------------------------------------------------------------------------------


async def test_the_queue_opens_on_what_waits_for_me_and_says_when_that_is_nothing(service: str) -> None:
    world = await make_world()
    accepted = (await waiting(world))[0]
    desk = queue(world.school_desk).press("清除筛选")
    assert desk.value("签约状态") == "mine"
    assert "共 1 条" in desk.words
    await approve(world, accepted)
    desk.run()
    assert "目前没有待您处理的记录" in desk.words
    assert not desk.buttons["从第一条开始"]


async def test_filters_and_page_are_kept_when_one_returns_from_a_record(service: str) -> None:
    world = await make_world(graduates=2)
    await waiting(world)
    await add_graduates(world, 51)
    for person in world.graduates[1:53]:
        await invite(world, person)
    desk = queue(world.school_desk, "all:online_signing:invited").type("单位名称", world.employer.name[:6]).run()
    assert "共 52 条，第 1 页" in desk.words
    desk.press("下一页")
    assert "共 52 条，第 2 页" in desk.words
    desk.press("从第一条开始").press("返回列表")
    assert "共 52 条，第 2 页" in desk.words
    assert (desk.value("签约状态"), desk.value("单位名称")) == ("all:online_signing:invited", world.employer.name[:6])
    desk.press("上一页")
    assert "第 1 页" in desk.words
    desk.press("下一页").type("姓名", "没有这样的人").run()
    assert "没有符合条件的记录" in desk.words, "another choice begins on its first page"
    assert "第 1 页" in desk.words
    desk.press("清除筛选")
    assert (desk.value("签约状态"), desk.value("姓名"), desk.value("单位名称")) == ("mine", "", "")


async def test_what_the_service_cannot_read_is_said_and_stays_typed(service: str) -> None:
    world = await make_world()
    await waiting(world)
    desk = queue(world.school_desk).type("姓名", "王\x01").run()
    assert "格式不正确" in desk.errors[0]
    assert desk.value("姓名") == "王\x01"


async def test_one_can_look_for_a_person_by_the_whole_number(service: str) -> None:
    world = await make_world(graduates=2)
    await waiting(world, 2)
    desk = queue(world.school_desk).type("身份证号码", world.graduates[1].id_number).run()
    assert "共 1 条" in desk.words
    assert desk.press("从第一条开始").title.startswith(world.graduates[1].name)


async def test_another_cohort_has_another_queue(service: str) -> None:
    world = await make_world(graduates=1)
    await waiting(world)
    await open_module(world.province, world.school_id, world.cohort - 1, Module.EMPLOYMENT)
    desk = queue(world.school_desk)
    assert desk.value("届次") == world.cohort
    desk.type("届次", world.cohort - 1).run()
    assert "共 0 条" in desk.words
    desk.press("清除筛选")
    assert desk.value("届次") == world.cohort - 1
    desk.type("届次", world.cohort).run()
    assert "共 1 条" in desk.words


async def test_each_role_finds_the_pages_in_its_menu_that_it_may_enter(service: str) -> None:
    world = await make_world(graduates=1)
    queues = ["学生名单管理", "在线签约管理", "补登管理", "解约管理", "去向登记管理", "失效信息管理", "作废信息管理"]
    told = ["数据统计", "异议与留言", "消息与上报", "与就业管理系统对账", "本人账号"]
    for desk, entries in (
        (world.school_desk, ["首页", "账号管理", "签约设置", *queues, "预警单位管理", *told]),
        (world.department_desks["计算机学院"], ["首页", *queues, *told]),
        (world.province_desk, ["首页", "账号管理", *queues, "开通模块与协议类型", "单位核验", *told]),
    ):
        assert [link.label for link in sit(desk).at.get("page_link")] == entries


# --- review --------------------------------------------------------------------------------------


async def test_a_review_shows_record_history_employer_registry_mark_and_comparison(service: str) -> None:
    world = await make_world(graduates=1)
    firm = world.employer
    await note_registry(CLOCK, firm.uscc, RegistryEntry(firm.uscc, firm.name, "吊销", kit.now()))
    mark = {"employer_name": firm.name, "employer_uscc": firm.uscc, "note": "去年拖欠工资"}
    await mark_employer(world.school, mark, ["other"])
    await waiting(world)
    await execute("UPDATE graduates SET major = '软件工程', department = '文学院' WHERE id = $1", world.graduate.id)
    desk = review(world.school_desk)
    assert world.graduate.name in desk.title
    for words in (
        "预警单位：已被本校标记", "去年拖欠工资", "登记状态：吊销", "该单位不处于正常经营状态", firm.uscc, "示例路8号",
        "岗位名称 软件工程师", "月薪（元，税前） 9,000", "工作职位类别 工程技术人员", "发起签约邀请", "同意签约",
        "院系已变更", "有 2 项与就业管理系统现有数据不一致", "专业 计算机科学与技术 软件工程", "毕业时间 2027-07",
        "尚无报送信息", "民族 汉族",
    ):  # fmt: skip
        assert words in desk.words, words
    assert world.graduate.id_number not in desk.words
    assert desk.buttons["鉴证通过"]
    assert desk.buttons["鉴证不通过"]


async def test_a_signed_record_offers_its_agreement(service: str) -> None:
    world = await make_world(graduates=2)
    await waiting(world)
    signed = await sign(world, world.graduates[1])
    number = await fetch_value("SELECT number FROM agreements WHERE record_id = $1", signed.record_id)
    desk = queue(world.school_desk, "all:online_signing:signed")
    assert "下载协议书" not in desk.markup
    desk.press("从第一条开始")
    assert f"href='/files/agreements/{number}'" in desk.markup


async def test_an_unknown_registration_state_can_be_asked_for_again(service: str) -> None:
    world = await make_world(graduates=1)
    await waiting(world)
    desk = review(world.school_desk)
    assert "暂时无法获取最新状态" in desk.words
    desk.press("重新查询登记状态")
    assert desk.errors, "nothing answers at the registry's address here"
    assert desk.buttons["鉴证通过"], "it warns and never blocks"


async def test_a_reader_sees_why_nothing_can_be_done(service: str) -> None:
    world = await make_world(graduates=1)
    await waiting(world)
    reader = await make_account(world.province, Party.SCHOOL, "张只读", school_id=world.school_id, employment=Grant.RO)
    desk = review(reader)
    assert desk.buttons["鉴证通过"] is False
    assert "暂不能操作：您的账号对该模块只有只读权限" in desk.words


async def test_the_school_sees_that_the_department_decides_first(service: str) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=2)
    first, _ = await waiting(world, 2)
    await approve(world, first)
    desk = queue(world.school_desk, "all:online_signing:review_department").press("从第一条开始")
    assert desk.title.startswith(world.graduates[1].name)
    assert desk.buttons["鉴证通过"] is False
    assert "暂不能操作：该记录正由学院审核" in desk.words


async def test_a_frozen_record_says_so(service: str) -> None:
    world = await make_world(graduates=1)
    await waiting(world)
    desk = review(world.school_desk)
    await invalidate_graduate(world.school, world.graduate.id, "不在本届毕业生名单")
    desk.run()
    assert "流程已暂停" in desk.words
    assert not desk.buttons["鉴证通过"]


async def test_a_record_out_of_sight_is_not_found(service: str) -> None:
    world, other = await make_world(graduates=1), await make_world(graduates=1)
    mine, foreign = (await waiting(world))[0], (await waiting(other))[0]
    desk = review(world.school_desk)
    assert desk.at.query_params["id"] in (str(mine.record_id), [str(mine.record_id)])
    for strange in (str(foreign.record_id), "../me", str(kit.new_id())):
        desk.at.query_params["id"] = strange
        desk.run()
        assert "没有找到这条记录" in desk.words
        assert list(desk.buttons) == ["返回列表"]


# --- employers -----------------------------------------------------------------------------------


async def test_a_province_verifies_an_employer(service: str) -> None:
    world = await make_world()
    firm = await make_employer(world, status=EmployerStatus.PENDING)
    desk = sit(world.province_desk).press("去核验").type("统一社会信用代码", firm.uscc).run()
    assert "共 1 家" in desk.words
    desk.at.query_params["id"] = str(firm.id)
    desk.run()
    assert desk.title == firm.name
    assert "详细地址 示例路8号" in desk.words
    assert str(firm.form["contact_mobile"]) not in desk.words
    desk.press("退回补充").type("说明", "短").press("确认退回补充")
    assert "至少 5 个字" in desk.errors[0]
    assert desk.value("说明") == "短"
    desk.type("说明", "营业执照不清晰，请重新填写").press("确认退回补充")
    assert f"{firm.name}：退回补充" in desk.words
    assert await _status(firm.id) == "returned"


async def test_the_decision_of_somebody_else_is_said(service: str) -> None:
    world = await make_world()
    firm = await make_employer(world, status=EmployerStatus.PENDING)
    desk = sit(world.province_desk).press("去核验")
    desk.at.query_params["id"] = str(firm.id)
    desk.run().press("核验通过")
    await execute("UPDATE employers SET status = 'refused' WHERE id = $1", firm.id)
    desk.press("确认核验通过")
    assert "该单位刚刚已由他人处理，现为“未通过”" in desk.words


async def _status(employer_id: UUID) -> str:
    return str(await fetch_value("SELECT status FROM employers WHERE id = $1", employer_id))


# --- what comes from outside ---------------------------------------------------------------------


def test_nothing_from_outside_becomes_markup() -> None:
    def script() -> None:
        from dashboard import tables

        evil = "<img src=x onerror=alert(1)>'\"&"
        tables.pairs(evil, [(evil, evil)], before=tables.note(evil, "warn", link=(evil, "javascript:alert(1)")))
        tables.grid(evil, (evil,), [(evil,)], after=tables.note(evil, link=(evil, f"https://x/{evil}")))
        tables.line((evil,))

    at = AppTest.from_function(script, default_timeout=60).run()
    assert not at.exception
    markup = "".join(e.value for e in at.get("html"))
    assert "<img" not in markup
    assert "javascript:" not in markup
    assert markup.count("&lt;img") >= 8
    assert "onerror=alert(1)&gt;&#x27;&quot;&amp;" in markup
