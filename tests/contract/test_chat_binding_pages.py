"""Room: coming in by the simulated WeChat sign-in, and binding, over HTTP."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from quart import Quart

from models.config import settings
from models.tables import Binding, OutboxRow, Record, Token
from notifier.simulators.server import Sandbox
from tests.harness.chat import bound
from tests.harness.phone import (  # noqa: F401  fixtures are found by their names
    Phone,
    bind_on,
    code_for,
    pages_fixture,
    phone_fixture,
    phone_of,
)
from tests.harness.world import World, invite, make_world


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


async def test_a_graduate_binds_on_the_phone(phone: Phone, world: World) -> None:
    first = await phone.arrive("/m/bind")
    assert first.status_code == 200
    assert "第 1 步" in first.text
    second = await phone.submit(first, name=world.graduate.name, id_number=world.graduate.id_number)
    assert (second.status_code, second.headers["location"]) == (303, "/m/bind/code")
    asked = await phone.follow(second)
    assert "如果您填写的信息与学校名单一致" in asked.text
    assert world.graduate.mobile[-4:] not in asked.text
    proved = await phone.submit(asked, code=await code_for(world.graduate))
    confirm = await phone.follow(proved)
    assert world.graduate.name in confirm.text
    assert world.school_name in confirm.text
    assert world.graduate.id_number not in confirm.text
    done = await phone.follow(await phone.submit(confirm))
    assert "已绑定" in done.text
    row = await Binding.get(graduate_id=world.graduate.id, ended_at=None)
    assert row.openid == phone.openid
    assert "还没有任何记录" in (await phone.open("/m/records")).text


async def test_pages_and_cookies_are_closed_as_they_should_be(phone: Phone, world: World) -> None:
    out = await phone.open("/m/bind")
    assert out.headers["location"].startswith(
        f"{settings().wechat.open_url}/connect/oauth2/authorize?appid={settings().wechat.app_id}&redirect_uri="
    )
    assert out.headers["location"].endswith("#wechat_redirect")
    assert "scope=snsapi_base" in out.headers["location"]
    arrived = await phone.follow(await phone.follow(out))
    for answer in (out, arrived):
        assert answer.headers["cache-control"] == "no-store"
        for cookie in answer.headers.get_list("set-cookie"):
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie
    page = arrived
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert phone.openid not in page.text
    assert '<html lang="zh-CN">' in page.text
    css = await phone.open(re.search(r'href="(/m/static/m.css[^"]*)"', page.text)[1])  # type: ignore[index]
    assert css.headers["content-type"].startswith("text/css")
    assert "immutable" in css.headers["cache-control"]
    names = {cookie.name for cookie in phone.browser.cookies.jar}
    assert phone.openid not in "".join(str(cookie.value) for cookie in phone.browser.cookies.jar)
    assert names <= {"wq_browser", "wq_visit", "wq_grad"}
    await bind_on(phone, world.graduate)
    assert "wq_grad" in {cookie.name for cookie in phone.browser.cookies.jar}


async def test_the_answer_is_the_same_whether_the_person_exists(phone: Phone, world: World) -> None:
    texts = []
    for name, number in (
        (world.graduate.name, world.graduate.id_number),
        ("无此人", world.graduates[1].id_number),
        ("无此人", "110000200501010015"),
    ):
        first = await phone.arrive("/m/bind")
        second = await phone.submit(first, name=name, id_number=number)
        assert (second.status_code, second.headers["location"]) == (303, "/m/bind/code")
        asked = await phone.follow(second)
        wrong = await phone.submit(asked, code="123456")
        texts.append([re.sub(r'value="[^"]+"', "", page.text) for page in (asked, wrong)])
        assert wrong.status_code == 422
    assert texts[0] == texts[1] == texts[2]


async def test_faults_stand_at_their_fields_and_what_was_typed_stays(phone: Phone) -> None:
    first = await phone.arrive("/m/bind")
    again = await phone.submit(first, name="赵<b>一", id_number="12")
    assert again.status_code == 422
    assert 'aria-invalid="true"' in again.text
    assert "用其他证件的，请先选择证件类型" in again.text
    assert "赵&lt;b&gt;一" in again.text


async def test_a_second_code_within_the_minute_is_refused_with_the_reason(phone: Phone, world: World) -> None:
    first = await phone.arrive("/m/bind")
    await phone.submit(first, name=world.graduate.name, id_number=world.graduate.id_number)
    again = await phone.submit(
        await phone.open("/m/bind/who"), name=world.graduate.name, id_number=world.graduate.id_number
    )
    assert again.status_code == 429
    assert "一分钟内只能获取一次" in again.text


async def test_steps_cannot_be_skipped(phone: Phone, world: World) -> None:
    await phone.arrive("/m/bind")
    assert (await phone.open("/m/bind/code")).headers["location"] == "/m/bind/who"
    assert (await phone.open("/m/bind/confirm")).headers["location"] == "/m/bind/code"
    first = await phone.open("/m/bind/who")
    mark = re.search(r'name="csrf" value="([^"]+)"', first.text)
    assert mark
    skipped = await phone.browser.post("/m/bind/confirm", data={"csrf": mark[1]})
    assert skipped.headers["location"] == "/m/bind/code"
    assert not await Binding.filter(openid=phone.openid).exists()


async def test_a_form_that_is_not_ours_is_refused(phone: Phone, world: World) -> None:
    first = await phone.arrive("/m/bind")
    mark = re.search(r'name="csrf" value="([^"]+)"', first.text)
    assert mark
    fields = {"name": world.graduate.name, "id_number": world.graduate.id_number}
    for value in ("", "x", mark[1][:-2] + "zz"):
        refused = await phone.browser.post("/m/bind/who", data={"csrf": value, **fields})
        assert refused.status_code == 403
        assert "页面已过期" in refused.text
    stolen = phone.browser.cookies.get("wq_visit")
    assert stolen
    phone.browser.cookies.delete("wq_visit")
    refused = await phone.browser.post("/m/bind/who", data={"csrf": mark[1], **fields})
    assert refused.status_code == 403
    assert not await OutboxRow.filter(recipient=world.graduate.id).exists()


async def test_a_snapshot_visitor_is_not_bound(pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    phone = await phone_of(pages, sandbox, http, snapshot=True)
    page = await phone.arrive("/m/bind")
    assert page.status_code == 403
    assert "使用完整服务" in page.text
    assert "wq_visit" not in {cookie.name for cookie in phone.browser.cookies.jar}
    await phone.browser.aclose()


async def test_a_state_serves_once_and_only_its_own_browser(
    pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient, phone: Phone, world: World
) -> None:
    await bound(world, world.graduate, phone.openid)
    back = await phone.signed_in((await phone.open("/m/records")).headers["location"])
    attacker = await phone_of(pages, sandbox, http)
    lured = await attacker.open(back)
    assert "/connect/oauth2/authorize" in lured.headers["location"], "sent round once more, as itself"
    assert "wq_grad" not in {cookie.name for cookie in attacker.browser.cookies.jar}
    spent = await phone.open(back)
    assert spent.status_code == 403
    assert "重新进入" in spent.text
    for query in ("", "?code=1", "?state=", "?state=" + "0" * 32 + "&code=1"):
        assert (await phone.open(f"/m/oauth{query}")).status_code == 403
    await attacker.browser.aclose()


async def test_a_browser_that_loses_its_cookie_is_sent_round_once(phone: Phone) -> None:
    first = await phone.open("/m/bind")
    back = await phone.signed_in(first.headers["location"])
    phone.browser.cookies.clear()
    second = await phone.open(back)
    assert second.status_code == 303
    back = await phone.signed_in(second.headers["location"])
    phone.browser.cookies.clear()
    assert (await phone.open(back)).status_code == 403


async def test_two_tabs_can_come_in_side_by_side(phone: Phone) -> None:
    one, two = await phone.open("/m/bind"), await phone.open("/m/bind")
    for out in (one, two):
        back = await phone.open(await phone.signed_in(out.headers["location"]))
        assert (back.status_code, back.headers["location"]) == (303, "/m/bind/who")


async def test_a_used_sign_in_code_begins_the_sign_in_again(phone: Phone) -> None:
    out = await phone.open("/m/bind")
    back = await phone.signed_in(out.headers["location"])
    code = parse_qs(urlsplit(back).query)["code"][0]
    await phone.open(back)
    other = await phone.open("/m/bind")
    state = parse_qs(urlsplit(other.headers["location"]).query)["state"][0]
    again = await phone.open(f"/m/oauth?code={code}&state={state}")
    assert "/connect/oauth2/authorize" in again.headers["location"]
    state = parse_qs(urlsplit(again.headers["location"]).query)["state"][0]
    assert (await phone.open(f"/m/oauth?code={code}&state={state}")).status_code == 503


async def test_there_is_no_way_out_to_a_foreign_address(phone: Phone, world: World) -> None:
    await bound(world, world.graduate, phone.openid)
    await phone.open("/m/records/..%2f..%2fevil")
    await phone.open("/m/records?next=https://evil.example")
    await phone.arrive("/m/records")
    for minted in await Token.filter(kind="oauth_state"):
        assert minted.payload["target"].startswith("/m/")


async def test_a_bound_person_who_opens_the_binding_page_reads_so(phone: Phone, world: World) -> None:
    await bound(world, world.graduate, phone.openid)
    page = await phone.arrive("/m/bind")
    assert "已绑定" in page.text
    assert world.graduate.name in page.text


async def test_an_account_that_stands_for_somebody_else_is_told_the_way(phone: Phone, world: World) -> None:
    other = world.graduates[1]
    first = await phone.arrive("/m/bind")
    second = await phone.follow(await phone.submit(first, name=other.name, id_number=other.id_number))
    third = await phone.follow(await phone.submit(second, code=await code_for(other)))
    await bound(world, world.graduate, phone.openid)
    refused = await phone.submit(third)
    assert refused.status_code == 409
    assert "解绑" in refused.text


async def test_every_form_of_the_phone_pages_asks_for_its_mark(pages: Quart, phone: Phone, world: World) -> None:
    """Read from the route table, so that a new form cannot be forgotten; signed in, so that nothing else stops it."""
    await bind_on(phone, world.graduate)
    invited = await invite(world)
    values = {"flow": "destination", "action": "submit", "record_id": str(invited.record_id)}
    seen = set()
    for rule in pages.url_map.iter_rules():
        if not rule.rule.startswith("/m/") or "POST" not in (rule.methods or ()):
            continue
        chosen = values | ({"action": "refuse"} if "record_id" in rule.arguments else {})
        path = pages.url_map.bind("test").build(rule.endpoint, {k: chosen[k] for k in rule.arguments}, "POST")
        seen.add(rule.rule)
        for forged in ({}, {"csrf": ""}, {"csrf": "x" * 64}):
            answer = await phone.browser.post(path, data=forged, files=[("none", ("", b""))])
            assert answer.status_code == 403, (path, answer.status_code)
    assert len(seen) >= 7
    assert [row.state for row in await Record.filter(graduate_id=world.graduate.id)] == ["invited"]
