"""Room: signing in and out over HTTP, and how long a session holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from quart import Quart

from api.wiring import EXTENSION
from models.parties import Party
from models.tables import Binding
from notifier.clients.transport import open_http
from notifier.clients.wechat import WeChatSignIn
from notifier.simulators.server import Sandbox, started
from tests.harness.callers import Api, bind
from tests.harness.world import PASSWORD, World, make_account, make_employer, make_world
from workflows.commands.accounts import change_rights, disable_account, reset_password
from workflows.limits import SIGN_IN, STAFF_ABSOLUTE, STAFF_IDLE

PATH = "/v1/sessions"


@pytest.fixture
async def world(database: str) -> World:
    return await make_world(graduates=1)


def staff(username: str, password: str = PASSWORD) -> dict[str, str]:
    return {"kind": "staff", "username": username, "password": password}


async def test_staff_and_employers_sign_in_and_read_who_they_are(api: Api, world: World) -> None:
    school = (await (await api.sign_in(world.school_desk)).get("/v1/me")).json()
    assert school["party"] == "school"
    assert school["school"]["code"] == world.school_code
    assert school["cohorts"] == [{"cohort": world.cohort, "open": True, "modules": ["employment"]}]
    assert school["cohort"] == world.cohort
    province = (await (await api.sign_in(world.province_desk)).get("/v1/me")).json()
    assert province["province"]["code"] == world.province_code
    assert world.cohort in {c["cohort"] for c in province["cohorts"]}
    employer = (await (await api.sign_in(world.employer)).get("/v1/me")).json()
    assert employer["employer"]["status"] == "verified"
    assert employer["grants"] is None
    graduate = (await (await api.as_graduate(world, world.graduate)).get("/v1/me")).json()
    assert graduate["graduate"]["mobile"] == f"154****{world.graduate.mobile[-4:]}"


async def test_a_wrong_password_and_an_unknown_name_get_one_answer(api: Api, world: World) -> None:
    wrong = await api.post(PATH, staff(world.school_desk.username, "not-the-password"))
    unknown = await api.post(PATH, staff("nobody-at-all"))
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json()["detail"] == unknown.json()["detail"]
    employer_as_staff = await api.post(PATH, staff(world.employer.username))
    assert employer_as_staff.status_code == 401


async def test_guessing_is_stopped_and_told_how_long(api: Api, world: World) -> None:
    desk = await make_account(world.province, Party.SCHOOL, "学校用户", school_id=world.school_id)
    answers = [await api.post(PATH, staff(desk.username)) for _ in range(SIGN_IN.times + 1)]
    assert [a.status_code for a in answers] == [201] * SIGN_IN.times + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= SIGN_IN.seconds


async def test_leaving_ends_this_session_and_no_other(api: Api, world: World) -> None:
    first, second = await api.sign_in(world.school_desk), await api.sign_in(world.school_desk)
    gone = await first.call("DELETE", f"{PATH}/current")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await first.get("/v1/me")).status_code == 401
    assert (await second.get("/v1/me")).status_code == 200


async def test_a_session_ends_by_idleness_and_by_age(api: Api, world: World, clock: Any) -> None:
    desk = await api.sign_in(world.school_desk)
    clock.advance(seconds=STAFF_IDLE.total_seconds() - 1)
    assert (await desk.get("/v1/me")).status_code == 200
    clock.advance(seconds=STAFF_IDLE.total_seconds() + 1)
    assert (await desk.get("/v1/me")).status_code == 401
    desk = await api.sign_in(world.school_desk)
    for _ in range(int(STAFF_ABSOLUTE / STAFF_IDLE) * 2):
        clock.advance(seconds=STAFF_IDLE.total_seconds() / 2)
        assert (await desk.get("/v1/me")).status_code == 200
    clock.advance(seconds=1)
    assert (await desk.get("/v1/me")).status_code == 401


async def test_changed_rights_hold_from_the_next_request(api: Api, world: World) -> None:
    made = await make_account(world.province, Party.SCHOOL, "学校用户", school_id=world.school_id)
    desk = await api.sign_in(made)
    assert (await desk.get("/v1/online_signing")).status_code == 200
    grants = {"grant_employment": "none", "grant_archive": "none", "grant_household": "none", "level": "all"}
    await change_rights(world.province, made.actor.id, grants)
    closed = await desk.get("/v1/online_signing")
    assert (closed.status_code, closed.json()["code"]) == (403, "module_closed")
    await disable_account(world.province, made.actor.id)
    assert (await desk.get("/v1/me")).status_code == 401


async def test_a_first_password_must_be_changed_before_anything_else(api: Api, world: World) -> None:
    made = await make_account(world.province, Party.SCHOOL, "学校用户", school_id=world.school_id)
    reset = await reset_password(world.province, made.actor.id)
    opened = (await api.post(PATH, staff(made.username, reset.password))).json()
    assert opened["must_change"] is True
    desk = Api(api.client, opened["token"])
    assert (await desk.get("/v1/me")).json()["must_change"] is True
    closed = await desk.get("/v1/online_signing")
    assert (closed.status_code, closed.json()["code"]) == (403, "forbidden")
    assert "修改密码" in closed.json()["detail"]
    weak = await desk.put("/v1/me/password", {"old": reset.password, "new": "short"})
    assert (weak.status_code, weak.json()["faults"][0]["path"]) == (422, "new")
    assert (await desk.put("/v1/me/password", {"old": reset.password, "new": "A-new-one-2027"})).status_code == 204
    assert (await desk.get("/v1/online_signing")).status_code == 200
    assert (await api.post(PATH, staff(made.username, "A-new-one-2027"))).json()["must_change"] is False


async def test_an_unverified_employer_may_sign_in(api: Api, world: World) -> None:
    from models.states import EmployerStatus

    firm = await make_employer(world, status=EmployerStatus.PENDING)
    me = (await (await api.sign_in(firm)).get("/v1/me")).json()
    assert me["employer"]["label"] == "待核验"


# --- through WeChat ------------------------------------------------------------------------------


@pytest.fixture
async def sandbox(tmp_path: Path, service: Quart) -> AsyncIterator[Sandbox]:
    """The service asks a real simulated platform while this test runs."""
    async with started(tmp_path) as running, open_http() as http:
        kept = service.extensions[EXTENSION]
        service.extensions[EXTENSION] = replace(kept, web_sign_in=WeChatSignIn(running.wechat, http))
        yield running
        service.extensions[EXTENSION] = kept


async def wechat_code(sandbox: Sandbox, openid: str) -> str:
    """What WeChat hands to a page that this person opens."""
    async with httpx.AsyncClient() as http:
        await http.post(f"{sandbox.url}/_control/personas", json=[{"openid": openid, "name": "王一"}])
        query = {
            "appid": sandbox.wechat.app_id,
            "redirect_uri": "http://127.0.0.1:9/m/back",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": "s1",
            "openid": openid,
        }
        answer = await http.get(f"{sandbox.wechat.open_url}/connect/oauth2/authorize", params=query)
    return httpx.URL(answer.headers["location"]).params["code"]


async def test_a_bound_graduate_signs_in_through_wechat_once_per_code(api: Api, world: World, sandbox: Sandbox) -> None:
    row = await Binding.get(id=await bind(world, world.graduate))
    body = {"kind": "wechat", "code": await wechat_code(sandbox, row.openid)}
    opened = await api.post(PATH, body)
    assert opened.status_code == 201, opened.text
    me = await Api(api.client, opened.json()["token"]).get("/v1/me")
    assert me.json()["id"] == str(world.graduate.id)
    assert (await api.post(PATH, body)).status_code == 401


async def test_a_stranger_is_told_to_bind_first(api: Api, sandbox: Sandbox) -> None:
    answer = await api.post(PATH, {"kind": "wechat", "code": await wechat_code(sandbox, "oStranger000000000000000001")})
    assert answer.status_code == 401
    assert "绑定" in answer.json()["detail"]


async def test_an_absent_platform_is_a_service_unavailable(api: Api) -> None:
    answer = await api.post(PATH, {"kind": "wechat", "code": "any"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "retry-after" in answer.headers
