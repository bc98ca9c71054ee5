"""Room: from an action that the API offers to buttons, questions and the call. Nothing here knows a flow.

Which question is open is kept in the session, so that it stays open when a lost connection makes Streamlit run the
page again. Every opening of a question has a number of its own: what an earlier one held is not shown again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import drafts, shell, words
from dashboard.client import Problem
from dashboard.shell import Desk

Done = Callable[[Mapping[str, Any]], None]
SHORTCUTS = {"approve": "Alt+A", "reject": "Alt+J", "edit": "Alt+E"}
ASKING = "asking"
TICK = "warning_acknowledged"  # asked for only where there is something to be acknowledged (workflows.md, Review page)


def buttons(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Every action of the record that this user has, closed ones grey; the one whose question is open."""
    for action in record["actions"]:
        pressed = st.button(
            action["label"],
            key=f"act-{record['id']}-{record['version']}-{action['name']}",
            type="secondary" if action["danger"] else "primary",
            disabled=not action["open"],
            help=action["reason"],
            shortcut=SHORTCUTS.get(action["name"]) if action["open"] else None,
        )
        if pressed:
            _begin(record, action["name"])
    return _asked(record)


def reasons(record: Mapping[str, Any]) -> None:
    """Why something is closed, and that nothing is to be done where nothing is."""
    if not record["actions"]:
        st.caption("当前没有需要您处理的操作。")
    closed = [a["reason"] for a in record["actions"] if not a["open"]]
    for reason in dict.fromkeys(closed):
        st.caption(f"暂不能操作：{reason}")


def _begin(record: Mapping[str, Any], name: str) -> None:
    st.session_state["turn"] = st.session_state.get("turn", 0) + 1
    st.session_state[ASKING] = (record["id"], record["version"], name)


def _asked(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    asking = st.session_state.get(ASKING)
    if asking is None:
        return None
    record_id, version, name = asking
    if record_id != record["id"]:
        close()
        return None
    if version != record["version"]:
        close()
        st.session_state["meanwhile"] = "该记录刚刚发生了变化，请按最新状态处理。"
        st.rerun()
    return next((a for a in record["actions"] if a["name"] == name and a["open"]), None)


def close() -> None:
    st.session_state.pop(ASKING, None)


@dataclass(frozen=True)
class _Question:
    """One opening of one action's form."""

    desk: Desk
    record: Mapping[str, Any]
    action: Mapping[str, Any]
    turn: int

    @property
    def fields(self) -> list[Mapping[str, Any]]:
        form = self.desk.catalog["forms"].get(self.action["form"] or "", {"fields": []})
        return [f for f in form["fields"] if f["name"] != TICK or warned(self.record)]

    @property
    def draft(self) -> drafts.Place:
        return str(self.desk.me["id"]), self.record["id"], self.action["name"]

    def key(self, name: str) -> str:
        return f"ask-{self.turn}-{name}"

    def answers(self) -> dict[str, Any]:
        typed = {f["name"]: st.session_state.get(self.key(f["name"])) for f in self.fields}
        return {name: value for name, value in typed.items() if value not in (None, "")}


def warned(record: Mapping[str, Any]) -> bool:
    """Whether the employer has a mark or is known not to be in operation."""
    registry = (record.get("review") or {}).get("registry") or {}
    return bool((record.get("marks") or {}).get("shown")) or registry.get("in_operation") is False


def ask(desk: Desk, record: Mapping[str, Any], action: Mapping[str, Any], done: Done) -> None:
    """Show the question. After an act that was done, `done` decides where to go."""
    question = _Question(desk, record, action, st.session_state.get("turn", 0))

    @st.dialog(str(action["label"]), width="medium", on_dismiss=close)
    def dialog() -> None:
        faults: Mapping[str, str] = {}
        problem = None
        if st.session_state.get(question.key("send")):
            faults, problem = _submit(question, done)
        _draw(question, faults)
        if problem is not None:
            _refused(question, problem)

    dialog()


def _draw(question: _Question, faults: Mapping[str, str]) -> None:
    graduate, employer = question.record["graduate"], question.record["employer"]
    st.text(f"{graduate['name']}（{graduate['id_number']}）与 {employer['name']}")
    before = {**question.record["form"], **drafts.recall(question.draft)}
    fields = question.fields
    with st.form(question.key("form"), border=False, enter_to_submit=False):
        for described in fields:
            _field(described, question.key(described["name"]), before.get(described["name"], described["default"]))
            if described["name"] in faults:
                st.error(faults[described["name"]])
        for message in [m for path, m in faults.items() if path not in {f["name"] for f in fields}]:
            st.error(message)
        st.form_submit_button(
            f"确认{question.action['label']}", key=question.key("send"), type="primary", shortcut="Ctrl+Enter"
        )
    st.caption("Ctrl+Enter 确认，Esc 取消。")


def _submit(question: _Question, done: Done) -> tuple[Mapping[str, str], Problem | None]:
    """Send what was typed; the faults by field, or what else stood in the way."""
    answers, record = question.answers(), question.record
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


def _refused(question: _Question, problem: Problem) -> None:
    if problem.code in ("stale", "refused", "not_found"):
        close()
        st.session_state["meanwhile"] = meanwhile(problem)
        st.rerun()
    if problem.status == 401:
        drafts.keep(question.draft, question.answers())
        shell.ended()
        st.caption("已填写的内容会为您保留，重新登录后再次打开即可继续。")
        return
    st.error(problem.detail)
    if problem.status >= 500:
        st.caption(shell.SAFE)


def meanwhile(problem: Problem) -> str:
    """What to say when somebody else was first: who, when, and where the record stands."""
    decided, label = problem.body.get("decided_by") or {}, problem.body.get("label")
    if problem.code == "stale" and decided and label:
        at = words.moment(decided.get("at"))
        return f"该记录已由 {decided.get('name')} 于 {at} 先行处理，现为“{label}”。您的操作没有生效，请按最新状态处理。"
    return problem.detail


def _field(field: Mapping[str, Any], key: str, value: Any) -> None:
    """One question as a widget that holds its present value."""
    label = field["label"] + ("（必填）" if field["required"] else "")
    help_ = field["help"] or None
    if field["options"]:
        labels = {o["value"]: o["label"] for o in field["options"]}
        values = list(labels)
        index = values.index(str(value)) if str(value) in values else None
        st.selectbox(
            label, values, index, format_func=labels.__getitem__, key=key, help=help_, placeholder="请选择",
            filter_mode=None,
        )  # fmt: skip
    elif field["kind"] == "boolean":
        st.checkbox(label, bool(value), key=key, help=help_)
    elif field["kind"] == "long_text":
        st.text_area(label, str(value or ""), key=key, help=help_, height=100)
    else:
        st.text_input(label, str(value or ""), key=key, help=help_)
