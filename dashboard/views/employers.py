"""Room: 单位核验: registrations that the province decides (workflows.md 0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, filters, pictures, rows, shell, tables, words
from dashboard.client import Problem
from dashboard.filters import Ask, Shelf
from dashboard.shell import Desk
from dashboard.views import handovers, steps
from dashboard.views.evidence import registry_note

DECISIONS = {"verified": "核验通过", "returned": "退回补充", "refused": "不通过", "suspended": "停用"}
RESUME = "恢复"
SHELF = Shelf("employers", {"status": "pending"})
ASKING = "employer_asking"


def show(desk: Desk) -> None:
    asked = st.query_params.get("id") or ""
    if asked:
        _one(desk, asked)
    else:
        _all(desk)


# --- the list ------------------------------------------------------------------------------------


def _all(desk: Desk) -> None:
    st.title("单位核验", anchor=False)
    shell.said()
    chosen = filters.draw(SHELF, _asks(desk), across=6)
    page = filters.asked(lambda: desk.client.listed("employers", limit=filters.SIZE, cursor=SHELF.cursor, **chosen))
    if page is None:
        return
    with filters.bar():
        filters.pager(SHELF, page, "家")
    if not page["items"]:
        st.info("没有符合条件的单位。可以换一个状态，或清空单位名称和信用代码。")
        return
    wish = rows.table(
        ("单位名称", "统一社会信用代码", "单位性质", "单位行业", "单位所在地", "状态", "注册时间"),
        [_row(desk, item) for item in page["items"]],
        label="用人单位",
        key="employer_rows",
        whole=("统一社会信用代码", "状态", "注册时间"),
    )
    if wish.opened:
        desk.open(addresses.EMPLOYERS, id=wish.opened)


def _asks(desk: Desk) -> list[Ask]:
    return [
        Ask("status", "状态", options=desk.catalog["employers"]),
        Ask("name", "单位名称", "名称的一部分即可", wide=2),
        Ask("uscc", "统一社会信用代码", "需完整填写"),
        Ask("handover", "经办人变更", options={"": "不限", "true": "有待核验的申请"}),
    ]


def _row(desk: Desk, employer: Mapping[str, Any]) -> rows.Row:
    return rows.row(
        employer["id"],
        [
            employer["name"],
            employer["uscc"],
            words.code(desk.catalog, "employer_nature", employer["nature"]),
            words.code(desk.catalog, "employer_industry", employer["industry"]),
            desk.client.region(employer["region"]),
            employer["label"],
            words.moment(employer["registered_at"]),
        ],
        marks=[("申请变更经办人", "bad")] if employer["handovers_waiting"] else [],
        button="核验" if employer["status"] == "pending" else "查看",
    )


# --- one employer --------------------------------------------------------------------------------


def _one(desk: Desk, employer_id: str) -> None:
    shell.said()
    employer = shell.found(desk, "/v1/employers", employer_id)
    if employer is None:
        st.title("单位核验", anchor=False)
        st.warning("没有找到这家单位，它可能不属于本省。")
        _back(desk)
        return
    st.title(employer["name"], anchor=False)
    tables.line((employer["label"], f"{words.moment(employer['registered_at'])} 注册"), "strong")
    _bar(desk, employer)
    _details(desk, employer)
    handovers.show(desk, employer)
    steps.show("单位操作记录", employer["history"])


def _back(desk: Desk) -> None:
    if st.button("返回列表", shortcut="Alt+B"):
        desk.open(addresses.EMPLOYERS)


def _bar(desk: Desk, employer: Mapping[str, Any]) -> None:
    decisions = employer["decisions"] if desk.grant("employment") == "rw" else []
    with st.container(horizontal=True, vertical_alignment="center"):
        for status in decisions:
            kind: Any = "primary" if status == "verified" else "secondary"
            if st.button(_verb(employer, status), key=f"{status}-{employer['id']}", type=kind):
                st.session_state["turn"] = st.session_state.get("turn", 0) + 1
                st.session_state[ASKING] = (employer["id"], employer["status"], status)
        _back(desk)
    if not decisions and desk.grant("employment") != "rw":
        st.caption("您的账号只有查看权限，不能核验单位。")
    asked = st.session_state.get(ASKING)
    if asked and asked[0] != employer["id"]:
        _close()
    elif asked and asked[1] != employer["status"]:
        _close()
        st.warning(f"该单位刚刚已由他人处理，现为“{employer['label']}”。您的操作没有生效。")
    elif asked and asked[2] in decisions:
        _ask(desk, employer, asked[2])


def _verb(employer: Mapping[str, Any], status: str) -> str:
    return RESUME if (employer["status"], status) == ("suspended", "verified") else DECISIONS[status]


def _close() -> None:
    st.session_state.pop(ASKING, None)


def _ask(desk: Desk, employer: Mapping[str, Any], status: str) -> None:
    verb, turn = _verb(employer, status), st.session_state.get("turn", 0)
    note, send = f"note-{turn}", f"send-{turn}"

    @st.dialog(verb, on_dismiss=_close)
    def dialog() -> None:
        fault = ""
        if st.session_state.get(send):
            fault = _decide(desk, employer, status, str(st.session_state.get(note) or "").strip())
        st.text(employer["name"])
        with st.form(f"form-{turn}", border=False, enter_to_submit=False):
            needed = "" if status == "verified" else "（必填）"
            st.text_area(f"说明{needed}", key=note, height=100)
            st.caption("单位会看到这段说明。")
            if fault:
                st.error(fault)
            st.form_submit_button(f"确认{verb}", key=send, type="primary", shortcut="Ctrl+Enter")
        st.caption("Ctrl+Enter 确认，Esc 取消。")

    dialog()


def _decide(desk: Desk, employer: Mapping[str, Any], status: str, note: str) -> str:
    """Send the decision; what stood in the way, if anything did."""
    try:
        desk.client.post(f"/v1/employers/{employer['id']}/decision", {"status": status, "note": note})
    except Problem as problem:
        return "；".join(f["message"] for f in problem.faults) or problem.detail
    _close()
    shell.say(f"{employer['name']}：{_verb(employer, status)}")
    desk.open(addresses.EMPLOYERS)
    return ""


def _details(desk: Desk, employer: Mapping[str, Any]) -> None:
    profile, catalog = employer["profile"], desk.catalog
    fields = {f["name"]: f for f in catalog["forms"]["employer_registration"]["fields"]}
    known = [
        ("统一社会信用代码", employer["uscc"]),
        (fields["employer_nature"]["label"], words.code(catalog, "employer_nature", employer["nature"])),
        (fields["employer_industry"]["label"], words.code(catalog, "employer_industry", employer["industry"])),
        (fields["employer_region"]["label"], desk.client.region(employer["region"])),
    ]
    more = [(f["label"], words.shown(f, profile[n], desk.client.region)) for n, f in fields.items() if n in profile]
    decided = [("处理时间", words.moment(employer["decided_at"])), ("处理说明", employer["note"] or "")]
    if employer["papers"]:
        shown = pictures.rounds(catalog, employer["papers"])
        pictures.show(shown, key=f"licence-{employer['id']}", title="营业执照（请与下方填报的名称、代码核对）")
    lacking = "" if employer["licence"] else tables.note("没有上传营业执照图像，请先核实再通过。", "warn")
    note = lacking + registry_note(employer["registry"], employer["name"])
    tables.pairs("注册信息", known + more + decided, before=note)
