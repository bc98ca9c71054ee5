"""Room: an employer's records in the portal: list, clocks, filters, pages, one record, withdrawing, messages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from api.pages.employer.record import ENDED_IN, next_step
from api.pages.employer.records import OURS
from models.codes import table
from models.parties import ReviewMode
from models.tables import EmployerUser, InboxNote, Record
from tests.conftest import Clock
from tests.harness import world as w
from tests.harness.portal import Clerk, Page
from workflows.commands.roster import invalidate_graduate
from workflows.commands.warnings import mark_employer
from workflows.flows import FLOWS
from workflows.limits import PAGE_SIZE

LIST = "/employer/online_signing"


@pytest.fixture
async def world(database: str) -> w.World:
    return await w.make_world(graduates=3)


def names(page: Page, world: w.World) -> set[str]:
    return {person.name for person in world.graduates if person.name in page.text}


# --- list ----------------------------------------------------------------------------------------


async def test_an_empty_list_says_what_to_do(clerk: Clerk, world: w.World) -> None:
    await clerk.sign_in(world.employer)
    page = await clerk.open(LIST)
    assert "还没有发起过签约邀请" in page.text
    assert page.links["发起第一份邀请"] == f"{LIST}/new"


async def test_the_list_shows_states_and_clocks_and_keeps_to_its_own_employer(clerk: Clerk, world: w.World) -> None:
    first, second, third = world.graduates
    other = await w.make_employer(world)
    await w.invite(world, first, valid_days=1)
    await w.accept(world, await w.invite(world, second), second)
    await w.invite(world, third, other)
    await clerk.sign_in(world.employer)
    page = await clerk.open(LIST)
    assert names(page, world) == {first.name, second.name}
    assert "共 2 条" in page.text
    assert re.search(r"还剩 1 天( \d+ 小时)?", page.text)
    assert "已等 1 分钟" in page.text
    assert "单位已发起签约邀请，等待学生应约" in page.text
    assert first.id_number not in page.response.text
    assert f"{first.id_number[:4]}**********{first.id_number[-4:]}" in page.text


async def test_the_list_is_narrowed_by_progress_name_state_cohort_and_day(clerk: Clerk, world: w.World) -> None:
    first, second, third = world.graduates
    await w.invite(world, first)
    await w.accept(world, await w.invite(world, second), second)
    await w.sign(world, third)
    await clerk.sign_in(world.employer)
    today = (await clerk.open(LIST)).text
    day = re.search(r"\d{4}-\d\d-\d\d", today)
    assert day
    for query, expected in (
        ({"phase": "open"}, {first.name}),
        ({"phase": "flow"}, {second.name}),
        ({"phase": "force"}, {third.name}),
        ({"phase": "end"}, set()),
        ({"name": second.name}, {second.name}),
        ({"name": "%"}, set()),
        ({"state": "signed"}, {third.name}),
        ({"cohort": str(world.cohort)}, {first.name, second.name, third.name}),
        ({"cohort": str(world.cohort - 1)}, set()),
        ({"from": day[0], "to": day[0]}, {first.name, second.name, third.name}),
        ({"from": "2100-01-01"}, set()),
    ):
        page = await clerk.open(LIST, **query)
        assert page.status == 200, query
        found = {name for name in names(page, world) if f'">{name}</a>' in page.response.text}
        assert found == expected, query
    odd = await clerk.open(LIST, **{"from": "昨天", "cohort": "abc", "phase": "nothing"})
    assert "日期没有识别出来" in odd.text
    assert names(odd, world) == {p.name for p in world.graduates}


async def test_pages_follow_each_other_without_gap_or_repeat(clerk: Clerk, world: w.World) -> None:
    await w.add_graduates(world, PAGE_SIZE - 1)
    for person in world.graduates:
        await w.invite(world, person)
    await clerk.sign_in(world.employer)
    first = await clerk.open(LIST, phase="open")
    second = await clerk.open(first.links["下一页"])
    shown = [re.findall(rf'href="{LIST}/([0-9a-f-]{{36}})"', page.response.text) for page in (first, second)]
    assert [len(ids) for ids in shown] == [PAGE_SIZE, 2]
    assert len({*shown[0], *shown[1]}) == PAGE_SIZE + 2
    assert f"共 {PAGE_SIZE + 2} 条" in second.text
    assert "下一页" not in second.links
    assert second.links["回到第一页"] == f"{LIST}?phase=open"


# --- one record ----------------------------------------------------------------------------------


async def test_before_acceptance_an_employer_sees_no_contact_and_after_it_does(clerk: Clerk, world: w.World) -> None:
    person = world.graduate
    invited = await w.invite(world)
    await clerk.sign_in(world.employer)
    path = f"{LIST}/{invited.record_id}"
    page = await clerk.open(path)
    assert "毕业生同意签约后，这里显示联系方式" in page.text
    assert person.mobile not in page.response.text
    assert person.id_number not in page.response.text
    assert person.department not in page.text
    for text in ("软件工程师", "9,000", world.school_name, "本科生毕业", "计算机科学与技术", "发起签约邀请"):
        assert text in page.text
    await w.accept(world, invited)
    page = await clerk.open(path)
    assert person.mobile in page.text
    assert "等待学校审核" in page.text
    assert person.id_number not in page.response.text
    assert "撤回签约邀请" not in page.links


@pytest.mark.parametrize("mode", list(ReviewMode))
async def test_a_signing_shows_its_number_and_its_history_without_the_clerks_names(
    clerk: Clerk, database: str, mode: ReviewMode
) -> None:
    world = await w.make_world(mode)
    signed = await w.sign(world)
    await clerk.sign_in(world.employer)
    page = await clerk.open(f"{LIST}/{signed.record_id}")
    record = await Record.get(id=signed.record_id)
    assert record.agreement_no in page.text
    assert "签约完成" in page.text
    assert "鉴证通过" in page.text
    assert "计算机学院审核员" not in page.text


async def test_another_employers_record_does_not_exist(clerk: Clerk, world: w.World) -> None:
    other = await w.make_employer(world)
    theirs = await w.invite(world, None, other)
    await clerk.sign_in(world.employer)
    base = f"{LIST}/{theirs.record_id}"
    for path in (base, f"{base}/sent", f"{base}/actions/withdraw"):
        page = await clerk.open(path)
        assert page.status == 404, path
        assert world.graduate.name not in page.text
    home = await clerk.open("/employer")
    mark = home.form("退出").fields["csrf"]
    sent = await clerk.send(f"{base}/actions/withdraw", {"csrf": mark, "key": "0" * 32, "version": "1"})
    assert sent.status == 404
    prefilled = await clerk.open(f"{LIST}/new", **{"from": str(theirs.record_id)})
    assert prefilled.form("发出邀请").fields["graduate_name"] == ""
    assert (await Record.get(id=theirs.record_id)).state == "invited"


async def test_a_frozen_record_says_so_and_offers_nothing(clerk: Clerk, world: w.World) -> None:
    invited = await w.invite(world)
    await invalidate_graduate(world.school, world.graduate.id, "已转出本校")
    await clerk.sign_in(world.employer)
    page = await clerk.open(f"{LIST}/{invited.record_id}")
    assert "学生已不在名单，流程暂停" in page.text
    assert "撤回邀请" not in page.links
    assert "还剩" not in page.text


# --- withdrawing ---------------------------------------------------------------------------------


async def test_withdrawing_asks_once_more_and_is_done_once(clerk: Clerk, world: w.World) -> None:
    invited = await w.invite(world)
    await clerk.sign_in(world.employer)
    page = await clerk.open(f"{LIST}/{invited.record_id}")
    asked = await clerk.open(page.links["撤回邀请"])
    assert "毕业生会收到通知" in asked.text
    assert (await Record.get(id=invited.record_id)).state == "invited"
    done = await clerk.press(asked, "确认撤回邀请", note="岗位已取消")
    assert done.path == f"{LIST}/{invited.record_id}"
    assert "办理成功：撤回邀请" in done.text
    assert "单位已撤回邀请" in done.text
    again = await clerk.press(asked, "确认撤回邀请", note="岗位已取消")
    assert again.status == 200
    assert (await Record.get(id=invited.record_id)).version == 2
    assert done.links["按这份内容再次邀请"]


async def test_an_answer_that_came_first_is_told_with_the_new_state(clerk: Clerk, world: w.World) -> None:
    invited = await w.invite(world)
    await clerk.sign_in(world.employer)
    asked = await clerk.open(f"{LIST}/{invited.record_id}/actions/withdraw")
    await w.accept(world, invited)
    late = await clerk.press(asked, "确认撤回邀请")
    assert late.status == 409
    assert "学生已同意签约，等待学校审核" in late.text
    assert late.links["查看该记录"] == f"{LIST}/{invited.record_id}"
    closed = await clerk.open(f"{LIST}/{invited.record_id}/actions/withdraw")
    assert closed.status == 409


async def test_acts_of_others_are_no_pages_of_the_portal(clerk: Clerk, world: w.World) -> None:
    invited = await w.invite(world)
    await clerk.sign_in(world.employer)
    mark = (await clerk.open("/employer")).form("退出").fields["csrf"]
    for action in ("accept", "approve", "invite", "nothing"):
        path = f"{LIST}/{invited.record_id}/actions/{action}"
        assert (await clerk.open(path)).status == 404, action
        assert (await clerk.send(path, {"csrf": mark, "key": "0" * 32, "version": "1"})).status == 404, action


async def test_an_ended_invitation_is_made_anew_from_its_terms(clerk: Clerk, world: w.World) -> None:
    invited = await w.invite(world, position_title="会计", dispatched=True, dispatched_to="示例用工单位")
    await clerk.sign_in(world.employer)
    asked = await clerk.open(f"{LIST}/{invited.record_id}/actions/withdraw")
    record = await clerk.press(asked, "确认撤回邀请")
    page = await clerk.open(record.links["按这份内容再次邀请"])
    fields = page.form("发出邀请").fields
    assert fields["position_title"] == "会计"
    assert fields["dispatched"] == "true"
    assert fields["school_code"].startswith(world.school_code)
    assert fields["id_number"] == ""
    sent = await clerk.press(page, "发出邀请", id_number=world.graduate.id_number)
    assert "邀请已发出" in sent.text


async def test_an_invitation_whose_time_is_over_says_so(clerk: Clerk, world: w.World, clock: Clock) -> None:
    invited = await w.invite(world, valid_days=1)
    clock.moment += timedelta(days=3)
    await clerk.sign_in(world.employer)
    page = await clerk.open(f"{LIST}/{invited.record_id}")
    assert "已到期" in page.text


async def test_the_first_page_begins_with_the_invitation_that_ends_first(clerk: Clerk, world: w.World) -> None:
    firm, people = await w.make_employer(world), await w.add_graduates(world, 4)
    for person, days in zip(people, (20, 5, 30, 12), strict=True):
        await w.invite(world, person, firm, valid_days=days)
    shown = (await clerk.sign_in(firm)).text
    places = [shown.index(one.name) for one in people]
    assert sorted(range(4), key=lambda n: places[n]) == [1, 3, 0, 2]


# --- messages ------------------------------------------------------------------------------------


async def test_messages_are_counted_read_one_by_one_and_all_at_once(clerk: Clerk, world: w.World) -> None:
    for person in world.graduates:
        await w.accept(world, await w.invite(world, person), person)
    home = await clerk.sign_in(world.employer)
    assert "4 条未读" in home.text
    page = await clerk.open("/employer/inbox")
    for person in world.graduates:
        assert f"{person.name}已同意签约，等待院校审核。" in page.text
    opened = await clerk.press(page, "查看记录")
    assert opened.path.startswith(f"{LIST}/")
    page = await clerk.open("/employer/inbox")
    assert "3 条未读" in page.text
    page = await clerk.press(page, "标为已读")
    assert page.path == "/employer/inbox"
    assert "2 条未读" in page.text
    unread = await clerk.open("/employer/inbox", unread="1")
    assert "共 2 条" in unread.text
    page = await clerk.press(unread, "全部标为已读")
    assert "条未读" not in page.text
    assert "没有未读消息" in (await clerk.open("/employer/inbox", unread="1")).text


async def test_messages_of_another_employer_stay_unread(clerk: Clerk, world: w.World) -> None:
    other = await w.make_employer(world)
    await w.accept(world, await w.invite(world, None, other))
    note = await InboxNote.get(employer_id=other.id, record_id__not_isnull=True)
    home = await clerk.sign_in(world.employer)
    mark = home.form("退出").fields["csrf"]
    await clerk.send(f"/employer/inbox/{note.id}/read", {"csrf": mark})
    await clerk.send("/employer/inbox/read", {"csrf": mark})
    await note.refresh_from_db()
    assert note.read_at is None
    assert (await clerk.open("/employer/inbox")).text.count(world.graduate.name) == 0


async def test_a_refusal_is_told_with_its_reason(clerk: Clerk, world: w.World) -> None:
    accepted = await w.accept(world, await w.invite(world))
    await w.reject(world, accepted)
    await clerk.sign_in(world.employer)
    page = await clerk.open("/employer/inbox")
    assert f"与{world.graduate.name}的签约审核不通过：单位信息有误，单位名称与公章不一致" in page.text


# --- never for employers -------------------------------------------------------------------------


async def test_warning_marks_are_nowhere_in_the_portal(clerk: Clerk, world: w.World) -> None:
    firm, signed = world.employer, await w.sign(world)
    await mark_employer(
        world.school,
        {"employer_name": firm.name, "employer_uscc": firm.uscc, "note": "曾拖欠见习补贴若干"},
        [next(iter(table("warning_reason"))).code],
    )
    await clerk.sign_in(firm)
    for path in (
        "/employer",
        LIST,
        f"{LIST}/new",
        f"{LIST}/{signed.record_id}",
        "/employer/inbox",
        "/employer/profile",
    ):
        page = await clerk.open(path)
        assert page.status == 200
        assert "预警" not in page.response.text, path
        assert "曾拖欠见习补贴" not in page.response.text, path


# --- account -------------------------------------------------------------------------------------


async def test_a_clerk_changes_the_password_and_adds_a_colleague(clerk: Clerk, world: w.World) -> None:
    firm = await w.make_employer(world)
    await clerk.sign_in(firm)
    page = await clerk.open("/employer/account")
    wrong = await clerk.press(page, "修改密码", old="x", new="Brand-new-2028", again="Brand-new-2029")
    assert wrong.status == 422
    assert "两次输入的密码不一致" in wrong.text
    done = await clerk.press(page, "修改密码", old=w.PASSWORD, new="Brand-new-2028", again="Brand-new-2028")
    assert "密码已修改" in done.text
    name = w.username("colleague")
    fields = {"display_name": "钱同事", "username": name, "password": w.PASSWORD, "user_again": w.PASSWORD}
    refused = await clerk.press(done, "添加用户", **{**fields, "username": "a b"})
    assert refused.status == 422
    assert refused.form("添加用户").fields["display_name"] == "钱同事"
    added = await clerk.press(refused, "添加用户", **fields)
    assert "用户已添加" in added.text
    assert name in added.text
    assert (await EmployerUser.get(username=name)).display_name == "钱同事"


async def test_every_state_says_what_comes_next_or_can_still_be_done(clerk: Clerk, world: w.World) -> None:
    for flow in OURS:
        for state in FLOWS[flow].states:
            record = {"frozen": False, "flow": flow, "state": state.name, "phase": state.phase}
            assert next_step({**record, "waits_on": state.waits_on}), (flow, state.name)
    invited = await w.invite(world)
    await clerk.sign_in(world.employer)
    page = await clerk.open(f"{LIST}/{invited.record_id}/actions/withdraw")
    done = await clerk.press(page, "确认撤回邀请")
    assert ENDED_IN["withdrawn"] in done.text
