"""Room: 数据统计: destinations by type, industry, nature or region, with the rate, its numerator and denominator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import charts, tables, words
from dashboard.shell import Desk
from dashboard.views import statistics_lists

OF = {"type": "毕业去向", "industry": "单位行业", "nature": "单位性质", "region": "单位所在省份"}
STREAMS = 15
"""Places of a kind that a drawing of streams has; the smallest are drawn as one."""
OTHERS = "其他"


def show(desk: Desk, by: str) -> None:
    of = st.selectbox(
        "分布", list(OF), format_func=OF.__getitem__, key="statistics_of", filter_mode=None, placeholder="请选择"
    )
    found = desk.client.get("/v1/statistics/destinations", cohort=desk.cohort, by=by, of=str(of))
    total = found["total"]
    st.caption(
        f"{found['cohort']} 届，统计时间 {words.moment(found['at'])}，按人数统计。"
        "毕业去向落实率 =（就业 + 升学）÷ 毕业生人数；"
        "灵活就业包括其他录用形式就业和自由职业，已含在就业中。已从名单失效的学生不计入。"
    )
    if not total["graduates"]:
        st.info("本届学生名单还是空的，没有可以计算的落实率。")
        return
    _sums(total)
    _rates(found)
    if total["settled"] + total["unsettled"]:
        _charts(found)
    else:
        st.info("还没有已生效的签约或去向登记。")
    _behind(desk, found)


def percent(row: Mapping[str, Any]) -> str:
    """`62.50%（5/8）`; without graduates there is no rate."""
    rate = words.EMPTY if row["rate"] is None else f"{row['rate']:.2%}"
    return f"{rate}（{row['settled']:,}/{row['graduates']:,}）"


def _sums(total: Mapping[str, Any]) -> None:
    tables.line(
        [
            f"毕业去向落实率：{percent(total)}",
            f"就业：{total['employed']:,}（其中灵活就业 {total['flexible']:,}）",
            f"升学：{total['study']:,}",
            f"已登记未就业：{total['unsettled']:,}",
        ],
        "strong",
    )


def _rates(found: Mapping[str, Any]) -> None:
    rows = found["rows"]
    tables.grid(
        f"按{found['by_label']}的落实情况（人数）",
        [found["by_label"], "毕业生人数", "已落实", "就业", "其中灵活就业", "升学", "已登记未就业", "毕业去向落实率"],
        [
            [
                row["label"],
                *(f"{row[name]:,}" for name in ("graduates", "settled", "employed", "flexible", "study", "unsettled")),
                percent(row),
            ]
            for row in rows
        ],
    )
    charts.rates(
        f"按{found['by_label']}的毕业去向落实率",
        [row["label"] for row in rows],
        [row["rate"] for row in rows],
        [percent(row) for row in rows],
        "毕业去向落实率",
    )


def _charts(found: Mapping[str, Any]) -> None:
    parts, label = found["parts"], found["of_label"]
    charts.bars(
        f"按{label}分布（人数）",
        [part["label"] for part in parts],
        {"人数": [part["count"] for part in parts]},
        f"按{label}分布",
    )
    left, right = st.columns(2)
    with left:
        charts.sunburst(f"去向类别与{label}", rings(found), f"去向类别与{label}")
    with right:
        labels, links = streams(found)
        charts.sankey(f"{found['by_label']} → 去向类别 → {label}", labels, links, f"去向流向-{label}")


def rings(found: Mapping[str, Any]) -> list[tuple[str, str, str, int]]:
    """Groups inside, parts around them."""
    parts = {part["key"]: part["label"] for part in found["parts"]}
    around: Counter[tuple[str, str]] = Counter()
    for cell in found["cells"]:
        around[cell["group"], cell["part"]] += cell["count"]
    inside = [(g["key"], "", g["label"], g["count"]) for g in found["groups"] if g["count"]]
    return [*inside, *((f"{group}/{part}", group, parts[part], n) for (group, part), n in sorted(around.items()))]


def streams(found: Mapping[str, Any]) -> tuple[list[str], list[tuple[int, int, int]]]:
    """Lines, groups, parts as places, and how many go from each to the next."""
    sizes: Counter[str] = Counter()
    for cell in found["cells"]:
        sizes[cell["key"]] += cell["count"]
    lines = {row["key"]: row["label"] for row in found["rows"]}
    parts = {part["key"]: part["label"] for part in found["parts"]}
    drawn = {key for key, _ in sizes.most_common(STREAMS)}
    shown = {part["key"] for part in found["parts"][:STREAMS]}
    groups = {group["key"]: group["label"] for group in found["groups"]}
    places: dict[tuple[str, str], int] = {}
    flowing: Counter[tuple[int, int]] = Counter()

    def place(kind: str, label: str) -> int:
        return places.setdefault((kind, label), len(places))

    for cell in found["cells"]:
        start = place("line", lines[cell["key"]] if cell["key"] in drawn else OTHERS)
        middle = place("group", groups[cell["group"]])
        end = place("part", parts[cell["part"]] if cell["part"] in shown else OTHERS)
        flowing[start, middle] += cell["count"]
        flowing[middle, end] += cell["count"]
    return [label for _, label in places], [(a, b, n) for (a, b), n in flowing.items()]


def _behind(desk: Desk, found: Mapping[str, Any]) -> None:
    whole: dict[str, Any] = {"label": "全部", "filters": {}}
    rows = {"all": whole} | {f"line:{row['key']}": row for row in found["rows"]}
    kinds: dict[str, dict[str, Any]] = {"": {"label": "请选择"}, "all": {"label": "全部毕业生", "filters": {}}}
    kinds["settled"] = {"label": "已落实毕业去向", "filters": found["settled"]}
    kinds |= {f"group:{g['key']}": {**g, "label": f"类别：{g['label']}"} for g in found["groups"]}
    kinds |= {f"part:{p['key']}": {**p, "label": f"{found['of_label']}：{p['label']}"} for p in found["parts"]}
    line, kind = statistics_lists.choose(
        (f"查看名单：{found['by_label']}", {key: row["label"] for key, row in rows.items()}),
        ("查看名单：去向", {key: one["label"] for key, one in kinds.items()}),
        f"destinations-{found['of']}",
    )
    if kind:
        statistics_lists.show(desk, found["behind"], rows[line]["filters"], kinds[kind]["filters"])
