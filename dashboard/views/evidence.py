"""Room: the parts of the review page: what a reviewer reads before deciding. Drawn as the API tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import tables, words
from dashboard.client import Problem
from dashboard.shell import Desk

PERSON = ("name", "id_number", "level_code", "department", "major", "training_mode")
UNKNOWN = "暂时无法获取最新状态，请前往国家企业信用信息公示系统手动查询。"


def employer(desk: Desk, record: Mapping[str, Any]) -> None:
    found, catalog = record["employer"], desk.catalog
    profile, registry = found["profile"], record["review"]["registry"]
    marks = record["marks"] or {}
    mark = tables.note(_mark(marks), "warn") if marks.get("shown") else ""
    tables.pairs(
        "单位信息",
        [
            ("单位名称", found["name"]),
            ("信用代码", found["uscc"]),
            ("单位性质", words.code(catalog, "employer_nature", found["nature"])),
            ("单位行业", words.code(catalog, "employer_industry", found["industry"])),
            ("单位所在地", desk.client.region(found["region"])),
            ("详细地址", str(profile.get("employer_address", ""))),
            ("联系人", str(profile.get("contact_name", ""))),
            ("联系人手机", str(profile.get("contact_mobile", ""))),
        ],
        before=_stopped(record) + mark + registry_note(registry, found["name"]),
    )
    if not registry["known"] and st.button("重新查询登记状态"):
        _ask_again(desk, found["uscc"])


def _stopped(record: Mapping[str, Any]) -> str:
    """A suspended employer's records in review stay, marked (workflows.md 0)."""
    stopped = "该单位已被省级停用，本记录仍可审核，请核实后决定。"
    return tables.note(stopped, "warn") if record["employer_suspended"] else ""


def _mark(marks: Mapping[str, Any]) -> str:
    """A mark warns and never blocks (roles.md, Warning units)."""
    reasons = "、".join(r["label"] for r in marks["reasons"])
    where = f"{marks['schools']} 所学校" if marks["everywhere"] else "本校"
    by_name = "（仅名称相符，请核对信用代码）" if marks["by_name_only"] else ""
    note = f" {marks['note']}" if marks["note"] else ""
    return f"预警单位：已被{where}标记，原因：{reasons}{by_name}。{note}"


def registry_note(registry: Mapping[str, Any], name: str) -> str:
    """The state in the national credit system; the page never waits for it."""
    if not registry["known"]:
        return tables.note(f"登记状态：{UNKNOWN}", "warn", link=("手动查询", registry["link"]))
    checked = f"登记状态：{registry['status']}（{words.moment(registry['checked_at'])} 查询）"
    if not registry["in_operation"]:
        return tables.note(f"{checked}。该单位不处于正常经营状态，请核实。", "bad")
    if registry["name"] and registry["name"] != name:
        return tables.note(f"{checked}，登记名称为“{registry['name']}”，与填报不同，请核对。", "warn")
    return tables.note(checked, "good")


def _ask_again(desk: Desk, uscc: str) -> None:
    try:
        registry = desk.client.post(f"/v1/registry/{uscc}")
    except Problem as problem:
        st.error(problem.detail)
        return
    if registry["known"]:
        st.rerun()
    st.error(UNKNOWN)


def agreement(desk: Desk, record: Mapping[str, Any]) -> None:
    form = record["form"]
    fields = {
        f["name"]: f
        for name in ("online_signing.invite", "online_signing.accept")
        for f in desk.catalog["forms"][name]["fields"]
    }
    times = [
        ("发起时间", words.moment(record["created_at"])),
        ("应约期限", words.moment(record["expires_at"])),
        ("应约时间", words.moment(record["submitted_at"])),
    ]
    rows = [(f["label"], words.shown(f, form[n], desk.client.region)) for n, f in fields.items() if n in form]
    tables.pairs("协议信息", times + rows)


def graduate(desk: Desk, record: Mapping[str, Any]) -> None:
    """As recorded, beside what the EMS roster says now; what differs is marked."""
    person, snapshot, review = record["graduate"], record["snapshot"], record["review"]
    differing = {d["name"]: d for d in review["differences"] if d["name"] in words.COLUMNS}
    basic = snapshot.get("basic") or {}
    names = [n for n in words.COLUMNS if n in PERSON or n in basic or n in differing]

    def text(name: str, value: Any) -> str:
        return words.column(desk.catalog, name, value, desk.client.region)

    rows = []
    for name in names:
        then = snapshot.get(name) if name in PERSON else basic.get(name)
        now = differing[name]["present"] if name in differing else then
        rows.append((words.COLUMNS[name], text(name, then), text(name, now)))
    moved = "院系已变更：该生在学生名单中的院系与记录不同。" if review["department_changed"] else ""
    wrong = f"有 {len(differing)} 项与就业管理系统现有数据不一致，已标红。" if differing else ""
    bound = "已绑定" if person.get("bound") else "未绑定"
    tables.grid(
        "学生信息",
        ("", "登记时", "就业管理系统现有"),
        rows,
        marked=frozenset(n for n, name in enumerate(names) if name in differing),
        before="".join(tables.note(sentence, "warn") for sentence in (moved, wrong) if sentence),
        after=tables.note(f"学校：{person['school']['name']}　微信：{bound}"),
    )


def ems(desk: Desk, record: Mapping[str, Any]) -> None:
    held = record["review"]["ems"]
    destination = held["destination"] or {}
    before = tables.note(f"上报失败：{held['refused']}", "bad") if held["refused"] else ""
    if held["pending"] and not held["refused"]:
        before += tables.note("有更新正在上报。", "warn")
    locked = "已锁定，只能在本平台变更。" if held["locked"] else ""
    state = f"{words.moment(held['acked_at'])} 确认。{locked}" if destination else "尚无报送信息。"
    address = str(desk.me.get("ems_url") or "")
    tables.pairs(
        "就业管理系统已报送的就业信息",
        [(label, str(destination.get(name, ""))) for name, label in words.EMS_COLUMNS.items()],
        before=before,
        after=tables.note(state, link=("到就业系统查看", address) if address else None),
    )


def history(lines: list[Mapping[str, Any]]) -> None:
    tables.grid(
        "办理历史",
        ("操作", "操作描述", "操作人", "操作时间"),
        [(line["label"], line["description"], line["by"], words.moment(line["at"])) for line in lines],
    )


def messages(record: Mapping[str, Any]) -> None:
    deliveries = record["deliveries"] or []
    if deliveries:
        tables.grid(
            "消息与同步",
            ("渠道", "内容", "状态", "时间"),
            [
                (r["channel_label"], r["title"], "：".join(t for t in (r["status_label"], r["cause"]) if t),
                 words.moment(r["at"]))
                for r in deliveries
            ],
            marked=frozenset(n for n, r in enumerate(deliveries) if r["status"] == "dead"),
        )  # fmt: skip


def others(record: Mapping[str, Any]) -> None:
    rows = record["review"]["other_records"]
    if rows:
        tables.grid(
            "该生的其他记录",
            ("单位", "状态", "发起时间"),
            [(r["employer"], r["label"], words.moment(r["created_at"])) for r in rows],
        )
