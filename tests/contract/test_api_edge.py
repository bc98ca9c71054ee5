"""Room: what every request meets at the service's edge: sizes, encodings, headers, numbers, health."""

from __future__ import annotations

import json
import logging

import httpx
import pytest
from quart import Quart

from api.edge import access
from models import kit
from tests.harness.callers import Api
from tests.harness.world import make_world
from workflows.flows import FLOWS
from workflows.limits import JSON_BYTES

SIGN_IN = "/v1/sessions"


async def raw(api: Api, content: bytes | object, kind: str = "application/json") -> httpx.Response:
    return await api.client.post(SIGN_IN, content=content, headers={"Content-Type": kind})  # type: ignore[arg-type]


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["code"])


async def test_a_body_without_declared_length_is_refused(api: Api) -> None:
    async def pieces() -> object:
        yield b'{"kind":'
        yield b'"staff"}'

    answer = await raw(api, pieces())
    assert (answer.status_code, code(answer)) == (411, "length_required")


async def test_json_has_a_cap(api: Api) -> None:
    answer = await raw(api, b" " * (JSON_BYTES + 1))
    assert (answer.status_code, code(answer)) == (413, "too_large")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe{}",
        '{"kind":"staff"}'.encode("utf-16"),
        b"{",
        b'{"kind": NaN}',
        b'{"kind":"staff","kind":"employer"}',
        b'{"kind":"\\ud800"}',
        b"[" * 100_000,
        b"1" * 5_000,
        b'"text"',
        b"null",
        b'{"kind":"staff","username":"a\\u0000b","password":"x"}',
    ],
    ids=["empty", "bom", "utf-16", "cut", "nan", "doubled", "half", "deep", "long", "text", "null", "nul"],
)
async def test_a_malformed_body_is_a_bad_request(api: Api, content: bytes) -> None:
    answer = await raw(api, content)
    assert (answer.status_code, code(answer)) == (400, "invalid_request")


async def test_another_media_type_is_refused(api: Api) -> None:
    answer = await raw(api, b"kind=staff", "application/x-www-form-urlencoded")
    assert (answer.status_code, code(answer)) == (415, "wrong_media")


async def test_wrong_members_are_named_and_what_was_sent_is_not_repeated(api: Api) -> None:
    answer = await api.post(SIGN_IN, {"kind": "staff", "username": "a", "passwort": "geheim-110000200501010015"})
    assert {f["path"].rpartition(".")[2]: f["code"] for f in answer.json()["faults"]} == {
        "password": "missing",
        "passwort": "extra_forbidden",
    }
    assert "geheim" not in answer.text


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/offline", "/nothing", "/v1/online_signing/"])
async def test_an_unknown_address_is_not_found(api: Api, path: str) -> None:
    answer = await api.client.get(f"http://test{path}")
    assert (answer.status_code, code(answer)) == (404, "not_found")


@pytest.mark.parametrize("bad", ["1", "x", "00000000-0000-0000-0000-00000000000", "{0}", "%00", "a" * 3000])
async def test_a_malformed_id_is_answered_like_an_unknown_one(api: Api, bad: str) -> None:
    world = await make_world(employers=0)
    school = await api.sign_in(world.school_desk)
    shouted = str(kit.new_id()).upper().replace("-", "")
    for value in (bad, shouted):
        answer = await school.get(f"/v1/online_signing/{value}")
        assert (answer.status_code, code(answer)) == (404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_another_method_is_refused_with_those_that_there_are(api: Api, method: str) -> None:
    answer = await api.client.request(method, "/v1/me")
    assert (answer.status_code, code(answer)) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


async def test_every_answer_carries_its_number_and_hardening(api: Api) -> None:
    answers = [await api.get("/healthz"), await api.get("/v1/me"), await api.get("/nothing")]
    assert len({a.headers["x-request-id"] for a in answers}) == 3
    assert answers[1].json()["request_id"] == answers[1].headers["x-request-id"]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers
        assert "set-cookie" not in answer.headers


async def test_a_cookie_is_no_credential(api: Api) -> None:
    world = await make_world(employers=0)
    token = (await api.sign_in(world.school_desk)).token
    for name in ("wq_staff", "wq_emp", "wq_grad", "session"):
        answer = await api.get("/v1/me", Cookie=f"{name}={token}")
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer " + "x" * 500, "Bearer 你好", "bearer\tx"]
)
async def test_a_header_that_is_no_credential_is_unauthenticated(api: Api, header: str) -> None:
    answer = await api.client.get("/v1/me", headers={"Authorization": header.encode()})
    assert (answer.status_code, code(answer)) == (401, "unauthenticated")


async def test_the_access_log_names_routes_and_neither_ids_nor_questions(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger=access.name)
    number = "110000200501010015"
    await api.get(f"/v1/online_signing/{kit.new_id()}?id_number={number}")
    await api.post("/receipts/sms/some-secret", [])
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.name == access.name]
    assert [line["route"] for line in lines] == [
        f"/v1/<any({', '.join(FLOWS)}):flow>/<id>",
        "/receipts/sms/<secret>",
    ]
    assert number not in caplog.text
    assert "some-secret" not in caplog.text


async def test_alive_and_ready(api: Api) -> None:
    assert (await api.get("/healthz")).json() == {"status": "ok"}
    assert (await api.get("/readyz")).json() == {"status": "ok"}


async def test_requests_are_counted_by_route(api: Api) -> None:
    await api.get("/v1/me")
    text = (await api.get("/metrics")).text
    assert 'wangqian_requests_total{method="GET",route="/v1/me",status="401"}' in text


async def test_the_catalogue_is_kept_under_its_tag(api: Api) -> None:
    first = await api.get("/v1/catalog")
    assert first.status_code == 200
    assert {"flows", "forms", "codes", "parties"} <= set(first.json())
    again = await api.get("/v1/catalog", If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await api.get("/v1/catalog", If_None_Match='"something-else"')
    assert other.status_code == 200


async def test_one_code_table_can_be_asked_for(api: Api) -> None:
    regions = (await api.get("/v1/catalog/codes/region")).json()
    assert regions["110000"] == "北京市"
    assert (await api.get("/v1/catalog/codes/nothing")).status_code == 404


async def test_an_unforeseen_error_is_internal_and_logged_without_values(
    service: Quart, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    """The wiring is taken away for a moment, so that a real handler really fails."""
    kept = service.extensions.pop("wiring")
    try:
        answer = await api.get("/readyz?x=110000200501010015")
    finally:
        service.extensions["wiring"] = kept
    assert (answer.status_code, code(answer)) == (500, "internal")
    assert "KeyError" in caplog.text
    assert answer.json()["request_id"] in caplog.text
    assert "110000200501010015" not in caplog.text
