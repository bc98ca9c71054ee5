"""Room: 异议与留言: what graduates ask the desk and dispute, and its answers (dashboard.md 14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, dialogs, filters, rows, shell, tables, words
from dashboard.dialogs import Question
from dashboard.filters import Ask, Shelf
from dashboard.shell import Desk

SHELF = Shelf("inbox", {"status": "open"})
STATUSES = {"open": "待答复", "answered": "已答复", "": "全部"}
KINDS = {"": "全部", "question": "留言", "dispute": "异议"}
ANSWER = "inbox_answer"


def show(desk: Desk) -> None:
    st.title("异议与留言", anchor=False)
    shell.said()
    chosen = filters.draw(SHELF, _asks(), across=6)
    page = filters.asked(
        lambda: desk.client.get("/v1/notes", limit=filters.SIZE, cursor=SHELF.cursor, cohort=desk.cohort, **chosen)
    )
    if page is None:
        return
    with filters.bar():
        filters.pager(SHELF, page)
    asked = st.query_params.get("id") or ""
    note = next((one for one in page["items"] if one["id"] == asked), None)
    if note is not None:
        _one(desk, note)
    if not page["items"]:
        st.info("没有待答复的异议或留言。" if chosen["status"] == "open" else "没有符合条件的异议或留言。")
        return
    wish = rows.table(
        ("类型", "毕业生", "所在院系", "内容", "相关记录", "状态", "时间"),
        [_row(one, writes=_writes(desk)) for one in page["items"]],
        label="异议与留言",
        key="inbox_rows",
        whole=("类型", "毕业生", "状态", "时间"),
    )
    if wish.opened:
        desk.open(addresses.INBOX, id=wish.opened)


def _asks() -> list[Ask]:
    return [Ask("status", "状态", options=STATUSES), Ask("kind", "类型", options=KINDS)]


def _writes(desk: Desk) -> bool:
    return desk.party != "province" and desk.grant("employment") == "rw"


def _row(note: Mapping[str, Any], *, writes: bool) -> rows.Row:
    record = note["record"]
    cells = [
        note["kind_label"],
        note["graduate"]["name"],
        note["department"],
        _text(note),
        f"{record['flow_label']} {record['employer']}".strip() if record else words.EMPTY,
        note["status_label"],
        words.moment(note["created_at"]),
    ]
    return rows.row(note["id"], cells, button="答复" if writes and not note["answer"] else "查看")


def _text(note: Mapping[str, Any]) -> str:
    """A dispute may be one tap without a word; what it is about says enough."""
    about = f"对“{note['about']}”有异议" if note["about"] else ""
    return "：".join(t for t in (about, note["text"]) if t) or words.EMPTY


def _one(desk: Desk, note: Mapping[str, Any]) -> None:
    record = note["record"]
    link = (
        tables.own_link("查看相关记录", f"/{addresses.REVIEW}?flow={record['flow']}&id={record['id']}")
        if record
        else ""
    )
    person = tables.own_link("查看学生", f"/{addresses.STUDENTS}?id={note['graduate']['id']}")
    answered = "，".join(t for t in (note["answered_by"] or "", words.moment(note["answered_at"])) if t)
    facts = [
        (note["kind_label"], _text(note)),
        ("提出时间", words.moment(note["created_at"])),
        *([("答复", note["answer"]), ("答复人", answered)] if note["answer"] else []),
    ]
    title = f"{note['graduate']['name']}（{note['department']}）"
    tables.pairs(title, facts, after=f"<p>{person}　{link}</p>")
    if _writes(desk) and not note["answer"]:
        dialogs.button("答复", ANSWER, type="primary", shortcut="Alt+A")
    dialogs.ask(desk.client, _answering(desk, note))


def _answering(desk: Desk, note: Mapping[str, Any]) -> Question:
    def send(answers: dict[str, Any], _: bool) -> None:
        desk.client.post(f"/v1/notes/{note['id']}/answer", {"text": answers.get("text", "")})
        shell.say(f"已答复 {note['graduate']['name']}")

    fields = (dialogs.text("text", "答复内容", help="毕业生会在微信或短信中看到。"),)
    return Question(ANSWER, f"答复 {note['graduate']['name']}", fields, send, intro=(_text(note),), confirm="发送答复")
