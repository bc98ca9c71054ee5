"""Room: 首页: what waits for me, since when, live; each count leads to its queue (guide chapter 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import shell, words
from dashboard.client import Problem
from dashboard.shell import Desk

EVERY = "5s"


def show(desk: Desk) -> None:
    st.title("首页")
    shell.said()
    _counts(desk)
    if desk.party in ("school", "department") and desk.cohort:
        settings = desk.client.get(f"/v1/settings/{desk.cohort}")
        _handlers(settings["handlers"], settings["levels_without_handler"])


@st.fragment(run_every=EVERY)
def _counts(desk: Desk) -> None:
    try:
        home = desk.client.get("/v1/home", cohort=desk.cohort)
    except Problem as problem:
        if problem.status == 401:
            shell.ended()
        else:
            st.warning(f"暂时取不到最新数据：{problem.detail}")
        return
    waiting = home.get("waiting") or []
    if desk.party != "province":
        _waiting(desk, "待我处理", waiting, home.get("total", 0))
    if home.get("at_departments"):
        _at_departments(home["at_departments"])
    if home.get("employers") is not None:
        _employers(desk, home["employers"])
    st.caption(f"数据更新于 {words.moment(home.get('at'))}，每 5 秒自动刷新。")


def _waiting(desk: Desk, title: str, lines: list[Mapping[str, Any]], total: int) -> None:
    st.subheader(f"{title}：{total}")
    if not total:
        st.info("目前没有待处理的记录。有新的申请时会自动出现在这里。")
    for begin in range(0, len(lines), 3):
        for cell, line in zip(st.columns(3), lines[begin : begin + 3], strict=False):
            with cell.container(border=True):
                st.metric(str(line["flow_label"]), line["count"], help=str(line["label"]))
                st.caption(_line(line))
                if st.button("去处理", key=f"go-{line['flow']}-{line['state']}", disabled=not line["count"]):
                    st.session_state["queue_filter"] = {"state": line["state"]}
                    desk.open(str(line["flow"]))


def _line(line: Mapping[str, Any]) -> str:
    oldest = f"，最早的已等待 {words.age(line['oldest'])}" if line.get("oldest") else ""
    return f"{line['label']}{oldest}"


def _at_departments(lines: list[Mapping[str, Any]]) -> None:
    total = sum(line["count"] for line in lines)
    st.subheader(f"院系处理中：{total}")
    for line in lines:
        st.write(f"{line['flow_label']} · {_line(line)}：**{line['count']}**")


def _employers(desk: Desk, line: Mapping[str, Any]) -> None:
    st.subheader(f"待核验单位：{line['count']}")
    if line.get("oldest"):
        st.caption(f"最早的已等待 {words.age(line['oldest'])}")
    if st.button("去核验", disabled=not line["count"]):
        desk.open("employers")


def _handlers(handlers: list[Mapping[str, Any]], missing: list[str]) -> None:
    st.subheader("本校协议经办人")
    for level in missing:
        st.warning(f"{words.LEVELS[level]}尚未设置协议经办人，该层次的毕业生暂不能办理。")
    for handler in handlers:
        level = words.LEVELS.get(str(handler["level"]), "")
        st.write(f"{level}：{handler['name']}，{handler['phone']}，{handler['address']}（{handler['postcode']}）")
