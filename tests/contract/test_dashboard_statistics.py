"""Room: 数据统计 on the dashboard, run by Streamlit's AppTest against the real service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import words
from dashboard.client import Client
from dashboard.views.statistics_destinations import behind, percent, rings, streams
from models.parties import Grant, Party, ReviewMode
from models.states import Flow
from notifier.workbench import Workbench
from tests.harness.clerks import Silent, service_fixture, sit, token_of  # noqa: F401  `service` is found by its name
from tests.harness.reaching import reach
from tests.harness.sitting import Sitting, use_service
from tests.harness.world import Desk, World, make_account, make_world

OF = {"毕业去向": "type", "单位行业": "industry", "单位性质": "nature", "单位所在省份": "region"}
TABLE, DESTINATIONS, TREND = "签约与登记数量", "毕业去向与落实率", "每日进度"


def _script(token: str) -> None:
    from dashboard import desktop, shell
    from dashboard.client import Client, Problem
    from dashboard.views import statistics

    try:
        statistics.show(shell.open_desk(Client(token)))
    except Problem as problem:
        desktop._stopped(problem)


class Page(Sitting):
    """The page alone, as one lands on it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(token_of(desk.username))
        self.at = AppTest.from_function(_script, kwargs={"token": self.token}, default_timeout=60)

    @property
    def charts(self) -> list[dict[str, Any]]:
        return [json.loads(chart.proto.spec) for chart in self.at.get("plotly_chart")]

    @property
    def figures(self) -> dict[str, str]:
        """What a click on each figure of the page's tables asks for, and the figure."""
        lines = [line for data in self.components if "lines" in data for line in data["lines"]]
        return {one["id"]: one["text"] for line in lines for one in line["figures"] if one["id"]}

    @property
    def marks(self) -> set[str]:
        """What a click on each mark of the page's charts asks for."""
        traces = [trace for chart in self.charts for trace in chart["data"]]
        parts = [part for t in traces for part in (t, t.get("node", {}), t.get("link", {}))]
        return {id for part in parts for id in part.get("customdata", ()) if id}

    def open(self, id: str) -> Page:
        """Click on a figure: AppTest itself cannot click in a component of our own."""
        self.at.session_state["statistics_clicked"] = id
        self.run()
        return self

    def close(self) -> Page:
        self.at.session_state["statistics_open"] = None
        self.run()
        return self


_made: list[World] = []


@pytest.fixture
async def world(service: str) -> World:
    """Four graduates: one has signed, one waits, one has registered, one has done nothing."""
    if not _made:
        made = await make_world(ReviewMode.SCHOOL, graduates=4)
        await reach(made, Flow.ONLINE_SIGNING, "signed", made.graduates[0])
        await reach(made, Flow.ONLINE_SIGNING, "review_school", made.graduates[1])
        await reach(made, Flow.DESTINATION, "approved", made.graduates[2])
        _made.append(made)
    return _made[0]


async def test_the_table_says_what_it_counts_and_opens_every_figure(world: World) -> None:
    page = Page(world.school_desk).run()
    assert page.title == "数据统计"
    assert "按记录数统计" in page.words
    assert "每 10 秒自动刷新" in page.words
    assert "线上签约：签约完成；线下签约：签约完成" in page.words
    found = page.figures
    assert (found["line:计算机学院|signed"], found["line:文学院|waiting"], found["all|total"]) == ("1", "1", "2")
    assert "line:文学院|signed" not in found, "behind nothing there is nothing to be opened"
    for id, told in (
        ("all|signed", "在线签约管理：共 1 条"),
        ("line:文学院|waiting", "在线签约管理：共 1 条"),
        ("all|unregistered", "学生名单：共 1 条"),
    ):
        assert told in page.open(id).words
        page.close()
    page.open("line:文学院|total")
    assert "文学院：总数" in page.at.get("dialog")[0].proto.dialog.title
    assert world.graduates[1].name in page.words
    assert "补登管理：共 0 条" in page.words
    (chart,) = page.charts
    assert {trace["name"] for trace in chart["data"]} >= {"已签", "待审核", "未登记"}
    assert "line:计算机学院|signed" in page.marks


async def test_every_view_of_the_destinations_shows_the_rate_with_what_it_is_made_of(world: World) -> None:
    page = Page(world.school_desk).run().type("统计内容", DESTINATIONS).run()
    client = Client(page.token)
    for of in OF:
        page.type("分布", of).run()
        assert "毕业去向落实率：50.00%（2/4）" in page.words
        assert [trace["type"] for chart in page.charts for trace in chart["data"]] == [
            "bar",
            "bar",
            "sunburst",
            "sankey",
        ]
        assert {"all|settled", "line:计算机学院|graduates"} <= set(page.figures)
        assert page.marks
        found = client.get("/v1/statistics/destinations", cohort=world.cohort, by="department", of=OF[of])
        lists = behind(found)
        for id in page.marks | set(page.figures):
            ((_, filters),) = lists[id][1]
            total = client.get("/v1/graduates", **filters, limit=1)["total"]
            counted = page.figures.get(id, "")
            assert total == int(counted) if counted.isdigit() else total > 0, id
    assert "学生名单：共 2 条" in page.open("all|settled").words


