"""Room: graduates on their phones in a real browser: every journey that they walk themselves, looked at by axe as well.

One school and one browser for the module; each journey has a newcomer. Pictures of the pages go to `var/screens`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from models.parties import Party
from models.states import Flow
from models.tables import Record
from tests.harness.callers import bind
from tests.harness.files import jpeg, pdf
from tests.harness.pure import EMPLOYER_TYPED
from tests.harness.reaching import Case, reach
from tests.harness.screens import SCREENS, looked_at
from tests.harness.stack import Stack
from tests.harness.world import Person, World, add_graduates, make_world
from workflows.commands.sessions import open_graduate_session

PHONE = {"width": 360, "height": 800}
SCAN = {"name": "盖章协议.jpg", "mimeType": "image/jpeg", "buffer": jpeg(7)}
PAPER = {"name": "证明.pdf", "mimeType": "application/pdf", "buffer": pdf(2)}

Enter = Callable[..., Awaitable[tuple[Page, Person]]]


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=1)


@pytest.fixture
async def service(stack: Stack, database: str) -> str:
    if "serve" not in stack.children:
        await stack.start("serve")
    return stack.service_url


@pytest.fixture
async def enter(browser: Browser, service: str, world: World) -> AsyncIterator[Enter]:
    """`page, person = await enter()`: a newcomer's phone, signed in; the page must not complain of anything."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    async def signed_in(person: Person | None = None, **how: object) -> tuple[Page, Person]:
        someone = person or (await add_graduates(world, 1, departments=["计算机学院"]))[0]
        opened = await open_graduate_session(await bind(world, someone))
        context = await browser.new_context(
            viewport=how.pop("viewport", PHONE), locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True, **how
        )
        contexts.append(context)
        await context.add_cookies([{"name": "wq_grad", "value": opened.token, "url": f"{service}/m"}])
        page = await context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and _ours(m.text) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{service}/m/records")
        return page, someone

    yield signed_in
    for context in contexts:
        await context.close()
    assert complaints == []


def _ours(text: str) -> bool:
    return "Failed to load resource" not in text


async def press(page: Page, label: str) -> None:
    await page.get_by_role("button", name=label, exact=True).locator("visible=true").last.click()


async def choose_region(page: Page, label: str, province: str, place: str) -> None:
    await page.get_by_label(f"{label}：省").select_option(label=province)
    places = page.get_by_label(f"{label}：市、区（县）")
    await expect(places.locator("option")).not_to_have_count(1)
    await places.select_option(label=place)


async def fill_employer(page: Page, world: World) -> None:
    given = {**EMPLOYER_TYPED, "employer_name": world.employer.name, "employer_uscc": world.employer.uscc}
    for name in ("employer_name", "employer_uscc", "employer_address", "contact_name", "contact_mobile"):
        await page.locator(f"#field-{name}").fill(str(given[name]))
    for name in ("employer_nature", "employer_industry"):
        await page.locator(f"#field-{name}").select_option(str(given[name]))
    await choose_region(page, "单位所在地", "北京市", "东城区")


async def fill_post(page: Page, world: World) -> None:
    await page.locator("#field-position_category").select_option("13")
    for name, text in (("position_title", "软件工程师"), ("work_place", "示范市示范区"), ("monthly_pay", "9000")):
        await page.locator(f"#field-{name}").fill(text)
    await page.locator("#field-report_on").fill(f"{world.cohort}-07-10")
    for question in ("是否劳务派遣", "是否解决户口", "是否接收档案"):
        await page.get_by_role("group", name=question).get_by_label("否").check()


async def sent(page: Page, label: str) -> None:
    await press(page, label)
    await expect(page.get_by_role("status")).to_contain_text("办理成功")


async def record_of(person: Person, flow: Flow) -> Record:
    return await Record.get(graduate_id=person.id, flow=str(flow))


