"""Room: 经办人变更: who asked to take an employer over, with papers, and the province's decision (workflows.md 0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import addresses, dialogs, filters, pictures, shell, tables, words
from dashboard.dialogs import Question
from dashboard.shell import Desk

PAPERS = {"licence": "营业执照", "authorisation": "单位授权书"}
APPROVE, REFUSE = "handover_approve", "handover_refuse"


def show(desk: Desk, employer: Mapping[str, Any]) -> None:
    """The requests about an employer, the one that waits first."""
    asked = employer["handovers"]
    if not asked:
        return
    tables.grid(
        "经办人变更申请",
        ("新经办人", "手机", "登录用户名", "变更说明", *PAPERS.values(), "申请时间", "状态"),
        [_row(one) for one in asked],
    )
    waiting = next((one for one in asked if one["decided_at"] is None), None)
    if waiting is not None and waiting["papers"]:
        shown = pictures.rounds(desk.catalog, waiting["papers"])
        pictures.show(shown, key=f"papers-{waiting['id']}", title=f"{waiting['agent_name']}提交的变更材料")
    if waiting is None or desk.grant("employment") != "rw":
        return
    with filters.bar():
        dialogs.button("变更通过", APPROVE, type="primary")
        dialogs.button("变更不通过", REFUSE)
    dialogs.ask(desk.client, _approving(desk, waiting), _refusing(desk, waiting))


def _row(one: Mapping[str, Any]) -> tuple[tables.Cell, ...]:
    decided = f"{one['label']} {one['note'] or ''}".strip()
    return (
        one["agent_name"],
        one["agent_mobile"],
        one["username"],
        one["statement"] or words.EMPTY,
        *(_link(one[name]) for name in PAPERS),
        words.moment(one["asked_at"]),
        decided,
    )


def _link(paper: str | None) -> tables.Cell:
    return ("下载", f"{addresses.ATTACHMENTS}/{paper}") if paper else words.EMPTY


def _decide(desk: Desk, one: Mapping[str, Any], *, approved: bool, note: str = "", keep_others: bool = True) -> None:
    body = {"approved": approved, "note": note, "keep_others": keep_others}
    desk.client.post(f"/v1/handovers/{one['id']}/decision", body)
    shell.say(f"{one['agent_name']}：经办人变更{'通过' if approved else '不通过'}")


def _approving(desk: Desk, one: Mapping[str, Any]) -> Question:
    def send(answers: dict[str, Any], _: bool) -> None:
        _decide(desk, one, approved=True, note=answers.get("note", ""), keep_others=not answers.get("close"))

    fields = (
        dialogs.tick("close", "同时停用该单位原有的登录账号"),
        dialogs.text("note", "说明", required=False, help="可不填，单位会看到。"),
    )
    intro = (f"通过后 {one['agent_name']} 可以用“{one['username']}”登录并办理该单位的业务。",)
    return Question(APPROVE, "经办人变更通过", fields, send, intro=intro, confirm="确认通过")


def _refusing(desk: Desk, one: Mapping[str, Any]) -> Question:
    def send(answers: dict[str, Any], _: bool) -> None:
        _decide(desk, one, approved=False, note=answers.get("note", ""))

    fields = (dialogs.text("note", "说明", help="至少 5 个字，单位会看到。"),)
    return Question(REFUSE, "经办人变更不通过", fields, send, confirm="确认不通过")
