"""Room: what surrounds every page: who is signed in, the cohort, the top bar, and what is said when something fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import streamlit as st

from dashboard.client import Client, Problem
from dashboard.signin import LOGIN, LOGOUT, PASSWORD

GRANTS = {"rw": "读写", "ro": "只读", "none": "无权限"}


@dataclass
class Desk:
    """One user at work: the API as this user, who it is, the catalogue, the chosen cohort."""

    client: Client
    me: Mapping[str, Any]
    catalog: Mapping[str, Any]
    pages: dict[str, Any] = field(default_factory=dict)

    @property
    def party(self) -> str:
        return str(self.me["party"])

    def grant(self, module: str) -> str:
        return str((self.me.get("grants") or {}).get(module, "none"))

    def may_enter(self, module: str) -> bool:
        return self.grant(module) != "none"

    @property
    def cohort(self) -> int | None:
        """The cohort on every page: the newest open one until another is chosen (roles.md, Cohorts)."""
        chosen = st.session_state.get("cohort")
        return chosen if chosen in self.cohorts else self.me.get("cohort")

    @property
    def cohorts(self) -> list[int]:
        return [c["cohort"] for c in self.me.get("cohorts") or []]

    def open(self, page: str, **query: str) -> None:
        """Go to another page of the menu."""
        st.switch_page(self.pages[page], query_params=query or None)


def open_desk(client: Client) -> Desk:
    """Raises Problem when the session has ended or the API is out of reach."""
    return Desk(client, client.get("/v1/me"), client.catalog())


def style() -> None:
    """Streamlit's own English words (deploy, menu) are not for clerks; tables get room."""
    st.html(
        "<style>"
        "[data-testid='stToolbar'],[data-testid='stDecoration'],[data-testid='stAppDeployButton']{display:none}"
        "[data-testid='stMainBlockContainer']{padding:1.2rem 2rem 4rem;max-width:100%}"
        "[data-testid='stElementToolbar']{display:none}"
        "[data-testid='stSidebar'] a{color:#1a5fb4}"
        "</style>"
    )


def top_bar(desk: Desk) -> None:
    """Who I am and for which cohort; leaving ends the session at the API too."""
    me = desk.me
    with st.sidebar:
        st.markdown("**毕业去向登记与网签**")
        st.caption("　".join(part for part in (_place(me), str(me.get("name", ""))) if part))
        st.caption(f"{me.get('party_label', '')} · 权限：{GRANTS[desk.grant('employment')]}")
        if desk.cohorts:
            first = desk.cohorts.index(desk.cohort) if desk.cohort in desk.cohorts else 0
            st.selectbox("届次", desk.cohorts, first, format_func=lambda y: f"{y}届", key="cohort")
        if me.get("ems_url"):
            st.html(f"<a href='{escape(me['ems_url'])}' target='_blank' rel='noopener'>前往就业管理系统</a>")
        st.html(f"<a href='{LOGOUT}' target='_self' style='color:#1a5fb4'>退出登录</a>")


def _place(me: Mapping[str, Any]) -> str:
    place = me.get("school") or me.get("province") or {}
    name = str(place.get("name", "")) if isinstance(place, Mapping) else str(place)
    return f"{name} {me.get('department') or ''}".strip()


def ended() -> None:
    """The session is over: nothing was lost, sign in again."""
    st.warning("登录已失效，请重新登录。已提交的操作不受影响。")
    st.html(f"<a href='{LOGIN}?said=ended' target='_self' style='color:#1a5fb4;font-weight:600'>前往登录</a>")


def stopped(problem: Problem) -> None:
    """A page that cannot be shown: what happened, what is safe, what to do."""
    if problem.status == 401:
        ended()
        return
    st.error(problem.detail)
    if problem.status >= 500:
        st.caption("已提交的操作不会丢失，也不会重复。")
        if st.button("重试"):
            st.rerun()


def say(text: str) -> None:
    """Keep a sentence for the next page that is shown."""
    st.session_state["said"] = text


def change_password_first() -> None:
    """A password that somebody else set opens nothing but the page that replaces it."""
    st.warning("首次登录请先设置新密码。")
    st.html(f"<a href='{PASSWORD}' target='_self' style='color:#1a5fb4;font-weight:600'>设置新密码</a>")


def said() -> None:
    """Show the sentence that was kept, once."""
    text = st.session_state.pop("said", "")
    if text:
        st.toast(text)
