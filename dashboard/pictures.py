"""Room: files of a record side by side, round by round, with a closer look at pictures; PDFs are downloads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import streamlit as st

_STATIC = Path(__file__).parent / "static"
_component = st.components.v2.component(
    "wangqian_pictures",
    html="<div class='pictures'></div>",
    css=(_STATIC / "pictures.css").read_text(encoding="utf-8"),
    js=(_STATIC / "pictures.js").read_text(encoding="utf-8"),
)


class File(TypedDict):
    """`label`: what it was asked for as; `url`: an address of the dashboard's own."""

    id: str
    label: str
    name: str
    url: str
    picture: bool


class Round(TypedDict):
    """What was handed in at once."""

    title: str
    files: list[File]


def show(rounds: Sequence[Round], *, key: str) -> None:
    _component(data={"rounds": list(rounds)}, key=key)
