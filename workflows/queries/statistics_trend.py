"""Room: 数据统计: what came about day by day (Asia/Shanghai), counted from the history of the records."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from models.db import fetch
from models.kit import json_time, now, shanghai_day
from models.states import Flow
from workflows.actors import Actor
from workflows.errors import Fault, InvalidRequest
from workflows.limits import TREND_DAYS, TREND_USUAL
from workflows.queries.queues import MENUS
from workflows.queries.record_filters import Filters, day_start, narrow
from workflows.queries.statistics_axes import enter, records
from workflows.queries.statistics_columns import flows_counted
from workflows.queries.trend_steps import SERIES, flows_of, series_of

_STEPS = """
SELECT (j.at AT TIME ZONE 'Asia/Shanghai')::date AS day, r.flow, j.from_state, j.to_state, count(*) AS n
FROM records r JOIN journal j ON j.subject_id = r.id
WHERE {where} AND j.from_state <> j.to_state GROUP BY 1, 2, 3, 4"""


async def read_trend(
    actor: Actor, cohort: int, since: date | None = None, until: date | None = None, line: Filters | None = None
) -> dict[str, Any]:
    """Each day from `since` to `until`, both included, by default the last weeks. `line`: only records under one line
    of the table, by that line's filters.

    Each series names the lists behind its figures; `step_day` is still to be given to them.

    Raises Forbidden, ModuleClosed, InvalidRequest for days that are in the wrong order or too many.
    """
    await enter(actor, cohort)
    last = until or shanghai_day(now())
    first = since or last - timedelta(days=TREND_USUAL - 1)
    if not 0 <= (last - first).days < TREND_DAYS:
        told = f"开始日期不能晚于结束日期，最多可查看 {TREND_DAYS} 天。"
        raise InvalidRequest(told, [Fault("from", "bad_period", told)])
    counted = await _steps(actor, cohort, first, last, line or Filters())
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        "at": json_time(now()),
        "cohort": cohort,
        "series": [_series(cohort, name, label) for name, label in SERIES.items()],
        "days": [{"day": str(day), "counts": {name: counted[day][name] for name in SERIES}} for day in days],
    }


def _series(cohort: int, name: str, label: str) -> dict[str, Any]:
    filters = {"cohort": cohort, "frozen": False, "step": name}
    menus = [menu.name for menu in MENUS.values() if flows_of(name) & set(menu.flows)]
    return {"name": name, "label": label, "lists": [{"menu": menu, "filters": filters} for menu in menus]}


async def _steps(actor: Actor, cohort: int, first: date, last: date, line: Filters) -> dict[date, Counter[str]]:
    where = records(actor, cohort)
    where.add("r.flow = ANY({})", [str(flow) for flow in flows_counted()])
    await narrow(where, actor, flows_counted(), line)
    where.add("j.at >= {}", day_start(first))
    where.add("j.at < {}", day_start(last + timedelta(days=1)))
    found: dict[date, Counter[str]] = defaultdict(Counter)
    for row in await fetch(_STEPS.format(where=where.text), *where.values):
        for name in series_of(Flow(row["flow"]), row["from_state"], row["to_state"]):
            found[row["day"]][name] += row["n"]
    return found
