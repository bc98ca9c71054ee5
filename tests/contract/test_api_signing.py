"""Room: one signing over HTTP, from the invitation to its end."""

from __future__ import annotations

from models.parties import ReviewMode
from tests.harness.callers import Api
from tests.harness.world import accept_form, invite_form, make_world

FLOW = "online_signing"


async def test_an_invitation_becomes_a_signing(api: Api) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    person = world.graduate
    firm, graduate = await api.sign_in(world.employer), await api.as_graduate(world, person)
    department = await api.sign_in(world.department_desks[person.department])
    school = await api.sign_in(world.school_desk)

    made = await firm.create(FLOW, "invite", invite_form(world, person))
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    assert path == f"/v1/{FLOW}/{made.json()['id']}"
    assert made.json()["state"] == "invited"

    seen = (await graduate.get(path)).json()
    assert {c["name"]: c["open"] for c in seen["actions"]} == {"accept": True, "refuse": True}
    accepted = await graduate.act(path, "accept", seen["version"], accept_form(person))
    assert accepted.json()["state"] == "review_department", accepted.text
    assert accepted.headers["ETag"] == '"2"'

    stage = await department.act(path, "approve", 2)
    assert stage.json()["state"] == "review_school", stage.text
    signed = await school.act(path, "approve", 3)
    assert signed.json() == {
        "act_id": signed.json()["act_id"],
        "flow": FLOW,
        "id": made.json()["id"],
        "state": "signed",
        "label": "签约完成",
        "version": 4,
        "repeated": False,
    }
    record = (await school.get(path)).json()
    assert record["agreement_no"]
    assert [c["name"] for c in record["actions"]] == ["edit"]
    history = (await school.get(f"{path}/history")).json()["items"]
    assert [step["label"] for step in history] == ["发起签约邀请", "同意签约", "鉴证通过", "鉴证通过"]
