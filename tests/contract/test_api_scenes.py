"""Room: what a desk offers for binding, over HTTP with the simulated platform: a code for one, a poster for all."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pikepdf
import pytest
from quart import Quart

from api.app import wired
from api.wiring import EXTENSION
from models.store import close_store, store
from models.tables import JournalRow, School
from notifier.clients.transport import Http
from notifier.clients.wechat import WeChatClient, WeChatSceneQr
from notifier.simulators.server import Sandbox
from tests.harness.callers import Api
from tests.harness.world import World, make_world


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=2)


@pytest.fixture
async def desk(service: Quart, sandbox: Sandbox, door: Http, world: World) -> AsyncIterator[Api]:
    """The school's desk; the service asks the simulated platform for its codes."""
    await close_store()
    before = service.extensions[EXTENSION]
    codes = WeChatSceneQr(WeChatClient(sandbox.wechat, store(), door))
    service.extensions[EXTENSION] = replace(wired(door), scene_qr=codes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://test") as client:
        yield await Api(client).sign_in(world.school_desk)
    service.extensions[EXTENSION] = before
    await close_store()


async def test_a_desk_shows_a_code_and_sees_how_far_the_phone_is(desk: Api, sandbox: Sandbox, world: World) -> None:
    path = f"/v1/graduates/{world.graduate.id}/scene"
    assert (await desk.get(path)).json() == {"stage": "none", "label": "还没有出示二维码"}
    shown = await desk.post(path)
    assert shown.status_code == 201
    code = shown.json()
    assert set(code) == {"url", "number", "scan_until"}
    assert code["url"].startswith(f"{sandbox.url}/q/"), "a scan tells the platform alone who it is"
    assert (await desk.get(path)).json() == {"stage": "waiting", "label": "等待扫码"}


async def test_a_poster_is_made_of_one_lasting_code(
    desk: Api, sandbox: Sandbox, http: httpx.AsyncClient, world: World
) -> None:
    whole = await desk.get("/v1/poster")
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(whole.content)) as pdf:
        assert len(pdf.pages) == 1
        box = [float(side) for side in pdf.pages[0].mediabox]
        assert [round(side) for side in box[2:]] == [595, 842], "A4"
    department = world.graduate.department
    part = await desk.get(f"/v1/poster?department={department}")
    assert part.status_code == 200
    assert part.content != whole.content
    assert (await desk.get("/v1/poster?department=没有的学院")).status_code == 404
    school = await School.get(id=world.school_id)
    assert school.poster_url.startswith(f"{sandbox.url}/q/")
    calls = (await http.get(f"{sandbox.url}/_control/wechat/mailbox")).json()["calls"]
    assert calls["/cgi-bin/qrcode/create"] == 1
    assert await JournalRow.filter(action="make_poster", subject_id=world.school_id).count() == 1


async def test_without_the_platform_nothing_is_made(
    desk: Api, sandbox: Sandbox, http: httpx.AsyncClient, world: World
) -> None:
    await School.filter(id=world.school_id).update(poster_url="")
    await http.post(f"{sandbox.url}/_control/wechat/faults", json=[{"kind": "status", "count": None}])
    for answer in (await desk.get("/v1/poster"), await desk.post(f"/v1/graduates/{world.graduates[1].id}/scene")):
        assert answer.status_code == 503
        assert "暂时连不上微信" in answer.json()["detail"]
    assert (await School.get(id=world.school_id)).poster_url == ""
