"""Room: graduates' pages without WeChat, and the own account, over HTTP: no page here needs a script."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from quart import Quart

from models.config import settings
from models.kit import now
from models.store import MemoryStore, close_store
from models.tables import Binding, Graduate, OutboxRow, Session
from models.vault import unseal
from notifier.simulators.server import Sandbox
from tests.harness.chat import bound, new_openid
from tests.harness.invented import id_number
from tests.harness.phone import (  # noqa: F401  fixtures are found by their names
    BASE,
    Phone,
    code_for,
    pages_fixture,
    phone_fixture,
)
from tests.harness.world import Person, World, add_graduates, make_world, mobile
from workflows.commands.deliveries import CODE_PLACE
from workflows.commands.scenes import Scanned, give_number, scan
from workflows.commands.tokens import VISITOR


@pytest.fixture(scope="module")
async def school(database: str) -> World:
    return await make_world(graduates=1)


@pytest.fixture
async def world(school: World) -> World:
    await close_store()
    school.graduates[:0] = await add_graduates(school, 2)
    return school


@pytest.fixture
async def browser(pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient) -> AsyncIterator[Phone]:
    """A browser on a PC: it knows no WeChat."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url=BASE)
    yield Phone(client, sandbox, http, "")
    await client.aclose()


async def sign_in(browser: Phone, person: Person, path: str = "/m/sign-in") -> httpx.Response:
    """The whole way; the page on which it ends."""
    page = await browser.open(path)
    to = re.search(r'name="to" value="([^"]*)"', page.text)
    assert to
    asked = await browser.submit(page, to=to[1], name=person.name, id_number=person.id_number)
    assert (asked.status_code, asked.headers["location"]) == (303, "/m/sign-in/code")
    done = await browser.submit(await browser.follow(asked), code=await code_for(person))
    assert done.status_code == 303, done.text
    return await browser.follow(done)


async def codes(person: Person, count: int) -> list[str]:
    rows = await OutboxRow.filter(recipient=person.id, notice="one_time_code").order_by("-id").limit(count)
    return [unseal(CODE_PLACE, row.params["code"]) for row in reversed(rows)]


# --- signing in ----------------------------------------------------------------------------------


async def test_a_graduate_signs_in_by_sms_and_out_again(browser: Phone, world: World) -> None:
    me = world.graduate
    page = await sign_in(browser, me, "/m/sign-in?to=/m/account")
    assert "我的账号" in page.text
    assert me.name in page.text
    assert "未绑定" in page.text
    assert f"{me.mobile[:3]}****{me.mobile[-4:]}" in page.text
    assert me.mobile not in page.text
    assert me.id_number not in page.text
    assert "还没有任何记录" in (await browser.open("/m/records")).text
    assert (await browser.open("/m/begin")).status_code == 200
    mark = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert mark
    out = await browser.browser.post("/m/sign-out", data={"csrf": mark[1]})
    assert out.headers["location"] == "/m/sign-in"
    assert "/connect/oauth2/authorize" in (await browser.open("/m/records")).headers["location"]
    assert not await Session.filter(party_id=me.id).exists()


async def test_the_answers_are_the_same_whether_the_person_exists(browser: Phone, world: World) -> None:
    texts = []
    for name, number in (
        (world.graduate.name, world.graduate.id_number),
        ("无此人", world.graduates[1].id_number),
        ("无此人", id_number()),
    ):
        asked = await browser.submit(await browser.open("/m/sign-in"), name=name, id_number=number)
        assert (asked.status_code, asked.headers["location"]) == (303, "/m/sign-in/code")
        page = await browser.follow(asked)
        wrong = await browser.submit(page, code="123456")
        assert wrong.status_code == 422
        texts.append([re.sub(r'value="[^"]+"', "", one.text) for one in (page, wrong)])
        browser.browser.cookies.clear()
    assert texts[0] == texts[1] == texts[2]
    assert world.graduate.mobile[-4:] not in "".join(texts[0])


