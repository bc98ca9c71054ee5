"""Room: the WeChat client against the simulated platform over real HTTP: tokens, error codes, faults (W5, W6, D4)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from models.store import MemoryStore, RedisStore
from notifier.clients.transport import Http
from notifier.clients.wechat import WeChatClient, WeChatSceneQr, WeChatSignIn
from notifier.simulators.server import Sandbox, started
from notifier.verdicts import Kind, Mark, Verdict
from tests.harness.sandbox import control
from workflows.ports import OutsideFault, SceneCode, WebIdentity

ANNA = "oSample00000000000000000001"
SEND = "/cgi-bin/message/template/send"
TOKEN = "/cgi-bin/stable_token"
DATA = {"thing1": "示例软件有限公司", "time2": "2027年3月20日 23:59", "phrase3": "待应约"}


@pytest.fixture
async def sandbox(tmp_path: Path, http: httpx.AsyncClient) -> AsyncIterator[Sandbox]:
    async with started(tmp_path) as running:
        await control(http, running, "personas", [{"openid": ANNA, "name": "王小明", "mobile": "15400000001"}])
        await control(http, running, "wechat/options", {"receipts": False})
        yield running


@pytest.fixture
def client(sandbox: Sandbox, door: Http) -> WeChatClient:
    return WeChatClient(sandbox.wechat, MemoryStore(), door)


async def _fault(http: httpx.AsyncClient, sandbox: Sandbox, **fault: Any) -> None:
    await control(http, sandbox, "wechat/faults", [{"match": {"path": SEND}, **fault}])


async def _mailbox(http: httpx.AsyncClient, sandbox: Sandbox) -> Any:
    return (await http.get(f"{sandbox.url}/_control/wechat/mailbox")).json()


async def _templates(http: httpx.AsyncClient, sandbox: Sandbox) -> list[Any]:
    return [one for one in (await _mailbox(http, sandbox))["entries"] if one["kind"] == "template"]


async def _send(client: WeChatClient, key: str = "act:notice:1", openid: str = ANNA) -> Verdict:
    return await client.send_template(openid, "T1", DATA, url="http://127.0.0.1:9/m/1", client_msg_id=key)


async def test_a_template_message_reaches_the_chat_with_its_exact_id(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    verdict = await _send(client)
    (entry,) = await _templates(http, sandbox)
    assert verdict.kind is Kind.SENT
    assert verdict.provider_id == entry["msgid"]
    assert len(entry["msgid"]) == 19
    assert entry["data"] == DATA


async def test_the_same_client_msg_id_is_sent_once(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    first, second, other = await _send(client), await _send(client), await _send(client, "act:notice:2")
    assert first.provider_id == second.provider_id != other.provider_id
    assert len(await _templates(http, sandbox)) == 2


# --- tokens (W5) --------------------------------------------------------------------------------


async def test_fifty_senders_fetch_one_token(client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    verdicts = await asyncio.gather(*(_send(client, f"k{n}") for n in range(50)))
    assert {verdict.kind for verdict in verdicts} == {Kind.SENT}
    assert (await _mailbox(http, sandbox))["calls"][TOKEN] == 1


async def test_fifty_senders_with_an_expired_token_fetch_exactly_one_more(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    await _send(client, "before")
    await control(http, sandbox, "wechat/expire_token", None)
    verdicts = await asyncio.gather(*(_send(client, f"k{n}") for n in range(50)))
    assert {verdict.kind for verdict in verdicts} == {Kind.SENT}
    assert (await _mailbox(http, sandbox))["calls"][TOKEN] == 2
    assert len(await _templates(http, sandbox)) == 51


async def test_two_processes_share_one_token_and_one_refresh(
    sandbox: Sandbox, http: httpx.AsyncClient, door: Http, store: RedisStore
) -> None:
    two = [WeChatClient(sandbox.wechat, store, door) for _ in range(2)]
    await asyncio.gather(*(_send(two[n % 2], f"a{n}") for n in range(20)))
    assert (await _mailbox(http, sandbox))["calls"][TOKEN] == 1
    await control(http, sandbox, "wechat/expire_token", None)
    verdicts = await asyncio.gather(*(_send(two[n % 2], f"b{n}") for n in range(20)))
    assert {verdict.kind for verdict in verdicts} == {Kind.SENT}
    assert (await _mailbox(http, sandbox))["calls"][TOKEN] == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_token_refused_for_ever_costs_two_calls_a_message_and_stops_after_the_third(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient, code: int
) -> None:
    await _fault(http, sandbox, kind="errcode", code=code, count=100)

    async def calls_left() -> int:
        listed = (await http.get(f"{sandbox.url}/_control/wechat/faults")).json()["faults"]
        return int(listed[0]["count"])

    for left in (98, 96):
        verdict = await _send(client)
        assert (verdict.kind, verdict.cause.split()[0], verdict.alarm) == (Kind.RETRY, f"wechat_{code}", True)
        assert await calls_left() == left
    for left in (95, 95):
        stopped = await _send(client)
        assert (stopped.kind, stopped.cause, stopped.alarm) == (Kind.RETRY, "token_refused_repeatedly", True)
        assert stopped.retry_after is not None
        assert 0 < stopped.retry_after <= 60
        assert await calls_left() == left
    assert await _templates(http, sandbox) == []


async def test_a_token_used_up_by_its_time_is_renewed_before_the_call(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    """Inside the last five minutes the platform gives a new one; the old one is not carried to its end."""
    await control(http, sandbox, "wechat/options", {"token_seconds": 20})
    for n in range(3):
        assert (await _send(client, f"k{n}")).kind is Kind.SENT
    assert (await _mailbox(http, sandbox))["calls"][TOKEN] == 3


async def test_a_wrong_secret_closes_the_channel_and_alarms(sandbox: Sandbox, door: Http) -> None:
    wrong = sandbox.wechat.model_copy(update={"secret": SecretStr("not-the-secret")})
    verdict = await _send(WeChatClient(wrong, MemoryStore(), door))
    assert (verdict.kind, verdict.alarm) == (Kind.OTHER_CHANNEL, True)
    assert verdict.cause.startswith("wechat_40125")


async def test_a_platform_that_is_down_at_the_token_means_nothing_was_sent(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    for kind in ("reset", "half_body", "wrong_json"):
        await control(http, sandbox, "wechat/faults", [{"match": {"path": TOKEN}, "kind": kind}])
        verdict = await _send(client)
        assert verdict.kind is Kind.RETRY, kind
        assert verdict.cause.startswith("token_"), kind
    assert (await _send(client)).kind is Kind.SENT


# --- error codes (W6) ---------------------------------------------------------------------------

TABLE = [
    (-1, Kind.RETRY, None, False),
    (45011, Kind.RETRY, None, False),
    (40003, Kind.OTHER_CHANNEL, Mark.ADDRESS_DEAD, False),
    (43004, Kind.OTHER_CHANNEL, Mark.NOT_FOLLOWING, False),
    (43019, Kind.OTHER_CHANNEL, Mark.BLOCKED, False),
    (43101, Kind.OTHER_CHANNEL, Mark.REFUSED, False),
    (50002, Kind.OTHER_CHANNEL, Mark.BLOCKED, False),
    (45015, Kind.OTHER_CHANNEL, None, False),
    (45047, Kind.OTHER_CHANNEL, None, False),
    (45009, Kind.OTHER_CHANNEL, None, True),
    (48001, Kind.OTHER_CHANNEL, None, True),
    (40164, Kind.OTHER_CHANNEL, None, True),
    (40037, Kind.RETRY, None, True),
    (47001, Kind.DEAD, None, True),
    (47003, Kind.DEAD, None, True),
    (43100, Kind.DEAD, None, True),
    (99999, Kind.DEAD, None, True),
]


@pytest.mark.parametrize(("code", "kind", "mark", "alarm"), TABLE)
async def test_each_error_code_has_its_verdict(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient, code: int, kind: Kind, mark: Mark, alarm: bool
) -> None:
    await _fault(http, sandbox, kind="errcode", code=code)
    verdict = await _send(client)
    assert (verdict.kind, verdict.mark, verdict.alarm) == (kind, mark, alarm)
    assert verdict.cause.startswith(f"wechat_{code}")
    assert " rid " in verdict.cause
    assert ANNA not in verdict.cause


async def test_a_spent_daily_quota_opens_again_at_midnight_in_beijing(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient, clock: Any
) -> None:
    clock.at("2027-03-05T22:00:00+08:00")
    await _fault(http, sandbox, kind="errcode", code=45009)
    assert (await _send(client)).retry_after == pytest.approx(7200)


async def test_a_wrong_template_id_is_tried_once_more_only(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    await _fault(http, sandbox, kind="errcode", code=40037)
    verdict = await _send(client)
    assert (verdict.retry_after, verdict.tries) == (60, 1)


async def test_a_rejected_field_is_named_without_its_value(client: WeChatClient) -> None:
    verdict = await client.send_template(ANNA, "T1", {"thing1": "一" * 21}, client_msg_id="x")
    assert verdict.kind is Kind.DEAD
    assert verdict.cause.startswith("wechat_47003 thing1")
    assert "一" not in verdict.cause


# --- the wire fails (D4) ------------------------------------------------------------------------

WIRE = [
    ({"kind": "status", "status": 503}, Kind.RETRY, "http_503", 0),
    ({"kind": "status", "status": 502}, Kind.RETRY, "http_502", 0),
    ({"kind": "status", "status": 504}, Kind.UNKNOWN, "http_504", 0),
    ({"kind": "status", "status": 404}, Kind.DEAD, "http_404", 0),
    ({"kind": "reset"}, Kind.UNKNOWN, "connection_broken", 0),
    ({"kind": "half_body"}, Kind.UNKNOWN, "connection_broken", 1),
    ({"kind": "wrong_json"}, Kind.UNKNOWN, "bad_body", 1),
    ({"kind": "slow", "seconds": 0.3}, Kind.SENT, "", 1),
]


@pytest.mark.parametrize(("fault", "kind", "cause", "applied"), WIRE)
async def test_each_fault_of_the_wire_has_its_verdict(
    client: WeChatClient,
    sandbox: Sandbox,
    http: httpx.AsyncClient,
    fault: dict[str, Any],
    kind: Kind,
    cause: str,
    applied: int,
) -> None:
    await _fault(http, sandbox, **fault)
    verdict = await _send(client)
    assert (verdict.kind, verdict.cause) == (kind, cause)
    assert len(await _templates(http, sandbox)) == applied
    # whatever it was, the same id sent again ends in one message
    assert (await _send(client)).kind is Kind.SENT
    assert len(await _templates(http, sandbox)) == 1


async def test_applied_and_then_silent_is_unknown_within_the_time_limit(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    await _fault(http, sandbox, kind="applied_then_timeout", seconds=20)
    began = asyncio.get_running_loop().time()
    verdict = await _send(client)
    assert (verdict.kind, verdict.cause) == (Kind.UNKNOWN, "read_timeout")
    assert asyncio.get_running_loop().time() - began < 7
    assert (await _send(client)).kind is Kind.SENT
    assert len(await _templates(http, sandbox)) == 1


async def test_nobody_listening_means_not_sent(door: Http, sandbox: Sandbox) -> None:
    nowhere = sandbox.wechat.model_copy(update={"api_url": "http://127.0.0.1:9/wechat"})
    verdict = await _send(WeChatClient(nowhere, MemoryStore(), door))
    assert (verdict.kind, verdict.cause) == (Kind.RETRY, "token_connect_failed")


# --- the other calls ----------------------------------------------------------------------------


async def test_a_text_goes_only_while_the_window_is_open(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    assert (await client.send_text(ANNA, "您好")).cause.startswith("wechat_45015")
    await http.post(f"{sandbox.url}/phone/chat/{ANNA}/text", json={"value": "你好"})
    for _ in range(5):
        assert (await client.send_text(ANNA, "您好")).kind is Kind.SENT
    assert (await client.send_text(ANNA, "您好")).cause.startswith("wechat_45047")


async def test_a_menu_is_taken_and_a_wrong_one_is_our_mistake(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    menu = [{"name": "签约", "sub_button": [{"type": "click", "name": "收到的邀请", "key": "k"}]}]
    assert (await client.create_menu(menu)).kind is Kind.SENT
    shown = (await http.get(f"{sandbox.url}/phone/chat/{ANNA}")).json()["menu"]
    assert shown == menu
    assert (await client.create_menu([*menu, *menu, *menu, *menu])).kind is Kind.DEAD


async def test_a_scene_code_can_be_scanned(client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    made = await WeChatSceneQr(client).create("b_3fQ9x7Lk2")
    assert isinstance(made, SceneCode)
    assert (made.scene, made.url.startswith(sandbox.url)) == ("b_3fQ9x7Lk2", True)
    answer = await http.post(f"{sandbox.url}/phone/chat/{ANNA}/scan", json={"value": made.url})
    assert answer.json() == {"ok": True}
    lasting = await WeChatSceneQr(client).create_lasting("s_99001")
    assert isinstance(lasting, SceneCode)
    assert lasting.expires_at is None
    assert await WeChatSceneQr(client).create_lasting("s_99001") == lasting, "a lasting code is made once"
    await control(http, sandbox, "wechat/faults", [{"kind": "status", "count": None}])
    assert await WeChatSceneQr(client).create("b_other") is OutsideFault.UNAVAILABLE
    assert await WeChatSceneQr(client).create_lasting("s_99002") is OutsideFault.UNAVAILABLE


async def _code(sandbox: Sandbox, http: httpx.AsyncClient, openid: str) -> str:
    query = {
        "appid": sandbox.wechat.app_id,
        "redirect_uri": "http://127.0.0.1:9/m/return",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "s1",
        "openid": openid,
    }
    answer = await http.get(f"{sandbox.wechat.open_url}/connect/oauth2/authorize", params=query)
    assert answer.status_code == 302
    return httpx.URL(answer.headers["location"]).params["code"]


async def test_a_sign_in_code_gives_the_openid_once(
    sandbox: Sandbox, http: httpx.AsyncClient, door: Http, clock: Any
) -> None:
    sign_in = WeChatSignIn(sandbox.wechat, door)
    code = await _code(sandbox, http, ANNA)
    assert await sign_in.exchange(code) == WebIdentity(ANNA, snapshot=False)
    assert await sign_in.exchange(code) is OutsideFault.CODE_SPENT
    assert await sign_in.exchange("invented") is OutsideFault.CODE_SPENT
    late = await _code(sandbox, http, ANNA)
    clock.advance(minutes=5, seconds=1)
    assert await sign_in.exchange(late) is OutsideFault.CODE_SPENT


async def test_a_snapshot_visitor_is_told_apart(sandbox: Sandbox, http: httpx.AsyncClient, door: Http) -> None:
    await control(http, sandbox, "personas", [{"openid": ANNA, "snapshot": True}])
    identity = await WeChatSignIn(sandbox.wechat, door).exchange(await _code(sandbox, http, ANNA))
    assert isinstance(identity, WebIdentity)
    assert identity.snapshot
    assert identity.openid != ANNA


async def test_sign_in_says_unavailable_when_the_platform_is(
    sandbox: Sandbox, http: httpx.AsyncClient, door: Http
) -> None:
    for fault in ({"kind": "status"}, {"kind": "reset"}, {"kind": "wrong_json"}, {"kind": "errcode", "code": -1}):
        await control(http, sandbox, "wechat/faults", [fault])
        assert await WeChatSignIn(sandbox.wechat, door).exchange("any") is OutsideFault.UNAVAILABLE


async def test_no_token_secret_code_or_openid_is_logged(
    client: WeChatClient, sandbox: Sandbox, http: httpx.AsyncClient, door: Http, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await _send(client)
    await control(http, sandbox, "wechat/expire_token", None)
    await _send(client, "again")
    code = await _code(sandbox, http, ANNA)
    await WeChatSignIn(sandbox.wechat, door).exchange(code)
    token = await client._tokens.current()
    logged = "\n".join(record.getMessage() for record in caplog.records)
    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith(("aiohttp", "notifier"))
    )
    assert token.value not in logged + repr(token)
    assert sandbox.wechat.secret.get_secret_value() not in logged
    assert ANNA not in ours
    assert code not in ours
