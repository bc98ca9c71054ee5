"""Room: the dashboard's door: its sign-in pages and the check in front of Streamlit, over HTTP as a browser would."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from html import escape

import httpx
import pytest
from starlette.applications import Starlette

from dashboard import addresses
from dashboard.client import Client, Problem, intention
from dashboard.doorway import framed
from dashboard.signin import ROUTES
from models import kit
from models.parties import Party
from models.store import MemoryStore
from models.tables import Agreement
from tests.harness.sitting import use_service
from tests.harness.stack import Stack
from tests.harness.world import ALL_RW, PASSWORD, Desk, World, make_account, make_world, sign
from workflows import totp
from workflows.commands.accounts import create_account, disable_account
from workflows.commands.second_factor import begin_totp, confirm_totp
from workflows.commands.sessions import sign_out

NEW = "Neues-Wort-2028"
RECORD = "01a209de-1b46-7000-af88-8951e4d3e96d"


@pytest.fixture
async def door(stack: Stack, database: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without script at the real dashboard, which speaks to the real service."""
    missing = [name for name in ("serve", "dashboard") if name not in stack.children]
    await stack.start(*missing)
    use_service(stack.service_url)
    headers = {"Accept": "text/html,application/xhtml+xml"}
    async with httpx.AsyncClient(base_url=stack.dashboard_url, headers=headers, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world()


@pytest.fixture
async def clerk(world: World) -> Desk:
    """An account of its own for each test: tries are counted per account."""
    return await make_account(world.province, Party.SCHOOL, "学校用户", school_id=world.school_id)


async def sign_in(door: httpx.AsyncClient, username: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return await door.post("/auth/login", data={"username": username, "password": password, **more})


def me(token: str) -> dict[str, object]:
    return Client(token).get("/v1/me")


async def test_the_guide_is_downloaded_from_the_sign_in_page(door: httpx.AsyncClient) -> None:
    page = await door.get("/auth/login")
    assert f'href="{addresses.GUIDE}"' in page.text
    answer = await door.get(addresses.GUIDE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.content.startswith(b"%PDF-")


# --- who may enter -------------------------------------------------------------------------------


async def test_a_browser_without_cookie_is_led_to_sign_in_and_back_to_where_it_was(
    door: httpx.AsyncClient, clerk: Desk
) -> None:
    place = f"/review?flow=online_signing&id={RECORD}"
    asked = await door.get(place)
    assert asked.status_code == 303
    page = await door.get(asked.headers["location"])
    assert page.status_code == 200
    assert f'name="next" value="{escape(place)}"' in page.text
    answer = await sign_in(door, clerk.username, next=place)
    assert answer.headers["location"] == place


async def test_a_refresh_stays_signed_in(door: httpx.AsyncClient, clerk: Desk) -> None:
    assert (await sign_in(door, clerk.username)).headers["location"] == "/"
    for path in ("/", "/signing", "/review", "/employers", "/"):
        page = await door.get(path)
        assert page.status_code == 200, path
        assert '<html lang="zh-CN">' in page.text


async def test_the_page_is_ours_before_any_script_has_run(door: httpx.AsyncClient, clerk: Desk) -> None:
    await sign_in(door, clerk.username)
    page = await door.get("/", headers={"Accept-Encoding": "gzip", "If-None-Match": "*"})
    assert "<title>毕业去向登记与网上签约平台</title>" in page.text
    assert "wq-who" in page.text
    assert "enable JavaScript" not in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-length"] == str(len(page.content))


@pytest.mark.parametrize("path", ["/no-such-page", "/home/..%2f", "/review/deeper", "/signing.html"])
async def test_an_unknown_address_leads_to_the_first_page(door: httpx.AsyncClient, path: str) -> None:
    answer = await door.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    "onward",
    [
        "//evil.example", "https://evil.example/", "/\\evil.example", "/review?id=1", f"/review?id={RECORD}&x=1",
        f"/review?flow=//evil.example&id={RECORD}",
        f"/review?id={RECORD}\n", "/auth/logout", "javascript:alert(1)", "/signing#@evil.example",
        "/%2f/evil.example",
    ],
)  # fmt: skip
def test_only_addresses_of_ours_are_gone_to_after_signing_in(onward: str) -> None:
    assert addresses.own(onward) == "/"
    assert "evil" not in addresses.login(onward=onward)


async def test_a_crafted_sign_in_link_leads_nowhere_else(door: httpx.AsyncClient, clerk: Desk) -> None:
    page = await door.get("/auth/login", params={"next": "https://evil.example/", "said": "<script>"})
    assert "evil" not in page.text
    assert "<script>" not in page.text
    answer = await sign_in(door, clerk.username, next="//evil.example")
    assert answer.headers["location"] == "/"


# --- signing in ----------------------------------------------------------------------------------


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(door: httpx.AsyncClient, clerk: Desk) -> None:
    answer = await sign_in(door, clerk.username)
    cookie = answer.headers["set-cookie"]
    assert re.match(r"wq_staff=[A-Za-z0-9_-]{43};", cookie)
    for word in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert word in cookie
    assert "Secure" not in cookie, "a development server speaks plain HTTP"
    assert "Domain" not in cookie
    assert answer.headers["location"] == "/"


@pytest.fixture
def production() -> Iterator[None]:
    before = os.environ["WQ_PROFILE"]
    os.environ["WQ_PROFILE"] = "production"
    yield
    os.environ["WQ_PROFILE"] = before


async def test_in_production_the_cookie_travels_encrypted_only(
    door: httpx.AsyncClient, clerk: Desk, production: None
) -> None:
    app = httpx.ASGITransport(Starlette(routes=ROUTES))
    async with httpx.AsyncClient(transport=app, base_url="https://desk.test") as secure:
        answer = await sign_in(secure, clerk.username)
        assert "; Secure" in answer.headers["set-cookie"]


async def test_a_wrong_password_says_so_and_keeps_the_name(door: httpx.AsyncClient, clerk: Desk) -> None:
    answer = await sign_in(door, clerk.username, "falsch")
    assert answer.status_code == 401
    assert "用户名或密码不正确" in answer.text
    assert f'value="{clerk.username}"' in answer.text
    assert "falsch" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_what_was_typed_comes_back_as_text(door: httpx.AsyncClient) -> None:
    answer = await sign_in(door, '"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text


async def test_empty_fields_are_asked_for(door: httpx.AsyncClient) -> None:
    answer = await sign_in(door, "", "")
    assert answer.status_code == 422
    assert "请填写账号和密码。" in answer.text


async def test_a_disabled_account_is_told(door: httpx.AsyncClient, world: World) -> None:
    clerk = await make_account(world.province, Party.SCHOOL, "钱离任", school_id=world.school_id)
    await disable_account(world.province, clerk.actor.id, confirmed=True)
    answer = await sign_in(door, clerk.username)
    assert answer.status_code == 401
    assert "该账号已停用" in answer.text


async def test_an_account_with_a_second_factor_is_asked_for_its_code(door: httpx.AsyncClient, world: World) -> None:
    clerk = await make_account(world.province, Party.SCHOOL, "吴双重", school_id=world.school_id)
    begun = await begin_totp(clerk.actor, PASSWORD, counter=MemoryStore())
    step = totp.step_of(kit.now())
    await confirm_totp(clerk.actor, totp.code_at(begun.secret, step - 1), counter=MemoryStore())
    asked = await sign_in(door, clerk.username)
    assert (asked.status_code, "set-cookie" in asked.headers) == (401, False)
    assert "请填写手机身份验证器上显示的 6 位数字" in asked.text
    opened = await sign_in(door, clerk.username, code=totp.code_at(begun.secret, step))
    assert opened.status_code == 303, opened.text


async def test_too_many_tries_are_slowed_down(door: httpx.AsyncClient, world: World) -> None:
    clerk = await make_account(world.province, Party.SCHOOL, "孙急切", school_id=world.school_id)
    for _ in range(10):
        assert (await sign_in(door, clerk.username)).status_code == 303
    answer = await sign_in(door, clerk.username)
    assert answer.status_code == 429
    assert "稍后再试" in answer.text


async def test_a_service_out_of_reach_is_said_at_the_door(door: httpx.AsyncClient, free_port: int) -> None:
    use_service(f"http://127.0.0.1:{free_port}")
    app = httpx.ASGITransport(Starlette(routes=ROUTES))
    async with httpx.AsyncClient(transport=app, base_url="http://desk.test") as away:
        answer = await sign_in(away, "somebody")
        assert answer.status_code == 503
        assert "暂时连不上服务" in answer.text
        away.cookies.set("wq_staff", "x" * 43)
        assert "暂时连不上服务" in (await away.get("/auth/password")).text
        left = await away.get("/auth/logout")
        assert 'wq_staff=""' in left.headers["set-cookie"], "the cookie goes even so"


# --- other sites ---------------------------------------------------------------------------------

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_site_can_neither_sign_in_nor_change_a_password(
    door: httpx.AsyncClient, clerk: Desk, headers: dict[str, str]
) -> None:
    data = {"username": clerk.username, "password": PASSWORD}
    answer = await door.post("/auth/login", data=data, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "页面已过期" in answer.text
    await sign_in(door, clerk.username)
    change = {"password": PASSWORD, "new": NEW, "again": NEW}
    assert (await door.post("/auth/password", data=change, headers=headers)).status_code == 403
    assert (await sign_in(door, clerk.username)).status_code == 303


async def test_a_link_on_another_site_signs_nobody_out(door: httpx.AsyncClient, clerk: Desk) -> None:
    await sign_in(door, clerk.username)
    token = door.cookies["wq_staff"]
    answer = await door.get("/auth/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert me(token)["party"] == "school"


async def test_a_body_that_no_form_of_ours_has_is_refused_unread(door: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"username=" + b"x" * 20_000

    assert (await door.post("/auth/login", data={"username": "x" * 20_000})).status_code == 413
    content = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await door.post("/auth/login", content=endless(), headers=content)).status_code == 413
    files = {"username": ("a.txt", b"x")}
    assert (await door.post("/auth/login", files=files)).status_code == 400


# --- leaving, passwords --------------------------------------------------------------------------


async def test_signing_out_ends_the_session_at_the_service_too(door: httpx.AsyncClient, clerk: Desk) -> None:
    await sign_in(door, clerk.username)
    token = door.cookies["wq_staff"]
    answer = await door.get("/auth/logout", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.headers["location"] == "/auth/login?said=out"
    assert "wq_staff" not in door.cookies
    assert "您已退出登录" in (await door.get(answer.headers["location"])).text
    with pytest.raises(Problem) as refused:
        me(token)
    assert refused.value.status == 401
    assert (await door.get("/")).headers["location"] == "/auth/login"


async def test_a_first_password_is_changed_before_anything_else(door: httpx.AsyncClient, world: World) -> None:
    form = {"username": f"new.{kit.new_id().hex[-12:]}", "display_name": "王新手", "level": "all", **ALL_RW}
    made = await create_account(world.province, Party.SCHOOL, form, school_id=world.school_id, password=PASSWORD)
    assert (await sign_in(door, made.username)).headers["location"] == "/auth/password"
    assert "首次登录，请先设置新密码" in (await door.get("/auth/password")).text

    async def change(old: str, new: str, again: str) -> httpx.Response:
        return await door.post("/auth/password", data={"password": old, "new": new, "again": again})

    assert "两次输入的新密码不一致" in (await change(PASSWORD, NEW, NEW + "x")).text
    wrong = await change("falsch", NEW, NEW)
    assert (wrong.status_code, "原密码不正确" in wrong.text) == (422, True)
    assert "密码应为 10 至 128 个字符" in (await change(PASSWORD, "kurz", "kurz")).text
    token = door.cookies["wq_staff"]
    assert me(token)["must_change"] is True
    done = await change(PASSWORD, NEW, NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert me(token)["must_change"] is False, "the same session goes on"
    assert "返回首页" in (await door.get("/auth/password")).text
    assert (await sign_in(door, made.username)).status_code == 401
    assert (await sign_in(door, made.username, NEW)).status_code == 303


async def test_a_session_that_has_ended_leads_from_the_password_page_to_sign_in(
    door: httpx.AsyncClient, clerk: Desk
) -> None:
    for token in ("", "两个字", "x" * 43):
        door.cookies.clear()
        headers = {"Cookie": f"wq_staff={token}".encode()} if token else {}
        answer = await door.get("/auth/password", headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/auth/login?said=ended")
    await sign_in(door, clerk.username)
    await sign_out(door.cookies["wq_staff"])
    change = {"password": PASSWORD, "new": NEW, "again": NEW}
    answer = await door.post("/auth/password", data=change)
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/login?said=ended")
    assert "已提交的操作不受影响" in (await door.get(answer.headers["location"])).text


# --- the page and the key ------------------------------------------------------------------------


def test_only_the_frame_of_the_page_is_changed() -> None:
    page = framed(
        '<html lang="en"><title>Streamlit</title><noscript>You need\n scripts</noscript><div id="root"></div>'
    )
    assert page.startswith('<html lang="zh-CN"><title>毕业去向登记与网上签约平台</title><style>')
    assert page.endswith('<noscript>请在浏览器中启用脚本后使用本平台。</noscript><div id="root"></div>')
    assert framed("<p>other</p>") == "<p>other</p>"


def test_the_same_wish_has_the_same_key_and_another_wish_another() -> None:
    wish = ("online_signing", RECORD, "reject", 2, {"reason": "other", "reason_text": "说明"})
    same = ("online_signing", RECORD, "reject", 2, {"reason_text": "说明", "reason": "other"})
    assert intention(*wish) == intention(*same)
    assert re.fullmatch(r"[\x21-\x7e]{8,80}", intention(*wish))
    others = [
        ("online_signing", RECORD, "reject", 3, wish[4]),
        ("online_signing", RECORD, "approve", 2, wish[4]),
        ("online_signing", RECORD, "reject", 2, {"reason": "other", "reason_text": "说明。"}),
    ]
    assert len({intention(*o) for o in (wish, *others)}) == 4


# --- files ---------------------------------------------------------------------------------------


async def test_a_clerk_downloads_the_agreement_and_is_told_why_when_there_is_none(
    door: httpx.AsyncClient, world: World, clerk: Desk
) -> None:
    number = (await Agreement.get(record_id=(await sign(world)).record_id)).number
    path = f"{addresses.PAPERS}/{number}"
    turned_away = await door.get(path)
    assert (turned_away.status_code, turned_away.headers["location"]) == (303, "/auth/login?said=ended")
    await sign_in(door, clerk.username)
    answer = await door.get(path)
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{number}.pdf"')
    assert answer.headers["x-content-type-options"] == "nosniff"
    for strange in ("99999202700000011", "1", "..%2Fme"):
        missing = await door.get(f"{addresses.PAPERS}/{strange}")
        assert missing.status_code in (303, 400, 404)
        assert b"%PDF" not in missing.content
    assert "没有找到" in (await door.get(f"{addresses.PAPERS}/1")).text
