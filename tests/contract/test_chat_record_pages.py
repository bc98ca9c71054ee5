"""Room: a graduate's records on the phone: opened from a link, forwarded to others, read on the narrowest screen."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser
from quart import Quart

from models.config import settings
from models.states import Flow
from models.store import MemoryStore
from models.tables import DeskNote, Record
from notifier.simulators.server import Sandbox
from tests.harness.chat import bound, new_openid
from tests.harness.disputing import disputable
from tests.harness.phone import (  # noqa: F401  fixtures are found by their names
    Phone,
    bind_on,
    code_for,
    pages_fixture,
    phone_fixture,
    phone_of,
)
from tests.harness.world import PASSWORD, World, add_graduates, invite, make_employer, make_world, sign
from workflows.commands.bindings import unbind
from workflows.commands.desk_notes import answer_note
from workflows.commands.sessions import sign_in_staff
from workflows.commands.warnings import mark_employer


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


async def test_a_link_leads_through_the_sign_in_to_the_record(phone: Phone, world: World) -> None:
    await bound(world, world.graduate, phone.openid)
    firm = world.employer
    await mark_employer(world.school, {"employer_name": firm.name, "employer_uscc": firm.uscc}, ["false_advertising"])
    outcome = await invite(
        world, service_months=24, penalty=5000, extra_terms="第一行\n<script>alert(1)</script>", probation_months=3
    )
    page = await phone.arrive(f"/m/records/{outcome.record_id}")
    assert page.status_code == 200
    for part in (firm.name, "软件工程师", "9000 元", "虚假宣传"):
        assert part in page.text, part
    for label, text in (("服务期", "24 个月"), ("违约金", "人民币 5,000 元"), ("试用期", "3 个月")):
        assert f"<dt>{label}</dt><dd>{text}</dd>" in page.text, label
    assert "就业协议书" in page.text
    assert "鉴证" in page.text
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert "<form" not in page.text, "the page is for reading"
    assert "发起签约邀请" in page.text
    assert world.graduate.id_number not in page.text


async def test_a_signed_record_shows_its_agreement_number(phone: Phone, world: World) -> None:
    await bound(world, world.graduate, phone.openid)
    outcome = await sign(world)
    number = (await Record.get(id=outcome.record_id)).agreement_no
    page = await phone.arrive(f"/m/records/{outcome.record_id}")
    assert number in page.text
    assert "签约完成" in page.text
    assert "学校用户" in page.text
    listed = await phone.open("/m/records")
    assert world.employer.name in listed.text


async def test_an_edit_is_disputed_in_one_tap_and_the_answer_stands_on_the_page(phone: Phone, world: World) -> None:
    await bound(world, world.graduate, phone.openid)
    case = await disputable(world, Flow.ONLINE_SIGNING)
    path = f"/m/records/{case.id}"
    page = await phone.arrive(path)
    assert "对“修改职位类别”有异议" in page.text
    done = await phone.submit(page)
    assert (done.status_code, done.headers["location"]) == (303, path)
    disputed = await phone.open(path)
    assert "待答复" in disputed.text
    assert "<form" not in disputed.text
    note = await DeskNote.get(record_id=case.id)
    await answer_note(world.school, note.id, "已核对无误 <b>")
    assert "已核对无误 &lt;b&gt;" in (await phone.open(path)).text


async def test_a_dispute_that_does_not_come_from_our_page_is_refused(phone: Phone, world: World) -> None:
    await bound(world, world.graduate, phone.openid)
    case = await disputable(world, Flow.ONLINE_SIGNING)
    await phone.arrive(f"/m/records/{case.id}")
    forged = await phone.browser.post(f"/m/records/{case.id}/dispute", data={"csrf": "x", "text": "异议"})
    assert forged.status_code == 403
    assert await DeskNote.filter(record_id=case.id).count() == 0


async def test_a_forwarded_link_shows_nothing_of_another_person(
    pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient, phone: Phone, world: World
) -> None:
    """W9: whoever opens the link is asked who it is, and reads that there is nothing."""
    outcome = await invite(world)
    link = f"/m/records/{outcome.record_id}"
    await bound(world, (await add_graduates(world, 1))[0], phone.openid)
    page = await phone.arrive(link)
    assert page.status_code == 404
    assert world.employer.name not in page.text
    stranger = await phone_of(pages, sandbox, http)
    page = await stranger.arrive(link)
    assert "绑定账号" in page.text
    assert world.employer.name not in page.text
    await stranger.browser.aclose()
    for wrong in ("x", "00000000-0000-0000-0000-000000000000", str(outcome.record_id).upper()):
        assert (await phone.arrive(f"/m/records/{wrong}")).status_code == 404


async def test_a_browser_that_changed_hands_is_asked_again_who_it_is(phone: Phone, world: World) -> None:
    first, second = world.graduates
    other = new_openid()
    await phone.outside.post(f"{phone.sandbox.url}/_control/personas", json=[{"openid": other, "name": "另一位"}])
    await bound(world, first, phone.openid)
    await bound(world, second, other)
    theirs = await invite(world, second, await make_employer(world))
    await phone.arrive("/m/records")
    phone.openid = other
    assert (await phone.arrive(f"/m/records/{theirs.record_id}")).status_code == 200


async def test_outside_wechat_nobody_is_let_in(phone: Phone, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """W9. In production only; elsewhere any browser may play the phone."""
    outcome = await invite(world)
    monkeypatch.setenv("WQ_PROFILE", "production")
    settings.cache_clear()
    try:
        for path in ("/m/bind", "/m/begin", "/m/begin/destination/submit", f"/m/records/{outcome.record_id}"):
            refused = await phone.open(path)
            assert refused.status_code == 403
            assert "请在微信中打开" in refused.text
            inside = await phone.browser.get(path, headers={"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.50"})
            assert "/connect/oauth2/authorize" in inside.headers["location"]
            assert all("Secure" in cookie for cookie in inside.headers.get_list("set-cookie"))
    finally:
        monkeypatch.undo()
        settings.cache_clear()


async def test_staff_cannot_read_as_a_graduate(phone: Phone, world: World) -> None:
    """W9. A reviewer's session opens no phone page, whatever link was copied."""
    outcome = await invite(world)
    desk = world.school_desk
    opened = await sign_in_staff(desk.username, PASSWORD, "203.0.113.9", counter=MemoryStore())
    phone.browser.cookies.set("wq_grad", opened.token, domain="127.0.0.1", path="/m")
    for path in ("/m/records", f"/m/records/{outcome.record_id}", "/m/bind/done"):
        refused = await phone.open(path)
        assert refused.status_code == 403
        assert world.employer.name not in refused.text


