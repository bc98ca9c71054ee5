"""Room: the tables of 数据统计 as they go into a file: a line for each department (or what else), the sums last."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from workflows.actors import Actor
from workflows.export_sheets import Cell
from workflows.queries.record_filters import Filters
from workflows.queries.statistics import read_statistics
from workflows.queries.statistics_axes import AXES
from workflows.queries.statistics_columns import columns
from workflows.queries.statistics_destinations import FEATURES, RATE, SETTLED, read_destinations
from workflows.queries.statistics_trend import read_trend


def headers(by: str) -> tuple[tuple[str, ...], ...]:
    """The section of each column, then its own name."""
    return (
        ("", *(column.section for column in columns())),
        (AXES[by].label, *(column.label for column in columns())),
    )


async def read(actor: Actor, filters: Filters, by: str) -> AsyncIterator[tuple[list[list[Cell]], list[Any]]]:
    """One page of numbers; nobody is named. Raises Forbidden, ModuleClosed."""
    if filters.cohort is None:
        raise LookupError("`check` lets no table without a cohort through")
    found = await read_statistics(actor, filters.cohort, by)
    names = [column.name for column in columns()]
    table: list[list[Cell]] = [[row["label"], *(row["counts"][name] for name in names)] for row in found["rows"]]
    yield [*table, ["总计", *(found["total"][name] for name in names)]], []


async def destinations(
    actor: Actor, filters: Filters, by: str, of: str
) -> tuple[tuple[tuple[str, ...], ...], AsyncIterator[tuple[list[list[Cell]], list[Any]]]]:
    """Headers and the one page of numbers: persons, their rate, then how many went to each part. Raises as `read`."""
    if filters.cohort is None:
        raise LookupError("`check` lets no table without a cohort through")
    found = await read_destinations(actor, filters.cohort, by, of)
    parts = found["parts"]
    heads = (
        ("", *("落实情况（人数）" for _ in SETTLED), "", *(f"{FEATURES[of].label}（人数）" for _ in parts)),
        (AXES[by].label, *SETTLED.values(), RATE, *(part["label"] for part in parts)),
    )
    within: Counter[tuple[str, str]] = Counter()
    for cell in found["cells"]:
        within[cell["key"], cell["part"]] += cell["count"]
    lines = [[*_settled(row), *(within[row["key"], part["key"]] for part in parts)] for row in found["rows"]]
    total = [*_settled({"label": "总计", **found["total"]}), *(part["count"] for part in parts)]
    return heads, _one_page([*lines, total])


async def days(
    actor: Actor, filters: Filters
) -> tuple[tuple[tuple[str, ...], ...], AsyncIterator[tuple[list[list[Cell]], list[Any]]]]:
    """Headers and the one page of numbers: a line for each day from `since` to `until`, the sums last. Every other
    filter narrows what is counted. Raises as `read_trend` does.
    """
    if filters.cohort is None:
        raise LookupError("`check` lets no table without a cohort through")
    line = replace(filters, since=None, until=None)
    found = await read_trend(actor, filters.cohort, filters.since, filters.until, line)
    names = [series["name"] for series in found["series"]]
    table: list[list[Cell]] = [[day["day"], *(day["counts"][name] for name in names)] for day in found["days"]]
    total = [sum(day["counts"][name] for day in found["days"]) for name in names]
    return (("日期", *(series["label"] for series in found["series"])),), _one_page([*table, ["总计", *total]])


def _settled(row: Mapping[str, Any]) -> list[Cell]:
    return [row["label"], *(row[name] for name in SETTLED), "" if row["rate"] is None else f"{row['rate']:.2%}"]


async def _one_page(table: list[list[Cell]]) -> AsyncIterator[tuple[list[list[Cell]], list[Any]]]:
    yield table, []
