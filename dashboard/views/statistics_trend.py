"""Room: 数据统计: what came about day by day, of everything or of one line of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import charts, figures, shell, words
from dashboard.shell import Desk
from dashboard.views import statistics_lists
from dashboard.views.statistics_lists import Behind

DAYS = {"30": "近 30 天", "90": "近 90 天", "366": "近一年"}
WHOLE = {"": "全部"}


def choose(desk: Desk, lines: Mapping[str, str], cells: Sequence[DeltaGenerator]) -> Mapping[str, Any]:
    """The days and, where one line of the table is to be shown, its filters."""
    with cells[0]:
        by = shell.choose("统计维度", {**WHOLE, **lines}, "statistics_trend_by")
    filters: Mapping[str, Any] = {}
    if by:
        rows = desk.client.get("/v1/statistics", cohort=desk.cohort, by=by)["rows"]
        offered = {row["key"]: row for row in rows}
        with cells[1]:
            line = shell.choose(
                "统计对象",
                {"all": "全部", **{key: row["label"] for key, row in offered.items()}},
                f"statistics_line_{by}",
            )
        filters = offered[line]["filters"] if line in offered else {}
    with cells[2]:
        days = shell.choose("时间范围", DAYS, "statistics_days")
    last = words.today()
    return {**filters, "from": words.days_before(last, int(days) - 1), "to": last}


def renewed(desk: Desk) -> bool:
    """Not a province's: its days are counted from the history of all its records, seconds where there are a million."""
    return desk.party != "province"


def show(desk: Desk, asked: Mapping[str, Any]) -> Behind:
    line = {name: value for name, value in asked.items() if name not in ("from", "to")}
    found, when = statistics_lists.fetched(desk, "/v1/statistics/trend", renewed=renewed(desk), **asked)
    st.caption(f"{when}按北京时间的日期，由办理记录逐日统计。已从名单失效的学生不计入。点数字或图形查看名单。")
    days, series = found["days"], found["series"]
    busy = [day for day in reversed(days) if any(day["counts"].values())]
    if not busy:
        st.info("这段时间没有新的进展。可以换一个时间范围，或把统计维度换成“全部”。")
        return {}
    charts.lines(
        f"{found['cohort']} 届每日进度",
        [day["day"] for day in days],
        {
            s["label"]: (
                [day["counts"][s["name"]] for day in days],
                [_id(day, s) if day["counts"][s["name"]] else "" for day in days],
            )
            for s in series
        },
        "每日进度",
    )
    statistics_lists.clicked(
        figures.table(
            "每日数量（只列有进展的日期）",
            ["日期", *(s["label"] for s in series)],
            [(day["day"], [figures.figure(day["counts"][s["name"]], _id(day, s)) for s in series]) for day in busy],
            key="statistics_days_table",
        )
    )
    return {
        _id(day, s): (
            f"{day['day']}：{s['label']}",
            [
                (one["menu"], statistics_lists.together(one["filters"], line, {"step_day": day["day"]}))
                for one in s["lists"]
            ],
        )
        for day in busy
        for s in series
    }


def _id(day: Mapping[str, Any], series: Mapping[str, Any]) -> str:
    return f"{day['day']}|{series['name']}"
