"""Room: compact lists and tables of a page, as HTML. Whatever comes from outside is escaped here and nowhere else.

Streamlit's own elements take a line of their own each; a review has some sixty values and has to fit one screen.
The looks stand in `static/dashboard.css`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from dashboard.words import EMPTY

TONES = ("good", "warn", "bad", "plain", "strong")


Cell = str | tuple[str, str]
"""A text, or the words of a link and an address of the dashboard's own."""


def _cell(text: Cell) -> str:
    if isinstance(text, tuple):
        return own_link(*text)
    return escape(text).replace("\n", "<br>")


def own_link(words: str, address: str) -> str:
    """A link within the dashboard that leaves this page where it is."""
    return f"<a href='{escape(address)}' target='_blank'>{escape(words)}</a>"


def _tone(tone: str) -> str:
    if tone not in TONES:
        raise ValueError(tone)
    return tone


def pairs(
    title: str, rows: Iterable[tuple[str, str]], *, before: str = "", after: str = "", long: bool = False
) -> None:
    """A headed list of labels and values; empty ones are left out. `before` and `after`: made by `note`. `long`: room
    for labels that are sentences.
    """
    filled = [(label, value) for label, value in rows if value and value != EMPTY]
    inner = "".join(f"<div><dt>{_cell(label)}</dt><dd>{_cell(value)}</dd></div>" for label, value in filled)
    body = f"<dl{' class=long' if long else ''}>{inner}</dl>" if inner else ""
    st.html(f"<section class='wq'><h3>{_cell(title)}</h3>{before}{body}{after}</section>")


def note(text: str, tone: str = "plain", link: tuple[str, str] | None = None) -> str:
    """One sentence for `before` and `after`, coloured by what it means. `link`: a text and an address of the API, or of
    a page of the dashboard.
    """
    anchor = ""
    if link and link[1].startswith(("https://", "http://", "/")):
        anchor = f" <a href='{escape(link[1])}' target='_blank' rel='noopener'>{_cell(link[0])}</a>"
    return f"<p class='{_tone(tone)}'>{_cell(text)}{anchor}</p>"


def grid(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    marked: frozenset[int] = frozenset(),
    before: str = "",
    after: str = "",
    whole_last: bool = False,
) -> None:
    """A headed table of texts; `marked`: numbers of the rows in which something is wrong. `whole_last`: the last column
    is not broken.
    """
    head = "".join(f"<th scope='col'>{_cell(text)}</th>" for text in heads)
    body = "".join(
        f"<tr{' class=marked' if n in marked else ''}>{''.join(f'<td>{_cell(text)}</td>' for text in row)}</tr>"
        for n, row in enumerate(rows)
    )
    kind = " class=whole-last" if whole_last else ""
    inner = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    table = f"<div class='scroll'><table{kind}>{inner}</table></div>"
    st.html(f"<section class='wq'><h3>{_cell(title)}</h3>{before}{table if body else ''}{after}</section>")


def line(parts: Iterable[str], tone: str = "plain", link: tuple[str, str] | None = None) -> None:
    """A row of short facts. `link`: a text and an address of the dashboard's own."""
    inner = "".join(f"<span>{_cell(part)}</span>" for part in parts if part)
    if link:
        inner += f"<a class='wq-go' href='{escape(link[1])}' target='_self'>{_cell(link[0])}</a>"
    st.html(f"<div class='wq-line {_tone(tone)}'>{inner}</div>")