async def test_faults_limits_and_forged_forms_are_answered_in_words(browser: Phone, world: World) -> None:
    first = await browser.open("/m/sign-in")
    faulty = await browser.submit(first, name="赵<b>一", id_number="12")
    assert faulty.status_code == 422
    assert "用其他证件的，请先选择证件类型" in faulty.text
    assert "赵&lt;b&gt;一" in faulty.text
    given = {"name": world.graduate.name, "id_number": world.graduate.id_number}
    assert (await browser.submit(faulty, **given)).status_code == 303
    often = await browser.submit(faulty, **given)
    assert often.status_code == 429
    assert "一分钟内只能获取一次" in often.text
    count = await OutboxRow.filter(recipient=world.graduate.id).count()
    mark = re.search(r'name="csrf" value="([^"]+)"', first.text)
    assert mark
    for value in ("", "x", mark[1][:-2] + "zz"):
        assert (await browser.browser.post("/m/sign-in", data={"csrf": value, **given})).status_code == 403
    browser.browser.cookies.clear()
    assert (await browser.browser.post("/m/sign-in", data={"csrf": mark[1], **given})).status_code == 403
    assert await OutboxRow.filter(recipient=world.graduate.id).count() == count


async def test_steps_cannot_be_skipped_and_nobody_is_sent_elsewhere(browser: Phone, world: World) -> None:
    assert (await browser.open("/m/sign-in/code")).headers["location"] == "/m/sign-in"
    page = await browser.open("/m/sign-in?to=https://evil.example/")
    assert "evil" not in page.text
    mark = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert mark
    data = {"csrf": mark[1], "to": "//evil.example", "name": world.graduate.name}
    asked = await browser.browser.post("/m/sign-in", data={**data, "id_number": world.graduate.id_number})
    done = await browser.submit(await browser.follow(asked), code=await code_for(world.graduate))
    assert done.headers["location"] == "/m/records"


