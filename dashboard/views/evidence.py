"""Room: the parts of the review page about the record: what a reviewer reads before deciding. As the API tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, tables, words
from dashboard.client import Problem
from dashboard.shell import Desk

TERMINATION = ("reason", "reason_text")  # said above, with the other facts of a termination
EMPLOYER = ("employer_name", "employer_uscc", "employer_nature", "employer_industry", "employer_region")
UNKNOWN = "暂时无法获取最新状态，请到信用信息公示系统核实。"


def employer(desk: Desk, record: Mapping[str, Any]) -> None:
    """The employer with its marks and its registration; nothing where the destination has none."""
    if not record["employer"]["name"]:
        return
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
        before=_stopped(record) + mark + (registry_note(registry, found["name"]) if found["uscc"] else ""),
    )
    if found["uscc"] and not registry["known"] and st.button("重新查询登记状态"):
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


def subject(desk: Desk, record: Mapping[str, Any]) -> str:
    """What a record is about beside its graduate: the employer, else the kind of destination."""
    kind = record["form"].get("destination_code")
    return str(record["employer"]["name"] or (words.code(desk.catalog, "destination", kind) if kind else ""))


def form(desk: Desk, record: Mapping[str, Any]) -> None:
    """What graduate and employer filled in, in the order of their forms."""
    filled = record["form"]
    times = [
        ("发起时间", words.moment(record["created_at"])),
        ("提交时间", words.moment(record["submitted_at"])),
        ("应约期限", words.moment(record["expires_at"])),
    ]
    rows = [
        (f["label"], words.shown(f, filled[n], desk.client.region))
        for n, f in _fields(desk, record["flow"]).items()
        if n in filled and f["kind"] != "files" and not _said_above(record, n)
    ]
    if rows or record["termination"] is None:
        tables.pairs("填报信息", times + rows)


def _said_above(record: Mapping[str, Any], name: str) -> bool:
    """What the employer's and the termination's own parts show already, and a doubt that nobody has."""
    if record["termination"] and name in TERMINATION:
        return True
    return name in EMPLOYER or (name == "no_code" and not record["form"][name])


def _fields(desk: Desk, flow: str) -> dict[str, Mapping[str, Any]]:
    """The questions of a flow to those who sign, each once."""
    forms = desk.catalog["forms"]
    asked = [a["form"] for a in desk.catalog["flows"][flow]["actions"] if {"graduate", "employer"} & set(a["by"])]
    seen: dict[str, Mapping[str, Any]] = {}
    for field in (f for name in dict.fromkeys(asked) if name in forms for f in forms[name]["fields"]):
        seen.setdefault(field["name"], field)  # the form that asks first says how an answer is called
    return seen


def termination(record: Mapping[str, Any]) -> None:
    """What is to be ended, by whom and why; how long the other side has been silent."""
    facts = record["termination"]
    if facts is None:
        return
    silent = ""
    if facts["days_silent"] is not None:
        last = f"，最近一次 {words.moment(facts['reminded_at'])}" if facts["reminded_at"] else ""
        days = f" {facts['days_silent']} 天" if facts["days_silent"] else "不到 1 天"
        silent = f"对方{days}未答复，已提醒 {facts['reminders']} 次{last}。"
    tables.pairs(
        "解约信息",
        [
            ("协议编号", facts["agreement_no"] or ""),
            ("解约方", facts["party_label"]),
            ("解约申请人", facts["applicant"]),
            ("申请时间", words.moment(facts["asked_at"])),
            ("解约原因", facts["reason_label"] or ""),
            ("解约说明", facts["explanation"] or ""),
        ],
        before=tables.note(silent, "warn") if silent else "",
        after=_signing(record["parent"]),
    )


def _signing(parent: Mapping[str, Any] | None) -> str:
    return tables.own_link("查看原签约记录", _address(parent["flow"], parent["id"])) if parent else ""


def _address(flow: str, record_id: str) -> str:
    return f"/{addresses.REVIEW}?flow={flow}&id={record_id}"


def hints(record: Mapping[str, Any]) -> None:
    found = record["review"]["hints"]
    if found:
        tables.pairs("审核提示", [], before="".join(tables.note(hint["sentence"], "warn") for hint in found))


def notes(record: Mapping[str, Any]) -> None:
    found = record["review"]["notes"]
    if found:
        rows = [(note["text"], note["by"], words.moment(note["at"])) for note in found]
        tables.grid("内部备注（毕业生和单位看不到）", ("备注", "填写人", "时间"), rows)


def disputes(record: Mapping[str, Any]) -> None:
    """What the graduate disputes of what staff did."""
    found = (record.get("dispute") or {}).get("notes") or []
    if found:
        rows = [
            (n["about"] or n["kind_label"], n["text"] or words.EMPTY, n["answer"] or n["status_label"],
             words.moment(n["created_at"]))
            for n in found
        ]  # fmt: skip
        waiting = any(n["answer"] is None for n in found)
        before = tables.note("毕业生对办理结果有异议，请在“异议与留言”中答复。", "bad") if waiting else ""
        tables.grid("毕业生异议", ("对象", "说明", "答复", "提出时间"), rows, before=before)


def history(lines: list[Mapping[str, Any]]) -> None:
    tables.grid(
        "办理历史",
        ("操作", "操作描述", "操作人", "操作时间"),
        [(line["label"], line["description"], line["by"], words.moment(line["at"])) for line in lines],
        whole_last=True,
    )


def messages(record: Mapping[str, Any]) -> None:
    deliveries = record["deliveries"] or []
    if deliveries:
        tables.grid(
            "消息与同步",
            ("渠道", "内容", "状态", "时间"),
            [
                (r["channel_label"], r["title"], _settled(r), words.moment(r["at"]))
                for r in deliveries
            ],
            marked=frozenset(n for n, r in enumerate(deliveries) if r["status"] == "dead"),
        )  # fmt: skip


def _settled(row: Mapping[str, Any]) -> str:
    cause = words.spoken(row["cause"])
    return str(row["status_label"]) if cause == words.EMPTY else f"{row['status_label']}：{cause}"


def others(desk: Desk, record: Mapping[str, Any]) -> None:
    """The graduate's other records, and the destinations that were voided."""
    flows = desk.catalog["flows"]
    rows = [
        (flows[r["flow"]]["label"], r["employer"] or words.EMPTY, r["label"], words.moment(r["created_at"]),
         ("查看", _address(r["flow"], r["id"])))
        for r in record["review"]["other_records"]
    ]  # fmt: skip
    if rows:
        tables.grid("该生的其他记录", ("业务", "单位", "状态", "发起时间", ""), rows)
    voided = [
        (words.code(desk.catalog, "destination", r["destination_code"]), r["employer"] or words.EMPTY,
         words.moment(r["submitted_at"]), words.moment(r["voided_at"]), ("查看", _address(r["flow"], r["id"])))
        for r in record["review"]["voided"]
    ]  # fmt: skip
    if voided:
        tables.grid("该生作废过的去向", ("毕业去向", "单位", "提交时间", "作废时间", ""), voided)
