"""Room: what surrounds every page: who is signed in, the cohort, the menu, and what is said when something fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import addresses, words
from dashboard.addresses import LOGOUT, PASSWORD
from dashboard.client import Client, Problem

KEPT = 60.0
"""Seconds for which answers that change rarely are kept."""
_HELD = "kept_answers"
COHORT = "wq_cohort"
"""The cookie that holds the cohort chosen last: links open tabs, and a tab may be loaded anew."""
_memory = st.components.v2.component(
    "wangqian_cohort",
    html="<span></span>",
    js=(Path(__file__).parent / "static" / "cohort.js").read_text(encoding="utf-8"),
)
SAFE = "已提交的操作不会丢失，也不会重复。"


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
        chosen = st.session_state.get("cohort_kept") or _remembered()
        return chosen if chosen in self.cohorts else self.me.get("cohort")

    @property
    def opened(self) -> bool:
        """Whether online signing is open for the chosen cohort."""
        return any(c["open"] for c in self.me.get("cohorts") or [] if c["cohort"] == self.cohort)

    @property
    def cohorts(self) -> list[int]:
        return [c["cohort"] for c in self.me.get("cohorts") or []]

    def kept(self, path: str, **asked: Any) -> dict[str, Any]:
        """An answer that changes rarely, from this tab's memory for a minute."""
        held: dict[Any, tuple[float, dict[str, Any]]] = st.session_state.setdefault(_HELD, {})
        place = (self.me["id"], path, tuple(sorted(asked.items())))
        at, found = held.get(place, (0.0, {}))
        if not found or monotonic() - at > KEPT:
            found = self.client.get(path, **asked)
            held[place] = (monotonic(), found)
        return found

    def renew(self) -> None:
        """Forget what was kept: something of it has just been changed here."""
        st.session_state.pop(_HELD, None)

    def open(self, page: str, **query: str) -> None:
        """Go to another page of the menu."""
        _end_parts()
        st.switch_page(self.pages[page], query_params=query or None)


def _end_parts() -> None:
    """What renews itself on this page ends with it.

    A part that the browser asks for once more, before it has heard of the next page, would be run after that page and
    in the name of this one, and Streamlit would clear the screen.
    """
    context = get_script_run_ctx()
    if context is not None:
        context.fragment_storage.clear()


def open_desk(client: Client) -> Desk:
    """Raises Problem when the session has ended or the API is out of reach."""
    return Desk(client, client.get("/v1/me"), client.catalog())


def sidebar(desk: Desk, menu: Mapping[str, list[Any]], on_cohort: Callable[[], None]) -> None:
    """Who I am, for which cohort, where one can go; leaving ends the session at the API too."""
    me = desk.me
    with st.sidebar:
        st.html(
            f"<div class='wq-who'><b>毕业去向登记与网签</b><span>{escape(_place(me))}</span>"
            f"<span>{escape(str(me.get('name') or ''))} · {escape(str(me['party_label']))}</span>"
            f"<span>权限：{escape(words.choice(desk.catalog, 'account', 'grant_employment', desk.grant('employment')))}"
            "</span></div>"
        )
        if desk.cohorts:
            _cohort(desk, on_cohort)
        for title, pages in menu.items():
            if title:
                st.html(f"<div class='wq-menu'>{escape(title)}</div>")
            for page in pages:
                st.page_link(page, width="stretch")
        ems = str(me.get("ems_url") or "")
        outside = f"<a href='{escape(ems)}' target='_blank' rel='noopener'>前往就业管理系统</a>" if ems else ""
        st.html(
            f"<nav class='wq-leave'>{outside}<a href='{PASSWORD}' target='_self'>修改密码</a>"
            f"<a href='{LOGOUT}' target='_self'>退出登录</a></nav>"
        )


def _place(me: Mapping[str, Any]) -> str:
    place = me.get("school") or me.get("province") or {}
    return f"{place.get('name', '')} {me.get('department') or ''}".strip()