async def test_the_trend_draws_each_day_and_lists_the_busy_ones(world: World) -> None:
    page = Page(world.school_desk).run().type("统计内容", TREND).run()
    (chart,) = page.charts
    assert [len(trace["x"]) for trace in chart["data"]] == [30] * 5
    today = words.today()
    assert [page.figures.get(f"{today}|{name}") for name in ("begun", "signing", "ended")] == ["3", "1", None]
    assert "签约生效" in page.open(f"{today}|signing").at.get("dialog")[0].proto.dialog.title
    assert "在线签约管理：共 1 条" in page.words
    assert world.graduates[0].name in page.words
    page.close().open(f"{today}|begun")
    for told in ("在线签约管理：共 2 条", "去向登记管理：共 1 条", "解约管理：共 0 条"):
        assert told in page.words
    page.close().type("统计维度", "院系").run()
    page.type("统计对象", "文学院").run()
    assert page.figures == {f"{today}|begun": "1"}
    assert "在线签约管理：共 1 条" in page.open(f"{today}|begun").words
    assert world.graduates[1].name in page.words


async def test_a_province_sees_its_schools_side_by_side(world: World) -> None:
    # Other schools of the province may have later cohorts open.
    page = Page(world.province_desk)
    page.at.session_state["cohort_kept"] = world.cohort
    page.run().type("统计维度", "学校").run()
    ours = next(
        line for data in page.components for line in data.get("lines", ()) if line["label"] == world.school_name
    )
    signed = next(one["id"] for one in ours["figures"] if one["id"].endswith("|signed"))
    assert f"line:{world.school_id}|signed" == signed
    assert "在线签约管理：共 1 条" in page.open(signed).words
    page.close().type("统计内容", DESTINATIONS).run()
    assert "按学校的落实情况（人数）" in [data.get("title") for data in page.components]


async def test_figures_stay_while_the_service_is_away(world: World, service: str, free_port: int) -> None:
    def script(token: str) -> None:
        import streamlit as st

        from dashboard import client, shell
        from dashboard.client import Client
        from dashboard.views import statistics_lists

        desk = shell.open_desk(Client(token))
        statistics_lists.fetched(desk, "/v1/statistics", by="sex")
        client._http.cache_clear()  # the way to the service is asked for again, and leads nowhere
        import os

        kept, os.environ["WQ_API_URL"] = os.environ["WQ_API_URL"], "http://127.0.0.1:9"
        try:
            found, told = statistics_lists.fetched(desk, "/v1/statistics", by="sex")
        finally:
            os.environ["WQ_API_URL"] = kept
            client._http.cache_clear()
        st.text(f"{told} {found['total']['graduates']}")

    at = AppTest.from_function(script, kwargs={"token": token_of(world.school_desk.username)}, default_timeout=60).run()
    assert not at.exception
    assert at.text[0].value.startswith("暂时取不到最新数据，下面是 ")
    assert at.text[0].value.endswith(" 的数据。 4")


async def test_the_table_is_taken_away_as_a_file(world: World) -> None:
    page = Page(world.school_desk).run().press("导出表格")
    assert "正在生成文件" in page.words
    while await Workbench(Silent()).once():
        pass
    page.run()
    (button,) = page.at.get("download_button")
    assert button.label.startswith("下载“数据统计-")
    page.type("统计内容", DESTINATIONS).run().press("导出表格")
    while await Workbench(Silent()).once():
        pass
    (button,) = page.run().at.get("download_button")
    assert button.label.startswith("下载“毕业去向落实率-")
    page.type("统计内容", TREND).run().press("导出表格")
    while await Workbench(Silent()).once():
        pass
    (button,) = page.run().at.get("download_button")
    assert button.label.startswith("下载“每日进度-")


async def test_an_empty_school_is_told_so_and_a_closed_one_too(service: str) -> None:
    empty = await make_world(graduates=0)
    page = Page(empty.school_desk).run()
    assert "本届学生名单还是空的" in page.words
    for what, told in ((DESTINATIONS, "没有可以计算的落实率"), (TREND, "这段时间没有新的进展")):
        assert told in page.type("统计内容", what).run().words
    closed = await make_world(graduates=0, departments=(), module=False, submit=False)
    assert "还没有开通任何届次" in Page(closed.school_desk).run().words


async def test_who_may_not_enter_has_no_entry_and_who_may_has(world: World) -> None:
    bare = await make_account(world.province, Party.SCHOOL, "无权", school_id=world.school_id, employment=Grant.NONE)
    assert "数据统计" not in [link.label for link in sit(bare).at.get("page_link")]
    for desk in (world.school_desk, world.department_desks[world.graduate.department], world.province_desk):
        assert "数据统计" in [link.label for link in sit(desk).at.get("page_link")]
    assert "无权进入" in Page(bare).run().errors[0]


async def test_a_service_out_of_reach_is_said_and_comes_back(world: World, service: str, free_port: int) -> None:
    page = Page(world.school_desk).run()
    use_service(f"http://127.0.0.1:{free_port}")
    page.run()
    assert "暂时连不上服务" in page.words
    use_service(service)
    assert page.run().title == "数据统计"


def test_streams_keep_the_sum_however_many_places_there_are() -> None:
    found = {
        "rows": [{"key": str(n), "label": f"学院{n}"} for n in range(40)],
        "groups": [{"key": "g", "label": "升学", "count": 820}],
        "parts": [{"key": str(n), "label": f"去向{n}"} for n in range(40)],
        "cells": [{"key": str(n), "group": "g", "part": str(n), "count": n + 1} for n in range(40)],
    }
    places, links = streams(found)
    labels = [label for label, _ in places]
    assert len(labels) == 15 + 1 + 15 + 2
    assert sum(n for a, b, n, _ in links if b == labels.index("升学")) == 820
    assert sum(n for a, b, n, _ in links if a == labels.index("升学")) == 820
    assert sum(n for _, inside, _, n in rings(found) if inside == "g") == 820


def test_a_rate_without_graduates_is_none() -> None:
    assert percent({"rate": None, "settled": 0, "graduates": 0}) == "—（0/0）"
    assert percent({"rate": 0.6, "settled": 3000, "graduates": 5000}) == "60.00%（3,000/5,000）"
