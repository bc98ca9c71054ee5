"""Room: the people of an employer: a forgotten password, a colleague who comes back, one's own sign-ins elsewhere."""

from __future__ import annotations

import httpx
import pytest
from quart import Quart

from models.states import EmployerStatus
from models.tables import Employer, EmployerUser, Session
from tests.harness import world as w
from tests.harness.portal import Clerk
from workflows.commands.employers import add_employer_user
from workflows.commands.provinces import set_employer_desk

ACCOUNT = "/employer/account"
NEW_ONE = "Fresh-word-2028"


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world(graduates=0)


def browser(service: Quart) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://test")


async def enter(clerk: Clerk, username: str, password: str = w.PASSWORD) -> str:
    page = await clerk.press(await clerk.open("/employer/login"), "登录", username=username, password=password)
    return page.path


async def test_a_colleague_resets_a_forgotten_password_and_ends_what_was_open(
    service: Quart, clerk: Clerk, world: w.World
) -> None:
    firm, name = await w.make_employer(world), w.username("clerk")
    colleague = await add_employer_user(firm.actor, name, "㛃𠮷䶮]]><script>", w.PASSWORD)
    await clerk.sign_in(firm)
    async with browser(service) as client:
        other = Clerk(client)
        assert await enter(other, name) == "/employer"
        page = await clerk.open((await clerk.open(ACCOUNT)).links["重设密码"])
        assert "㛃𠮷䶮]]><script>" in page.text
        wrong = await clerk.press(page, "确认重设", password=NEW_ONE, again="Other-word-2028")
        assert (wrong.status, "两次输入的密码不一致" in wrong.text) == (422, True)
        short = await clerk.press(page, "确认重设", password="short", again="short")
        assert short.status == 422
        assert "密码应为 10 至 128 个字符" in short.text
        assert (await other.open("/employer")).path == "/employer"
        done = await clerk.press(page, "确认重设", password=NEW_ONE, again=NEW_ONE)
        assert "密码已重设" in done.text
        assert NEW_ONE not in done.response.text
        assert (await other.open("/employer")).path == "/employer/login"
        assert await enter(other, name) == "/employer/login"
        assert await enter(other, name, NEW_ONE) == "/employer"
        inbox = await other.open("/employer/inbox")
    assert "赵人事重设了用户“㛃𠮷䶮]]><script>”的登录密码" in inbox.text
    assert (await EmployerUser.get(id=colleague)).disabled_at is None


async def test_a_disabled_colleague_comes_back_and_others_are_out_of_reach(clerk: Clerk, world: w.World) -> None:
    firm, name = await w.make_employer(world), w.username("clerk")
    colleague = await add_employer_user(firm.actor, name, "钱同事", w.PASSWORD)
    await clerk.sign_in(firm)
    page = await clerk.press(await clerk.open((await clerk.open(ACCOUNT)).links["停用"]), "确认停用")
    asked = await clerk.open(f"{ACCOUNT}/users/{colleague}/password")
    assert "请先在“账号与用户”中恢复" in asked.text
    page = await clerk.press(page, next(b for form in page.forms for b in form.buttons if b.startswith("恢复")))
    assert "用户已恢复" in page.text
    assert (await EmployerUser.get(id=colleague)).disabled_at is None
    mark = page.form("退出").fields["csrf"]
    stranger = world.employer.actor.id
    typed = {"csrf": mark, "password": NEW_ONE, "again": NEW_ONE}
    for path in (f"{ACCOUNT}/users/{stranger}/password", f"{ACCOUNT}/users/{stranger}/enable"):
        assert (await clerk.send(path, typed)).status == 404
    assert (await clerk.open(f"{ACCOUNT}/users/{stranger}/password")).status == 404
    own = await clerk.send(f"{ACCOUNT}/users/{firm.actor.id}/password", typed)
    assert own.status == 409
    assert "自己的密码请在“修改我的密码”中修改" in own.text


async def test_sign_ins_elsewhere_are_listed_and_ended(service: Quart, clerk: Clerk, world: w.World) -> None:
    firm = await w.make_employer(world)
    await clerk.sign_in(firm)
    alone = await clerk.open(ACCOUNT)
    assert "只有这里登录着" in alone.text
    async with browser(service) as client:
        other = Clerk(client)
        await other.sign_in(firm)
        page = await clerk.open(ACCOUNT)
        assert page.text.count("其他浏览器或设备") == 1
        assert "本次登录" in page.text
        done = await clerk.press(page, "退出其他登录")
        assert "其他地方的登录已全部退出" in done.text
        assert (await other.open("/employer")).path == "/employer/login"
    assert await Session.filter(party_id=firm.actor.id).count() == 1


async def test_who_has_forgotten_the_password_is_told_the_ways(clerk: Clerk, world: w.World) -> None:
    await set_employer_desk(world.province, {"phone": "010-02345679", "hours": "工作日 9:00—17:00"})
    try:
        page = await clerk.open((await clerk.open("/employer/login")).links["忘记密码"])
        desks = await clerk.open(page.links["企业客服"])
    finally:
        await set_employer_desk(world.province, {})
    assert "010-02345679" in page.text
    assert "010-02345679" in desks.text
    assert page.links["申请变更经办人"] == "/employer/handover"
    assert page.links["查询申请进度"] == "/employer/handover/find"


async def test_who_was_refused_is_told_why_and_registers_anew_from_what_was_said(clerk: Clerk, world: w.World) -> None:
    firm = await w.make_employer(world, status=EmployerStatus.REFUSED)
    home = await clerk.sign_in(firm)
    assert "按核验结果处理" in home.text
    form = await clerk.open(home.links["更正后重新注册"])
    kept = form.form("提交注册").fields
    assert (kept["employer_name"], kept["employer_uscc"]) == (firm.name, firm.uscc)
    name = w.username("again")
    chosen = {"username": name, "password": w.PASSWORD, "again": w.PASSWORD, "licence": await clerk.scan()}
    taken = await clerk.press(form, "提交注册", **{**chosen, "username": firm.username})
    assert "该用户名已被使用" in taken.text
    done = await clerk.press(form, "提交注册", **chosen)
    assert done.path == "/employer"
    assert "核验状态：待核验" in done.text
    both = {row.status for row in await Employer.filter(uscc=firm.uscc)}
    assert both == {"refused", "pending"}
    assert (await clerk.open("/employer/register")).path == "/employer", "who waits for an answer has registered"