async def test_an_agreement_on_paper_from_the_application_to_the_signing(enter: Enter, world: World) -> None:
    page, me = await enter()
    await page.get_by_role("link", name="办理新的事项").click()
    await looked_at(page, "phone-begin")
    await page.get_by_role("link", name="申请就业协议").click()
    hidden = page.locator("#field-dispatched_to")
    await expect(hidden).to_be_hidden()
    await looked_at(page, "phone-offline-empty")
    await press(page, "申请就业协议")
    await expect(page.get_by_role("alert")).to_be_focused()
    await looked_at(page, "phone-offline-faults")
    await fill_employer(page, world)
    await press(page, "查询单位")
    await expect(page.get_by_text("没有查到学校对该单位的预警")).to_be_visible()
    await fill_post(page, world)
    await page.get_by_role("group", name="是否劳务派遣").get_by_label("是").check()
    await expect(hidden).to_be_visible()
    await page.get_by_role("group", name="是否劳务派遣").get_by_label("否").check()
    await expect(hidden).to_be_hidden()
    await page.get_by_label("我确认以上内容属实").check()
    await sent(page, "申请就业协议")
    await looked_at(page, "phone-offline-record")

    record = await record_of(me, Flow.OFFLINE_SIGNING)
    case = Case(world, me, world.employer, Flow.OFFLINE_SIGNING, record.id, record.state, record.version)
    await case.take("approve_agreement")
    await page.reload()
    await page.get_by_role("link", name="回传盖章协议").click()
    await page.locator("#add-scans").set_input_files([SCAN, PAPER])
    await expect(page.get_by_text("已上传 2 个文件")).to_be_visible()
    await expect(page.locator(".files li")).to_have_count(2)
    await expect(page.locator(".files img")).to_have_js_property("complete", True)
    await looked_at(page, "phone-offline-upload")
    await page.get_by_role("button", name="移除").last.click()
    await expect(page.locator(".files li")).to_have_count(1)
    await page.locator("#field-signed_on").fill(f"{world.cohort - 1}-01-05")
    await sent(page, "回传盖章协议")
    assert len((await record_of(me, Flow.OFFLINE_SIGNING)).form["scans"]) == 1
    case.state, case.version = "signing_review_school", (await Record.get(id=record.id)).version
    await case.take("approve")
    await page.reload()
    await expect(page.locator(".lead")).to_have_text("线下签约：签约完成")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="下载就业协议书").click()
    assert (await (await download.value).path()).read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("kind", ["签劳动合同形式就业", "升学：研究生", "待就业"])
async def test_a_destination_of_each_sort_is_registered(enter: Enter, world: World, kind: str) -> None:
    page, me = await enter()
    await page.get_by_role("link", name="办理新的事项").click()
    await page.get_by_role("link", name="去向登记：登记去向").click()
    await page.get_by_role("radio", name=kind).check()
    if kind == "待就业":
        await looked_at(page, "phone-kinds")
    await press(page, "下一步")
    if kind == "签劳动合同形式就业":
        await fill_employer(page, world)
        await page.locator("#field-position_category").select_option("13")
        await page.locator("#field-position_title").fill("工程师")
        await page.locator("#field-monthly_pay").fill("9000")
        await page.locator("#field-contract_from").fill(f"{world.cohort}-07-01")
    elif kind == "升学：研究生":
        await page.locator("#field-college").fill("云汀大学")
        await page.locator("#field-major").fill("汉语言文学")
        await page.locator("#field-degree_level").select_option("master")
    else:
        await page.locator("#field-substate").select_option(index=1)
        await expect(page.locator("[data-files]")).to_have_count(0)
    if kind != "待就业":
        await page.locator("#add-proofs").set_input_files([PAPER])
        await expect(page.get_by_text("已上传 1 个文件")).to_be_visible()
    await sent(page, "登记去向")
    await looked_at(page, f"phone-destination-{(await record_of(me, Flow.DESTINATION)).destination_code}")


