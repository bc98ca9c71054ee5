"""Room: 在线签约管理: the queue. Opens on what waits for me, so that no default filter hides work (dashboard.md 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import shell, words
from dashboard.shell import Desk

FLOW = "online_signing"
MINE, ALL = "__mine", "__all"
SIZE = 50
TEXTS = (
    ("name", "姓名（开头几个字）"),
    ("id_number", "身份证号码（完整）"),
    ("employer", "签约单位"),
    ("department", "所在院系"),
    ("agreement_no", "协议编号"),
)


def show(desk: Desk) -> None:
    st.title("在线签约管理")
    shell.said()
    chosen = _filters(desk)
    page = _page(desk, chosen)
    _remember(page["items"])
    if not page["items"]:
        st.info("没有符合条件的记录。可以放宽筛选条件，或选择“全部状态”。")
        _pager(page)
        return
    _table(desk, page)
    _pager(page)


def _filters(desk: Desk) -> dict[str, Any]:
    """What is asked for. Kept in the session, so that coming back from a record finds the same place."""
    flow = desk.catalog["flows"][FLOW]
    asked = st.session_state.pop("queue_filter", None)
    if asked:
        st.session_state["queue_state"] = asked["state"]
        _to_first_page()
    states = [MINE, ALL, *flow["states"]]
    if desk.party == "province":
        states.remove(MINE)
    kept = dict(st.session_state.get("queue_kept") or {})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = st.selectbox(
            "签约状态",
            states,
            index=states.index(_kept_state(kept, states)),
            format_func=lambda name: _state_label(flow, name),
            key="queue_state",
            on_change=_to_first_page,
            width=340,
        )
        level = st.selectbox(
            "学历层次",
            ["", "undergraduate", "postgraduate"],
            index=["", "undergraduate", "postgraduate"].index(kept.get("level", "")),
            format_func=lambda name: words.LEVELS.get(name, "全部"),
            key="queue_level",
            on_change=_to_first_page,
            width=130,
        )
        texts = {
            name: st.text_input(
                label, value=kept.get(name, ""), key=f"queue_{name}", on_change=_to_first_page, width=180
            )
            for name, label in TEXTS
        }
    chosen = {"state": state, "level": level, **{k: v.strip() for k, v in texts.items()}}
    st.session_state["queue_kept"] = chosen
    return chosen


def _kept_state(kept: Mapping[str, Any], states: list[str]) -> str:
    wanted = st.session_state.get("queue_state") or kept.get("state")
    return wanted if wanted in states else states[0]


def _state_label(flow: Mapping[str, Any], name: str) -> str:
    if name == MINE:
        return "待我处理"
    return "全部状态" if name == ALL else str(flow["states"][name]["label"])


def _to_first_page() -> None:
    st.session_state["queue_cursors"] = []


def asked(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The list's parameters for a choice of filters."""
    wanted = {name: chosen[name] for name in ("level", *(n for n, _ in TEXTS)) if chosen.get(name)}
    if chosen["state"] == MINE:
        wanted["waits_on"] = "me"
    elif chosen["state"] != ALL:
        wanted["state"] = chosen["state"]
    return wanted


def _page(desk: Desk, chosen: Mapping[str, Any]) -> dict[str, Any]:
    cursors = st.session_state.setdefault("queue_cursors", [])
    cursor = cursors[-1] if cursors else None
    return desk.client.get(f"/v1/{FLOW}", limit=SIZE, cursor=cursor, cohort=desk.cohort, **asked(chosen))


def _remember(items: list[Mapping[str, Any]]) -> None:
    """The order in which 下一条 goes on the review page."""
    st.session_state["queue_ids"] = [item["id"] for item in items]


def _table(desk: Desk, page: Mapping[str, Any]) -> None:
    items = page["items"]
    if st.button("从第一条开始处理", type="primary", shortcut="Alt+O"):
        desk.open("review", id=items[0]["id"])
    st.caption("单击一行打开该记录。快捷键 Alt+O 从第一条开始。")
    rows = pd.DataFrame([_row(desk, item) for item in items])
    picked = st.dataframe(
        rows,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-cell",
        height=min(38 + 35 * len(items), 640),
        key=f"queue_table_{items[0]['id']}_{len(items)}_{st.session_state.get('queue_seen', 0)}",
    )
    cells = picked["selection"]["cells"] if picked else []
    if cells:
        st.session_state["queue_seen"] = st.session_state.get("queue_seen", 0) + 1  # so the row is free on return
        desk.open("review", id=items[cells[0][0]]["id"])


def _row(desk: Desk, item: Mapping[str, Any]) -> dict[str, Any]:
    graduate, employer = item["graduate"], item["employer"]
    return {
        "签约发起方": "单位",
        "签约状态": item["label"],
        "所在院系": graduate["department"] or words.EMPTY,
        "学历层次": words.code(desk.catalog, "level", graduate["level_code"]),
        "专业": graduate["major"],
        "姓名": graduate["name"],
        "身份证号码": graduate["id_number"],
        "当前协议编号": item["agreement_no"] or words.EMPTY,
        "签约单位": employer["name"],
        "等待": words.age(item["since"]),
        **({"学校": graduate["school"]["name"]} if desk.party == "province" else {}),
    }


def _pager(page: Mapping[str, Any]) -> None:
    cursors = st.session_state["queue_cursors"]
    total = f"{page['total']}{'+' if page.get('total_is_capped') else ''}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write(f"共 {total} 条，第 {len(cursors) + 1} 页")
        if st.button("上一页", disabled=not cursors):
            cursors.pop()
            st.rerun()
        if st.button("下一页", disabled=not page.get("next")):
            cursors.append(page["next"])
            st.rerun()
