"""Room: every page of the dashboard in its states, run by Streamlit's AppTest against the real service."""

from __future__ import annotations

from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import client
from models import kit
from models.db import execute, fetch_value
from models.parties import Grant, Party, ReviewMode
from models.states import EmployerStatus
from tests.harness.cutting import cutting
from tests.harness.sitting import Sitting, use_service
from tests.harness.stack import Stack
from tests.harness.world import (
    PASSWORD,
    Desk,
    World,
    accept,
    add_graduates,
    approve,
    invite,
    make_account,
    make_employer,
    make_world,
    sign,
)
from workflows.actors import CLOCK
from workflows.commands.accounts import create_account, disable_account
from workflows.commands.clock import note_registry
from workflows.commands.roster import invalidate_graduate
from workflows.commands.warnings import mark_employer
from workflows.engine import Outcome
from workflows.ports import RegistryEntry

REASON, WRONG_TEXT = "单位信息有误", "单位名称与公章不一致"


@pytest.fixture
async def service(stack: Stack, database: str) -> str:
    """The real service as a process on this worker's database."""
    if "serve" not in stack.children:
        await stack.start("serve")
    use_service(stack.service_url)
    return stack.service_url


def token_of(username: str) -> str:
    return str(client.sign_in(username, PASSWORD, "127.0.0.1")["token"])


def sit(desk: Desk) -> Sitting:
    return Sitting(token_of(desk.username)).run()


def queue(desk: Desk, state: str = "") -> Sitting:
    """At the queue, by its button on the first page, or with a state chosen."""
    sitting = sit(desk).press("去处理")
    return sitting.type("签约状态", state).run() if state else sitting


def review(desk: Desk) -> Sitting:
    """At the first record that waits for this desk."""
    return queue(desk).press("从第一条开始")


async def waiting(world: World, count: int = 1) -> list[Outcome]:
    """Invitations that were accepted, oldest first."""
    return [await accept(world, await invite(world, p), p) for p in world.graduates[:count]]


async def steps(outcome: Outcome) -> int:
    return int(await fetch_value("SELECT count(*) FROM journal WHERE subject_id = $1", outcome.record_id))


async def state_of(outcome: Outcome) -> str:
    return str(await fetch_value("SELECT state FROM records WHERE id = $1", outcome.record_id))


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
    school.press("去处理")
    assert school.title == "在线签约管理"
    assert school.value("签约状态") == "review_school"
    assert "共 1 条，第 1 页" in school.words


async def test_the_first_page_says_so_when_nothing_waits(service: str) -> None:
    world = await make_world()
    desk = sit(world.school_desk)
    assert "待我处理：0" in desk.words
    assert "目前没有待处理的记录" in desk.words
    assert not desk.buttons["去处理"]


async def test_an_account_without_the_module_sees_neither_its_menu_nor_its_counts(service: str) -> None:
    world = await make_world()
    clerk = await make_account(world.province, Party.SCHOOL, "张无权", school_id=world.school_id, employment=Grant.NONE)
    desk = sit(clerk)
    assert "没有“毕业去向登记与网签”的权限" in desk.words
    assert not desk.buttons
    assert [link.label for link in desk.at.get("page_link")] == ["首页"]


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
    desk = queue(world.school_desk, "全部状态").type("签约单位", "示例").run()
    use_service(f"http://127.0.0.1:{free_port}")
    desk.type("姓名", "王").run()
    assert "暂时连不上服务" in desk.words
    assert "已提交的操作不会丢失" in desk.words
    use_service(service)
    desk.press("重试")
    assert desk.title == "在线签约管理"
    assert (desk.value("签约状态"), desk.value("签约单位")) == ("__all", "示例")


# --- queue ---------------------------------------------------------------------------------------


