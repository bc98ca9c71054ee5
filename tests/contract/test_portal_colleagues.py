"""Room: two people of one employer at the same time: nothing is done twice, nothing is overwritten unseen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from quart import Quart

from models.tables import Employer, Record
from tests.harness import world as w
from tests.harness.portal import Clerk, invitation
from workflows.commands.employers import add_employer_user
from workflows.limits import INVITATION_BYTES

LIST = "/employer/online_signing"


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world(graduates=3)


@pytest.fixture
async def both(service: Quart, world: w.World) -> AsyncIterator[tuple[Clerk, Clerk]]:
    """Two signed-in colleagues, each at a browser of its own."""
    name = w.username("clerk")
    await add_employer_user(world.employer.actor, name, "钱同事", w.PASSWORD)
    transport = httpx.ASGITransport(service)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://test") as first,
        httpx.AsyncClient(transport=transport, base_url="http://test") as second,
    ):
        found = Clerk(first), Clerk(second)
        await found[0].sign_in(world.employer)
        page = await found[1].open("/employer/login")
        await found[1].press(page, "登录", username=name, password=w.PASSWORD)
        yield found


async def test_two_colleagues_invite_and_withdraw_the_same_graduate_at_once(
    both: tuple[Clerk, Clerk], world: w.World
) -> None:
    person = world.graduates[0]
    pages = [await clerk.open(f"{LIST}/new") for clerk in both]
    sent = await asyncio.gather(
        *(clerk.press(page, "发出邀请", **invitation(world, person)) for clerk, page in zip(both, pages, strict=True))
    )
    assert sorted(page.status for page in sent) == [200, 409]
    assert any("不能重复邀请" in page.text for page in sent)
    record = await Record.get(school_id=world.school_id, graduate_id=person.actor.id)
    asked = [await clerk.open(f"{LIST}/{record.id}/actions/withdraw") for clerk in both]
    done = await asyncio.gather(*(clerk.press(page, "确认撤回邀请") for clerk, page in zip(both, asked, strict=True)))
    assert sorted(page.status for page in done) == [200, 409]
    told = next(page for page in done if page.status == 409)
    assert "单位已撤回邀请" in told.text
    assert told.links["查看该记录"] == f"{LIST}/{record.id}"


async def test_a_colleagues_change_of_the_profile_is_not_overwritten_unseen(
    both: tuple[Clerk, Clerk], world: w.World
) -> None:
    mine, theirs = [await clerk.open("/employer/profile/edit") for clerk in both]
    wrong = await both[0].press(mine, "保存", employer_postcode="1", employer_address="一号路 1 号")
    assert wrong.status == 422
    saved = await both[1].press(theirs, "保存", contact_name="孙新人")
    assert saved.path == "/employer/profile"
    told = await both[0].press(wrong, "保存", employer_postcode="100001")
    assert told.status == 409
    assert "单位信息刚被修改过（联系人）" in told.text
    assert told.form("保存").fields["employer_address"] == "一号路 1 号"
    assert (await Employer.get(id=world.employer.id)).profile["contact_name"] == "孙新人"
    done = await both[0].press(told, "保存", contact_name="孙新人")
    assert done.path == "/employer/profile"
    twice = await both[0].press(told, "保存", contact_name="孙新人")
    assert twice.path == "/employer/profile", "a second click on the same page is the first one"
    profile = (await Employer.get(id=world.employer.id)).profile
    assert (profile["contact_name"], profile["employer_address"]) == ("孙新人", "一号路 1 号")


async def test_what_is_too_large_is_said_where_it_was_chosen(both: tuple[Clerk, Clerk]) -> None:
    clerk = both[0]
    form = (await clerk.open(f"{LIST}/batch")).form("上传并检查")
    for size, status, sentence in (
        (INVITATION_BYTES + 1, 422, "文件不能超过 2 MB"),
        (12 * 1024 * 1024, 413, "提交的内容超过大小限制"),
    ):
        answer = await clerk.client.post(
            form.action, data=form.fields, files={"file": ("大.xlsx", b"PK\x03\x04" + bytes(size))}
        )
        assert answer.status_code == status
        assert sentence in answer.text
    assert f'href="{LIST}/batch">返回重新填写' in answer.text
