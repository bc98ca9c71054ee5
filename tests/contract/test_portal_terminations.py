"""Room: ending a signing in the portal: asking for it, answering it, taking it back, and the list of all matters."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import kit
from models.db import execute
from models.parties import ReviewMode
from models.states import EmployerStatus, Flow
from models.tables import Record
from tests.harness import world as w
from tests.harness.portal import Clerk, Page
from tests.harness.stepping import step, walk
from workflows.commands.employers import decide_employer
from workflows.engine import Outcome

LIST = "/employer/online_termination"
TERMINATION = Flow.ONLINE_TERMINATION
REASON = {"reason": "employer", "reason_text": "项目取消，双方协商一致"}


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world(graduates=8)


async def asked_by_graduate(world: w.World, person: w.Person) -> Outcome:
    signed = await w.sign(world, person)
    return await step(world, person.actor, TERMINATION, "request", parent=signed.record_id)


async def request_page(clerk: Clerk, signed: Outcome) -> Page:
    page = await clerk.open(f"/employer/online_signing/{signed.record_id}")
    return await clerk.open(page.links["申请解约"])


async def test_a_termination_is_asked_for_from_the_signing_and_taken_back(clerk: Clerk, world: w.World) -> None:
    person = world.graduates[0]
    signed = await w.sign(world, person)
    await clerk.sign_in(world.employer)
    asked = await request_page(clerk, signed)
    assert "办结前签约仍然有效" in asked.text
    assert not await Record.filter(parent_id=signed.record_id).exists()
    wrong = await clerk.press(asked, "确认申请解约", reason="", reason_text="短")
    assert wrong.status == 422
    assert wrong.form("确认申请解约").fields["reason_text"] == "短"
    done = await clerk.press(wrong, "确认申请解约", **REASON)
    record = await Record.get(parent_id=signed.record_id)
    assert done.path == f"{LIST}/{record.id}"
    for text in ("单位发起解约，等待学生应约", "项目取消，双方协商一致", "不到 1 天"):
        assert text in done.text
    again = await clerk.press(wrong, "确认申请解约", **REASON)
    assert again.path == done.path
    blocked = await clerk.open(f"/employer/online_signing/{signed.record_id}")
    assert "申请解约" not in blocked.links
    assert "申请解约" in blocked.text
    back = await clerk.press(await clerk.open(done.links["撤回解约申请"]), "确认撤回解约申请")
    assert "已撤回解约申请" in back.text
    assert "申请解约" in (await clerk.open(back.links["所解除的签约"])).links


async def test_a_graduates_request_is_refused_with_a_reason(clerk: Clerk, world: w.World) -> None:
    made = await asked_by_graduate(world, world.graduates[1])
    await clerk.sign_in(world.employer)
    home = await clerk.open("/employer")
    assert home.text.index("等待本单位办理") < home.text.index(world.graduates[1].name)
    page = await clerk.open(f"{LIST}/{made.record_id}")
    assert "毕业生申请解约，请核实后答复" in page.text
    asked = await clerk.open(page.links["拒绝解约"])
    assert "签约继续有效" in asked.text
    empty = await clerk.press(asked, "确认拒绝解约")
    assert empty.status == 422
    done = await clerk.press(empty, "确认拒绝解约", reason_text="岗位已为其保留，请再考虑")
    assert "单位拒绝解约" in done.text
    assert "岗位已为其保留" in done.text


async def test_a_graduates_request_is_agreed_to_after_a_second_question(clerk: Clerk, world: w.World) -> None:
    made = await asked_by_graduate(world, world.graduates[2])
    await clerk.sign_in(world.employer)
    page = await clerk.open(f"{LIST}/{made.record_id}")
    asked = await clerk.open(page.links["同意解约"])
    assert "不能恢复" in asked.text
    assert (await Record.get(id=made.record_id)).state == "awaiting_employer"
    done = await clerk.press(asked, "确认同意解约")
    assert "已同意解约，等待学校审核" in done.text
    late = await clerk.open(f"{LIST}/{made.record_id}/actions/refuse")
    assert late.status == 409


async def test_only_what_an_employer_may_do_has_a_page(clerk: Clerk, world: w.World) -> None:
    signed = await w.sign(world, world.graduates[3])
    await clerk.sign_in(world.employer)
    base = f"/employer/online_signing/{signed.record_id}"
    for path in (
        f"{base}/follow/offline_termination/submit",
        f"{base}/follow/online_termination/agree",
        f"{base}/follow/online_signing/invite",
        f"{base}/actions/approve",
        f"{base}/actions/request",
    ):
        assert (await clerk.open(path)).status == 404, path
    mark = (await clerk.open("/employer")).form("退出").fields["csrf"]
    sent = await clerk.send(f"{base}/actions/edit", {"csrf": mark, "key": "0" * 32, "version": "3"})
    assert sent.status == 404
    other = await w.make_employer(world)
    await clerk.press(await clerk.open("/employer"), "退出")
    await clerk.sign_in(other)
    assert (await clerk.open(f"{base}/follow/online_termination/request")).status == 404


# --- the list of everything ----------------------------------------------------------------------


async def test_the_list_holds_all_matters_with_their_clocks_and_what_waits_for_us(clerk: Clerk, database: str) -> None:
    world = await w.make_world(ReviewMode.SCHOOL, graduates=3)
    first, second, third = world.graduates
    await w.invite(world, first)
    ended = await asked_by_graduate(world, second)
    await w.accept(world, await w.invite(world, third), third)
    past = kit.now() - timedelta(days=8, hours=1)
    await execute("UPDATE records SET waiting_since = $2 WHERE id = $1", ended.record_id, past)
    await clerk.sign_in(world.employer)
    page = await clerk.open("/employer/records")
    assert "共 4 条" in page.text
    for text in ("还剩 15 天", "已等 8 天", "等待本单位答复", "线上签约", "线上解约"):
        assert text in page.text
    mine = await clerk.open(page.links["等待本单位答复"])
    assert second.name in mine.links
    assert first.name not in mine.links
    only = await clerk.open(page.links["线上解约"])
    assert only.path == LIST
    assert "共 1 条" in only.text
    named = await clerk.open("/employer/records", name=third.name)
    assert "共 1 条" in named.text
    assert named.links["线上解约"].startswith(f"{LIST}?name=")
    assert (await clerk.open("/employer/records", phase="force")).text.count(second.name) == 1


async def test_a_suspended_employer_still_answers_what_was_asked(clerk: Clerk, world: w.World) -> None:
    """Its records stay; only inviting is closed to it."""
    firm = await w.make_employer(world)
    signed = await w.sign(world, world.graduates[4], firm)
    made = await step(world, world.graduates[4].actor, TERMINATION, "request", parent=signed.record_id)
    await decide_employer(world.province, firm.id, EmployerStatus.SUSPENDED, "核验发现信息不实")
    await clerk.sign_in(firm)
    page = await clerk.open(f"{LIST}/{made.record_id}")
    done = await clerk.press(await clerk.open(page.links["同意解约"]), "确认同意解约")
    assert "已同意解约，等待学校审核" in done.text


async def test_a_termination_with_papers_is_read_only_here(clerk: Clerk, world: w.World) -> None:
    person = world.graduates[5]
    named = {"employer_name": world.employer.name, "employer_uscc": world.employer.uscc}
    signed = await walk(
        world, person, Flow.OFFLINE_SIGNING, "submit", "approve_agreement", "upload", "approve", **named
    )
    made = await step(world, person.actor, Flow.OFFLINE_TERMINATION, "submit", parent=signed.record_id)
    await clerk.sign_in(world.employer)
    inbox = await clerk.open("/employer/inbox")
    assert "毕业生凭材料申请解约" in inbox.text
    page = await clerk.press(inbox, "查看记录")
    assert page.path == f"/employer/offline_termination/{made.record_id}"
    assert "解约中，等待学校审核" in page.text
    assert "等待学校审核；审核结果会发到站内消息" in page.text
    assert not {"同意解约", "拒绝解约", "下载协议书（PDF）"} & set(page.links)
    assert (await clerk.open(page.links["所解除的签约"])).path == f"/employer/offline_signing/{signed.record_id}"