async def test_a_session_ends_with_the_binding(phone: Phone, world: World) -> None:
    await bound(world, world.graduate, phone.openid)
    assert "我的记录" in (await phone.arrive("/m/records")).text
    await unbind(world.graduate.actor, phone.openid)
    out = await phone.open("/m/records")
    assert "/connect/oauth2/authorize" in out.headers["location"]


async def test_a_binding_begun_from_a_record_leads_back_to_it(phone: Phone, world: World) -> None:
    outcome = await invite(world)
    page = await bind_on(phone, world.graduate, f"/m/records/{outcome.record_id}")
    assert page.status_code == 200
    assert world.employer.name in page.text


async def test_the_pages_fit_the_narrowest_phone(phone: Phone, world: World, browser: Browser) -> None:
    await bound(world, world.graduate, phone.openid)
    outcome = await invite(world, position_title="长" * 50, work_place="A" * 100, extra_terms="W" * 900)
    style = (Path(__file__).parents[2] / "api/pages/static/m.css").read_text()
    first = await phone.arrive("/m/bind/who")
    context = await browser.new_context(viewport={"width": 320, "height": 568})
    shown = await context.new_page()
    for page in (first, await phone.arrive("/m/records"), await phone.arrive(f"/m/records/{outcome.record_id}")):
        await shown.set_content(re.sub(r"<link[^>]*>", f"<style>{style}</style>", page.text))
        width = await shown.evaluate("document.documentElement.scrollWidth")
        assert width <= 320, page.url
    await context.close()
