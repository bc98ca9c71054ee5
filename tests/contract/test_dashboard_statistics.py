"""Room: 数据统计 on the dashboard, run by Streamlit's AppTest against the real service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.statistics_destinations import percent, rings, streams
from models.parties import Grant, Party, ReviewMode
from models.states import Flow
from notifier.workbench import Workbench
from tests.contract.test_api_exports import Silent
from tests.contract.test_dashboard_views import service
from tests.harness.clerks import sit, token_of
from tests.harness.reaching import reach
from tests.harness.sitting import Sitting, use_service
from tests.harness.world import Desk, World, make_account, make_world

__all__ = ["service"]  # the fixture of the other pages
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
    assert "计算机学院 1 1 0 0 0" in page.words
    assert "文学院 1 0 1 0 0" in page.words
    assert "线上签约：签约完成；线下签约：签约完成" in page.words
    for column, told in (
        ("已签", "在线签约管理：共 1 条"),
        ("待审核", "在线签约管理：共 1 条"),
        ("未登记", "学生名单：共 1 条"),
    ):
        section = "毕业生" if column == "未登记" else "签约、补登与解约"
        page.type("查看名单：列", f"{section}：{column}").run()
        assert told in page.words
    page.type("查看名单：列", "签约、补登与解约：总数").type("查看名单：所在院系", "文学院").run()
    assert world.graduates[1].name in page.words
    assert "补登管理：共 0 条" in page.words
    (chart,) = page.charts
    assert {trace["name"] for trace in chart["data"]} >= {"已签", "待审核", "未登记"}


async def test_every_view_of_the_destinations_shows_the_rate_with_what_it_is_made_of(world: World) -> None:
    page = Page(world.school_desk).run().type("统计内容", DESTINATIONS).run()
    for of in ("毕业去向", "单位行业", "单位性质", "单位所在省份"):
        page.type("分布", of).run()
        assert "毕业去向落实率：50.00%（2/4）" in page.words
        assert [trace["type"] for chart in page.charts for trace in chart["data"]] == [
            "bar",
            "bar",
            "sunburst",
            "sankey",
        ]
        page.type("查看名单：去向", "已落实毕业去向").run()
        assert "学生名单：共 2 条" in page.words


async def test_the_trend_draws_each_day_and_lists_the_busy_ones(world: World) -> None:
    page = Page(world.school_desk).run().type("统计内容", TREND).run()
    (chart,) = page.charts
    assert [len(trace["x"]) for trace in chart["data"]] == [30] * 5
    assert " 3 1 0 1 0" in page.words


async def test_a_province_sees_its_schools_side_by_side(world: World) -> None:
    # Other schools of the province may have later cohorts open.
    page = Page(world.province_desk)
    page.at.session_state["cohort_kept"] = world.cohort
    page.run().type("统计维度", "学校").run()
    assert f"{world.school_name} 4" in page.words
    page.type("查看名单：学校", world.school_name).type("查看名单：列", "签约、补登与解约：已签").run()
    assert "在线签约管理：共 1 条" in page.words
    page.type("统计内容", DESTINATIONS).run()
    assert "按学校的落实情况（人数）" in page.words


async def test_the_table_is_taken_away_as_a_file(world: World) -> None:
    page = Page(world.school_desk).run().press("导出表格")
    assert "正在生成文件" in page.words
    while await Workbench(Silent()).once():
        pass
    page.run()
    (button,) = page.at.get("download_button")
    assert button.label.startswith("下载“数据统计-")


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
    labels, links = streams(found)
    assert len(labels) == 15 + 1 + 15 + 2
    assert sum(n for a, b, n in links if b == labels.index("升学")) == 820
    assert sum(n for a, b, n in links if a == labels.index("升学")) == 820
    assert sum(n for _, inside, _, n in rings(found) if inside == "g") == 820


def test_a_rate_without_graduates_is_none() -> None:
    assert percent({"rate": None, "settled": 0, "graduates": 0}) == "—（0/0）"
    assert percent({"rate": 0.6, "settled": 3000, "graduates": 5000}) == "60.00%（3,000/5,000）"
