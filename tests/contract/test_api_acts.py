"""Room: acts over HTTP: preconditions, keys, conflicts, limits, selections."""

from __future__ import annotations

import asyncio

import pytest

from models.parties import Party, ReviewMode
from models.tables import JournalRow, Record
from tests.harness.callers import Api, fresh_key
from tests.harness.world import (
    World,
    accept,
    accept_form,
    add_graduates,
    approve,
    invite,
    invite_form,
    make_account,
    make_world,
)
from workflows.commands.record_notes import add_note
from workflows.commands.warnings import mark_employer
from workflows.limits import INVITE_MISS

FLOW = "online_signing"


@pytest.fixture
async def world(database: str) -> World:
    return await make_world()


async def steps(record_id: object) -> int:
    return await JournalRow.filter(subject_id=record_id).count()


async def test_an_act_needs_a_version_and_a_key(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    school = await api.sign_in(world.school_desk)
    path = f"/v1/{FLOW}/{record.record_id}/actions/approve"
    key = fresh_key()
    for headers in ({}, {"If_Match": '"2"'}, {"Idempotency_Key": key}):
        answer = await school.post(path, {"form": {}}, **headers)
        assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")
    for version in ("2", '"x"', 'W/"2"', '"-1"', "*", '"2", "3"'):
        answer = await school.post(path, {"form": {}}, If_Match=version, Idempotency_Key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    for bad in ("short", "x" * 81, "with a space"):
        answer = await school.post(path, {"form": {}}, If_Match='"2"', Idempotency_Key=bad)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert await steps(record.record_id) == 2


async def test_creation_needs_a_key_only(api: Api, world: World) -> None:
    firm = await api.sign_in(world.employer)
    body = {"action": "invite", "form": invite_form(world, world.graduate)}
    assert (await firm.post(f"/v1/{FLOW}", body)).status_code == 428
    assert (await firm.post(f"/v1/{FLOW}", body, Idempotency_Key=fresh_key())).status_code == 201


async def test_the_same_key_gives_the_first_answer_again(api: Api, world: World) -> None:
    firm, key = await api.sign_in(world.employer), fresh_key()
    form = invite_form(world, world.graduate)
    first = await firm.create(FLOW, "invite", form, key)
    again = await firm.create(FLOW, "invite", form, key)
    assert again.status_code == 201
    assert again.json() == {**first.json(), "repeated": True}
    assert await Record.filter(graduate_id=world.graduate.id).count() == 1
    other = await firm.create(FLOW, "invite", {**form, "valid_days": 7}, key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_a_key_belongs_to_its_session(api: Api, world: World) -> None:
    key = fresh_key()
    one, two = await api.sign_in(world.employer), await api.sign_in(world.employer)
    made = await one.create(FLOW, "invite", invite_form(world, world.graduates[0]), key)
    other = await two.create(FLOW, "invite", invite_form(world, world.graduates[1]), key)
    assert made.json()["id"] != other.json()["id"]


async def test_twin_clicks_at_once_do_one_thing(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    school, key = await api.sign_in(world.school_desk), fresh_key()
    path = f"/v1/{FLOW}/{record.record_id}"
    answers = await asyncio.gather(*(school.act(path, "approve", 2, key=key) for _ in range(5)))
    assert [a.status_code for a in answers] == [200] * 5
    assert [a.json()["repeated"] for a in answers].count(False) == 1
    assert await steps(record.record_id) == 3


async def test_of_two_reviewers_one_wins_and_the_other_learns_who_and_what(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    second = await make_account(world.province, Party.SCHOOL, "第二位老师", school_id=world.school_id)
    desks = [await api.sign_in(world.school_desk), await api.sign_in(second)]
    path = f"/v1/{FLOW}/{record.record_id}"
    answers = await asyncio.gather(*(desk.act(path, "approve", 2) for desk in desks))
    won, lost = sorted(answers, key=lambda a: a.status_code)
    assert (won.status_code, lost.status_code) == (200, 409)
    problem = lost.json()
    assert problem["code"] == "stale"
    assert (problem["state"], problem["label"], problem["version"]) == ("signed", "签约完成", 3)
    assert problem["decided_by"]["name"] in {"学校用户", "第二位老师"}
    assert problem["decided_by"]["action"] == "approve"
    assert [a["name"] for a in problem["actions"]] == ["edit"]


async def test_whoever_signs_learns_that_the_school_was_first_and_not_which_clerk(api: Api, world: World) -> None:
    """As in the history; and neither notes of reviewers nor downloads count as a step."""
    clerk = await make_account(world.province, Party.SCHOOL, "某某老师", school_id=world.school_id)
    record = await approve(world, await accept(world, await invite(world)), by=clerk.actor)
    await add_note(world.school, record.record_id, "已电话核实")
    path = f"/v1/{FLOW}/{record.record_id}"
    graduate, employer = await api.as_graduate(world, world.graduate), await api.sign_in(world.employer)
    for side, action, form in (
        (graduate, "accept", accept_form(world.graduate)),
        (employer, "withdraw", {}),
        (await api.sign_in(world.school_desk), "approve", {}),
    ):
        answer = (await side.act(path, action, 1, form)).json()
        name = "某某老师" if action == "approve" else "学校用户"
        assert (answer["code"], answer["decided_by"]["name"]) == ("stale", name)
        assert answer["decided_by"]["action"] == "approve"


async def test_a_second_click_is_refused_with_the_new_state(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    school = await api.sign_in(world.school_desk)
    path = f"/v1/{FLOW}/{record.record_id}"
    assert (await school.act(path, "approve", 2)).status_code == 200
    again = await school.act(path, "approve", 3)
    assert (again.status_code, again.json()["code"], again.json()["guard"]) == (409, "refused", "state")
    assert "签约完成" in again.json()["detail"]


async def test_a_guard_gives_button_and_refusal_the_same_sentence(api: Api, world: World) -> None:
    first = await invite(world)
    second_firm = await make_world(employers=1)
    other = await invite(world, firm=second_firm.employer)
    await accept(world, first)
    graduate = await api.as_graduate(world, world.graduate)
    path = f"/v1/{FLOW}/{other.record_id}"
    button = next(a for a in (await graduate.get(path)).json()["actions"] if a["name"] == "accept")
    assert (button["open"], button["guard"]) == (False, "slot_free")
    refused = await graduate.act(path, "accept", 1, accept_form(world.graduate))
    assert (refused.status_code, refused.json()["guard"]) == (409, "slot_free")
    assert refused.json()["detail"] == button["reason"]


async def test_all_faults_come_at_once_each_at_its_field(api: Api, world: World) -> None:
    firm = await api.sign_in(world.employer)
    form = invite_form(world, world.graduate, monthly_pay="many", valid_days=31, contact_mobile="12345", extra="x")
    del form["position_title"]
    answer = await firm.create(FLOW, "invite", form)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_form")
    assert {f["path"] for f in answer.json()["faults"]} == {
        "position_title",
        "monthly_pay",
        "valid_days",
        "contact_mobile",
        "extra",
    }


async def test_an_unknown_action_is_not_found(api: Api, world: World) -> None:
    record = await invite(world)
    school = await api.sign_in(world.school_desk)
    for action in ("nothing", "supersede", "terminate", "%2e%2e"):
        answer = await school.client.post(
            f"/v1/{FLOW}/{record.record_id}/actions/{action}",
            json={"form": {}},
            headers={"Authorization": f"Bearer {school.token}", "If-Match": '"1"', "Idempotency-Key": fresh_key()},
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_looking_for_people_is_limited_by_misses_alone(api: Api, world: World) -> None:
    firm = await api.sign_in(world.employer)
    right = invite_form(world, world.graduate)
    wrong = {**right, "graduate_name": "查无此人"}
    misses = [await firm.create(FLOW, "invite", wrong) for _ in range(INVITE_MISS.times)]
    assert {(a.status_code, a.json()["guard"]) for a in misses} == {(409, "invitee_found")}
    limited = await firm.create(FLOW, "invite", right)
    assert (limited.status_code, limited.json()["code"]) == (429, "rate_limited")
    assert int(limited.headers["retry-after"]) > 0
    colleague = await api.sign_in((await make_world()).employer)
    assert (await colleague.create(FLOW, "invite", right)).status_code == 201


async def test_hits_are_not_limited(api: Api, world: World) -> None:
    firm = await api.sign_in(world.employer)
    people = await add_graduates(world, INVITE_MISS.times + 2)
    answers = [await firm.create(FLOW, "invite", invite_form(world, person)) for person in people]
    assert {a.status_code for a in answers} == {201}


async def test_one_neutral_answer_hides_who_exists(api: Api, world: World) -> None:
    firm = await api.sign_in(world.employer)
    right = invite_form(world, world.graduate)
    stranger = invite_form(world, (await make_world()).graduate)
    answers = [
        await firm.create(FLOW, "invite", {**right, "graduate_name": "王某"}),
        await firm.create(FLOW, "invite", {**right, "id_number": world.graduates[1].id_number}),
        await firm.create(FLOW, "invite", {**right, "school_code": "00000"}),
        await firm.create(FLOW, "invite", stranger),
    ]
    assert len({(a.status_code, a.json()["detail"], a.json()["guard"]) for a in answers}) == 1


# --- selections ----------------------------------------------------------------------------------


async def bulk(desk: Api, items: list[tuple[object, int]], key: str = "") -> list[dict[str, object]]:
    body = {"items": [{"id": str(record), "version": version} for record, version in items]}
    answer = await desk.post(f"/v1/{FLOW}/bulk/approve", body, Idempotency_Key=key or fresh_key())
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


async def test_each_row_of_a_selection_is_decided_by_itself(api: Api, world: World) -> None:
    people = await add_graduates(world, 4)
    ready = [await accept(world, await invite(world, person), person) for person in people[:3]]
    done = await approve(world, ready[2])
    waiting = await invite(world, people[3])
    abroad = await make_world()
    foreign = await accept(abroad, await invite(abroad))
    desk, key = await api.sign_in(world.school_desk), fresh_key()
    items = [
        (ready[0].record_id, 2),
        (ready[1].record_id, 1),
        (done.record_id, 3),
        (waiting.record_id, 1),
        (foreign.record_id, 2),
    ]
    results = await bulk(desk, items, key)
    assert [r["id"] for r in results] == [str(record) for record, _ in items]
    assert [r["problem"] and r["problem"]["code"] for r in results] == [
        None,
        "stale",
        "refused",
        "refused",
        "not_found",
    ]
    assert results[0]["outcome"]["state"] == "signed"
    again = await bulk(desk, items, key)
    assert again[0]["outcome"] == {**results[0]["outcome"], "repeated": True}


async def test_a_row_with_a_risk_mark_wants_a_look(api: Api, world: World) -> None:
    record = await accept(world, await invite(world))
    await mark_employer(
        world.school, {"employer_name": world.employer.name, "employer_uscc": world.employer.uscc}, ["fake"]
    )
    desk = await api.sign_in(world.school_desk)
    (result,) = await bulk(desk, [(record.record_id, 2)])
    assert (result["done"], result["problem"]["guard"]) == (False, "no_risk_mark")
    unseen = await desk.act(f"/v1/{FLOW}/{record.record_id}", "approve", 2)
    assert (unseen.status_code, unseen.json()["guard"]) == (409, "warning_seen"), "alone it asks for the tick"
    seen = await desk.act(f"/v1/{FLOW}/{record.record_id}", "approve", 2, {"warning_acknowledged": True})
    assert seen.status_code == 200


@pytest.mark.parametrize("action", ["reject", "accept", "invite", "edit", "terminate", "nothing"])
async def test_only_plain_approvals_may_be_done_to_a_selection(api: Api, world: World, action: str) -> None:
    desk = await api.sign_in(world.school_desk)
    record = await accept(world, await invite(world))
    body = {"items": [{"id": str(record.record_id), "version": 2}]}
    answer = await desk.post(f"/v1/{FLOW}/bulk/{action}", body, Idempotency_Key=fresh_key())
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_selection_has_a_size(api: Api, world: World) -> None:
    desk = await api.sign_in(world.school_desk)
    record = await accept(world, await invite(world))
    item = {"id": str(record.record_id), "version": 2}
    for items in ([], [item] * 201, [{**item, "version": 0}], [{**item, "id": "x"}], [{**item, "extra": 1}]):
        answer = await desk.post(f"/v1/{FLOW}/bulk/approve", {"items": items}, Idempotency_Key=fresh_key())
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_in_two_stage_review_a_selection_moves_on_only(api: Api) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    record = await accept(world, await invite(world))
    desk = await api.sign_in(world.department_desks[world.graduate.department])
    (result,) = await bulk(desk, [(record.record_id, 2)])
    assert result["outcome"]["state"] == "review_school"
