"""Room: graduates at the sandbox phone in a real browser: every journey that they walk themselves, from the chat to the
page and back; each kind of page is looked at by axe by day and night, at 320 pixels and with letters of twice the size.

Pictures of the pages go to `var/screens`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from models.parties import Party
from models.states import Flow
from models.tables import Binding, Record
from tests.browser.phone_hands import (  # noqa: F401  fixtures are found by their names
    PAPER,
    SCAN,
    HandOut,
    answer,
    caught_up,
    choose_region,
    fill,
    fill_employer,
    hand_out_fixture,
    newcomer,
    press,
    record_of,
    sent,
    stands,
    upload,
    world_fixture,
)
from tests.harness.files import noisy_jpeg
from tests.harness.phone import code_for
from tests.harness.reaching import Case, reach
from tests.harness.world import World, invite, make_employer

# --- binding, invitations ------------------------------------------------------------------------


async def test_somebody_binds_refuses_one_invitation_in_the_chat_and_accepts_another_on_its_page(
    hand_out: HandOut, world: World
) -> None:
    me, other = await newcomer(world), await make_employer(world)
    await invite(world, me)
    await invite(world, me, firm=other)
    phone = await hand_out(me, binds=True)
    assert "还没有绑定" in await phone.say("进度")
    page = await phone.tap("绑定账号")
    await stands(page, "phone-bind-who")
    await page.get_by_label("姓名").fill(me.name)
    await press(page, "获取验证码")
    await expect(page.get_by_text("请填写证件号码").last).to_be_visible()
    await stands(page, "phone-bind-faults")
    await page.get_by_label("证件号码").fill(me.id_number)
    await press(page, "获取验证码")
    await page.get_by_label("短信验证码").fill("000000")
    await press(page, "下一步")
    await expect(page.get_by_role("alert")).to_be_visible()
    await stands(page, "phone-bind-code")
    await page.get_by_label("短信验证码").fill(await code_for(me))
    await press(page, "下一步")
    await expect(page.get_by_text(me.name)).to_be_visible()
    await stands(page, "phone-bind-confirm")
    await press(page, "确认绑定")
    await expect(page.get_by_role("heading", name="已绑定")).to_be_visible()
    await stands(page, "phone-bind-done")
    assert (await Binding.get(graduate_id=me.id, ended_at=None)).openid == phone.openid

    listed = await phone.say("拒绝")
    number = next(line[0] for line in listed.splitlines() if other.name[:10] in line)
    reasons = await phone.say(number)
    number = next(line[0] for line in reasons.splitlines() if "工作地点" in line)
    asked = await phone.say(number)
    assert other.name in asked
    digits = next(word for word in asked.replace("（", " ").split() if len(word) == 4 and word.isdigit())
    assert "您已拒绝" in await phone.say(digits)

    assert world.employer.name in await phone.say("邀请")
    page = await phone.tap("查看详情和协议全文")
    await stands(page, "phone-invitation")
    await page.get_by_role("link", name="同意签约").click()
    await stands(page, "phone-accept")
    await press(page, "同意签约")
    await expect(page.get_by_role("alert")).to_be_focused()
    await page.get_by_label("我已阅读").check()
    await sent(page, "同意签约")
    assert "等待学校审核" in await phone.say("进度")
    await page.goto(f"{phone.stack.service_url}/m/records")
    await expect(page.locator("li")).to_have_count(2)
    await stands(page, "phone-records")


# --- agreements ----------------------------------------------------------------------------------


async def test_an_agreement_on_paper_from_the_application_to_the_signing(hand_out: HandOut, world: World) -> None:
    me = await newcomer(world)
    phone = await hand_out(me)
    page = await phone.open("/m/records")
    await page.get_by_role("link", name="办理新的事项").click()
    await stands(page, "phone-begin")
    await page.get_by_role("link", name="申请就业协议").click()
    hidden = page.locator("#field-dispatched_to")
    await expect(hidden).to_be_hidden()
    await press(page, "申请就业协议")
    await expect(page.get_by_role("alert")).to_be_focused()
    await stands(page, "phone-offline-faults")
    await page.locator("#summary").get_by_role("link", name="请填写“单位名称”").click()
    await expect(page.locator("#field-employer_name")).to_be_focused()
    await fill_employer(page, world)
    await press(page, "查询单位")
    await expect(page.get_by_text("没有查到学校对该单位的预警")).to_be_visible()
    await stands(page, "phone-offline-looked-up")
    await fill(page, position_category="13", position_title="软件工程师", work_place="示范市示范区", monthly_pay="9000")
    await fill(page, report_on=f"{world.cohort}-07-10")
    await answer(page, 是否劳务派遣="是", 是否解决户口="否", 是否接收档案="否")
    await expect(hidden).to_be_visible()
    await answer(page, 是否劳务派遣="否")
    await expect(hidden).to_be_hidden()
    await page.get_by_label("我确认以上内容属实").check()
    await sent(page, "申请就业协议")
    await expect(page.locator(".standing")).to_contain_text("由学校审核")

    record = await record_of(me, Flow.OFFLINE_SIGNING)
    case = Case(world, me, world.employer, Flow.OFFLINE_SIGNING, record.id, record.state, record.version)
    await case.take("approve_agreement")
    assert "请下载就业协议书并打印" in await phone.say("进度")
    await page.reload()
    await stands(page, "phone-offline-issued")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载就业协议书").click()
    assert (await (await download.value).path()).read_bytes().startswith(b"%PDF")
    await page.get_by_role("link", name="回传盖章协议").click()
    await upload(page, "scans", SCAN, PAPER)
    await expect(page.locator(".files li")).to_have_count(2)
    await expect(page.locator(".files img")).to_have_js_property("complete", True)
    await stands(page, "phone-offline-upload")
    await page.get_by_role("button", name="移除").last.click()
    await expect(page.locator(".files li")).to_have_count(1)
    await fill(page, signed_on=f"{world.cohort - 1}-01-05")
    await sent(page, "回传盖章协议")
    assert len((await record_of(me, Flow.OFFLINE_SIGNING)).form["scans"]) == 1
    await (await caught_up(case)).take("approve")
    await page.reload()
    await expect(page.locator(".standing")).to_contain_text("签约完成")
    await page.get_by_text("就业协议书全文").click()
    await stands(page, "phone-offline-signed")
    assert case.id is not None
    number = (await Record.get(id=case.id)).agreement_no
    await page.goto(f"{phone.stack.service_url}/check/{number}")
    await stands(page, "phone-check")


async def test_an_upload_shows_how_far_it_is_and_goes_on_after_the_line_was_lost(
    hand_out: HandOut, world: World, tmp_path: Path
) -> None:
    """The answer to the first part is lost, then the second part: nothing is sent twice, nothing is missing. A line
    that stays away costs no more than choosing the file again.
    """
    me = await newcomer(world)
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_issued", me)
    page = await (await hand_out(me)).open(f"/m/records/{case.id}/actions/upload")
    offsets: list[str] = []
    looked = asyncio.Event()

    async def unsteady(route: Any) -> None:
        offsets.append(route.request.headers["upload-offset"])
        if len(offsets) == 1:
            await route.fetch()
            await route.abort()
        elif len(offsets) == 2:
            await looked.wait()
            await route.abort()
        else:
            await route.continue_()

    await page.route(
        lambda url: "/m/files/" in url and not url.endswith("/state"),
        lambda route: unsteady(route) if route.request.method == "PATCH" else route.continue_(),
    )
    large = {**SCAN, "buffer": noisy_jpeg()}
    await page.locator("#add-scans").set_input_files([large])
    await expect(page.locator(".progress")).to_have_text("正在上传第 1 个，共 1 个：0%，网络不稳定，恢复后自动继续")
    looked.set()
    await expect(page.get_by_text("已上传 1 个文件")).to_be_visible()
    assert offsets == ["0", "524288", "524288"]
    await page.locator("#add-scans").set_input_files([{**SCAN, "buffer": b"not a picture"}])
    await expect(page.locator(".progress")).to_contain_text("“盖章协议.jpg”：")
    await expect(page.locator(".files li")).to_have_count(1)

    await page.evaluate("window.sleep = async () => {}")  # the pauses between the tries
    gone = True

    async def away(route: Any) -> None:
        offsets.append(route.request.headers["upload-offset"])
        await (route.abort() if gone and offsets[-1] != "0" else route.continue_())

    await page.unroute_all()
    await page.route(
        lambda url: "/m/files/" in url,
        lambda route: away(route) if route.request.method == "PATCH" else route.continue_(),
    )
    offsets.clear()
    (tmp_path / "第二页.jpg").write_bytes(noisy_jpeg())
    await page.locator("#add-scans").set_input_files(tmp_path / "第二页.jpg")
    await expect(page.locator(".progress")).to_contain_text("从断开处继续上传")
    assert offsets == ["0", *["524288"] * 6]
    gone = False
    await page.locator("#add-scans").set_input_files(tmp_path / "第二页.jpg")
    await expect(page.locator(".files li")).to_have_count(2)
    assert offsets[7] == "524288"


# --- destinations --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["其他录用形式就业", "应征义务兵", "自主创业", "升学：研究生", "待就业"])
async def test_a_destination_of_each_sort_is_registered(hand_out: HandOut, world: World, kind: str) -> None:
    me = await newcomer(world)
    phone = await hand_out(me)
    await phone.say("去向")
    page = await phone.tap("登记去向")
    if kind == "待就业":
        await stands(page, "phone-kinds")
    await page.get_by_role("radio", name=kind).check()
    await press(page, "下一步")
    await _fill_destination(page, world, kind)
    if kind != "待就业":
        await upload(page, "proofs", PAPER)
    if kind in ("自主创业", "待就业"):
        await stands(page, f"phone-destination-{kind}")
    await sent(page, "登记去向")
    record = await record_of(me, Flow.DESTINATION)
    assert (record.state, record.destination_code) == ("review_school", CODES[kind])


CODES = {"其他录用形式就业": "12", "应征义务兵": "46", "自主创业": "75", "升学：研究生": "801", "待就业": "70"}


async def _fill_destination(page: Page, world: World, kind: str) -> None:
    match kind:
        case "其他录用形式就业":
            await fill_employer(page, world)
            await fill(page, position_category="13", position_title="工程师", monthly_pay="9000")
        case "应征义务兵":
            await choose_region(page, "征集地", "北京市", "东城区")
        case "自主创业":
            await fill_employer(page, world, contact=False)
            await page.locator("#field-role").get_by_role("radio").first.check()
        case "升学：研究生":
            await fill(page, college="云汀大学", major="汉语言文学", degree_level="master")
        case "待就业":
            await page.locator("#field-substate").select_option(index=1)
            await expect(page.locator("[data-files]")).to_have_count(0)


async def test_a_returned_destination_is_corrected_voided_and_another_registered(
    hand_out: HandOut, world: World
) -> None:
    me = await newcomer(world)
    case = await reach(world, Flow.DESTINATION, "returned", me)
    phone = await hand_out(me)
    page = await phone.open("/m/records")
    await expect(page.get_by_text("等您处理")).to_be_visible()
    await page.get_by_role("link", name=world.employer.name).click()
    await expect(page.get_by_text("退回原因：")).to_be_visible()
    await page.get_by_role("link", name="重新提交").click()
    await expect(page.get_by_text("退回原因：")).to_be_visible()
    await fill(page, position_title="测试工程师")
    await press(page, "暂存")
    await expect(page.get_by_role("status")).to_contain_text("已暂存")
    await page.goto(f"{phone.stack.service_url}/m/records")
    await stands(page, "phone-drafts")
    await page.get_by_role("link", name="去向登记：").click()
    await expect(page.locator("#field-position_title")).to_have_value("测试工程师")
    await stands(page, "phone-returned")
    await sent(page, "重新提交")
    await (await caught_up(case)).take("approve")
    await page.reload()
    await page.get_by_role("link", name="作废").click()
    await stands(page, "phone-void")
    await page.get_by_label("我确认作废这条去向登记").check()
    await sent(page, "作废")
    assert (await Record.get(id=case.id)).state == "voided"
    await page.get_by_role("link", name="办理新的事项").click()
    await page.get_by_role("link", name="去向登记：登记去向").click()
    await page.get_by_role("radio", name="自由职业").check()
    await press(page, "下一步")
    await fill(page, occupation="4", work_content="独立翻译，按合同接稿", income="6000")
    await upload(page, "proofs", PAPER)
    await sent(page, "登记去向")
    again = await record_of(me, Flow.DESTINATION)
    assert (again.id != case.id, again.state) == (True, "review_school")


# --- terminations --------------------------------------------------------------------------------


async def test_an_online_signing_is_ended_by_both_sides(hand_out: HandOut, world: World) -> None:
    me = await newcomer(world)
    signed = await reach(world, Flow.ONLINE_SIGNING, "signed", me)
    phone = await hand_out(me)
    assert "申请解约" in await phone.say("解约")
    page = await phone.tap("申请解约")
    await fill(page, reason="personal", reason_text="家庭原因需要回乡")
    await stands(page, "phone-termination")
    await sent(page, "申请解约")
    await expect(page.locator(".standing")).to_contain_text("请单位在平台答复")
    await page.get_by_role("link", name="撤回解约申请").click()
    await sent(page, "撤回解约申请")
    case = Case(world, me, world.employer, Flow.ONLINE_TERMINATION, parent=signed)
    await case.take("request", Party.EMPLOYER)
    await page.goto(f"{phone.stack.service_url}/m/records/{case.id}")
    await page.get_by_role("link", name="同意解约").click()
    await stands(page, "phone-termination-agree")
    await sent(page, "同意解约")
    await (await caught_up(case)).take("approve")
    assert "没有正在办理" in await phone.say("进度")
    await page.reload()
    await expect(page.locator(".standing")).to_contain_text("解约完成")
    await expect(page.get_by_role("link", name="办理新的事项")).to_be_visible()
    assert (await Record.get(id=signed.id)).state == "terminated"


async def test_a_signing_on_paper_is_ended_with_the_employers_letter(hand_out: HandOut, world: World) -> None:
    me = await newcomer(world)
    signed = await reach(world, Flow.SUPPLEMENTARY, "signed", me)
    phone = await hand_out(me)
    page = await phone.open(f"/m/records/{signed.id}")
    await page.get_by_role("link", name="申请解约").click()
    await press(page, "申请解约")
    await expect(page.get_by_role("alert")).to_be_focused()
    await stands(page, "phone-letter-faults")
    await fill(page, reason="study", reason_text="考取研究生，已与单位协商一致")
    await page.locator("#field-papers_kind").get_by_role("radio").first.check()
    await upload(page, "papers", PAPER)
    await sent(page, "申请解约")
    ending = await record_of(me, Flow.OFFLINE_TERMINATION)
    case = Case(world, me, world.employer, Flow.OFFLINE_TERMINATION, ending.id, ending.state, ending.version, signed)
    await case.take("return")
    await page.reload()
    await page.get_by_role("link", name="重新提交").click()
    await expect(page.get_by_text("退回原因：")).to_be_visible()
    await expect(page.locator(".files li")).to_have_count(1)
    await sent(page, "重新提交")
    await (await caught_up(case)).take("approve", by=world.school)
    await page.reload()
    await expect(page.locator(".standing")).to_contain_text("解约完成")
    assert (await Record.get(id=signed.id)).state == "terminated"
