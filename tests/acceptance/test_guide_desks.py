"""Room: the guide's chapters 3 to 6, 11, 13 to 16 as stories: home, accounts, settings, roster, marks, messages."""

from __future__ import annotations

from models.parties import ReviewMode
from tests.harness.pure import FILLED, OFFLINE
from tests.harness.stories import Someone, Story
from tests.harness.world import ALL_RW, Desk, Firm, Person, settings_form, username

WAITING = {"destination_code": "70", "substate": "70-1", "own_mobile": "15400000001"}


async def waits(someone: Someone, flow: str) -> int:
    """What the first page counts for me in a flow."""
    home = await someone.get("/v1/home")
    return sum(line["count"] for line in home["waiting"] if line["flow"] == flow)


# --- 3 the first page ----------------------------------------------------------------------------


async def test_3_the_first_page_counts_what_waits_for_me_at_once_and_its_queue_shows_those_rows(
    two_stages: Story,
) -> None:
    story, graduate = two_stages, two_stages.graduate
    case = await graduate.begins("offline_signing", "submit", OFFLINE)
    assert (await waits(story.department, "offline_signing"), await waits(story.school, "offline_signing")) == (1, 0)
    queue = await story.department.get("/v1/queues/signing?waits_on=me")
    assert [row["id"] for row in queue["items"]] == [case.id]
    await story.department.does(case, "approve_agreement")
    assert (await waits(story.department, "offline_signing"), await waits(story.school, "offline_signing")) == (0, 1)


# --- 4 accounts ----------------------------------------------------------------------------------


async def test_4_a_department_account_reviews_only_under_the_rosters_own_name(two_stages: Story) -> None:
    story = two_stages
    department = story.department.who
    assert isinstance(department, Desk)
    form = {"username": username("dept"), "display_name": "新院系账号", "level": "all", **ALL_RW, "department": "文学"}
    refused = await story.school.api.post("/v1/accounts", {"party": "department", "form": form})
    assert [f["path"] for f in refused.json()["faults"]] == ["department"]
    form["department"] = department.actor.department
    made = await story.school.api.post("/v1/accounts", {"party": "department", "form": form})
    assert made.status_code == 201, made.text


async def test_4_a_narrowed_account_is_narrowed_at_its_next_request_and_a_disabled_one_is_out(story: Story) -> None:
    case = await story.graduate.begins("destination", "submit", WAITING)
    clerk = await story.outside_clerk()
    rights = {**ALL_RW, "grant_employment": "ro", "level": "all"}
    path = f"/v1/accounts/{clerk.actor.id}"
    narrowed = await story.province.api.put(f"{path}/rights", {"form": rights, "confirmed": True})
    assert narrowed.status_code < 300, narrowed.text
    refused = await clerk.tries(case, "approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")
    await story.province.api.post(f"{path}/disabling", {"confirmed": True})
    assert (await clerk.tries(case, "approve")).status_code == 401


# --- 5 signing settings --------------------------------------------------------------------------


