"""Room: 审核页: everything a reviewer needs for one record on one screen (workflows.md, Review page).

One page for all flows. After a decision the next record of the queue follows; filter and place are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import actions, addresses, dialogs, pictures, shell, tables, words
from dashboard.client import Problem
from dashboard.dialogs import Question
from dashboard.shell import Desk
from dashboard.views import comparison, evidence, queue

KEYS = "按钮上写着各自的快捷键；填写后按 Ctrl+Enter 确认，按 Esc 取消。"
NOTE = "staff_note"
BACK, BEFORE, AFTER = "review_back", "review_before", "review_after"


def show(desk: Desk) -> None:
    flow, record_id = st.query_params.get("flow") or "", st.query_params.get("id") or ""
    _at_once(desk, flow, record_id)
    shell.said()
    record, steps = _read(desk, flow, record_id)
    if record is None:
        _missing(desk)
        return
    menu = menu_of(desk, flow)
    _head(desk, menu, record, steps)
    if record["attachments"]:
        pictures.show(pictures.rounds(desk.catalog, record["attachments"]), key=f"pictures-{record['id']}")
    left, right = st.columns(2, gap="medium")
    with left:
        evidence.termination(record)
        evidence.employer(desk, record)
        evidence.form(desk, record)
        evidence.history(steps)
    with right:
        comparison.graduate(desk, record)
        comparison.ems(desk, record)
        evidence.hints(record)
        evidence.notes(record)
        evidence.disputes(record)
        evidence.messages(record)
        evidence.others(desk, record)
    st.caption(KEYS)


def _read(desk: Desk, flow: str, record_id: str) -> tuple[Mapping[str, Any] | None, list[Mapping[str, Any]]]:
    """The record and its history."""
    if flow not in desk.catalog["flows"] or not addresses.is_id(record_id):
        return None, []
    path = f"/v1/{flow}/{record_id}"
    try:
        record, history = desk.client.together((path, {}), (f"{path}/history", {}))
    except Problem as problem:
        if problem.status != 404:
            raise
        return None, []
    return record, history["items"]


def _at_once(desk: Desk, flow: str, record_id: str) -> None:
    """To a neighbour or back to the list: what is left need not be read again on the way."""
    if flow not in desk.catalog["flows"]:
        return
    menu = menu_of(desk, flow)
    if st.session_state.get(BACK):
        desk.open(menu)
    step = -1 if st.session_state.get(BEFORE) else 1 if st.session_state.get(AFTER) else 0
    places = queue.places(desk, menu) if step else []
    here = (flow, record_id)
    if here in places and 0 <= places.index(here) + step < len(places):
        _open(desk, places[places.index(here) + step])


def menu_of(desk: Desk, flow: str) -> str:
    """The menu whose queue shows a flow."""
    return next(str(name) for name, menu in desk.catalog["menus"].items() if flow in menu["flows"])


def _missing(desk: Desk) -> None:
    st.title("审核", anchor=False)
    st.warning("没有找到这条记录，它可能不在您的管理范围内。")
    _back(desk, next(iter(desk.catalog["menus"])))


def _head(desk: Desk, menu: str, record: Mapping[str, Any], steps: list[Mapping[str, Any]]) -> None:
    st.title(" · ".join(t for t in (record["graduate"]["name"], evidence.subject(desk, record)) if t), anchor=False)
    waited = f"已等待：{words.age(record['since'])}" if record["since"] else ""
    number = record["agreement_no"] or ""
    paper = ("下载协议书", f"{addresses.PAPERS}/{number}") if addresses.is_agreement(number) else None
    review = record["review"]
    returned = f"已退回 {review['returns']} 次" if review["returns"] else ""
    refused = f"该生曾有 {review['rejections']} 条记录不通过" if review["rejections"] else ""
    label = f"{record['flow_label']}：{record['label']}"
    places, place = _stands(desk, menu, record)
    order = f"本页第 {place + 1}/{len(places)} 条" if place >= 0 else ""
    facts = (label, f"协议编号 {number}" if number else "", waited, returned, refused, order)
    tables.line(facts, "strong", link=paper)
    if record["frozen"]:
        st.error("该毕业生已不在学生名单中，流程已暂停。")
    meanwhile = actions.first_comer(record, steps)
    if meanwhile:
        st.warning(meanwhile)
    _bar(desk, menu, record)


def _stands(desk: Desk, menu: str, record: Mapping[str, Any]) -> tuple[list[queue.Place], int]:
    """The list that is being worked on, and where in it the record stands; -1: not in it."""
    places = queue.places(desk, menu)
    here = (record["flow"], record["id"])
    return places, places.index(here) if here in places else -1


def _bar(desk: Desk, menu: str, record: Mapping[str, Any]) -> None:
    """What can be done, and the neighbours in the queue."""
    places, place = _stands(desk, menu, record)

    def done(outcome: Mapping[str, Any]) -> None:
        _go_on(desk, menu, record, outcome)

    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        chosen = actions.buttons(desk, record, done)
        _back(desk, menu)
        if st.button("上一条", key=BEFORE, disabled=place <= 0, shortcut="Alt+Left"):
            _open(desk, places[place - 1])
        if st.button("下一条", key=AFTER, disabled=place < 0 or place + 1 >= len(places), shortcut="Alt+Right"):
            _open(desk, places[place + 1])
        if desk.party != "province" and desk.grant("employment") == "rw":
            dialogs.button("内部备注", NOTE, type="tertiary")
    actions.reasons(record)
    if chosen:
        actions.ask(desk, record, chosen, done)
    dialogs.ask(desk.client, _note(desk, record))


def _open(desk: Desk, place: queue.Place) -> None:
    desk.open(addresses.REVIEW, flow=place[0], id=place[1])


def _back(desk: Desk, menu: str) -> None:
    if st.button("返回列表", key=BACK, shortcut="Alt+B"):
        desk.open(menu)


def _note(desk: Desk, record: Mapping[str, Any]) -> Question:
    def send(answers: dict[str, Any], _: bool) -> None:
        desk.client.post(f"/v1/records/{record['id']}/notes", {"text": answers.get("note", "")})
        shell.say("已添加内部备注")

    fields = desk.catalog["forms"][NOTE]["fields"]
    return Question(NOTE, "内部备注", fields, send, confirm="保存备注")


def _go_on(desk: Desk, menu: str, record: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
    """After an act: the same record where it stays (an edit), else the next one of the queue."""
    shell.say(f"已提交：{record['graduate']['name']}，{outcome['label']}")
    if outcome["state"] == record["state"]:
        st.rerun()
    following = _following(desk, menu, (record["flow"], record["id"]))
    if following:
        _open(desk, following)
    shell.say(f"已提交：{record['graduate']['name']}，{outcome['label']}。列表中没有下一条了。")
    desk.open(menu)


def _following(desk: Desk, menu: str, here: queue.Place) -> queue.Place | None:
    places = queue.places(desk, menu)
    place = places.index(here) if here in places else -1
    if 0 <= place < len(places) - 1:
        following = places[place + 1]
        if queue.leaves_when_decided(menu):
            queue.without(menu, here)
        return following
    if not queue.leaves_when_decided(menu):
        return None
    return next((p for p in queue.restarted(desk, menu) if p != here), None)
