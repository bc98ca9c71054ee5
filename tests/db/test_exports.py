"""Room: exported lists: the same rows as on the screen, masked numbers, every return of a period, national columns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models import kit
from models.kit import mask_id_number, mask_mobile, shanghai_day
from models.parties import Grant, Party, ReviewMode
from models.states import Flow
from tests.harness.stepping import step, walk
from tests.harness.world import accept, add_graduates, invite, make_account, make_world
from workflows.actors import Actor
from workflows.commands.roster import invalidate_graduate
from workflows.errors import Forbidden, InvalidForm, ModuleClosed, ReadOnly
from workflows.queries import export_returns, exports
from workflows.queries.exports import Wish, listing, wish_from
from workflows.queries.graduates import GraduateFilters
from workflows.queries.queues import list_queue
from workflows.queries.record_filters import Filters

pytestmark = pytest.mark.usefixtures("database")
F = Flow


def wish(kind: str = "selection", menu: str = "signing", filters: Filters | None = None, **values: Any) -> Wish:
    people = values.pop("people", GraduateFilters())
    return Wish(kind=kind, menu=menu, filters=filters or Filters(), people=people, **values)


async def table(actor: Actor, wanted: Wish) -> list[dict[str, Any]]:
    """Rows by their header."""
    found = await listing(actor, wanted)
    return [dict(zip(found.headers[-1], row, strict=True)) async for page, _ in found.pages for row in page]


async def test_the_selection_is_the_queue_as_it_is_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "EXPORT_PAGE", 2)  # so that few rows have several pages
    world = await make_world(graduates=5)
    for person in world.graduates:
        await invite(world, person)
    (last,) = await add_graduates(world, 1)
    await accept(world, await invite(world, last), last)
    for filters in (Filters(), Filters(states=("invited",)), Filters(waits_on="me"), Filters(sort="oldest")):
        rows = await table(world.school, wish(filters=filters))
        page = await list_queue(world.school, "signing", filters)
        assert [row["姓名"] for row in rows] == [item["graduate"]["name"] for item in page.items]
        assert [row["身份证号码"] for row in rows] == [item["graduate"]["id_number"] for item in page.items]
        assert [row["状态"] for row in rows] == [item["label"] for item in page.items]
    assert rows[0]["发起方"] == "用人单位"
    assert rows[0]["工作职位类别"] == "工程技术人员"
    chosen = await table(world.school, wish(columns=("name", "state")))
    assert list(chosen[0]) == ["姓名", "状态"]
    (mine,) = await table(world.departments[world.graduate.department], wish(filters=Filters(name=world.graduate.name)))
    assert mine["姓名"] == world.graduate.name
    assert await table((await make_world()).school, wish()) == []


async def test_an_export_stops_at_its_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make_world(graduates=4)
    for person in world.graduates:
        await invite(world, person)
    monkeypatch.setattr(exports, "EXPORT_PAGE", 2)
    monkeypatch.setattr(exports, "EXPORT_ROWS", 3)
    assert len(await table(world.school, wish())) == 3
    assert await exports.size_of(world.school, wish()) == 3


async def test_every_return_of_a_period_is_listed_with_who_why_and_whether_it_came_again(
    monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    monkeypatch.setattr(export_returns, "EXPORT_PAGE", 1)
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=3)
    first, second, third = world.graduates
    returned = await walk(world, first, F.OFFLINE_SIGNING, "submit", "return_agreement")
    clock.advance(hours=1)
    await step(world, first.actor, F.OFFLINE_SIGNING, "submit", returned)
    clock.advance(days=2)
    await walk(world, second, F.OFFLINE_SIGNING, "submit", "approve_agreement", "return_agreement")
    await walk(world, third, F.DESTINATION, "submit", "return")
    rows = await table(world.school, wish("returned"))
    assert [(r["姓名"], r["退回环节"], r["是否已重新提交"]) for r in rows] == [
        (first.name, "学院审核", "已重新提交"),
        (second.name, "学校审核", "未重新提交"),
    ]
    assert rows[0]["审核人"] == world.department_of(first).name
    assert (rows[0]["退回原因"], rows[0]["具体问题"]) == ("材料不清晰或不完整", "图像不清晰，请重新上传")
    assert rows[0]["身份证号码"] == mask_id_number(first.id_number)
    today = shanghai_day(kit.now())
    later = await table(world.school, wish("returned", filters=Filters(since=today)))
    assert [r["姓名"] for r in later] == [second.name]
    before = await table(world.school, wish("returned", filters=Filters(until=today - timedelta(days=1))))
    assert [r["姓名"] for r in before] == [first.name]
    assert [r["姓名"] for r in await table(world.school, wish("returned", "destination"))] == [third.name]
    queue = await table(world.school, wish("returned", filters=Filters(waits_on="me")))  # as the page opens
    assert [r["姓名"] for r in queue] == [first.name, second.name]
    own = await table(world.department_of(first), wish("returned"))
    assert {r["所在院系"] for r in own} == {first.department}


async def test_results_stand_in_the_national_columns_with_what_is_in_force() -> None:
    world = await make_world(graduates=4)
    settled, ended, nothing, gone = world.graduates
    await walk(world, settled, F.DESTINATION, "submit", "approve")
    await walk(world, ended, F.DESTINATION, "submit", "approve", "void")
    await invalidate_graduate(world.school, gone.id, "已转入其他学校就读")
    found = await listing(world.school, wish("results", ""))
    pinyin, chinese = found.headers
    assert len(pinyin) == len(chinese) == len(set(pinyin))
    rows = [dict(zip(pinyin, row, strict=True)) async for page, _ in found.pages for row in page]
    by_name = {row["xm"]: row for row in rows}
    assert set(by_name) == {p.name for p in (settled, ended, nothing)}
    one = by_name[settled.name]
    assert (one["byqxdm"], one["byqx"], one["dwhydm"], one["gzzwlbdm"]) == ("11", "签劳动合同形式就业", "22", "13")
    assert (one["dwmc"], one["dwxz"], one["dwszddm"]) == ("示例制造有限公司", "其他企业", "330106")
    assert (one["xb"], one["mz"], one["xl"], one["pyfs"]) == ("男", "汉族", "本科生毕业", "非定向")
    assert (one["yxdm"], one["szyx"], one["bysj"]) == (world.school_code, settled.department, "202707")
    assert (one["sfzh"], one["sjh"]) == (mask_id_number(settled.id_number), mask_mobile(settled.mobile))
    assert by_name[ended.name]["byqxdm"] == "70"
    assert by_name[nothing.name]["byqxdm"] == ""
    whole = await listing(world.school, wish("results", "", whole=True, reason="线下报送就业管理系统"))
    numbers = [dict(zip(pinyin, row, strict=True))["sfzh"] async for page, _ in whole.pages for row in page]
    assert settled.id_number in numbers


async def test_whole_numbers_want_the_right_to_write_and_a_reason() -> None:
    world = await make_world()
    await invite(world)
    reader = await make_account(world.province, Party.SCHOOL, "只读", school_id=world.school_id, employment=Grant.RO)
    nobody = await make_account(world.province, Party.SCHOOL, "无权", school_id=world.school_id, employment=Grant.NONE)
    reason = "省级核查要求提供完整号码"
    assert (await table(reader.actor, wish()))[0]["身份证号码"] == mask_id_number(world.graduate.id_number)
    with pytest.raises(ReadOnly):
        await listing(reader.actor, wish(whole=True, reason=reason))
    with pytest.raises(ModuleClosed):
        await listing(nobody.actor, wish())
    for short in ("", "   ", "查看"):
        with pytest.raises(InvalidForm):
            await listing(world.school, wish(whole=True, reason=short))
    whole = await table(world.school, wish(whole=True, reason=reason))
    assert whole[0]["身份证号码"] == world.graduate.id_number
    for person in (world.graduate.actor, world.employer.actor):
        with pytest.raises(Forbidden):
            await listing(person, wish())
    with pytest.raises(InvalidForm):
        await listing(world.school, wish(menu="nothing"))
    with pytest.raises(InvalidForm):
        await listing(world.school, wish(columns=("name", "password")))


async def test_a_wish_survives_being_kept_by_a_job() -> None:
    kept = {
        "kind": "returned",
        "menu": "signing",
        "filters": {"from": "2026-11-01", "state": ["agreement_returned"], "risk": "warned", "level": "undergraduate"},
        "columns": ["name"],
    }
    found = wish_from(kept)
    assert found.filters.since is not None
    assert found.filters.since.isoformat() == "2026-11-01"
    assert (found.filters.states, found.filters.risk) == (("agreement_returned",), "warned")
    assert (found.columns, found.whole) == (("name",), False)