def _cohort(desk: Desk, on_cohort: Callable[[], None]) -> None:
    """A page that fails is drawn without its widgets, which forget; what was chosen is kept beside them."""
    if st.session_state.get("cohort") not in desk.cohorts:
        st.session_state["cohort"] = desk.cohort

    def chosen() -> None:
        st.session_state["cohort_kept"] = st.session_state["cohort"]
        on_cohort()

    st.selectbox(
        "届次",
        desk.cohorts,
        format_func=lambda year: f"{year} 届",
        key="cohort",
        on_change=chosen,
        filter_mode=None,
        placeholder="请选择",
    )
    with st.container(key="cohort_memory"):  # there from the beginning, so that nothing moves when one is chosen
        _memory(data={"name": COHORT, "cohort": st.session_state.get("cohort_kept") or 0}, key="cohort_cookie")


def _remembered() -> int | None:
    """The cohort that this browser chose last, in whatever tab."""
    kept = st.context.cookies.get(COHORT) or ""
    return int(kept) if kept.isascii() and kept.isdigit() and len(kept) == 4 else None


def _here() -> str:
    """Where the browser is, to come back to after signing in."""
    path, asked = urlsplit(st.context.url or "").path, st.query_params
    flow = f"flow={asked['flow']}&" if "flow" in asked else ""
    return addresses.own(f"{path}?{flow}id={asked['id']}" if "id" in asked else path)


def ended(*, kept: bool = False) -> None:
    """The session is over: nothing was lost, sign in again. `kept`: what was being typed waits for its account."""
    rest = "正在填写的内容已为您保留，重新登录后再次打开即可继续。" if kept else ""
    st.warning(f"登录已失效，请重新登录。已提交的操作不受影响。{rest}")
    st.html(f"<a class='wq-go' href='{escape(addresses.login('ended', _here()))}' target='_self'>前往登录</a>")


def stopped(problem: Problem) -> None:
    """A page that cannot be shown: what happened, what is safe, what to do."""
    st.error(problem.detail)
    if problem.status >= 500:
        st.caption(SAFE)
        if st.button("重试"):
            st.rerun()


def choose(label: str, options: Mapping[str, str], key: str) -> str:
    """One of several, which is always chosen; typing does not filter, as lists are short."""
    chosen = st.selectbox(
        label, list(options), format_func=options.__getitem__, key=key, filter_mode=None, placeholder="请选择"
    )
    return str(chosen)


def resting(desk: Desk) -> bool:
    """Whether what refreshes by itself has to stop: that is no work, and a tab left open must not stay signed in."""
    if not words.past(desk.me["idle_at"]):
        return False
    st.info("您已有一段时间没有操作，自动刷新已停止。")
    if st.button("继续"):
        st.rerun()
    return True


def found(desk: Desk, path: str, id: str) -> Mapping[str, Any] | None:
    """What the API has under an id out of an address; None for what is no id, is not there or is not to be seen."""
    if not addresses.is_id(id):
        return None
    try:
        return desk.client.get(f"{path}/{id}")
    except Problem as problem:
        if problem.status != 404:
            raise
        return None


def renewed(fetch: Callable[[], dict[str, Any]], what: str, safe: str = "") -> dict[str, Any] | None:
    """For a part that renews itself: its data; None where they cannot be had, which is said without losing the page.

    `what`: what is missing then; `safe`: what goes on all the same.
    """
    try:
        return fetch()
    except Problem as problem:
        if problem.status == 401:
            ended()
        else:
            st.warning(f"暂时取不到{what}：{problem.detail}{safe}")
        return None


def tried(call: Callable[[], Any]) -> bool:
    """Whether a click was carried out; else what stood in its way is said."""
    try:
        call()
    except Problem as problem:
        if problem.status == 401:
            raise
        st.error("；".join(f["message"] for f in problem.faults) or problem.detail)
        return False
    return True


def closed_page() -> None:
    """A page of the menu that this account does not have."""
    st.warning("您的账号没有这个页面的权限。如需开通，请联系上级用户。")
    st.html("<a class='wq-go' href='/' target='_self'>返回首页</a>")


def change_password_first() -> None:
    """A password that somebody else set opens nothing but the page that replaces it."""
    st.warning("首次登录请先设置新密码。")
    st.html(f"<a class='wq-go' href='{PASSWORD}' target='_self'>设置新密码</a>")


def say(text: str) -> None:
    """Keep a sentence for the next page that is shown."""
    st.session_state["said"] = text


def said() -> None:
    """Show the sentence that was kept, once."""
    text = st.session_state.pop("said", "")
    if text:
        st.toast(text)
