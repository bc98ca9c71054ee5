"""Room: the guide's chapters 7 and 8 as stories: online signing, offline signing, supplementary registration."""

from __future__ import annotations

from tests.harness.pure import FILLED, OFFLINE
from tests.harness.stories import Story
from tests.harness.world import Firm

REASON = {"reason": "unclear_papers", "reason_text": "图像不清晰，请重新上传"}


# --- 7.1 an employer invites ---------------------------------------------------------------------


async def test_7_1_an_invitation_becomes_a_signing_and_everybody_is_told(two_stages: Story) -> None:
    story, graduate, employer = two_stages, two_stages.graduate, two_stages.employer
    case = await story.invites(employer, graduate)
    await story.deliver()
    await graduate.does(case, "accept", own_mobile="15400000001", agreed=True)
    assert case.label == "学生已同意签约，等待学院审核"
    assert await story.school.is_refused(case, "approve", "stage_owner")
    await story.department.does(case, "approve")
    assert case.label == "学生已同意签约，等待学校审核"
    await story.deliver()
    await story.school.does(case, "approve")
    assert case.label == "签约完成"
    await story.deliver()
    assert await story.destination_of(graduate) == "10"
    assert await story.told(graduate) == ["invitation_received", "department_approved", "signing_approved"]
    assert await story.inbox(employer) == ["signing_approved_employer", "invitation_accepted"]


async def test_7_1_signing_with_one_employer_closes_the_invitations_of_others(story: Story) -> None:
    rival = await story.other_employer()
    other = await story.invites(rival, story.graduate)
    await story.signs_online(story.graduate)
    assert (await story.graduate.sees(other))["label"] == "学生已与其他单位签约，邀请关闭"
    assert await story.inbox(rival) == ["invitation_superseded_employer"]


async def test_7_1_after_a_rejection_the_employer_invites_again(story: Story) -> None:
    case = await story.invites(story.employer, story.graduate)
    await story.graduate.does(case, "accept", own_mobile="15400000001", agreed=True)
    await story.school.does(case, "reject", reason="employer_data", reason_text="单位名称与公章不一致")
    assert case.label == "审核不通过，签约失败"
    again = await story.invites(story.employer, story.graduate)
    assert again.state == "invited"


async def test_7_1_after_approval_only_the_post_may_be_changed_and_the_graduate_is_told_twice(story: Story) -> None:
    case = await story.signs_online(story.graduate)
    refused = await story.school.tries(case, "edit", position_category="11", employer_nature="31")
    assert refused.status_code == 422
    await story.school.does(case, "edit", position_category="11")
    await story.deliver()
    assert (await story.columns_of(story.graduate))["gzzwlbdm"] == "11"
    assert (await story.told(story.graduate)).count("record_edited") == 2  # in WeChat and by SMS
    assert (await story.school.history(case))[-1]["description"] == "工作职位类别：工程技术人员 → 科学研究人员"


async def test_7_1_the_roster_may_be_corrected_before_approval_and_taken_over_as_it_was_shown(story: Story) -> None:
    from models.tables import Graduate

    case = await story.invites(story.employer, story.graduate)
    await story.graduate.does(case, "accept", own_mobile="15400000001", agreed=True)
    row = await Graduate.get(id=story.graduate.actor.id)
    await Graduate.filter(id=row.id).update(basic={**row.basic, "zzmmdm": "01"}, department="数学学院")
    seen = await story.school.sees(case)
    assert {d["name"] for d in seen["review"]["differences"]} == {"zzmmdm", "department"}
    digest = seen["review"]["latest"]["digest"]
    await Graduate.filter(id=row.id).update(basic={**row.basic, "zzmmdm": "02"})
    await story.school.is_refused(case, "approve", "latest_unchanged", take_latest=True, latest_seen=digest)
    digest = (await story.school.sees(case))["review"]["latest"]["digest"]
    await story.school.does(case, "approve", take_latest=True, latest_seen=digest)
    taken = await story.school.sees(case)
    assert (taken["snapshot"]["department"], taken["snapshot"]["basic"]["zzmmdm"]) == ("数学学院", "02")
    assert taken["review"]["differences"] == []


# --- 7.2 a graduate applies for an agreement on paper --------------------------------------------


async def test_7_2_an_agreement_is_applied_for_printed_stamped_uploaded_and_comes_into_force(two_stages: Story) -> None:
    story, graduate = two_stages, two_stages.graduate
    case = await graduate.begins("offline_signing", "submit", OFFLINE)
    assert case.label == "就业协议审核中，等待学院审核"
    await story.approves(case, "approve_agreement")
    assert case.label == "就业协议已生成，等待回传盖章协议"
    number = (await graduate.sees(case))["agreement_no"]
    assert len(number) == 17
    await story.deliver()
    await graduate.does(case, "upload", upload_kind="agreement", signed_on="2027-03-01", scans=await graduate.scan())
    assert case.label == "签约审核中，等待学院审核"
    await story.deliver()
    await story.approves(case, stamped=True)
    assert case.label == "签约完成"
    await story.deliver()
    columns = await story.columns_of(graduate)
    assert (columns["byqxdm"], columns["dwmc"]) == ("10", OFFLINE["employer_name"])
    assert await story.told(graduate) == [
        "department_approved", "agreement_issued", "department_approved", "signing_approved"
    ]  # fmt: skip