async def test_a_returned_destination_is_corrected_and_the_approved_one_voided(enter: Enter, world: World) -> None:
    (me,) = await add_graduates(world, 1, departments=["计算机学院"])
    case = await reach(world, Flow.DESTINATION, "returned", me)
    page, _ = await enter(me)
    await expect(page.get_by_text("等您处理")).to_be_visible()
    await page.get_by_role("link", name=world.employer.name).click()
    await page.get_by_role("link", name="重新提交").click()
    await expect(page.get_by_text("退回原因")).to_be_visible()
    await page.locator("#field-position_title").fill("测试工程师")
    await looked_at(page, "phone-returned")
    await sent(page, "重新提交")
    case.state, case.version = "review_school", (await Record.get(id=case.id)).version
    await case.take("approve")
    await page.reload()
    await page.get_by_role("link", name="作废").click()
    await looked_at(page, "phone-void")
    await page.get_by_label("我确认作废这条去向登记").check()
    await sent(page, "作废")
    assert (await Record.get(id=case.id)).state == "voided"


async def test_a_termination_is_asked_for_and_another_agreed_to(enter: Enter, world: World) -> None:
    (me,) = await add_graduates(world, 1, departments=["计算机学院"])
    signed = await reach(world, Flow.ONLINE_SIGNING, "signed", me)
    page, _ = await enter(me)
    await page.get_by_role("link", name=world.employer.name).click()
    await page.get_by_role("link", name="申请解约").click()
    await page.locator("#field-reason").select_option("personal")
    await page.locator("#field-reason_text").fill("家庭原因需要回乡")
    await looked_at(page, "phone-termination")
    await sent(page, "申请解约")
    await page.get_by_role("link", name="撤回解约申请").click()
    await sent(page, "撤回解约申请")
    case = Case(world, me, world.employer, Flow.ONLINE_TERMINATION, parent=signed)
    await case.take("request", Party.EMPLOYER)
    await page.goto(f"{page.url.partition('/m/')[0]}/m/records/{case.id}")
    await page.get_by_role("link", name="同意解约").click()
    await sent(page, "同意解约")
    assert (await Record.get(id=case.id)).state == "review_school"


async def test_an_upload_goes_on_after_the_line_was_lost(enter: Enter, world: World) -> None:
    """The first part is lost on the way, the answer to the second: nothing is sent twice, nothing is missing."""
    (me,) = await add_graduates(world, 1, departments=["计算机学院"])
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_issued", me)
    page, _ = await enter(me)
    parts = 0

    async def unsteady(route: object) -> None:
        nonlocal parts
        parts += 1
        if parts == 1:
            await route.abort()  # type: ignore[attr-defined]
        elif parts == 2:
            await route.fetch()  # type: ignore[attr-defined]
            await route.abort()  # type: ignore[attr-defined]
        else:
            await route.continue_()  # type: ignore[attr-defined]

    await page.route(lambda url: "/m/files/" in url and not url.endswith("/state"), unsteady)
    await page.goto(f"{page.url.partition('/m/')[0]}/m/records/{case.id}/actions/upload")
    await page.locator("#add-scans").set_input_files([SCAN])
    await expect(page.get_by_text("已上传 1 个文件")).to_be_visible(timeout=15_000)
    await page.locator("#add-scans").set_input_files([{**SCAN, "buffer": b"not a picture"}])
    await expect(page.locator(".progress")).to_contain_text("“盖章协议.jpg”：")
    await expect(page.locator(".files li")).to_have_count(1)


async def test_pages_stand_at_320_pixels_without_script(enter: Enter, world: World, service: str) -> None:
    """320 pixels are also a phone of 640 at twice the size."""
    (me,) = await add_graduates(world, 1, departments=["计算机学院"])
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_returned", me)
    page, _ = await enter(me, viewport={"width": 320, "height": 600}, java_script_enabled=False)
    for address in (
        "records",
        "begin",
        f"records/{case.id}",
        f"records/{case.id}/actions/submit",
        f"records/{case.id}/actions/cancel",
    ):
        await page.goto(f"{service}/m/{address}")
        widths = await page.locator("body *").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
        assert max(widths) <= 320, address
    picture: Path = SCREENS / "phone-320.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=picture)
