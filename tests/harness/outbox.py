"""Room: the outbox of a file of tests: rows, outlets that answer as told.

Claims take whatever is due in the whole database, so each test begins with nothing owed.

The fixture is imported by name: `from tests.harness.outbox import noon_fixture`. `noon` then holds for every test of
the file, asked for or not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from models import db, kit
from models.states import Channel
from models.store import MemoryStore
from models.tables import Binding
from notifier.channels import Outlet, Prepared, Ready
from notifier.channels.sms import SmsChannel
from notifier.channels.upstream import UpstreamChannel
from notifier.channels.wechat import WeChatChannel
from notifier.channels.wording import announced_sms, announced_wechat
from notifier.clients.sms import TencentSms
from notifier.clients.transport import Http, open_http
from notifier.clients.upstream import UpstreamClient
from notifier.clients.wechat import WeChatClient
from notifier.lane import Lane
from notifier.simulators.server import Sandbox, started
from notifier.verdicts import Verdict, sent
from tests.harness.callers import IN_CLEAR
from tests.harness.world import Person, World, make_world
from workflows.commands.deliveries import Claimed

NOON = "2027-03-05T12:00:00+08:00"


async def empty_outbox() -> None:
    """Rows that an earlier test left waiting are nobody's business any more."""
    await db.execute("UPDATE outbox SET status = 'superseded' WHERE status IN ('pending', 'deferred', 'sending')")


@pytest.fixture(name="noon", autouse=True)
async def noon_fixture(clock: Any, database: str) -> Any:
    """Each test begins at noon of a working day, with nothing owed; the clock."""
    clock.at(NOON)
    await empty_outbox()
    return clock


async def owe(
    channel: Channel = Channel.EMS,
    *,
    stream: str = "",
    school: UUID | None = None,
    notice: str = "signing_approved",
    params: Mapping[str, Any] | None = None,
    status: str = "pending",
    due: datetime | None = None,
    recipient: UUID | None = None,
    record: UUID | None = None,
    key: str = "",
) -> int:
    """One row, as an act would have written it; its id."""
    recipient = recipient or kit.new_id()
    short = {Channel.WECHAT: "wx", Channel.SMS: "sms", Channel.EMS: "ems"}[channel]
    return int(
        await db.fetch_value(
            """INSERT INTO outbox (key, school_id, record_id, stream, channel, recipient, notice, params, status,
                 created_at, due_at, attempts, provider_id, cause)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', '') RETURNING id""",
            key or f"{kit.new_id()}:{notice}:{channel}",
            school,
            record,
            stream or f"{short}:{recipient}",
            str(channel),
            recipient,
            notice,
            json.dumps(dict(params or {"seq": 1, "columns": {}, "settled": True, "school": "99001", "cohort": 2027})),
            status,
            kit.now(),
            due or kit.now(),
        )
    )


async def row(outbox_id: int) -> dict[str, Any]:
    return dict(await db.fetch_row("SELECT * FROM outbox WHERE id = $1", outbox_id))


async def statuses(*ids: int) -> list[str]:
    found = {r["id"]: r["status"] for r in await db.fetch("SELECT id, status FROM outbox WHERE id = ANY($1)", ids)}
    return [found[one] for one in ids]


async def attempts(outbox_id: int) -> list[dict[str, Any]]:
    rows = await db.fetch("SELECT * FROM delivery_attempts WHERE outbox_id = $1 ORDER BY number, id", outbox_id)
    return [dict(r) for r in rows]


@dataclass
class TellingOutlet:
    """An outlet without an outside: it notes each row that would leave and answers what it was told to answer."""

    answer: Callable[[Claimed], Awaitable[Verdict]] | None = None
    limit: float = 1.0
    told: list[Claimed] = field(default_factory=list)

    async def prepare(self, claimed: Claimed, now: datetime) -> Prepared:  # noqa: ARG002  the protocol's shape
        async def call() -> Verdict:
            self.told.append(claimed)
            return await self.answer(claimed) if self.answer else sent(f"p{claimed.id}")

        return Ready(call)


