"""Room: the phone pages over HTTP: coming in by the simulated WeChat sign-in, binding, reading a record."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser
from quart import Quart

from api.pages.my_records import blueprint
from api.service import create
from api.wiring import EXTENSION, Wiring
from models import db
from models.config import settings
from models.store import close_store
from models.store import store as house_store
from models.tables import Binding, OutboxRow, Record, Token
from models.vault import unseal
from notifier.clients.registry import RegistryClient
from notifier.clients.transport import open_http
from notifier.clients.wechat import WeChatClient, WeChatSceneQr, WeChatSignIn
from notifier.simulators.server import Sandbox, started
from tests.harness.chat import bound, new_openid
from tests.harness.world import Person, World, add_graduates, invite, make_employer, make_world, sign
from workflows.commands.bindings import unbind
from workflows.commands.deliveries import CODE_PLACE
from workflows.commands.warnings import mark_employer

BASE = "http://127.0.0.1:8000"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_http() as opened:
        yield opened


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with started(tmp_path) as running:
        yield running


@pytest.fixture
async def pages(database: str, sandbox: Sandbox, http: httpx.AsyncClient) -> AsyncIterator[Quart]:
    app = create(db.is_unavailable, pages=(blueprint,))
    wechat = WeChatClient(sandbox.wechat, house_store(), http)

    async def ready() -> list[str]:
        return []

    app.extensions[EXTENSION] = Wiring(
        not_ready=ready,
        web_sign_in=WeChatSignIn(sandbox.wechat, http),
        registry=RegistryClient(sandbox.registry_url, http),
        scene_qr=WeChatSceneQr(wechat),
    )
    yield app
    await close_store()


@dataclass
class Phone:
    """One WeChat account with its browser: cookies, the pages, the sign-in."""

    browser: httpx.AsyncClient
    sandbox: Sandbox
    outside: httpx.AsyncClient
    openid: str

    async def open(self, path: str) -> httpx.Response:
        return await self.browser.get(path)

    async def arrive(self, path: str) -> httpx.Response:
        """Open a page and follow every redirect, through WeChat's sign-in and back."""
        answer = await self.open(path)
        for _ in range(8):
            if answer.status_code not in (302, 303):
                return answer
            answer = await self.follow(answer)
        raise AssertionError("the pages go round in circles")

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        target = answer.headers["location"]
        if "/connect/oauth2/authorize" not in target:
            return await self.open(target)
        return await self.open(await self.signed_in(target))

    async def signed_in(self, authorize: str) -> str:
        """Where WeChat sends the browser back to."""
        parts = urlsplit(authorize)
        url = f"{self.sandbox.wechat.open_url}/connect/oauth2/authorize?{parts.query}&openid={self.openid}"
        answer = await self.outside.get(url)
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert (back.scheme, back.netloc, back.path) == ("http", "127.0.0.1:8000", "/m/oauth")
        return f"{back.path}?{back.query}"

    async def submit(self, page: httpx.Response, **values: str) -> httpx.Response:
        """Fill in the page's form and send it."""
        action = re.search(r'<form method="post" action="([^"]+)"', page.text)
        mark = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert action
        assert mark, page.text
        return await self.browser.post(action[1], data={"csrf": mark[1], **values})


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


async def phone_of(pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient, **persona: object) -> Phone:
    openid = str(persona.pop("openid", "") or new_openid())
    body = [{"openid": openid, "name": "访客", **persona}]
    answer = await http.post(f"{sandbox.url}/_control/personas", json=body)
    assert answer.status_code < 300, answer.text
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url=BASE)
    return Phone(browser, sandbox, http, openid)


@pytest.fixture
async def phone(pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient) -> AsyncIterator[Phone]:
    made = await phone_of(pages, sandbox, http)
    yield made
    await made.browser.aclose()


async def code_for(person: Person) -> str:
    row = await OutboxRow.filter(recipient=person.id, notice="one_time_code").order_by("-id").first()
    assert row is not None
    return unseal(CODE_PLACE, row.params["code"])


async def bind_on(phone: Phone, person: Person, path: str = "/m/bind") -> httpx.Response:
    """The whole way; the page on which it ends."""
    first = await phone.arrive(path)
    second = await phone.follow(await phone.submit(first, name=person.name, id_number=person.id_number))
    third = await phone.follow(await phone.submit(second, code=await code_for(person)))
    assert person.name in third.text
    done = await phone.submit(third)
    assert done.status_code == 303, done.text
    return await phone.follow(done)


# --- coming in and binding -----------------------------------------------------------------------


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
    assert "请填写证件号码" in again.text
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


# --- reading a record ----------------------------------------------------------------------------


async def test_a_link_leads_through_the_sign_in_to_the_record(phone: Phone, world: World) -> None:
    await bound(world, world.graduate, phone.openid)
    firm = world.employer
    await mark_employer(world.school, {"employer_name": firm.name, "employer_uscc": firm.uscc}, ["false_advertising"])
    outcome = await invite(
        world, service_months=24, penalty=5000, extra_terms="第一行\n<script>alert(1)</script>", probation_months=3
    )
    page = await phone.arrive(f"/m/records/{outcome.record_id}")
    assert page.status_code == 200
    for part in (firm.name, "软件工程师", "9000 元", "服务期 24 个月", "违约金 5000 元", "试用期 3 个月", "虚假宣传"):
        assert part in page.text, part
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
