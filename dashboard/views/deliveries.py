"""Room: 消息与上报: what was sent and pushed, what failed and why, and sending again (dashboard.md 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, dialogs, filters, rows, shell, tables, words
from dashboard.client import Problem
from dashboard.filters import Ask, Shelf
from dashboard.shell import Desk

SHELF = Shelf("deliveries")
CHANNELS = {"wechat": "微信", "sms": "短信", "ems": "就业管理系统"}
VERDICTS = {
    "sent": "对方已接收",
    "retry": "暂未成功，稍后重试",
    "other_channel": "此渠道无法送达",
    "dead": "对方拒绝",
    "unknown": "没有收到答复",
}
CHOSEN = "delivery_chosen"


def show(desk: Desk) -> None:
    st.title("消息与上报", anchor=False)
    shell.said()
    _counts(desk)
    chosen = filters.draw(SHELF, _asks(desk), across=6)
    wanted: dict[str, Any] = {**chosen, "status": [chosen["status"]] if chosen["status"] else []}
    page = filters.asked(lambda: desk.client.get("/v1/deliveries", limit=filters.SIZE, cursor=SHELF.cursor, **wanted))
    if page is None:
        return
    with filters.bar():
        filters.pager(SHELF, page)
    if not page["items"]:
        st.info("没有符合条件的消息。")
        return
    wish = rows.table(
        ("渠道", "内容", "毕业生", "状态", "原因", "尝试", "时间"),
        [_row(item) for item in page["items"]],
        label="消息与上报",
        key="delivery_rows",
        whole=("渠道", "毕业生", "时间"),
    )
    if wish.opened:
        st.session_state[CHOSEN] = wish.opened
        dialogs.begin(CHOSEN)
    item = next((one for one in page["items"] if str(one["id"]) == st.session_state.get(CHOSEN)), None)
    if item and st.session_state.get(dialogs.OPEN) == CHOSEN:
        _one(desk, item)


def _counts(desk: Desk) -> None:
    found = desk.client.get("/v1/deliveries/counts")
    labels = desk.catalog["deliveries"]
    cells = [
        (CHANNELS[channel], *(str(by_status.get(status, 0)) for status in labels))
        for channel, by_status in found["channels"].items()
    ]
    note = f"有 {found['dead']} 条发送失败，需要人工处理" if found["dead"] else ""
    refused = f"，其中上报被就业管理系统退回 {found['ems_refused']} 条" if found["ems_refused"] else ""
    before = tables.note(f"{note}{refused}。", "bad") if note else ""
    tables.grid("各渠道数量", ("渠道", *labels.values()), cells, before=before)


def _asks(desk: Desk) -> list[Ask]:
    notices = {name: notice["title"] for name, notice in desk.catalog["notices"].items()}
    return [
        Ask("status", "状态", options={"": "全部", **desk.catalog["deliveries"]}),
        Ask("channel", "渠道", options={"": "全部", **CHANNELS}),
        Ask("notice", "内容", options={"": "全部", **notices}, wide=2),
    ]


def _row(item: Mapping[str, Any]) -> rows.Row:
    cells = [
        item["channel_label"],
        item["title"],
        item["graduate"]["name"] if item["graduate"] else words.EMPTY,
        item["status_label"],
        words.spoken(item["cause"]),
        f"{item['attempts']} 次",
        words.moment(item["at"]),
    ]
    return rows.row(str(item["id"]), cells, button="处理" if item["status"] == "dead" else "查看")


def _one(desk: Desk, item: Mapping[str, Any]) -> None:
    """Every try of one message, and sending it again."""

    @st.dialog(str(item["title"]), width="large", on_dismiss=dialogs.close)
    def dialog() -> None:
        try:
            tries = desk.client.get(f"/v1/deliveries/{item['id']}/tries")["items"]
        except Problem as problem:
            st.error(problem.detail)
            return
        facts = [("渠道", item["channel_label"]), ("状态", item["status_label"]), ("原因", words.spoken(item["cause"]))]
        times = [("产生时间", words.moment(item["created_at"])), ("应发时间", words.moment(item["due_at"]))]
        tables.pairs("消息", [*facts, *times, ("完成时间", words.moment(item["settled_at"]))])
        tables.grid(
            "每次发送",
            ("序号", "开始", "结束", "结果", "原因"),
            [
                (str(t["number"]), words.moment(t["began_at"]), words.moment(t["ended_at"]),
                 VERDICTS.get(t["verdict"], "其他"), words.spoken(t["cause"]))
                for t in tries
            ],
            before="" if tries else tables.note("还没有发送过。"),
        )  # fmt: skip
        if item["record_id"]:
            st.html(tables.own_link("查看相关记录", f"/{addresses.REVIEW}?flow={item['flow']}&id={item['record_id']}"))
        writes = desk.party != "province" and desk.grant("employment") == "rw"
        if item["repeatable"] and writes and st.button("重新发送", type="primary"):
            _again(desk, item)

    dialog()


def _again(desk: Desk, item: Mapping[str, Any]) -> None:
    if shell.tried(lambda: desk.client.post(f"/v1/deliveries/{item['id']}/again")):
        shell.say("已安排重新发送")
        dialogs.close()
        st.rerun()
