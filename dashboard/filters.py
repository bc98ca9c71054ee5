"""Room: what stands above every list: filters, page, place. Kept beside Streamlit's widgets, which forget what they
held when their page is left.

A list has a shelf of its own in the session, so each comes back as it was left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard import words
from dashboard.client import Problem
from dashboard.shell import Desk

SIZE = 50
LONGEST = 120


@dataclass(frozen=True)
class Ask:
    """One filter. `options`: value → label; without them it is typed. `wide`: how many columns it takes."""

    name: str
    label: str
    hint: str = ""
    options: Mapping[str, str] | None = None
    wide: int = 1


@dataclass(frozen=True)
class Shelf:
    """Where a list keeps what it is narrowed by. `first`: what it opens with."""

    name: str
    first: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> dict[str, str]:
        return dict(st.session_state.get(f"{self.name}_kept", self.first))

    def key(self, name: str) -> str:
        return f"{self.name}_ask_{name}"

    # --- what it is narrowed by

    def narrow(self, **values: str) -> None:
        """Forget the present filters and begin anew with these."""
        for key in [k for k in st.session_state if str(k).startswith(self.key(""))]:
            del st.session_state[key]
        st.session_state[f"{self.name}_kept"] = {**self.first, **values}
        self.to_first_page()

    def keep(self, chosen: Mapping[str, str]) -> None:
        st.session_state[f"{self.name}_kept"] = {**self.kept, **chosen}

    # --- where in it one stands

    @property
    def cursors(self) -> list[str]:
        cursors: list[str] = st.session_state.setdefault(f"{self.name}_cursors", [])
        return cursors

    @property
    def cursor(self) -> str | None:
        return self.cursors[-1] if self.cursors else None

    def to_first_page(self) -> None:
        st.session_state[f"{self.name}_cursors"] = []


def draw(shelf: Shelf, asks: Sequence[Ask], *, across: int, clear: bool = True) -> dict[str, str]:
    """Draw the filters, `across` columns to a line; every value as it stands now. `clear`: with a button after them."""
    kept, chosen = shelf.kept, {}
    for line in _lines(asks, across, clear):
        widths = [ask.wide if ask else 1 for ask in line]
        spare = [across - sum(widths)] if sum(widths) < across else []
        for cell, ask in zip(st.columns([*widths, *spare], vertical_alignment="bottom"), line, strict=False):
            if ask is None:
                cell.button(
                    "清除筛选", key=f"{shelf.name}_clear", on_click=shelf.narrow, width="stretch", shortcut="Alt+X"
                )
            else:
                with cell:
                    chosen[ask.name] = _one(shelf, ask, kept.get(ask.name, ""))
    shelf.keep(chosen)
    return chosen


def _lines(asks: Sequence[Ask], across: int, clear: bool) -> Iterable[list[Ask | None]]:
    lines: list[list[Ask | None]] = [[]]
    room = across
    for ask in [*asks, *([None] if clear else [])]:
        wide = ask.wide if ask else 1
        if wide > room:
            lines.append([])
            room = across
        lines[-1].append(ask)
        room -= wide
    return lines


def _one(shelf: Shelf, ask: Ask, kept: str) -> str:
    """A widget that was away begins with what was kept, one that is here has its own mind."""
    key = shelf.key(ask.name)
    if ask.options is None:
        st.session_state.setdefault(key, kept)
        st.text_input(ask.label, key=key, placeholder=ask.hint, max_chars=LONGEST, on_change=shelf.to_first_page)
    else:
        if st.session_state.get(key, kept) not in ask.options:
            st.session_state[key] = next(iter(ask.options))
        st.session_state.setdefault(key, kept)
        st.selectbox(
            ask.label,
            list(ask.options),
            format_func=ask.options.__getitem__,
            key=key,
            on_change=shelf.to_first_page,
            filter_mode=None,
            placeholder="请选择",
        )
    return str(st.session_state[key] or "").strip()


def departments(desk: Desk, label: str = "所在院系") -> list[Ask]:
    """A school chooses from its roster's departments; a province has too many schools for that, and a department sees
    its own alone.
    """
    if desk.party == "department":
        return []
    if desk.party != "school":
        return [Ask("department", label, "需填写全称")]
    names = [one["department"] for one in desk.kept("/v1/desks")["departments"]]
    return [Ask("department", label, options={"": "全部", **{name: name for name in names}})]


def level(desk: Desk) -> Ask:
    kinds = ("undergraduate", "postgraduate")
    return Ask("level", "学历层次", options={"": "全部", **{kind: words.level(desk.catalog, kind) for kind in kinds}})


def people(desk: Desk, department: str = "所在院系") -> list[Ask]:
    """What every list of graduates is filtered by; `department`: how that column is called in it."""
    return [
        Ask("name", "姓名", "开头几个字即可"),
        Ask("id_number", "身份证号码", "需完整填写"),
        *departments(desk, department),
        Ask("major", "专业", "需填写全称"),
        level(desk),
        Ask("proof_code", "签约证明码", "需完整填写"),
    ]


def asked(fetch: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """The page of a list; None where the API could not read what was typed, which is said here."""
    try:
        return fetch()
    except Problem as problem:
        if problem.status != 400:
            raise
        st.error("；".join(dict.fromkeys(f["message"] for f in problem.faults)) or problem.detail)
        return None


def pager(shelf: Shelf, page: Mapping[str, Any], unit: str = "条") -> None:
    """How many, which page, and the ways to its neighbours; to be drawn in a horizontal container."""
    total = f"{page['total']}{'+' if page['total_is_capped'] else ''}"
    st.text(f"共 {total} {unit}，第 {len(shelf.cursors) + 1} 页", width="content")
    turner(shelf, page)


def turner(shelf: Shelf, page: Mapping[str, Any]) -> None:
    """The ways to the neighbours alone, of a list that nobody counts."""
    if st.button("上一页", key=f"{shelf.name}_back", disabled=not shelf.cursors, shortcut="Alt+Left"):
        shelf.cursors.pop()
        st.rerun()
    if st.button("下一页", key=f"{shelf.name}_on", disabled=not page["next"], shortcut="Alt+Right"):
        shelf.cursors.append(page["next"])
        st.rerun()


def bar() -> Any:
    """A line of buttons and short texts."""
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
