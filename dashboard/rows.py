"""Room: a list as a table of HTML that opens a row by a click, Enter or the button of its row, and lets rows be picked.

Streamlit's own table is painted on a canvas: it takes no keyboard, no screen reader and an English menu with it.
Texts reach the page as text nodes (`static/rows.js`), so nothing from outside becomes markup.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
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


class Mark(TypedDict):
    """A word beside a row; `tone`: `bad` for what warns, `plain` for what is good to know."""

    text: str
    tone: str


class Row(TypedDict):
    """One row: its id, a text per column, marks behind the last of them, the words of its button (empty: none),
    whether it may be picked.
    """

    id: str
    cells: list[str]
    marks: list[Mark]
    button: str
    pick: bool


@dataclass(frozen=True)
class Wish:
    """What was asked for just now: to open a row, or to do something with the picked ones."""

    opened: str = ""
    picked: list[str] = field(default_factory=list)


def row(
    id: str,
    cells: Sequence[str],
    *,
    marks: Sequence[tuple[str, str]] = (),
    button: str = "查看",
    pick: bool = False,
) -> Row:
    """`marks`: words with their tones."""
    told: list[Mark] = [{"text": text, "tone": tone} for text, tone in marks]
    return {"id": id, "cells": list(cells), "marks": told, "button": button, "pick": pick}


def table(
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    label: str,
    key: str,
    whole: Collection[str] = (),
    wide: Collection[str] = (),
    bulk: str = "",
) -> Wish:
    """Show the rows. `whole`: columns whose texts are not broken; `wide`: those of long sentences, which get room for
    two lines. `bulk`: what is done with picked rows.
    """
    heads = [{"title": title, "kind": _kind(title, whole, wide)} for title in columns]
    data = {"columns": heads, "rows": list(rows), "label": label, "bulk": bulk}
    found = _component(data=data, key=key, on_opened_change=_nothing, on_picked_change=_nothing)
    ids = {one["id"] for one in rows}
    opened = found.opened if found.opened in ids else ""
    return Wish(str(opened), [str(one) for one in found.picked or [] if one in ids])


def _kind(title: str, whole: Collection[str], wide: Collection[str]) -> str:
    return "whole" if title in whole else "wide" if title in wide else ""


def opened(key: str) -> str:
    """The id of the row that was opened just now, known before the table is drawn again."""
    found = st.session_state.get(key)
    return str(getattr(found, "opened", "") or "") if found is not None else ""


def _nothing() -> None:
    """Streamlit tells a component's wishes apart by their callbacks; the view asks for the id itself."""
