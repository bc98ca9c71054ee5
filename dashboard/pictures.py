"""Room: files of a record side by side, round by round, with a closer look at pictures; PDFs are downloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import streamlit as st

from dashboard import addresses, words

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


def show(rounds: Sequence[Round], *, key: str, title: str = "附件") -> None:
    _component(data={"rounds": list(rounds), "title": title}, key=key)


def rounds(catalog: words.Catalog, attachments: Sequence[Mapping[str, Any]]) -> list[Round]:
    """The files of each time that something was handed in, the latest first, as the API lists them."""
    labels = {f["name"]: f["label"] for form in catalog["forms"].values() for f in form["fields"]}
    found: dict[int, list[Mapping[str, Any]]] = {}
    for one in attachments:
        found.setdefault(one["round"], []).append(one)
    return [
        {
            "title": f"第 {number} 次提交（{words.moment(files[0]['added_at'])}）",
            "files": [_file(catalog, one, labels) for one in files],
        }
        for number, files in sorted(found.items(), reverse=True)
    ]


def _file(catalog: words.Catalog, one: Mapping[str, Any], labels: Mapping[str, str]) -> File:
    pages = f"，{one['pages']} 页" if one["pages"] > 1 else ""
    return {
        "id": one["id"],
        "label": labels.get(one["field"], "附件"),
        "name": f"{one['name']}（{catalog['parties'].get(one['added_by'], '')}{pages}）",
        "url": f"{addresses.ATTACHMENTS}/{one['id']}",
        "picture": one["media"].startswith("image/"),
    }
