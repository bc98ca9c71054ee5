"""Room: 审核页: everything a reviewer needs for one record on one screen (workflows.md, Review page).

After a decision the next record of the queue follows; filter and place are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import actions, shell, words
from dashboard.client import Problem
from dashboard.shell import Desk
from dashboard.views.queue import FLOW

PERSON = ("name", "id_number", "level_code", "department", "major", "training_mode")


def show(desk: Desk) -> None:
    record_id = st.query_params.get("id") or ""
    shell.said()
    try:
        record = desk.client.get(f"/v1/{FLOW}/{record_id}")
    except Problem as problem:
        if problem.status != 404:
            raise
        st.title("签约审核")
        st.warning("没有找到这条记录，它可能不在您的管理范围内。")
        _back(desk)
        return
    _head(desk, record)
    _acts(desk, record)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _agreement(desk, record)
        _employer(desk, record)
        _graduate(desk, record)
    with right:
        _ems(record)
        _history(desk, record)
        _messages(record)
        _others(record)


def _head(desk: Desk, record: Mapping[str, Any]) -> None:
    graduate = record["graduate"]
    st.title(f"{graduate['name']} · {record['employer']['name']}")
    parts = [record["label"]]
    if record.get("agreement_no"):
        parts.append(f"协议编号 {record['agreement_no']}")
    if record.get("since"):
        parts.append(f"已等待 {words.age(record['since'])}")
    st.markdown("　".join(f"**{part}**" for part in parts))
    if record.get("frozen"):
        st.error("该毕业生已不在学生名单中，流程已暂停。")
    meanwhile = st.session_state.pop("meanwhile", "")
    if meanwhile:
        st.warning(meanwhile)
    _steps(desk, record)


def _steps(desk: Desk, record: Mapping[str, Any]) -> None:
    """Back to the queue, and the neighbours in it."""
    ids = list(st.session_state.get("queue_ids") or [])
    place = ids.index(record["id"]) if record["id"] in ids else -1
    with st.container(horizontal=True, vertical_alignment="center"):
        _back(desk)
        before = st.button("上一条", disabled=place <= 0, shortcut="Alt+Left")
        after = st.button("下一条", disabled=place < 0 or place + 1 >= len(ids), shortcut="Alt+Right")
        if place >= 0:
            st.caption(f"本页第 {place + 1}/{len(ids)} 条")
    if before:
        desk.open("review", id=ids[place - 1])
    if after:
        desk.open("review", id=ids[place + 1])


def _back(desk: Desk) -> None:
    if st.button("返回列表", shortcut="Alt+B"):
        desk.open(FLOW)


def _acts(desk: Desk, record: Mapping[str, Any]) -> None:
    def done(outcome: Mapping[str, Any]) -> None:
        shell.say(f"已提交：{record['graduate']['name']}，{outcome['label']}")
        following = _following(record["id"])
        if record["phase"] == "force" or following is None:
            st.rerun()
        desk.open("review", id=following)

    actions.buttons(desk, record, done)


def _following(record_id: str) -> str | None:
    """The next record of the queue; the decided one leaves it."""
    ids = list(st.session_state.get("queue_ids") or [])
    if record_id not in ids:
        return None
    place = ids.index(record_id)
    ids.pop(place)
    st.session_state["queue_ids"] = ids
    if not ids:
        return None
    return str(ids[place] if place < len(ids) else ids[-1])


def _table(rows: list[tuple[str, str]]) -> None:
    """Label and value, as text; empty ones are left out."""
    for label, value in rows:
        if value and value != words.EMPTY:
            name, text = st.columns([1, 3])
            name.caption(label)
            text.text(value)


def _agreement(desk: Desk, record: Mapping[str, Any]) -> None:
    st.subheader("协议信息")
    fields = desk.catalog["forms"]["online_signing.invite"]["fields"]
    form = record["form"]
    rows = [(f["label"], words.shown(desk.catalog, f, form[f["name"]])) for f in fields if f["name"] in form]
    times = [
        ("发起时间", words.moment(record["created_at"])),
        ("应约期限", words.moment(record["expires_at"])),
        ("应约时间", words.moment(record["submitted_at"])),
    ]
    _table(times + rows)


def _employer(desk: Desk, record: Mapping[str, Any]) -> None:
    st.subheader("单位信息")
    employer = record["employer"]
    marks = record.get("marks") or {}
    if marks.get("shown"):
        st.warning(_mark(marks))
    _registry(record["review"]["registry"])
    profile = employer.get("profile") or {}
    _table(
        [
            ("单位名称", employer["name"]),
            ("统一社会信用代码", employer["uscc"]),
            ("单位性质", words.code(desk.catalog, "employer_nature", employer["nature"])),
            ("单位行业", words.code(desk.catalog, "employer_industry", employer["industry"])),
            ("单位所在地", desk.client.region(employer["region"])),
            ("详细地址", str(profile.get("address", ""))),
            ("联系人", str(profile.get("contact_name", ""))),
            ("联系人手机", str(profile.get("contact_mobile", ""))),
        ]
    )


def _mark(marks: Mapping[str, Any]) -> str:
    """A mark warns and never blocks (roles.md, Warning units)."""
    reasons = "、".join(r["label"] for r in marks["reasons"])
    where = f"{marks['schools']} 所学校" if marks["everywhere"] else "本校"
    by_name = "（仅名称相符，请核对信用代码）" if marks["by_name_only"] else ""
    return f"预警单位：已被{where}标记，原因：{reasons}{by_name}。{marks['note']}"


def _registry(registry: Mapping[str, Any]) -> None:
    """The state in the national credit system; the page never waits for it."""
    if not registry["known"]:
        st.warning("暂时无法获取单位最新登记状态，可稍后刷新，或前往国家企业信用信息公示系统手动查询。")
        if st.button("重新获取登记状态"):
            st.rerun()
        return
    text = f"登记状态：{registry['status']}（{words.moment(registry['checked_at'])} 查询）"
    if registry["in_operation"]:
        st.success(text)
    else:
        st.error(f"{text}。该单位不处于正常经营状态，请核实。")


def _graduate(desk: Desk, record: Mapping[str, Any]) -> None:
    """As recorded, beside what the EMS roster says now; what differs is marked."""
    st.subheader("学生信息")
    graduate, snapshot = record["graduate"], record["snapshot"]
    differing = {d["name"]: d for d in record["review"]["differences"]}
    if record["review"].get("department_changed"):
        st.warning("院系已变更：该生在学生名单中的院系与记录不同。")
    head = st.columns([1, 2, 2])
    for cell, text in zip(head, ("", "登记时", "就业管理系统现有"), strict=True):
        cell.caption(text)
    basic = {k: v for k, v in (snapshot.get("basic") or {}).items() if k in words.COLUMNS}
    values = {name: snapshot.get(name) for name in PERSON}
    for name, value in {**values, **basic}.items():
        label, then, now = st.columns([1, 2, 2])
        label.caption(words.COLUMNS.get(name, name))
        then.text(words.column(desk.catalog, name, value))
        if name in differing:
            now.markdown(f":red[**{words.column(desk.catalog, name, differing[name]['present'])}**（不一致）]")
        else:
            now.text(words.column(desk.catalog, name, value))
    st.caption(f"学校：{graduate['school']['name']}　微信：{'已绑定' if graduate.get('bound') else '未绑定'}")


def _ems(record: Mapping[str, Any]) -> None:
    st.subheader("就业管理系统已报送的就业信息")
    ems = record["review"]["ems"]
    if ems.get("refused"):
        st.error(f"上报失败：{ems['refused']}")
    elif ems.get("pending"):
        st.info("有更新正在上报。")
    destination = ems.get("destination")
    if not destination:
        st.caption("尚无报送信息。")
        return
    _table([(label, str(destination.get(name, ""))) for name, label in words.EMS_COLUMNS.items()])
    locked = "，已锁定，只能在本平台变更" if ems.get("locked") else ""
    st.caption(f"{words.moment(ems.get('acked_at'))} 确认{locked}")


def _history(desk: Desk, record: Mapping[str, Any]) -> None:
    st.subheader("办理历史")
    lines = desk.client.get(f"/v1/{FLOW}/{record['id']}/history").get("items", [])
    for line in lines:
        description = f"　{line['description']}" if line["description"] else ""
        st.markdown(f"**{line['label']}**　{words.moment(line['at'])}　{line['by']}")
        if description:
            st.caption(description)


def _messages(record: Mapping[str, Any]) -> None:
    deliveries = record.get("deliveries") or []
    if not deliveries:
        return
    st.subheader("消息与同步")
    for row in deliveries:
        cause = f"（{row['cause']}）" if row.get("cause") else ""
        st.text(f"{row['channel_label']} · {row['title']}：{row['status_label']}{cause}　{words.moment(row['at'])}")


def _others(record: Mapping[str, Any]) -> None:
    others = record["review"].get("other_records") or []
    if not others:
        return
    st.subheader("该生的其他记录")
    for row in others:
        st.text(f"{row['employer']}：{row['label']}　{words.moment(row['created_at'])}")
