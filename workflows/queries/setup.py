"""Room: what a school has still to do before its graduates can act, as a checklist (dashboard.md 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.db import fetch, fetch_row
from models.parties import Level, Party
from workflows.actors import Actor, own_school, require, visible_to
from workflows.queries.paging import Where
from workflows.queries.settings import level_label, signing_settings

_ROSTER = """
SELECT count(*) AS graduates, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM bindings b
    WHERE b.graduate_id = g.id AND b.ended_at IS NULL)) AS bound
FROM graduates g WHERE """

_WITHOUT_ACCOUNT = """
SELECT DISTINCT g.department FROM graduates g
WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.school_id = g.school_id AND a.party = 'department'
    AND a.department = g.department AND a.disabled_at IS NULL) AND """


async def checklist(actor: Actor, cohort: int) -> dict[str, Any]:
    """The steps of setting a cohort up, each with whether it is done and what is missing; WeChat reach beside them.

    Counts are of the levels that the account sees. Raises Forbidden, ModuleClosed.
    """
    require(actor, Party.SCHOOL)
    page = await signing_settings(actor, cohort)
    where = Where()
    where.within(visible_to(actor), "g")
    where.add("g.school_id = {}", own_school(actor))
    where.add("g.cohort = {}", cohort)
    where.add("g.invalid_at IS NULL")
    roster = await fetch_row(_ROSTER + where.text, *where.values) or {"graduates": 0, "bound": 0}
    bare = await fetch(f"{_WITHOUT_ACCOUNT}{where.text} ORDER BY g.department", *where.values)
    departments = [row["department"] for row in bare]
    steps = _steps(page, roster["graduates"], departments)
    return {
        "cohort": cohort,
        "done": all(step["done"] for step in steps),
        "steps": steps,
        "graduates": roster["graduates"],
        "bound": roster["bound"],
        "departments_without_account": departments,
        "without_reviewer": page["without_reviewer"],
        "levels_without_handler": page["levels_without_handler"],
    }


def _steps(page: Mapping[str, Any], graduates: int, departments: list[str]) -> list[dict[str, Any]]:
    """Where the school alone reviews, no account of a department is waited for."""
    alone = bool(page["submitted"]) and page["values"]["review_mode"] == "school"
    missing = "、".join(level_label(Level(level)) for level in page["levels_without_handler"])
    lacking = f"还没有账号的院系：{'、'.join(departments)}。"
    if not graduates:  # an empty roster names no departments: their accounts are to come, not done
        lacking = "先导入学生名单，再按名单里的院系创建账号。"
    uncovered = "、".join(one["text"] for one in page["without_reviewer"][:20])
    steps = [
        _step("agreement_type", "省级选择协议类型", page["agreement_type"] is not None, "请联系省级用户设置协议类型。"),
        _step("module", "省级开通功能模块", page["module_open"], "请联系省级用户开通毕业去向登记与网签模块。"),
        _step("roster", "导入学生名单", graduates > 0, "本届学生名单还是空的。"),
        _step("accounts", "创建院系账号", graduates > 0 and not departments, lacking),
        _step("settings", "提交签约设置", page["submitted"], "本届签约设置还没有提交。"),
        _step("handlers", "设置协议经办人", not page["levels_without_handler"], f"还没有设置的学历层次：{missing}。"),
        _step(
            "reviewers",
            "院系审核人员齐全",
            page["submitted"] and not page["without_reviewer"],
            f"先院系再校级审核，还缺可审核的账号：{uncovered}。" if page["submitted"] else "提交签约设置时核对。",
        ),
        _step("open", "开通在线签约", page["opened_at"] is not None, "在线签约还没有开通，毕业生暂时不能办理。"),
    ]
    return [step for step in steps if not (alone and step["name"] in ("accounts", "reviewers"))]


def _step(name: str, label: str, done: bool, otherwise: str) -> dict[str, Any]:
    return {"name": name, "label": label, "done": done, "missing": None if done else otherwise}
