"""Room: from an action that the API offers to buttons, questions and the call. Nothing here knows a flow.

A form's description comes from the catalogue; a wrong answer's faults are shown at their fields, nothing typed is
lost. The idempotency key is made once per opened question and version, so that a click that is repeated because a
connection dropped is the same act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard.client import Problem, new_key
from dashboard.shell import Desk

Done = Callable[[Mapping[str, Any]], None]
SHORTCUTS = {"approve": "Alt+A", "reject": "Alt+J", "edit": "Alt+E"}


def buttons(desk: Desk, record: Mapping[str, Any], done: Done) -> None:
    """Every action of the record that this user has; closed ones are grey and say why."""
    actions = record.get("actions") or []
    if not actions:
        st.caption("当前没有需要您处理的操作。")
        return
    with st.container(horizontal=True):
        for action in actions:
            pressed = st.button(
                action["label"],
                key=f"act-{record['id']}-{record['version']}-{action['name']}",
                type="secondary" if action.get("danger") else "primary",
                disabled=not action["open"],
                help=action.get("reason") or _hint(action["name"]),
                shortcut=SHORTCUTS.get(action["name"]) if action["open"] else None,
            )
            if pressed:
                _question(action["label"])(desk, record, action, done)
    closed = [a for a in actions if not a["open"]]
    for reason in dict.fromkeys(a["reason"] for a in closed):
        st.caption(f"暂不能操作：{reason}")


def _hint(name: str) -> str | None:
    return f"快捷键 {SHORTCUTS[name]}" if name in SHORTCUTS else None


def _question(title: str) -> Callable[[Desk, Mapping[str, Any], Mapping[str, Any], Done], None]:
    @st.dialog(title, width="medium")
    def ask(desk: Desk, record: Mapping[str, Any], action: Mapping[str, Any], done: Done) -> None:
        graduate, employer = record["graduate"], record["employer"]
        st.write(f"{graduate['name']}（{graduate['id_number']}）与 {employer['name']}")
        place = f"{record['id']}-{record['version']}-{action['name']}"
        faults: Mapping[str, str] = st.session_state.get(f"faults-{place}") or {}
        form = desk.catalog["forms"].get(action.get("form") or "", {"fields": []})
        with st.form(f"form-{place}", border=False):
            answers = {f["name"]: _field(f, f"{place}-{f['name']}", record, faults) for f in form["fields"]}
            if "" in faults:
                st.error(faults[""])
            sent = st.form_submit_button(f"确认{action['label']}", type="primary", shortcut="Ctrl+Enter")
        st.caption("Ctrl+Enter 确认，Esc 返回。")
        if sent:
            _submit(desk, record, action, {k: v for k, v in answers.items() if v not in (None, "")}, place, done)

    return ask


def _submit(
    desk: Desk,
    record: Mapping[str, Any],
    action: Mapping[str, Any],
    answers: Mapping[str, Any],
    place: str,
    done: Done,
) -> None:
    key = st.session_state.setdefault(f"key-{place}", new_key())
    try:
        outcome = desk.client.act(record["flow"], record["id"], action["name"], answers, record["version"], key)
    except Problem as problem:
        if problem.status == 422 and problem.faults:
            st.session_state[f"faults-{place}"] = {f["path"]: f["message"] for f in problem.faults}
            st.session_state.pop(f"key-{place}", None)  # a corrected form is a new act
            st.rerun(scope="fragment")
        if problem.code in ("stale", "refused"):
            st.session_state["meanwhile"] = meanwhile(problem)
            st.rerun()
        st.error(problem.detail)
        return
    st.session_state.pop(f"faults-{place}", None)
    done(outcome)


def meanwhile(problem: Problem) -> str:
    """What to say when somebody else was first: who, what, when."""
    decided = problem.body.get("decided_by") or {}
    label = problem.body.get("label")
    if problem.code == "stale" and decided:
        return f"该记录已由 {decided.get('name')} 先行处理，现为“{label}”。您的操作没有生效，请按最新状态处理。"
    return problem.detail


def _field(field: Mapping[str, Any], key: str, record: Mapping[str, Any], faults: Mapping[str, str]) -> Any:
    """One question as a widget; its fault stands directly below it."""
    label = field["label"] + ("（必填）" if field.get("required") else "")
    help_ = field.get("help") or None
    now = record.get("form", {}).get(field["name"], field.get("default"))
    if field.get("options"):
        values = [o["value"] for o in field["options"]]
        labels = {o["value"]: o["label"] for o in field["options"]}
        index = values.index(str(now)) if str(now) in values else None
        value: Any = st.selectbox(
            label, values, index, format_func=lambda v: labels[v], key=key, help=help_, placeholder="请选择"
        )
    elif field["kind"] == "boolean":
        value = st.checkbox(label, key=key, help=help_)
    elif field["kind"] == "long_text":
        value = st.text_area(label, key=key, help=help_, max_chars=field.get("max_length"))
    else:
        value = st.text_input(label, key=key, help=help_, max_chars=field.get("max_length"))
    if field["name"] in faults:
        st.error(faults[field["name"]])
    return value
