"""Room: from an action that the API offers to buttons, questions and the call. Nothing here knows a flow.

Which question is open is kept in the session, so that it stays open when a lost connection makes Streamlit run the
page again. Every opening of a question has a number of its own: what an earlier one held is not shown again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard import drafts, shell, words
from dashboard.client import Problem
from dashboard.shell import Desk

Done = Callable[[Mapping[str, Any]], None]
SHORTCUTS = {"approve": "Alt+A", "reject": "Alt+J", "edit": "Alt+E"}
ASKING = "asking"
MOVED = "moved"  # set when somebody else was first; the review page says who, from the history
TICK = "warning_acknowledged"  # asked for only where there is something to be acknowledged (workflows.md, Review page)


def buttons(desk: Desk, record: Mapping[str, Any], done: Done) -> Mapping[str, Any] | None:
    """Every action of the record that this user has, closed ones grey; the one whose question is open."""
    for action in record["actions"]:
        pressed = st.button(
            action["label"],
            key=f"act-{record['id']}-{record['version']}-{action['name']}",
            type="secondary" if action["danger"] else "primary",
            disabled=not action["open"],
            shortcut=SHORTCUTS.get(action["name"]) if action["open"] else None,
        )
        if pressed:
            st.session_state["turn"] = st.session_state.get("turn", 0) + 1
            st.session_state[ASKING] = _Asking((str(desk.me["id"]), record["id"], action["name"]), record["version"])
    return _asked(desk, record, done)


def reasons(record: Mapping[str, Any]) -> None:
    """Why something is closed, and that nothing is to be done where nothing is."""
    if not record["actions"]:
        st.caption("当前没有需要您处理的操作。")
    closed = [a["reason"] for a in record["actions"] if not a["open"]]
    for reason in dict.fromkeys(closed):
        st.caption(f"暂不能操作：{reason}")


@dataclass(frozen=True)
class _Asking:
    """The question that is open. `unanswered`: it was sent, and nobody knows what became of it."""

    place: drafts.Place
    version: int
    unanswered: bool = False


def _asked(desk: Desk, record: Mapping[str, Any], done: Done) -> Mapping[str, Any] | None:
    asking: _Asking | None = st.session_state.get(ASKING)
    if asking is None:
        return None
    _, record_id, name = asking.place
    if record_id != record["id"]:
        close()
        return None
    if asking.version != record["version"]:
        _settle(desk, record, asking, done)
    return next((a for a in record["actions"] if a["name"] == name and a["open"]), None)


def _settle(desk: Desk, record: Mapping[str, Any], asking: _Asking, done: Done) -> None:
    """The record has moved on under an open question: by somebody else, unless it was this very act.

    Where an answer may have been lost, asking for it again under the same key tells.
    """
    sent = asking.unanswered or st.session_state.get(_key("send"))
    answers = _typed()
    close()
    if sent:
        try:
            outcome = desk.client.act(record["flow"], record["id"], asking.place[2], answers, asking.version)
        except Problem as problem:
            if problem.status == 401:
                raise
        else:
            done(outcome)
    st.session_state[MOVED] = True
    st.rerun()


def close() -> None:
    st.session_state.pop(ASKING, None)


def _key(name: str) -> str:
    """A widget of the question that is open; every opening has its own."""
    return f"ask-{st.session_state.get('turn', 0)}-{name}"


def _typed() -> dict[str, Any]:
    """What stands in the fields of the open question, empty ones left out."""
    start, own = _key(""), (_key("form"), _key("send"))
    typed = {str(k): v for k, v in st.session_state.items() if str(k).startswith(start) and k not in own}
    return {key.removeprefix(start): value for key, value in typed.items() if value not in (None, "")}


def rescue() -> bool:
    """The session has ended: keep what was typed into the open question, if one is open."""
    asking: _Asking | None = st.session_state.get(ASKING)
    if asking is None:
        return False
    drafts.keep(asking.place, _typed())
    return True


@dataclass(frozen=True)
class _Question:
    """One opening of one action's form."""

    desk: Desk
    record: Mapping[str, Any]
    action: Mapping[str, Any]

    @property
    def fields(self) -> list[Mapping[str, Any]]:
        form = self.desk.catalog["forms"].get(self.action["form"] or "", {"fields": []})
        return [f for f in form["fields"] if f["name"] != TICK or warned(self.record)]

    @property
    def draft(self) -> drafts.Place:
        return str(self.desk.me["id"]), self.record["id"], self.action["name"]


