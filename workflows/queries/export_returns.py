"""Room: 退回修改学生名单: every return of a period, with who, where, when, why, and whether it came again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from models.db import fetch
from models.states import Flow
from workflows.actors import Actor, visible_to
from workflows.export_sheets import Cell
from workflows.flows import FLOWS
from workflows.limits import EXPORT_PAGE, EXPORT_ROWS
from workflows.queries import risk
from workflows.queries.export_cells import Told, label_of, state_label, when
from workflows.queries.paging import Where
from workflows.queries.record_filters import Filters, day_start, narrow

HEADERS: Final = (
    "届次", "姓名", "身份证号码", "所在院系", "学历层次", "专业", "业务类型", "签约单位", "退回环节", "审核人",
    "退回时间", "退回原因", "具体问题", "是否已重新提交", "目前状态",
)  # fmt: skip

_READ = """
SELECT j.id, j.at, j.from_state, j.detail, r.flow, r.state, r.cohort, r.graduate_id, r.graduate_name, r.department,
  r.major, r.employer_name, r.submitted_at, g.id_enc, g.level_code
FROM journal j JOIN records r ON r.id = j.subject_id JOIN graduates g ON g.id = r.graduate_id
WHERE {where} AND j.id > {after} ORDER BY j.id LIMIT {limit}"""


async def read(
    actor: Actor, flows: Sequence[Flow], filters: Filters, *, whole: bool
) -> AsyncIterator[tuple[list[list[Cell]], list[Any]]]:
    """By time, the oldest first. `since` and `until` are days of the return; every other filter is of the record.

    But for whom it waits: a queue opens on what waits for its reader, which what was sent back does not.
    """
    where = Where()
    where.within(visible_to(actor), "r")
    where.add(risk.RETURN_ROWS)
    await narrow(where, actor, flows, replace(filters, since=None, until=None, waits_on=None))
    if filters.since is not None:
        where.add("j.at >= {}", day_start(filters.since))
    if filters.until is not None:
        where.add("j.at < {}", day_start(filters.until + timedelta(days=1)))
    told, after, left = Told(whole), 0, EXPORT_ROWS
    text = _READ.format(where=where.text, after=f"${len(where.values) + 1}", limit=f"${len(where.values) + 2}")
    while left > 0:
        rows = await fetch(text, *where.values, after, min(EXPORT_PAGE, left))
        if not rows:
            return
        yield [_row(told, row) for row in rows], [row["graduate_id"] for row in rows]
        after, left = rows[-1]["id"], left - len(rows)


def _row(told: Told, row: Mapping[str, Any]) -> list[Cell]:
    detail = json.loads(row["detail"]) if row["detail"] else {}
    form = detail.get("form", {})
    again = row["submitted_at"] is not None and row["submitted_at"] > row["at"]
    return [
        row["cohort"],
        row["graduate_name"],
        told.id_number(row["id_enc"]),
        row["department"],
        label_of("level", row["level_code"]),
        row["major"],
        FLOWS[Flow(row["flow"])].label,
        row["employer_name"],
        _stage(row),
        str(detail.get("by", "")),
        when(row["at"]),
        label_of("return_reason", str(form.get("reason", ""))),
        str(form.get("reason_text", "")),
        "已重新提交" if again else "未重新提交",
        state_label(row),
    ]


def _stage(row: Mapping[str, Any]) -> str:
    """Where it was sent back: in which review, at whose stage."""
    label = FLOWS[Flow(row["flow"])].state(row["from_state"]).label
    return label.partition("，")[2].removeprefix("等待") or label
