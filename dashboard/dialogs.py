"""Room: questions of a page that are not acts on a record: a form in a dialog, its faults, and being asked once more.

Which question is open is kept in the session. Every opening has a number of its own: what an earlier one held is not
shown again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard import forms, shell
from dashboard.client import Client, Problem

OPEN = "dialog_open"
TWICE = "dialog_twice"
AGAIN = ("last_reviewer", "all_levels")
"""Guards that want to be told again; the sentence says what follows."""

Send = Callable[[dict[str, Any], bool], None]
"""Answers, and whether one has been asked once more. Raises Problem."""


@dataclass(frozen=True)
class Question:
    """`name` says which it is; `intro`: what stands above the form; `also`: draws what the form has not, its answers
    are read by `send` from the session.
    """

    name: str
    title: str
    fields: Sequence[forms.Field]
    send: Send
    before: Mapping[str, Any] = field(default_factory=dict)
    intro: Sequence[str] = ()
    confirm: str = "确认"
    also: Callable[[], None] | None = None


def begin(name: str) -> None:
    """Open a question at the end of this run."""
    st.session_state["turn"] = st.session_state.get("turn", 0) + 1
    st.session_state[OPEN] = name
    st.session_state.pop(TWICE, None)


def close() -> None:
    st.session_state.pop(OPEN, None)
    st.session_state.pop(TWICE, None)


def key(name: str) -> str:
    """A widget of the question that is open."""
    return f"say-{st.session_state.get('turn', 0)}-{name}"


def button(label: str, name: str, **more: Any) -> None:
    """A button that opens a question."""
    if st.button(label, key=f"open-{name}", **more):
        begin(name)


def ask(client: Client, *questions: Question) -> None:
    """Show the one of the page's questions that is open."""
    wanted = st.session_state.get(OPEN)
    question = next((q for q in questions if q.name == wanted), None)
    if question is not None:
        _show(client, question)


def _show(client: Client, question: Question) -> None:
    @st.dialog(question.title, width="medium", on_dismiss=close)
    def dialog() -> None:
        faults: Mapping[str, str] = {}
        if st.session_state.get(key("send")):
            faults = _submit(question)
        for sentence in question.intro:
            st.text(sentence)
        if forms.live(question.fields) or question.also:
            _questions(client, question, faults)
            st.button(_confirm(question), key=key("send"), type="primary", shortcut="Ctrl+Enter")
        else:
            with st.form(key("form"), border=False, enter_to_submit=False):
                _questions(client, question, faults)
                st.form_submit_button(_confirm(question), key=key("send"), type="primary", shortcut="Ctrl+Enter")
        st.caption("Ctrl+Enter 确认，Esc 取消。")

    dialog()


def _questions(client: Client, question: Question, faults: Mapping[str, str]) -> None:
    forms.draw(client, question.fields, key, question.before, faults)
    if question.also:
        question.also()
    if twice := st.session_state.get(TWICE):
        st.warning(twice)


def _confirm(question: Question) -> str:
    return "已了解，仍要提交" if st.session_state.get(TWICE) else question.confirm


def _submit(question: Question) -> Mapping[str, str]:
    """Send what was typed; the faults by field. Of a question that is wholly ours nobody else asks for a choice."""
    said = forms.answers(question.fields, key)
    unsaid = [f for f in question.fields if f["kind"] == "choice" and f["required"] and f["name"] not in said]
    if unsaid and all(f.get("own") for f in question.fields):
        return {f["name"]: f"请选择“{f['label']}”。" for f in unsaid}
    try:
        question.send(said, bool(st.session_state.get(TWICE)))
    except Problem as problem:
        if problem.status == 401:
            close()
            shell.ended()
            return {}
        if problem.body.get("guard") in AGAIN:
            st.session_state[TWICE] = problem.detail
            return {}
        if problem.faults:
            return {f["path"]: f["message"] for f in problem.faults}
        st.error(problem.detail)
        if problem.status >= 500:
            st.caption(shell.SAFE)
        return {}
    else:
        close()
        st.rerun()


def text(name: str, label: str, *, required: bool = True, long: bool = True, help: str = "") -> forms.Field:
    """A question of our own in the catalogue's shape."""
    kind = "long_text" if long else "text"
    return {
        "name": name, "label": label, "kind": kind, "options": None, "required": required, "when": None,
        "default": None, "help": help, "own": True,
    }  # fmt: skip


def tick(name: str, label: str) -> forms.Field:
    return {**text(name, label), "kind": "boolean"}


def choice(name: str, label: str, options: Mapping[str, str], *, required: bool = True) -> forms.Field:
    offered = [{"value": value, "label": shown, "group": ""} for value, shown in options.items()]
    return {**text(name, label, required=required), "kind": "choice", "options": offered}
