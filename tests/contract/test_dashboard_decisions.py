"""Room: deciding at the dashboard, with lost answers and ended sessions; AppTest against the real service."""

from __future__ import annotations

from dashboard import client
from models import kit
from models.parties import Party
from tests.harness.clerks import (  # noqa: F401  `service` is found by its name
    queue,
    review,
    service_fixture,
    state_of,
    steps,
    waiting,
)
from tests.harness.cutting import cutting
from tests.harness.sitting import use_service
from tests.harness.world import (
    accept,
    add_graduates,
    approve,
    invite,
    make_account,
    make_world,
    sign,
)
from workflows.actors import CLOCK
from workflows.commands.accounts import change_rights, disable_account
from workflows.commands.clock import note_registry
from workflows.ports import RegistryEntry

REASON, WRONG_TEXT = "单位信息有误", "单位名称与公章不一致"


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
    assert not [box for box in desk.at.checkbox if box.label.startswith("已知悉")]


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
    desk = queue(world.school_desk, "all:online_signing:signed").press("从第一条开始").press("修改职位类别")
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


async def test_rights_taken_away_hold_at_the_next_click_in_an_open_tab(service: str) -> None:
    world = await make_world(graduates=1)
    accepted = (await waiting(world))[0]
    clerk = await make_account(world.province, Party.SCHOOL, "钱只读", school_id=world.school_id)
    desk = review(clerk)
    narrowed = {"level": "all", "grant_employment": "ro", "grant_archive": "none", "grant_household": "none"}
    await change_rights(world.province, clerk.actor.id, narrowed)
    desk.press("鉴证通过")
    assert "您的账号对该模块只有只读权限，不能进行此操作。" in desk.words
    assert await steps(accepted) == 2
