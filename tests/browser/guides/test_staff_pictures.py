"""Room: what the guide for staff describes, done by the demo's clerks: every step once, with its picture."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.camera import take
from tests.browser.dashboard_hands import choose, confirm, press
from tests.browser.guides.conftest import Enter, Place, settled
from tests.harness.invented import roster_row
from tests.harness.roster_files import national_file

pytestmark = [pytest.mark.pictures, pytest.mark.timeout(600)]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NEXT = 2028  # the cohort after the demo's
LEFT = 217  # beyond the menu
SCHOOL, DEPARTMENT, PROVINCE, PLAIN = "xiaoji-a1", "yuanxi-a1-jisuanji", "sheng-a", "xiaoji-a2"


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"^{name}")).first


async def test_signing_in_and_the_first_page(demo: Place, staff: Enter, windows: Enter) -> None:
    door = await windows(width=1000, height=640)
    await door.goto(f"{demo.dashboard}/auth/login")
    await door.fill("#username", SCHOOL)
    await take(door, "staff-login", of=door.locator("main"), pad=24)

    page = await staff(SCHOOL)
    await expect(page.get_by_text("待我处理：")).to_be_visible()
    await take(page, "staff-home", height=660)


async def test_a_province_prepares_a_cohort(staff: Enter) -> None:
    page = await staff(PROVINCE, "/modules")
    await take(page, "staff-modules", height=520, mark=[button(page, "开通模块"), button(page, "新增学校")])
    await button(page, "开通模块").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name=re.compile("^保存"))).to_be_visible()
    await page.wait_for_timeout(500)
    await take(page, "staff-modules-open", of=dialog)
    await page.keyboard.press("Escape")

    await page.goto(page.url.replace("/modules", "/employers"))
    await settled(page)
    await button(page, "核验").click()
    await expect(button(page, "核验通过")).to_be_visible()
    await settled(page)
    await take(page, "staff-employer", height=330, left=LEFT, mark=[button(page, "核验通过")])


async def test_a_school_opens_a_cohort_from_nothing(staff: Enter) -> None:
    province = await staff(PROVINCE, "/modules")
    await choose(province, "为哪一届设置", f"{NEXT} 届")
    dialog = await question(province, "选择协议类型")
    await choose(province, "协议类型（必填）", "两方协议（学校鉴证）")
    await confirm(province, f"{NEXT} 届使用两方协议")
    await settled(province)
    await province.locator("tr", has_text="云汀师范学院").get_by_role("button").click()
    dialog = province.get_by_role("dialog")
    await dialog.get_by_text("毕业去向登记与网签", exact=True).click()
    await dialog.get_by_role("button", name=re.compile("^保存")).click()
    await expect(province.locator("tr", has_text="云汀师范学院").get_by_text("已开通").first).to_be_visible()

    page = await staff(PLAIN)
    await choose(page, "届次", f"{NEXT} 届")
    await expect(page.get_by_text("开通准备清单")).to_be_visible()
    await settled(page)
    checklist = page.locator("section.wq", has_text="开通准备清单")
    await checklist.scroll_into_view_if_needed()
    await take(page, "staff-setup", of=checklist, pad=12)
    await import_roster(page)
    await page.get_by_role("link", name="账号管理").click()
    await settled(page)
    await question(page, "新建账号")
    await choose(page, "所在院系（必填）", "数学学院")
    await take(page, "staff-account", of=page.get_by_role("dialog"))
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="签约设置").click()
    await settled(page)
    await page.set_viewport_size({"width": 1400, "height": 1150})
    await question(page, "填写签约设置")
    await take(page, "staff-settings-form", of=page.get_by_role("dialog"))
    await page.keyboard.press("Escape")
    await question(page, "设置协议经办人")
    await take(page, "staff-handler", of=page.get_by_role("dialog"))
    await page.keyboard.press("Escape")


async def import_roster(page: Page) -> None:
    """First a file with faults, then the mended one."""
    await page.get_by_role("link", name="学生名单管理").click()
    await settled(page)
    await page.get_by_text("导入名单", exact=True).click()
    upload = page.locator("input[type=file]")
    await expect(upload).to_have_count(1)
    rows = [roster_row("数学学院", rxsj="202409", bysj="202807") for _ in range(4)]
    wrong = [{**rows[0], "szyx": ""}, {**rows[1], "sfzh": rows[1]["sfzh"][:-1]}, *rows[2:]]
    await hand_in(page, wrong)
    await expect(page.get_by_text("下载“")).to_be_visible()
    await settled(page)
    await take(page, "staff-import-faults", left=LEFT, height=420, mark=[page.get_by_text("下载“")])
    await button(page, "知道了").click()
    await settled(page)
    if await upload.count() == 0:
        await page.get_by_text("导入名单", exact=True).click()
    await hand_in(page, rows)
    await expect(page.get_by_text("新增 4 名学生")).to_be_visible()
    await settled(page)
    await take(page, "staff-import", left=LEFT, height=420)
    await button(page, "知道了").click()
    await settled(page)


async def hand_in(page: Page, rows: list[dict[str, str]]) -> None:
    content = national_file(rows, list(rows[0]))
    await page.locator("input[type=file]").set_input_files(
        {"name": "2028届毕业生名单.xlsx", "mimeType": XLSX, "buffer": content}
    )


async def find(page: Page, menu: str, name: str) -> None:
    """The record of a graduate in a menu, whatever its state."""
    await page.goto(re.sub(r"(:\d+)/.*", rf"\1/{menu}", page.url))
    await settled(page)
    state = {"signing": "签约状态", "termination": "解约状态", "destination": "登记状态", "supplementary": "补登状态"}
    await choose(page, state[menu], "全部状态")
    box = page.get_by_role("textbox", name="姓名")
    await box.fill(name)
    await box.press("Enter")
    await settled(page)
    await page.locator("td", has_text=name).first.click()
    await expect(page.get_by_text("办理历史")).to_be_visible()
    await settled(page)


async def question(page: Page, action: str) -> Locator:
    """The question behind a button, drawn to its end."""
    await button(page, action).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("Ctrl+Enter 确认，Esc 取消。")).to_be_visible()
    await page.wait_for_timeout(600)
    return dialog


async def test_a_department_reviews(staff: Enter) -> None:
    page = await staff(DEPARTMENT, "/signing")
    await take(page, "staff-queue", height=560, mark=[button(page, "从第一条开始")])

    await press(page, "Alt+o", page.get_by_text("办理历史"))
    await settled(page)
    await take(page, "staff-review", height=900)
    dialog = await question(page, "鉴证不通过")
    await choose(page, "原因（必填）", "单位信息有误")
    await dialog.get_by_role("textbox").fill("单位名称与营业执照不一致，请更正后重新邀请。")
    await take(page, "staff-reject", of=dialog)
    await page.keyboard.press("Escape")


async def test_rows_are_approved_together(staff: Enter) -> None:
    page = await staff(SCHOOL, "/signing")
    boxes = page.locator("td input[type=checkbox]:enabled")
    for n in range(3):
        await boxes.nth(n).check()
    await take(page, "staff-bulk", height=512, left=LEFT, mark=[button(page, "批量通过")])
    await button(page, "批量通过").click()
    await expect(page.get_by_role("dialog").get_by_text("Ctrl+Enter 确认，Esc 取消。")).to_be_visible()
    await confirm(page, "批量办理结果")
    await settled(page)
    await take(page, "staff-bulk-done", down_to=button(page, "知道了"), left=LEFT)


async def test_what_is_sent_back_and_what_is_compared(staff: Enter) -> None:
    page = await staff(SCHOOL, "/destination")
    await press(page, "Alt+o", page.get_by_text("办理历史"))
    await settled(page)
    await take(page, "staff-destination", height=900)
    dialog = await question(page, "退回修改")
    await choose(page, "原因（必填）", "材料不清晰或不完整")
    await dialog.get_by_role("textbox").fill("劳动合同缺少签字盖章页，请补拍后重新提交。")
    await take(page, "staff-return", of=dialog)
    await page.keyboard.press("Escape")


async def test_terminations_that_the_school_alone_decides(staff: Enter) -> None:
    page = await staff(SCHOOL)
    await find(page, "termination", "程远舟")
    await take(
        page, "staff-silent", down_to=page.get_by_text("查看原签约记录"), left=LEFT, mark=[button(page, "强制解约")]
    )
    dialog = await question(page, "强制解约")
    await take(page, "staff-force", of=dialog)
    await page.keyboard.press("Escape")

    await page.goto(re.sub(r"(:\d+)/.*", r"\1/termination", page.url))
    await settled(page)
    await button(page, "清除筛选").click()
    await choose(page, "解约状态", "待我处理：解约中，等待学校审核")
    await press(page, "Alt+o", page.get_by_text("办理历史"))
    dialog = await question(page, "鉴证通过")
    await choose(page, "解约方式（必填）", "学生单方面解约")
    await take(page, "staff-unilateral", of=dialog)
    await page.keyboard.press("Escape")


async def test_the_roster_and_one_student(staff: Enter) -> None:
    page = await staff(SCHOOL, "/students")
    await choose(page, "工作清单", "未登记")
    await settled(page)
    boxes = page.locator("td input[type=checkbox]:enabled")
    for n in range(2):
        await boxes.nth(n).check()
    await take(page, "staff-worklist", height=520, left=LEFT, mark=[button(page, "提醒所选学生")])
    await button(page, "清除筛选").click()
    box = page.get_by_role("textbox", name="姓名")
    await box.fill("温以宁")
    await box.press("Enter")
    await settled(page)
    await page.locator("td", has_text="温以宁").first.click()
    await expect(page.get_by_text("签约与登记记录")).to_be_visible()
    await settled(page)
    await take(page, "staff-student", height=570, left=LEFT)


async def test_a_student_is_invited_to_bind(staff: Enter) -> None:
    page = await staff(SCHOOL, "/students")
    await choose(page, "工作清单", "微信未绑定")
    await settled(page)
    await button(page, "查看").click()
    await expect(page.get_by_text("签约与登记记录")).to_be_visible()
    await button(page, "邀请绑定（二维码）").click()
    await expect(page.get_by_text("用自己的微信扫码")).to_be_visible()
    await settled(page)
    await take(page, "staff-binding", left=LEFT, height=500)


async def test_settings_and_their_locks(staff: Enter) -> None:
    page = await staff(SCHOOL, "/settings")
    await choose(page, "改为", "仅校级审核")
    await button(page, "试算").click()
    await expect(page.get_by_text("试算结果")).to_be_visible()
    await settled(page)
    await take(page, "staff-settings", height=720, left=LEFT)


async def test_marks_departures_messages_and_the_rest(staff: Enter) -> None:
    page = await staff(SCHOOL, "/warnings")
    dialog = await question(page, "新增预警单位")
    await take(page, "staff-warning", of=dialog)
    await page.keyboard.press("Escape")
    for path, name, height in (
        ("invalidated", "staff-invalidated", 360),
        ("inbox", "staff-inbox", 360),
        ("deliveries", "staff-deliveries", 520),
        ("statistics", "staff-statistics", 628),
    ):
        await page.goto(re.sub(r"(:\d+)/.*", rf"\1/{path}", page.url))
        await settled(page)
        await take(page, name, height=height, left=LEFT)
    await choose(page, "统计内容", "毕业去向与落实率")
    await settled(page)
    await take(page, "staff-rate", height=492, left=LEFT)
    await page.goto(re.sub(r"(:\d+)/.*", r"\1/signing", page.url))
    await settled(page)
    dialog = await question(page, "导出")
    await take(page, "staff-export", of=dialog)
