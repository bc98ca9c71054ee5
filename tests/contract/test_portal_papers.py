"""Room: papers of an employer: its licence at registration and afterwards, the papers of a new 经办人, its users."""

from __future__ import annotations

import pytest

from models.parties import AgreementType
from models.states import EmployerStatus
from models.tables import Attachment, Employer, EmployerUser, Handover, Upload
from tests.harness import world as w
from tests.harness.files import jpeg
from tests.harness.invented import handover_form
from tests.harness.portal import Clerk, Page, as_typed
from workflows.commands.employers import decide_employer
from workflows.commands.handovers import decide_handover
from workflows.errors import NotFound
from workflows.queries.attachments import read_file

REGISTER, HANDOVER, EDIT = "/employer/register", "/employer/handover", "/employer/profile/edit"


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world()


def chosen(name: str) -> dict[str, str]:
    return {"username": name, "password": w.PASSWORD, "again": w.PASSWORD}


def registration() -> dict[str, str]:
    form = as_typed(w.employer_form())
    return {**form, "employer_region_province": form["employer_region"][:2]}


# --- registering ---------------------------------------------------------------------------------


async def test_a_licence_comes_with_the_registration_and_its_province_sees_it(clerk: Clerk, world: w.World) -> None:
    name = w.username("portal")
    page = await clerk.open(REGISTER)
    page = await clerk.press(
        page, "提交注册", files={"licence": [("营业执照.jpg", jpeg(71))]}, **registration(), **chosen(name)
    )
    assert page.path == "/employer"
    user = await EmployerUser.get(username=name).prefetch_related("employer")
    licence = user.employer.licence
    assert licence
    stored = await read_file(world.province, licence)
    assert (stored.name, stored.media) == ("营业执照.jpg", "image/jpeg")
    assert (await Upload.get(id=licence)).expires_at is None
    profile = await clerk.open("/employer/profile")
    own = await clerk.client.get(profile.links["下载查看"])
    assert own.content == stored.data
    assert own.headers["Content-Disposition"].startswith("attachment")


async def test_a_wrong_form_keeps_its_licence_and_a_wrong_licence_is_named(clerk: Clerk) -> None:
    page = await clerk.open(REGISTER)
    typed = {**registration(), **chosen(w.username("portal")), "employer_name": ""}
    wrong = await clerk.press(page, "提交注册", files={"licence": [("执照.gif", b"GIF89a" + bytes(50))]}, **typed)
    assert wrong.status == 422
    assert "“执照.gif”：只能上传 JPEG、PNG 图片或 PDF" in wrong.text
    assert "请填写“单位名称”" in wrong.text
    assert "请上传" not in wrong.text
    typed["employer_name"] = "示例有限公司"
    right = await clerk.press(wrong, "先上传所选文件", files={"licence": [("执照.jpg", jpeg(71))]}, **typed)
    assert right.status == 200
    assert right.form("提交注册").fields["employer_name"] == "示例有限公司"
    removed = await clerk.press(right, "移除 执照.jpg")
    assert removed.form("提交注册").fields["licence"] == ""
    without = await clerk.press(removed, "提交注册", password=w.PASSWORD, again=w.PASSWORD)
    assert without.status == 422
    assert "请上传“营业执照图像”" in without.text
    done = await clerk.press(right, "提交注册", licence=await clerk.scan(), password=w.PASSWORD, again=w.PASSWORD)
    assert done.path == "/employer"


async def test_an_upload_of_another_browser_is_of_no_use(clerk: Clerk, world: w.World) -> None:
    await clerk.open(REGISTER)
    theirs = await clerk.scan()
    clerk.client.cookies.clear()
    page = await clerk.open(REGISTER)
    name = w.username("portal")
    refused = await clerk.press(page, "提交注册", licence=theirs, **registration(), **chosen(name))
    assert refused.status == 422
    assert "有文件未上传完成，或已过期、已删除" in refused.text
    assert "扫描件.jpg" not in refused.text
    assert not await EmployerUser.filter(username=name).exists()


# --- the profile ---------------------------------------------------------------------------------


