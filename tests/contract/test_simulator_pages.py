"""Room: the sandbox's pages: sign-in (who may be sent where), the EMS ledger, the control address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from models.config import settings
from notifier.clients.transport import Http
from notifier.clients.upstream import Push, UpstreamClient
from notifier.simulators import wechat_rules
from notifier.simulators.config import from_settings
from notifier.simulators.server import Sandbox, started

ANNA = "oSample00000000000000000001"
BEN = "oSample00000000000000000002"
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def sandbox(tmp_path: Path, http: httpx.AsyncClient) -> AsyncIterator[Sandbox]:
    async with started(tmp_path, answer_limit=0.05) as running:
        people = [{"openid": ANNA, "name": "王<小>明"}, {"openid": BEN, "name": "李静"}]
        await http.post(f"{running.url}/_control/personas", json=people)
        yield running


def _query(sandbox: Sandbox, **changes: str) -> dict[str, str]:
    return {
        "appid": sandbox.wechat.app_id,
        "redirect_uri": "http://127.0.0.1:9/m/return?to=records",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "abc123",
        **changes,
    }


async def _authorize(
    http: httpx.AsyncClient, sandbox: Sandbox, headers: dict[str, str] | None = None, **changes: str
) -> httpx.Response:
    url = f"{sandbox.wechat.open_url}/connect/oauth2/authorize"
    return await http.get(url, params=_query(sandbox, **changes), headers=headers)


async def test_a_stranger_chooses_whose_phone_this_is(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    page = await _authorize(http, sandbox, HTML)
    assert page.status_code == 200
    assert "用谁的微信打开" in page.text
    assert "王&lt;小&gt;明" in page.text
    chosen = await http.post(str(page.url), data={"openid": BEN})
    assert chosen.status_code == 302
    assert "sandbox_wechat=" + BEN in chosen.headers["set-cookie"]
    assert "HttpOnly" in chosen.headers["set-cookie"]


async def test_the_chosen_phone_shows_who_goes_on_and_carries_code_and_state(
    sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    opened = await http.get(f"{sandbox.url}/phone/open", params={"openid": ANNA, "to": "http://127.0.0.1:9/m"})
    assert opened.headers["location"] == "http://127.0.0.1:9/m"
    page = await _authorize(http, sandbox, HTML)
    assert "正以 王&lt;小&gt;明 的微信打开" in page.text
    silent = await _authorize(http, sandbox)
    target = urlsplit(silent.headers["location"])
    query = parse_qs(target.query)
    assert (target.netloc, target.path, query["to"], query["state"]) == (
        "127.0.0.1:9",
        "/m/return",
        ["records"],
        ["abc123"],
    )
    assert len(query["code"]) == 1


async def test_a_phone_that_changes_hands_loses_the_service_session(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    async def cookies(openid: str) -> str:
        url = f"{sandbox.url}/phone/open"
        answer = await http.get(url, params={"openid": openid, "to": "http://127.0.0.1:9/m"})
        return " ".join(answer.headers.get_list("set-cookie"))

    assert "wq_grad" in await cookies(ANNA)
    assert await cookies(ANNA) == ""
    assert "wq_grad=" in await cookies(BEN)


@pytest.mark.parametrize(
    "changes",
    [
        {"appid": "wxother"},
        {"redirect_uri": "http://elsewhere.example/m"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "//127.0.0.1/m"},
        {"scope": "snsapi_login"},
        {"response_type": "token"},
        {"state": "with-dash"},
        {"state": "x" * 129},
    ],
)
async def test_a_sign_in_link_that_wechat_would_refuse_is_refused(
    sandbox: Sandbox, http: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    http.cookies.set("sandbox_wechat", ANNA, domain="127.0.0.1")
    answer = await _authorize(http, sandbox, HTML, **changes)
    assert answer.status_code == 400
    assert "打不开这个登录链接" in answer.text


async def test_the_phone_opens_web_links_only(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    for target in ("javascript:alert(1)", "file:///etc/passwd", ""):
        answer = await http.get(f"{sandbox.url}/phone/open", params={"openid": ANNA, "to": target})
        assert answer.status_code == 400


async def test_the_ledger_page_masks_id_numbers_and_escapes(
    sandbox: Sandbox, http: httpx.AsyncClient, door: Http
) -> None:
    client = UpstreamClient(sandbox.ems, door)
    number = "110000200501010015"
    empty = await http.get(f"{sandbox.url}/ems")
    assert "还没有收到上报" in empty.text
    columns = {"xm": "王小明", "byqx": "签就业协议形式就业", "dwmc": "<script>alert(1)</script>公司"}
    push = Push("push-1", 1, "99001", 2027, number, columns)
    await client.push_destination(push)
    await client.push_destination(push)
    page = (await http.get(f"{sandbox.url}/ems")).text
    assert number not in page
    assert "1100**********0015" in page
    assert "<script>" not in page
    assert "已登记" in page
    found = (await http.get(f"{sandbox.url}/ems", params={"q": "没有这个人"})).text
    assert "没有符合" in found


async def test_pages_carry_a_strict_policy(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    for path in ("/", "/ems", "/phone/static/phone.js"):
        answer = await http.get(sandbox.url + path)
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_control_address_says_what_it_does_not_understand(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    async def post(path: str, body: Any) -> int:
        return (await http.post(f"{sandbox.url}/_control/{path}", json=body)).status_code

    assert await post("wechat/faults", [{"kind": "explode"}]) == 400
    assert await post("wechat/faults", [{"kind": "slow", "second": 1}]) == 400
    assert await post("moon/faults", []) == 404
    assert await post("personas", {"openid": ANNA}) == 400
    assert await post("sms/options", {"speed": 1}) == 400
    assert (await http.get(f"{sandbox.url}/_control/health")).json()["ok"] is True


async def test_a_fault_meets_only_what_it_matches_and_is_used_up(
    sandbox: Sandbox, http: httpx.AsyncClient, door: Http
) -> None:
    url = f"{sandbox.url}/_control/ems/faults"
    fault = {"match": {"path": "/v1/destinations", "contains": "push-7"}, "kind": "status", "status": 500, "count": 2}
    await http.post(url, json=[fault])
    client = UpstreamClient(sandbox.ems, door)

    async def push(name: str, seq: int) -> str:
        return (await client.push_destination(Push(name, seq, "99001", 2027, "110000200501010015", {}))).cause

    assert [await push("push-6", 6), await push("push-7", 7), await push("push-7", 7)] == ["", "http_500", "http_500"]
    assert await push("push-7", 7) == ""
    assert (await http.get(url)).json() == {"faults": []}
    await http.post(url, json=[{"kind": "status", "count": None}])
    await http.delete(url)
    assert await push("push-8", 8) == ""


def test_the_sandbox_does_not_run_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WQ_PROFILE", "production")
    settings.cache_clear()
    try:
        with pytest.raises(RuntimeError, match="production"):
            from_settings()
    finally:
        monkeypatch.undo()
        settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("thing1", "一" * 20, "一" * 21),
        ("thing1", "示例单位", "第一行\n第二行"),
        ("thing2", "好", "好😀"),
        ("phrase3", "待应约", "单位已撤回邀请"),
        ("phrase3", "审核退回", "ok"),
        ("character_string4", "9900120270000017", "协议2027"),
        ("time5", "2027年3月20日 23:59", "尽快"),
        ("date6", "2027年3月20日", "明天"),
        ("number7", "12.5", "十二"),
        ("amount8", "¥8000元", "八千"),
        ("name9", "欧阳思远", "一二三四五六七八九十一"),
        ("phone_number10", "154****0001", "一五四"),
        ("unknown1", "", "x"),
    ],
)
def test_template_fields_keep_to_the_limits_of_their_type(name: str, good: str, bad: str) -> None:
    if good:
        assert wechat_rules.bad_field({name: {"value": good}}) is None
    assert wechat_rules.bad_field({name: {"value": bad}}) == name
    assert wechat_rules.bad_field({name: {"value": ""}}) == name
