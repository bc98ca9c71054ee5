"""Room: 单位核验: registrations that the province decides (workflows.md 0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import shell, words
from dashboard.client import Problem, new_key
from dashboard.shell import Desk

STATUS = {
    "pending": "待核验",
    "verified": "已核验",
    "returned": "退回补充",
    "refused": "未通过",
    "suspended": "已停用",
}
DECISIONS = {"verified": "核验通过", "returned": "退回补充", "refused": "不通过", "suspended": "停用"}


def show(desk: Desk) -> None:
    st.title("单位核验")
    shell.said()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        status = st.selectbox("状态", list(STATUS), format_func=STATUS.__getitem__, key="employer_status", width=200)
        name = st.text_input("单位名称", key="employer_name", width=320)
    page = desk.client.get("/v1/employers", status=status, name=name.strip(), limit=50)
    if not page["items"]:
        st.info("没有符合条件的单位。")
    for employer in page["items"]:
        _card(desk, employer)


def _card(desk: Desk, employer: Mapping[str, Any]) -> None:
    with st.container(border=True):
        st.markdown(f"**{employer['name']}**　{employer['label']}")
        st.text(
            f"{employer['uscc']}　{words.code(desk.catalog, 'employer_nature', employer['nature'])}　"
            f"{words.code(desk.catalog, 'employer_industry', employer['industry'])}　"
            f"{desk.client.region(employer['region'])}"
        )
        st.caption(f"{words.moment(employer['registered_at'])} 注册")
        if employer["note"]:
            st.caption(f"说明：{employer['note']}")
        if st.toggle("查看详情并核验", key=f"open-{employer['id']}"):
            _details(desk, desk.client.get(f"/v1/employers/{employer['id']}"))


def _details(desk: Desk, employer: Mapping[str, Any]) -> None:
    profile, registry = employer["profile"], employer["registry"]
    lines = (
        ("详细地址", profile.get("address")),
        ("邮编", profile.get("postcode")),
        ("联系人", profile.get("contact_name")),
        ("联系人手机", profile.get("contact_mobile")),
        ("登记状态", registry["status"] if registry["known"] else "暂时无法获取，请手动查询"),
        ("登记名称", registry["name"]),
    )
    for label, value in lines:
        if value:
            st.text(f"{label}：{value}")
    if desk.grant("employment") == "rw" and employer["decisions"]:
        _decide(desk, employer)


def _decide(desk: Desk, employer: Mapping[str, Any]) -> None:
    note = st.text_input("说明（退回、不通过、停用时必填）", key=f"note-{employer['id']}", max_chars=300)
    with st.container(horizontal=True):
        for status in employer["decisions"]:
            label, primary = DECISIONS.get(status, status), status == "verified"
            if st.button(label, key=f"{status}-{employer['id']}", type="primary" if primary else "secondary"):
                _send(desk, employer, status, label, note.strip())


def _send(desk: Desk, employer: Mapping[str, Any], status: str, label: str, note: str) -> None:
    key = st.session_state.setdefault(f"key-{employer['id']}-{employer['status']}-{status}", new_key())
    try:
        desk.client.post(f"/v1/employers/{employer['id']}/decision", {"status": status, "note": note}, key)
    except Problem as problem:
        st.error("；".join(f["message"] for f in problem.faults) or problem.detail)
        return
    shell.say(f"{employer['name']}：{label}")
    st.rerun()
