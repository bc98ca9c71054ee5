"""Room: a clerk's day over several menus in a real browser: by keyboard alone, and every page as it looks."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from models import db
from models.states import Flow
from tests.browser.dashboard_eyes import fits, foreign_words
from tests.browser.dashboard_hands import Enter, confirm, open_question, press, tab_to
from tests.harness import world as w
from tests.harness.clerks import state_of
from tests.harness.reaching import Case, reach
from tests.harness.roster_files import csv_file
from workflows.commands.roster import invalidate_graduate
from workflows.commands.warnings import mark_employer

F = Flow
NAMED = re.compile("jpg|xlsx|csv|XY-|school|department|province|new|user|dept|firm|[a-f]{1,12}")
"""Kinds of files, the number on a paper agreement, and what the user names of tests are put together from."""

TEXT = "公章不清晰，请重新拍照上传"

# --- by keyboard ---------------------------------------------------------------------------------


async def test_a_clerk_reviews_twenty_records_over_two_menus_by_keyboard_alone(enter: Enter) -> None:
    world = await w.make_world(graduates=20)
    online = [await reach(world, F.ONLINE_SIGNING, "review_school", person) for person in world.graduates[:6]]
    entered = [await reach(world, F.SUPPLEMENTARY, "review_school", person) for person in world.graduates[6:]]
    page = await enter(world.school_desk)
    await expect(page.get_by_text("待我处理：20")).to_be_visible()
    await tab_to(page, "去处理")
    await press(page, "Enter", page.get_by_text("共 6 条，第 1 页"))
    await press(page, "Alt+o", page.get_by_text("办理历史"))
    await decide(page, online, "签约完成")

    await tab_to(page, "补登管理")
    await press(page, "Enter", page.get_by_text("共 14 条，第 1 页"))
    await press(page, "Alt+o", page.get_by_role("heading", name=entered[0].person.name))
    await open_question(page, "Alt+t")
    await tab_to(page, "原因")
    await page.keyboard.press("ArrowDown")
    await page.get_by_role("option").first.wait_for()
    await page.keyboard.press("Enter")
    await tab_to(page, "具体问题")
    await page.keyboard.type(TEXT)
    await confirm(page, f"已提交：{entered[0].person.name}，退回修改")
    await decide(page, entered[1:4], "登记完成", last=False)
    await press(page, "Alt+b", page.get_by_text("共 10 条，第 1 页"))

    await tab_to(page, "全选本页")
    await page.keyboard.press("Space")
    await expect(page.get_by_text("已选 10 条")).to_be_visible()
    await tab_to(page, "批量通过", backwards=True)
    await press(page, "Enter", page.get_by_text("将逐条审核通过下列 10 条记录"))
    await confirm(page, "批量办理结果：10 条已通过，0 条未办理")
    states = [await state_of(case) for case in (*online, *entered)]
    assert states == ["signed"] * 6 + ["returned"] + ["signed"] * 13


async def decide(page: Page, cases: list[Case], outcome: str, *, last: bool = True) -> None:
    """Approve one after the other; each time the next one follows by itself. `last`: the queue is empty then."""
    for place, case in enumerate(cases, 1):
        await expect(page.get_by_role("heading", name=case.person.name)).to_be_visible()
        await open_question(page, "Alt+a")
        empty = last and place == len(cases)
        await confirm(page, "列表中没有下一条了" if empty else f"已提交：{case.person.name}，{outcome}")


# --- what the eye meets --------------------------------------------------------------------------


async def season() -> w.World:
    """A school in which every page has something to show."""
    world = await w.make_world(graduates=9, settings={"termination_limit": 5})
    people = iter(world.graduates)
    for flow, state in (
        (F.OFFLINE_SIGNING, "signing_review_school"),
        (F.SUPPLEMENTARY, "returned"),
        (F.DESTINATION, "review_school"),
        (F.DESTINATION, "voided"),
        (F.ONLINE_TERMINATION, "awaiting_employer"),
        (F.OFFLINE_TERMINATION, "review_school"),
    ):
        case = await reach(world, flow, state, next(people))
        if state == "returned":
            await case.take("submit")
    gone = next(people)
    await reach(world, F.SUPPLEMENTARY, "signed", gone)
    await invalidate_graduate(world.school, gone.id, "已转入其他学校就读")
    mark = {"employer_name": world.employer.name, "employer_uscc": world.employer.uscc, "note": "去年拖欠工资"}
    await mark_employer(world.school, mark, ["other"])
    return world


PAGES = (
    ("账号管理", "新建账号"),
    ("签约设置", "哪些设置会被锁定"),
    ("学生名单管理", "共 8 人"),
    ("在线签约管理", "共 1 条"),
    ("补登管理", "共 1 条"),
    ("解约管理", "共 1 条"),
    ("去向登记管理", "共 1 条"),
    ("失效信息管理", "共 1 人"),
    ("作废信息管理", "共 1 人"),
    ("预警单位管理", "共 1 家"),
    ("异议与留言", "没有待答复的异议或留言"),
    ("消息与上报", "各渠道数量"),
    ("本人账号", "本人操作记录"),
)


async def test_every_page_of_a_school_is_chinese_and_fits_its_window(enter: Enter) -> None:
    world = await season()
    page = await enter(world.school_desk)
    await expect(page.get_by_text("待我处理：4")).to_be_visible()
    for name, words in PAGES:
        await page.get_by_role("link", name=name, exact=True).click()
        await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        await expect(page.get_by_text(words).first).to_be_visible()
        await looks_right(page)

    await page.get_by_role("link", name="学生名单管理").click()
    await page.get_by_text("导入名单", exact=True).click()
    await looks_right(page)
    content = csv_file([w.roster_row("文学院")])
    chosen = page.locator("input[type=file]")
    await chosen.set_input_files({"name": "名单.csv", "mimeType": "text/csv", "buffer": content})
    await expect(page.get_by_text("可以离开本页，任务会继续进行")).to_be_visible()
    await page.get_by_role("button", name=f"查看 {world.graduates[0].name}").click()
    await expect(page.get_by_text("与就业管理系统比对")).to_be_visible()
    await looks_right(page)


async def test_every_kind_of_record_is_reviewed_on_a_page_that_is_chinese(enter: Enter) -> None:
    world = await season()
    page = await enter(world.school_desk)
    for menu, question in (
        ("在线签约管理", ""),
        ("补登管理", "退回修改"),
        ("解约管理", ""),
        ("去向登记管理", "修改去向"),
    ):
        await page.get_by_role("link", name=menu, exact=True).click()
        await expect(page.get_by_text("共 1 条")).to_be_visible()
        await press(page, "Alt+o", page.get_by_text("办理历史"))
        await looks_right(page)
        if menu == "补登管理":
            await compare_pictures(page)
        if question:
            await page.get_by_role("button", name=question).click()
            await expect(page.get_by_text("Ctrl+Enter 确认，Esc 取消。")).to_be_visible()
            await looks_right(page)
            if menu == "去向登记管理":
                await edit_pay(page)
                continue
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog").get_by_text("Ctrl+Enter")).to_have_count(0)


async def edit_pay(page: Page) -> None:
    """A form that follows what is chosen loses nothing that was typed last."""
    await page.get_by_role("dialog").get_by_text("已与毕业生沟通确认一致").click()
    pay = page.get_by_role("textbox", name="月薪")
    await pay.fill("12345")
    await pay.press("Control+Enter")
    await expect(page.get_by_role("dialog").get_by_text("Ctrl+Enter")).to_have_count(0)
    await expect(page.get_by_text("12,345")).to_be_visible()


async def compare_pictures(page: Page) -> None:
    """The scans of both rounds large and side by side, by keyboard."""
    await page.get_by_role("button", name="放大查看").first.click()
    closer = page.get_by_label("查看附件")
    await expect(closer.get_by_role("img")).to_have_count(1)
    await closer.get_by_role("button", name="并排对照").click()
    await expect(closer.get_by_role("img")).to_have_count(2)
    widths = "img => img.naturalWidth > 0 ? img.getBoundingClientRect().width : 0"
    before = await closer.get_by_role("img").first.evaluate(widths)
    await page.keyboard.press("+")
    assert await closer.get_by_role("img").first.evaluate(widths) > before > 0
    await page.keyboard.press("Escape")
    await expect(closer.get_by_role("img")).to_have_count(0)


async def test_every_page_of_a_province_is_chinese_and_fits_its_window(enter: Enter) -> None:
    world = await w.make_world(graduates=1)
    page = await enter(world.province_desk)
    await expect(page.get_by_text("待核验单位")).to_be_visible()
    for name in ("账号管理", "在线签约管理", "开通模块与协议类型", "单位核验", "消息与上报"):
        await page.get_by_role("link", name=name, exact=True).click()
        await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        await looks_right(page, await given_names())


_GIVEN = """SELECT string_agg(x, ' ') FROM (SELECT name FROM employers UNION ALL SELECT employer_name FROM records
  UNION ALL SELECT username FROM accounts UNION ALL SELECT display_name FROM accounts UNION ALL SELECT name FROM schools
  UNION ALL SELECT graduate_name FROM records) AS names(x)"""


async def given_names() -> str:
    """What other tests of the same province called things: some give names on purpose that look like a page's own."""
    return str(await db.fetch_value(_GIVEN))


async def looks_right(page: Page, given: str = "") -> None:
    """Chinese throughout but for names that people gave, and no wider than its window."""
    await page.locator(".stApp[data-test-script-state=notRunning]").wait_for()
    strange = [word for word in await foreign_words(page) if not NAMED.fullmatch(word) and word not in given]
    assert strange == []
    await fits(page)