async def test_5_the_review_mode_stays_while_anything_is_in_flow_and_the_dry_run_says_what(story: Story) -> None:
    cohort = story.world.cohort
    case = await story.graduate.begins("destination", "submit", WAITING)
    wanted = str(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    dry = await story.school.get(f"/v1/settings/{cohort}/mode_change?mode={wanted}")
    assert [(p["flow"], p["count"]) for p in dry["pending"]] == [("destination", 1)]
    form = settings_form(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    body = {"form": form, "version": story.world.settings_version}
    refused = await story.school.api.put(f"/v1/settings/{cohort}", body)
    assert refused.json()["guard"] == "nothing_in_flow"
    assert "去向登记1条" in refused.json()["detail"]
    await story.school.does(case, "approve")
    changed = await story.school.api.put(f"/v1/settings/{cohort}", body)
    assert changed.status_code == 200, changed.text


async def test_5_online_signing_cannot_be_closed_once_anybody_has_acted(story: Story) -> None:
    await story.invites(story.employer, story.graduate)
    body = {"form": settings_form(open=False), "version": story.world.settings_version}
    refused = await story.school.api.put(f"/v1/settings/{story.world.cohort}", body)
    assert refused.json()["guard"] == "nobody_acted"


async def test_5_a_handler_once_entered_stays(story: Story) -> None:
    handlers = (await story.school.get(f"/v1/settings/{story.world.cohort}"))["handlers"]
    assert {handler["level"] for handler in handlers} == {"undergraduate", "postgraduate"}
    form = {
        "level": "undergraduate", "name": "另一位", "phone": "010-62345679", "address": "示范市大学路2号",
        "postcode": "100000", "confirmed": True,
    }  # fmt: skip
    refused = await story.school.api.post("/v1/handlers", {"cohort": story.world.cohort, "form": form})
    assert refused.json()["guard"] == "handler_unset"


# --- 6 and 11 the roster, leaving it, coming back ------------------------------------------------


async def test_11_who_leaves_the_roster_is_frozen_and_who_comes_back_goes_on_where_they_stood(story: Story) -> None:
    graduate = story.graduate
    case = await story.invites(story.employer, graduate)
    await graduate.does(case, "accept", own_mobile="15400000001", agreed=True)
    path = f"/v1/graduates/{graduate.actor.id}"
    removed = await story.school.api.post(f"{path}/removal", {"reason": "已办理退学手续"})
    assert removed.status_code < 300, removed.text
    assert await waits(story.school, "online_signing") == 0
    await story.school.is_refused(case, "approve", "on_roster")
    assert (await graduate.sees(case))["frozen"] is True
    assert [row["id"] for row in (await story.school.get("/v1/invalidated"))["items"]] == [str(graduate.actor.id)]
    # The EMS is asked first: what its roster does not hold is not restored.
    asked = (await story.school.api.post(f"{path}/restoration")).json()
    assert "不能恢复" in (await story.work(asked["job"]))["error"]
    await story.ems_holds(graduate)
    asked = (await story.school.api.post(f"{path}/restoration")).json()
    assert (await story.work(asked["job"]))["status"] == "done"
    assert await waits(story.school, "online_signing") == 1
    await story.school.does(case, "approve")
    assert case.label == "签约完成"
    await story.deliver()
    assert await story.destination_of(graduate) == "10"
    assert {"graduate_invalidated", "graduate_restored"} <= set(await story.inbox(story.employer))


# --- 13 warning units ----------------------------------------------------------------------------


async def test_13_a_mark_warns_the_schools_own_people_asks_for_a_tick_and_blocks_nothing(story: Story) -> None:
    firm = story.employer.who
    assert isinstance(firm, Firm)
    case = await story.invites(story.employer, story.graduate)
    form = {"employer_name": firm.name, "employer_uscc": firm.uscc, "note": "多名学生反映"}
    marked = await story.school.api.post("/v1/warnings", {"form": form, "reasons": ["false_advertising"]})
    assert marked.status_code == 201, marked.text
    assert [row["id"] for row in marked.json()["cases"]["items"]] == [case.id]  # its open cases with that employer
    assert (await story.graduate.sees(case))["marks"]["shown"] is True
    assert (await story.employer.sees(case))["marks"] is None
    await story.graduate.does(case, "accept", own_mobile="15400000001", agreed=True)
    await story.school.does(case, "approve", warning_acknowledged=True)
    assert case.label == "签约完成"


# --- 14 statistics -------------------------------------------------------------------------------


async def test_14_each_figure_counts_what_happened_and_opens_the_rows_behind_it(story: Story) -> None:
    await story.signs_online(story.graduates[0])
    await story.graduates[1].begins("destination", "submit", WAITING)
    found = await story.school.get(f"/v1/statistics?cohort={story.world.cohort}&by=department")
    total = found["total"]
    assert (total["signed"], total["registration_total"], total["graduates"], total["unregistered"]) == (1, 1, 2, 0)
    assert sum(row["counts"]["signed"] for row in found["rows"]) == 1


# --- 15 and 16 what the EMS and the graduate are told --------------------------------------------


async def test_15_each_change_of_what_is_in_force_reaches_the_ems_in_order(story: Story) -> None:
    graduate = story.graduate
    signing = await story.signs_online(graduate)
    await story.deliver()
    await story.school.does(signing, "edit", position_category="11")
    ending = await graduate.begins("online_termination", "request", FILLED["online_termination.request"])
    await story.employer.does(ending, "agree")
    await story.school.does(ending, "approve")
    case = await graduate.begins("destination", "submit", WAITING)
    await story.school.does(case, "approve")
    await story.deliver()
    assert isinstance(graduate.who, Person)
    ledger = (await story.outside.mailbox("ems"))["ledger"]
    mine = [one for one in ledger if one["id_number"] == graduate.who.id_number and one["applied"]]
    assert [one["seq"] for one in mine] == sorted({one["seq"] for one in mine})
    assert (mine[0]["columns"]["byqxdm"], mine[-1]["columns"]["byqxdm"]) == ("10", "70")
    compared = await story.school.get(f"/v1/reconciliation?cohort={story.world.cohort}")
    assert {row["status"] for row in compared["items"]} == {"equal"}


async def test_16_who_cannot_be_reached_in_wechat_is_told_by_sms_once(story: Story) -> None:
    graduate = story.graduate
    assert isinstance(graduate.who, Person)
    await story.unbinds(graduate)
    await story.invites(story.employer, graduate)
    await story.deliver()
    texts = await story.outside.texts(graduate.who)
    assert len(texts) == 1
    assert isinstance(story.employer.who, Firm)
    assert story.employer.who.name not in str(texts)  # neither employer nor post nor link