async def test_outside_wechat_both_ways_are_explained(
    browser: Phone, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WQ_PROFILE", "production")
    settings.cache_clear()
    try:
        refused = await browser.open("/m/begin")
        assert refused.status_code == 403
        assert "请在微信中打开" in refused.text
        assert 'href="/m/sign-in?to=%2Fm%2Fbegin"' in refused.text
        assert "名单登记手机的验证码" in refused.text
        assert (await browser.open("/m/sign-in")).status_code == 200
    finally:
        monkeypatch.undo()
        settings.cache_clear()


# --- the number ----------------------------------------------------------------------------------


async def test_the_number_is_changed_with_a_code_to_each_of_the_two(browser: Phone, world: World) -> None:
    me, number = world.graduate, mobile()
    await sign_in(browser, me)
    await close_store()  # a minute later
    form = await browser.open("/m/account/phone")
    assert f"{me.mobile[:3]}****{me.mobile[-4:]}" in form.text
    assert me.mobile not in form.text
    same = await browser.submit(form, mobile=me.mobile, old="here")
    assert same.status_code == 422
    assert "与登记的相同" in same.text
    asked = await browser.follow(await browser.submit(form, mobile=number, old="here"))
    assert "新、原两个手机号" in asked.text
    new, old = await codes(me, 2)
    wrong = await browser.submit(asked, code=new, old_code="000000" if old != "000000" else "111111")
    assert wrong.status_code == 422
    assert wrong.text.count("验证码不正确或已失效") == 1
    done = await browser.follow(await browser.submit(wrong, code=new, old_code=old))
    assert "手机号已修改" in done.text
    assert f"{number[:3]}****{number[-4:]}" in done.text
    assert (await Graduate.get(id=me.id)).phone_source == "own"
    assert (await browser.open("/m/account/phone/code")).headers["location"] == "/m/account/phone"


async def test_a_lost_number_is_replaced_with_the_paper_and_the_new_one_rests(phone: Phone, world: World) -> None:
    """In WeChat, where nobody was asked for the old number when coming in."""
    me = world.graduate
    await bound(world, me, phone.openid)
    form = await phone.arrive("/m/account/phone")
    wrong = await phone.submit(form, mobile=mobile(), old="gone", id_number=id_number())
    assert wrong.status_code == 422
    assert "证件号码不正确" in wrong.text
    asked = await phone.follow(await phone.submit(form, mobile=mobile(), old="gone", id_number=me.id_number))
    assert "原手机号收到的验证码" not in asked.text
    done = await phone.follow(await phone.submit(asked, code=(await codes(me, 1))[0]))
    assert "24 小时后可用于绑定和登录" in done.text
    assert (await Graduate.get(id=me.id)).phone_usable_at is not None
    assert "原手机号不能收验证码" in (await phone.open("/m/account/phone")).text


# --- WeChat by a QR code -------------------------------------------------------------------------


async def test_the_own_page_shows_a_code_and_says_how_far_the_phone_is(browser: Phone, world: World) -> None:
    me, openid = world.graduate, new_openid()
    await sign_in(browser, me)
    empty = await browser.open("/m/account/wechat")
    assert "生成二维码" in empty.text
    assert "<svg" not in empty.text
    page = await browser.follow(await browser.submit(empty))
    assert "<svg" in page.text
    assert " style=" not in page.text
    assert "等待扫码" in page.text
    number = re.search(r'class="number">(\d{4})<', page.text)
    assert number
    (code,) = (await browser.outside.get(f"{browser.sandbox.url}/phone/codes")).json()["codes"]
    assert code["kind"] == "绑定二维码"

    scene = await scanned_by(browser, code["code"], openid)
    assert isinstance(await scan(VISITOR, openid, scene), Scanned)
    assert (await browser.open("/m/account/wechat/stage")).json() == {"stage": "scanned"}
    assert "已扫码" in (await browser.open("/m/account/wechat")).text
    await give_number(MemoryStore(), VISITOR, openid, scene, number[1])
    done = await browser.open("/m/account/wechat")
    assert "绑定成功" in done.text
    assert "<svg" not in done.text
    assert "已绑定" in (await browser.open("/m/account")).text
    assert await Binding.filter(graduate_id=me.id, openid=openid, ended_at=None).exists()


async def scanned_by(browser: Phone, code: str, openid: str) -> str:
    """The scene that the platform reports when this code is held before a camera."""
    await browser.outside.post(f"{browser.sandbox.url}/_control/personas", json=[{"openid": openid, "name": "访客"}])
    answer = await browser.outside.post(f"{browser.sandbox.url}/phone/chat/{openid}/scan", json={"value": code})
    assert answer.json() == {"ok": True}
    mailbox = (await browser.outside.get(f"{browser.sandbox.url}/_control/wechat/mailbox")).json()
    return next(
        one["fields"]["EventKey"] for one in reversed(mailbox["callbacks"]) if one["fields"].get("Event") == "SCAN"
    )


async def test_without_wechat_answering_the_page_says_so(browser: Phone, world: World) -> None:
    await sign_in(browser, world.graduate)
    empty = await browser.open("/m/account/wechat")
    await browser.outside.post(
        f"{browser.sandbox.url}/_control/wechat/faults", json=[{"kind": "status", "count": None}]
    )
    away = await browser.submit(empty)
    assert away.status_code == 503
    assert "二维码没有生成" in away.text


# --- two cohorts ---------------------------------------------------------------------------------


async def test_another_cohort_is_one_tap_away(browser: Phone, world: World) -> None:
    later = await make_world(cohort=now().year + 2, graduates=0, level_code="11")
    await add_graduates(later, 1, level_code="11", people=[world.graduate])
    page = await sign_in(browser, later.graduates[0], "/m/sign-in?to=/m/account")
    assert f"切换到 {world.cohort} 届" in page.text
    turned = await browser.follow(await browser.submit(page, entry=str(world.graduate.id)))
    assert f"{world.cohort} 届" in turned.text
    other = await browser.open("/m/account")
    refused = await browser.submit(other, entry=str(world.graduates[1].id))
    assert refused.status_code == 404


async def test_staff_cannot_open_these_pages(browser: Phone, world: World) -> None:
    for path in ("/m/account", "/m/account/phone", "/m/account/wechat", "/m/account/wechat/stage"):
        assert "/connect/oauth2/authorize" in (await browser.open(path)).headers["location"]
    for path in ("/m/account/phone", "/m/account/entry", "/m/account/wechat"):
        assert (await browser.browser.post(path, data={"csrf": "x"})).status_code == 401
