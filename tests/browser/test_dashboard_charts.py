"""Room: 数据统计 in a real browser: a fresh process draws its charts, in Chinese, and gives them away as pictures."""

from __future__ import annotations

from playwright.async_api import Locator, Page, TimeoutError, expect

from models.states import Flow
from tests.browser.dashboard_eyes import foreign_words, shifts, watch_shifts
from tests.browser.dashboard_hands import TRIES, Enter, choose
from tests.harness.reaching import reach
from tests.harness.world import make_world


async def test_charts_are_drawn_in_chinese_open_their_rows_and_are_saved_as_pictures(enter: Enter) -> None:
    world = await make_world(graduates=2)
    await reach(world, Flow.DESTINATION, "approved")
    page = await enter(world.school_desk)
    await page.get_by_role("link", name="数据统计").click()
    charts, save = page.locator(".js-plotly-plot"), page.locator(".modebar-btn")
    await expect(charts).to_have_count(1, timeout=30_000)
    figure = page.get_by_role("button", name="计算机学院 登记总数 1，查看名单")
    await expect(figure).to_be_visible()
    assert await foreign_words(page) == []
    rows = page.get_by_role("dialog").get_by_text("去向登记管理：共 1 条")
    await figure.click()
    await expect(rows).to_be_visible()
    assert await foreign_words(page) == []
    await away(page, rows)
    await hit(page, ".barlayer .trace:nth-child(4) .point:nth-child(2) path", rows)  # 已登记
    await away(page, rows)
    await watch_shifts(page)
    before, stood = await page.get_by_text("数据更新于").inner_text(), await shifts(page)
    await expect(page.get_by_text(before)).to_have_count(0, timeout=30_000)  # renewed by itself
    assert await shifts(page) - stood < 0.1, "live figures do not move the page"
    await choose(page, "统计内容", "毕业去向与落实率")
    await expect(charts).to_have_count(4, timeout=30_000)
    assert await foreign_words(page) == []
    people = page.get_by_role("dialog").get_by_text("学生名单：共 1 条")
    for mark in (".slicetext", ".sankey-link", ".sankey-node .node-rect"):
        await hit(page, mark, people)
        await away(page, people)
    assert {await save.nth(n).get_attribute("data-title") for n in range(await save.count())} == {"保存为图片"}
    async with page.expect_download() as saved:
        await save.first.click(force=True)
    assert (await saved.value).suggested_filename == "毕业去向落实率.png"
    await expect(page.get_by_text("图片已保存")).to_be_visible()
    assert set(await foreign_words(page)) <= {"png"}

    province = await enter(world.province_desk, path="/statistics")
    await choose(province, "届次", f"{world.cohort} 届")  # others' schools may have later ones
    await choose(province, "统计维度", "学校")
    await province.get_by_role("button", name=f"{world.school_name} 登记总数 1，查看名单").click()
    await expect(province.get_by_role("dialog").get_by_text("去向登记管理：共 1 条")).to_be_visible()
    await expect(province.get_by_role("dialog").get_by_text(world.graduate.name)).to_be_visible()


async def hit(page: Page, mark: str, brings: Locator) -> None:
    """Click on a mark of a chart; again where the chart was drawn anew under the pointer."""
    target = page.locator(f".js-plotly-plot {mark}").first
    for _ in range(TRIES):
        await target.scroll_into_view_if_needed()
        box = await target.bounding_box()
        assert box is not None
        x, y = box["x"] + min(8, box["width"] / 2), box["y"] + box["height"] / 2
        await page.mouse.move(x, y)
        await page.mouse.move(x + 1, y)
        await page.mouse.click(x + 1, y)
        try:
            await brings.wait_for(timeout=3_000)
        except TimeoutError:
            continue
        return
    await expect(brings).to_be_visible()


async def away(page: Page, rows: Locator) -> None:
    """Close what was opened."""
    for _ in range(TRIES):
        await page.keyboard.press("Escape")
        try:
            await expect(rows).to_have_count(0, timeout=3_000)
        except AssertionError:
            continue
        return
    await expect(rows).to_have_count(0)
