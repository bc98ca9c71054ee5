"""Room: 数据统计: how many records stand in which states, divided by department, major, level, sex or school.

Live: statements over the rows that the actor may see, for a province the sums that follow every change. Graduates who
left the roster, and their records, are not counted. Each column and each line carries filters; together they are the
list of just those rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from models.db import fetch
from models.kit import json_time, now
from workflows.actors import Actor
from workflows.queries.statistics_axes import AXES, Axis, Line, enter, lines, people, records
from workflows.queries.statistics_columns import Column, columns, described, flows_counted
from workflows.queries.tallies import PERSON, RECORD, UNREGISTERED, is_kept, sums
from workflows.work_lists import WorkList, condition

Counts = dict[str, Counter[str]]
"""Value of the axis → column → how many."""


async def read_statistics(actor: Actor, cohort: int, by: str) -> dict[str, Any]:
    """The table of one cohort. `by`: a name of `AXES`. Raises Forbidden, ModuleClosed."""
    await enter(actor, cohort)
    axis = AXES[by]
    found = await (kept if is_kept(actor) else counted)(actor, cohort, axis)
    rows = [_row(line, found.get(line.key, Counter())) for line in await lines(actor, axis, found)]
    whole: Counter[str] = sum(found.values(), Counter())
    return {
        "at": json_time(now()),
        "cohort": cohort,
        "by": by,
        "by_label": axis.label,
        "columns": [described(column, cohort) for column in columns()],
        "rows": rows,
        "total": _filled(whole),
    }


async def counted(actor: Actor, cohort: int, axis: Axis) -> Counts:
    """By counting the rows that there are."""
    found = _summed(await _records(actor, cohort, axis))
    for key, counts in (await _people(actor, cohort, axis)).items():
        found.setdefault(key, Counter()).update(counts)
    return found


async def kept(actor: Actor, cohort: int, axis: Axis) -> Counts:
    """The same from the sums of the actor's province."""
    states: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    persons: Counts = defaultdict(Counter)
    for row in await sums(actor, cohort, axis.name, (RECORD, PERSON)):
        if row["kind"] == RECORD:
            flow, _, state = row["what"].partition(":")
            states[row["key"]][flow, state] = row["n"]
        else:
            persons[row["key"]]["graduates"] += row["n"]
            if row["what"] == UNREGISTERED:
                persons[row["key"]]["unregistered"] += row["n"]
    found = _summed(states)
    for key, counts in persons.items():
        found.setdefault(key, Counter()).update(counts)
    return found


def _row(line: Line, counts: Counter[str]) -> dict[str, Any]:
    return {**line.as_dict(), "counts": _filled(counts)}


def _filled(counts: Counter[str]) -> dict[str, int]:
    return {column.name: counts[column.name] for column in columns()}


async def _records(actor: Actor, cohort: int, axis: Axis) -> Mapping[str, Mapping[tuple[str, str], int]]:
    where = records(actor, cohort)
    where.add("r.flow = ANY({})", [str(flow) for flow in flows_counted()])
    rows = await fetch(
        f"SELECT {axis.record} AS key, r.flow, r.state, count(*) AS n FROM records r "  # noqa: S608  fixed texts, numbered parameters
        f"WHERE {where.text} GROUP BY 1, 2, 3",
        *where.values,
    )
    found: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for row in rows:
        found[row["key"]][row["flow"], row["state"]] = row["n"]
    return found


def _summed(found: Mapping[str, Mapping[tuple[str, str], int]]) -> Counts:
    """From states to columns."""
    of_records: tuple[Column, ...] = tuple(column for column in columns() if column.states)
    return {
        key: Counter({column.name: sum(states.get((str(f), s), 0) for f, s in column.states) for column in of_records})
        for key, states in found.items()
    }


async def _people(actor: Actor, cohort: int, axis: Axis) -> Counts:
    """Graduates, and those of them whom the work list 未登记 names."""
    where = people(actor, cohort)
    found: Counts = defaultdict(Counter)
    for name, narrowed in (("graduates", "TRUE"), ("unregistered", condition(WorkList.UNREGISTERED))):
        rows = await fetch(
            f"SELECT {axis.person} AS key, count(*) AS n FROM graduates g "  # noqa: S608  fixed texts, numbered parameters
            f"WHERE {where.text} AND {narrowed} GROUP BY 1",
            *where.values,
        )
        for row in rows:
            found[row["key"]][name] = row["n"]
    return found
