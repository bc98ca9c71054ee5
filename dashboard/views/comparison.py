"""Room: the right half of the review page: the graduate as recorded beside the roster's present data, and the EMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import addresses, tables, words
from dashboard.shell import Desk

PERSON = ("name", "id_number", "level_code", "department", "major", "training_mode")
NEVER_TAKEN = ("name", "id_number", "level_code", "major")
SEEN, SEEN_WHOLE = "到学生名单查看", "到学生名单查看（可查看完整证件号码）"
FIXED = "姓名、证件号码、学历、专业不能在审核时更新：如登记有误，请不通过本条，待学生名单更正后由毕业生重新办理。"


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
    fixed = FIXED if any(name in differing for name in NEVER_TAKEN) else ""
    bound = "已绑定" if person.get("bound") else "未绑定"
    tables.grid(
        "学生信息",
        ("", "登记时", "就业管理系统现有"),
        rows,
        marked=frozenset(n for n, name in enumerate(names) if name in differing),
        before="".join(tables.note(sentence, "warn") for sentence in (moved, wrong, fixed) if sentence),
        after=tables.note(
            f"学校：{person['school']['name']}　微信：{bound}　",
            link=(SEEN_WHOLE if desk.grant("employment") == "rw" else SEEN, f"/{addresses.STUDENTS}?id={person['id']}"),
        ),
    )


def ems(desk: Desk, record: Mapping[str, Any]) -> None:
    held = record["review"]["ems"]
    destination = held["destination"] or {}
    before = tables.note(f"上报失败：{words.spoken(held['refused'])}", "bad") if held["refused"] else ""
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
