"""Room: inviting many by a file: rows checked, sent one by one, nobody invited twice, results to take away."""

from __future__ import annotations

import asyncio
import io
import zipfile
from datetime import timedelta
from uuid import UUID

import pytest

from models import kit
from models.db import execute, fetch
from models.states import EmployerStatus
from models.store import MemoryStore
from models.tables import EmployerUser, InvitationRow, Record
from tests.harness import world as w
from tests.harness.invitations import cells_of, row, workbook
from tests.harness.portal import Clerk, Page
from workflows.actors import Actor
from workflows.commands.employers import add_employer_user, decide_employer
from workflows.commands.invitation_files import FORGOTTEN, forget_forms, send_rows, take_file
from workflows.commands.sessions import actor_of_employer_user
from workflows.commands.settings import set_handler
from workflows.errors import NotFound, Refused
from workflows.invitation_rows import FORM
from workflows.invitee import SENTENCE as NOT_FOUND
from workflows.limits import INVITATION_FORMS_LIVE, INVITE_MISS

BATCH = "/employer/online_signing/batch"


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    return await w.make_world(graduates=0)


async def sign_in(clerk: Clerk, world: w.World) -> w.Firm:
    firm = await w.make_employer(world)
    await clerk.sign_in(firm)
    return firm


async def upload(clerk: Clerk, content: bytes, name: str = "邀请.xlsx") -> Page:
    page = await clerk.open(BATCH)
    form = page.form("上传并检查")
    answer = await clerk.client.post(
        form.action, data=form.fields, files={"file": (name, content)}, follow_redirects=False
    )
    if answer.status_code != 303:
        return Page(answer, answer.text, "", [], {})
    return await clerk.open(answer.headers["Location"])


async def made(firm: w.Firm) -> int:
    return await Record.filter(employer_id=firm.id).count()


def button(page: Page, start: str) -> str:
    return next(text for form in page.forms for text in form.buttons if text.startswith(start))


async def test_rows_are_checked_first_and_sent_after_a_second_question(clerk: Clerk, world: w.World) -> None:
    firm = await sign_in(clerk, world)
    people = await w.add_graduates(world, 4)
    rows = [row(world, person) for person in people]
    rows[1] |= {"monthly_pay": "面议", "position_category": "没有这一类"}
    rows[2] |= {"school_code": world.school_name, "contact_name": "", "contact_mobile": ""}
    rows[3] |= {"id_number": w.id_number()}
    twin = row(world, people[0], position_title="另一岗位")
    checked = await upload(clerk, workbook([*rows, twin]))
    assert "共 5 行：待发出 3 行；已发出 0 行；有误 2 行" in checked.text
    for sentence in ("“月薪（元，税前）”应填整数", "“工作职位类别”的选项不存在", "与第 2 行是同一名毕业生"):
        assert sentence in checked.text
    assert await made(firm) == 0
    for person in people:
        assert person.id_number not in checked.response.text
    done = await clerk.press(checked, button(checked, "确认发出"))
    assert "已发出 2 行；未发出 1 行；有误 2 行" in done.text
    assert NOT_FOUND in done.text
    assert await made(firm) == 2
    record = await clerk.open(done.links[people[2].name])
    assert "邀请" in record.text
    assert "赵人事" in record.text  # the employer's own contact
    listed = cells_of((await clerk.client.get(done.links["下载结果（.xlsx）"])).content)
    assert [line[4] for line in listed[1:]] == ["已发出", "有误，未发出", "已发出", "未发出", "有误，未发出"]
    assert listed[1][6] == "单位已发起签约邀请，等待学生应约"
    rows_kept = await fetch("SELECT form FROM invitation_rows WHERE employer_id = $1 AND status = 'sent'", firm.id)
    assert [kept["form"] for kept in rows_kept] == ["", ""]


async def test_the_same_file_again_and_an_edited_one_invite_nobody_twice(clerk: Clerk, world: w.World) -> None:
    firm = await sign_in(clerk, world)
    first, second = await w.add_graduates(world, 2)
    content = workbook([row(world, first), row(world, second, monthly_pay="")])
    page = await upload(clerk, content)
    page = await clerk.press(page, button(page, "确认发出"))
    again = await upload(clerk, content, "改名.xlsx")
    assert "这个文件此前上传过" in again.text
    assert again.path == page.path
    assert not any(text.startswith("确认") for form in again.forms for text in form.buttons)
    edited = await upload(clerk, workbook([row(world, first), row(world, second)]))
    done = await clerk.press(edited, button(edited, "确认发出"))
    assert "已发出 1 行；此前已发出 1 行" in done.text
    assert "没有重复发出" in done.text
    reworded = await upload(clerk, workbook([row(world, first, position_title="架构师")]))
    done = await clerk.press(reworded, button(reworded, "确认发出"))
    assert "已有待应约的邀请或有效的签约，不能重复邀请" in done.text
    assert await made(firm) == 2


