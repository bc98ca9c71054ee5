"""Room: an HR clerk in a real browser: register, be verified, invite, look, withdraw. And the same pages on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from models.kit import now, shanghai_day
from models.states import EmployerStatus, Flow
from models.tables import EmployerUser, Record
from tests.harness import world as w
from tests.harness.files import jpeg
from tests.harness.invitations import row, workbook
from tests.harness.screens import looked_at
from tests.harness.stack import Stack
from tests.harness.stepping import step, walk
from workflows.commands.employers import decide_employer

LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
LICENCE = {"name": "营业执照.jpg", "mimeType": "image/jpeg", "buffer": jpeg(91)}
PAGES = [{"name": f"协议第{n}页.jpg", "mimeType": "image/jpeg", "buffer": jpeg(92 + n)} for n in (1, 2)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {"JPEG", "PNG", "PDF", "MB", "KB", "Excel", "xlsx"}
HEX = re.compile(r"[a-f]+")  # of the number that an error page gives for the desk


@pytest.fixture
async def portal(stack: Stack, database: str) -> str:
    if "serve" not in stack.children:
        await stack.start("serve")
    return f"{stack.service_url}/employer"


@pytest.fixture
async def complaints(desk: Page) -> list[str]:
    """What the browser's console says against the page: script faults, breaches of the policy."""
    found: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            found.append(message.text)

    desk.on("console", heard)
    desk.on("pageerror", lambda error: found.append(str(error)))
    return found


async def sign_in(page: Page, portal: str, firm: w.Firm) -> None:
    await page.goto(f"{portal}/login")
    await page.get_by_label("用户名").fill(firm.username)
    await page.get_by_label("密码").fill(w.PASSWORD)
    await page.get_by_role("button", name="登录").click()


async def test_a_clerk_walks_from_registration_to_a_withdrawn_invitation(
    desk: Page, portal: str, complaints: list[str]
) -> None:
    world = await w.make_world()
    name = w.username("walk")
    await _register(desk, portal, name)
    await expect(desk.get_by_text("核验状态：待核验")).to_be_visible()
    await desk.get_by_role("link", name="发起邀请", exact=True).click()
    await expect(desk.get_by_text("单位尚未通过核验或已停用")).to_be_visible()

    user = await EmployerUser.get(username=name).prefetch_related("employer")
    await decide_employer(world.province, user.employer.id, EmployerStatus.VERIFIED)
    await desk.get_by_role("button", name="退出").click()
    await desk.get_by_label("用户名").fill(name)
    await desk.get_by_label("密码").fill(w.PASSWORD)
    await desk.get_by_role("button", name="登录").click()
    await expect(desk.get_by_text("已核验", exact=True)).to_be_visible()

    await _invite(desk, world)
    await expect(desk.get_by_role("heading", name="邀请已发出")).to_be_visible()
    assert await Record.filter(school_id=world.school_id).count() == 1

    await desk.get_by_role("link", name="签约记录").first.click()
    await expect(desk.get_by_text("还剩 15 天")).to_be_visible()
    await desk.get_by_role("link", name=world.graduate.name).click()
    await desk.get_by_role("link", name="撤回邀请").click()
    await desk.get_by_label("备注").fill("岗位已取消")
    await desk.get_by_role("button", name="确认撤回邀请").click()
    await expect(desk.get_by_role("status")).to_have_text("办理成功：撤回邀请。")
    assert (await Record.get(school_id=world.school_id)).state == "withdrawn"
    assert complaints == []


