"""Room: charts of 数据统计. Plotly's own words are put into Chinese; each can be kept as a picture (PNG).

Every mark carries the id of the rows behind it; `clicked` says which one was clicked just now.

Streamlit loads pandas in the background, and plotly looks at it as soon as it is begun: a chart of a fresh process
would find half of it. So it is loaded whole before plotly is asked for anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd  # noqa: F401  see above
import plotly.graph_objects as go
import streamlit as st

FONT = "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
COLORS = ("#1a5fb4", "#2b8a5b", "#d9822b", "#7a5bb5", "#c23030", "#5b6b7b", "#2a9db5", "#a6812b")
_WORDS = {
    "Download plot as a png": "保存为图片",
    "Download plot as a PNG": "保存为图片",
    "Download plot": "保存为图片",
    "Preparing image - this may take a few seconds": "正在生成图片，可能需要几秒钟",
    "Image download succeeded": "图片已保存",
    "Sorry, there was a problem downloading your image!": "图片保存失败，请重试",
    "incoming flow count": "流入数",
    "outgoing flow count": "流出数",
    "source": "来自",
    "target": "去向",
    "new text": "文字",
}
MOST = 20
"""Bars that one chart shows; the table has them all."""

_clicks = st.components.v2.component(
    "wangqian_clicks",
    html="<span></span>",
    js=(Path(__file__).parent / "static" / "clicks.js").read_text(encoding="utf-8"),
)


def clicked(key: str) -> str:
    """The id of the mark that was clicked in one of the page's charts just now, else empty."""
    return str(_clicks(key=key, on_clicked_change=_nothing).clicked or "")


def _nothing() -> None:
    """Streamlit tells a component's wishes apart by their callbacks."""


def _config(name: str) -> dict[str, Any]:
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
        "locale": "zh-CN",
        "locales": {"zh-CN": {"dictionary": _WORDS, "format": {}}},
    }


def _show(figure: go.Figure, title: str, name: str, height: int = 380) -> None:
    figure.update_layout(
        title={"text": title, "font": {"size": 15}},
        height=height,
        margin={"l": 10, "r": 10, "t": 46, "b": 10},
        font={"family": FONT, "size": 13},
        colorway=list(COLORS),
        separators=".,",
        legend={"orientation": "h", "y": -0.16},
        uirevision=name,  # what one has hidden in the legend stays hidden when the figures are renewed
        hovermode="closest",
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    st.plotly_chart(figure, width="stretch", theme=None, config=_config(name), key=f"chart-{name}")


Ids = Sequence[str]
"""For each mark what a click on it asks for; empty where nothing can be opened."""


def bars(title: str, labels: Sequence[str], series: Mapping[str, tuple[Sequence[float], Ids]], name: str) -> None:
    """Bars side by side, one group a label; the rest beyond `MOST` is left to the table, and said."""
    cut = f"（前 {MOST} 项）" if len(labels) > MOST else ""
    figure = go.Figure(
        [
            go.Bar(
                name=told,
                x=list(labels[:MOST]),
                y=list(values[:MOST]),
                customdata=list(ids[:MOST]),
                hovertemplate=f"%{{x}}<br>{told}：%{{y}}<extra></extra>",
            )
            for told, (values, ids) in series.items()
        ]
    )
    figure.update_layout(barmode="group", yaxis={"tickformat": ",d", "rangemode": "tozero"}, showlegend=len(series) > 1)
    figure.update_xaxes(type="category")
    _show(figure, title + cut, name)


def rates(
    title: str, labels: Sequence[str], values: Sequence[float | None], told: Sequence[str], name: str, ids: Ids
) -> None:
    """Shares of one, with what they are made of written on them."""
    figure = go.Figure(
        go.Bar(
            x=list(labels[:MOST]),
            y=[value if value is not None else 0 for value in values[:MOST]],
            text=list(told[:MOST]),
            customdata=list(ids[:MOST]),
            textposition="outside",
            hovertemplate="%{x}<br>%{text}<extra></extra>",
        )
    )
    figure.update_layout(yaxis={"tickformat": ".0%", "range": [0, 1.15]})
    figure.update_xaxes(type="category")
    _show(figure, title, name)


def lines(title: str, days: Sequence[str], series: Mapping[str, tuple[Sequence[int], Ids]], name: str) -> None:
    """One line a series; days are texts, so that no foreign month stands on the axis."""
    figure = go.Figure(
        [
            go.Scatter(
                name=told,
                x=list(days),
                y=list(values),
                customdata=list(ids),
                mode="lines+markers",
                hovertemplate=f"%{{x}}<br>{told}：%{{y}}<extra></extra>",
            )
            for told, (values, ids) in series.items()
        ]
    )
    figure.update_xaxes(type="category", nticks=12)
    figure.update_yaxes(tickformat=",d", rangemode="tozero")
    _show(figure, title, name)


def sunburst(title: str, nodes: Sequence[tuple[str, str, str, int]], name: str, asked: Mapping[str, str]) -> None:
    """Rings: (id, id of the one inside, label, how many). `asked`: what a click on an id asks for."""
    figure = go.Figure(
        go.Sunburst(
            ids=[node[0] for node in nodes],
            parents=[node[1] for node in nodes],
            labels=[node[2] for node in nodes],
            values=[node[3] for node in nodes],
            branchvalues="total",
            customdata=[asked.get(node[0], "") for node in nodes],
            hovertemplate="%{label}<br>%{value}<extra></extra>",
        )
    )
    _show(figure, title, name, height=440)


def sankey(
    title: str, places: Sequence[tuple[str, str]], links: Sequence[tuple[int, int, int, str]], name: str
) -> None:
    """Streams between places, each a label and an id: (from, to, how many, id)."""
    figure = go.Figure(
        go.Sankey(
            node={
                "label": [label for label, _ in places],
                "customdata": [id for _, id in places],
                "pad": 12,
                "thickness": 14,
                "color": [COLORS[n % len(COLORS)] for n in range(len(places))],
                "hovertemplate": "%{label}<br>%{value}<extra></extra>",
            },
            link={
                "source": [link[0] for link in links],
                "target": [link[1] for link in links],
                "value": [link[2] for link in links],
                "customdata": [link[3] for link in links],
                "color": "rgba(91, 107, 123, .25)",
                "hovertemplate": "%{source.label} → %{target.label}<br>%{value}<extra></extra>",
            },
            valueformat=",d",
            arrangement="fixed",  # a place that can be dragged takes no click
        )
    )
    _show(figure, title, name, height=460)
