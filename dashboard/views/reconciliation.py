"""Room: 对账: what this platform would report of each graduate beside what the EMS acknowledged (dashboard.md 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, dialogs, filters, rows, shell, tables, words
from dashboard.filters import Ask, Shelf
from dashboard.shell import Desk

SHELF = Shelf("reconciliation", {"status": "differs"})
STATUSES = {"differs": "不一致", "pending": "等待上报", "equal": "一致", "": "全部"}
CHOSEN = "reconciliation_chosen"


def show(desk: Desk) -> None:
    st.title("与就业管理系统对账", anchor=False)
    shell.said()
    chosen = filters.draw(SHELF, [Ask("status", "结果", options=STATUSES)], across=5, clear=False)
    page = filters.asked(
        lambda: desk.client.get(
            "/v1/reconciliation", limit=filters.SIZE, cursor=SHELF.cursor, cohort=desk.cohort, **chosen
        )
    )
    if page is None:
        return
    counts = page["counts"]
    refused = f"，被退回 {counts['refused']} 人" if counts["refused"] else ""
    st.caption(f"已上报 {counts['told']} 人，等待上报 {counts['waiting']} 人{refused}。不含已失效的学生。")
    with filters.bar():
        filters.turner(SHELF, page)
    if not page["items"]:
        more = "本页没有符合条件的学生，请看下一页。" if page["next"] else "没有符合条件的学生。"
        st.info("没有不一致的学生。" if chosen["status"] == "differs" and not page["next"] else more)
        return
    wish = rows.table(
        ("毕业生", "所在院系", "结果", "不一致的项目", "上报失败原因", "最近确认"),
        [_row(item) for item in page["items"]],
        label="对账结果",
        key="reconciliation_rows",
        whole=("毕业生", "结果", "最近确认"),
    )
    if wish.opened:
        st.session_state[CHOSEN] = wish.opened
        dialogs.begin(CHOSEN)
    item = next((one for one in page["items"] if one["graduate"]["id"] == st.session_state.get(CHOSEN)), None)
    if item and st.session_state.get(dialogs.OPEN) == CHOSEN:
        _one(desk, item)


def _row(item: Mapping[str, Any]) -> rows.Row:
    cells = [
        item["graduate"]["name"],
        item["graduate"]["department"],
        item["label"],
        "、".join(d["label"] for d in item["differences"]) or words.EMPTY,
        words.spoken(item["refused"]),
        words.moment(item["acked_at"]),
    ]
    return rows.row(item["graduate"]["id"], cells)


def _one(desk: Desk, item: Mapping[str, Any]) -> None:
    """Field by field, and reporting again."""
    person = item["graduate"]

    @st.dialog(f"对账：{person['name']}", width="large", on_dismiss=dialogs.close)
    def dialog() -> None:
        refused = f"上报失败：{words.spoken(item['refused'])}" if item["refused"] else ""
        differing = item["differences"]
        tables.grid(
            "不一致的项目",
            ("项目", "本平台", "就业管理系统"),
            [(d["label"], d["ours"] or words.EMPTY, d["theirs"] or words.EMPTY) for d in differing],
            before=tables.note(refused, "bad") if refused else "" if differing else tables.note("没有不一致的项目。"),
        )
        links = [tables.own_link("查看学生", f"/{addresses.STUDENTS}?id={person['id']}")]
        if record := item["record"]:
            links.append(tables.own_link("查看记录", f"/{addresses.REVIEW}?flow={record['flow']}&id={record['id']}"))
        st.html("　".join(links))
        writes = desk.party != "province" and desk.grant("employment") == "rw"
        if writes and st.button("重新上报", type="primary"):
            _again(desk, person)

    dialog()


def _again(desk: Desk, person: Mapping[str, Any]) -> None:
    if shell.tried(lambda: desk.client.post(f"/v1/graduates/{person['id']}/push")):
        shell.say(f"{person['name']}：已安排重新上报")
        dialogs.close()
        st.rerun()