async def _register(page: Page, portal: str, name: str) -> None:
    """Two places are left empty first: both are named, and the rest is still there."""
    await page.goto(f"{portal}/login")
    await page.get_by_role("link", name="注册用人单位").click()
    form = w.employer_form()
    for label, field in (
        ("单位名称", "employer_name"),
        ("统一社会信用代码", "employer_uscc"),
        ("详细地址", "employer_address"),
        ("邮编", "employer_postcode"),
        ("联系人手机", "contact_mobile"),
    ):
        await page.get_by_label(label).fill(form[field])
    await page.get_by_label("单位性质").select_option(form["employer_nature"])
    await page.get_by_label("单位行业").select_option(form["employer_industry"])
    await page.get_by_label("单位所在地：省").select_option(label="北京市")
    places = page.get_by_label("单位所在地：市、区（县）")
    await expect(places.locator("option")).not_to_have_count(1)
    await places.select_option(label="东城区")
    await page.get_by_label("用户名").fill(name)
    await page.get_by_role("button", name="提交注册").click()

    await expect(page.get_by_role("alert")).to_contain_text("请填写“联系人”")
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(places).to_have_value("110101")
    await page.get_by_role("link", name="请填写“联系人”").click()
    await page.get_by_role("textbox", name="联系人", exact=True).fill("赵人事")
    await page.get_by_label("营业执照图像：选择文件").set_input_files([LICENCE])
    await page.get_by_role("textbox", name="密码", exact=True).fill(w.PASSWORD)
    await page.get_by_label("再次输入密码").fill(w.PASSWORD)
    await page.get_by_role("button", name="提交注册").click()


async def _invite(page: Page, world: w.World) -> None:
    person = world.graduate
    await page.get_by_role("link", name="发起签约邀请").click()
    school = page.get_by_label("毕业院校")
    await school.press_sequentially(world.school_name[:9])
    await expect(page.locator("#list-school_code option")).not_to_have_count(0)
    await school.fill(world.school_code)
    await page.get_by_label("毕业生姓名").fill(person.name)
    await page.get_by_label("证件号码").fill(person.id_number)
    await page.get_by_label("工作职位类别").select_option(label="工程技术人员")
    await page.get_by_label("岗位名称").fill("软件工程师")
    await page.get_by_label("工作地点").fill("示范市示范区")
    await page.locator("#field-report_on").fill(f"{world.cohort}-07-10")
    await page.get_by_label("月薪").fill("9000")
    hidden = page.get_by_label("用工单位")
    await expect(hidden).to_be_hidden()
    await page.get_by_role("group", name="是否劳务派遣").get_by_label("是").check()
    await expect(hidden).to_be_visible()
    await page.get_by_role("group", name="是否劳务派遣").get_by_label("否").check()
    await expect(hidden).to_be_hidden()
    for question in ("是否解决户口", "是否接收档案"):
        await page.get_by_role("group", name=question).get_by_label("否").check()
    await page.get_by_role("button", name="发出邀请").dblclick()


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_clerk_invites_many_sends_papers_back_and_answers_a_termination(
    browser: Browser, portal: str, width: int
) -> None:
    """At a telephone's width and at a desk's; every page is looked at."""
    world = await w.make_world(graduates=4)
    many, paper, ending = world.graduates[:2], world.graduates[2], world.graduates[3]
    firm = world.employer
    named = {"employer_name": firm.name, "employer_uscc": firm.uscc}
    await walk(world, paper, Flow.OFFLINE_SIGNING, "submit", "approve_agreement", **named)
    signed = await w.sign(world, ending)
    await step(world, ending.actor, Flow.ONLINE_TERMINATION, "request", parent=signed.record_id)
    context = await browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
    page = await context.new_page()
    await sign_in(page, portal, firm)
    await expect(page.get_by_role("heading", name="等待本单位办理")).to_be_visible()
    await looked_at(page, f"portal-{width}-home")
    await _invite_many(page, world, many, width)
    await _send_back(page, paper, width)
    await _answer(page, ending, width)
    await page.get_by_role("link", name="签约记录").first.click()
    await expect(page.get_by_text("共 4 条")).to_be_visible()
    await looked_at(page, f"portal-{width}-records")
    await page.get_by_role("link", name="站内消息").click()
    await looked_at(page, f"portal-{width}-inbox")
    await page.get_by_role("button", name="查看记录").first.click()
    await expect(page.get_by_role("heading", name="办理历史")).to_be_visible()
    await context.close()


async def _invite_many(page: Page, world: w.World, people: list[w.Person], width: int) -> None:
    rows = [row(world, people[0]), row(world, people[1], monthly_pay="面议"), row(world, people[1])]
    await page.get_by_role("link", name="发起邀请", exact=True).click()
    await page.get_by_role("link", name="用表格批量邀请").click()
    await looked_at(page, f"portal-{width}-batch")
    content = {"name": "春招邀请.xlsx", "mimeType": XLSX, "buffer": workbook(rows)}
    await page.get_by_label("填好的表格").set_input_files([content])
    await page.get_by_role("button", name="上传并检查").click()
    await expect(page.get_by_text("“月薪（元，税前）”应填整数")).to_be_visible()
    await page.get_by_role("button", name="确认发出 1 份邀请").click()
    await expect(page.get_by_text("已发出 1 行")).to_be_visible()
    await looked_at(page, f"portal-{width}-batch-results")
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="下载结果（.xlsx）").click()
    assert (await taken.value).suggested_filename == "签约邀请处理结果.xlsx"


