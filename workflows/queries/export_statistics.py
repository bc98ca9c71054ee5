"""Room: the table of 数据统计 as it goes into a file: a line for each department (or what else), the sums last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from workflows.actors import Actor
from workflows.export_sheets import Cell
from workflows.queries.record_filters import Filters
from workflows.queries.statistics import read_statistics
from workflows.queries.statistics_axes import AXES
from workflows.queries.statistics_columns import columns


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
