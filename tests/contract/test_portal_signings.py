"""Room: signings on paper in the portal: the employer finds them, downloads the agreement, sends the stamped copy."""

from __future__ import annotations

import pytest

from models.kit import now, shanghai_day
from models.states import Flow
from models.tables import Record
from tests.harness import world as w
from tests.harness.files import jpeg, own_scan
from tests.harness.portal import Clerk
from tests.harness.stepping import step, walk
from workflows.engine import Outcome

LIST = "/employer/offline_signing"
OFFLINE = Flow.OFFLINE_SIGNING


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world(graduates=8)


def today() -> str:
    return shanghai_day(now()).isoformat()


async def issued(world: w.World, person: w.Person, firm: w.Firm | None = None) -> Outcome:
    """An agreement that names the employer as it is registered."""
    firm = firm or world.employer
    named = {"employer_name": firm.name, "employer_uscc": firm.uscc}
    return await walk(world, person, OFFLINE, "submit", "approve_agreement", **named)


async def test_an_agreement_of_this_employer_is_found_downloaded_and_sent_back_stamped(
    clerk: Clerk, world: w.World
) -> None:
    person = world.graduates[0]
    made = await issued(world, person)
    await clerk.sign_in(world.employer)
    listed = await clerk.open("/employer/records")
    page = await clerk.open(listed.links[person.name])
    assert page.path == f"{LIST}/{made.record_id}"
    assert "双方签字盖章后上传图像" in page.text
    assert person.id_number not in page.response.text
    paper = await clerk.client.get(page.links["下载协议书（PDF）"])
    assert paper.content.startswith(b"%PDF")
    asked = await clerk.open(page.links["回传盖章协议"])
    chosen = [("第一页.jpg", jpeg(81)), ("第二页.jpg", jpeg(82))]
    done = await clerk.press(asked, "确认回传盖章协议", files={"scans": chosen}, signed_on=today())
    assert "办理成功：回传盖章协议" in done.text
    assert "签约审核中" in done.text
    stored = await clerk.client.get(done.links["第二页.jpg"])
    assert stored.headers["Content-Type"] == "image/jpeg"
    assert (await Record.get(id=made.record_id)).submitted_by == "employer"
    taken = await clerk.press(await clerk.open(done.links["撤回上传"]), "确认撤回上传")
    assert "已撤回，待重新上传" in taken.text
    assert "第一页.jpg" in taken.links


async def test_files_outlive_a_wrong_form_and_can_be_removed(clerk: Clerk, world: w.World) -> None:
    made = await issued(world, world.graduates[1])
    await clerk.sign_in(world.employer)
    page = await clerk.open(f"{LIST}/{made.record_id}/actions/upload")
    wrong = await clerk.press(
        page,
        "确认回传盖章协议",
        files={"scans": [("协议.jpg", jpeg(81)), ("坏的.pdf", b"%PDF-1.7 broken")]},
        upload_kind="statement",
        signed_on="",
    )
    assert wrong.status == 422
    assert "“坏的.pdf”：文件不完整或已损坏" in wrong.text
    assert "请填写“说明”" in wrong.text
    fields = wrong.form("确认回传盖章协议").fields
    assert (len(fields["scans"].split()), fields["upload_kind"]) == (1, "statement")
    removed = await clerk.press(wrong, "移除 协议.jpg")
    assert removed.form("确认回传盖章协议").fields["scans"] == ""
    none = await clerk.press(removed, "确认回传盖章协议", upload_note="协议中的岗位名称写错了")
    assert "请上传“图像”" in none.text
    scan = str(await own_scan(world.employer.actor))
    said = await clerk.press(none, "确认回传盖章协议", scans=scan)
    assert "办理成功" in said.text
    assert "岗位名称写错了" in said.text


async def test_the_second_of_two_uploads_is_told_what_has_happened(clerk: Clerk, world: w.World) -> None:
    person = world.graduates[2]
    made = await issued(world, person)
    await clerk.sign_in(world.employer)
    asked = await clerk.open(f"{LIST}/{made.record_id}/actions/upload")
    await step(world, person.actor, OFFLINE, "upload", made)
    scan = str(await own_scan(world.employer.actor))
    late = await clerk.press(asked, "确认回传盖章协议", scans=scan, signed_on=today())
    assert late.status == 409
    assert "签约审核中" in late.text
    page = await clerk.open(f"{LIST}/{made.record_id}")
    assert "本次材料由对方上传，只能由上传的一方撤回" in page.text
    assert "撤回上传" not in page.links
    theirs = await clerk.client.get(page.links["扫描件.jpg"])
    assert theirs.status_code == 200


async def test_an_agreement_that_names_another_employer_does_not_exist_here(clerk: Clerk, world: w.World) -> None:
    other = await w.make_employer(world)
    made = await issued(world, world.graduates[3], other)
    await clerk.sign_in(world.employer)
    for path in ("", "/agreement", "/actions/upload"):
        page = await clerk.open(f"{LIST}/{made.record_id}{path}")
        assert page.status == 404
        assert world.graduates[3].name not in page.text
    assert world.graduates[3].name not in (await clerk.open(LIST)).links
    uploaded = await step(world, other.actor, OFFLINE, "upload", made)
    record = await Record.get(id=uploaded.record_id)
    assert record.employer_id == other.id
    scan = await own_scan(other.actor)
    assert (await clerk.client.get(f"/employer/files/{scan}")).status_code == 404


async def test_what_was_filled_in_outlives_the_session(clerk: Clerk, world: w.World) -> None:
    made = await issued(world, world.graduates[4])
    await clerk.sign_in(world.employer)
    asked = await clerk.open(f"{LIST}/{made.record_id}/actions/upload")
    mine = clerk.client.cookies["wq_emp"]
    await clerk.press(await clerk.open("/employer"), "退出")
    clerk.client.cookies.set("wq_emp", mine, domain="test.local", path="/employer")
    scan = str(await own_scan(world.employer.actor))
    lost = await clerk.press(asked, "确认回传盖章协议", scans=scan, upload_kind="statement", upload_note="姓名有误字")
    assert "登录后将回到刚才的页面" in lost.text
    back = await clerk.press(lost, "登录", username=world.employer.username, password=w.PASSWORD)
    fields = back.form("确认回传盖章协议").fields
    assert (fields["upload_note"], fields["scans"]) == ("姓名有误字", scan)
    done = await clerk.press(back, "确认回传盖章协议")
    assert "办理成功" in done.text
