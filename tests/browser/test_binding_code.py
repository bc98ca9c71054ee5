"""Room: binding by a QR code in real browsers: a desk shows it, the sandbox phone scans it, two numbers are typed."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from models.tables import Binding, OutboxRow
from models.vault import unseal
from tests.browser.dashboard_eyes import fits, foreign_words
from tests.browser.dashboard_hands import Enter
from tests.browser.phone_hands import stands
from tests.harness.chat import new_openid
from tests.harness.screens import SCREENS
from tests.harness.stack import Stack
from tests.harness.world import Person, make_world
from workflows.commands.deliveries import CODE_PLACE


async def say(phone: Page, text: str, answer: str) -> None:
    """Type something into the chat, and wait for what is answered."""
    await phone.get_by_label("消息").fill(text)
    await phone.keyboard.press("Enter")
    await expect(phone.locator(".row.account .bubble").last).to_contain_text(answer)


async def code_of(person: Person) -> str:
    row = await OutboxRow.filter(recipient=person.id, notice="one_time_code").order_by("-id").first()
    assert row is not None
    return unseal(CODE_PLACE, row.params["code"])


async def test_a_code_at_the_desk_is_scanned_and_binds(enter: Enter, platform: Stack, browser: Browser) -> None:
    world = await make_world(graduates=1)
    me, openid = world.graduate, new_openid()
    desk = await enter(world.school_desk)
    await expect(desk.get_by_role("heading", name="首页")).to_be_visible()
    await desk.goto(f"{platform.dashboard_url}/students?id={me.id}")
    await expect(desk.get_by_role("heading", name=me.name)).to_be_visible()
    await desk.locator(".stApp[data-test-script-state=notRunning]").wait_for()
    await desk.get_by_role("button", name="邀请绑定（二维码）").click()
    await expect(desk.get_by_text("等待扫码")).to_be_visible()
    await fits(desk)
    assert await foreign_words(desk) == []
    await desk.screenshot(path=SCREENS / "dashboard-binding-code.png")

    phone = await browser.new_page(viewport={"width": 390, "height": 844})
    people = [{"openid": openid, "name": me.name, "mobile": me.mobile}]
    await phone.request.post(f"{platform.sandbox_url}/_control/personas", data=people)
    await phone.goto(f"{platform.sandbox_url}/?as={openid}")
    await phone.get_by_role("button", name="更多").click()
    await phone.get_by_role("menuitem", name="扫一扫").click()
    await phone.get_by_role("button", name="绑定二维码").first.click()
    await expect(phone.locator(".row.account .bubble").last).to_contain_text("请回复二维码旁边显示的 4 位数字")
    await expect(desk.get_by_text("已扫码，等待毕业生回复数字")).to_be_visible()

    await phone.get_by_role("button", name="切换到文字输入").click()
    await say(phone, await desk.locator(".scene .number").inner_text(), "请在 5 分钟内回复短信里的 6 位数字")
    await expect(desk.get_by_text("数字正确，等待毕业生回复短信验证码")).to_be_visible()
    assert not await Binding.filter(graduate_id=me.id).exists()
    await say(phone, await code_of(me), "绑定成功")
    await phone.screenshot(path=SCREENS / "phone-binding-code.png")
    await expect(desk.get_by_text(f"{me.name}：绑定成功。")).to_be_visible()
    await expect(desk.get_by_text("微信已绑定")).to_be_visible()
    assert await Binding.filter(graduate_id=me.id, openid=openid, ended_at=None).exists()
    await phone.close()


async def test_without_wechat_one_signs_in_by_sms_and_the_own_page_binds_by_a_code(
    platform: Stack, browser: Browser
) -> None:
    """In a narrow browser; the phone beside it is played through the sandbox's own address."""
    world = await make_world(graduates=1)
    me, openid = world.graduate, new_openid()
    page = await browser.new_page(viewport={"width": 360, "height": 800}, locale="zh-CN")
    await page.goto(f"{platform.service_url}/m/sign-in?to=/m/account")
    await page.get_by_label("姓名").fill(me.name)
    await page.get_by_label("证件号码").fill(me.id_number)
    await stands(page, "phone-sign-in")
    await page.get_by_role("button", name="获取验证码").click()
    await expect(page.get_by_label("短信验证码")).to_be_visible()
    await stands(page, "phone-sign-in-code")
    await page.get_by_label("短信验证码").fill(await code_of(me))
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    await stands(page, "phone-account")
    await page.get_by_role("link", name="修改手机号").click()
    await expect(page.get_by_role("textbox", name="证件号码")).to_be_hidden()
    await page.get_by_label("已不能收短信").check()
    await expect(page.get_by_role("textbox", name="证件号码")).to_be_visible()
    await stands(page, "phone-number")
    await page.get_by_role("link", name="不改了，返回").click()

    await page.get_by_role("link", name="绑定微信").click()
    await page.get_by_role("button", name="生成二维码").click()
    number = await page.locator(".number").inner_text()
    await stands(page, "phone-own-code")
    people = [{"openid": openid, "name": me.name, "mobile": me.mobile}]
    await page.request.post(f"{platform.sandbox_url}/_control/personas", data=people)
    codes = await (await page.request.get(f"{platform.sandbox_url}/phone/codes")).json()
    chat = f"{platform.sandbox_url}/phone/chat/{openid}"
    await page.request.post(f"{chat}/scan", data={"value": codes["codes"][0]["code"]})
    await expect(page.get_by_role("status")).to_contain_text("已扫码")
    await page.request.post(f"{chat}/text", data={"value": number})
    await expect(page.get_by_role("status")).to_contain_text("绑定成功")
    assert await Binding.filter(graduate_id=me.id, openid=openid, ended_at=None).exists()
    await page.close()
