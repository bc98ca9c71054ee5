"""Room: what the first page tells beside the queues: employers that keep silent, refusals of the EMS, dead messages.

The staff's digest (messages-and-sync.md, Notices). None of it waits for a decision, so no queue shows it by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import addresses, tables, words
from dashboard.shell import Desk


def show(desk: Desk) -> None:
    """Nothing at all where there is nothing to tell; kept for a minute, for none of it changes by the second."""
    found = desk.kept("/v1/digest", cohort=desk.cohort)
    if found["silent"]:
        _silent(found["silent"])
    _refused(found["ems_refused"])
    if found["dead_messages"]:
        told = f"有 {found['dead_messages']} 条发送失败，需人工处理。"
        tables.pairs("消息与上报", [], before=tables.note(told, "warn", link=("去查看", f"/{addresses.DELIVERIES}")))


def _silent(found: Mapping[str, Any]) -> None:
    """Of the counts the first holds all: whoever has waited for longer has waited for that as well."""
    total = found["counts"][0]["count"]
    if not total:
        return
    spans = "，".join(f"满 {one['days']} 天 {one['count']} 件" for one in found["counts"])
    tables.grid(
        f"单位久未答复的解约：{total}",
        ("毕业生", "所在院系", "单位", "已等待", "已提醒", ""),
        [_line(one) for one in found["items"]],
        before=tables.note(f"毕业生申请解约后，单位没有答复：{spans}。核实后可以强制解约。", "warn"),
        after=_rest(total, found["items"]),
    )


def _line(one: Mapping[str, Any]) -> tuple[tables.Cell, ...]:
    record = one["record"]
    way = f"/{addresses.REVIEW}?flow={record['flow']}&id={record['id']}"
    person, employer = record["graduate"], record["employer"]
    days, reminded = f"{one['days']} 天", f"{one['reminders']} 次"
    return (person["name"], person["department"], employer["name"], days, reminded, ("查看", way))


def _refused(found: Mapping[str, Any]) -> None:
    if not found["count"]:
        return
    tables.grid(
        f"上报失败：{found['count']}",
        ("毕业生", "所在院系", "原因", ""),
        [
            (
                one["graduate"]["name"],
                one["graduate"]["department"],
                words.spoken(one["cause"]),
                ("查看", f"/{addresses.STUDENTS}?id={one['graduate']['id']}"),
            )
            for one in found["items"]
        ],
        before=tables.note("就业管理系统没有接受这些毕业生的去向，请按原因核对后重新上报。", "warn"),
        after=_rest(found["count"], found["items"]),
    )


def _rest(total: int, items: list[Any]) -> str:
    return tables.note(f"只列出最早的 {len(items)} 项。") if total > len(items) else ""
