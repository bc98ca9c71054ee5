"""Room: the desks' lists over HTTP: queues, saved filters, departed and voided graduates, hints, histories, notes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from models import kit
from models.db import execute, fetch
from models.kit import json_time, new_id
from models.parties import Grant, Party, ReviewMode
from models.states import Flow
from tests.harness.callers import Api
from tests.harness.invented import credit_code
from tests.harness.pure import WORK_CONTRACT
from tests.harness.stepping import step, walk
from tests.harness.world import World, accept, invite, make_account, make_world, sign
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.limits import SAVED_FILTERS

F = Flow


@pytest.fixture
async def world(database: str) -> World:
    return await make_world(graduates=4, settings={"termination_limit": 5})


async def items(api: Api, path: str) -> list[dict[str, Any]]:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


# --- queues --------------------------------------------------------------------------------------


async def test_a_queue_shows_all_flows_of_its_menu_at_once(api: Api, world: World) -> None:
    people = world.graduates
    online = await invite(world, people[0])
    offline = await walk(world, people[1], F.OFFLINE_SIGNING, "submit")
    supplementary = await walk(world, people[2], F.SUPPLEMENTARY, "submit", "approve")
    ending = await walk(world, people[2], F.OFFLINE_TERMINATION, "submit")
    desk = await api.sign_in(world.school_desk)
    for menu, wanted in {
        "signing": {online, offline},
        "supplementary": {supplementary},
        "termination": {ending},
        "destination": set(),
    }.items():
        assert {i["id"] for i in await items(desk, f"/v1/queues/{menu}")} == {str(o.record_id) for o in wanted}
    asked = await items(desk, "/v1/queues/signing?initiator=graduate&waits_on=me&returned=false")
    assert [i["id"] for i in asked] == [str(offline.record_id)]
    assert (await desk.get("/v1/queues/nothing")).status_code == 404
    assert (await desk.get("/v1/queues/signing?risk=high")).status_code == 400


async def test_a_number_is_looked_for_in_the_body_and_never_kept(api: Api, world: World) -> None:
    person = world.graduates[1]
    record = await invite(world, person)
    desk = await api.sign_in(world.school_desk)
    found = await desk.post("/v1/search/queues/signing", {"id_number": person.id_number, "initiator": "employer"})
    assert [i["id"] for i in found.json()["items"]] == [str(record.record_id)]
    assert (await desk.get(f"/v1/queues/signing?id_number={person.id_number}")).status_code == 400
    kept = {"menu": "signing", "name": "查人", "filters": {"id_number": person.id_number}}
    assert (await desk.post("/v1/filters", kept)).status_code == 400


async def test_filters_are_kept_changed_and_forgotten_by_their_own_account(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    other = await api.sign_in(world.department_desks[world.graduate.department])
    wish = {"menu": "signing", "name": "等我的预警单位", "filters": {"waits_on": "me", "risk": "warned", "limit": 20}}
    made = await desk.post("/v1/filters", wish)
    assert made.status_code == 201, made.text
    path = f"/v1/filters/{made.json()['id']}"
    (kept,) = await items(desk, "/v1/filters?menu=signing")
    assert kept["filters"] == {"waits_on": "me", "risk": "warned"}
    assert await items(desk, "/v1/filters?menu=destination") == []
    assert await items(other, "/v1/filters") == []
    assert (await desk.post("/v1/filters", wish)).json()["guard"] == "name_free"
    change = {"name": "本月退回", "filters": {"returned": True, "from": "2026-11-01"}}
    assert (await other.put(path, change)).status_code == 404
    assert (await desk.put(path, change)).status_code == 204
    (kept,) = await items(desk, "/v1/filters")
    assert (kept["name"], kept["filters"]) == ("本月退回", {"returned": True, "from": "2026-11-01"})
    assert (await desk.put(path, {"name": "  ", "filters": {}})).status_code == 422
    assert (await other.call("DELETE", path)).status_code == 404
    assert (await desk.call("DELETE", path)).status_code == 204
    assert await items(desk, "/v1/filters") == []


async def test_only_so_many_filters_are_kept(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    for place in range(SAVED_FILTERS):
        answer = await desk.post("/v1/filters", {"menu": "signing", "name": f"方案{place}", "filters": {}})
        assert answer.status_code == 201
    wish = {"menu": "signing", "name": "再来一个", "filters": {}}
    assert (await desk.post("/v1/filters", wish)).json()["guard"] == "few_filters"
    assert (await desk.post("/v1/filters", {**wish, "menu": "termination"})).status_code == 201


# --- departed and voided -------------------------------------------------------------------------


async def test_who_left_the_roster_is_listed_with_what_froze_and_why(api: Api, world: World) -> None:
    gone, stays = world.graduates[0], world.graduates[1]
    record = await invite(world, gone)
    await invalidate_graduate(world.school, gone.id, "已转入其他学校就读")
    desk = await api.sign_in(world.school_desk)
    (row,) = await items(desk, "/v1/invalidated")
    assert (row["id"], row["reason"], row["removed_by"]) == (str(gone.id), "已转入其他学校就读", world.school.name)
    assert [r["id"] for r in row["records"]] == [str(record.record_id)]
    assert gone.id_number not in json.dumps(row)
    found = await desk.post("/v1/search/invalidated", {"id_number": gone.id_number})
    assert [i["id"] for i in found.json()["items"]] == [str(gone.id)]
    assert (await desk.post("/v1/search/invalidated", {"id_number": stays.id_number})).json()["items"] == []
    own, others = (world.department_desks[p.department] for p in (gone, stays))
    assert len(await items(await api.sign_in(own), "/v1/invalidated")) == 1
    assert await items(await api.sign_in(others), "/v1/invalidated") == []
    await restore_graduate(world.school, gone.id)
    assert await items(desk, "/v1/invalidated") == []


async def test_the_voided_list_ends_with_the_next_submission(api: Api, world: World) -> None:
    person, other = world.graduates[0], world.graduates[1]
    first = await walk(world, person, F.DESTINATION, "submit", "approve", "void")
    second = await walk(world, person, F.DESTINATION, "submit", "approve", "void", destination_code="12")
    await walk(world, other, F.DESTINATION, "submit", "approve", "void")
    await walk(world, other, F.DESTINATION, "submit", "withdraw")
    desk = await api.sign_in(world.school_desk)
    (row,) = await items(desk, "/v1/voided")
    assert (row["id"], row["voided"]) == (str(person.id), 2)
    found = await desk.post("/v1/search/voided", {"id_number": person.id_number})
    assert [i["id"] for i in found.json()["items"]] == [str(person.id)]
    detail = (await desk.get(f"/v1/voided/{person.id}")).json()
    assert [r["id"] for r in detail["records"]] == [str(second.record_id), str(first.record_id)]
    assert [s["action"] for s in detail["records"][0]["history"]] == ["submit", "approve", "void"]
    assert detail["records"][0]["form"]["monthly_pay"] == 8000
    assert person.id_number not in json.dumps(detail)
    assert "15400000001" not in json.dumps(detail)
    assert (await desk.get(f"/v1/voided/{other.id}")).status_code == 200  # its records stay readable
    assert (await desk.get(f"/v1/voided/{world.graduates[2].id}")).status_code == 404
    foreign = await make_world()
    stranger = await api.sign_in(foreign.school_desk)
    assert (await stranger.get(f"/v1/voided/{person.id}")).status_code == 404
    assert await items(stranger, "/v1/voided") == []
    again = await walk(world, person, F.DESTINATION, "submit")
    assert await items(desk, "/v1/voided") == []
    page = (await desk.get(f"/v1/destination/{again.record_id}")).json()
    assert [v["id"] for v in page["review"]["voided"]] == [str(second.record_id), str(first.record_id)]


# --- the review page -----------------------------------------------------------------------------


async def test_a_termination_says_who_asks_why_and_how_long_the_other_side_is_silent(
    api: Api, world: World, clock: Any
) -> None:
    signed = await sign(world)
    asked = await step(world, world.graduate.actor, F.ONLINE_TERMINATION, "request", parent=signed.record_id)
    clock.advance(days=8, hours=1)
    desk, path = await api.sign_in(world.school_desk), f"/v1/online_termination/{asked.record_id}"
    for at, key in ((3, "a"), (7, "b")):
        moment = kit.now() - timedelta(days=8 - at)
        await execute(
            "INSERT INTO inbox_notes (id, key, employer_id, record_id, notice, params, created_at) "
            "VALUES ($1, $2, $3, $4, 'answer_reminder_employer', '{}', $5)",
            new_id(), f"{asked.record_id}:{key}", world.employer.id, asked.record_id, moment,
        )  # fmt: skip
    said = (await desk.get(path)).json()["termination"]
    agreement = (await desk.get(f"/v1/online_signing/{signed.record_id}")).json()["agreement_no"]
    assert agreement is not None
    assert said == {
        "agreement_no": agreement,
        "party": "graduate",
        "party_label": "毕业生",
        "applicant": world.graduate.name,
        "asked_at": said["asked_at"],
        "reason": "personal",
        "reason_label": "个人原因",
        "explanation": "家庭原因需要回乡",
        "days_silent": 8,
        "reminders": 2,
        "reminded_at": json_time((kit.now() - timedelta(days=1)).replace(second=0)),
    }
    await step(world, world.employer.actor, F.ONLINE_TERMINATION, "agree", asked)
    assert (await desk.get(path)).json()["termination"]["days_silent"] is None
    assert (await desk.get(f"/v1/online_signing/{signed.record_id}")).json()["termination"] is None


async def test_notes_stay_among_staff_and_their_rights(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    path = f"/v1/records/{record.record_id}/notes"
    desk = await api.sign_in(world.school_desk)
    assert (await desk.post(path, {"text": "已电话联系单位"})).status_code == 204
    assert (await desk.post(path, {"text": "  "})).status_code == 422
    reader = await make_account(world.province, Party.SCHOOL, "只读", school_id=world.school_id, employment=Grant.RO)
    assert (await (await api.sign_in(reader)).post(path, {"text": "不能写"})).status_code == 403
    foreign = await make_world()
    assert (await (await api.sign_in(foreign.school_desk)).post(path, {"text": "别校"})).status_code == 404
    page = (await desk.get(f"/v1/online_signing/{record.record_id}")).json()
    (note,) = page["review"]["notes"]
    assert (note["by"], note["text"]) == (world.school.name, "已电话联系单位")
    graduate = await api.as_graduate(world, world.graduate)
    employer = await api.sign_in(world.employer)
    for caller in (graduate, employer):
        for suffix in ("", "/history"):
            assert "已电话联系单位" not in (await caller.get(f"/v1/online_signing/{record.record_id}{suffix}")).text


async def test_the_same_picture_with_somebody_else_is_a_hint_that_keeps_others_names(api: Api, world: World) -> None:
    first, second = world.graduates[:2]  # of two departments
    mine = await walk(world, first, F.DESTINATION, "submit")  # with the one scan that all have
    theirs = await walk(world, second, F.DESTINATION, "submit")
    path = f"/v1/destination/{mine.record_id}"
    school = (await (await api.sign_in(world.school_desk)).get(path)).json()["review"]
    (found,) = school["same_images"]
    assert (found["record_id"], found["graduate_name"]) == (str(theirs.record_id), second.name)
    assert "same_image" in [hint["code"] for hint in school["hints"]]
    department = (await (await api.sign_in(world.department_desks[first.department])).get(path)).json()["review"]
    assert second.name not in json.dumps(department, ensure_ascii=False)
    assert department["same_images"][0]["record_id"] is None
    assert "same_image" in [hint["code"] for hint in department["hints"]]


# --- hints while typing --------------------------------------------------------------------------


async def test_a_graduate_is_hinted_while_typing(api: Api, world: World) -> None:
    known, person = credit_code(), world.graduates[1]
    name = f"示例制造{new_id().hex[-6:]}有限公司"
    await walk(world, world.graduate, F.DESTINATION, "submit", "approve", employer_uscc=known, employer_name=name)
    graduate = await api.as_graduate(world, person)
    typed = {"employer_uscc": known.lower(), "employer_name": "示例", "employer_nature": "39"}
    answer = await graduate.post("/v1/hints", {"flow": "destination", "form": typed})
    assert [(h["code"], h["field"]) for h in answer.json()["items"]] == [("name_differs", "employer_name")]
    assert name in answer.text
    form = {
        "contact_mobile": person.mobile,
        "position_category": "90",
        "employer_region": "330106",
        "monthly_pay": "800",
        "destination_code": "12",
    }
    said = (await graduate.post("/v1/hints", {"flow": "destination", "form": form})).json()
    assert [h["code"] for h in said["items"]] == ["position_other", "phone_is_graduates", "pay_below_minimum"]
    early = {"flow": "offline_signing", "form": {"report_on": f"{world.cohort}-01-05"}}
    hinted = (await graduate.post("/v1/hints", early)).json()["items"]
    assert [h["code"] for h in hinted] == ["report_before_graduation"]
    for odd in ({"employer_name": 7}, {"monthly_pay": []}, {"employer_nature": "nothing"}, {"report_on": "soon"}, {}):
        assert (await graduate.post("/v1/hints", {"flow": "offline_signing", "form": odd})).json()["items"] == []
    assert (await graduate.post("/v1/hints", {"flow": "destination", "form": {"unknown": 1}})).status_code == 400
    assert (await (await api.sign_in(world.school_desk)).post("/v1/hints", {"flow": "destination"})).status_code == 403


async def test_a_registered_employer_that_is_nearly_meant_is_named_and_the_right_one_is_not(
    api: Api, world: World
) -> None:
    graduate, firm = await api.as_graduate(world, world.graduates[1]), world.employer

    async def hinted(flow: str, name: str, uscc: str) -> list[tuple[str, str]]:
        form = {"employer_name": name, "employer_uscc": uscc}
        answer = await graduate.post("/v1/hints", {"flow": flow, "form": form})
        return [(h["code"], h["field"]) for h in answer.json()["items"] if h["code"] == "registered_otherwise"]

    offline = str(F.OFFLINE_SIGNING)
    assert await hinted(offline, firm.name, firm.uscc.lower()) == []
    assert await hinted(offline, f"{firm.name}分公司", firm.uscc) == [("registered_otherwise", "employer_name")]
    assert await hinted(offline, firm.name, credit_code()) == [("registered_otherwise", "employer_uscc")]
    assert await hinted(offline, firm.name, "") == [("registered_otherwise", "employer_uscc")]
    assert await hinted(offline, "没有注册过的单位", credit_code()) == []
    assert await hinted(str(F.DESTINATION), firm.name, "") == [], "there the employer has nothing to do"


# --- histories -----------------------------------------------------------------------------------


async def test_an_edit_is_told_field_by_field(api: Api) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    record = await walk(world, world.graduate, F.DESTINATION, "submit")
    department = world.department_of(world.graduate)
    changed = {**WORK_CONTRACT, "monthly_pay": 9500, "position_category": "11", "employer_region": "440305"}
    await step(world, department, F.DESTINATION, "edit_destination", record, **changed)
    for caller in (await api.sign_in(world.school_desk), await api.as_graduate(world, world.graduate)):
        steps = await items(caller, f"/v1/destination/{record.record_id}/history")
        told = steps[-1]["description"].split("；")
        assert "月薪（元，税前）：8000 → 9500" in told
        assert any(part.startswith("工作职位类别：") and "→ 科学研究人员" in part for part in told)
        assert any(part.startswith("单位所在地：") and not any(ch.isdigit() for ch in part) for part in told)
        assert "已与毕业生沟通确认一致" in told
        assert not any("名称" in part for part in told)


async def test_a_history_names_the_registry_state_for_staff_and_why_for_everybody(api: Api, world: World) -> None:
    await execute(
        "INSERT INTO registry_status (uscc, name, status, wanted_at, checked_at) VALUES ($1, '', '注销', $2, $2)",
        world.employer.uscc,
        kit.now(),
    )
    signed = await accept(world, await invite(world))
    await step(world, world.school, F.ONLINE_SIGNING, "approve", signed, warning_acknowledged=True)
    ending = await step(world, world.graduate.actor, F.ONLINE_TERMINATION, "request", parent=signed.record_id)
    await step(world, world.school, F.ONLINE_TERMINATION, "force", ending)
    school = await api.sign_in(world.school_desk)
    employer = await api.sign_in(world.employer)
    path = f"/v1/online_signing/{signed.record_id}/history"
    approved = next(s for s in await items(school, path) if s["action"] == "approve")
    assert "单位登记状态：注销（" in approved["description"]
    assert "已知悉该单位的预警或经营状态提示：是" in approved["description"]
    outside = next(s for s in await items(employer, path) if s["action"] == "approve")
    assert "登记状态" not in outside["description"]
    assert "知悉" not in outside["description"]
    steps = await items(employer, f"/v1/online_termination/{ending.record_id}/history")
    assert "解约原因：个人原因；解约说明：家庭原因需要回乡" in steps[0]["description"]
    assert "情况说明：单位多次联系不上，已电话核实情况" in steps[1]["description"]


async def test_everybody_reads_what_they_did_themselves(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    await step(world, world.school, F.ONLINE_SIGNING, "approve", record)
    school = await api.sign_in(world.school_desk)
    answer = (await school.get("/v1/me/history?limit=2")).json()
    assert answer["items"][0]["action"] == "approve"
    assert answer["items"][0]["title"] == f"{world.graduate.name}，{world.employer.name}"
    assert answer["items"][0]["label"] == "审核通过"
    seen = [i["action"] for i in answer["items"]]
    while answer["next"]:
        answer = (await school.get(f"/v1/me/history?limit=2&before={answer['next']}")).json()
        seen += [i["action"] for i in answer["items"]]
    rows = await fetch("SELECT action FROM journal WHERE actor = $1 ORDER BY id DESC", world.school.key)
    assert seen == [row["action"] for row in rows]
    assert {"submit_settings", "set_handler", "import_roster"} <= set(seen)
    labels = {i["action"]: i["label"] for i in (await school.get("/v1/me/history")).json()["items"]}
    assert labels["set_handler"] == "设置协议经办人"
    graduate = await items(await api.as_graduate(world, world.graduate), "/v1/me/history")
    assert [(i["action"], i["title"]) for i in graduate] == [("accept", world.employer.name)]
    employer = await items(await api.sign_in(world.employer), "/v1/me/history")
    assert employer[0]["action"] == "invite"


async def test_no_act_of_a_person_is_nameless_in_the_own_history(api: Api, world: World) -> None:
    await sign(world)
    for caller in (world.school_desk, world.employer, world.province_desk):
        for line in await items(await api.sign_in(caller), "/v1/me/history?limit=200"):
            assert line["label"] != "其他操作", line["action"]
            assert "{" not in line["label"]


async def test_the_own_history_names_whom_each_act_was_about(api: Api, world: World) -> None:
    school, province = await api.sign_in(world.school_desk), await api.sign_in(world.province_desk)
    reason = {"reason": "核对身份证原件需要"}
    assert (await school.post(f"/v1/graduates/{world.graduate.id}/unmask", reason)).status_code == 200
    named = {i["action"]: i["title"] for i in await items(school, "/v1/me/history?limit=200")}
    assert named["unmask"] == world.graduate.name
    assert named["create_account"]
    about = {i["action"]: i["title"] for i in await items(province, "/v1/me/history?limit=200")}
    assert (about["open_module"], about["create_school"]) == (world.school_name, world.school_name)
    assert about["decide_employer"] in [firm.name for firm in world.employers]
