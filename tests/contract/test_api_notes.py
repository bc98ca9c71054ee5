"""Room: disputes, the digest and the comparison with the EMS over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from models.parties import ReviewMode
from models.states import Flow
from tests.harness.callers import Api
from tests.harness.disputing import disputable
from tests.harness.reaching import reach
from tests.harness.world import World, add_graduates, make_world


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=1, departments=("文学院",))


def refused(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer.json().get("guard", "")


async def test_a_dispute_is_made_listed_answered_and_read(api: Api, world: World) -> None:
    (person,) = await add_graduates(world, 1, departments=("文学院",))
    case = await disputable(world, Flow.DESTINATION, person)
    path = f"/v1/destination/{case.id}"
    graduate, clerk = await api.as_graduate(world, person), await api.sign_in(world.department_desks["文学院"])
    assert (await graduate.get(path)).json()["dispute"]["open"] is True
    made = await graduate.post(f"{path}/dispute", {"text": "月薪写错了"})
    assert made.status_code == 201
    assert refused(await graduate.post(f"{path}/dispute", {})) == (409, "refused", "already_disputed")
    listed = (await clerk.get(f"/v1/notes?status=open&kind=dispute&cohort={world.cohort}")).json()
    assert [(one["id"], one["text"]) for one in listed["items"]] == [(made.json()["id"], "月薪写错了")]
    note = f"/v1/notes/{made.json()['id']}/answer"
    short = await clerk.post(note, {"text": "好"})
    assert (short.status_code, short.json()["faults"][0]["path"]) == (422, "text")
    assert (await clerk.post(note, {"text": "已更正，谢谢。"})).status_code == 204
    assert refused(await clerk.post(note, {"text": "再答一次"})) == (409, "refused", "answered")
    (read,) = (await graduate.get(path)).json()["dispute"]["notes"]
    assert (read["answer"], read["answered_by"]) == ("已更正，谢谢。", None)
    assert (await clerk.get(path)).json()["dispute"]["notes"][0]["answered_by"] == "文学院审核员"


async def test_a_text_with_control_characters_is_refused(api: Api, world: World) -> None:
    (person,) = await add_graduates(world, 1, departments=("文学院",))
    case = await disputable(world, Flow.DESTINATION, person)
    graduate = await api.as_graduate(world, person)
    assert (await graduate.post(f"/v1/destination/{case.id}/dispute", {"text": "a\u0000b"})).status_code == 400
    assert (await graduate.post("/v1/destination/x/dispute", {})).status_code == 404


async def test_the_digest_names_what_waits_at_my_stage_with_the_oldest_first(api: Api) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=2, departments=("文学院",))
    first = await reach(world, Flow.SUPPLEMENTARY, "review_department", world.graduates[0])
    second = await reach(world, Flow.DESTINATION, "review_department", world.graduates[1])
    clerk = await api.sign_in(world.department_desks["文学院"])
    digest = (await clerk.get(f"/v1/digest?cohort={world.cohort}")).json()
    assert digest["waiting"]["total"] == 2
    assert [one["id"] for one in digest["waiting"]["oldest"]] == [str(first.id), str(second.id)]
    assert {(one["flow"], one["count"]) for one in digest["waiting"]["by_state"]} == {
        ("supplementary", 1),
        ("destination", 1),
    }
    assert (digest["silent"], digest["ems_refused"]["count"], digest["notes"]["count"]) == (None, 0, 0)
    officer = await api.sign_in(world.school_desk)
    at_school = (await officer.get("/v1/digest")).json()
    assert (at_school["waiting"]["total"], at_school["silent"]["items"]) == (0, [])


async def test_the_digest_counts_open_notes(api: Api, world: World) -> None:
    (person,) = await add_graduates(world, 1, departments=("文学院",))
    case = await disputable(world, Flow.ONLINE_SIGNING, person)
    officer = await api.sign_in(world.school_desk)
    before = (await officer.get("/v1/digest")).json()["notes"]["count"]
    await (await api.as_graduate(world, person)).post(f"/v1/online_signing/{case.id}/dispute", {})
    assert (await officer.get("/v1/digest")).json()["notes"]["count"] == before + 1


async def test_the_comparison_and_a_push_by_hand(api: Api) -> None:
    world = await make_world(graduates=1, departments=("文学院",))
    case = await reach(world, Flow.SUPPLEMENTARY, "signed")
    officer = await api.sign_in(world.school_desk)
    page = (await officer.get(f"/v1/reconciliation?cohort={world.cohort}&status=pending")).json()
    (line,) = page["items"]
    assert (line["record"], line["label"]) == ({"id": str(case.id), "flow": "supplementary"}, "等待上报")
    assert page["counts"] == {"told": 1, "waiting": 1, "refused": 0}
    assert (await officer.post(f"/v1/graduates/{case.person.id}/push")).status_code == 204
    (other,) = await add_graduates(world, 1, departments=("文学院",))
    assert refused(await officer.post(f"/v1/graduates/{other.id}/push")) == (409, "refused", "nothing_to_push")
    assert (await officer.get("/v1/reconciliation?status=lost")).status_code == 400
