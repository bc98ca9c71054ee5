"""Room: inviting from the portal: one invitation per submission, every fault at its field, nothing typed lost."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from quart import Quart

from api.pages.employer.refusals import error_page
from models.states import EmployerStatus
from models.tables import Record
from tests.harness import world as w
from tests.harness.portal import Clerk, Page, invitation, read
from workflows.commands.schools import create_school
from workflows.errors import Unavailable
from workflows.invitee import SENTENCE as NOT_FOUND
from workflows.limits import INVITE_MISS

NEW = "/employer/online_signing/new"
SEND = "发出邀请"
CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")


@pytest.fixture
async def world(database: str) -> w.World:
    return await w.make_world()


async def form(clerk: Clerk, world: w.World) -> Page:
    await clerk.sign_in(world.employer)
    return await clerk.open(NEW)


async def made(world: w.World) -> int:
    return await Record.filter(school_id=world.school_id).count()


async def test_an_invitation_is_sent_and_its_page_says_what_follows(clerk: Clerk, world: w.World) -> None:
    page = await form(clerk, world)
    sent = await clerk.press(page, SEND, **invitation(world, world.graduate))
    record = await Record.get(school_id=world.school_id)
    assert sent.path == f"/employer/online_signing/{record.id}/sent"
    assert "邀请已发出" in sent.text
    assert world.graduate.name in sent.text
    assert "还剩 15 天" in sent.text
    assert world.graduate.id_number not in sent.response.text


async def test_the_form_comes_from_its_definition_with_the_employers_own_contact(clerk: Clerk, world: w.World) -> None:
    page = await form(clerk, world)
    fields = page.form(SEND).fields
    assert fields["contact_name"] == "赵人事"
    assert fields["contact_mobile"] == world.employer.form["contact_mobile"]
    assert fields["id_kind"] == "resident_id"
    assert fields["valid_days"] == ""
    headings = ("毕业生", "岗位与待遇", "户口与档案")
    for text in (*headings, "与毕业生学籍中的姓名一致。", "仅在“是否劳务派遣”选“是”时填写。", "工程技术人员"):
        assert text in page.text


async def test_days_left_open_are_the_schools_own(clerk: Clerk, database: str) -> None:
    world = await w.make_world(settings={"invitation_days": 7})
    page = await form(clerk, world)
    sent = await clerk.press(page, SEND, **{**invitation(world, world.graduate), "valid_days": ""})
    assert "还剩 7 天" in sent.text


async def test_a_double_click_makes_one_invitation(clerk: Clerk, world: w.World) -> None:
    page = await form(clerk, world)
    typed = invitation(world, world.graduate)
    both = await asyncio.gather(*(clerk.press(page, SEND, follow=False, **typed) for _ in range(3)))
    assert {answer.status for answer in both} == {303}
    assert len({answer.response.headers["Location"] for answer in both}) == 1
    assert await made(world) == 1


async def test_sending_the_same_page_again_later_leads_to_the_same_invitation(clerk: Clerk, world: w.World) -> None:
    page = await form(clerk, world)
    first = await clerk.press(page, SEND, **invitation(world, world.graduate))
    again = await clerk.press(page, SEND, **invitation(world, world.graduate))
    assert again.path == first.path
    assert await made(world) == 1


async def test_an_old_page_with_another_graduate_asks_to_look_once_more(clerk: Clerk, world: w.World) -> None:
    page = await form(clerk, world)
    await clerk.press(page, SEND, **invitation(world, world.graduates[0]))
    asked = await clerk.press(page, SEND, **invitation(world, world.graduates[1]))
    assert asked.status == 422
    assert "用这个页面已经发起过一份邀请" in asked.text
    assert asked.form(SEND).fields["graduate_name"] == world.graduates[1].name
    assert await made(world) == 1
    await clerk.press(asked, SEND)
    assert await made(world) == 2


async def test_all_faults_stand_at_their_fields_and_what_was_typed_stays(clerk: Clerk, world: w.World) -> None:
    page = await form(clerk, world)
    typed = invitation(
        world,
        world.graduate,
        school_code="没有这所大学",
        id_number="110000200501010010",
        monthly_pay="很多",
        dispatched="true",
        position_title="",
        extra_terms="第一行\n<b>第二行</b>",
    )
    wrong = await clerk.press(page, SEND, **typed)
    assert wrong.status == 422
    assert wrong.title.startswith("有误：")
    anchors = [link for link in wrong.links.values() if link.startswith("#field-")]
    assert anchors == [
        f"#field-{n}" for n in ("school_code", "id_number", "position_title", "dispatched_to", "monthly_pay")
    ]
    for anchor in anchors:
        assert f'id="{anchor[1:]}"' in wrong.response.text
        assert f'id="fault-{anchor[7:]}"' in wrong.response.text
    fields = wrong.form(SEND).fields
    for name, text in typed.items():
        assert fields[name] == text, name
    assert await made(world) == 0
    right = {"school_code": world.school_code, "id_number": world.graduate.id_number, "monthly_pay": "8,500"}
    sent = await clerk.press(wrong, SEND, **right, position_title="会计", dispatched_to="示例用工单位")
    assert "邀请已发出" in sent.text
    assert "8,500" in (await clerk.open(sent.links["查看这份邀请"])).text


async def test_somebody_who_is_not_found_is_told_neutrally_and_counted(clerk: Clerk, world: w.World) -> None:
    page = await form(clerk, world)
    wrong_name = invitation(world, world.graduate, graduate_name="无此人")
    wrong_number = invitation(world, world.graduate, id_number=w.id_number())
    for typed in (wrong_name, wrong_number):
        page = await clerk.press(page, SEND, **typed)
        assert page.status == 409
        assert NOT_FOUND in page.text
    for _ in range(INVITE_MISS.times - 2):
        page = await clerk.press(page, SEND, **wrong_name)
    limited = await clerk.press(page, SEND, **invitation(world, world.graduate))
    assert limited.status == 429
    assert int(limited.response.headers["Retry-After"]) > 0
    assert limited.form(SEND).fields["graduate_name"] == world.graduate.name
    assert await made(world) == 0


async def test_a_second_invitation_to_the_same_graduate_is_refused_with_the_sentence(
    clerk: Clerk, world: w.World
) -> None:
    await w.invite(world)
    page = await form(clerk, world)
    refused = await clerk.press(page, SEND, **invitation(world, world.graduate))
    assert refused.status == 409
    assert "已有待应约的邀请或有效的签约，不能重复邀请" in refused.text


@pytest.mark.parametrize("status", [s for s in EmployerStatus if s is not EmployerStatus.VERIFIED])
async def test_an_employer_that_is_not_verified_sees_why_it_cannot_invite(
    clerk: Clerk, world: w.World, status: EmployerStatus
) -> None:
    firm = await w.make_employer(world, status=status)
    await clerk.sign_in(firm)
    page = await clerk.open(NEW)
    assert "单位尚未通过核验或已停用" in page.text
    assert status.label in page.text
    assert not any(SEND in found.buttons for found in page.forms)
    mark = page.form("退出").fields["csrf"]
    typed = {**invitation(world, world.graduate), "csrf": mark, "key": "0" * 32}
    refused = await clerk.send(NEW, typed)
    assert refused.status == 409
    assert "单位尚未通过核验或已停用" in refused.text
    assert await made(world) == 0


async def test_what_could_not_be_taken_is_sent_again_from_the_error_page(
    clerk: Clerk, service: Quart, world: w.World
) -> None:
    """The database is away in the middle of it: the page that says so holds the form, with the same key."""
    page = await form(clerk, world)
    values = {**page.form(SEND).fields, **invitation(world, world.graduate)}
    cookie = "; ".join(f"{name}={value}" for name, value in clerk.client.cookies.items())
    async with service.test_request_context(NEW, method="POST", headers={"Cookie": cookie}, form=values):
        answer = await error_page(Unavailable())
        text = (await answer.get_data()).decode()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    shown = read(httpx.Response(503, text=text, request=httpx.Request("POST", f"http://test{NEW}")))
    assert shown.form("重新提交").fields["key"] == values["key"]
    for _ in range(2):
        sent = await clerk.press(shown, "重新提交")
        assert "邀请已发出" in sent.text
    assert await made(world) == 1


# --- choosing a school ---------------------------------------------------------------------------


async def test_a_school_is_found_by_code_by_name_or_by_the_text_of_the_list(clerk: Clerk, world: w.World) -> None:
    page = await form(clerk, world)
    for text in (
        world.school_code,
        world.school_name,
        f"{world.school_code} {world.school_name}",
        f"{world.school_name[-7:]}",
    ):
        found = await clerk.press(page, "查找学校", school_code=text, position_title="打字未完")
        assert found.status == 200, text
        fields = found.form(SEND).fields
        assert fields["school_code"] == f"{world.school_code} {world.school_name}"
        assert fields["position_title"] == "打字未完"
    listed = await clerk.client.get("/employer/schools", params={"q": world.school_name})
    assert f"{world.school_code} {world.school_name}" in listed.json()


async def test_several_schools_are_offered_to_choose_from(clerk: Clerk, world: w.World) -> None:
    base = f"示例{world.school_code.translate(CHINESE)}联合学院"
    codes = [w.school_code() for _ in range(2)]
    for code, name in zip(codes, ("东校", "西校"), strict=True):
        await create_school(world.province, code, f"{base}{name}")
    page = await form(clerk, world)
    several = await clerk.press(page, SEND, **invitation(world, world.graduate, school_code=base))
    assert several.status == 422
    assert "有 2 所学校" in several.text
    assert f"{codes[0]} {base}东校" in several.text
    chosen = await clerk.press(several, SEND, school_pick=codes[1])
    assert chosen.form(SEND).fields["school_code"] == f"{codes[1]} {base}西校"
    assert NOT_FOUND in chosen.text


async def test_too_vague_a_name_is_not_listed(clerk: Clerk, world: w.World) -> None:
    for _ in range(21):
        code = w.school_code()
        await create_school(world.province, code, f"泛称学院{code}")
    page = await form(clerk, world)
    vague = await clerk.press(page, "查找学校", school_code="泛称学院")
    assert "相符的学校太多" in vague.text
    assert 'name="school_pick"' not in vague.response.text


async def test_wildcards_in_a_search_mean_themselves(clerk: Clerk, world: w.World) -> None:
    await clerk.sign_in(world.employer)
    for text in ("%", "_", "\\", "%%示范"):
        assert (await clerk.client.get("/employer/schools", params={"q": text})).json() == []


async def test_strange_characters_are_refused_not_stored(clerk: Clerk, world: w.World) -> None:
    page = await form(clerk, world)
    wrong = await clerk.press(page, SEND, **invitation(world, world.graduate, position_title="工\x00程\u202e师"))
    assert wrong.status == 422
    assert "无法保存的字符" in wrong.text
    assert (await clerk.press(page, SEND, **invitation(world, world.graduate, school_code="\x00"))).status == 422
    assert await made(world) == 0