def warned(record: Mapping[str, Any]) -> bool:
    """Whether the employer has a mark or is known not to be in operation."""
    registry = (record.get("review") or {}).get("registry") or {}
    return bool((record.get("marks") or {}).get("shown")) or registry.get("in_operation") is False


def ask(desk: Desk, record: Mapping[str, Any], action: Mapping[str, Any], done: Done) -> None:
    """Show the question. After an act that was done, `done` decides where to go."""
    question = _Question(desk, record, action)

    @st.dialog(str(action["label"]), width="medium", on_dismiss=close)
    def dialog() -> None:
        faults: Mapping[str, str] = {}
        problem = None
        if st.session_state.get(_key("send")):
            faults, problem = _submit(question, done)
        _draw(question, faults)
        if problem is not None:
            _refused(problem)

    dialog()


def _draw(question: _Question, faults: Mapping[str, str]) -> None:
    graduate, employer = question.record["graduate"], question.record["employer"]
    st.text(f"{graduate['name']}（{graduate['id_number']}）与 {employer['name']}")
    before = {**question.record["form"], **drafts.recall(question.draft)}
    fields = question.fields
    with st.form(_key("form"), border=False, enter_to_submit=False):
        for described in fields:
            _field(described, _key(described["name"]), before.get(described["name"], described["default"]))
            if described["name"] in faults:
                st.error(faults[described["name"]])
        for message in [m for path, m in faults.items() if path not in {f["name"] for f in fields}]:
            st.error(message)
        st.form_submit_button(
            f"确认{question.action['label']}", key=_key("send"), type="primary", shortcut="Ctrl+Enter"
        )
    st.caption("Ctrl+Enter 确认，Esc 取消。")


def _submit(question: _Question, done: Done) -> tuple[Mapping[str, str], Problem | None]:
    """Send what was typed; the faults by field, or what else stood in the way."""
    answers, record = _typed(), question.record
    if TICK in {f["name"] for f in question.fields} and not answers.get(TICK):
        label = next(f["label"] for f in question.fields if f["name"] == TICK)
        return {TICK: f"请先核实单位情况，并勾选“{label}”。"}, None
    try:
        outcome = question.desk.client.act(
            record["flow"], record["id"], question.action["name"], answers, record["version"]
        )
    except Problem as problem:
        if problem.faults:
            return {f["path"]: f["message"] for f in problem.faults}, None
        return {}, problem
    drafts.forget(question.draft)
    close()
    done(outcome)
    return {}, None


def _refused(problem: Problem) -> None:
    if problem.code == "stale":
        close()
        st.session_state[MOVED] = True
        st.rerun()
    if problem.status == 401:
        shell.ended(kept=rescue())
        return
    if problem.code == "unanswered" and (asking := st.session_state.get(ASKING)):
        st.session_state[ASKING] = replace(asking, unanswered=True)
    st.error(problem.detail)
    if problem.status >= 500:
        st.caption(shell.SAFE)


def first_comer(record: Mapping[str, Any], steps: list[Mapping[str, Any]]) -> str:
    """What to say when somebody else was first: who did what and when, and where the record stands; else nothing."""
    if not st.session_state.pop(MOVED, False) or not steps:
        return ""
    last = steps[-1]
    return (
        f"该记录已由 {last['by']} 于 {words.moment(last['at'])} 先行处理（{last['label']}），现为“{record['label']}”。"
        "您的操作没有生效，请按最新状态处理。"
    )


def _field(field: Mapping[str, Any], key: str, value: Any) -> None:
    """One question as a widget that holds its present value, with its help below it."""
    label = field["label"] + ("（必填）" if field["required"] else "")
    if field["options"]:
        labels = {o["value"]: o["label"] for o in field["options"]}
        values = list(labels)
        index = values.index(str(value)) if str(value) in values else None
        st.selectbox(
            label, values, index, format_func=labels.__getitem__, key=key, placeholder="请选择", filter_mode=None
        )
    elif field["kind"] == "files":
        st.caption(f"{label}：已有 {len(value or [])} 个文件。文件需在上传后随表提交。")
    elif field["kind"] == "boolean":
        st.checkbox(label, bool(value), key=key)
    elif field["kind"] == "long_text":
        st.text_area(label, str(value or ""), key=key, height=100)
    else:
        st.text_input(label, str(value or ""), key=key)
    if field["help"]:
        st.caption(field["help"])
