"""Room: 审核页: everything a reviewer needs for one record on one screen (workflows.md, Review page).

After a decision the next record of the queue follows; filter and place are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import actions, addresses, shell, tables, words
from dashboard.client import Problem
from dashboard.shell import Desk
from dashboard.views import evidence, queue
from dashboard.views.queue import FLOW

KEYS = "快捷键：Alt+A 通过，Alt+J 不通过，Alt+E 修改，Ctrl+Enter 确认，Esc 取消，Alt+← → 上下一条，Alt+B 返回列表。"


def show(desk: Desk) -> None:
    record_id = st.query_params.get("id") or ""
    shell.said()
    try:
        record = desk.client.get(f"/v1/{FLOW}/{record_id}") if addresses.is_id(record_id) else None
    except Problem as problem:
        if problem.status != 404:
            raise
        record = None
    if record is None:
        _missing(desk)
        return
    steps = desk.client.get(f"/v1/{FLOW}/{record_id}/history")["items"]
    _head(desk, record, steps)
    left, right = st.columns(2, gap="medium")
    with left:
        evidence.employer(desk, record)
        evidence.agreement(desk, record)
        evidence.history(steps)
    with right:
        evidence.graduate(desk, record)
        evidence.ems(desk, record)
        evidence.messages(record)
        evidence.others(record)
    st.caption(KEYS)


def _missing(desk: Desk) -> None:
    st.title("签约审核", anchor=False)
    st.warning("没有找到这条记录，它可能不在您的管理范围内。")
    _back(desk)


def _head(desk: Desk, record: Mapping[str, Any], steps: list[Mapping[str, Any]]) -> None:
    st.title(f"{record['graduate']['name']} · {record['employer']['name']}", anchor=False)
    waited = f"已等待：{words.age(record['since'])}" if record["since"] else ""
    number = record["agreement_no"] or ""
    paper = ("下载协议书", f"{addresses.PAPERS}/{number}") if addresses.is_agreement(number) else None
    tables.line((record["label"], f"协议编号 {number}" if number else "", waited), "strong", link=paper)
    if record["frozen"]:
        st.error("该毕业生已不在学生名单中，流程已暂停。")
    meanwhile = actions.first_comer(record, steps)
    if meanwhile:
        st.warning(meanwhile)
    _bar(desk, record)


def _bar(desk: Desk, record: Mapping[str, Any]) -> None:
    """What can be done, and the neighbours in the queue."""
    ids = queue.ids(desk)
    place = ids.index(record["id"]) if record["id"] in ids else -1

    def done(outcome: Mapping[str, Any]) -> None:
        _go_on(desk, record, outcome)

    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = actions.buttons(desk, record, done)
        _back(desk)
        if st.button("上一条", disabled=place <= 0, shortcut="Alt+Left"):
            desk.open(addresses.REVIEW, id=ids[place - 1])
        if st.button("下一条", disabled=place < 0 or place + 1 >= len(ids), shortcut="Alt+Right"):
            desk.open(addresses.REVIEW, id=ids[place + 1])
        if place >= 0:
            st.text(f"本页第 {place + 1}/{len(ids)} 条", width="content")
    actions.reasons(record)
    if chosen:
        actions.ask(desk, record, chosen, done)


def _back(desk: Desk) -> None:
    if st.button("返回列表", shortcut="Alt+B"):
        desk.open(FLOW)


def _go_on(desk: Desk, record: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
    """After an act: the same record where it stays in force (an edit), else the next one of the queue."""
    shell.say(f"已提交：{record['graduate']['name']}，{outcome['label']}")
    if record["phase"] == "force":
        st.rerun()
    following = _following(desk, record["id"])
    if following:
        desk.open(addresses.REVIEW, id=following)
    shell.say(f"已提交：{record['graduate']['name']}，{outcome['label']}。列表中没有下一条了。")
    desk.open(FLOW)


def _following(desk: Desk, record_id: str) -> str | None:
    ids = queue.ids(desk)
    place = ids.index(record_id) if record_id in ids else -1
    if 0 <= place < len(ids) - 1:
        following = ids[place + 1]
        if queue.leaves_when_decided(desk):
            st.session_state["queue_ids"] = [i for i in ids if i != record_id]
        return following
    if not queue.leaves_when_decided(desk):
        return None
    return next((i for i in queue.restarted(desk) if i != record_id), None)
