"""Room: a list as a file: made by a job that one can leave alone, numbers masked unless somebody says why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import dialogs, forms, jobs
from dashboard.dialogs import Question
from dashboard.shell import Desk

SELECTION, RETURNED, RESULTS = "selection", "returned", "results"
KINDS = {
    SELECTION: "当前查询数据",
    RETURNED: "退回修改学生名单（筛选日期内的每一次退回，不限目前等谁办理）",
    RESULTS: "毕业去向上报数据（就业管理系统的交换格式）",
}
BY_NUMBER = "按身份证号码查找的结果不能导出，请改用其他筛选条件。"


def show(desk: Desk, name: str) -> None:
    """How far the list's export is, or its file."""
    jobs.show(desk, f"export_{name}", _told)


def button(desk: Desk, name: str, kinds: tuple[str, ...], wish: Mapping[str, Any]) -> Question:
    """The button, to be drawn in a bar, and its question. `wish`: what the API is asked for beside the kind."""
    opened = f"export_{name}"
    narrowed = wish.get("filters") or wish.get("people") or {}
    by_number = "id_number" in narrowed
    dialogs.button("导出", opened, disabled=by_number, help=BY_NUMBER if by_number else None)

    def send(answers: dict[str, Any], _: bool) -> None:
        whole = bool(answers.get("whole"))
        body = {**wish, "kind": answers.get("kind") or kinds[0], "whole": whole}
        if whole:
            body["reason"] = answers.get("reason", "")
        jobs.follow(opened, desk.client.post("/v1/exports", body)["job"])

    intro = ("将按当前筛选条件生成一个 .xlsx 文件；数据多时需要一些时间，可以离开页面。",)
    before = {"kind": kinds[0]}
    return Question(opened, "导出", _fields(desk, kinds), send, before=before, intro=intro, confirm="开始导出")


def _fields(desk: Desk, kinds: tuple[str, ...]) -> list[forms.Field]:
    """Whole numbers are for accounts that may write, with a reason that is kept."""
    asked = [dialogs.choice("kind", "导出内容", {kind: KINDS[kind] for kind in kinds})]
    if desk.grant("employment") != "rw":
        return asked
    why = dialogs.text("reason", "导出原因", help="至少 5 个字；会记录每名学生的证件号码由谁因何导出。")
    return [
        *asked,
        dialogs.tick("whole", "导出完整的证件号码和手机号"),
        {**why, "when": {"field": "whole", "in": [True]}},
    ]


def _told(summary: Mapping[str, Any]) -> list[str]:
    more = [] if summary.get("complete", True) else ["已到一次导出的上限，请缩小筛选范围后分次导出"]
    return [f"共 {summary.get('rows', 0)} 行", *more]
