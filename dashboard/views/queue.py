"""Room: 在线签约管理: the queue. Opens on what waits for me, so that no default filter hides work (dashboard.md 7).

Filters, page and order live beside Streamlit's widgets, which forget what they held when their page is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, rows, shell, words
from dashboard.client import Problem
from dashboard.rows import Row
from dashboard.shell import Desk

FLOW = "online_signing"
MINE, ALL = "__mine", "__all"
SIZE = 50
LEVELS = ("", "undergraduate", "postgraduate")
TEXTS = (
    ("name", "姓名", "开头几个字即可"),
    ("id_number", "身份证号码", "需完整填写"),
    ("employer", "签约单位", "名称的一部分即可"),
    ("department", "所在院系", "需填写全称"),
    ("major", "专业", "需填写全称"),
    ("agreement_no", "协议编号", "需完整填写"),
)
NAMES = ("state", "level", *(name for name, _, _ in TEXTS))


def show(desk: Desk) -> None:
    st.title("在线签约管理", anchor=False)
    shell.said()
    chosen = _filters(desk)
    try:
        page = _page(desk, chosen)
    except Problem as problem:
        if problem.status != 400:
            raise
        st.error("；".join(dict.fromkeys(f["message"] for f in problem.faults)) or problem.detail)
        return
    st.session_state["queue_ids"] = [item["id"] for item in page["items"]]
    _bar(desk, page)
    if page["items"]:
        _list(desk, page["items"])
    else:
        _nothing(chosen)


# --- filters -------------------------------------------------------------------------------------


def narrow(state: str = "") -> None:
    """Forget the present filters; show one state, or what waits for me."""
    st.session_state["queue_kept"] = {"state": state}
    for name in NAMES:
        st.session_state.pop(f"queue_{name}", None)
    to_first_page()


def to_first_page() -> None:
    st.session_state["queue_cursors"] = []


def _kept(desk: Desk) -> dict[str, str]:
    kept = dict.fromkeys(NAMES, "") | (st.session_state.get("queue_kept") or {})
    if kept["state"] not in _states(desk):
        kept["state"] = _states(desk)[0]
    return kept


def _states(desk: Desk) -> list[str]:
    mine = [] if desk.party == "province" else [MINE]
    return [*mine, ALL, *desk.catalog["flows"][FLOW]["states"]]


def _filters(desk: Desk) -> dict[str, str]:
    kept = _kept(desk)
    for name in NAMES:  # a widget that was away begins with what was kept, one that is here has its own mind
        st.session_state.setdefault(f"queue_{name}", kept[name])
    flow = desk.catalog["flows"][FLOW]
    first, second = st.columns([3, 1, 2, 2], vertical_alignment="bottom"), st.columns(5, vertical_alignment="bottom")
    with first[0]:
        _select("签约状态", "state", _states(desk), lambda name: _state_label(flow, name))
    with first[1]:
        _select("学历层次", "level", list(LEVELS), lambda name: words.level(desk.catalog, name or "all"))
    for cell, (name, label, hint) in zip([*first[2:], *second[:4]], TEXTS, strict=True):
        cell.text_input(label, key=f"queue_{name}", placeholder=hint, max_chars=120, on_change=to_first_page)
    second[4].button("清除筛选", on_click=narrow, width="stretch", shortcut="Alt+X")
    chosen = {name: str(st.session_state[f"queue_{name}"] or "").strip() for name in NAMES}
    st.session_state["queue_kept"] = chosen
    return chosen


def _select(label: str, name: str, options: list[str], say: Any) -> None:
    st.selectbox(
        label,
        options,
        format_func=say,
        key=f"queue_{name}",
        on_change=to_first_page,
        filter_mode=None,
        placeholder="请选择",
    )


def _state_label(flow: Mapping[str, Any], name: str) -> str:
    if name == MINE:
        return "待我处理"
    return "全部状态" if name == ALL else str(flow["states"][name]["label"])


def asked(desk: Desk, chosen: Mapping[str, str]) -> dict[str, str]:
    """The list's parameters for a choice of filters; what waits for somebody begins with the oldest."""
    wanted = {name: value for name, value in chosen.items() if value and name != "state"}
    if chosen["state"] == MINE:
        return {**wanted, "waits_on": "me"}
    if chosen["state"] == ALL:
        return wanted
    waits = desk.catalog["flows"][FLOW]["states"][chosen["state"]]["waits_on"]
    return {**wanted, "state": chosen["state"], "sort": "oldest" if waits else "newest"}


