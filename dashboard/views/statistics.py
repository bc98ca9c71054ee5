"""Room: 数据统计: the table of records by state, destinations with their rate, days (guide chapter 14).

Every figure, in tables and in charts, opens the list that the API names for it. What is shown renews itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard import charts, figures, shell, tables
from dashboard.client import Problem
from dashboard.shell import Desk
from dashboard.views import statistics_destinations, statistics_lists, statistics_trend
from dashboard.views.statistics_destinations import LONG
from dashboard.views.statistics_lists import Behind

EVERY = "10s"
TABLE, DESTINATIONS, TREND = "签约与登记数量", "毕业去向与落实率", "每日进度"
LINES = {"department": "院系", "major": "专业", "level": "学历层次", "sex": "性别"}
CHARTED = ("signed", "waiting", "supplementary", "registered", "unregistered")

Show = Callable[[Desk], Behind]


def show(desk: Desk) -> None:
    st.title("数据统计", anchor=False)
    shell.said()
    if desk.cohort is None:
        st.info("还没有开通任何届次。开通功能模块并导入学生名单后，这里会出现统计数据。")
        return
    cells = st.columns([2, 2, 2, 2, 1.6], vertical_alignment="bottom")
    with cells[0]:
        what = shell.choose("统计内容", {one: one for one in (TABLE, DESTINATIONS, TREND)}, "statistics_what")
    lines = {"school": "学校", **LINES} if desk.party == "province" else dict(LINES)
    if desk.party == "department":  # it sees one alone
        lines.pop("department")
    draw: Show
    if what == TREND:
        asked = statistics_trend.choose(desk, lines, cells[1:])
        draw = partial(statistics_trend.show, asked=asked)
        wish: dict[str, Any] = {"kind": "trend", "filters": asked}
    else:
        with cells[1]:
            by = shell.choose("统计维度", lines, "statistics_by")
        if what == DESTINATIONS:
            with cells[2]:
                of = shell.choose("分布", statistics_destinations.OF, "statistics_of")
            draw = partial(statistics_destinations.show, by=by, of=of)
            wish = {"kind": "statistics", "by": by, "of": of}
        else:
            draw = partial(_table, by=by)
            wish = {"kind": "statistics", "by": by}
    with cells[-1]:
        statistics_lists.export(desk, **wish)
    still = what == TREND and not statistics_trend.renewed(desk)
    st.fragment(_drawn, run_every=None if still else EVERY)(desk, draw)
    statistics_lists.opened(desk)


def _drawn(desk: Desk, draw: Show) -> None:
    """A click on a figure opens what is behind it."""
    if shell.resting(desk):
        return
    try:
        behind = draw(desk)
    except Problem as problem:
        if problem.status == 401:
            shell.ended()
        else:
            shell.stopped(problem)
        return
    statistics_lists.open_clicked(behind)


# --- records by state ----------------------------------------------------------------------------


def _table(desk: Desk, by: str) -> Behind:
    found, renewed = statistics_lists.fetched(desk, "/v1/statistics", by=by)
    st.caption(
        f"{renewed}签约、补登、解约和去向登记按记录数统计，同一名毕业生可以有多条记录；"
        "毕业生人数和未登记按人数统计。已从名单失效的学生不计入。点数字或图形查看名单。"
    )
    if not found["total"]["graduates"] and not found["total"]["total"]:
        st.info("本届学生名单还是空的。导入学生名单后，这里会出现统计数据。")
        return {}
    for place, section in enumerate(dict.fromkeys(column["section"] for column in found["columns"])):
        statistics_lists.clicked(_section(found, section, f"statistics_section_{place}"))
    with st.expander("各列包含的状态"):
        _explained(found["columns"])
    named = {column["name"]: column["label"] for column in found["columns"]}
    charts.bars(
        f"{found['cohort']} 届进展，按{found['by_label']}",
        [row["label"] for row in found["rows"]],
        {
            named[name]: (
                [row["counts"][name] for row in found["rows"]],
                [f"line:{row['key']}|{name}" for row in found["rows"]],
            )
            for name in CHARTED
        },
        "签约与登记数量",
    )
    return _behind(found)


def _section(found: Mapping[str, Any], section: str, key: str) -> str:
    columns = [column for column in found["columns"] if column["section"] == section]

    def cells(counts: Mapping[str, int], line: str) -> list[figures.Figure]:
        return [figures.figure(counts[c["name"]], f"{line}|{c['name']}") for c in columns]

    rows = found["rows"]
    lines = [(str(row["label"]), cells(row["counts"], f"line:{row['key']}")) for row in rows]
    if summed := len(rows) != 1:
        lines.append(("总计", cells(found["total"], "all")))
    heads = [found["by_label"], *(column["label"] for column in columns)]
    return figures.table(section, heads, lines, key=key, total=summed, tall=len(rows) > LONG)


def _behind(found: Mapping[str, Any]) -> Behind:
    """For each figure what it is called and the lists that it counts."""
    behind: Behind = {}
    lines = [("all", "全部", {}), *((f"line:{row['key']}", row["label"], row["filters"]) for row in found["rows"])]
    for id, label, filters in lines:
        for column in found["columns"]:
            lists = [(one["menu"], statistics_lists.together(one["filters"], filters)) for one in column["lists"]]
            behind[f"{id}|{column['name']}"] = (f"{label}：{column['label']}", lists)
    return behind


def _explained(columns: Sequence[Mapping[str, Any]]) -> None:
    rows = []
    for column in columns:
        told = [f"{state['flow_label']}：{state['label']}" for state in column["states"]]
        plain = "名单中的毕业生" if column["name"] == "graduates" else "没有任何办理中或已生效业务的毕业生"
        whole = column["name"].endswith("total")
        rows.append(
            [
                column["label"],
                "记录数" if column["counts"] == "records" else "人数",
                "本表其余各列之和" if whole else "；".join(told) or plain,
            ]
        )
    tables.grid("各列包含的状态", ["列", "统计的是", "包含"], rows)
