"""Room: phone pages in a real browser for those who have it harder: refused, without a finger, without script."""

from __future__ import annotations

from playwright.async_api import expect

from bot.menus import bound_menu
from models.states import Flow
from tests.browser.phone_hands import (  # noqa: F401  fixtures are found by their names
    PAPER,
    SCAN,
    HandOut,
    fill,
    hand_out_fixture,
    newcomer,
    press,
    push_menu,
    record_of,
    sent,
    stands,
    tab_to,
    upload,
    world_fixture,
)
from tests.harness.disputing import disputable
from tests.harness.reaching import reach
from tests.harness.world import World


async def test_pages_that_say_no_name_the_way_on(hand_out: HandOut, world: World) -> None:
    me, other = await newcomer(world), await newcomer(world)
    case = await disputable(world, Flow.ONLINE_SIGNING, me)
    theirs = await reach(world, Flow.DESTINATION, "returned", other)
    phone = await hand_out(me)
    page = await phone.open(f"/m/records/{case.id}")
    await expect(page.get_by_role("button", name="对此有异议")).to_be_visible()
    await stands(page, "phone-dispute")
    await press(page, "对此有异议")
    await expect(page.get_by_text("待答复")).to_be_visible()
    for place, (path, words) in enumerate(
        (
            (f"/m/records/{theirs.id}", "没有可以给您看的内容"),
            ("/m/begin/offline_signing/submit", "您已有一条在办或已生效的签约"),
            ("/m/oauth?code=1&state=1", "重新进入"),
            ("/m/nowhere", "没有可以给您看的内容"),
        )
    ):
        await page.goto(f"{phone.stack.service_url}{path}")
        if "/connect/" in page.url:
            await phone.come_in(page)
        await expect(page.locator("main")).to_contain_text(words)
        await expect(page.get_by_role("link")).not_to_have_count(0)
        await stands(page, f"phone-no-{place}")


async def test_every_entry_of_the_menu_leads_on_and_every_page_leads_back(hand_out: HandOut, world: World) -> None:
    me = await newcomer(world)
    phone = await hand_out(me)
    await push_menu(phone.stack)
    for group in bound_menu(phone.stack.service_url):
        for entry in group["sub_button"]:
            if entry["type"] == "click":
                said = await phone.choose(group["name"], entry["name"])
                assert "没有看懂" not in said, entry
                assert "没有绑定" not in said, entry
            else:
                page = await phone.leave_for(group["name"], entry["name"])
                await expect(page.get_by_role("heading", name="我的记录")).to_be_visible()
    await stands(page, "phone-records-empty")
    await page.get_by_role("link", name="办理新的事项").click()
    for place in range(await page.locator(".title[href]").count()):
        await page.locator(".title[href]").nth(place).click()
        await page.get_by_role("link", name="返回", exact=True).click()
    await page.get_by_role("link", name="返回我的记录").click()
    await expect(page.get_by_role("heading", name="我的记录")).to_be_visible()


async def test_a_destination_is_registered_by_the_keyboard_alone(hand_out: HandOut, world: World) -> None:
    me = await newcomer(world)
    page = await (await hand_out(me)).open("/m/records")
    for name in ("办理新的事项", "去向登记：登记去向"):
        await tab_to(page, page.get_by_role("link", name=name))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).not_to_have_text("我的记录")
    await tab_to(page, page.get_by_role("radio").first)
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("radio", name="其他暂不就业")).to_be_checked()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("radio", name="出国、出境深造")).to_be_checked()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("出国、出境深造")).to_be_visible()
    await tab_to(page, page.locator("#field-country"))
    await page.keyboard.press("ArrowDown")
    for name, text in (("college", "云汀大学"), ("college_foreign", "Yunting University"), ("major", "汉语言文学")):
        await tab_to(page, page.locator(f"#field-{name}"))
        await page.keyboard.type(text)
    await tab_to(page, page.locator("#field-major_foreign"))
    await page.keyboard.type("Chinese")
    await tab_to(page, page.locator("#field-degree_level"))
    await page.keyboard.press("ArrowDown")
    await tab_to(page, page.locator("#add-proofs"))
    await upload(page, "proofs", PAPER)
    await tab_to(page, page.get_by_role("button", name="登记去向", exact=True).locator("visible=true").last)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("办理成功")
    assert (await record_of(me, Flow.DESTINATION)).destination_code == "85"


async def test_pages_work_without_script(hand_out: HandOut, world: World) -> None:
    me = await newcomer(world)
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_issued", me)
    phone = await hand_out(me, java_script_enabled=False, viewport={"width": 320, "height": 600})
    page = await phone.open(f"/m/records/{case.id}")
    await page.get_by_role("link", name="回传盖章协议").click()
    await page.locator("#add-scans").set_input_files([SCAN])
    await press(page, "上传所选文件")
    await expect(page.locator(".files li")).to_have_count(1)
    await fill(page, signed_on=f"{world.cohort - 1}-01-05")
    await sent(page, "回传盖章协议")
    assert (await record_of(me, Flow.OFFLINE_SIGNING)).state == "signing_review_school"
