"""Room: somebody without an account follows the own request to take an employer over, and is told what came of it."""

from __future__ import annotations

import pytest

from models.kit import new_id
from models.store import MemoryStore
from models.tables import Handover
from tests.harness import world as w
from tests.harness.invented import handover_form
from tests.harness.portal import Clerk
from workflows.commands.handovers import ask_from, decide_handover
from workflows.errors import InvalidForm, RateLimited
from workflows.limits import HANDOVER_LOOK
from workflows.queries.handovers import NOT_FOUND, find_handover

HANDOVER = "/employer/handover"


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world(graduates=0)


async def asked(firm: w.Firm, name: str, mobile: str) -> Handover:
    form = handover_form(firm.name, firm.uscc, agent_mobile=mobile, statement="原经办人<b>离职</b>]]>")
    made = await ask_from("192.0.2.9", MemoryStore(), form, name, w.PASSWORD)
    return await Handover.get(id=made)


async def test_whoever_asked_sees_the_state_the_reason_and_how_to_go_on(clerk: Clerk, world: w.World) -> None:
    firm, name, mobile = await w.make_employer(world), w.username("agent"), w.mobile()
    row = await asked(firm, name, mobile)
    page = await clerk.open(f"{HANDOVER}/{row.id}")
    assert "申请状态：待核验" in page.text
    assert "原经办人<b>离职</b>]]>" in page.text
    assert mobile not in page.response.text
    assert mobile[:3] + "****" + mobile[-4:] in page.text
    assert "企业客服：" in page.text
    await decide_handover(world.province, row.id, approved=False, note="授权书没有加盖公章")
    page = await clerk.open(f"{HANDOVER}/{row.id}")
    assert "申请状态：未通过" in page.text
    assert "授权书没有加盖公章" in page.text
    again = await clerk.open(page.links["修改后重新申请"])
    kept = again.form("提交申请").fields
    assert (kept["employer_uscc"], kept["username"], kept["agent_mobile"]) == (firm.uscc, name, "")
    scan = await clerk.scan()
    chosen = {"password": w.PASSWORD, "again": w.PASSWORD, "licence": scan, "authorisation": scan}
    second = await clerk.press(again, "提交申请", agent_mobile=mobile, **chosen)
    assert "申请状态：待核验" in second.text
    newer = await Handover.get(employer_id=firm.id, status="pending")
    await decide_handover(world.province, newer.id, approved=True)
    page = await clerk.open(f"{HANDOVER}/{newer.id}")
    assert "申请状态：已通过" in page.text
    page = await clerk.press(await clerk.open(page.links["去登录"]), "登录", username=name, password=w.PASSWORD)
    assert page.path == "/employer"


async def test_a_lost_address_is_found_by_what_only_the_applicant_knows(clerk: Clerk, world: w.World) -> None:
    firm, name, mobile = await w.make_employer(world), w.username("agent"), w.mobile()
    row = await asked(firm, name, mobile)
    right = {"employer_uscc": firm.uscc.lower(), "username": name.upper(), "agent_mobile": mobile}
    search = await clerk.open((await clerk.open("/employer/login")).links["查询申请进度"])
    empty = await clerk.press(search, "查询")
    assert empty.status == 422
    assert "请填写“统一社会信用代码”。" in empty.text
    assert "请填写“新经办人手机”。" in empty.text
    for wrong in ({"username": "nobody"}, {"agent_mobile": w.mobile()}, {"employer_uscc": world.employer.uscc}):
        missed = await clerk.press(search, "查询", **{**right, **wrong})
        assert missed.status == 422
        assert NOT_FOUND in missed.text
        assert firm.name not in missed.text
    found = await clerk.press(search, "查询", **right)
    assert found.path == f"{HANDOVER}/{row.id}"
    assert mobile not in str(found.response.url)


async def test_requests_of_nobody_are_not_found_and_looking_is_limited(clerk: Clerk, world: w.World) -> None:
    for strange in (str(new_id()), "abc", str(world.employer.id)):
        assert (await clerk.open(f"{HANDOVER}/{strange}")).status == 404
        assert (await clerk.open(HANDOVER, **{"from": strange})).form("提交申请").fields["employer_name"] == ""
    pending = await asked(await w.make_employer(world), w.username("agent"), w.mobile())
    prefilled = await clerk.open(HANDOVER, **{"from": str(pending.id)})
    assert prefilled.form("提交申请").fields["employer_name"] == "", "only what was refused is begun anew"
    counter = MemoryStore()
    given = {"employer_uscc": world.employer.uscc, "username": "nobody", "agent_mobile": "15400000001"}
    for _ in range(HANDOVER_LOOK.times):
        with pytest.raises(InvalidForm):
            await find_handover("192.0.2.7", counter, given)
    with pytest.raises(RateLimited):
        await find_handover("192.0.2.7", counter, given)
