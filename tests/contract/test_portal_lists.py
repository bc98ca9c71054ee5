"""Room: an employer's list searched by number, taken along as a workbook, on paper and as a zip of agreements."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.harness import world as w
from tests.harness.invitations import cells_of
from tests.harness.portal import Clerk, Page

LIST = "/employer/records"
ODD = "=㛃𠮷䶮]]>"


@pytest.fixture(scope="module")
async def world(database: str) -> w.World:
    """Three records of the world's employer: invited, accepted and signed; one of another employer."""
    world = await w.make_world(graduates=4)
    first, second, third, fourth = world.graduates
    await w.invite(world, first, position_title=ODD)
    await w.accept(world, await w.invite(world, second), second)
    await w.sign(world, third)
    await w.sign(world, fourth, await w.make_employer(world))
    return world


def shown(page: Page, world: w.World) -> set[str]:
    return {person.name for person in world.graduates if f'">{person.name}</a>' in page.response.text}


async def test_a_number_is_searched_for_without_standing_in_an_address(clerk: Clerk, world: w.World) -> None:
    await clerk.sign_in(world.employer)
    page = await clerk.open(LIST)
    wanted = world.graduates[1]
    found = await clerk.press(page, "查询", id_number=f" {wanted.id_number.lower()} ")
    assert shown(found, world) == {wanted.name}
    assert str(found.response.url).endswith(LIST)
    assert wanted.id_number not in "".join(found.links.values())
    both = await clerk.press(page, "查询", id_number=wanted.id_number, name=world.graduates[0].name)
    assert "没有符合条件的记录" in both.text
    strange = await clerk.press(page, "查询", id_number=world.graduates[3].id_number)
    assert "没有符合条件的记录" in strange.text, "another employer's graduate is nobody here"
    named = await clerk.press(page, "查询", name=wanted.name)
    assert named.response.url.params["name"] == wanted.name
    assert shown(named, world) == {wanted.name}
    old = await clerk.press(page, "查询", csrf="x", name=wanted.name)
    assert (old.status, "页面已过期" in old.text) == (403, True)
    assert old.form("查询").fields["name"] == wanted.name


async def test_the_list_is_narrowed_by_school_and_agreement(clerk: Clerk, world: w.World) -> None:
    await clerk.sign_in(world.employer)
    signed = await clerk.open(LIST, phase="force")
    number = signed.text.split("协议编号 ")[-1].split()[0]
    for query, expected in (
        ({"agreement_no": number}, {world.graduates[2].name}),
        ({"agreement_no": "99001202700000000"}, set()),
        ({"school": world.school_code}, {person.name for person in world.graduates[:3]}),
        ({"school": "00000"}, set()),
    ):
        assert shown(await clerk.open(LIST, **query), world) == expected, query


async def test_the_list_comes_along_as_a_workbook_without_formulas(clerk: Clerk, world: w.World) -> None:
    await clerk.sign_in(world.employer)
    page = await clerk.open(LIST)
    answer = await clerk.client.get(page.links["下载名单（.xlsx）"])
    rows = cells_of(answer.content)
    assert rows[0][:4] == ["事项", "毕业生姓名", "证件号码", "毕业院校"]
    assert {row[1] for row in rows[1:]} == {person.name for person in world.graduates[:3]}
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml")
    assert not any(person.id_number in str(rows) for person in world.graduates)
    narrow = await clerk.open(LIST, phase="force")
    answer = await clerk.client.get(narrow.links["下载名单（.xlsx）"])
    assert len(cells_of(answer.content)) == 2


async def test_agreements_of_the_list_come_as_one_zip(clerk: Clerk, world: w.World) -> None:
    await clerk.sign_in(world.employer)
    answer = await clerk.client.get((await clerk.open(LIST)).links["打包下载协议书"])
    assert answer.status_code == 200
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert len(names) == 1
    assert world.graduates[2].name in names[0]
    none = await clerk.open((await clerk.open(LIST, phase="open")).links["打包下载协议书"])
    assert none.status == 409
    assert "还没有生成协议书" in none.text
    back = await clerk.open(none.links["返回签约记录"])
    assert back.path == LIST
    assert back.response.url.params["phase"] == "open"


async def test_the_page_to_print_holds_the_whole_list_and_says_what_it_was_narrowed_by(
    clerk: Clerk, world: w.World
) -> None:
    await clerk.sign_in(world.employer)
    page = await clerk.open(LIST, school=world.school_code, phase="force")
    paper = await clerk.open(page.links["打印"])
    assert f"毕业院校：{world.school_name}" in paper.text
    assert "共 1 条" in paper.text
    assert world.graduates[2].name in paper.text
    assert world.graduates[3].name not in paper.text
    back = await clerk.open(paper.links["签约记录"])
    assert shown(back, world) == {world.graduates[2].name}