async def test_the_queue_opens_on_what_waits_for_me_and_says_when_that_is_nothing(service: str) -> None:
    world = await make_world()
    accepted = (await waiting(world))[0]
    desk = queue(world.school_desk).press("清除筛选")
    assert desk.value("签约状态") == "__mine"
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
    desk = queue(world.school_desk, "单位已发起签约邀请，等待学生应约").type("签约单位", world.employer.name[:6]).run()
    assert "共 52 条，第 1 页" in desk.words
    desk.press("下一页")
    assert "共 52 条，第 2 页" in desk.words
    desk.press("从第一条开始").press("返回列表")
    assert "共 52 条，第 2 页" in desk.words
    assert (desk.value("签约状态"), desk.value("签约单位")) == ("invited", world.employer.name[:6])
    desk.press("上一页")
    assert "第 1 页" in desk.words
    desk.press("下一页").type("姓名", "没有这样的人").run()
    assert "没有符合条件的记录" in desk.words, "another choice begins on its first page"
    assert "第 1 页" in desk.words
    desk.press("清除筛选")
    assert (desk.value("签约状态"), desk.value("姓名"), desk.value("签约单位")) == ("__mine", "", "")


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
    world = await make_world()
    await waiting(world)
    desk = queue(world.school_desk)
    assert desk.value("届次") == world.cohort
    assert [link.label for link in desk.at.get("page_link")] == ["首页", "在线签约管理"]


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
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=1)
    await waiting(world)
    desk = sit(world.school_desk)
    desk.at.session_state["queue_kept"] = {"state": "__all"}
    desk.at.query_params["id"] = "nothing"
    department = review(world.department_desks[world.graduate.department])
    assert department.buttons["鉴证通过"]


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


# --- deciding ------------------------------------------------------------------------------------


async def test_after_a_decision_the_next_record_follows_until_none_is_left(service: str) -> None:
    world = await make_world(graduates=2)
    first, second = await waiting(world, 2)
    desk = review(world.school_desk).press("鉴证通过").press("确认鉴证通过")
    assert desk.title.startswith(world.graduates[1].name)
    assert f"已提交：{world.graduates[0].name}，签约完成" in desk.words
    assert await state_of(first) == "signed"
    desk.press("鉴证通过").press("确认鉴证通过")
    assert desk.title == "在线签约管理"
    assert "列表中没有下一条了" in desk.words
    assert await state_of(second) == "signed"


async def test_all_faults_stand_at_their_fields_and_nothing_typed_is_lost(service: str) -> None:
    world = await make_world(graduates=1)
    accepted = (await waiting(world))[0]
    desk = review(world.school_desk).press("鉴证不通过").press("确认鉴证不通过")
    assert desk.errors == ["请选择“原因”。", "请填写“具体问题”。"]
    desk.type("原因", REASON).type("具体问题", "太短").press("确认鉴证不通过")
    assert len(desk.errors) == 1
    assert (desk.value("原因"), desk.value("具体问题")) == ("employer_data", "太短")
    assert await steps(accepted) == 2, "nothing was written"
    desk.type("具体问题", WRONG_TEXT).press("确认鉴证不通过")
    assert await state_of(accepted) == "rejected"
    assert await steps(accepted) == 3


async def test_a_warned_employer_is_acknowledged_before_it_is_approved(service: str) -> None:
    world = await make_world(graduates=1)
    firm = world.employer
    await note_registry(CLOCK, firm.uscc, RegistryEntry(firm.uscc, firm.name, "注销", kit.now()))
    accepted = (await waiting(world))[0]
    desk = review(world.school_desk).press("鉴证通过").type("备注", "已电话核实").press("确认鉴证通过")
    assert desk.errors == ["请先核实单位情况，并勾选“已知悉该单位的预警或经营状态提示”。"]
    assert desk.value("备注") == "已电话核实"
    assert await steps(accepted) == 2
    desk.type("已知悉", True).press("确认鉴证通过")
    assert await state_of(accepted) == "signed"


async def test_an_employer_in_order_asks_for_no_tick(service: str) -> None:
    world = await make_world(graduates=1)
    await waiting(world)
    desk = review(world.school_desk).press("鉴证通过")
    assert not desk.at.checkbox


async def test_whoever_comes_second_is_told_who_was_first(service: str) -> None:
    world = await make_world(graduates=1)
    accepted = (await waiting(world))[0]
    rival = await make_account(world.province, Party.SCHOOL, "周先行", school_id=world.school_id)
    desk = review(world.school_desk).press("鉴证通过")
    await approve(world, accepted, rival.actor)
    desk.press("确认鉴证通过")
    assert "该记录已由 周先行 于" in desk.words
    assert "先行处理（鉴证通过），现为“签约完成”" in desk.words
    assert "确认鉴证通过" not in desk.buttons
    assert await steps(accepted) == 3


