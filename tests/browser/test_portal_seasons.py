"""Room: what an HR clerk meets besides inviting, on a telephone in dark colours: taking over, mending, printing."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from models.tables import Handover
from tests.harness import world as w
from tests.harness.files import jpeg
from tests.harness.invented import handover_form
from tests.harness.invitations import cells_of, row, workbook
from tests.harness.screens import looked_at
from tests.harness.stack import Stack
from workflows.commands.handovers import decide_handover
from workflows.invitation_rows import FORM

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SCAN = {"name": "授权书.jpg", "mimeType": "image/jpeg", "buffer": jpeg(191)}
CHOOSE_LARGE = """input => {
  const chosen = new DataTransfer();
  chosen.items.add(new File([new Uint8Array(10 * 1024 * 1024 + 1)], "照片.jpg", {type: "image/jpeg"}));
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", {bubbles: true}));
}"""


@pytest.fixture
async def portal(stack: Stack, database: str) -> str:
    if "serve" not in stack.children:
        await stack.start("serve")
    return f"{stack.service_url}/employer"


async def telephone(browser: Browser) -> BrowserContext:
    return await browser.new_context(
        viewport={"width": 360, "height": 800}, locale="zh-CN", timezone_id="Asia/Shanghai", color_scheme="dark"
    )


async def test_a_new_agent_is_refused_told_why_and_takes_over_at_the_second_try(browser: Browser, portal: str) -> None:
    world = await w.make_world(graduates=0)
    name = w.username("agent")
    context = await telephone(browser)
    page = await context.new_page()
    await page.goto(f"{portal}/login")
    await page.get_by_role("link", name="忘记密码").click()
    await looked_at(page, "portal-dark-forgotten")
    await page.get_by_role("link", name="申请变更经办人").click()
    await _ask(page, world, name)
    await expect(page.get_by_text("申请状态：待核验")).to_be_visible()
    await looked_at(page, "portal-dark-handover")
    row = await Handover.get(employer_id=world.employer.id)
    await decide_handover(world.province, row.id, approved=False, note="授权书没有加盖公章")
    await page.reload()
    await expect(page.get_by_text("授权书没有加盖公章")).to_be_visible()
    await page.get_by_role("link", name="修改后重新申请").click()
    await expect(page.get_by_label("单位名称")).to_have_value(world.employer.name)
    await _ask(page, world, name)
    row = await Handover.get(employer_id=world.employer.id, status="pending")
    await decide_handover(world.province, row.id, approved=True)
    await page.reload()
    await page.get_by_role("link", name="去登录").click()
    await page.get_by_label("用户名").fill(name)
    await page.get_by_label("密码").fill(w.PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_text("已核验", exact=True)).to_be_visible()
    await page.get_by_role("link", name="账号与用户").click()
    await expect(page.get_by_role("heading", name="我的登录")).to_be_visible()
    await looked_at(page, "portal-dark-account")
    await context.close()


async def _ask(page: Page, world: w.World, name: str) -> None:
    """A photograph that is too large is said at once, before anything is sent."""
    form = handover_form(world.employer.name, world.employer.uscc)
    for label, field in (
        ("单位名称", "employer_name"),
        ("统一社会信用代码", "employer_uscc"),
        ("新经办人姓名", "agent_name"),
        ("新经办人手机", "agent_mobile"),
    ):
        await page.get_by_label(label).fill(form[field])
    licence = page.get_by_label("营业执照图像：选择文件")
    await licence.evaluate(CHOOSE_LARGE)
    await expect(page.get_by_text("“照片.jpg”超过 10 MB")).to_be_visible()
    await licence.set_input_files([SCAN])
    await expect(page.get_by_text("“照片.jpg”超过 10 MB")).to_be_hidden()
    await page.get_by_label("单位授权书：选择文件").set_input_files([SCAN])
    await page.get_by_label("用户名").fill(name)
    await page.get_by_role("textbox", name="密码", exact=True).fill(w.PASSWORD)
    await page.get_by_label("再次输入密码").fill(w.PASSWORD)
    await page.get_by_role("button", name="提交申请").click()


async def test_wrong_rows_are_mended_and_the_list_is_searched_and_printed(browser: Browser, portal: str) -> None:
    world = await w.make_world(graduates=3)
    first, second, third = world.graduates
    await w.sign(world, third)
    context = await telephone(browser)
    page = await context.new_page()
    await page.goto(f"{portal}/login?next=/employer/online_signing/batch")
    await page.get_by_label("用户名").fill(world.employer.username)
    await page.get_by_label("密码").fill(w.PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await _upload(page, workbook([row(world, first), row(world, second, monthly_pay="面议")]))
    await page.get_by_role("button", name="确认发出 1 份邀请").click()
    await page.get_by_role("link", name="有误，未发出（1）").click()
    await expect(page.get_by_role("row")).to_have_count(2)
    await looked_at(page, "portal-dark-mending")
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="下载需改正的 1 行（.xlsx）").click()
    (_, line) = cells_of((await (await taken.value).path()).read_bytes())
    mended = dict(zip([field.name for field in FORM.fields], line, strict=False)) | {"monthly_pay": "9000"}
    await page.get_by_role("link", name="上传", exact=True).click()
    await _upload(page, workbook([mended]))
    await page.get_by_role("button", name="确认发出 1 份邀请").click()
    await expect(page.get_by_text("共 1 行：已发出 1 行")).to_be_visible()

    await page.get_by_role("link", name="签约记录", exact=True).click()
    await page.get_by_label("证件号码").fill(second.id_number)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("共 1 条")).to_be_visible()
    await expect(page.get_by_role("link", name=second.name)).to_be_visible()
    assert second.id_number not in page.url
    await looked_at(page, "portal-dark-search")
    await page.get_by_role("link", name="清空").click()
    await page.get_by_role("link", name="签约完成").click()
    await expect(page.get_by_text("共 1 条")).to_be_visible()
    for link, name in (("下载名单（.xlsx）", r"签约记录-\d{8}\.xlsx"), ("打包下载协议书", r"就业协议书-\d{8}\.zip")):
        async with page.expect_download() as taken:
            await page.get_by_role("link", name=link).click()
        assert re.fullmatch(name, (await taken.value).suggested_filename)
    await page.get_by_role("link", name="打印").click()
    await expect(page.get_by_role("cell", name=third.name)).to_be_visible()
    await looked_at(page, "portal-dark-print")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("navigation")).to_have_count(0)
    await expect(page.get_by_role("cell", name=third.name)).to_be_visible()
    await context.close()


async def _upload(page: Page, content: bytes) -> None:
    await page.get_by_label("填好的表格").set_input_files([{"name": "邀请.xlsx", "mimeType": XLSX, "buffer": content}])
    await page.get_by_role("button", name="上传并检查").click()
