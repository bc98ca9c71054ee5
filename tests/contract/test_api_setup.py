"""Room: setting a school up over HTTP: modes, telephones, checklist; second factors, numbers, hand-overs, marks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from quart import Quart

from api.wiring import EXTENSION
from models import kit
from models.config import settings
from models.parties import Level, Module, Party, ReviewMode
from models.states import Flow
from models.tables import SigningSettings
from notifier.clients.registry import RegistryClient
from notifier.clients.transport import Http
from notifier.simulators.server import Sandbox
from tests.harness.callers import Api
from tests.harness.files import inline, uploaded
from tests.harness.invented import handover_form
from tests.harness.sandbox import control
from tests.harness.world import (
    PASSWORD,
    World,
    accept,
    accept_form,
    approve,
    invite,
    make_account,
    make_employer,
    make_world,
    settings_form,
    username,
)
from workflows import totp

REASON = {"reason": "单位经营变化，双方已谈妥"}


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


def refused(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer.json().get("guard", "")


# --- setting up ----------------------------------------------------------------------------------


async def test_a_change_of_mode_is_tried_before_it_is_made(api: Api, world: World) -> None:
    await accept(world, await invite(world))
    desk, path = await api.sign_in(world.school_desk), f"/v1/settings/{world.cohort}"
    tried = (await desk.get(f"{path}/mode_change?mode=department-then-school")).json()
    assert (tried["possible"], tried["lacking"]) == (False, [])
    made = await desk.put(
        path, {"form": settings_form(ReviewMode.DEPARTMENT_THEN_SCHOOL), "version": world.settings_version}
    )
    assert made.json()["pending"] == tried["pending"]
    assert (await desk.get(f"{path}/mode_change?mode=department-then-school&module=archive")).json()["possible"]
    for query in ("", "?mode=none", "?mode=school&module=none"):
        assert (await desk.get(f"{path}/mode_change{query}")).status_code == 400


async def test_two_browsers_at_once_save_once(api: Api, world: World) -> None:
    desk, path = await api.sign_in(world.school_desk), f"/v1/settings/{world.cohort}"
    second = await api.sign_in(world.school_desk)
    seen = [(await browser.get(path)).json()["version"] for browser in (desk, second)]
    first = await desk.put(path, {"form": settings_form(termination_limit=5), "version": seen[0]})
    late = await second.put(path, {"form": settings_form(termination_limit=9), "version": seen[1]})
    assert (first.status_code, late.status_code) == (200, 409)
    assert late.json()["code"] == "stale"
    assert (await second.get(path)).json()["values"]["termination_limit"] == 5


async def test_an_account_of_one_level_is_told_that_switch_mode_and_limit_hold_for_all(api: Api, world: World) -> None:
    narrow = await make_account(
        world.province, Party.SCHOOL, "本专科", school_id=world.school_id, level=Level.UNDERGRADUATE
    )
    desk, path = await api.sign_in(narrow), f"/v1/settings/{world.cohort}"
    told = (await desk.get(path)).json()["asks_all_levels"]
    body = {"form": settings_form(termination_limit=4), "version": world.settings_version}
    asked = await desk.put(path, body)
    assert refused(asked) == (409, "refused", "all_levels")
    assert asked.json()["detail"] == told
    assert (await desk.put(path, {**body, "confirmed": True})).status_code == 200


async def test_desks_and_checklist_of_a_school(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    form = {"department": "文学院", "phone": "010-62340001", "hours": "周一至周五"}
    assert (await desk.put("/v1/desks", {"form": form})).status_code == 204
    shown = (await desk.get("/v1/desks")).json()
    assert form in shown["departments"]
    wrong = await desk.put("/v1/desks", {"form": {**form, "department": "没有这个学院"}})
    assert [f["path"] for f in wrong.json()["faults"]] == ["department"]
    found = (await desk.get(f"/v1/setup/{world.cohort}")).json()
    assert (found["done"], found["graduates"], found["bound"]) == (True, 2, 0)
    early = (await desk.get(f"/v1/setup/{world.cohort + 1}")).json()
    assert [s["name"] for s in early["steps"] if not s["done"]][-1] == "open"


async def test_a_module_that_is_not_open_refuses_every_list(api: Api) -> None:
    world = await make_world(submit=False, module=False)
    desk = await api.sign_in(world.school_desk)
    for path in ("/v1/online_signing", f"/v1/online_signing?cohort={world.cohort}"):
        assert refused(await desk.get(path))[:2] == (403, "module_closed")
    province = await api.sign_in(world.province_desk)
    switch = f"/v1/schools/{world.school_id}/modules/{world.cohort}/{Module.EMPLOYMENT}"
    assert (await province.put(switch, {"open": True})).status_code == 204
    assert (await desk.get("/v1/online_signing")).status_code == 200
    assert (await desk.get(f"/v1/online_signing?cohort={world.cohort + 1}")).status_code == 403
    assert (await province.put(switch, {"open": False})).status_code == 204
    assert (await desk.get("/v1/online_signing")).status_code == 403


# --- graduates -----------------------------------------------------------------------------------


async def test_one_more_termination_is_counted_beside_the_limit(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    path = f"/v1/graduates/{world.graduate.id}"
    assert (await desk.get(path)).json()["terminations"] == {"used": 0, "limit": 2, "granted": 0, "left": 2}
    granted = await desk.post(f"{path}/terminations", REASON)
    assert granted.json() == {"used": 0, "limit": 2, "granted": 1, "left": 3}
    assert (await desk.get(path)).json()["terminations"] == granted.json()
    assert (await desk.post(f"{path}/terminations", {"reason": ""})).status_code == 422
    await SigningSettings.filter(school_id=world.school_id).update(termination_limit=0)
    none = {"used": 0, "limit": 0, "granted": 1, "left": 0}
    assert (await desk.get(path)).json()["terminations"] == none, "nobody asks, whatever was granted before"
    assert refused(await desk.post(f"{path}/terminations", REASON)) == (409, "refused", "limit_above_zero")


async def test_a_whole_number_is_told_once_in_the_answer_and_stands_in_no_other(api: Api, world: World) -> None:
    desk = await api.sign_in(world.department_desks[world.graduate.department])
    path = f"/v1/graduates/{world.graduate.id}"
    shown = await desk.post(f"{path}/unmask", {"reason": "核对毕业生报到证信息"})
    assert shown.json() == {"id_number": world.graduate.id_number}
    assert shown.headers["Cache-Control"] == "no-store"
    assert world.graduate.id_number not in (await desk.get(path)).text
    assert (await desk.post(f"{path}/unmask", {"reason": "看"})).status_code == 422


# --- accounts ------------------------------------------------------------------------------------


async def test_a_second_factor_from_setting_up_to_signing_in(api: Api, world: World, clock: Any) -> None:
    desk = await api.sign_in(world.school_desk)
    assert (await desk.get("/v1/me")).json()["second_factor"] is False
    begun = (await desk.post("/v1/me/totp", {"password": PASSWORD})).json()
    step = totp.step_of(kit.now())
    first = totp.code_at(begun["secret"], step - 1)
    assert (await desk.put("/v1/me/totp", {"code": first})).status_code == 204
    assert (await desk.get("/v1/me")).json()["second_factor"] is True
    body = {"kind": "staff", "username": world.school_desk.username, "password": PASSWORD}
    asked = await api.post("/v1/sessions", body)
    assert (asked.status_code, asked.json()["code"]) == (401, "second_factor")
    again = await api.post("/v1/sessions", {**body, "code": first})
    assert (again.status_code, again.json()["code"]) == (401, "second_factor")
    opened = await api.post("/v1/sessions", {**body, "code": totp.code_at(begun["secret"], step)})
    assert opened.status_code == 201
    removed = await desk.post("/v1/me/totp/removal", {"code": totp.code_at(begun["secret"], step + 1)})
    assert removed.status_code == 204
    assert (await api.post("/v1/sessions", body)).status_code == 201


async def test_accounts_from_the_ems_say_where_to_change_them(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings().ems, "accounts", True)
    desk = await api.sign_in(world.school_desk)
    page = (await desk.get("/v1/accounts?department=文学院&disabled=false")).json()
    assert (page["read_only"], page["ems_url"]) == (True, settings().ems_page_url)
    (account,) = page["items"]
    closed = await desk.post(f"/v1/accounts/{account['id']}/disabling", {})
    assert refused(closed) == (409, "refused", "accounts_here")


async def test_the_refusal_to_lose_the_last_reviewer_shows_what_waits(api: Api) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    await accept(world, await invite(world))
    desk = await api.sign_in(world.school_desk)
    rights = {"level": "postgraduate", "grant_employment": "rw", "grant_archive": "rw", "grant_household": "rw"}
    account = world.department_of(world.graduate).id
    asked = await desk.put(f"/v1/accounts/{account}/rights", {"form": rights})
    assert refused(asked) == (409, "refused", "last_reviewer")
    assert asked.json()["waiting"] == [{"flow": "online_signing", "label": "线上签约", "count": 1}]


# --- employers -----------------------------------------------------------------------------------


async def test_a_handover_is_asked_for_without_an_account_and_decided_by_the_province(api: Api, world: World) -> None:
    firm, name = world.employer, username("agent")
    body = {"form": handover_form(firm.name, firm.uscc), "username": name, "password": PASSWORD}
    half = await api.post("/v1/handovers", {**body, "papers": inline("licence")})
    assert [f["path"] for f in half.json()["faults"]] == ["authorisation"], "both papers or none of it"
    body["papers"] = inline("licence", "authorisation")
    asked = await api.post("/v1/handovers", body)
    assert asked.status_code == 201, asked.text
    again = await api.post("/v1/handovers", {**body, "username": username("agent")})
    assert refused(again) == (409, "refused", "one_handover")
    desk = await api.sign_in(world.province_desk)
    (waiting,) = (await desk.get(f"/v1/employers/{firm.id}")).json()["handovers"]
    assert waiting["agent_mobile"].endswith("****" + body["form"]["agent_mobile"][-4:])
    listed = (await desk.get(f"/v1/employers?handover=true&uscc={firm.uscc}")).json()["items"]
    assert [item["handovers_waiting"] for item in listed] == [1]
    path = f"/v1/handovers/{waiting['id']}/decision"
    assert (await desk.post(path, {"approved": True, "keep_others": False})).status_code == 204
    signed_in = await api.post("/v1/sessions", {"kind": "employer", "username": name, "password": PASSWORD})
    agent = Api(api.client, signed_in.json()["token"])
    users = (await agent.get("/v1/employers/current/users")).json()["items"]
    assert [(u["name"], u["disabled"], u["own"]) for u in users] == [
        ("赵人事", True, False),
        ("吴接任", False, True),
    ]


async def test_decisions_and_a_suspension_reach_the_employers_inbox(api: Api, world: World) -> None:
    record = await invite(world)
    desk = await api.sign_in(world.province_desk)
    body = {"status": "suspended", "note": "多名学生投诉收费"}
    assert (await desk.post(f"/v1/employers/{world.employer.id}/decision", body)).status_code == 200
    firm = await api.sign_in(world.employer)
    notes = (await firm.get("/v1/employers/current/inbox")).json()["items"]
    assert [n["title"] for n in notes][:2] == ["邀请已撤回", "单位已停用"]
    assert "多名学生投诉收费" in notes[1]["text"]
    shown = (await firm.get(f"/v1/online_signing/{record.record_id}")).json()
    assert (shown["state"], shown["employer_suspended"]) == ("withdrawn", True)


async def test_a_changed_licence_waits_for_the_province_again(api: Api, world: World) -> None:
    firm, licence = await api.sign_in(world.employer), str(await uploaded(world.employer.actor))
    body = {"form": dict(world.employer.form), "licence": licence}
    assert (await firm.put("/v1/employers/current", body)).json()["status"] == "pending"
    assert (await firm.get("/v1/employers/current")).json()["licence"] == licence


# --- marks and registry --------------------------------------------------------------------------


async def test_marking_answers_with_the_schools_open_cases(api: Api, world: World) -> None:
    record = await invite(world)
    desk = await api.sign_in(world.school_desk)
    form = {"employer_name": world.employer.name, "employer_uscc": world.employer.uscc}
    evidence = [str(await uploaded(world.school))]
    made = await desk.post("/v1/warnings", {"form": form, "reasons": ["fake"], "evidence": evidence})
    assert made.status_code == 201, made.text
    assert [row["id"] for row in made.json()["cases"]["items"]] == [str(record.record_id)]
    cases = await desk.get(f"/v1/warnings/{made.json()['id']}/cases")
    assert cases.json() == made.json()["cases"]
    (mark,) = (await desk.get("/v1/warnings")).json()["items"]
    assert mark["evidence"] == evidence
    graduate = await api.as_graduate(world, world.graduate)
    seen = (await graduate.get(f"/v1/search/warnings?uscc={world.employer.uscc}")).json()
    assert (seen["shown"], seen["note"]) == (True, "")
    assert seen["sentence"].startswith("该单位被您的学校列为预警单位，原因：虚假单位")
    # It warns and never blocks.
    answered = await graduate.act(
        f"/v1/{Flow.ONLINE_SIGNING}/{record.record_id}", "accept", 1, accept_form(world.graduate)
    )
    assert answered.status_code == 200, answered.text


async def test_the_registry_is_asked_once_and_then_answers_from_what_is_known(
    api: Api,
    service: Quart,
    world: World,
    sandbox: Sandbox,
    http: httpx.AsyncClient,
    door: Http,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = RegistryClient(sandbox.registry_url, door)
    monkeypatch.setitem(service.extensions, EXTENSION, replace(service.extensions[EXTENSION], registry=client))
    firm = await make_employer(world)
    desk = await api.sign_in(world.school_desk)
    path = f"/v1/registry/{firm.uscc}"
    await control(http, sandbox, "registry/faults", [{"kind": "status"}])
    silent = (await desk.post(path)).json()
    assert (silent["known"], silent["status"], silent["link"]) == (False, None, settings().registry_page_url)
    told = (await desk.post(path)).json()  # the retry
    assert (told["known"], told["status"], told["in_operation"]) == (True, "存续", True)
    assert told["checked_at"]
    await control(http, sandbox, "registry/enterprises", [{"uscc": firm.uscc, "name": firm.name, "status": "注销"}])
    assert (await desk.post(path)).json() == told  # minutes old: nobody is asked again
    record = await accept(world, await invite(world, None, firm))
    page = (await desk.get(f"/v1/online_signing/{record.record_id}")).json()
    assert page["review"]["registry"] == told
    assert (await approve(world, record)).state == "signed"
