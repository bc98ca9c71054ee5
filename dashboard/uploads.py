"""Room: the button that hands a file in. It goes to an address of the dashboard's own, past Streamlit's uploader,
which speaks English and keeps what it was given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_STATIC = Path(__file__).parent / "static"
_component = st.components.v2.component(
    "wangqian_upload",
    html="<div class='upload'></div>",
    css=(_STATIC / "upload.css").read_text(encoding="utf-8"),
    js=(_STATIC / "upload.js").read_text(encoding="utf-8"),
)


def button(address: str, words: str, *, accept: str, most: int, key: str) -> dict[str, Any] | None:
    """What was answered to a file that was taken just now, with its `name`; refusals are said beside the button.

    `most`: bytes.
    """
    data = {"address": address, "accept": accept, "words": words, "most": most}
    taken = _component(data=data, key=key, on_taken_change=_nothing).taken
    return dict(taken) if taken else None


def _nothing() -> None:
    """Streamlit tells a component's wishes apart by their callbacks."""