async def test_wrong_rows_come_back_to_be_mended_and_are_sent_again(clerk: Clerk, world: w.World) -> None:
    firm = await sign_in(clerk, world)
    first, second, third = await w.add_graduates(world, 3)
    rows = [row(world, first), row(world, second, monthly_pay="面议", position_title="=1+1]]>𠮷"), row(world, third)]
    rows[2] |= {"graduate_name": "查无此人"}
    page = await upload(clerk, workbook(rows))
    page = await clerk.press(page, button(page, "确认发出"))
    assert "已发出 1 行；未发出 1 行；有误 1 行" in page.text
    narrowed = await clerk.open(page.path, show="faulty")
    assert (second.name in narrowed.text, first.name in narrowed.text) == (True, False)
    book = (await clerk.client.get(page.links["下载需改正的 2 行（.xlsx）"])).content
    sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    heads, *lines = cells_of(book)
    assert heads[-1] == "需改正之处"
    assert [bool(line[-1]) for line in lines] == [True, True]
    cells = [dict(zip(heads, line, strict=True)) for line in lines]
    assert [cell["证件号码"] for cell in cells] == [second.id_number, third.id_number]
    assert (cells[0]["月薪（元，税前）"], cells[0]["岗位名称"]) == ("面议", "=1+1]]>𠮷")
    assert cells[1]["工作职位类别"] == rows[2]["position_category"]
    names = [field.name for field in FORM.fields]
    mended = [dict(zip(names, line[:-1], strict=True)) for line in lines]
    mended[0]["monthly_pay"], mended[1]["graduate_name"] = "9000", third.name
    again = await upload(clerk, workbook(mended))
    done = await clerk.press(again, button(again, "确认发出"))
    assert "已发出 2 行" in done.text
    assert "需改正" not in done.text
    assert await made(firm) == 3
    foreign = await w.make_employer(world)
    await clerk.press(done, "退出")
    await clerk.sign_in(foreign)
    assert (await clerk.open(f"{page.path}/mending")).status == 404


async def test_two_clerks_at_once_and_a_process_that_ended_midway_invite_everybody_once(
    clerk: Clerk, world: w.World
) -> None:
    firm = await sign_in(clerk, world)
    people = await w.add_graduates(world, 4)
    page = await upload(clerk, workbook([row(world, person) for person in people]))
    file_id = page.path.rsplit("/", 1)[1]
    forms = {one.id: one.form for one in await InvitationRow.filter(file_id=file_id)}
    press = clerk.press(page, button(page, "确认发出"))
    colleague = send_rows(await colleague_of(firm), MemoryStore(), UUID(file_id))
    await asyncio.gather(press, colleague, clerk.press(page, button(page, "确认发出")))
    assert await made(firm) == 4
    assert await InvitationRow.filter(file_id=file_id, status="sent").count() == 4
    # As if the process had ended after an act and before its row was written down.
    mine = await Record.filter(employer_id=firm.id).order_by("created_at").first()
    lost = await InvitationRow.get(record_id=mine.id)
    await execute(
        "UPDATE invitation_rows SET status = 'waiting', record_id = NULL, form = $2 WHERE id = $1",
        lost.id,
        forms[lost.id],
    )
    page = await clerk.open(page.path)
    await clerk.press(page, button(page, "继续发出其余"))
    assert await made(firm) == 4


async def colleague_of(firm: w.Firm) -> Actor:
    user = await add_employer_user(firm.actor, w.username("clerk"), "钱同事", w.PASSWORD)
    return actor_of_employer_user(await EmployerUser.get(id=user))


