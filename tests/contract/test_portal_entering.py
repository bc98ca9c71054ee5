"""Room: the portal's door: registering, signing in and out, sessions that end, forms that are not ours."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from quart import Quart

from models.states import EmployerStatus
from models.store import MemoryStore
from models.tables import Employer, EmployerUser, Session
from tests.harness import world as w
from tests.harness.callers import Api
from tests.harness.invitations import row, workbook
from tests.harness.portal import Clerk, Page, as_typed, invitation, read
from workflows.commands.employers import add_employer_user, decide_employer
from workflows.commands.invitation_files import take_file
from workflows.commands.provinces import set_employer_desk
from workflows.errors import Forbidden, InvalidForm
from workflows.queries.employers import own_employer
from workflows.queries.schools import province_desk

NEW = "/employer/online_signing/new"


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world()


def registration(**values: object) -> dict[str, str]:
    form = as_typed(w.employer_form(**values))
    return {**form, "employer_region_province": form["employer_region"][:2]}


async def register(clerk: Clerk, username: str, **values: object) -> Page:
    page = await clerk.open("/employer/register")
    chosen = {"username": username, "password": w.PASSWORD, "again": w.PASSWORD, "licence": await clerk.scan()}
    typed = {**chosen, **registration(), **values}
    return await clerk.press(page, "提交注册", **typed)


# --- signing in ----------------------------------------------------------------------------------


async def test_a_stranger_is_led_to_the_sign_in_and_on_to_the_page_meant(clerk: Clerk, world: w.World) -> None:
    page = await clerk.open("/employer/online_signing", phase="open")
    assert page.path == "/employer/login"
    page = await clerk.press(page, "登录", username=world.employer.username, password=w.PASSWORD)
    assert page.path == "/employer/online_signing"
    assert page.response.url.params["phase"] == "open"


@pytest.mark.parametrize(
    "target", ["https://example.org/", "//example.org", "/employer//example.org", "/m/records", "/employerx", "\\evil"]
)
async def test_signing_in_leads_to_our_own_pages_only(clerk: Clerk, world: w.World, target: str) -> None:
    page = await clerk.open("/employer/login", next=target)
    page = await clerk.press(page, "登录", username=world.employer.username, password=w.PASSWORD, follow=False)
    assert page.response.headers["Location"] == "/employer"


async def test_a_wrong_password_is_refused_with_one_sentence_and_the_name_stays(clerk: Clerk, world: w.World) -> None:
    page = await clerk.open("/employer/login")
    for name in (world.employer.username, "nobody.at.all"):
        refused = await clerk.press(page, "登录", username=name, password="Wrong-password-1")
        assert refused.status == 401
        assert "用户名或密码不正确" in refused.text
        assert refused.form("登录").fields["username"] == name
        assert "Wrong-password-1" not in refused.response.text
        assert "wq_emp" not in clerk.client.cookies


async def test_the_eleventh_try_within_five_minutes_waits(clerk: Clerk, world: w.World) -> None:
    page = await clerk.open("/employer/login")
    for _ in range(10):
        await clerk.press(page, "登录", username=world.employer.username, password="Wrong-password-1")
    refused = await clerk.press(page, "登录", username=world.employer.username, password=w.PASSWORD)
    assert refused.status == 429
    assert int(refused.response.headers["Retry-After"]) > 0
    assert "操作过于频繁，请约" in refused.text


async def test_the_cookie_is_for_these_pages_and_no_script(clerk: Clerk, world: w.World) -> None:
    page = await clerk.open("/employer/login")
    answer = await clerk.press(page, "登录", username=world.employer.username, password=w.PASSWORD, follow=False)
    given = answer.response.headers["Set-Cookie"]
    assert given.startswith("wq_emp=")
    assert {part.strip() for part in given.split(";")[1:]} == {"HttpOnly", "Path=/employer", "SameSite=Lax"}
    assert answer.response.headers["Cache-Control"] == "no-store"


async def test_pages_carry_a_policy_without_inline_script_or_style(clerk: Clerk, world: w.World) -> None:
    await clerk.sign_in(world.employer)
    for path in ("/employer", NEW, "/employer/register", "/employer/nowhere"):
        page = await clerk.open(path)
        policy = page.response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "<style" not in page.response.text
        assert " style=" not in page.response.text
        assert " on" + "click=" not in page.response.text


async def test_signing_out_ends_the_session_itself(clerk: Clerk, world: w.World) -> None:
    home = await clerk.sign_in(world.employer)
    token = clerk.client.cookies["wq_emp"]
    page = await clerk.press(home, "退出")
    assert page.path == "/employer/login"
    clerk.client.cookies.set("wq_emp", token, path="/employer", domain="test.local")
    assert (await clerk.open("/employer")).path == "/employer/login"


async def test_a_staff_session_opens_no_page_of_the_portal(api: Api, world: w.World) -> None:
    staff = await api.sign_in(world.school_desk)
    answer = await api.client.get("/employer", headers={"Cookie": f"wq_emp={staff.token}"})
    assert answer.status_code == 403
    assert "您的身份不能进行此操作" in answer.text


async def test_the_json_side_does_not_know_the_cookie(clerk: Clerk, world: w.World) -> None:
    await clerk.sign_in(world.employer)
    token = clerk.client.cookies["wq_emp"]
    answer = await clerk.client.get("/v1/me", headers={"Cookie": f"wq_emp={token}"})
    assert answer.status_code == 401


async def test_what_was_typed_outlives_the_session(clerk: Clerk, world: w.World) -> None:
    """Half an hour over a long form: sign in again, and everything still stands in it."""
    await clerk.sign_in(world.employer)
    page = await clerk.open(NEW)
    user = await EmployerUser.get(username=world.employer.username)
    session = await Session.filter(party_id=user.id).order_by("-created_at").first()
    assert session is not None
    session.seen_at -= timedelta(hours=1)
    await session.save()
    asked = await clerk.press(page, "发出邀请", **invitation(world, world.graduate, position_title="测试 & <工程师>"))
    assert asked.status == 401
    assert "登录后将回到刚才的页面" in asked.text
    back = await clerk.press(asked, "登录", username=world.employer.username, password=w.PASSWORD)
    fields = back.form("发出邀请").fields
    assert fields["position_title"] == "测试 & <工程师>"
    assert fields["id_number"] == world.graduate.id_number
    sent = await clerk.press(back, "发出邀请")
    assert "邀请已发出" in sent.text


# --- registering ---------------------------------------------------------------------------------


async def test_a_registration_signs_in_and_waits_for_its_province(clerk: Clerk) -> None:
    name = w.username("portal")
    page = await register(clerk, name)
    assert page.path == "/employer"
    assert "核验状态：待核验" in page.text
    assert "等待北京市毕业生就业主管部门核验" in page.text
    user = await EmployerUser.get(username=name).prefetch_related("employer")
    assert user.employer.status == EmployerStatus.PENDING


async def test_every_fault_of_a_registration_is_named_at_once_and_nothing_typed_is_lost(clerk: Clerk) -> None:
    page = await register(
        clerk,
        "x",
        employer_uscc="91110103000000000X",
        employer_address="示例路 <8> 号",
        contact_mobile="123",
        employer_industry="",
        password="short",
        again="other",
    )
    assert page.status == 422
    for sentence in (
        "统一社会信用代码",
        "联系人手机",
        "请选择“单位行业”",
        "密码应为 10 至 128 个字符",
        "用户名应为 3 至 64 位",
        "两次输入的密码不一致",
    ):
        assert sentence in page.text
    fields = page.form("提交注册").fields
    assert fields["employer_address"] == "示例路 <8> 号"
    assert fields["employer_region"] == "110101"
    assert fields["username"] == "x"
    assert fields["password"] == fields["again"] == ""
    anchors = [link for link in page.links.values() if link.startswith("#field-")]
    assert len(anchors) == 6
    for anchor in anchors:
        assert f'id="{anchor[1:]}"' in page.response.text


async def test_without_script_the_places_of_a_province_come_by_a_button(clerk: Clerk) -> None:
    page = await clerk.open("/employer/register")
    page = await clerk.press(page, "列出市县", employer_name="示例公司", employer_region_province="44")
    assert page.status == 200
    assert "荔湾区" in page.text
    assert page.form("提交注册").fields["employer_name"] == "示例公司"
    assert "需要修改" not in page.text


async def test_a_place_of_another_province_than_the_chosen_one_is_no_choice(clerk: Clerk) -> None:
    page = await register(clerk, w.username("portal"), employer_region_province="44")
    assert page.status == 422
    assert "请选择“单位所在地”" in page.text


async def test_a_name_that_somebody_has_is_refused(clerk: Clerk, world: w.World) -> None:
    page = await register(clerk, world.employer.username, password="Another-pass-2027", again="Another-pass-2027")
    assert page.status == 422
    assert "该用户名已被使用" in page.text


async def test_a_double_click_registers_once_and_lands_inside(clerk: Clerk) -> None:
    name, form = w.username("portal"), registration()
    page = await clerk.open("/employer/register")
    chosen = {"username": name, "password": w.PASSWORD, "again": w.PASSWORD, "licence": await clerk.scan()}
    values = {**chosen, **form}
    both = await asyncio.gather(*(clerk.press(page, "提交注册", follow=False, **values) for _ in range(2)))
    assert [(p.status, p.response.headers["Location"]) for p in both] == [(303, "/employer")] * 2
    assert await Employer.filter(uscc=form["employer_uscc"]).count() == 1


async def test_a_code_of_a_verified_employer_is_refused_with_the_way_out(clerk: Clerk, world: w.World) -> None:
    page = await register(clerk, w.username("portal"), employer_uscc=world.employer.uscc)
    assert page.status == 409
    assert "请由该单位的经办人登录后添加用户" in page.text
    assert page.form("提交注册").fields["employer_uscc"] == world.employer.uscc


async def test_a_returned_registration_is_handed_in_again(clerk: Clerk, world: w.World) -> None:
    name = w.username("portal")
    await register(clerk, name)
    user = await EmployerUser.get(username=name).prefetch_related("employer")
    await decide_employer(world.province, user.employer.id, EmployerStatus.RETURNED, "单位名称与营业执照不一致")
    home = await clerk.open("/employer")
    assert "单位名称与营业执照不一致" in home.text
    edit = await clerk.open(home.links["修改并重新提交"])
    assert edit.form("保存并重新提交").fields["employer_region"] == "110101"
    wrong = await clerk.press(edit, "保存并重新提交", employer_name="", contact_mobile="1")
    assert wrong.status == 422
    assert "有 2 处需要修改" in wrong.text
    done = await clerk.press(
        wrong, "保存并重新提交", employer_name="示例（更正）有限公司", contact_mobile="15400000009"
    )
    assert done.path == "/employer/profile"
    assert "待核验" in done.text
    await user.employer.refresh_from_db()
    assert user.employer.status == EmployerStatus.PENDING
    assert user.employer.name == "示例（更正）有限公司"


@pytest.mark.parametrize("status", [EmployerStatus.REFUSED, EmployerStatus.SUSPENDED])
async def test_a_closed_registration_shows_why_and_cannot_be_edited(
    clerk: Clerk, world: w.World, status: EmployerStatus
) -> None:
    firm = await w.make_employer(world, status=status)
    home = await clerk.sign_in(firm)
    assert status.label in home.text
    assert "按核验结果处理" in home.text
    page = await clerk.open("/employer/profile/edit")
    assert page.status == 409
    assert "不能修改信息" in page.text


async def test_the_provinces_desk_stands_on_every_page_with_its_telephone(clerk: Clerk, database: str) -> None:
    world = await w.make_world(graduates=0)
    home = await clerk.sign_in(world.employer)
    assert "企业客服：北京市毕业生就业主管部门" in home.text
    await set_employer_desk(world.province, {"phone": "010-02345678", "hours": "工作日 9:00—17:00"})
    try:
        for path in ("/employer/inbox", NEW):
            page = await clerk.open(path)
            assert "电话 010-02345678" in page.text.replace("　", " ")
            assert "工作日 9:00—17:00" in page.text
        stated = (await own_employer(world.employer.actor))["desk"]
        assert stated == {"name": "北京市毕业生就业主管部门", "phone": "010-02345678", "hours": "工作日 9:00—17:00"}
        assert (await province_desk(world.province, world.cohort))["employer_phone"] == "010-02345678"
        with pytest.raises(InvalidForm):
            await set_employer_desk(world.province, {"phone": "客服"})
        with pytest.raises(Forbidden):
            await set_employer_desk(world.school, {"phone": "010-02345678"})
    finally:
        await set_employer_desk(world.province, {})


# --- forms that are not ours ---------------------------------------------------------------------


async def test_every_form_of_the_portal_asks_for_its_mark(clerk: Clerk, service: Quart) -> None:
    """Read from the route table, so that a new form cannot be forgotten."""
    world = await w.make_world()
    await clerk.sign_in(world.employer)
    invited, signed = await w.invite(world), await w.sign(world, world.graduates[1])
    colleague = await add_employer_user(world.employer.actor, w.username("clerk"), "钱同事", w.PASSWORD)
    rows = workbook([row(world, world.graduate)])
    file = await take_file(world.employer.actor, MemoryStore(), "邀请.xlsx", rows)
    paths = []
    for rule in service.url_map.iter_rules():
        if rule.endpoint.startswith("portal.") and "POST" in (rule.methods or ()):
            values = {"flow": "online_signing", "id": str(invited.record_id), "action": "withdraw"}
            if "users" in rule.rule:
                values["id"] = str(colleague)
            if "batch" in rule.rule:
                values["id"] = str(file.id)
            if "other" in rule.arguments:
                values |= {"id": str(signed.record_id), "other": "online_termination", "action": "request"}
            path = service.url_map.bind("test").build(rule.endpoint, {k: values[k] for k in rule.arguments}, "POST")
            paths.append(path)
            for forged in ("", "x", "0" * 64):
                answer = await clerk.send(path, {"csrf": forged, "username": "a", "password": "b"})
                assert answer.status == 403, path
    assert len(paths) >= 9


async def test_a_mark_of_another_browser_or_session_is_none(service: Quart, clerk: Clerk, world: w.World) -> None:
    other = await w.make_employer(world)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://test") as client:
        stranger = Clerk(client)
        await stranger.sign_in(other)
        foreign = (await stranger.open(NEW)).form("发出邀请").fields["csrf"]
    await clerk.sign_in(world.employer)
    page = await clerk.open(NEW)
    refused = await clerk.press(page, "发出邀请", csrf=foreign, **invitation(world, world.graduate))
    assert refused.status == 403
    assert "页面已过期，已填写的内容仍保留在下面" in refused.text
    assert refused.form("发出邀请").fields["graduate_name"] == world.graduate.name


async def test_a_form_from_before_the_sign_in_is_void_after_it(clerk: Clerk, world: w.World) -> None:
    before = await clerk.open("/employer/login")
    await clerk.sign_in(world.employer)
    mark = before.form("登录").fields["csrf"]
    assert (await clerk.send("/employer/inbox/read", {"csrf": mark})).status == 403


async def test_errors_are_pages_with_a_way_out(clerk: Clerk, world: w.World) -> None:
    await clerk.sign_in(world.employer)
    for path, status in (
        ("/employer/nowhere", 404),
        ("/employer/online_signing/abc", 404),
        ("/employer/online_signing?state=nothing", 400),
        ("/employer/online_signing?cursor=zzz", 400),
        ("/employer/inbox?cursor=zzz", 400),
        ("/employer/static/../portal.py", 404),
        ("/employer/static/secret.css", 404),
    ):
        page = read(await clerk.client.get(path, follow_redirects=True))
        assert page.status == status, path
        assert page.response.headers["Content-Type"].startswith("text/html")
        assert any(link.startswith("/employer") for link in page.links.values())
    refused = read(await clerk.client.put("/employer/profile"))
    assert refused.status == 405
