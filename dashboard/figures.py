"""Room: a table of counts in which every figure is a button that opens the rows behind it.

As in `rows.py`, texts reach the page as text nodes; the looks stand in `static/figures.css`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import streamlit as st

_STATIC = Path(__file__).parent / "static"
_component = st.components.v2.component(
    "wangqian_figures",
    html="<div class='figures'></div>",
    css=(_STATIC / "figures.css").read_text(encoding="utf-8"),
    js=(_STATIC / "figures.js").read_text(encoding="utf-8"),
)


class Figure(TypedDict):
    """`id`: what a click asks for; empty where nothing can be opened."""

    text: str
    id: str


def figure(count: int, id: str) -> Figure:
    """A count with the name of the rows behind it; behind nothing there are none."""
    return {"text": f"{count:,}", "id": id if count else ""}


def table(
    title: str,
    heads: Sequence[str],
    lines: Sequence[tuple[str, Sequence[Figure]]],
    *,
    key: str,
    total: bool = False,
    tall: bool = False,
) -> str:
    """Show the lines, each a name and its figures; the id of the figure that was clicked just now, else empty.

    `total`: the last line sums the others. `tall`: many lines, which scroll below their heads.
    """
    data = {
        "title": title,
        "heads": list(heads),
        "lines": [{"label": label, "figures": list(cells)} for label, cells in lines],
        "total": total,
        "tall": tall,
    }
    return str(_component(data=data, key=key, on_opened_change=_nothing).opened or "")


def _nothing() -> None:
    """Streamlit tells a component's wishes apart by their callbacks."""
