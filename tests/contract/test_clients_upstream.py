"""Room: the EMS and registry clients against their simulators over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from notifier import verdicts
from notifier.breaker import FIRST_PAUSE, OPENS_AFTER, Breaker
from notifier.clients.registry import RegistryClient
from notifier.clients.transport import Http, open_http
from notifier.clients.upstream import Push, UpstreamClient, signature_header
from notifier.simulators.server import Sandbox
from notifier.verdicts import Kind
from tests.harness.sandbox import control
from workflows.ports import OutsideFault, RegistryEntry

PERSON = "110000200501010015"
COLUMNS = {"xm": "王小明", "byqxdm": "10", "byqx": "签就业协议形式就业", "dwmc": "示例软件有限公司"}
PUSH = Push("push-1", 1, "99001", 2027, PERSON, COLUMNS)
USCC = "91110000100000001A"


@pytest.fixture
async def door() -> AsyncIterator[Http]:
    async with open_http(read_timeout=0.8) as opened:
        yield opened


@pytest.fixture
def client(sandbox: Sandbox, door: Http) -> UpstreamClient:
    return UpstreamClient(sandbox.ems, door)


async def _mailbox(http: httpx.AsyncClient, sandbox: Sandbox) -> Any:
    return (await http.get(f"{sandbox.url}/_control/ems/mailbox")).json()


async def test_a_push_is_in_the_ledger_and_locks_the_destination(
    client: UpstreamClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    await control(
        http, sandbox, "ems/roster", [{"school": "99001", "cohort": 2027, "id_number": PERSON, "xm": "王小明"}]
    )
    before = await client.lookup("99001", 2027, PERSON)
    assert await client.push_destination(PUSH) == verdicts.sent("push-1")
    held = await client.lookup("99001", 2027, PERSON)
    assert not isinstance(before, OutsideFault)
    assert not isinstance(held, OutsideFault)
    assert (before.destination, before.locked) == (None, False)
    assert held.graduate is not None
    assert (held.graduate["xm"], held.destination, held.locked) == ("王小明", COLUMNS, True)


async def test_an_unemployed_destination_does_not_lock(client: UpstreamClient) -> None:
    await client.push_destination(replace(PUSH, columns={"byqxdm": "70", "byqx": "待就业"}))
    held = await client.lookup("99001", 2027, PERSON)
    assert not isinstance(held, OutsideFault)
    assert not held.locked


async def test_the_same_push_twenty_times_at_once_is_applied_once(
    client: UpstreamClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(*(client.push_destination(PUSH) for _ in range(20)))
    assert {verdict.kind for verdict in answers} == {Kind.SENT}
    box = await _mailbox(http, sandbox)
    assert [row["push_id"] for row in box["ledger"] if row["applied"]] == ["push-1"]
    assert box["repeats"] == {"push-1": 19}


async def test_a_lower_sequence_number_changes_nothing(client: UpstreamClient) -> None:
    newer = {**COLUMNS, "dwmc": "另一家示例公司"}
    await client.push_destination(replace(PUSH, push_id="push-5", seq=5, columns=newer))
    for seq in (4, 5):
        verdict = await client.push_destination(replace(PUSH, push_id=f"late-{seq}", seq=seq))
        assert verdict.kind is Kind.SENT
    held = await client.lookup("99001", 2027, PERSON)
    assert not isinstance(held, OutsideFault)
    assert held.destination == newer


async def test_a_refusal_is_final_and_says_why(client: UpstreamClient) -> None:
    stranger = await client.push_destination(replace(PUSH, id_number="110000200501019991"))
    assert (stranger.kind, stranger.cause) == (Kind.DEAD, "ems_not_on_roster")
    assert "名单" in stranger.message
    named = await client.push_destination(
        replace(PUSH, push_id="p2", seq=2, columns={**COLUMNS, "dwmc": "上报失败示例公司"})
    )
    assert (named.kind, named.cause) == (Kind.DEAD, "ems_employer_name")
    held = await client.lookup("99001", 2027, PERSON)
    assert not isinstance(held, OutsideFault)
    assert held.destination is None


async def test_a_wrong_secret_or_a_stale_signature_is_refused(
    client: UpstreamClient, sandbox: Sandbox, http: httpx.AsyncClient, door: Http, clock: Any
) -> None:
    wrong = UpstreamClient(sandbox.ems.model_copy(update={"secret": SecretStr("other")}), door)
    verdict = await wrong.push_destination(PUSH)
    assert (verdict.kind, verdict.cause, verdict.alarm) == (Kind.DEAD, "http_401", True)
    body, secret = b"{}", sandbox.ems.secret.get_secret_value()
    now = int(clock.moment.timestamp())
    url = f"{sandbox.ems.url}/v1/destinations"
    for header, status in (
        (signature_header(secret, body, now), 400),
        (signature_header(secret, body, now - 301), 401),
        (signature_header(secret, body, now + 301), 401),
        (signature_header(secret, b"{ }", now), 401),
        ("t=,v1=", 401),
        ("", 401),
    ):
        assert (await http.post(url, content=body, headers={"X-Signature": header})).status_code == status
    assert (await _mailbox(http, sandbox))["ledger"] == []


@pytest.mark.parametrize(
    ("fault", "kind", "cause", "applied"),
    [
        ({"kind": "status", "status": 503}, Kind.RETRY, "http_503", 0),
        ({"kind": "reset"}, Kind.UNKNOWN, "connection_broken", 0),
        ({"kind": "half_body"}, Kind.UNKNOWN, "connection_broken", 1),
        ({"kind": "wrong_json"}, Kind.UNKNOWN, "bad_body", 1),
        ({"kind": "slow", "seconds": 0.2}, Kind.SENT, "", 1),
        ({"kind": "applied_then_timeout", "seconds": 20}, Kind.UNKNOWN, "read_timeout", 1),
        ({"kind": "errcode", "code": "X1"}, Kind.DEAD, "ems_X1", 0),
    ],
)
async def test_after_any_fault_the_same_push_again_ends_applied_once(
    client: UpstreamClient,
    sandbox: Sandbox,
    http: httpx.AsyncClient,
    fault: dict[str, Any],
    kind: Kind,
    cause: str,
    applied: int,
) -> None:
    await control(http, sandbox, "ems/faults", [fault])
    verdict = await client.push_destination(PUSH)
    assert (verdict.kind, verdict.cause) == (kind, cause)
    assert sum(row["applied"] for row in (await _mailbox(http, sandbox))["ledger"]) == applied
    assert (await client.push_destination(PUSH)).kind is Kind.SENT
    assert sum(row["applied"] for row in (await _mailbox(http, sandbox))["ledger"]) == 1


async def test_a_lookup_without_answer_is_unavailable(
    client: UpstreamClient, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    await control(http, sandbox, "ems/faults", [{"kind": "status"}])
    assert await client.lookup("99001", 2027, PERSON) is OutsideFault.UNAVAILABLE


# --- registry -----------------------------------------------------------------------------------


async def test_the_registry_gives_name_and_status(sandbox: Sandbox, http: httpx.AsyncClient, door: Http) -> None:
    await control(
        http, sandbox, "registry/enterprises", [{"uscc": USCC, "name": "示例软件(有限)公司", "status": "在业"}]
    )
    client = RegistryClient(sandbox.registry_url, door)
    entry = await client.status(USCC)
    assert isinstance(entry, RegistryEntry)
    assert (entry.name, entry.status, entry.in_operation) == ("示例软件(有限)公司", "在业", True)
    found = await client.find("示例 软件（有限）公司")
    assert isinstance(found, RegistryEntry)
    assert found.uscc == USCC
    assert await client.find("没有这家") is OutsideFault.NOT_FOUND


@pytest.mark.parametrize(
    ("uscc", "status"), [("911100001000041070", "注销"), ("911100001000041170", "吊销"), ("911100001000000070", "存续")]
)
async def test_magic_codes_of_the_registry(sandbox: Sandbox, door: Http, uscc: str, status: str) -> None:
    entry = await RegistryClient(sandbox.registry_url, door).status(uscc)
    assert isinstance(entry, RegistryEntry)
    assert (entry.status, entry.in_operation) == (status, status == "存续")


async def test_the_registry_keeps_nobody_waiting(sandbox: Sandbox, http: httpx.AsyncClient, door: Http) -> None:
    client = RegistryClient(sandbox.registry_url, door)
    assert await client.status("911100001000040470") is OutsideFault.NOT_FOUND
    assert await client.status("not a code") is OutsideFault.UNAVAILABLE
    for fault in ({"kind": "status"}, {"kind": "reset"}, {"kind": "half_body"}, {"kind": "wrong_json"}):
        await control(http, sandbox, "registry/faults", [fault])
        assert await client.status(USCC) is OutsideFault.UNAVAILABLE
    await control(http, sandbox, "registry/faults", [{"kind": "slow", "seconds": 10}])
    began = asyncio.get_running_loop().time()
    assert await client.status(USCC) is OutsideFault.UNAVAILABLE
    assert asyncio.get_running_loop().time() - began < 3
    nowhere = RegistryClient("http://127.0.0.1:9/registry", door)
    assert await nowhere.status(USCC) is OutsideFault.UNAVAILABLE


async def test_a_registry_that_keeps_failing_is_left_alone_but_for_a_probe(
    sandbox: Sandbox, http: httpx.AsyncClient, door: Http
) -> None:
    moment = 0.0
    client = RegistryClient(sandbox.registry_url, door, Breaker(lambda: moment))
    await control(http, sandbox, "registry/faults", [{"kind": "status"}] * OPENS_AFTER)
    for _ in range(OPENS_AFTER):
        assert await client.status(USCC) is OutsideFault.UNAVAILABLE
    assert await client.status(USCC) is OutsideFault.UNAVAILABLE  # well again, but nobody asks yet
    moment += FIRST_PAUSE
    assert isinstance(await client.status(USCC), RegistryEntry)
    assert isinstance(await client.status(USCC), RegistryEntry)
    assert await client.status("911100001000040470") is OutsideFault.NOT_FOUND  # an answer like any other