@asynccontextmanager
async def running(lane: Lane) -> AsyncIterator[Lane]:
    """The lane at work, without a notifier around it."""
    task = asyncio.create_task(lane.run())
    try:
        yield lane
    finally:
        lane.stop()
        await task
        await lane.finish(5)


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 8.0) -> None:
    """Wait until something holds; the test fails when it does not come."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


async def settled(*ids: int, seconds: float = 8.0) -> list[str]:
    """Wait until none of the rows is waiting or under way; their statuses."""

    async def done() -> bool:
        return not {"pending", "sending"} & set(await statuses(*ids))

    await until(done, seconds)
    return await statuses(*ids)


@dataclass(frozen=True, slots=True)
class Outside:
    """The sandbox beside an own outbox, lanes that reach it, and a school with people to write to.

    `http` turns the sandbox's knobs and reads its boxes, `door` is the way out of the clients.
    """

    sandbox: Sandbox
    http: httpx.AsyncClient
    door: Http
    world: World

    def lane(self, channel: Channel, *, limit: float = 3.0, hands: int = 4) -> Lane:
        """A lane with the real client; calls are given up after `limit` seconds, so that slow tests are quick."""
        store = MemoryStore()
        outlets: dict[Channel, Outlet] = {
            Channel.WECHAT: WeChatChannel(WeChatClient(self.sandbox.wechat, store, self.door), limit=limit),
            Channel.SMS: SmsChannel(TencentSms(self.sandbox.sms, self.door), limit=limit),
            Channel.EMS: UpstreamChannel(UpstreamClient(self.sandbox.ems, self.door), limit=limit),
        }
        return Lane(channel, outlets[channel], hands=hands, lease=limit + 5)

    async def control(self, path: str, body: Any) -> None:
        answer = await self.http.post(f"{self.sandbox.url}/_control/{path}", json=body)
        assert answer.status_code == 200, answer.text

    async def fail(self, system: str, kind: str, count: int | None = 1, **more: Any) -> None:
        """Make the system's next calls fail so."""
        await self.control(f"{system}/faults", [{"kind": kind, "count": count, **more}])

    async def heal(self, system: str) -> None:
        await self.control(f"{system}/faults", [])

    async def mailbox(self, system: str, **query: str) -> dict[str, Any]:
        answer = await self.http.get(f"{self.sandbox.url}/_control/{system}/mailbox", params=query)
        found: dict[str, Any] = answer.json()
        return found

    async def texts(self, person: Person) -> list[dict[str, Any]]:
        """The SMS that reached this person's phone."""
        return list((await self.mailbox("sms", mobile=person.mobile))["texts"])

    async def messages(self, openid: str) -> list[dict[str, Any]]:
        """The template messages that this WeChat account was shown."""
        entries = (await self.mailbox("wechat", openid=openid))["entries"]
        return [entry for entry in entries if entry["kind"] == "template"]

    async def bind(self, person: Person, *, following: bool = True) -> tuple[UUID, str]:
        """Bind a sandbox WeChat account to a graduate; the binding's id and the openid."""
        openid = f"oTest{kit.new_id().hex[-20:]}"
        await self.control("personas", [{"openid": openid, "name": "测试用户", "following": following}])
        made = kit.new_id()
        await Binding.create(
            id=made,
            school_id=self.world.school_id,
            graduate_id=person.id,
            cohort=self.world.cohort,
            openid=openid,
            bound_at=kit.now(),
            chosen_at=kit.now(),
        )
        return made, openid


@asynccontextmanager
async def outside(folder: Path, graduates: int = 1, world: World | None = None) -> AsyncIterator[Outside]:
    """A running sandbox that knows our templates, and a world: the one given, else a small one."""
    asking = httpx.AsyncClient(trust_env=False, verify=IN_CLEAR)
    async with started(folder) as sandbox, asking as http, open_http() as door:
        world = world or await make_world(graduates=graduates, departments=("计算机学院",))
        made = Outside(sandbox, http, door, world)
        await made.control("wechat/options", {"receipts": False})
        await made.control("wechat/templates", announced_wechat())
        await made.control("sms/templates", announced_sms())
        await made.control("sms/options", {"same_content_seconds": 0})
        yield made


@pytest.fixture(name="sandbox", scope="module")
async def outside_fixture(database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    folder: Path = tmp_path_factory.mktemp("sandbox")
    async with outside(folder) as made:
        yield made


async def outbox_of(record_id: UUID) -> list[dict[str, Any]]:
    """The rows of one record, oldest first."""
    return [dict(r) for r in await db.fetch("SELECT * FROM outbox WHERE record_id = $1 ORDER BY id", record_id)]


async def deliver(lane: Lane, *ids: int, seconds: float = 8.0) -> list[str]:
    """Run the lane until these rows are neither waiting nor under way."""
    async with running(lane):
        return await settled(*ids, seconds=seconds)
