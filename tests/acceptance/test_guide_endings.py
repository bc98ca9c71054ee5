"""Room: the guide's chapters 9, 10 and 12 as stories: terminations, destinations, voiding."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.harness.pure import FILLED, OFFLINE, WORK_CONTRACT
from tests.harness.stories import Case, Someone, Story

WHY = {"reason": "personal", "reason_text": "家庭原因需要回乡工作"}
REASON = {"reason": "papers_differ", "reason_text": "解约函与填写的单位不一致"}


async def signs_on_paper(story: Story, graduate: Someone) -> Case:
    form = {**FILLED["supplementary.submit"], "scans": await graduate.scan(11)}
    return await story.approves(await graduate.begins("supplementary", "submit", form))


# --- 9.1 online ----------------------------------------------------------------------------------


async def test_9_1_a_graduate_asks_the_employer_agrees_the_school_approves_and_the_slot_is_free(
    two_stages: Story,
) -> None:
    story, graduate = two_stages, two_stages.graduate
    signing = await story.signs_online(graduate)
    follow_ups = {f["flow"]: f["open"] for f in (await graduate.sees(signing))["follow_ups"]}
    assert follow_ups == {"online_termination": True}
    ending = await graduate.begins("online_termination", "request", WHY)
    assert ending.label == "学生发起解约，等待单位应约"
    await story.employer.does(ending, "agree")
    await story.deliver()
    assert ending.label == "已同意解约，等待学院审核"
    await story.approves(ending)
    assert ending.label == "解约完成"
    assert (await graduate.sees(signing))["label"] == "已解约"
    await story.deliver()
    assert await story.destination_of(graduate) == "70"
    assert (await story.told(graduate))[-2:] == ["department_approved", "termination_completed"]
    form = {**FILLED["destination.submit"], "proofs": await graduate.scan()}
    assert (await graduate.begins("destination", "submit", form)).state == "review_department"


async def test_9_1_the_employer_asks_and_the_graduate_refuses_and_the_signing_stays(story: Story) -> None:
    signing = await story.signs_online(story.graduate)
    ending = await story.employer.begins("online_termination", "request", WHY, about=signing)
    assert ending.label == "单位发起解约，等待学生应约"
    await story.graduate.does(ending, "refuse", reason_text="已办理入职，不同意解约")
    assert ending.label == "学生拒绝解约"
    assert (await story.school.sees(signing))["label"] == "签约完成"


async def test_9_1_a_rejected_termination_leaves_the_signing_in_force(story: Story) -> None:
    signing = await story.signs_online(story.graduate)
    ending = await story.graduate.begins("online_termination", "request", WHY)
    await story.employer.does(ending, "agree")
    await story.school.does(ending, "reject", **REASON)
    assert ending.label == "审核不通过，解约失败，签约仍有效"
    assert (await story.school.sees(signing))["state"] == "signed"


async def test_9_1_a_silent_employer_is_reminded_and_then_the_school_forces_the_end(
    two_stages: Story, ordinary_day: Any
) -> None:
    from workflows.actors import CLOCK
    from workflows.commands import clock

    story = two_stages
    signing = await story.signs_online(story.graduate)
    ending = await story.graduate.begins("online_termination", "request", WHY)
    for _ in range(16):
        ordinary_day.advance(days=1)
        await clock.remind(CLOCK)
    for someone in (story.school, story.department, story.employer, story.graduate):
        await someone.again()
    assert (await story.inbox(story.employer)).count("answer_reminder_employer") == 3
    refused = await story.department.tries(ending, "force", statement="单位一直没有回应，已核实", confirmed=True)
    assert refused.status_code == 403
    unconfirmed = await story.school.tries(ending, "force", statement="单位一直没有回应，已核实")
    assert [f["path"] for f in unconfirmed.json()["faults"]] == ["confirmed"]
    await story.school.does(ending, "force", statement="多次联系单位未果，已与毕业生核实", confirmed=True)
    assert (ending.label, (await story.school.sees(signing))["label"]) == ("强制解约完成", "已解约")
    await story.deliver()
    assert (await story.told(story.graduate))[-1] == "termination_forced"
    assert (await story.inbox(story.employer))[0] == "termination_forced_employer"


async def test_9_1_applications_are_counted_and_the_school_may_grant_one_more(story: Story) -> None:
    graduate = story.graduate
    await story.signs_online(graduate)
    limit = (await graduate.get("/v1/openings"))["terminations_left"]
    assert limit == 2
    for _ in range(limit):
        ending = await graduate.begins("online_termination", "request", WHY)
        await graduate.does(ending, "withdraw")
    refused = await graduate.tries_to_begin("online_termination", "request", WHY)
    assert refused.json()["guard"] == "terminations_left"
    granted = await story.school.api.post(
        f"/v1/graduates/{graduate.actor.id}/terminations", {"reason": "单位已停产，确需解约"}
    )
    assert granted.status_code < 300, granted.text
    assert await graduate.begins("online_termination", "request", WHY)


# --- 9.2 with papers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "statement"), [("mutual", None), ("unilateral", "单位拒绝提供解约函，已电话核实情况")]
)
async def test_9_2_a_paper_signing_ends_with_both_sides_or_with_one(
    two_stages: Story, kind: str, statement: str | None
) -> None:
    story, graduate = two_stages, two_stages.graduate
    signing = await signs_on_paper(story, graduate)
    form = {**WHY, "papers_kind": "letter", "papers": await graduate.scan(12, "解约函.jpg")}
    ending = await graduate.begins("offline_termination", "submit", form)
    assert ending.label == "解约中，等待学院审核"
    await story.department.does(ending, "approve")
    without = await story.school.tries(ending, "approve", termination_kind="unilateral", confirmed=True)
    assert [f["path"] for f in without.json()["faults"]] == ["statement"]
    given = {"termination_kind": kind, "confirmed": True} | ({"statement": statement} if statement else {})
    await story.school.does(ending, "approve", **given)
    assert (ending.label, (await graduate.sees(signing))["label"]) == ("解约完成", "已解约")
    await story.deliver()
    assert await story.destination_of(graduate) == "70"


async def test_9_2_a_returned_termination_is_corrected_and_a_rejected_one_may_be_asked_for_again(story: Story) -> None:
    graduate = story.graduate
    await signs_on_paper(story, graduate)
    form = {**WHY, "papers_kind": "statement", "papers": await graduate.scan(13)}
    ending = await graduate.begins("offline_termination", "submit", form)
    await story.school.does(ending, "return", **REASON)
    await graduate.does(ending, "submit", **form)
    await story.school.does(ending, "reject", **REASON)
    assert ending.label == "解约失败，签约仍有效"
    assert (await graduate.get("/v1/openings"))["terminations_left"] == 1  # the second submission was not counted
    assert await graduate.begins("offline_termination", "submit", form)


# --- 10 other destinations -----------------------------------------------------------------------

STUDY = {"destination_code": "801", "college": "示范大学", "major": "计算机科学", "degree_level": "master"}
ABROAD = {
    "destination_code": "85", "country": "GB", "college_foreign": "Example University", "major": "经济学",
    "degree_level": "master",
}  # fmt: skip
WAITING = {"destination_code": "70", "substate": "70-1"}
SOLDIER = {"destination_code": "10-2", "employer_name": "某部队", "employer_region": "330106"}


@pytest.mark.parametrize(
    ("form", "proof", "code", "name"),
    [
        (WORK_CONTRACT, True, "11", WORK_CONTRACT["employer_name"]),
        (STUDY, True, "801", "示范大学"),
        (ABROAD, True, "85", "Example University"),
        (WAITING, False, "70", None),
        (SOLDIER, True, "10", "某部队"),
    ],
    ids=["work contract", "study", "abroad", "looking for work", "soldier"],
)
async def test_10_each_kind_of_destination_is_registered_reviewed_and_told_to_the_ems(
    story: Story, form: dict[str, Any], proof: bool, code: str, name: str | None
) -> None:
    graduate = story.graduate
    filled = {"own_mobile": "15400000001", **form}
    if proof:
        without = await graduate.tries_to_begin("destination", "submit", filled)
        assert [f["path"] for f in without.json()["faults"]] == ["proofs"]
        filled["proofs"] = await graduate.scan(21, "证明.jpg")
    case = await graduate.begins("destination", "submit", filled)
    await story.school.does(case, "approve")
    assert case.label == "去向登记完成"
    await story.deliver()
    columns = await story.columns_of(graduate)
    assert (columns["byqxdm"], columns.get("dwmc")) == (code, name)
    assert "edit" not in await story.school.may(case)


async def test_10_a_reviewer_corrects_the_kind_with_the_graduates_consent_and_the_graduate_is_told(
    story: Story,
) -> None:
    graduate = story.graduate
    scans = await graduate.scan(22)
    case = await graduate.begins("destination", "submit", {"own_mobile": "15400000001", **STUDY, "proofs": scans})
    changed = {"own_mobile": "15400000001", **STUDY, "destination_code": "802"}
    without = await story.school.tries(case, "edit_destination", **changed)
    assert [f["path"] for f in without.json()["faults"]] == ["agreed_with_graduate"]
    await story.school.does(case, "edit_destination", **changed, agreed_with_graduate=True)
    assert case.state == "review_school"
    step = (await story.school.history(case))[-1]
    assert "毕业去向：升学：研究生 → 升学：第二学士学位" in step["description"]
    # What the new kind wants proven is another matter: then it goes back.
    await story.school.is_refused(
        case, "edit_destination", "proofs_complete", **WORK_CONTRACT, agreed_with_graduate=True
    )
    await graduate.does(case, "withdraw")  # an edit is no decision
    await story.deliver()
    assert (await story.told(graduate)).count("destination_edited") == 2


async def test_10_whoever_has_not_corrected_what_was_returned_is_listed_and_reminded_once(story: Story) -> None:
    graduate = story.graduate
    case = await graduate.begins("destination", "submit", {"own_mobile": "15400000001", **WAITING})
    assert (await story.school.get("/v1/graduates?list=returned"))["items"] == []
    await story.school.does(case, "return", **REASON)
    listed = (await story.school.get("/v1/graduates?list=returned"))["items"]
    assert [row["id"] for row in listed] == [str(graduate.actor.id)]
    body = {"list": "returned", "ids": [str(graduate.actor.id)]}
    for reminded in (1, 0):
        assert (await story.school.api.post("/v1/reminders", body)).json()["reminded"] == reminded
    await story.deliver()
    assert await story.told(graduate) == ["review_returned", "correct_reminder"]
    await graduate.does(case, "submit", own_mobile="15400000001", **WAITING)
    assert (await story.school.get("/v1/graduates?list=returned"))["items"] == []


async def test_10_graduates_on_commission_register_their_own_kind_and_nothing_else(story: Story) -> None:
    sent = await story.newcomer(training_mode="21")
    openings = {o["flow"]: (o["open"], o["guard"]) for o in (await sent.get("/v1/openings"))["items"]}
    assert openings["offline_signing"] == (False, "training_mode")
    assert openings["destination"] == (True, None)
    refused = await sent.tries_to_begin("destination", "submit", {"own_mobile": "15400000001", **WAITING})
    assert refused.json()["guard"] == "destination_offered"
    form = {k: v for k, v in OFFLINE.items() if k.startswith(("employer", "contact", "position_category", "own"))}
    form |= {"destination_code": "21-41", "proofs": await sent.scan(23)}
    case = await sent.begins("destination", "submit", form)
    await story.school.does(case, "approve")
    assert case.state == "approved"


async def test_10_a_freelancer_needs_the_head_of_the_department_where_the_school_reviews_alone(story: Story) -> None:
    graduate = story.graduate
    form = {
        "destination_code": "76", "occupation": "撰稿", "work_content": "为多家刊物撰稿", "income": 5000,
        "own_mobile": "15400000001", "proofs": await graduate.scan(24),
    }  # fmt: skip
    case = await graduate.begins("destination", "submit", form)
    await story.school.is_refused(case, "approve", "head_named")
    await story.school.does(case, "approve", department_head="周院长")
    assert case.state == "approved"


# --- 12 voiding ----------------------------------------------------------------------------------


async def test_12_an_approved_destination_is_voided_by_the_graduate_alone_and_another_is_registered(
    story: Story, ordinary_day: Any
) -> None:
    graduate = story.graduate
    case = await graduate.begins("destination", "submit", {"own_mobile": "15400000001", **WAITING})
    await story.school.does(case, "approve")
    await story.deliver()
    refused = await graduate.tries_to_begin("offline_signing", "submit", OFFLINE)
    assert "作废" in refused.json()["detail"]  # the refusal names the way out
    await graduate.does(case, "void", confirmed=True)
    assert case.label == "已作废"
    await story.deliver()
    assert await story.destination_of(graduate) == "70"
    voided = await story.school.get("/v1/voided")
    assert [row["id"] for row in voided["items"]] == [str(graduate.actor.id)]
    ordinary_day.advance(minutes=1)
    await graduate.begins("offline_signing", "submit", OFFLINE)
    assert (await story.school.get("/v1/voided"))["items"] == []


# --- the close of the cohort ---------------------------------------------------------------------


async def test_6_after_31_january_what_waits_for_a_graduate_lapses_and_a_review_is_finished(
    story: Story, ordinary_day: Any
) -> None:
    from models.kit import cohort_close
    from workflows.commands import clock

    graduate, other = story.graduates[:2]
    reviewed = await graduate.begins("destination", "submit", {"own_mobile": "15400000001", **WAITING})
    returned = await other.begins("destination", "submit", {"own_mobile": "15400000001", **WAITING})
    await story.school.does(returned, "return", **REASON)
    ordinary_day.moment = cohort_close(story.world.cohort)
    await clock.close_cohorts()
    await other.again()
    assert (await other.sees(returned))["state"] == "returned"  # the last second counts
    ordinary_day.moment += timedelta(seconds=1)
    await clock.close_cohorts()
    assert (await other.sees(returned))["label"] == "届次已截止，自动关闭"
    await story.school.again()
    assert set(await story.school.may(reviewed)) == {"approve", "reject"}
    await story.school.does(reviewed, "approve")
    assert reviewed.label == "去向登记完成"
