"""Room: what each side sees of a record: contacts, masks, review data, history."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models import kit
from models.db import execute
from models.parties import AgreementType, ReviewMode
from models.states import Flow
from tests.harness.callers import Api, bind
from tests.harness.world import (
    World,
    accept,
    approve,
    decide,
    invite,
    make_world,
    reject,
    sign,
)
from workflows.commands.employers import update_profile
from workflows.commands.roster import import_roster, invalidate_graduate
from workflows.commands.warnings import mark_employer
from workflows.engine import Outcome, act

FLOW = "online_signing"
# All that an employer may know of a graduate before the graduate says yes (roles.md).
KNOWN_BEFORE = {"name", "id_number", "school", "level", "level_code", "major"}


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


def path(record: Outcome) -> str:
    return f"/v1/{FLOW}/{record.record_id}"


async def read(api: Api, record: Outcome) -> dict[str, Any]:
    answer = await api.get(path(record))
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    return dict(answer.json())


async def test_an_employer_knows_little_before_acceptance_and_the_contact_after(api: Api, world: World) -> None:
    person, firm = world.graduate, await api.sign_in(world.employer)
    record = await invite(world)
    before = await read(firm, record)
    assert {key for key, value in before["graduate"].items() if value is not None} == KNOWN_BEFORE
    assert before["graduate"]["id_number"] == kit.mask_id_number(person.id_number)
    assert before["snapshot"] is None
    assert before["form"]["contact_mobile"] == "15400000001"
    text = json.dumps(before)
    for secret in (person.id_number, person.mobile, person.mobile[-4:], person.department):
        assert secret not in text
    await accept(world, record, own_email="wang@example.com")
    after = await read(firm, record)
    assert after["form"]["own_mobile"] == person.mobile
    assert after["form"]["own_email"] == "wang@example.com"
    assert person.id_number not in json.dumps(after)


@pytest.mark.parametrize("action", ["refuse", "withdraw"])
async def test_who_never_said_yes_stays_unknown(api: Api, world: World, action: str) -> None:
    record, person = await invite(world), world.graduate
    actor, form = (person.actor, {"reason": "pay"}) if action == "refuse" else (world.employer.actor, {})
    await act(actor, Flow.ONLINE_SIGNING, record.record_id, action, form, version=1, once=world.key())
    firm = await api.sign_in(world.employer)
    seen = await read(firm, record)
    assert {key for key, value in seen["graduate"].items() if value is not None} == KNOWN_BEFORE
    (line,) = (await firm.get(f"/v1/{FLOW}")).json()["items"]
    assert (line["graduate"]["department"], line["graduate"]["id"]) == (None, None)


async def test_staff_see_masked_numbers_only(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    for desk in (world.school_desk, world.province_desk):
        seen = await read(await api.sign_in(desk), record)
        text = json.dumps(seen)
        for number in (world.graduate.id_number, world.graduate.mobile, "15400000001"):
            assert number not in text
        assert seen["form"]["own_mobile"] == kit.mask_mobile(world.graduate.mobile)
        assert seen["form"]["contact_mobile"] == "154****0001"
        assert seen["graduate"]["id_number"] == kit.mask_id_number(world.graduate.id_number)
        assert seen["snapshot"]["id_number"] == kit.mask_id_number(world.graduate.id_number)
        assert "v1:" not in text


async def test_a_graduate_sees_the_own_data_and_whom_to_call(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    seen = await read(await api.as_graduate(world, world.graduate), record)
    assert seen["form"]["own_mobile"] == world.graduate.mobile
    assert seen["form"]["contact_mobile"] == "15400000001"
    assert seen["graduate"]["id_number"] == world.graduate.id_number
    assert "review" not in seen


async def test_a_reviewer_sees_where_the_roster_has_moved_on(api: Api, world: World) -> None:
    record, person = await accept(world, await invite(world)), world.graduate
    row = await roster_row_of(person.id)
    changed = {**row, "szyx": "新成立学院", "zzmmdm": "01"}
    await import_roster(world.school, world.cohort, [changed], file_sha256="1" * 64)
    review = (await read(await api.sign_in(world.school_desk), record))["review"]
    assert {d["name"]: (d["recorded"], d["present"]) for d in review["differences"]} == {
        "department": (person.department, "新成立学院"),
        "zzmmdm": ("03", "01"),
    }
    assert review["department_changed"] is True


async def roster_row_of(graduate_id: object) -> dict[str, str]:
    from models.db import fetch_row
    from models.vault import unseal

    row = await fetch_row("SELECT * FROM graduates WHERE id = $1", graduate_id)
    assert row is not None
    return {
        **json.loads(row["basic"]),
        "xm": row["name"],
        "sfzh": unseal("graduates.id_enc", row["id_enc"]),
        "szyx": row["department"],
        "xldm": row["level_code"],
        "zy": row["major"],
        "pyfsdm": row["training_mode"],
    }


async def test_a_record_keeps_the_employer_as_it_was_invited(api: Api, world: World) -> None:
    record = await invite(world)
    form = {**world.employer.form, "employer_address": "新址路99号", "contact_name": "钱人事"}
    await update_profile(world.employer.actor, form)
    seen = await read(await api.sign_in(world.school_desk), record)
    assert seen["employer"]["profile"]["employer_address"] == world.employer.form["employer_address"]
    assert "钱人事" not in json.dumps(seen, ensure_ascii=False)


async def test_marks_show_to_reviewers_and_graduates_and_never_to_employers(api: Api, world: World) -> None:
    record = await invite(world)
    form = {"employer_name": world.employer.name, "employer_uscc": world.employer.uscc, "note": "内部核实中"}
    await mark_employer(world.school, form, ["fake"])
    school = await read(await api.sign_in(world.school_desk), record)
    assert school["marks"]["shown"] is True
    assert school["marks"]["reasons"] == [{"code": "fake", "label": "虚假单位"}]
    assert school["marks"]["note"] == "内部核实中"
    graduate = await read(await api.as_graduate(world, world.graduate), record)
    assert graduate["marks"]["reasons"] == school["marks"]["reasons"]
    assert "内部核实中" not in json.dumps(graduate, ensure_ascii=False)
    firm = await read(await api.sign_in(world.employer), record)
    assert firm["marks"] is None


async def test_a_mark_of_another_school_alone_shows_nothing(api: Api, world: World) -> None:
    record, other = await invite(world), await make_world()
    await mark_employer(other.school, {"employer_name": world.employer.name}, ["fake"])
    marks = (await read(await api.sign_in(world.school_desk), record))["marks"]
    assert (marks["shown"], marks["reasons"], marks["note"], marks["schools"]) == (False, [], "", None)


async def test_the_registry_state_is_the_kept_one(api: Api, world: World) -> None:
    record, school = await invite(world), await api.sign_in(world.school_desk)
    assert (await read(school, record))["review"]["registry"]["known"] is False
    await execute(
        "INSERT INTO registry_status (uscc, name, status, wanted_at, checked_at) VALUES ($1, $2, '注销', $3, $3)",
        world.employer.uscc,
        world.employer.name,
        kit.now(),
    )
    found = (await read(school, record))["review"]["registry"]
    assert (found["known"], found["status"], found["in_operation"]) == (True, "注销", False)


async def test_messages_of_a_record_are_shown_to_staff_and_graduate(api: Api, world: World) -> None:
    await bind(world, world.graduate)
    record = await invite(world)
    school = await read(await api.sign_in(world.school_desk), record)
    assert [(d["channel"], d["title"]) for d in school["deliveries"]] == [("wechat", "收到签约邀请")]
    graduate = await read(await api.as_graduate(world, world.graduate), record)
    assert [d["title"] for d in graduate["deliveries"]] == ["收到签约邀请"]
    assert (await read(await api.sign_in(world.employer), record))["deliveries"] is None


async def test_other_records_of_the_person_stand_beside(api: Api, world: World) -> None:
    first, other = await invite(world), await make_world()
    second = await invite(world, firm=other.employer)
    review = (await read(await api.sign_in(world.school_desk), second))["review"]
    assert [r["id"] for r in review["other_records"]] == [str(first.record_id)]


async def test_a_frozen_record_is_shown_and_closed_for_everybody(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    await invalidate_graduate(world.school, world.graduate.id, "已不在就业管理系统名单中")
    for caller in (
        await api.sign_in(world.school_desk),
        await api.sign_in(world.employer),
        await api.as_graduate(world, world.graduate),
    ):
        seen = await read(caller, record)
        assert seen["frozen"] is True
        assert [a["guard"] for a in seen["actions"] if a["open"]] == []


async def test_a_department_stage_shows_the_school_why_it_must_wait(api: Api) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    record = await accept(world, await invite(world))
    seen = await read(await api.sign_in(world.school_desk), record)
    assert {(a["name"], a["open"], a["guard"]) for a in seen["actions"]} == {
        ("approve", False, "stage_owner"),
        ("reject", False, "stage_owner"),
    }
    mine = await read(await api.sign_in(world.department_desks[world.graduate.department]), record)
    assert {(a["name"], a["open"]) for a in mine["actions"]} == {("approve", True), ("reject", True)}


async def test_the_verb_follows_the_agreement_type(api: Api) -> None:
    for agreement, verb in ((AgreementType.TWO_PARTY, "鉴证"), (AgreementType.THREE_PARTY, "审核")):
        world = await make_world(agreement=agreement)
        record = await accept(world, await invite(world))
        seen = await read(await api.sign_in(world.school_desk), record)
        assert [a["label"] for a in seen["actions"]] == [f"{verb}通过", f"{verb}不通过"]


# --- history -------------------------------------------------------------------------------------


async def history(api: Api, record: Outcome) -> list[dict[str, Any]]:
    return list((await api.get(f"{path(record)}/history")).json()["items"])


async def test_history_names_everybody_to_staff_and_parties_to_the_others(api: Api, world: World) -> None:
    record = await reject(world, await accept(world, await invite(world)))
    staff = await history(await api.sign_in(world.school_desk), record)
    assert [(s["label"], s["by"]) for s in staff] == [
        ("发起签约邀请", "赵人事"),
        ("同意签约", world.graduate.name),
        ("鉴证不通过", "学校用户"),
    ]
    assert staff[-1]["description"] == "审核不通过，签约失败；原因：单位信息有误；具体问题：单位名称与公章不一致"
    outside = await history(await api.sign_in(world.employer), record)
    assert [s["by"] for s in outside] == ["赵人事", world.graduate.name, "学校用户"]
    assert outside[-1]["description"] == staff[-1]["description"]


async def test_a_clerks_name_and_note_stay_among_staff(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    await decide(world, record, "approve", {"note": "纸质材料已核对"})
    staff = await history(await api.sign_in(world.school_desk), record)
    assert "纸质材料已核对" in staff[-1]["description"]
    for caller in (await api.sign_in(world.employer), await api.as_graduate(world, world.graduate)):
        told = await history(caller, record)
        assert "纸质材料已核对" not in json.dumps(told, ensure_ascii=False)


async def test_an_edit_is_told_field_by_field(api: Api, world: World) -> None:
    record = await sign(world)
    school = await api.sign_in(world.school_desk)
    edited = await school.act(path(record), "edit", record.version, {"position_category": "11"})
    assert edited.status_code == 200, edited.text
    steps = await history(school, record)
    assert steps[-1]["description"] == "工作职位类别：工程技术人员 → 科学研究人员"


async def test_a_school_in_place_of_a_department_is_told_so(api: Api) -> None:
    from workflows.commands.accounts import disable_account

    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    record = await accept(world, await invite(world))
    await disable_account(world.school, world.department_of(world.graduate).id, confirmed=True)
    school = await api.sign_in(world.school_desk)
    assert (await school.act(path(record), "approve", 2)).json()["state"] == "review_school"
    steps = await history(school, record)
    assert (steps[-1]["label"], steps[-1]["stands_in"]) == ("代院系审核", True)


async def test_a_refused_invitation_tells_the_employer_why(api: Api, world: World) -> None:
    record = await invite(world)
    graduate = await api.as_graduate(world, world.graduate)
    form = {"reason": "other", "reason_text": "决定继续升学"}
    assert (await graduate.act(path(record), "refuse", 1, form)).status_code == 200
    steps = await history(await api.sign_in(world.employer), record)
    assert steps[-1]["description"] == "学生已拒绝签约；拒绝原因：其他；补充说明：决定继续升学"


async def test_the_employers_inbox_tells_of_answers(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    await approve(world, record)
    notes = (await (await api.sign_in(world.employer)).get("/v1/employers/current/inbox")).json()["items"]
    assert [n["title"] for n in notes] == ["签约完成", "毕业生已同意签约", "单位信息已核验"]
    assert all(world.graduate.name in n["text"] for n in notes if n["record"])
