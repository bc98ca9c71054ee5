"""Room: the dashboard's pages of a province: modules, schools, its employers' desk, who takes an employer over."""

from __future__ import annotations

import pytest

from models.parties import Party
from models.store import MemoryStore
from models.tables import Province
from tests.harness import world as w
from tests.harness.clerks import (  # noqa: F401  `service` is found by its name
    at,
    service_fixture,
)
from tests.harness.files import uploaded
from tests.harness.invented import employer_form, handover_form
from tests.harness.world import World, make_account, make_world
from workflows.actors import OPERATOR, applicant
from workflows.commands.employers import register_employer
from workflows.commands.handovers import ask_from
from workflows.commands.provinces import create_province


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=1)


async def test_a_province_opens_modules_and_founds_schools(service: str, world: World) -> None:
    page = at(world.province_desk, "modules").type("为哪一届设置", world.cohort).run()
    assert "两方协议（学校鉴证）" in page.words
    (table,) = page.tables
    mine = next(row for row in table["rows"] if row["id"] == str(world.school_id))
    assert mine["cells"][2:4] == ["已开通", "未开通"]
    page.at.session_state["province_chosen"] = str(world.school_id)
    page.at.session_state["dialog_open"] = "province_modules"
    page.run().type("档案信息登记", True).press("保存")
    mine = next(row for row in page.tables[0]["rows"] if row["id"] == str(world.school_id))
    assert mine["cells"][2:4] == ["已开通", "已开通"]
    page.press("新增学校").type("学校代码", "abc").press("新增")
    assert page.errors == ["学校代码应为 5 位数字。", "学校名称应为 2 至 80 个字。"]
    code = w.school_code()
    page.type("学校代码", code).type("学校名称", "示范学院").press("新增")
    assert code in [row["cells"][0] for row in page.tables[0]["rows"]]


async def test_a_cohort_that_is_being_prepared_stays_chosen(service: str) -> None:
    """Its agreement type adds a year to the choice; what follows must not meet the cohort before."""
    world = await make_world(graduates=1)
    page = at(world.province_desk, "modules")
    (years,) = [one for one in page.at.selectbox if one.label == "为哪一届设置"]
    coming = int(years.options[0].removesuffix(" 届"))  # other tests have not prepared it
    page.type("为哪一届设置", coming).run()
    page.press("选择协议类型").press("确认")  # nothing is chosen for a province: it may not be able to take it back
    assert page.errors == ["请选择“协议类型”。"]
    page.type("协议类型", "two-party").press("确认")
    assert f"{coming} 届使用两方协议" in page.words
    assert f"{coming} 届协议类型" in page.words
    page.run()
    assert f"{coming} 届协议类型" in page.words
    assert page.tables[0]["rows"][0]["cells"][2:4] == ["未开通", "未开通"]


async def test_an_account_without_a_school_is_asked_for_it_beside_all_else(service: str, world: World) -> None:
    page = at(world.province_desk, "accounts").press("新建账号").type("姓名", "张就业").press("创建账号")
    assert page.errors == ["请填写“用户名”。", "请选择“学校”。"]
    page.type("用户名（必填）", w.username("jy")).type("学校", world.school_name).press("创建账号")
    assert not page.errors
    assert "仅显示这一次" in page.words


async def test_the_desk_that_employers_call_is_kept_by_the_province(service: str, world: World) -> None:
    page = at(world.province_desk, "modules").press("修改企业客服").type("客服电话", "12").press("确认")
    assert page.errors
    page.type("客服电话", "010-62340001").type("服务时间", "工作日 9:00-17:00").press("确认")
    assert "客服电话 010-62340001" in page.words


@pytest.mark.parametrize(("button", "label"), [("变更通过", "已通过"), ("变更不通过", "未通过")])
async def test_a_province_decides_who_takes_an_employer_over(
    service: str, world: World, button: str, label: str
) -> None:
    firm = await w.make_employer(world)
    form, newcomer = handover_form(firm.name, firm.uscc), applicant(w.username("agent"))
    papers = {name: await uploaded(newcomer) for name in ("licence", "authorisation")}
    name = w.username("agent")
    await ask_from("192.0.2.9", MemoryStore(), form, name, w.PASSWORD, actor=newcomer, papers=papers)
    page = at(world.province_desk, "employers", id=str(firm.id))
    assert "经办人变更申请" in page.words
    assert "没有上传营业执照图像" in page.words, "the employer itself has handed none in"
    (shown,) = [data for data in page.components if "rounds" in data]
    assert shown["title"] == "吴接任提交的变更材料"
    assert {file["label"] for file in shown["rounds"][0]["files"]} == {"营业执照图像", "单位授权书"}
    assert all(file["picture"] for file in shown["rounds"][0]["files"])
    for paper in papers.values():
        assert f"/files/attachments/{paper}" in page.markup
    page.press(button)
    if button == "变更不通过":
        page.press("确认不通过")
        assert page.errors
    page.type("说明", "已核对授权书和营业执照").press(f"确认{button.removeprefix('变更')}")
    assert f"{label} 已核对授权书和营业执照" in page.words
    assert button not in page.buttons


async def test_a_province_chooses_the_agreement_type_before_any_school_submits(service: str, database: str) -> None:
    row = await Province.get_or_none(code="460000")
    province_id = row.id if row else await create_province(OPERATOR, "460000")
    desk = await make_account(OPERATOR, Party.PROVINCE, "海岛省级", province_id=province_id)
    page = at(desk, "modules")
    assert "协议类型 尚未选择" in page.words
    assert "本省还没有学校" in page.words
    page.press("选择协议类型").type("协议类型", "三方协议（学校审核）").press("确认")
    assert "协议类型 三方协议（学校审核）" in page.words
    assert "选择协议类型" in page.buttons, "as long as no school has submitted settings"


async def test_a_province_sees_the_licence_that_an_employer_registered_with(service: str, world: World) -> None:
    newcomer, form = applicant(w.username("firm")), employer_form(f"{world.province_code[:2]}0101")
    licence = await uploaded(newcomer)
    firm, _ = await register_employer(newcomer, form, w.username("firm"), w.PASSWORD, licence)
    page = at(world.province_desk, "employers", id=str(firm))
    (shown,) = [data for data in page.components if "rounds" in data]
    assert [file["url"] for file in shown["rounds"][0]["files"]] == [f"/files/attachments/{licence}"]
    assert shown["title"].startswith("营业执照")
