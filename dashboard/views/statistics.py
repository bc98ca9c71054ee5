"""Room: 数据统计: the table of records by state, destinations with their rate, days (guide chapter 14).

Every figure can be opened: a line and a column are chosen, and the list that the API names for them stands beneath.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import charts, shell, tables, words
from dashboard.shell import Desk
from dashboard.views import statistics_lists
from dashboard.views.statistics_destinations import show as destinations

TABLE, DESTINATIONS, TREND = "签约与登记数量", "毕业去向与落实率", "每日进度"
LINES = {"department": "院系", "major": "专业", "level": "学历层次", "sex": "性别"}
DAYS = {30: "近 30 天", 90: "近 90 天", 366: "近一年"}
CHARTED = ("signed", "waiting", "supplementary", "registered", "unregistered")


def show(desk: Desk) -> None:
    st.title("数据统计", anchor=False)
    shell.said()
    if desk.cohort is None:
        st.info("还没有开通任何届次。开通功能模块并导入学生名单后，这里会出现统计数据。")
        return
    lines = {"school": "学校", **LINES} if desk.party == "province" else LINES
    first, second, third = st.columns([2, 2, 1], vertical_alignment="bottom")
    with first:
        what = st.selectbox(
            "统计内容", [TABLE, DESTINATIONS, TREND], key="statistics_what", filter_mode=None, placeholder="请选择"
        )
    with second:
        by = st.selectbox(
            "统计维度", list(lines), format_func=lines.__getitem__, key="statistics_by", filter_mode=None,
            placeholder="请选择", disabled=what == TREND,
        )  # fmt: skip
    third.button("刷新", width="stretch")
    if what == TREND:
        _trend(desk)
    elif what == DESTINATIONS:
        destinations(desk, str(by))
    else:
        _table(desk, str(by))


# --- records by state ----------------------------------------------------------------------------


def _table(desk: Desk, by: str) -> None:
    found = desk.client.get("/v1/statistics", cohort=desk.cohort, by=by)
    st.caption(
        f"{found['cohort']} 届，统计时间 {words.moment(found['at'])}。签约、补登、解约和去向登记按记录数统计，"
        "同一名毕业生可以有多条记录；毕业生人数和未登记按人数统计。已从名单失效的学生不计入。"
    )
    if not found["total"]["graduates"] and not found["total"]["total"]:
        st.info("本届学生名单还是空的。导入学生名单后，这里会出现统计数据。")
        return
    with st.container(key="statistics-table"):
        for section in dict.fromkeys(column["section"] for column in found["columns"]):
            _section(found, section)
    with st.expander("各列包含的状态"):
        _explained(found["columns"])
    named = {column["name"]: column["label"] for column in found["columns"]}
    charts.bars(
        f"{found['cohort']} 届进展，按{found['by_label']}",
        [row["label"] for row in found["rows"]],
        {named[name]: [row["counts"][name] for row in found["rows"]] for name in CHARTED},
        "签约与登记数量",
    )
    statistics_lists.export(desk, by)
    _behind(desk, found)


def _section(found: Mapping[str, Any], section: str) -> None:
    columns = [column for column in found["columns"] if column["section"] == section]
    rows = [*found["rows"], {"label": "总计", "counts": found["total"]}] if len(found["rows"]) != 1 else found["rows"]
    tables.grid(
        section,
        [found["by_label"], *(column["label"] for column in columns)],
        [[row["label"], *(f"{row['counts'][column['name']]:,}" for column in columns)] for row in rows],
    )


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


def _behind(desk: Desk, found: Mapping[str, Any]) -> None:
    whole = {"label": "全部", "filters": {}, "counts": found["total"]}
    rows = {"all": whole} | {f"line:{row['key']}": row for row in found["rows"]}
    columns = {column["name"]: column for column in found["columns"]}
    line, name = statistics_lists.choose(
        (f"查看名单：{found['by_label']}", {key: row["label"] for key, row in rows.items()}),
        ("查看名单：列", {"": "请选择", **{n: _titled(c) for n, c in columns.items()}}),
        "table",
    )
    if not name:
        return
    counted = rows[line]["counts"][name]
    st.text(f"{rows[line]['label']}，{columns[name]['label']}：{counted}")
    for behind in columns[name]["lists"]:
        statistics_lists.show(desk, behind, rows[line]["filters"])


def _titled(column: Mapping[str, Any]) -> str:
    return f"{column['section'].partition('（')[0]}：{column['label']}"


# --- day by day ----------------------------------------------------------------------------------


def _trend(desk: Desk) -> None:
    count = st.selectbox(
        "时间范围",
        list(DAYS),
        format_func=DAYS.__getitem__,
        key="statistics_days",
        filter_mode=None,
        placeholder="请选择",
    )
    last = words.today()
    found = desk.client.get(
        "/v1/statistics/trend", cohort=desk.cohort, **{"from": words.days_before(last, int(count) - 1), "to": last}
    )
    series = {s["label"]: [day["counts"][s["name"]] for day in found["days"]] for s in found["series"]}
    st.caption(f"{found['cohort']} 届，按北京时间的日期，由办理记录逐日统计。已从名单失效的学生不计入。")
    if not any(any(values) for values in series.values()):
        st.info("这段时间没有新的进展。")
        return
    charts.lines(f"{found['cohort']} 届每日进度", [day["day"] for day in found["days"]], series, "每日进度")
    busy = [day for day in reversed(found["days"]) if any(day["counts"].values())]
    tables.grid(
        "每日数量（只列有进展的日期）",
        ["日期", *series],
        [[day["day"], *(f"{day['counts'][s['name']]:,}" for s in found["series"])] for day in busy],
    )
