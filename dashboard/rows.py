"""Room: the list of records as a table of HTML that opens a record by a click, Enter or the button of its row.

Streamlit's own table is painted on a canvas: it takes no keyboard, no screen reader and an English menu with it.
Texts reach the page as text nodes (`static/rows.js`), so nothing from outside becomes markup.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TypedDict

import streamlit as st

_STATIC = Path(__file__).parent / "static"
_component = st.components.v2.component(
    "wangqian_rows",
    html="<div class='rows'></div>",
    css=(_STATIC / "rows.css").read_text(encoding="utf-8"),
    js=(_STATIC / "rows.js").read_text(encoding="utf-8"),
)


class Row(TypedDict):
    """One record: its id, a text per column, a mark beside the first of them, the words of its button."""

    id: str
    cells: list[str]
    mark: str
    button: str


def table(
    columns: Sequence[str], rows: Sequence[Row], *, label: str, key: str, whole: Collection[str] = ()
) -> str | None:
    """Show the rows; the id of the one that was opened just now. `whole`: columns whose texts are not broken."""
    heads = [{"title": title, "whole": title in whole} for title in columns]
    data = {"columns": heads, "rows": list(rows), "label": label}
    opened = _component(data=data, key=key, on_opened_change=_nothing).opened
    return str(opened) if opened else None


def _nothing() -> None:
    """Streamlit tells a component's wishes apart by their callbacks; the view asks for the id itself."""