async def test_too_many_people_who_are_not_found_stop_the_file_until_later(clerk: Clerk, world: w.World) -> None:
    firm = await sign_in(clerk, world)
    [person] = await w.add_graduates(world, 1)
    strangers = [row(world, person, id_number=w.id_number()) for _ in range(INVITE_MISS.times + 1)]
    page = await upload(clerk, workbook([*strangers, row(world, person)]))
    paused = await clerk.press(page, button(page, "确认发出"))
    assert "查找不到的次数已达上限" in paused.text
    assert f"待发出 2 行；已发出 0 行；未发出 {INVITE_MISS.times} 行" in paused.text
    assert await made(firm) == 0
    counter = MemoryStore()  # an hour later
    file_id = (await InvitationRow.filter(employer_id=firm.id).first()).file_id
    turn = await send_rows(firm.actor, counter, file_id)
    assert (turn.sent, turn.left) == (1, False)
    again = await clerk.open(paused.path.removesuffix("/send"))
    assert again.text.count("已发出") >= 1
    assert button(again, "再试未发出的")


async def test_what_was_refused_can_be_tried_again(clerk: Clerk, database: str) -> None:
    world = await w.make_world(graduates=1, handler=False)
    await clerk.sign_in(world.employer)
    page = await upload(clerk, workbook([row(world, world.graduate)]))
    refused = await clerk.press(page, button(page, "确认发出"))
    assert "学校尚未设置该学历层次的协议经办人" in refused.text
    await set_handler(world.school, world.cohort, w.handler_form())
    done = await clerk.press(refused, button(refused, "再试未发出的"))
    assert "已发出 1 行" in done.text


async def test_files_of_others_and_files_that_are_none(clerk: Clerk, world: w.World) -> None:
    other = await w.make_employer(world)
    [person] = await w.add_graduates(world, 1)
    theirs = await take_file(other.actor, MemoryStore(), "邀请.xlsx", workbook([row(world, person)]))
    firm = await sign_in(clerk, world)
    for path in ("", "/results"):
        assert (await clerk.open(f"{BATCH}/{theirs.id}{path}")).status == 404
    with pytest.raises(NotFound):
        await send_rows(firm.actor, MemoryStore(), theirs.id)
    none = await clerk.press(await clerk.open(BATCH), "上传并检查")
    assert none.status == 422
    assert "请选择填好的表格" in none.text
    wrong = await upload(clerk, b"%PDF-1.7")
    assert wrong.status == 422
    assert "另存为" in wrong.text
    template = await clerk.client.get((await clerk.open(BATCH)).links["下载模板"])
    assert cells_of(template.content)[0][:3] == ["毕业院校", "毕业生姓名", "证件类型"]
    large = await upload(clerk, b"PK" + bytes(3 * 1024 * 1024))
    assert large.status == 422
    assert "文件不能超过 2 MB" in large.text


@pytest.mark.parametrize("status", [EmployerStatus.PENDING, EmployerStatus.SUSPENDED])
async def test_an_employer_that_may_not_invite_sends_no_file(
    clerk: Clerk, world: w.World, status: EmployerStatus
) -> None:
    firm = await w.make_employer(world, status=status)
    await clerk.sign_in(firm)
    page = await clerk.open(BATCH)
    assert "暂时不能发起邀请" in page.text
    with pytest.raises(Refused):
        await take_file(firm.actor, MemoryStore(), "邀请.xlsx", b"")


async def test_a_suspension_in_between_leaves_the_rows_waiting(clerk: Clerk, world: w.World) -> None:
    firm = await sign_in(clerk, world)
    [person] = await w.add_graduates(world, 1)
    page = await upload(clerk, workbook([row(world, person)]))
    await decide_employer(world.province, firm.id, EmployerStatus.SUSPENDED, "核验发现信息不实")
    refused = await clerk.press(page, button(page, "确认发出"))
    assert refused.status == 409
    assert "待发出 1 行" in refused.text


async def test_what_was_not_sent_for_days_is_forgotten(world: w.World) -> None:
    firm = await w.make_employer(world)
    [person] = await w.add_graduates(world, 1)
    taken = await take_file(firm.actor, MemoryStore(), "邀请.xlsx", workbook([row(world, person)]))
    assert await forget_forms(kit.now()) == 0
    assert await forget_forms(kit.now() + INVITATION_FORMS_LIVE + timedelta(hours=1)) >= 1
    found = await InvitationRow.get(file_id=taken.id)
    assert (found.status, found.form, found.said) == ("faulty", "", FORGOTTEN)
    assert (await send_rows(firm.actor, MemoryStore(), taken.id)).sent == 0
