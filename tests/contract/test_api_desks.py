"""Room: the desks over HTTP: settings, handlers, accounts, modules, employers, warning units, deliveries, receipts."""

from __future__ import annotations

from typing import Any

import pytest

from api.routes.receipts import sms_path
from models import kit
from models.db import execute
from models.parties import AgreementType, ReviewMode
from models.states import EmployerStatus
from models.tables import OutboxRow, Receipt
from tests.harness.callers import Api, bind
from tests.harness.files import inline
from tests.harness.world import (
    ALL_RW,
    PASSWORD,
    World,
    accept,
    employer_form,
    handler_form,
    invite,
    make_employer,
    make_world,
    settings_form,
    username,
)


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


def refused(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer.json().get("guard", "")


# --- settings ------------------------------------------------------------------------------------


async def test_a_school_submits_its_settings_once_per_version(api: Api) -> None:
    world = await make_world(submit=False)
    desk, path = await api.sign_in(world.school_desk), f"/v1/settings/{world.cohort}"
    empty = (await desk.get(path)).json()
    assert (empty["submitted"], empty["version"], empty["module_open"]) == (False, None, True)
    assert (await desk.put(path, {"form": settings_form()})).json() == {"version": 1}
    assert (await desk.put(path, {"form": settings_form()})).status_code == 409
    wrong = await desk.put(path, {"form": settings_form(termination_limit=100), "version": 1})
    assert [f["path"] for f in wrong.json()["faults"]] == ["termination_limit"]
    made = await desk.post("/v1/handlers", {"cohort": world.cohort, "form": handler_form()})
    assert (made.status_code, set(made.json()["levels"])) == (201, {"undergraduate", "postgraduate"})
    twice = await desk.post("/v1/handlers", {"cohort": world.cohort, "form": handler_form()})
    assert refused(twice) == (409, "refused", "handler_unset")
    shown = (await desk.get(path)).json()
    assert (shown["submitted"], shown["version"], shown["levels_without_handler"]) == (True, 1, [])
    assert shown["values"]["review_mode"] == "school"


async def test_the_review_mode_stays_while_anything_is_in_flow_and_says_what(api: Api, world: World) -> None:
    await accept(world, await invite(world))
    desk, path = await api.sign_in(world.school_desk), f"/v1/settings/{world.cohort}"
    form = settings_form(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    answer = await desk.put(path, {"form": form, "version": world.settings_version})
    assert refused(answer) == (409, "refused", "nothing_in_flow")
    assert answer.json()["pending"] == [{"flow": "online_signing", "label": "线上签约", "count": 1}]
    assert (await desk.get(path)).json()["blocks_mode_change"] == answer.json()["pending"]


@pytest.mark.parametrize("cohort", ["27", "20271", "x", "1999", "-2027", "２０２７"])
async def test_a_cohort_that_is_none_is_not_found(api: Api, world: World, cohort: str) -> None:
    desk = await api.sign_in(world.school_desk)
    assert (await desk.get(f"/v1/settings/{cohort}")).status_code == 404


# --- accounts and the province -------------------------------------------------------------------


async def test_a_school_makes_an_account_that_must_choose_its_password(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    listed = (await desk.get("/v1/accounts")).json()
    assert listed["departments"] == sorted({p.department for p in world.graduates})
    form = {"username": username("new"), "display_name": "新审核员", "level": "all", **ALL_RW}
    form["department"] = world.graduate.department
    made = await desk.post("/v1/accounts", {"party": "department", "form": form})
    assert made.status_code == 201, made.text
    opened = await api.post(
        "/v1/sessions", {"kind": "staff", "username": form["username"], "password": made.json()["password"]}
    )
    assert opened.json()["must_change"] is True
    assert made.json()["id"] in {a["id"] for a in (await desk.get("/v1/accounts")).json()["items"]}
    again = await desk.post("/v1/accounts", {"party": "department", "form": form})
    assert [f["code"] for f in again.json()["faults"]] == ["taken"]
    other = await desk.post("/v1/accounts", {"party": "department", "form": {**form, "department": "计算机"}})
    assert [f["path"] for f in other.json()["faults"]] == ["department"]


async def test_taking_away_the_last_reviewer_asks_again(api: Api) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    await accept(world, await invite(world))
    desk = await api.sign_in(world.school_desk)
    path = f"/v1/accounts/{world.department_of(world.graduate).id}/disabling"
    asked = await desk.post(path, {})
    assert refused(asked) == (409, "refused", "last_reviewer")
    assert asked.json()["count"] == 1
    assert (await desk.post(path, {"confirmed": True})).status_code == 204


async def test_a_province_sets_up_a_school(api: Api, world: World) -> None:
    desk = await api.sign_in(world.province_desk)
    shown = (await desk.get(f"/v1/desk/{world.cohort}")).json()
    assert (shown["agreement_type"], shown["frozen"]) == (AgreementType.TWO_PARTY, True)
    school = next(s for s in shown["schools"] if s["code"] == world.school_code)
    assert (school["modules"], school["accounts"], school["graduates"]) == ({"employment": True}, 1, 2)
    path = f"/v1/schools/{world.school_id}/modules/{world.cohort}"
    assert (await desk.put(f"{path}/archive", {"open": True})).status_code == 204
    assert (await desk.put(f"{path}/archive", {"open": False})).status_code == 204
    assert (await desk.put(f"{path}/nothing", {"open": True})).status_code == 404
    await invite(world)
    busy = await desk.put(f"{path}/employment", {"open": False})
    assert refused(busy) == (409, "refused", "module_unused")
    fixed = await desk.put(f"/v1/desk/{world.cohort}/agreement_type", {"agreement_type": "three-party"})
    assert refused(fixed) == (409, "refused", "type_frozen")


# --- employers -----------------------------------------------------------------------------------


async def test_an_employer_registers_is_returned_corrects_and_is_verified(api: Api, world: World) -> None:
    form, name = employer_form(), username("firm")
    wish = {"form": form, "username": name, "password": PASSWORD}
    bare = await api.post("/v1/employers", wish)
    assert [f["path"] for f in bare.json()["faults"]] == ["licence"], "no registration without its licence"
    garbled = await api.post("/v1/employers", {**wish, "papers": {"licence": {"name": "a.jpg", "content": "aGFsbG8="}}})
    assert (garbled.status_code, [f["path"] for f in garbled.json()["faults"]]) == (422, ["licence"])
    made = await api.post("/v1/employers", {**wish, "papers": inline("licence")})
    assert made.status_code == 201, made.text
    signed_in = await api.post("/v1/sessions", {"kind": "employer", "username": name, "password": PASSWORD})
    firm = Api(api.client, signed_in.json()["token"])
    own = (await firm.get("/v1/employers/current")).json()
    assert (own["status"], own["profile"]["contact_mobile"]) == ("pending", form["contact_mobile"])

    desk = await api.sign_in(world.province_desk)
    path = f"/v1/employers/{made.json()['id']}"
    seen = (await desk.get(path)).json()
    assert seen["profile"]["contact_mobile"] == kit.mask_mobile(form["contact_mobile"])
    assert set(seen["decisions"]) == {"verified", "returned", "refused"}
    bare = await desk.post(f"{path}/decision", {"status": "returned"})
    assert [f["path"] for f in bare.json()["faults"]] == ["note"]
    returned = await desk.post(f"{path}/decision", {"status": "returned", "note": "营业执照名称不一致"})
    assert returned.json() == {"status": "returned", "label": "退回补充"}
    assert (await firm.get("/v1/employers/current")).json()["note"] == "营业执照名称不一致"
    corrected = {**form, "employer_name": f"{form['employer_name']}分部"}
    mended = await firm.put("/v1/employers/current", {"form": corrected})
    assert mended.json()["status"] == "pending"
    assert (await desk.post(f"{path}/decision", {"status": "verified"})).json()["label"] == "已核验"
    again = await desk.post(f"{path}/decision", {"status": "verified"})
    assert refused(again) == (409, "refused", "status")
    twin = {**employer_form(), "employer_uscc": form["employer_uscc"]}
    wish = {"form": twin, "username": username("x"), "password": PASSWORD, "papers": inline("licence")}
    taken = await api.post("/v1/employers", wish)
    assert refused(taken) == (409, "refused", "code_free")


async def test_a_province_finds_its_employers(api: Api, world: World) -> None:
    waiting = await make_employer(world, status=EmployerStatus.PENDING)
    desk = await api.sign_in(world.province_desk)
    for query in (f"uscc={waiting.uscc}", f"name={waiting.name[2:-2]}", f"name={waiting.name}&status=pending"):
        page = (await desk.get(f"/v1/employers?{query}")).json()
        assert str(waiting.id) in {item["id"] for item in page["items"]}, query
    verified = (await desk.get(f"/v1/employers?uscc={waiting.uscc}&status=verified")).json()
    assert verified["items"] == []
    first = (await desk.get("/v1/employers?limit=1")).json()
    second = (await desk.get(f"/v1/employers?limit=1&cursor={first['next']}")).json()
    assert first["items"][0]["id"] != second["items"][0]["id"]


async def test_registering_shows_every_fault_at_once(api: Api, world: World) -> None:
    answer = await api.post("/v1/employers", {"form": {}, "username": "u", "password": "p"})
    assert answer.status_code == 422
    assert len(answer.json()["faults"]) > 5
    wish = {"form": employer_form(), "username": username("w"), "password": "short", "papers": inline("licence")}
    weak = await api.post("/v1/employers", wish)
    assert [f["path"] for f in weak.json()["faults"]] == ["password"]


# --- warning units -------------------------------------------------------------------------------


async def test_a_school_keeps_its_warning_units(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    body = {"form": {"employer_name": "示例商贸有限公司", "note": "材料系伪造"}, "reasons": ["fake", "violation"]}
    made = (await desk.post("/v1/warnings", body)).json()["id"]
    assert refused(await desk.post("/v1/warnings", body)) == (409, "refused", "not_marked")
    (mark,) = (await desk.get("/v1/warnings")).json()["items"]
    assert [r["label"] for r in mark["reasons"]] == ["虚假单位", "违规单位"]
    assert (await desk.put(f"/v1/warnings/{made}", {**body, "reasons": ["other"]})).status_code == 204
    bad = await desk.put(f"/v1/warnings/{made}", {**body, "reasons": ["nothing"]})
    assert [f["path"] for f in bad.json()["faults"]] == ["reasons"]
    assert (await desk.call("DELETE", f"/v1/warnings/{made}")).status_code == 204
    assert (await desk.get("/v1/warnings")).json()["items"] == []
    assert (await desk.call("DELETE", f"/v1/warnings/{made}")).status_code == 404


# --- deliveries ----------------------------------------------------------------------------------


async def test_a_dead_message_is_listed_and_sent_again(api: Api, world: World) -> None:
    await bind(world, world.graduate)
    record = await invite(world)
    await execute(
        "UPDATE outbox SET status = 'dead', cause = '毕业生拒收了服务号的消息' WHERE record_id = $1", record.record_id
    )
    desk = await api.sign_in(world.school_desk)
    assert (await desk.get("/v1/deliveries/counts")).json()["dead"] == 1
    (row,) = (await desk.get("/v1/deliveries?status=dead&channel=wechat")).json()["items"]
    assert (row["cause"], row["repeatable"], row["graduate"]["name"]) == (
        "毕业生拒收了服务号的消息",
        True,
        world.graduate.name,
    )
    assert (await desk.get(f"/v1/deliveries/{row['id']}/tries")).json() == {"items": []}
    assert (await desk.post(f"/v1/deliveries/{row['id']}/again")).status_code == 204
    assert refused(await desk.post(f"/v1/deliveries/{row['id']}/again")) == (409, "refused", "dead_only")
    assert await OutboxRow.filter(record_id=record.record_id).count() == 2
    for number in ("0", "x", "99999999999999999999", str(2**62)):
        assert (await desk.post(f"/v1/deliveries/{number}/again")).status_code == 404


async def test_receipts_of_the_sms_provider_are_taken_on_their_secret_path(api: Api, world: World) -> None:
    serial = f"2019:{kit.new_id().hex}"
    report = {
        "user_receive_time": "2027-03-05 14:30:00",
        "nationcode": "86",
        "mobile": world.graduate.mobile,
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": serial,
    }
    for _ in range(2):
        answer = await api.post(sms_path(), [report, {"sid": 7}, "nonsense", {**report, "sid": "壹"}])
        assert (answer.status_code, answer.json()) == (200, {"result": 0, "errmsg": "OK"})
    assert await Receipt.filter(provider_id=serial).count() == 1
    assert (await api.post("/receipts/sms/guessed", [report])).status_code == 404
    assert (await api.post(sms_path(), {"sid": serial})).status_code == 400


async def test_the_registry_is_asked_at_once_and_its_silence_is_no_fault(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    answer = await desk.post(f"/v1/registry/{world.employer.uscc}")
    assert (answer.status_code, answer.json()["known"]) == (200, False)
    assert (await desk.post("/v1/registry/123")).status_code == 404