async def test_a_new_licence_asks_for_a_new_verification_as_often_as_it_changes(clerk: Clerk, world: w.World) -> None:
    firm = await w.make_employer(world)
    await clerk.sign_in(firm)
    for seed in (71, 72):
        page = await clerk.open(EDIT)
        saved = await clerk.press(page, "保存", files={"licence": [("新执照.jpg", jpeg(seed))]})
        assert saved.path == "/employer/profile"
        assert "核验状态：待核验" in saved.text
        await decide_employer(world.province, firm.id, EmployerStatus.VERIFIED)
    rounds = await Attachment.filter(record_id=firm.id).order_by("round").values_list("round", flat=True)
    assert rounds == [1, 2]
    page = await clerk.open(EDIT)
    same = await clerk.press(page, "保存", contact_email="hr@example.com")
    assert "核验状态：已核验" in same.text
    page = await clerk.open(EDIT)
    two = await clerk.press(page, "保存", licence=f"{await clerk.scan()} {await clerk.scan()}"[:73])
    assert two.status == 422


# --- a new 经办人 --------------------------------------------------------------------------------


async def ask(clerk: Clerk, firm: w.Firm, name: str, **values: str) -> Page:
    page = await clerk.open(HANDOVER)
    scan = await clerk.scan()
    typed = {**as_typed(handover_form(firm.name, firm.uscc)), **chosen(name), "licence": scan, "authorisation": scan}
    return await clerk.press(page, "提交申请", **{**typed, **values})


async def test_a_new_agent_asks_with_papers_and_signs_in_once_approved(clerk: Clerk, world: w.World) -> None:
    firm, name = await w.make_employer(world), w.username("agent")
    asked = await ask(clerk, firm, name)
    row = await Handover.get(employer_id=firm.id)
    assert asked.path == f"{HANDOVER}/{row.id}"
    assert row.licence
    assert row.authorisation
    assert (await read_file(world.province, row.authorisation)).media == "image/jpeg"
    elsewhere = await w.make_world(agreement=AgreementType.THREE_PARTY, graduates=0)
    for stranger in (firm.actor, elsewhere.province, world.school):
        with pytest.raises(NotFound):
            await read_file(stranger, row.authorisation)
    waiting = await ask(clerk, firm, w.username("agent"))
    assert waiting.status == 409
    assert "已有一份经办人变更申请等待核验" in waiting.text
    await clerk.sign_in(firm)
    assert "有人申请成为本单位新的经办人" in (await clerk.open("/employer/profile")).text
    await decide_handover(world.province, row.id, approved=True, keep_others=False)
    assert (await clerk.open("/employer")).path == "/employer/login"
    page = await clerk.open("/employer/login")
    page = await clerk.press(page, "登录", username=name, password=w.PASSWORD)
    assert page.path == "/employer"
    assert "吴接任" in page.text


async def test_every_fault_of_the_request_is_named_at_once(clerk: Clerk, world: w.World) -> None:
    wrong = await ask(
        clerk, world.employer, "x", agent_mobile="1", licence="", authorisation="", password="a", again="b"
    )
    assert wrong.status == 422
    for sentence in (
        "新经办人手机",
        "请上传“营业执照图像”",
        "请上传“单位授权书”",
        "用户名应为 3 至 64 位",
        "密码应为 10 至 128 个字符",
        "两次输入的密码不一致",
    ):
        assert sentence in wrong.text
    assert wrong.form("提交申请").fields["employer_name"] == world.employer.name
    unknown = await ask(clerk, world.employer, w.username("agent"), employer_name="没有这家公司")
    assert "没有找到名称和统一社会信用代码都一致的已注册单位" in unknown.text
    assert not await Handover.filter(employer_id=world.employer.id).exists()


# --- users ---------------------------------------------------------------------------------------


async def test_a_colleague_is_added_and_disabled_after_a_second_question(clerk: Clerk, world: w.World) -> None:
    firm, name = await w.make_employer(world), w.username("clerk")
    await clerk.sign_in(firm)
    page = await clerk.open("/employer/account")
    page = await clerk.press(
        page, "添加用户", username=name, display_name="钱同事", password=w.PASSWORD, user_again=w.PASSWORD
    )
    assert "用户已添加" in page.text
    colleague = await EmployerUser.get(username=name)
    asked = await clerk.open(page.links["停用"])
    assert "钱同事" in asked.text
    assert (await EmployerUser.get(id=colleague.id)).disabled_at is None
    done = await clerk.press(asked, "确认停用")
    assert "用户已停用" in done.text
    assert "停用" not in done.links
    assert (await EmployerUser.get(id=colleague.id)).disabled_at is not None
    own = await clerk.open(f"/employer/account/users/{firm.actor.id}/disable")
    assert own.status == 409
    assert "不能停用自己的账号" in own.text
    other = await clerk.open(f"/employer/account/users/{world.employer.actor.id}/disable")
    assert other.status == 404
    assert (await Employer.get(id=firm.id)).status == EmployerStatus.VERIFIED
