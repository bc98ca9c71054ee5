"""Room: 数据统计 in a real browser: a fresh process draws its charts, in Chinese, and gives them away as pictures."""

from __future__ import annotations

from playwright.async_api import expect

from models.states import Flow
from tests.browser.dashboard_eyes import foreign_words
from tests.browser.dashboard_hands import Enter, choose
from tests.harness.reaching import reach
from tests.harness.world import make_world


async def test_charts_are_drawn_in_chinese_and_saved_as_pictures(enter: Enter) -> None:
    world = await make_world(graduates=2)
    await reach(world, Flow.DESTINATION, "approved")
    page = await enter(world.school_desk)
    await page.get_by_role("link", name="数据统计").click()
    charts, save = page.locator(".js-plotly-plot"), page.locator(".modebar-btn")
    await expect(charts).to_have_count(1, timeout=30_000)
    await expect(page.get_by_text("查看名单：列")).to_be_visible()
    assert await foreign_words(page) == []
    await choose(page, "统计内容", "毕业去向与落实率")
    await expect(charts).to_have_count(4, timeout=30_000)
    assert await foreign_words(page) == []
    assert {await save.nth(n).get_attribute("data-title") for n in range(await save.count())} == {"保存为图片"}
    async with page.expect_download() as saved:
        await save.first.click(force=True)
    assert (await saved.value).suggested_filename == "毕业去向落实率.png"
    await expect(page.get_by_text("图片已保存")).to_be_visible()
    assert set(await foreign_words(page)) <= {"png"}
