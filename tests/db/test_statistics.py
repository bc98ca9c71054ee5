"""Room: 数据统计: every figure is the number of rows in the list that it opens, and the fold of what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from dashboard.views.statistics_lists import together
from models import kit
from models.codes import table
from models.db import execute, fetch
from models.kit import shanghai_day
from models.parties import Grant, Level, Party, ReviewMode
from models.states import Flow
from tests.harness.reaching import reach, reachable
from tests.harness.world import World, add_graduates, make_account, make_world
from workflows.actors import Actor
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.errors import Forbidden, InvalidForm, InvalidRequest, ModuleClosed
from workflows.flows import FLOWS
from workflows.queries.exports import Wish, check, listing
from workflows.queries.graduates import GraduateFilters, list_graduates
from workflows.queries.queues import MENUS, list_queue
from workflows.queries.record_filters import Filters, filters_from
from workflows.queries.statistics import read_statistics
from workflows.queries.statistics_axes import AXES
from workflows.queries.statistics_columns import STUDENTS, columns
from workflows.queries.statistics_destinations import FEATURES, STUDY, UNSETTLED, group_of, read_destinations
from workflows.queries.statistics_trend import read_trend
from workflows.queries.trend_steps import SERIES, series_of

pytestmark = pytest.mark.usefixtures("database")

_made: list[World] = []


@pytest.fixture
async def world(database: str) -> World:
    """One school with a record in every state that people can bring about, of two levels; one graduate has left."""
    if not _made:
        _made.append(await crowd())
    return _made[0]


async def crowd() -> World:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=3)
    wanted = [(flow, state) for flow in FLOWS for state in reachable(flow, world.mode)]
    people = await add_graduates(world, len(wanted))
    for (flow, state), person in zip(wanted, people, strict=True):
        await reach(world, flow, state, person)
    for flow, state in ((Flow.ONLINE_SIGNING, "signed"), (Flow.DESTINATION, "approved")):
        leaving, masters, blank = (
            *await add_graduates(world, 1),
            *await add_graduates(world, 1, level_code="11"),
            *await add_graduates(world, 1),
        )
        await execute(
            "UPDATE graduates SET major = '', basic = basic - 'xbdm' || '{\"xbdm\": \"2\"}' WHERE id = $1", blank.id
        )
        for person in (leaving, masters, blank):
            await reach(world, flow, state, person)
        await invalidate_graduate(world.school, leaving.id, "名单核对中移除")
    return world


async def listed(actor: Actor, menu: str, filters: Mapping[str, Any]) -> int:
    """How many rows the list shows under these filters, which are spelled as addresses do."""
    if menu != STUDENTS:
        return (await list_queue(actor, menu, filters_from({**filters, "limit": 1}))).total
    named = {{"list": "work_list", "destination": "destinations"}.get(n, n): v for n, v in filters.items()}
    named |= {n: tuple(named[n]) for n in ("destinations", "empty") if n in named}
    if "level" in named:
        named["level"] = Level(named["level"])
    return (await list_graduates(actor, GraduateFilters(**named, limit=1))).total


# --- columns -------------------------------------------------------------------------------------


def test_every_state_stands_in_one_column_beside_the_total_and_every_column_has_one() -> None:
    counted = [c for c in columns() if c.states]
    parts = Counter(pair for c in counted if not c.name.endswith("total") for pair in c.states)
    everything = {(flow, s.name) for menu in MENUS.values() for flow in menu.flows for s in FLOWS[flow].states}
    assert parts == Counter(everything)
    assert Counter(pair for c in counted if c.name.endswith("total") for pair in c.states) == Counter(everything)
    assert len({c.name for c in columns()}) == len(columns())
    names = {(c.label, c.section) for c in columns()}
    assert len(names) == len(columns())


def test_the_heads_of_the_guide_are_there() -> None:
    heads = {c.label for c in columns()}
    assert heads >= {
        "总数", "已签", "待审核", "签约不通过", "已解", "解约待审核", "解约不通过", "补登", "补登待审核", "补登不通过",
        "学生已拒绝签约", "签约逾期未回应", "单位拒绝解约", "登记总数", "已登记", "登记待审核", "登记不通过", "已作废",
        "未登记",
    }  # fmt: skip


def test_the_groups_that_rates_are_made_of_stand_in_the_code_table() -> None:
    groups = table("destination").groups
    assert {UNSETTLED, STUDY} < set(groups)
    assert sorted(c.code for c in table("destination") if c.group == "flexible") == ["12", "76"]
    assert group_of("no such code") == UNSETTLED


# --- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", sorted(AXES))
async def test_every_figure_is_the_total_of_the_list_that_it_opens(world: World, by: str) -> None:
    for actor in (world.school, world.department_of(world.graduate)):
        found = await read_statistics(actor, world.cohort, by)
        assert found["rows"]
        for column in found["columns"]:
            opened = 0
            for row in found["rows"]:
                lists = [(one["menu"], {**one["filters"], **row["filters"]}) for one in column["lists"]]
                n = row["counts"][column["name"]]
                # Of empty figures there are very many: the sum below, which is the whole list's, has them all.
                shown = sum([await listed(actor, *one) for one in lists]) if n else 0
                assert shown == n, (column["name"], row["label"])
                opened += n
            whole = sum([await listed(actor, one["menu"], one["filters"]) for one in column["lists"]])
            assert found["total"][column["name"]] == opened == whole, column["name"]


async def test_departments_add_up_to_the_school_and_schools_to_the_province(world: World) -> None:
    whole = (await read_statistics(world.school, world.cohort, "sex"))["total"]
    assert whole["total"] > 40
    assert whole["graduates"] > whole["unregistered"] > 0
    parts: Counter[str] = Counter()
    for actor in world.departments.values():
        parts.update((await read_statistics(actor, world.cohort, "department"))["total"])
    assert dict(parts) == whole
    province = await read_statistics(world.province, world.cohort, "school")
    (mine,) = [row for row in province["rows"] if row["label"] == world.school_name]
    assert mine["counts"] == whole
    for name, total in province["total"].items():
        assert total == sum(row["counts"][name] for row in province["rows"])
    menu, filters = "signing", {"cohort": world.cohort, "frozen": False, **mine["filters"]}
    assert await listed(world.province, menu, filters) == await listed(world.school, menu, filters) > 0


async def test_an_account_of_one_level_counts_that_level(world: World) -> None:
    desk = await make_account(
        world.province, Party.SCHOOL, "研究生处", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    found = await read_statistics(desk.actor, world.cohort, "level")
    assert [row["label"] for row in found["rows"]] == ["研究生"]
    whole = await read_statistics(world.school, world.cohort, "level")
    assert [row["counts"] for row in whole["rows"] if row["key"] == "postgraduate"] == [found["total"]]
    assert found["total"]["graduates"] == 2


async def test_who_leaves_the_roster_leaves_every_count_and_comes_back_with_it(world: World) -> None:
    async def seen() -> tuple[Any, ...]:
        table, gone = (
            await read_statistics(world.school, world.cohort, "department"),
            await read_destinations(world.school, world.cohort, "department", "type"),
        )
        trend = await read_trend(world.school, world.cohort)
        return table["total"], gone["total"], trend["days"][-1]["counts"]

    (person,) = await add_graduates(world, 1)
    await reach(world, Flow.DESTINATION, "approved", person)
    there = await seen()
    await invalidate_graduate(world.school, person.id, "名单核对中移除")
    without = await seen()
    for name, less in (("graduates", 1), ("registered", 1), ("registration_total", 1), ("unregistered", 0)):
        assert there[0][name] - without[0][name] == less
    assert (there[1]["graduates"] - without[1]["graduates"], there[1]["settled"] - without[1]["settled"]) == (1, 1)
    assert there[2]["destination"] - without[2]["destination"] == 1
    await restore_graduate(world.school, person.id)
    assert await seen() == there


async def test_statistics_are_for_staff_with_the_module(world: World) -> None:
    bare = await make_account(world.province, Party.SCHOOL, "无权", school_id=world.school_id, employment=Grant.NONE)
    for read in (
        lambda actor, cohort: read_statistics(actor, cohort, "sex"),
        lambda actor, cohort: read_destinations(actor, cohort, "sex", "type"),
        read_trend,
    ):
        with pytest.raises(ModuleClosed):
            await read(bare.actor, world.cohort)
        with pytest.raises(ModuleClosed):
            await read(world.school, world.cohort + 7)
        with pytest.raises(Forbidden):
            await read(world.employer.actor, world.cohort)


# --- destinations --------------------------------------------------------------------------------


@pytest.mark.parametrize("of", sorted(FEATURES))
async def test_every_destination_opens_the_graduates_who_have_it(world: World, of: str) -> None:
    actor = world.school
    found = await read_destinations(actor, world.cohort, "major", of)
    menu, base = found["behind"]["menu"], found["behind"]["filters"]
    assert await listed(actor, menu, base) == found["total"]["graduates"] > found["total"]["settled"] > 0
    assert await listed(actor, menu, {**base, **found["settled"]}) == found["total"]["settled"]
    rows = {row["key"]: row for row in found["rows"]}
    groups = {group["key"]: group for group in found["groups"]}
    parts = {part["key"]: part for part in found["parts"]}
    for some in (groups, parts):
        for one in some.values():
            if one["count"]:
                assert await listed(actor, menu, {**base, **one["filters"]}) == one["count"], one["label"]
    for cell in found["cells"]:
        some = (groups[cell["group"]], rows[cell["key"]], parts[cell["part"]])
        narrowed = together(base, *(one["filters"] for one in some))
        assert await listed(actor, menu, narrowed) == cell["count"]
    assert sum(cell["count"] for cell in found["cells"]) == sum(part["count"] for part in found["parts"])
    for row in rows.values():
        assert row["settled"] == row["employed"] + row["study"]
        assert row["rate"] == round(row["settled"] / row["graduates"], 6)
        assert await listed(actor, menu, {**base, **row["filters"], **found["settled"]}) == row["settled"]


async def test_a_destination_counts_by_its_group_and_the_unsettled_not_at_all() -> None:
    world = await make_world(graduates=5)
    for person in world.graduates[:4]:
        await reach(world, Flow.DESTINATION, "approved", person)
    for person, code in zip(world.graduates, ("12", "76", "801", "70"), strict=False):
        await execute("UPDATE records SET destination_code = $2 WHERE graduate_id = $1", person.id, code)
    total = (await read_destinations(world.school, world.cohort, "department", "type"))["total"]
    assert total == {
        "graduates": 5, "settled": 3, "employed": 2, "study": 1, "flexible": 2, "unsettled": 1, "rate": 0.6,
    }  # fmt: skip


async def test_nobody_on_the_roster_is_no_rate_at_all() -> None:
    world = await make_world(graduates=0)
    for by in AXES:
        found = await read_destinations(world.school, world.cohort, by, "type")
        assert (found["total"]["graduates"], found["total"]["rate"], found["cells"]) == (0, None, [])
        assert set((await read_statistics(world.school, world.cohort, by))["total"].values()) == {0}
    province = await read_destinations(world.province, world.cohort, "school", "region")
    assert [row["rate"] for row in province["rows"] if row["label"] == world.school_name] == [None]


async def test_a_graduate_who_moved_counts_where_the_roster_has_them_now() -> None:
    world = await make_world(graduates=1)
    await reach(world, Flow.DESTINATION, "approved")
    await execute("UPDATE graduates SET department = '新学院' WHERE id = $1", world.graduate.id)
    (row,) = (await read_destinations(world.school, world.cohort, "department", "type"))["rows"]
    assert (row["label"], row["settled"], row["graduates"], row["rate"]) == ("新学院", 1, 1, 1.0)


# --- day by day ----------------------------------------------------------------------------------


async def test_a_days_figures_are_the_steps_of_that_day(world: World) -> None:
    found = await read_trend(world.school, world.cohort)
    assert len(found["days"]) == 30
    assert found["days"][-1]["day"] == str(shanghai_day(kit.now()))
    rows = await fetch(
        "SELECT r.flow, j.from_state, j.to_state FROM journal j JOIN records r ON r.id = j.subject_id "
        "JOIN graduates g ON g.id = r.graduate_id WHERE r.school_id = $1 AND g.invalid_at IS NULL",
        world.school_id,
    )
    told: Counter[str] = Counter()
    for row in rows:
        if row["from_state"] != row["to_state"]:
            told.update(series_of(Flow(row["flow"]), row["from_state"], row["to_state"]))
    assert found["days"][-1]["counts"] == {name: told[name] for name in SERIES}
    assert all(told[name] for name in SERIES)
    today = shanghai_day(kit.now())
    begun = sum(
        [
            (await list_queue(world.school, menu, Filters(since=today, until=today, frozen=False))).total
            for menu in MENUS
        ]
    )
    assert told["begun"] == begun


async def test_days_in_the_wrong_order_or_too_many_are_refused(world: World) -> None:
    today = shanghai_day(kit.now())
    for since, until in ((today, today.replace(year=today.year - 1)), (today.replace(year=today.year - 2), today)):
        with pytest.raises(InvalidRequest):
            await read_trend(world.school, world.cohort, since, until)


# --- as a file -----------------------------------------------------------------------------------


async def test_the_file_has_the_tables_figures_and_their_sums(world: World) -> None:
    found = await read_statistics(world.school, world.cohort, "major")
    wanted = Wish(kind="statistics", filters=Filters(cohort=world.cohort), people=GraduateFilters(), by="major")
    made = await listing(world.school, wanted)
    rows = [row async for page, whose in made.pages for row in page if whose == []]
    assert made.title == "数据统计"
    assert made.headers[-1] == ("专业", *(c.label for c in columns()))
    assert rows[-1] == ["总计", *found["total"].values()]
    assert rows[:-1] == [[row["label"], *row["counts"].values()] for row in found["rows"]]
    destinations = await read_destinations(world.school, world.cohort, "major", "type")
    made = await listing(world.school, replace(wanted, of="type"))
    rows = [row async for page, whose in made.pages for row in page if whose == []]
    parts = [part["label"] for part in destinations["parts"]]
    assert (made.title, list(made.headers[-1][-len(parts) :])) == ("毕业去向落实率", parts)
    assert {len(row) for row in rows} == {len(head) for head in made.headers}
    total, rate = destinations["total"], made.headers[-1].index("毕业去向落实率")
    assert rows[-1][:3] == ["总计", total["graduates"], total["settled"]]
    assert rows[-1][rate] == f"{total['rate']:.2%}"
    assert rows[-1][rate + 1 :] == [part["count"] for part in destinations["parts"]]
    for place in range(rate + 1, len(made.headers[-1])):
        assert sum(int(row[place] or 0) for row in rows[:-1]) == rows[-1][place]
    narrowed = Filters(cohort=world.cohort, department=world.graduates[0].department)
    trend = await read_trend(world.school, world.cohort, line=narrowed)
    made = await listing(world.school, Wish(kind="trend", filters=narrowed, people=GraduateFilters()))
    rows = [row async for page, whose in made.pages for row in page if whose == []]
    assert made.headers == (("日期", *(series["label"] for series in trend["series"])),)
    assert rows[:-1] == [[day["day"], *day["counts"].values()] for day in trend["days"]]
    whole = await read_trend(world.school, world.cohort)
    assert 0 < sum(rows[-1][1:]) < sum(n for day in whole["days"] for n in day["counts"].values())
    for kind in ("statistics", "trend"):
        with pytest.raises(InvalidForm):
            await check(world.school, Wish(kind=kind, filters=Filters(), people=GraduateFilters()))
