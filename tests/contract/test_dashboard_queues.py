"""Room: the queues of all menus and the review of all flows at the dashboard; AppTest against the real service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from dashboard.client import Client
from models import kit
from models.db import execute, fetch_value
from models.parties import Grant, Party, ReviewMode
from models.states import Flow
from models.vault import unseal
from tests.harness.clerks import (  # noqa: F401  `service` is found by its name
    at,
    picked,
    queue,
    review,
    reviewing,
    service_fixture,
    state_of,
    steps,
    token_of,
)
from tests.harness.reaching import Case, reach
from tests.harness.sitting import Sitting
from tests.harness.world import World, make_account, make_employer, make_world
from workflows.commands.accounts import disable_account
from workflows.commands.warnings import mark_employer
from workflows.effects import FORM_PLACE

F = Flow
WRONG = "公章不清晰，请重新上传"


@dataclass(slots=True)
class Season:
    """One school in the season: a record of every flow waits for it. What tests decide, they make themselves."""

    world: World
    cases: dict[str, Case]

    def __getitem__(self, name: str) -> Case:
        return self.cases[name]


@pytest.fixture(scope="module")
async def season(database: str) -> Season:
    world = await make_world(graduates=12, settings={"termination_limit": 5})
    people = iter(world.graduates)

    async def case(flow: Flow, state: str, **more: Any) -> Case:
        return await reach(world, flow, state, next(people), **more)

    return Season(
        world,
        {
            "online": await case(F.ONLINE_SIGNING, "review_school"),
            "application": await case(F.OFFLINE_SIGNING, "agreement_review_school"),
            "upload": await case(F.OFFLINE_SIGNING, "signing_review_school"),
            "supplementary": await case(F.SUPPLEMENTARY, "review_school"),
            "destination": await case(F.DESTINATION, "review_school"),
            "silent": await case(F.ONLINE_TERMINATION, "awaiting_employer"),
            "agreed": await case(F.ONLINE_TERMINATION, "review_school"),
            "papers": await case(F.OFFLINE_TERMINATION, "review_school"),
        },
    )


def titles(page: Sitting) -> list[str]:
    """What the buttons of the first page say."""
    return [label for label in page.buttons if "：" in label]


# --- first page ----------------------------------------------------------------------------------


async def test_the_first_page_counts_each_menu_by_its_parts_and_leads_to_them(service: str, season: Season) -> None:
    home = at(season.world.school_desk, "home")
    assert "待我处理：7" in home.words
    for part in ("单位发起签约：1", "就业协议审核：1", "签约审核：1", "线上解约：1", "线下解约：1"):
        assert part in titles(home)
    home.press("签约审核：1")
    assert home.title == "在线签约管理"
    assert home.value("签约状态") == "mine:offline_signing:signing_review_school"
    assert "共 1 条" in home.words


async def test_a_departments_work_that_fell_to_the_school_says_so_on_the_first_page(service: str) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=1)
    await reach(world, F.SUPPLEMENTARY, "review_department")
    clerk = world.department_desks[world.graduate.department]
    await disable_account(world.school, clerk.actor.id, confirmed=True)
    home = at(world.school_desk, "home")
    assert "补登审核（代院系）：1" in titles(home)
    home.press("补登审核（代院系）：1")
    assert "共 1 条" in home.words


async def test_the_first_page_tells_of_silent_employers_and_refusals_of_the_ems(service: str) -> None:
    world = await make_world(graduates=1)
    case = await reach(world, F.ONLINE_TERMINATION, "awaiting_employer")
    assert "久未答复" not in at(world.school_desk, "home").words
    await execute("UPDATE records SET waiting_since = now() - interval '16 days' WHERE id = $1", case.record_id)
    mirror = "UPDATE ems_mirror SET refused_cause = '单位代码不存在' WHERE graduate_id = $1"
    await execute(mirror, world.graduate.id)
    page = at(world.school_desk, "home")
    assert any(f"id={case.id}'" in str(part.value) for part in page.at.get("html")), "it leads to the record"
    home = page.words
    assert "单位久未答复的解约：1" in home
    assert "满 7 天 1 件，满 15 天 1 件" in home
    assert "16 天" in home
    assert "上报失败：1" in home
    assert "单位代码不存在" in home
    department = at(world.department_desks[world.graduate.department], "home").words
    assert "上报失败：1" in department
    assert "久未答复" not in department, "it is the school that may force a termination"


# --- queues --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("menu", "count", "columns"),
    [
        ("signing", 3, ("签约发起方", "签约状态", "签约单位", "当前协议编号")),
        ("supplementary", 1, ("补登状态", "签约单位")),
        ("termination", 2, ("解约方", "解约状态", "解约单位")),
        ("destination", 1, ("登记状态", "毕业去向", "去向单位")),
    ],
)
async def test_each_menu_opens_on_what_waits_for_me_with_its_own_columns(
    service: str, season: Season, menu: str, count: int, columns: tuple[str, ...]
) -> None:
    page = at(season.world.school_desk, menu)
    assert f"共 {count} 条，第 1 页" in page.words
    (table,) = page.tables
    shown = [column["title"] for column in table["columns"]]
    assert set(columns) < set(shown)
    assert {"姓名", "身份证号码", "所在院系", "学历层次", "专业", "等待"} < set(shown)
    assert [row["button"] for row in table["rows"]] == ["处理"] * count


async def test_a_queue_is_narrowed_by_its_other_columns(service: str, season: Season) -> None:
    page = queue(season.world.school_desk).type("签约发起方", "毕业生").run()
    assert "共 2 条" in page.words
    page.type("工作职位类别", "13").type("曾退回修改", "true").run()
    assert "没有符合条件的记录" in page.words
    page.press("清除筛选")
    assert "共 3 条" in page.words
    page.type("发起日期从", "昨天").run()
    assert page.errors
    assert page.value("发起日期从") == "昨天"


async def test_filters_are_kept_under_a_name_and_taken_up_again(service: str, season: Season) -> None:
    name = f"纸质{kit.new_id().hex[-6:]}"
    page = queue(season.world.school_desk).type("签约发起方", "毕业生").type("学历层次", "undergraduate").run()
    page.type("把当前筛选条件存为", name).run().press("保存方案")
    page.press("清除筛选")
    assert page.value("签约发起方") == ""
    page.press(name)
    assert (page.value("签约状态"), page.value("签约发起方"), page.value("学历层次")) == (
        "mine",
        "graduate",
        "undergraduate",
    )
    assert "共 2 条" in page.words
    page.press("删除")
    assert name not in page.buttons


# --- bulk ----------------------------------------------------------------------------------------


async def test_picked_rows_are_decided_one_by_one_and_each_result_is_told(service: str) -> None:
    world = await make_world(graduates=3)
    good, marked, late = [await reach(world, F.SUPPLEMENTARY, "review_school", person) for person in world.graduates]
    bad = await make_employer(world)
    await execute("UPDATE records SET employer_uscc = $2 WHERE id = $1", marked.record_id, bad.uscc)
    mark = {"employer_name": bad.name, "employer_uscc": bad.uscc}
    await mark_employer(world.school, mark, ["other"])
    page = at(world.school_desk, "supplementary")
    (table,) = page.tables
    assert table["bulk"] == "批量通过"
    assert {row["id"]: row["pick"] for row in table["rows"]} == {
        str(good.id): True, str(marked.id): False, str(late.id): True,
    }  # fmt: skip
    items = Client(page.token).get("/v1/queues/supplementary")["items"]
    await late.take("approve")
    page.at.session_state["bulk_picked"] = picked(items, "supplementary")
    page.run()
    assert "将逐条审核通过下列 3 条记录" in page.words
    page.type("备注", "已集中核对").press("确认批量通过")
    assert "批量办理结果：1 条已通过，2 条未办理" in page.words
    assert "已通过，现为“登记完成”" in page.words
    assert "该单位有预警标记，不能批量办理" in page.words
    assert await state_of(good) == "signed"
    assert await state_of(marked) == "review_school"
    assert await steps(late) == 2
    page.press("知道了")
    assert "批量办理结果" not in page.words


async def test_a_reader_can_neither_pick_rows_nor_decide(service: str, season: Season) -> None:
    world = season.world
    reader = await make_account(world.province, Party.SCHOOL, "张只读", school_id=world.school_id, employment=Grant.RO)
    (table,) = at(reader, "signing").tables
    assert table["bulk"] == ""
    assert {row["button"] for row in table["rows"]} == {"查看"}
    page = reviewing(reader, season["destination"])
    assert not page.buttons["审核通过"]
    assert "内部备注" not in page.buttons


# --- review --------------------------------------------------------------------------------------


async def test_files_of_all_rounds_stand_on_the_review_page(service: str) -> None:
    world = await make_world(graduates=1)
    case = await reach(world, F.SUPPLEMENTARY, "returned")
    await case.take("submit")
    page = reviewing(world.school_desk, case)
    (rounds,) = [data["rounds"] for data in page.components if "rounds" in data]
    assert [one["title"].partition("（")[0] for one in rounds] == ["第 2 次提交", "第 1 次提交"]
    assert all(file["url"].startswith("/files/attachments/") for one in rounds for file in one["files"])
    assert rounds[0]["files"][0]["picture"] is True
    assert "已退回 1 次" in page.words


async def test_a_termination_shows_what_it_is_about_and_how_long_the_other_side_is_silent(
    service: str, season: Season
) -> None:
    page = reviewing(season.world.school_desk, season["silent"])
    for words in ("解约方 毕业生", "对方不到 1 天未答复，已提醒 0 次", "解约说明", "查看原签约记录", "线上解约"):
        assert words in page.words, words
    assert page.buttons["强制解约"]


async def test_forcing_a_termination_asks_for_a_statement_and_a_second_confirmation(service: str) -> None:
    world = await make_world(graduates=1, settings={"termination_limit": 5})
    case = await reach(world, F.ONLINE_TERMINATION, "awaiting_employer")
    page = reviewing(world.school_desk, case).press("强制解约").type("情况说明", "短").press("确认强制解约")
    assert len(page.errors) == 2, page.errors
    page.type("情况说明", "单位多次联系未果，毕业生已提交书面说明").type("我已核实情况", True).press("确认强制解约")
    assert await state_of(case) == "forced"


async def test_a_unilateral_termination_wants_a_statement_which_a_mutual_one_does_not(service: str) -> None:
    world = await make_world(graduates=1, settings={"termination_limit": 5})
    case = await reach(world, F.OFFLINE_TERMINATION, "review_school")
    page = reviewing(world.school_desk, case)
    (approve,) = [label for label in page.buttons if label.endswith("通过") and "不" not in label]
    page.press(approve).type("解约方式", "学生单方面解约").type("我已核实情况", True).press(f"确认{approve}")
    assert [e for e in page.errors if "情况说明" in e]
    page.type("解约方式", "双方同意解约").press(f"确认{approve}")
    assert await state_of(case) == "completed"


async def test_editing_a_destination_asks_only_what_its_kind_needs(service: str) -> None:
    world = await make_world(graduates=1)
    case = await reach(world, F.DESTINATION, "review_school")
    page = reviewing(world.school_desk, case).press("修改去向")
    assert page.value("单位名称") == world.employer.name
    assert (page.value("省"), page.value("市"), page.value("区")) == ("330000", "330100", "330106")
    page.type("毕业去向", "待就业").run()
    assert not page.has("单位名称")
    page.type("目前情况", "求职中").type("已与毕业生沟通确认一致", True).press("确认修改去向")
    assert await fetch_value("SELECT destination_code FROM records WHERE id = $1", case.record_id) == "70"
    assert page.title.endswith("待就业"), "the record is not decided by an edit, so one stays with it"
    assert await state_of(case) == "review_school"


async def test_numbers_that_came_masked_stay_as_they_were_in_an_edit(service: str) -> None:
    world = await make_world(graduates=1)
    case = await reach(world, F.DESTINATION, "review_school")
    held = "SELECT form->>'contact_mobile' FROM records WHERE id = $1"
    before = unseal(FORM_PLACE, await fetch_value(held, case.record_id))
    page = reviewing(world.school_desk, case).press("修改去向")
    assert page.value("联系人手机") == ""
    page.type("月薪", "12000").type("已与毕业生沟通确认一致", True).press("确认修改去向")
    assert not page.errors
    assert unseal(FORM_PLACE, await fetch_value(held, case.record_id)) == before
    assert "月薪（元，税前） 12,000" in page.words


async def test_what_the_roster_has_now_is_taken_over_as_it_was_shown(service: str) -> None:
    world = await make_world(graduates=2)
    case = await reach(world, F.SUPPLEMENTARY, "review_school")
    other = await reach(world, F.SUPPLEMENTARY, "review_school", world.graduates[1])
    change = "UPDATE graduates SET basic = jsonb_set(basic::jsonb, '{xh}', $2::jsonb) WHERE id = $1"
    await execute(change, world.graduate.id, '"20270001"')
    page = reviewing(world.school_desk, case).press("审核通过")
    assert "→ 20270001" in page.words
    page.type("按名单更新学生信息", True)
    await execute(change, world.graduate.id, '"20270002"')
    page.press("确认审核通过")
    assert await state_of(case) == "review_school", "what was shown is no longer what would be taken"
    page = reviewing(world.school_desk, case).press("审核通过").type("按名单更新学生信息", True).press("确认审核通过")
    assert await state_of(case) == "signed"
    taken = "SELECT snapshot->'graduate'->'basic'->>'xh' FROM records WHERE id = $1"
    assert await fetch_value(taken, case.record_id) == "20270002"
    assert not reviewing(world.school_desk, other).press("审核通过").has("按名单更新学生信息")


async def test_a_return_goes_back_to_the_graduate_and_the_next_record_of_the_menu_follows(service: str) -> None:
    world = await make_world(graduates=2)
    first = await reach(world, F.SUPPLEMENTARY, "review_school")
    second = await reach(world, F.SUPPLEMENTARY, "review_school", world.graduates[1])
    page = review(world.school_desk, "supplementary").press("退回修改")
    page.type("原因", page.options("原因")[0]).type("具体问题", WRONG).press("确认退回修改")
    assert await state_of(first) == "returned"
    assert page.title.startswith(second.person.name)


async def test_a_note_for_colleagues_stands_on_the_page_and_nowhere_in_the_graduates_history(
    service: str, season: Season
) -> None:
    page = reviewing(season.world.school_desk, season["upload"]).press("内部备注").press("保存备注")
    assert page.errors
    page.type("备注", "与单位核实中").press("保存备注")
    assert "内部备注（毕业生和单位看不到）" in page.words
    assert "与单位核实中" in page.words


async def test_a_record_of_a_flow_that_there_is_not_is_not_found(service: str, season: Season) -> None:
    page = at(season.world.school_desk, "review", flow="../me", id=str(season["online"].id))
    assert "没有找到这条记录" in page.words


async def test_a_province_reads_records_and_decides_none(service: str, season: Season) -> None:
    token = token_of(season.world.province_desk.username)
    page = Sitting(token).run().go("review", flow="destination", id=str(season["destination"].id))
    assert "填报信息" in page.words
    assert "审核通过" not in page.buttons
