"""Room: approving picked rows of a queue: each is decided by itself and reported one by one (dashboard.md 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import shell, tables, words
from dashboard.client import Problem
from dashboard.shell import Desk

PICKED, DONE = "bulk_picked", "bulk_done"
SHOWN = 8


def simple(desk: Desk, item: Mapping[str, Any]) -> bool:
    """Whether a row may be approved without being opened: no risk mark, nothing that must be filled in. Hints stop
    nothing.
    """
    action, review = _approval(desk, item), item["review"] or {}
    if action is None or review.get("warned") or review.get("not_operating"):
        return False
    form = desk.catalog["forms"].get(action["form"] or "", {"fields": []})
    return not any(field["required"] for field in form["fields"])


def _approval(desk: Desk, item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The approval of the state in which a row stands, by the flow's table."""
    actions: list[Mapping[str, Any]] = desk.catalog["flows"][item["flow"]]["actions"]
    mine = [a for a in actions if item["state"] in a["source"] and desk.party in a["by"]]
    return next((a for a in mine if a["name"].partition("_")[0] == "approve"), None)


def begin(menu: str, items: Sequence[Mapping[str, Any]]) -> None:
    st.session_state["turn"] = st.session_state.get("turn", 0) + 1
    st.session_state[PICKED] = {"menu": menu, "items": [dict(item) for item in items]}


def _close() -> None:
    st.session_state.pop(PICKED, None)


def ask(desk: Desk, menu: str) -> None:
    """The question before picked rows are approved, if it is open."""
    picked = st.session_state.get(PICKED)
    if not picked or picked["menu"] != menu:
        _close()
        return
    items, turn = picked["items"], st.session_state.get("turn", 0)
    note, send = f"bulk-note-{turn}", f"bulk-send-{turn}"

    @st.dialog("批量通过", on_dismiss=_close)
    def dialog() -> None:
        if st.session_state.get(send):
            _do(desk, menu, items, str(st.session_state.get(note) or "").strip())
        st.text(f"将逐条审核通过下列 {len(items)} 条记录，每条分别给出结果：")
        st.text("\n".join(_named(item) for item in items[:SHOWN]) + ("\n……" if len(items) > SHOWN else ""))
        with st.form(f"bulk-form-{turn}", border=False, enter_to_submit=False):
            st.text_area("备注", key=note, height=80)
            st.caption("可不填，记入每条记录的办理历史。")
            st.form_submit_button("确认批量通过", key=send, type="primary", shortcut="Ctrl+Enter")
        st.caption("Ctrl+Enter 确认，Esc 取消。")

    dialog()


def _named(item: Mapping[str, Any]) -> str:
    employer = item["employer"]["name"]
    return f"{item['graduate']['name']}，{employer}" if employer else str(item["graduate"]["name"])


def _do(desk: Desk, menu: str, items: Sequence[Mapping[str, Any]], note: str) -> None:
    """One call for each flow and step; asked again after a lost answer, each is still done once."""
    steps: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in items:
        approval = _approval(desk, item)
        if approval is not None:
            steps.setdefault((item["flow"], approval["name"]), []).append(item)
    told: list[tuple[str, str, bool]] = []
    for (flow, action), group in steps.items():
        wanted = [{"id": item["id"], "version": item["version"]} for item in group]
        try:
            answers = desk.client.bulk(flow, action, wanted, {"note": note} if note else {})["results"]
        except Problem as problem:
            if problem.status == 401:
                shell.ended()
                return
            told += [(_named(item), problem.detail, False) for item in group]
            continue
        names = {item["id"]: _named(item) for item in group}
        told += [(names[one["id"]], _said(one), one["done"]) for one in answers]
    st.session_state[DONE] = {"menu": menu, "rows": told}
    _close()
    st.rerun()


def _said(result: Mapping[str, Any]) -> str:
    if result["done"]:
        return f"已通过，现为“{result['outcome']['label']}”"
    problem = result["problem"]
    by = problem.get("decided_by")
    if by:
        return f"已由 {by['name']} 于 {words.moment(by['at'])} 先行处理，现为“{problem['label']}”"
    return "；".join(f["message"] for f in problem.get("faults") or []) or str(problem["detail"])


def results(menu: str) -> None:
    """What became of the rows that were approved together, until it has been read."""
    done = st.session_state.get(DONE)
    if not done or done["menu"] != menu:
        return
    told = done["rows"]
    good = sum(ok for _, _, ok in told)
    tables.grid(
        f"批量办理结果：{good} 条已通过，{len(told) - good} 条未办理",
        ("记录", "结果"),
        [(name, said) for name, said, _ in told],
        marked=frozenset(n for n, (_, _, ok) in enumerate(told) if not ok),
    )
    if st.button("知道了", key="bulk_read"):
        st.session_state.pop(DONE)
        st.rerun()
