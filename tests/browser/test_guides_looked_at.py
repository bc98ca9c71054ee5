"""Room: the guides in a real browser, as a graduate's phone and a clerk's screen show them."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.harness.screens import looked_at
from tests.harness.stack import Stack


async def test_the_guides_are_read_on_a_phone_and_at_a_desk(stack: Stack, phone: Page, desk: Page) -> None:
    if "serve" not in stack.children:
        await stack.start("serve")
    await phone.goto(f"{stack.service_url}/guides/graduate")
    await phone.get_by_role("navigation", name="目录").get_by_role("link", name="单位发来签约邀请").click()
    await expect(phone.get_by_role("heading", name="单位发来签约邀请")).to_be_in_viewport()
    await looked_at(phone, "guide-graduate")
    await desk.goto(f"{stack.service_url}/guides/staff")
    await looked_at(desk, "guide-staff")
    async with desk.expect_download() as taken:
        await desk.get_by_role("link", name="下载 PDF").click()
    assert (await taken.value).suggested_filename == "毕业去向登记与网上签约平台使用指南（省级、学校、院系）.pdf"
