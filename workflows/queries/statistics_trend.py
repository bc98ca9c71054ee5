"""Room: 数据统计: what came about day by day (Asia/Shanghai), counted from the history of the records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from models.db import fetch
from models.kit import json_time, now, shanghai_day
from models.states import Flow, Phase
from workflows.actors import Actor
from workflows.errors import Fault, InvalidRequest
from workflows.flows import FLOWS
from workflows.limits import TREND_DAYS, TREND_USUAL
from workflows.queries.queues import MENUS
from workflows.queries.record_filters import day_start
from workflows.queries.statistics_axes import enter, records
from workflows.queries.statistics_columns import flows_counted

SERIES: Final[Mapping[str, str]] = {
    "begun": "新发起",
    "signing": "签约生效",
    "supplementary": "补登生效",
    "destination": "去向登记生效",
    "ended": "解约或作废",
}

_STEPS = """
SELECT (j.at AT TIME ZONE 'Asia/Shanghai')::date AS day, r.flow, j.from_state, j.to_state, count(*) AS n
FROM records r JOIN graduates g ON g.id = r.graduate_id JOIN journal j ON j.subject_id = r.id
WHERE {where} AND j.from_state <> j.to_state GROUP BY 1, 2, 3, 4"""


async def read_trend(actor: Actor, cohort: int, since: date | None = None, until: date | None = None) -> dict[str, Any]:
    """Each day from `since` to `until`, both included, by default the last weeks.

    Raises Forbidden, ModuleClosed, InvalidRequest for days that are in the wrong order or too many.
    """
    await enter(actor, cohort)
    last = until or shanghai_day(now())
    first = since or last - timedelta(days=TREND_USUAL - 1)
    if not 0 <= (last - first).days < TREND_DAYS:
        told = f"开始日期不能晚于结束日期，最多可查看 {TREND_DAYS} 天。"
        raise InvalidRequest(told, [Fault("from", "bad_period", told)])
    counted = await _steps(actor, cohort, first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        "at": json_time(now()),
        "cohort": cohort,
        "series": [{"name": name, "label": label} for name, label in SERIES.items()],
        "days": [{"day": str(day), "counts": {name: counted[day][name] for name in SERIES}} for day in days],
    }


async def _steps(actor: Actor, cohort: int, first: date, last: date) -> dict[date, Counter[str]]:
    where = records(actor, cohort)
    where.add("r.flow = ANY({})", [str(flow) for flow in flows_counted()])
    where.add("j.at >= {}", day_start(first))
    where.add("j.at < {}", day_start(last + timedelta(days=1)))
    found: dict[date, Counter[str]] = defaultdict(Counter)
    for row in await fetch(_STEPS.format(where=where.text), *where.values):
        for name in series_of(Flow(row["flow"]), row["from_state"], row["to_state"]):
            found[row["day"]][name] += row["n"]
    return found


def series_of(flow: Flow, before: str, after: str) -> list[str]:
    """Where one step of a record is counted; most are not."""
    if not before:
        return ["begun"]
    menu = next(name for name, menu in MENUS.items() if flow in menu.flows)
    if menu not in SERIES:  # a termination's own steps: its signing's end is counted with the signing
        return []
    was, became = _held(flow, before), _held(flow, after)
    if became and not was:
        return [menu]
    return ["ended"] if was and not became else []


def _held(flow: Flow, state: str) -> bool:
    return FLOWS[flow].state(state).phase is Phase.FORCE
