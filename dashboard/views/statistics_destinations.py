"""Room: 数据统计: destinations by type, industry, nature or region, with the rate, its numerator and denominator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import charts, figures, tables, words
from dashboard.shell import Desk
from dashboard.views import statistics_lists
from dashboard.views.statistics_lists import Behind

OF = {"type": "毕业去向", "industry": "单位行业", "nature": "单位性质", "region": "单位所在省份"}
STREAMS = 15
"""Places of a kind that a drawing of streams has; the smallest are drawn as one."""
OTHERS = "其他"
LONG = 15
"""Lines from which on a table scrolls by itself."""
STUDY, UNSETTLED, FLEXIBLE = "study", "unsettled", "flexible"
"""Groups of destinations that the API names so; all others but the second are 就业 or 升学."""


def show(desk: Desk, by: str, of: str) -> Behind:
    found, renewed = statistics_lists.fetched(desk, "/v1/statistics/destinations", by=by, of=of)
    total = found["total"]
    st.caption(
        f"{renewed}按人数统计。毕业去向落实率 =（就业 + 升学）÷ 毕业生人数；"
        "灵活就业包括其他录用形式就业和自由职业，已含在就业中。已从名单失效的学生不计入。点数字或图形查看名单。"
    )
    if not total["graduates"]:
        st.info("本届学生名单还是空的，没有可以计算的落实率。")
        return {}
    _sums(total)
    _rates(found)
    if total["settled"] + total["unsettled"]:
        _charts(found)
    else:
        st.info("还没有已生效的签约或去向登记。")
    return behind(found)


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


def _line(found: Mapping[str, Any], row: Mapping[str, Any], id: str) -> list[figures.Figure]:
    counts = [figures.figure(row[column["name"]], f"{id}|{column['name']}") for column in found["columns"]]
    return [*counts, {"text": percent(row), "id": f"{id}|settled" if row["settled"] else ""}]


def _rates(found: Mapping[str, Any]) -> None:
    rows = found["rows"]
    lines = [(row["label"], _line(found, row, f"line:{row['key']}")) for row in rows]
    if summed := len(rows) != 1:
        lines.append(("总计", _line(found, found["total"], "all")))
    title = f"按{found['by_label']}的落实情况（人数）"
    heads = [found["by_label"], *(column["label"] for column in found["columns"]), found["rate_label"]]
    statistics_lists.clicked(
        figures.table(title, heads, lines, key="statistics_rates", total=summed, tall=len(rows) > LONG)
    )
    charts.rates(
        f"按{found['by_label']}的{found['rate_label']}",
        [row["label"] for row in rows],
        [row["rate"] for row in rows],
        [percent(row) for row in rows],
        found["rate_label"],
        [f"line:{row['key']}|settled" if row["settled"] else "" for row in rows],
    )


def _charts(found: Mapping[str, Any]) -> None:
    parts, label = found["parts"], found["of_label"]
    whole = sum(part["count"] for part in parts)
    charts.bars(
        f"按{label}分布（人数）",
        [part["label"] for part in parts],
        {"人数": ([part["count"] for part in parts], [f"all|part:{part['key']}" for part in parts])},
        f"按{label}分布",
    )
    statistics_lists.clicked(
        figures.table(
            f"按{label}分布（人数）",
            [label, "人数", "占已登记"],
            [
                (
                    p["label"],
                    [
                        figures.figure(p["count"], f"all|part:{p['key']}"),
                        {"text": f"{p['count'] / whole:.2%}", "id": ""},
                    ],
                )
                for p in parts
            ],
            key="statistics_parts",
            tall=len(parts) > LONG,
        )
    )
    nodes = rings(found)
    asked = {id: f"all|cell:{id}" if inside else f"all|group:{id}" for id, inside, _, _ in nodes}
    left, right = st.columns(2)
    with left:
        charts.sunburst(f"去向类别与{label}", nodes, f"去向类别与{label}", asked)
    with right:
        places, links = streams(found)
        charts.sankey(f"{found['by_label']} → 去向类别 → {label}", places, links, f"去向流向-{label}")


def rings(found: Mapping[str, Any]) -> list[tuple[str, str, str, int]]:
    """Groups inside, parts around them."""
    parts = {part["key"]: part["label"] for part in found["parts"]}
    around: Counter[tuple[str, str]] = Counter()
    for cell in found["cells"]:
        around[cell["group"], cell["part"]] += cell["count"]
    inside = [(g["key"], "", g["label"], g["count"]) for g in found["groups"] if g["count"]]
    return [*inside, *((f"{group}/{part}", group, parts[part], n) for (group, part), n in sorted(around.items()))]


Stream = tuple[int, int, int, str]
"""From, to, how many, and what a click on it asks for."""


def streams(found: Mapping[str, Any]) -> tuple[list[tuple[str, str]], list[Stream]]:
    """Lines, groups, parts as places (label and id), and how many go from each to the next."""
    sizes: Counter[str] = Counter()
    for cell in found["cells"]:
        sizes[cell["key"]] += cell["count"]
    lines = {row["key"]: row["label"] for row in found["rows"]}
    parts = {part["key"]: part["label"] for part in found["parts"]}
    drawn = {key for key, _ in sizes.most_common(STREAMS)}
    shown = {part["key"] for part in found["parts"][:STREAMS]}
    groups = {group["key"]: group["label"] for group in found["groups"]}
    places: dict[tuple[str, str, str], int] = {}
    flowing: Counter[tuple[int, int, str]] = Counter()

    def place(kind: str, label: str, id: str) -> int:
        return places.setdefault((kind, label, id), len(places))

    for cell in found["cells"]:
        key, group, part = cell["key"], cell["group"], cell["part"]
        line, end = key in drawn, part in shown  # what is drawn together opens nothing
        start = place("line", lines[key] if line else OTHERS, f"line:{key}|registered" if line else "")
        middle = place("group", groups[group], f"all|group:{group}")
        to = place("part", parts[part] if end else OTHERS, f"all|part:{part}" if end else "")
        flowing[start, middle, f"line:{key}|group:{group}" if line else ""] += cell["count"]
        flowing[middle, to, f"all|cell:{group}/{part}" if end else ""] += cell["count"]
    return [(label, id) for _, label, id in places], [(a, b, n, id) for (a, b, id), n in flowing.items()]


def behind(found: Mapping[str, Any]) -> Behind:
    """For each figure what it is called and the list of graduates that it counts."""
    lines = {"all": ("全部", {})} | {f"line:{row['key']}": (row["label"], row["filters"]) for row in found["rows"]}
    kinds, menu = _kinds(found), found["behind"]["menu"]
    return {
        f"{line}|{kind}": (
            f"{label}：{told}",
            [(menu, statistics_lists.together(found["behind"]["filters"], filters, narrowed))],
        )
        for line, (label, filters) in lines.items()
        for kind, (told, narrowed) in kinds.items()
    }


def _kinds(found: Mapping[str, Any]) -> dict[str, tuple[str, Mapping[str, Any]]]:
    groups = {group["key"]: group for group in found["groups"]}
    parts = {part["key"]: part for part in found["parts"]}
    jobs = [code for key, g in groups.items() if key not in (STUDY, UNSETTLED) for code in g["filters"]["destination"]]
    every = [code for group in groups.values() for code in group["filters"]["destination"]]
    told = {column["name"]: column["label"] for column in found["columns"]}
    kinds: dict[str, tuple[str, Mapping[str, Any]]] = {
        "graduates": (told["graduates"], {}),
        "settled": (told["settled"], found["settled"]),
        "employed": (told["employed"], {"destination": jobs}),
        "registered": ("已登记去向", {"destination": every}),
    }
    kinds |= {name: (told[name], groups[name]["filters"]) for name in (FLEXIBLE, STUDY, UNSETTLED)}
    kinds |= {f"group:{key}": (group["label"], group["filters"]) for key, group in groups.items()}
    kinds |= {f"part:{key}": (part["label"], part["filters"]) for key, part in parts.items()}
    for key, part in {(c["group"], c["part"]): parts[c["part"]] for c in found["cells"]}.items():
        narrowed = {**groups[key[0]]["filters"], **part["filters"]}
        kinds[f"cell:{key[0]}/{key[1]}"] = (f"{groups[key[0]]['label']}，{part['label']}", narrowed)
    return kinds