async def _send_back(page: Page, person: w.Person, width: int) -> None:
    await page.get_by_role("link", name="首页", exact=True).click()
    await page.get_by_role("link", name=person.name).first.click()
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="下载协议书（PDF）").click()
    assert (await taken.value).suggested_filename.endswith(".pdf")
    await page.get_by_role("link", name="回传盖章协议").click()
    await page.get_by_label("图像：选择文件").set_input_files(PAGES)
    await page.get_by_role("button", name="先上传所选文件").click()
    await expect(page.get_by_text("协议第2页.jpg").first).to_be_visible()
    await page.get_by_role("button", name=re.compile("移除.*协议第1页")).click()
    await expect(page.get_by_text("协议第1页.jpg")).to_have_count(0)
    await page.get_by_role("button", name="确认回传盖章协议").click()
    await expect(page.get_by_role("alert")).to_contain_text("请选择“签约日期”")
    await looked_at(page, f"portal-{width}-upload-faults")
    await page.get_by_label("签约日期").fill(shanghai_day(now()).isoformat())
    await page.get_by_role("button", name="确认回传盖章协议").click()
    await expect(page.get_by_role("status")).to_have_text("办理成功：回传盖章协议。")
    await looked_at(page, f"portal-{width}-offline-record")


async def _answer(page: Page, person: w.Person, width: int) -> None:
    await page.get_by_role("link", name="签约记录").first.click()
    await page.get_by_role("link", name="等待本单位答复").click()
    await page.get_by_role("link", name=person.name).click()
    await looked_at(page, f"portal-{width}-termination")
    await page.get_by_role("link", name="同意解约").click()
    await expect(page.get_by_text("不能恢复")).to_be_visible()
    await page.get_by_role("button", name="确认同意解约").click()
    await expect(page.get_by_role("status")).to_have_text("办理成功：同意解约。")


@pytest.mark.parametrize("width", [360, 640, 1280])
async def test_no_page_is_wider_than_its_window_and_none_speaks_english(
    browser: Browser, portal: str, width: int
) -> None:
    """640 is a desktop at twice the size. Script is off: every page must stand without it."""
    world = await w.make_world(graduates=3)
    first, second, third = world.graduates
    invited = await w.invite(world, first, extra_terms="补充条款" * 100)
    await w.accept(world, await w.invite(world, second), second)
    signed = await w.sign(world, third)
    context = await browser.new_context(
        viewport={"width": width, "height": 800}, locale="zh-CN", java_script_enabled=False
    )
    page = await context.new_page()
    await sign_in(page, portal, world.employer)
    own = set(LATIN_WORD.findall(f"{world.employer.username} {world.employer.uscc}"))
    record = f"{portal}/online_signing/{invited.record_id}"
    for address in (
        portal,
        f"{portal}/online_signing",
        f"{portal}/online_signing/new",
        record,
        f"{record}/sent",
        f"{record}/actions/withdraw",
        f"{portal}/inbox",
        f"{portal}/profile",
        f"{portal}/profile/edit",
        f"{portal}/account",
        f"{portal}/records",
        f"{portal}/online_signing/batch",
        f"{portal}/online_signing/{signed.record_id}/follow/online_termination/request",
        f"{portal}/register",
        f"{portal}/handover",
        f"{portal}/handover/find",
        f"{portal}/forgotten",
        f"{portal}/desks",
        f"{portal}/records/print",
        f"{portal}/nowhere",
    ):
        await page.goto(address)
        main = page.locator("html")
        text = await page.locator("body").inner_text()
        words = {word for word in LATIN_WORD.findall(text) if not HEX.fullmatch(word)} - own - FORMATS
        box = await main.evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert box[0] <= box[1], address
        assert words == set(), address
    await context.close()