# --- the page ------------------------------------------------------------------------------------


def _page(desk: Desk, chosen: Mapping[str, str]) -> dict[str, Any]:
    cursors = st.session_state.setdefault("queue_cursors", [])
    return _ask(desk, chosen, cursors[-1] if cursors else None)


def _ask(desk: Desk, chosen: Mapping[str, str], cursor: str | None) -> dict[str, Any]:
    return desk.client.records(FLOW, limit=SIZE, cursor=cursor, cohort=desk.cohort, **asked(desk, chosen))


def ids(desk: Desk) -> list[str]:
    """The order in which a reviewer goes from record to record: the list last shown, else the queue from its start."""
    known = st.session_state.get("queue_ids")
    if known is None:
        known = restarted(desk)
    return list(known)


def restarted(desk: Desk) -> list[str]:
    """The list from its first page, by the same filters: what follows when the page at hand is done."""
    to_first_page()
    page = _ask(desk, _kept(desk), None)
    st.session_state["queue_ids"] = [item["id"] for item in page["items"]]
    return list(st.session_state["queue_ids"])


def leaves_when_decided(desk: Desk) -> bool:
    """Whether a decided record falls out of the list that is being worked on."""
    return _kept(desk)["state"] != ALL


def _bar(desk: Desk, page: Mapping[str, Any]) -> None:
    """Above the list, so that nothing moves when the list grows: where to begin, how many, which page."""
    cursors = st.session_state["queue_cursors"]
    total = f"{page['total']}{'+' if page['total_is_capped'] else ''}"
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("从第一条开始", type="primary", shortcut="Alt+O", disabled=not page["items"]):
            desk.open(addresses.REVIEW, id=page["items"][0]["id"])
        st.text(f"共 {total} 条，第 {len(cursors) + 1} 页", width="content")
        if st.button("上一页", disabled=not cursors, shortcut="Alt+Left"):
            cursors.pop()
            st.rerun()
        if st.button("下一页", disabled=not page["next"], shortcut="Alt+Right"):
            cursors.append(page["next"])
            st.rerun()


def _nothing(chosen: Mapping[str, str]) -> None:
    narrowed = any(value for name, value in chosen.items() if name != "state")
    if chosen["state"] == MINE and not narrowed:
        st.info("目前没有待您处理的记录。要查看其他记录，请在“签约状态”中选择“全部状态”。")
    else:
        st.info("没有符合条件的记录。可以放宽筛选条件，或点击“清除筛选”。")


def _list(desk: Desk, items: list[Mapping[str, Any]]) -> None:
    columns = list(_cells(desk, items[0]))
    opened = rows.table(
        columns,
        [_row(desk, item) for item in items],
        label="在线签约记录",
        key="queue_rows",
        whole=("姓名", "身份证号码", "等待"),
    )
    st.caption("单击一行打开记录；用 Tab 键移到“处理”“查看”，按 ↑ ↓ 换行，按 Enter 打开。")
    if opened and opened in st.session_state["queue_ids"]:
        desk.open(addresses.REVIEW, id=opened)


def _row(desk: Desk, item: Mapping[str, Any]) -> Row:
    mine = item["waits_on"] == desk.party and not item["frozen"] and desk.grant("employment") == "rw"
    return {
        "id": item["id"],
        "cells": list(_cells(desk, item).values()),
        "mark": "名单失效，已暂停" if item["frozen"] else "单位已停用" if item["employer_suspended"] else "",
        "button": "处理" if mine else "查看",
    }


def _cells(desk: Desk, item: Mapping[str, Any]) -> dict[str, str]:
    graduate, employer = item["graduate"], item["employer"]
    return {
        **({"学校": graduate["school"]["name"]} if desk.party == "province" else {}),
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
    }
