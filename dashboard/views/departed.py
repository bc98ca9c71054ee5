"""Room: 失效信息管理 and 作废信息管理: who left the roster, whose destination was voided (dashboard.md 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, dialogs, filters, jobs, rows, shell, tables, words
from dashboard.filters import Shelf
from dashboard.shell import Desk
from dashboard.views import student

INVALIDATED, VOIDED = Shelf("invalidated"), Shelf("voided")
CHOSEN = "invalidated_chosen"


def _page(desk: Desk, shelf: Shelf) -> dict[str, Any] | None:
    chosen = filters.draw(shelf, filters.people(desk, "学院"), across=7)
    page = filters.asked(
        lambda: desk.client.listed(shelf.name, limit=filters.SIZE, cursor=shelf.cursor, cohort=desk.cohort, **chosen)
    )
    if page is not None:
        with filters.bar():
            filters.pager(shelf, page, "人")
    return page


def _person(desk: Desk, item: Mapping[str, Any]) -> list[str]:
    return [
        item["name"],
        words.code(desk.catalog, "sex", item["sex"]),
        item["school"]["name"],
        item["department"],
        item["major"],
        words.code(desk.catalog, "level", item["level_code"]),
        item["id_number"],
    ]


# --- left the roster -----------------------------------------------------------------------------


def invalidated(desk: Desk) -> None:
    st.title("失效信息管理", anchor=False)
    shell.said()
    jobs.show(desk, "restoring")
    page = _page(desk, INVALIDATED)
    if page is None:
        return
    if not page["items"]:
        st.info("没有失效的学生。从名单移除的学生会列在这里，恢复后其记录继续办理。")
        return
    restores = desk.party == "school" and desk.grant("employment") == "rw"
    wish = rows.table(
        ("类型", "姓名", "性别", "高校", "学院", "专业", "学历层次", "身份证号码", "失效时间", "原因"),
        [_left(desk, item, restores=restores) for item in page["items"]],
        label="失效学生",
        key="invalidated_rows",
        whole=("姓名", "身份证号码", "失效时间"),
    )
    if wish.opened and not restores:
        desk.open(addresses.STUDENTS, id=wish.opened)
    if wish.opened:
        st.session_state[CHOSEN] = wish.opened
        dialogs.begin(student.RESTORE)
    chosen = next((item for item in page["items"] if item["id"] == st.session_state.get(CHOSEN)), None)
    if chosen is not None:
        dialogs.ask(desk.client, student.restoring(desk, chosen))


def _left(desk: Desk, item: Mapping[str, Any], *, restores: bool) -> rows.Row:
    flows = desk.catalog["flows"]
    kinds = "、".join(dict.fromkeys(flows[r["flow"]]["label"] for r in item["records"])) or "无记录"
    why = "，".join(t for t in (item["reason"], item["removed_by"]) if t) or words.EMPTY
    cells = [kinds, *_person(desk, item), words.moment(item["invalid_at"]), why]
    return rows.row(item["id"], cells, button="恢复" if restores else "查看")


# --- voided destinations -------------------------------------------------------------------------


def voided(desk: Desk) -> None:
    asked = st.query_params.get("id") or ""
    if asked:
        _one(desk, asked)
        return
    st.title("作废信息管理", anchor=False)
    shell.said()
    page = _page(desk, VOIDED)
    if page is None:
        return
    if not page["items"]:
        st.info("没有作废去向后尚未重新登记的学生。")
        return
    wish = rows.table(
        ("序号", "签约证明码", "姓名", "性别", "院校", "学院", "专业", "学历层次", "身份证号", "作废时间"),
        [_void(desk, n, item) for n, item in enumerate(page["items"], len(VOIDED.cursors) * filters.SIZE + 1)],
        label="作废去向的学生",
        key="voided_rows",
        whole=("姓名", "身份证号", "作废时间", "签约证明码"),
    )
    if wish.opened:
        desk.open(addresses.VOIDED, id=wish.opened)


def _void(desk: Desk, number: int, item: Mapping[str, Any]) -> rows.Row:
    cells = [str(number), item["proof_code"], *_person(desk, item), words.moment(item["voided_at"])]
    times = [(f"作废过 {item['voided']} 次", "plain")] if item["voided"] > 1 else []
    return rows.row(item["id"], cells, marks=times, button="详情")


def _one(desk: Desk, graduate_id: str) -> None:
    """Every voided destination of a graduate in full, with its history."""
    person = shell.found(desk, "/v1/voided", graduate_id)
    if person is None:
        st.title("作废信息管理", anchor=False)
        st.warning("没有找到这名学生的作废信息，可能不在您的管理范围内。")
    else:
        st.title(f"{person['name']} · 作废信息", anchor=False)
        labels = ("性别", "院校", "学院", "专业", "学历层次", "身份证号")
        tables.pairs(
            "学生信息", [*zip(labels, _person(desk, person)[1:], strict=True), ("签约证明码", person["proof_code"])]
        )
    if st.button("返回列表", shortcut="Alt+B"):
        desk.open(addresses.VOIDED)
    for record in person["records"] if person else ():
        _record(desk, record)


def _record(desk: Desk, record: Mapping[str, Any]) -> None:
    fields = {f["name"]: f for f in desk.catalog["forms"]["destination.submit"]["fields"]}
    filled = record["form"]
    rows_ = [
        (f["label"], words.shown(f, filled[n], desk.client.region))
        for n, f in fields.items()
        if n in filled and f["kind"] != "files"
    ]
    kind = words.code(desk.catalog, "destination", record["destination_code"])
    left, right = st.columns(2, gap="medium")
    with left:
        tables.pairs(f"{kind}（{words.moment(record['created_at'])} 登记）", rows_)
    with right:
        tables.grid(
            "办理历史",
            ("操作", "操作描述", "操作人", "操作时间"),
            [(s["label"], s["description"], s["by"], words.moment(s["at"])) for s in record["history"]],
            whole_last=True,
        )
