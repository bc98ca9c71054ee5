"""Room: a school opens a cohort from nothing in a real browser: from the province's first click to the open switch.

On the way a roster file has a row without its department and a department under a wrong name; both are mended.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.async_api import Browser, Locator, Page, TimeoutError, expect

from models import db
from models.kit import now
from models.parties import Party
from models.tables import Province
from notifier.workbench import Workbench
from tests.browser.dashboard_eyes import foreign_words
from tests.browser.dashboard_hands import TRIES, Enter, choose, drawn
from tests.harness import world as w
from tests.harness.clerks import Silent
from tests.harness.roster_files import csv_file
from tests.harness.world import Desk
from workflows.actors import OPERATOR
from workflows.commands.provinces import create_province

COHORT = now().year + 1
SECOND = "Gengge-2027-xin"
UNTOUCHED = ("640000", "650000", "630000", "620000")
RIGHT, WRONG = "文学院", "文学园"


async def test_a_school_opens_a_cohort_from_nothing(enter: Enter, browser: Browser) -> None:
    await db.execute("DELETE FROM jobs")  # other modules leave some behind that would be done first
    username = w.username("jiuye")
    province = await enter(await bare_province())
    password = await prepared_by_the_province(province, username)

    page = await enter(None)
    await sign_in_first(page, username, password)
    await expect(page.get_by_text("开通准备清单")).to_be_visible()
    await expect(page.get_by_text("本届学生名单还是空的。")).to_be_visible()
    await roster(page)
    await account_of_a_department(page)
    await settings_and_handler(page)
    await to(page, "首页")
    await expect(page.get_by_text("待我处理：0")).to_be_visible()
    await expect(page.get_by_text("微信已绑定 0/3 人（0%）。")).to_be_visible()
    await expect(page.get_by_text("开通准备清单")).to_have_count(0)
    await expect(page.get_by_role("cell", name="钱经办").first).to_be_visible()


async def bare_province() -> Desk:
    """A province of which nothing exists yet; a second try takes another one."""
    known = set(await Province.all().values_list("code", flat=True))
    code = next(one for one in UNTOUCHED if one not in known)
    province_id = await create_province(OPERATOR, code)
    return await w.make_account(OPERATOR, Party.PROVINCE, "省级用户", province_id=province_id)


async def prepared_by_the_province(page: Page, username: str) -> str:
    """Type, school, module, account; the password that is told once."""
    await to(page, "开通模块与协议类型")
    await choose(page, "为哪一届设置", f"{COHORT} 届")
    await page.get_by_role("button", name="选择协议类型").click()
    await choose(page, "协议类型（必填）", "两方协议（学校鉴证）")
    await send(page, "确认", page.get_by_text(f"{COHORT} 届使用两方协议（学校鉴证）"))
    await page.get_by_role("button", name="新增学校").click()
    code, name = w.school_code(), f"云汀学院{username[-4:].translate(DIGITS)}"
    await fill(page, {"学校代码": code, "学校名称": name})
    await send(page, "新增", page.get_by_role("cell", name=code))
    await page.get_by_role("button", name=f"开通模块 {code}").click()
    await page.get_by_role("dialog").get_by_text("毕业去向登记与网签").click()
    await send(page, "保存", page.get_by_text("模块设置已保存"))
    await to(page, "账号管理")
    await page.get_by_role("button", name="新建账号").click()
    await fill(page, {"用户名": username, "姓名或名称": "就业办公室"})
    await choose(page, "学校（必填）", name)
    await send(page, "创建账号", page.get_by_text("仅显示这一次"))
    assert [word for word in await foreign_words(page) if not KNOWN.match(word)] == []
    return await page.locator("dt", has_text="密码").locator("xpath=following-sibling::dd").inner_text()


DIGITS = str.maketrans("0123456789abcdef", "零一二三四五六七八九甲乙丙丁戊己")
KNOWN = re.compile("jiuye|yuanxi|user|province|[A-Za-z0-9]{1,20}")
"""User names and the password that was just made."""


async def sign_in_first(page: Page, username: str, password: str) -> None:
    """A password that somebody else set leads to its own change and nowhere else."""
    await page.locator("#username").fill(username)
    await page.locator("#password").fill(password)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("首次登录，请先设置新密码。")).to_be_visible()
    await page.locator("#password").fill(password)
    await page.locator("#new").fill(SECOND)
    await page.locator("#again").fill(SECOND)
    await page.keyboard.press("Enter")


# --- the school ----------------------------------------------------------------------------------


async def roster(page: Page) -> None:
    """A file with a row in error is taken back whole; mended, it brings a department of a wrong name; mended again."""
    rows = [w.roster_row(RIGHT), w.roster_row(WRONG), w.roster_row(RIGHT)]
    await to(page, "学生名单管理")
    await page.get_by_text("导入名单", exact=True).click()
    await hand_in(page, [rows[0], rows[1], {**rows[2], "szyx": ""}], "3 行中有 1 行有误")
    async with page.expect_download() as listed:
        await page.get_by_role("link", name="错误").click()
    assert (await listed.value).suggested_filename.endswith(".xlsx")
    await page.get_by_role("button", name="知道了").click()
    await hand_in(page, rows, "新增 3 名学生")
    await expect(page.get_by_role("cell", name=WRONG, exact=True)).to_be_visible()
    await to(page, "首页")
    await expect(page.get_by_text(f"还没有账号的院系：{WRONG}、{RIGHT}。")).to_be_visible()

    await to(page, "学生名单管理")
    await page.get_by_role("button", name="知道了").click()
    await page.get_by_text("导入名单", exact=True).click()
    await hand_in(page, [{**rows[1], "szyx": RIGHT}], "更新 1 名学生的信息")
    await expect(page.get_by_role("cell", name=WRONG, exact=True)).to_have_count(0)
    await expect(page.get_by_role("cell", name=RIGHT, exact=True)).to_have_count(3)


async def hand_in(page: Page, rows: Sequence[dict[str, str]], brings: str) -> None:
    """Hand a roster in and let the worker take it."""
    chosen = page.locator("input[type=file]")
    await chosen.set_input_files({"name": "名单.csv", "mimeType": "text/csv", "buffer": csv_file(rows)})
    await expect(page.get_by_text("可以离开本页，任务会继续进行")).to_be_visible()
    assert await Workbench(Silent()).once()
    await expect(page.get_by_text(brings).first).to_be_visible()


async def account_of_a_department(page: Page) -> None:
    await to(page, "账号管理")
    await page.get_by_role("button", name="新建账号").click()
    await fill(page, {"用户名": w.username("yuanxi"), "姓名或名称": "文学院秘书"})
    await choose(page, "所在院系（必填）", RIGHT)
    await send(page, "创建账号", page.get_by_text("仅显示这一次"))
    await page.get_by_role("button", name="已记下").click()
    await expect(page.get_by_text("仅显示这一次")).to_have_count(0)


async def settings_and_handler(page: Page) -> None:
    await to(page, "签约设置")
    await page.get_by_role("button", name="设置协议经办人").click()
    await choose(page, "适用学历层次（必填）", "全部")
    await fill(page, {"经办人姓名": "钱经办", "联系电话": "010-62345678", "通讯地址": "示范路 1 号", "邮编": "100000"})
    await page.get_by_role("dialog").get_by_text("已核对无误").click()
    await send(page, "确认", page.get_by_role("cell", name="钱经办"))
    await page.get_by_role("button", name="填写签约设置").click()
    await page.get_by_role("dialog").get_by_text("开通在线签约", exact=True).click()
    await choose(page, "审核方式（必填）", "先院系再校级审核")
    await fill(page, {"毕业生可申请解约次数": "2", "就业部门电话": "010-62345678"})
    await send(page, "提交签约设置", page.get_by_text("各院系各层次都有可审核的账号。"))


# --- hands ---------------------------------------------------------------------------------------


async def to(page: Page, name: str) -> None:
    await page.get_by_role("link", name=name, exact=True).click()
    await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    await drawn(page)


async def fill(page: Page, values: dict[str, str]) -> None:
    dialog = page.get_by_role("dialog")
    for label, value in values.items():
        await dialog.get_by_role("textbox", name=label).fill(value)


async def send(page: Page, button: str, brings: Locator) -> None:
    """Send the open question; again where it was drawn anew under the pointer."""
    dialog = page.get_by_role("dialog")
    for _ in range(TRIES):
        await drawn(page)
        try:
            await dialog.get_by_role("button", name=re.compile(f"^{button}")).click(timeout=3_000)
            await brings.first.wait_for(timeout=5_000)
        except TimeoutError:
            continue
        return
    await expect(brings.first).to_be_visible()
