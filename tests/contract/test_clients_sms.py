"""Room: the SMS client against the simulated gateway over real HTTP: signature, codes, faults, receipts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from notifier.clients.sms import TencentSms, meaning_of
from notifier.clients.transport import Http, open_http
from notifier.simulators.server import Sandbox
from notifier.verdicts import Kind, Mark
from tests.harness.sandbox import control

MOBILE = "15400000001"


@pytest.fixture
async def door() -> AsyncIterator[Http]:
    async with open_http(read_timeout=0.8) as opened:
        yield opened


@pytest.fixture
def client(sandbox: Sandbox, door: Http) -> TencentSms:
    return TencentSms(sandbox.sms, door)


async def _texts(http: httpx.AsyncClient, sandbox: Sandbox) -> list[Any]:
    return list((await http.get(f"{sandbox.url}/_control/sms/mailbox?mobile={MOBILE}")).json()["texts"])


async def test_a_text_arrives_in_the_inbox_as_the_template_says(
    client: TencentSms, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    await control(
        http, sandbox, "sms/templates", [{"template_id": "100001", "text": "验证码{1}，{2}分钟内有效。㛃𠮷䶮"}]
    )
    verdict = await client.send(MOBILE, "100001", ["402913", "10"], context="outbox:7")
    (text,) = await _texts(http, sandbox)
    assert (verdict.kind, verdict.provider_id) == (Kind.SENT, text["serial"])
    assert text["text"] == "【智慧就业】验证码402913，10分钟内有效。㛃𠮷䶮"
    assert (text["params"], text["context"]) == (["402913", "10"], "outbox:7")


async def test_a_wrong_key_is_no_reason_to_give_up_the_text(
    sandbox: Sandbox, http: httpx.AsyncClient, door: Http
) -> None:
    wrong = sandbox.sms.model_copy(update={"key": SecretStr("OTHER")})
    verdict = await TencentSms(wrong, door).send(MOBILE, "1", ["1"])
    assert (verdict.kind, verdict.cause, verdict.alarm) == (Kind.RETRY, "sms_AuthFailure.SignatureFailure", True)
    stranger = sandbox.sms.model_copy(update={"id": "AKIDOTHER"})
    assert (await TencentSms(stranger, door).send(MOBILE, "1", ["1"])).cause == "sms_AuthFailure.SecretIdNotFound"
    assert await _texts(http, sandbox) == []


async def test_an_old_or_changed_call_is_refused(sandbox: Sandbox, http: httpx.AsyncClient, clock: Any) -> None:
    from notifier.clients.sms_signing import tc3_headers

    host = httpx.URL(sandbox.url).netloc.decode()
    stamp = int(clock.moment.timestamp())
    headers = tc3_headers(
        secret_id=sandbox.sms.id,
        secret=sandbox.sms.key.get_secret_value(),
        service="sms",
        host=host,
        action="SendSms",
        version="2021-01-11",
        payload=b"{}",
        timestamp=stamp,
    )

    async def code(body: bytes) -> str:
        answer = await http.post(sandbox.sms.url, content=body, headers=headers)
        return str(answer.json()["Response"]["Error"]["Code"])

    assert await code(b"{}") == "InvalidParameter"  # signed right, only the body is wanting
    assert await code(b"{ }") == "AuthFailure.SignatureFailure"
    clock.advance(seconds=301)
    assert await code(b"{}") == "AuthFailure.SignatureExpire"


@pytest.mark.parametrize(
    ("mobile", "kind", "mark"),
    [
        ("15400009991", Kind.DEAD, Mark.BLOCKED),
        ("15400009992", Kind.RETRY, None),
        ("15400009993", Kind.DEAD, Mark.ADDRESS_DEAD),
    ],
)
async def test_magic_numbers_are_refused_each_in_its_way(
    client: TencentSms, mobile: str, kind: Kind, mark: Mark | None
) -> None:
    verdict = await client.send(mobile, "1", ["1"])
    assert (verdict.kind, verdict.mark) == (kind, mark)


async def test_the_platforms_rules_on_content_hold_in_the_sandbox_too(client: TencentSms) -> None:
    assert (await client.send(MOBILE, "1", ["https://example.com"])).cause.endswith("UrlInTemplateParameter")
    assert (await client.send(MOBILE, "1", ["面试"])).cause == "sms_FailedOperation.ContainSensitiveWord"


async def test_the_same_text_within_thirty_seconds_waits(client: TencentSms, clock: Any) -> None:
    assert (await client.send(MOBILE, "1", ["3月20日"])).kind is Kind.SENT
    again = await client.send(MOBILE, "1", ["3月20日"])
    assert (again.kind, again.retry_after) == (Kind.RETRY, 30)
    assert (await client.send(MOBILE, "1", ["3月21日"])).kind is Kind.SENT
    clock.advance(seconds=31)
    assert (await client.send(MOBILE, "1", ["3月20日"])).kind is Kind.SENT


@pytest.mark.parametrize(
    ("fault", "kind", "cause", "applied"),
    [
        ({"kind": "status", "status": 500}, Kind.RETRY, "http_500", 0),
        ({"kind": "status", "status": 504}, Kind.UNKNOWN, "http_504", 0),
        ({"kind": "reset"}, Kind.UNKNOWN, "connection_broken", 0),
        ({"kind": "half_body"}, Kind.UNKNOWN, "connection_broken", 1),
        ({"kind": "wrong_json"}, Kind.UNKNOWN, "bad_body", 1),
        ({"kind": "slow", "seconds": 0.2}, Kind.SENT, "", 1),
        ({"kind": "applied_then_timeout", "seconds": 20}, Kind.UNKNOWN, "read_timeout", 1),
        ({"kind": "errcode", "code": "RequestLimitExceeded"}, Kind.RETRY, "sms_RequestLimitExceeded", 0),
        (
            {"kind": "errcode", "code": "FailedOperation.TemplateIncorrectOrUnapproved"},
            Kind.DEAD,
            "sms_FailedOperation.TemplateIncorrectOrUnapproved",
            0,
        ),
    ],
)
async def test_each_fault_of_the_wire_has_its_verdict(
    client: TencentSms,
    sandbox: Sandbox,
    http: httpx.AsyncClient,
    fault: dict[str, Any],
    kind: Kind,
    cause: str,
    applied: int,
) -> None:
    await control(http, sandbox, "sms/faults", [fault])
    verdict = await client.send(MOBILE, "1", ["1"])
    assert (verdict.kind, verdict.cause) == (kind, cause)
    assert len(await _texts(http, sandbox)) == applied


@pytest.mark.parametrize(
    ("code", "kind", "pause", "alarm"),
    [
        ("InternalError.Timeout", Kind.RETRY, 5, False),
        ("InternalError.SendAndRecvFail", Kind.RETRY, 5, False),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Kind.RETRY, 30, False),
        ("LimitExceeded.PhoneNumberOneHourLimit", Kind.RETRY, 3600, False),
        ("LimitExceeded.DeliveryFrequencyLimit", Kind.RETRY, 60, False),
        ("FailedOperation.SignatureIncorrectOrUnapproved", Kind.DEAD, None, True),
        ("FailedOperation.InsufficientBalanceInSmsPackage", Kind.RETRY, 1800, True),
        ("AuthFailure.SignatureExpire", Kind.RETRY, 60, True),
        ("InvalidParameterValue.TemplateParameterLengthLimit", Kind.DEAD, None, True),
        ("", Kind.DEAD, None, True),
    ],
)
def test_each_code_has_its_meaning(code: str, kind: Kind, pause: float | None, alarm: bool) -> None:
    verdict = meaning_of(code)
    assert (verdict.kind, verdict.retry_after, verdict.alarm) == (kind, pause, alarm)


async def test_receipts_are_posted_as_an_array_until_taken(
    client: TencentSms, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    """The first is answered 500, so it comes again: our side must bear a receipt twice."""
    seen: list[Any] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        seen.append((head.split(b" ")[1].decode(), await reader.readexactly(length)))
        status = b"500 no" if len(seen) == 1 else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/receipts/sms/secret-path"
    await control(http, sandbox, "sms/options", {"receipt_url": url, "receipt_after": 0.01})
    sent = await client.send(MOBILE, "1", ["1"])
    await client.send("15400009994", "1", ["1"])
    async with asyncio.timeout(10):
        while len(seen) < 3:
            await asyncio.sleep(0.02)
    server.close()
    bodies = [httpx.Response(200, content=body).json() for _, body in seen]
    assert {path for path, _ in seen} == {"/receipts/sms/secret-path"}
    good = [body[0] for body in bodies if body[0]["mobile"] == MOBILE]
    assert {(one["sid"], one["report_status"], one["errmsg"]) for one in good} == {
        (sent.provider_id, "SUCCESS", "DELIVRD")
    }
    assert any(body[0]["report_status"] == "FAIL" for body in bodies)
