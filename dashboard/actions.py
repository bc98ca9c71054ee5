"""Room: from an action that the API offers to buttons, questions and the call. Nothing here knows a flow.

Which question is open is kept in the session, so that it stays open when a lost connection makes Streamlit run the
page again. Every opening of a question has a number of its own: what an earlier one held is not shown again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard import drafts, forms, shell, words
from dashboard.client import Problem
from dashboard.shell import Desk

Done = Callable[[Mapping[str, Any]], None]
SHORTCUTS = {"approve": "Alt+A", "return": "Alt+T", "reject": "Alt+J", "edit": "Alt+E"}
ASKING = "asking"
MOVED = "moved"  # set when somebody else was first; the review page says who, from the history
TICK = "warning_acknowledged"  # asked for only where there is something to be acknowledged (workflows.md, Review page)
TAKE, SEEN = "take_latest", "latest_seen"  # the second is filled in by the page: what the reviewer has before them


def buttons(desk: Desk, record: Mapping[str, Any], done: Done) -> Mapping[str, Any] | None:
    """Every action of the record that this user has, closed ones grey; the one whose question is open."""
    for action in sorted(record["actions"], key=_rank):
        pressed = st.button(
            action["label"],
            key=f"act-{record['id']}-{record['version']}-{action['name']}",
            type="primary" if _rank(action) == 0 else "secondary",
            disabled=not action["open"],
            shortcut=SHORTCUTS.get(_kind(action)) if action["open"] else None,
        )
        if pressed:
            st.session_state["turn"] = st.session_state.get("turn", 0) + 1
            place = (str(desk.me["id"]), record["id"], action["name"])
            st.session_state[ASKING] = _Asking(place, record["version"], record["review"]["latest"]["digest"])
    return _asked(desk, record, done)


def _kind(action: Mapping[str, Any]) -> str:
    """`approve` of `approve_agreement`."""
    return str(action["name"]).partition("_")[0]


def _rank(action: Mapping[str, Any]) -> int:
    """Decisions in the order in which they are usual, edits after them."""
    order = ("approve", "return", "reject")
    return order.index(_kind(action)) if _kind(action) in order else len(order)


def reasons(record: Mapping[str, Any]) -> None:
    """Why something is closed, and that nothing is to be done where nothing is."""
    if not record["actions"]:
        st.caption("当前没有需要您处理的操作。")
    closed = [a["reason"] for a in record["actions"] if not a["open"]]
    for reason in dict.fromkeys(closed):
        st.caption(f"暂不能操作：{reason}")


@dataclass(frozen=True)
class _Asking:
    """The question that is open. `seen`: the digest of the roster's values that the reviewer had before them.
    `unanswered`: it was sent, and nobody knows what became of it.
    """

    place: drafts.Place
    version: int
    seen: str
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
    if answers.get(TAKE):
        answers[SEEN] = asking.seen
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
        return [f for f in form["fields"] if self._asked(f["name"])]

    def _asked(self, name: str) -> bool:
        if name == TICK:
            return warned(self.record)
        return name != SEEN and (name != TAKE or bool(outdated(self.desk, self.record)))

    @property
    def draft(self) -> drafts.Place:
        return str(self.desk.me["id"]), self.record["id"], self.action["name"]


def warned(record: Mapping[str, Any]) -> bool:
    """Whether the employer has a mark or is known not to be in operation."""
    registry = (record.get("review") or {}).get("registry") or {}
    return bool((record.get("marks") or {}).get("shown")) or registry.get("in_operation") is False


def outdated(desk: Desk, record: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What an approval with "fetch latest" would take over: column, as recorded, as the roster has it now."""
    latest, snapshot = record["review"]["latest"]["values"], record["snapshot"] or {}
    recorded = {**(snapshot.get("basic") or {}), **snapshot}
    changed = [
        (n, recorded.get(n) or "", now or "") for n, now in latest.items() if (recorded.get(n) or "") != (now or "")
    ]
    region = desk.client.region
    return [
        (
            words.COLUMNS.get(n, n),
            words.column(desk.catalog, n, then, region),
            words.column(desk.catalog, n, now, region),
        )
        for n, then, now in changed
    ]


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
    beside = f"与 {employer['name']}" if employer["name"] else ""
    st.text(f"{graduate['name']}（{graduate['id_number']}）{beside}")
    before = {**question.record["form"], **drafts.recall(question.draft)}
    fields, send = question.fields, f"确认{question.action['label']}"
    if TAKE in {f["name"] for f in fields}:
        changed = [f"{label} {then} → {now}" for label, then, now in outdated(question.desk, question.record)]
        st.caption(f"学生名单现值与登记时不同：{'；'.join(changed)}。")
    client = question.desk.client
    if forms.live(fields):
        forms.draw(client, fields, _key, before, faults)
        st.button(send, key=_key("send"), type="primary", shortcut="Ctrl+Enter")
    else:
        with st.form(_key("form"), border=False, enter_to_submit=False):
            forms.draw(client, fields, _key, before, faults)
            st.form_submit_button(send, key=_key("send"), type="primary", shortcut="Ctrl+Enter")
    st.caption("Ctrl+Enter 确认，Esc 取消。")


def _answers(question: _Question) -> dict[str, Any]:
    answers, asking = forms.answers(question.fields, _key), st.session_state.get(ASKING)
    if answers.get(TAKE) and asking:
        answers[SEEN] = asking.seen
    return answers


def _submit(question: _Question, done: Done) -> tuple[Mapping[str, str], Problem | None]:
    """Send what was typed; the faults by field, or what else stood in the way."""
    answers, record = _answers(question), question.record
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
