"""Room: 预警单位管理: marks of the own school, with evidence and the open cases that they concern (roles.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, dialogs, filters, rows, shell, tables, uploads, words
from dashboard.dialogs import Question
from dashboard.filters import Ask, Shelf
from dashboard.shell import Desk

NEW, EDIT, REMOVE = "warning_new", "warning_edit", "warning_remove"
SHELF = Shelf("warnings")
EVIDENCE = "warning_evidence"
MOST = 10 * 1024 * 1024


def show(desk: Desk) -> None:
    st.title("预警单位管理", anchor=False)
    shell.said()
    marks = desk.client.get("/v1/warnings")["items"]
    asked = st.query_params.get("id") or ""
    chosen = next((mark for mark in marks if mark["id"] == asked), None)
    if chosen is not None:
        _one(desk, chosen)
        return
    if asked:
        st.warning("没有找到这条预警，它可能已被删除。")
    _all(desk, marks)


def _writes(desk: Desk) -> bool:
    return desk.grant("employment") == "rw"


# --- the list ------------------------------------------------------------------------------------


def _all(desk: Desk, marks: list[Mapping[str, Any]]) -> None:
    with filters.bar():
        st.text(f"共 {len(marks)} 家", width="content")
        if _writes(desk) and st.button("新增预警单位", type="primary"):
            st.session_state[EVIDENCE] = []
            dialogs.begin(NEW)
    st.caption("预警会提示本校毕业生和审核人员，不会阻止办理；五所以上学校标记的单位，全平台都会提示。单位自己看不到。")
    dialogs.ask(desk.client, _form(desk, NEW, None))
    if not marks:
        st.info("还没有预警单位。发现违规、虚假等情况的单位，可以在这里标记。")
        return
    chosen = filters.draw(SHELF, _asks(desk), across=5)
    shown = [mark for mark in marks if _fits(mark, chosen)]
    if not shown:
        st.info("没有符合条件的预警单位。可以放宽或清除筛选。")
        return
    wish = rows.table(
        ("单位名称", "统一社会信用代码", "单位性质", "单位类型", "预警原因", "情况说明", "操作人", "操作时间"),
        [_row(desk, mark) for mark in shown],
        label="预警单位",
        key="warning_rows",
        whole=("统一社会信用代码", "操作时间"),
    )
    if wish.opened:
        desk.open(addresses.WARNINGS, id=wish.opened)


def _asks(desk: Desk) -> list[Ask]:
    return [
        Ask("name", "单位名称或信用代码", "其中一部分即可", wide=2),
        Ask("reason", "预警原因", options={"": "不限", **desk.catalog["codes"]["warning_reason"]}),
    ]


def _fits(mark: Mapping[str, Any], chosen: Mapping[str, str]) -> bool:
    named = chosen["name"] in mark["employer_name"] or chosen["name"].upper() in mark["employer_uscc"]
    return named and chosen["reason"] in ("", *(reason["code"] for reason in mark["reasons"]))


def _row(desk: Desk, mark: Mapping[str, Any]) -> rows.Row:
    cells = [
        mark["employer_name"],
        mark["employer_uscc"] or "（未填，按名称比对）",
        words.code(desk.catalog, "employer_nature", mark["employer_nature"]),
        "平台注册单位" if mark["registered"] else "未注册单位",
        _reasons(mark),
        mark["note"] or words.EMPTY,
        mark["marked_by"],
        words.moment(mark["marked_at"]),
    ]
    evidence = [(f"证据 {len(mark['evidence'])} 份", "plain")] if mark["evidence"] else []
    return rows.row(mark["id"], cells, marks=evidence)


def _reasons(mark: Mapping[str, Any]) -> str:
    return "、".join(reason["label"] for reason in mark["reasons"])


# --- one mark ------------------------------------------------------------------------------------


def _one(desk: Desk, mark: Mapping[str, Any]) -> None:
    tables.line((mark["employer_name"], mark["employer_uscc"], _reasons(mark)), "strong")
    with filters.bar():
        if _writes(desk):
            if st.button("修改", type="primary", shortcut="Alt+E"):
                st.session_state[EVIDENCE] = [{"id": one, "name": "已有证据"} for one in mark["evidence"]]
                dialogs.begin(EDIT)
            dialogs.button("删除", REMOVE)
        if st.button("返回列表", shortcut="Alt+B"):
            desk.open(addresses.WARNINGS)
    links = "".join(
        tables.own_link(f"下载证据 {n}", f"{addresses.ATTACHMENTS}/{one}") + "　"
        for n, one in enumerate(mark["evidence"], 1)
    )
    facts = [
        ("情况说明", mark["note"] or ""),
        ("操作人", mark["marked_by"]),
        ("操作时间", words.moment(mark["marked_at"])),
    ]
    tables.pairs("预警信息", facts, after=links)
    _cases(desk, mark)
    dialogs.ask(desk.client, _form(desk, EDIT, mark), _removing(desk, mark))


def _cases(desk: Desk, mark: Mapping[str, Any]) -> None:
    """What the school has open with this employer."""
    found = desk.client.get(f"/v1/warnings/{mark['id']}/cases")
    rows_ = [
        (item["graduate"]["name"], item["graduate"]["department"] or "", item["label"], words.age(item["since"]),
         ("查看", f"/{addresses.REVIEW}?flow={item['flow']}&id={item['id']}"))
        for item in found["items"]
    ]  # fmt: skip
    before = tables.note("" if rows_ else "本校目前没有与该单位有关的未办结记录。")
    tables.grid(
        f"未办结的记录：{found['total']}",
        ("姓名", "所在院系", "状态", "等待", ""),
        rows_,
        before="" if rows_ else before,
    )


def _form(desk: Desk, name: str, mark: Mapping[str, Any] | None) -> Question:
    reasons = desk.catalog["codes"]["warning_reason"]
    known = {reason["code"] for reason in mark["reasons"]} if mark else set()

    def also() -> None:
        st.caption("预警原因（至少选一项）")
        for code, label in reasons.items():
            st.checkbox(label, code in known, key=dialogs.key(f"reason-{code}"))
        _evidence()

    def send(answers: dict[str, Any], _: bool) -> None:
        chosen = [code for code in reasons if st.session_state.get(dialogs.key(f"reason-{code}"))]
        evidence = [one["id"] for one in st.session_state.get(EVIDENCE, [])]
        body = {"form": answers, "reasons": chosen or ["-"], "evidence": evidence}
        if mark:
            desk.client.put(f"/v1/warnings/{mark['id']}", body)
            shell.say("已保存")
            return
        cases = desk.client.post("/v1/warnings", body)["cases"]["total"]
        shell.say(f"已标记为预警单位，本校有 {cases} 条未办结的记录与其有关" if cases else "已标记为预警单位")

    fields = desk.catalog["forms"]["warning_mark"]["fields"]
    title = "修改预警单位" if mark else "新增预警单位"
    return Question(name, title, fields, send, before=mark or {}, confirm="保存", also=also)


def _evidence() -> None:
    """Files beside the mark: those that are there, one more."""
    kept: list[dict[str, str]] = st.session_state.setdefault(EVIDENCE, [])
    for n, one in enumerate(kept):
        with filters.bar():
            st.text(one["name"], width="content")
            if st.button("去掉", key=dialogs.key(f"drop-{one['id']}"), type="tertiary"):
                kept.pop(n)
                st.rerun(scope="fragment")
    taken = uploads.button(
        addresses.UPLOADS, "添加证据", accept=".jpg,.jpeg,.png,.pdf", most=MOST, key=dialogs.key("evidence")
    )
    if taken and taken["id"] not in {one["id"] for one in kept}:
        kept.append({"id": str(taken["id"]), "name": str(taken["name"])})
        st.rerun(scope="fragment")
    st.caption("可不填；图片或 PDF，每份不超过 10 MB。")


def _removing(desk: Desk, mark: Mapping[str, Any]) -> Question:
    def send(_: dict[str, Any], __: bool) -> None:
        desk.client.delete(f"/v1/warnings/{mark['id']}")
        shell.say(f"已删除对“{mark['employer_name']}”的预警")

    intro = (f"删除后本校不再提示“{mark['employer_name']}”；是谁、何时标记和删除的，会保留在历史中。",)
    return Question(REMOVE, "删除预警单位", (), send, intro=intro, confirm="确认删除")