async def test_7_2_withdrawing_is_open_until_somebody_has_decided(two_stages: Story) -> None:
    story, graduate = two_stages, two_stages.graduate
    case = await graduate.begins("offline_signing", "submit", OFFLINE)
    await graduate.does(case, "withdraw")
    assert case.label == "已撤回，待重新提交"
    await graduate.does(case, "submit", **{**OFFLINE, "monthly_pay": 7500})
    await story.department.does(case, "approve_agreement")
    assert "审核已经开始" in await graduate.is_refused(case, "withdraw", "not_reviewed")


async def test_7_2_a_returned_application_is_corrected_and_begins_at_the_first_stage_again(two_stages: Story) -> None:
    story, graduate = two_stages, two_stages.graduate
    case = await graduate.begins("offline_signing", "submit", OFFLINE)
    await story.department.does(case, "approve_agreement")
    await story.school.does(case, "return_agreement", **REASON)
    assert case.label == "就业协议退回修改"
    await graduate.does(case, "submit", **{**OFFLINE, "position_title": "质检工程师"})
    assert case.label == "就业协议审核中，等待学院审核"
    assert (await graduate.sees(case))["form"]["position_title"] == "质检工程师"


async def test_7_2_a_statement_that_the_agreement_is_wrong_can_only_be_returned_or_rejected(story: Story) -> None:
    graduate = story.graduate
    case = await graduate.begins("offline_signing", "submit", OFFLINE)
    await story.school.does(case, "approve_agreement")
    statement = {"upload_kind": "statement", "upload_note": "协议中岗位写错了", "scans": await graduate.scan(2)}
    await graduate.does(case, "upload", **statement)
    assert set(await story.school.may(case)) == {"return", "reject"}
    await story.school.is_refused(case, "approve", "not_a_statement")
    await story.school.does(case, "reject", **REASON)
    assert case.label == "签约审核不通过，申请作废"
    assert await story.graduate.begins("offline_signing", "submit", OFFLINE)  # the slot is free again


async def test_7_2_an_employer_of_that_code_and_name_sees_the_agreement_and_may_upload_it(story: Story) -> None:
    firm, graduate = story.employer.who, story.graduate
    assert isinstance(firm, Firm)
    form = {**OFFLINE, "employer_name": firm.name, "employer_uscc": firm.uscc}
    case = await graduate.begins("offline_signing", "submit", form)
    assert (await story.employer.api.get(case.path)).status_code == 404
    await story.school.does(case, "approve_agreement")
    assert (await story.employer.sees(case))["label"] == "就业协议已生成，等待回传盖章协议"
    scans = await story.employer.scan(3)
    await story.employer.does(case, "upload", upload_kind="agreement", signed_on="2027-03-01", scans=scans)
    assert "由对方上传" in await graduate.is_refused(case, "withdraw_upload", "own_upload")
    await story.employer.does(case, "withdraw_upload")
    await graduate.does(case, "upload", upload_kind="agreement", signed_on="2027-03-01", scans=await graduate.scan(4))
    told = await story.inbox(story.employer)
    assert told == ["agreement_uploaded_employer", "agreement_issued_employer"]  # each side hears of the other's upload


async def test_7_2_cancelling_takes_the_number_back_and_is_over_once_something_was_uploaded(story: Story) -> None:
    graduate = story.graduate
    case = await graduate.begins("offline_signing", "submit", OFFLINE)
    await story.school.does(case, "approve_agreement")
    number = (await graduate.sees(case))["agreement_no"]
    await graduate.does(case, "cancel")
    assert case.label == "已取消"
    assert (await graduate.get(f"/v1/agreements/{number}"))["label"] == "已作废"
    case = await graduate.begins("offline_signing", "submit", OFFLINE)
    await story.school.does(case, "approve_agreement")
    await graduate.does(case, "upload", upload_kind="agreement", signed_on="2027-03-01", scans=await graduate.scan(5))
    await story.school.does(case, "return", **REASON)
    assert "cancel" not in await graduate.may(case)


# --- 8 a paper agreement that was signed before --------------------------------------------------


async def test_8_a_paper_agreement_is_entered_with_its_images_returned_corrected_and_approved(story: Story) -> None:
    graduate = story.graduate
    form = {**FILLED["supplementary.submit"], "scans": await graduate.scan(6)}
    missing = await graduate.tries_to_begin("supplementary", "submit", {**form, "scans": []})
    assert [fault["path"] for fault in missing.json()["faults"]] == ["scans"]
    case = await graduate.begins("supplementary", "submit", form)
    await story.school.does(case, "return", **REASON)
    await graduate.does(case, "submit", **{**form, "scans": await graduate.scan(7)})
    seen = await story.school.sees(case)
    assert [(a["round"], a["field"]) for a in seen["attachments"]] == [(1, "scans"), (2, "scans")]
    await story.school.does(case, "approve")
    assert case.label == "登记完成"
    await story.deliver()
    assert (await story.columns_of(graduate))["dwmc"] == form["employer_name"]
    await story.school.does(case, "edit", employer_nature="31", employer_industry="35", position_category="22")
    await story.deliver()
    columns = await story.columns_of(graduate)
    assert (columns["dwxzdm"], columns["dwhydm"], columns["gzzwlbdm"]) == ("31", "35", "22")