async def test_a_question_whose_record_moved_on_is_closed(service: str) -> None:
    world = await make_world(graduates=1)
    accepted = (await waiting(world))[0]
    desk = review(world.school_desk).press("鉴证不通过")
    await approve(world, accepted)
    desk.run()
    assert "该记录已由 学校用户 于" in desk.words
    assert "确认鉴证不通过" not in desk.buttons


async def test_an_edit_begins_with_the_present_value_and_stays_on_the_record(service: str) -> None:
    world = await make_world(graduates=1)
    await sign(world)
    await add_graduates(world, 1)
    await accept(world, await invite(world, world.graduates[1]), world.graduates[1])
    desk = queue(world.school_desk, "签约完成").press("从第一条开始").press("修改职位类别")
    assert desk.value("工作职位类别") == "13"
    desk.type("工作职位类别", "教学人员").press("确认修改职位类别")
    assert "工作职位类别：工程技术人员 → 教学人员" in desk.words
    assert desk.title.startswith(world.graduate.name)


# --- lost answers, ended sessions ----------------------------------------------------------------


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(service: str) -> None:
    world = await make_world(graduates=2)
    accepted = (await waiting(world, 2))[0]
    with cutting(service) as peer:
        use_service(peer.url)
        desk = review(world.school_desk)
        peer.lose = 1
        desk.press("鉴证通过").press("确认鉴证通过")
        assert "签约完成" in desk.words
        assert len(peer.keys) == 2
        assert len(set(peer.keys)) == 1
    assert await steps(accepted) == 3


async def test_a_click_that_is_repeated_after_no_answer_came_is_one_act(service: str) -> None:
    world = await make_world(graduates=2)
    accepted = (await waiting(world, 2))[0]
    with cutting(service) as peer:
        use_service(peer.url)
        desk = review(world.school_desk).press("鉴证不通过").type("原因", REASON).type("具体问题", WRONG_TEXT)
        peer.lose = 2
        desk.press("确认鉴证不通过")
        assert "没有收到服务的答复" in desk.errors[0]
        assert desk.value("具体问题") == WRONG_TEXT
        desk.press("确认鉴证不通过")
        assert "审核不通过，签约失败" in desk.words
        assert len(peer.keys) == 3
        assert len(set(peer.keys)) == 1
    assert await steps(accepted) == 3


async def test_a_corrected_form_goes_under_a_key_of_its_own(service: str) -> None:
    world = await make_world(graduates=2)
    await waiting(world, 2)
    with cutting(service) as peer:
        use_service(peer.url)
        desk = review(world.school_desk).press("鉴证不通过").type("原因", REASON).type("具体问题", "太短")
        desk.press("确认鉴证不通过").type("具体问题", WRONG_TEXT).press("确认鉴证不通过")
        assert len(set(peer.keys)) == 2


async def test_a_session_that_ends_at_work_loses_nothing_that_was_typed(service: str) -> None:
    world = await make_world(graduates=1)
    accepted = (await waiting(world))[0]
    desk = review(world.school_desk).press("鉴证不通过").type("原因", REASON).type("具体问题", WRONG_TEXT)
    client.Client(desk.token).delete("/v1/sessions/current")
    desk.press("确认鉴证不通过")
    assert "登录已失效" in desk.words
    assert "/auth/login?said=ended" in desk.markup
    assert "正在填写的内容已为您保留" in desk.words
    again = review(world.school_desk).press("鉴证不通过")
    assert (again.value("原因"), again.value("具体问题")) == ("employer_data", WRONG_TEXT)
    again.press("确认鉴证不通过")
    assert await state_of(accepted) == "rejected"


async def test_a_disabled_account_is_out_at_its_next_click(service: str) -> None:
    world = await make_world(graduates=1)
    await waiting(world)
    clerk = await make_account(world.province, Party.SCHOOL, "钱离任", school_id=world.school_id)
    desk = review(clerk)
    await disable_account(world.province, clerk.actor.id, confirmed=True)
    desk.press("鉴证通过")
    assert "登录已失效" in desk.words
    assert not desk.buttons


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
