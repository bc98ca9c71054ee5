"""Room: lists as they go into a file: which columns, which rows, numbers masked unless somebody said why not.

Four kinds: the present selection (下载当前查询数据), every return of a period (导出退回修改学生名单), results in the
national exchange columns for a school whose EMS is not connected, a table of 数据统计. Read page by page, never all
at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from models.db import fetch_value
from models.parties import STAFF, Level, Module, Party
from workflows.actors import Actor, require, require_read, require_write, visible_to
from workflows.commands.filled import reasoned
from workflows.errors import Fault, InvalidForm
from workflows.export_sheets import Cell
from workflows.limits import EXPORT_PAGE, EXPORT_ROWS
from workflows.queries import export_results, export_returns, export_statistics
from workflows.queries.export_cells import SELECTION, Told
from workflows.queries.graduates import GraduateFilters
from workflows.queries.modules import require_open
from workflows.queries.paging import Where, pages
from workflows.queries.queues import MENUS
from workflows.queries.record_filters import Filters, filters_from, narrow
from workflows.queries.records import COLUMNS, SOURCE, order_of
from workflows.queries.reviewing import reviewed
from workflows.queries.statistics_destinations import RATE

SELECTED, RETURNED, RESULTS, STATISTICS, TREND = "selection", "returned", "results", "statistics", "trend"
KINDS = {
    SELECTED: "查询结果",
    RETURNED: "退回修改学生名单",
    RESULTS: "毕业去向上报数据",
    STATISTICS: "数据统计",
    TREND: "每日进度",
}
WITHOUT_MENU = (RESULTS, STATISTICS, TREND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to export. `menu`: of the queues; statistics have none. `columns`: of the selection, empty: all.

    `by`: what the lines of statistics are; `of`: what destinations are told apart by, empty for records by state.

    `whole`: ID numbers and telephones unmasked, for accounts that may write, with a `reason` that is kept.
    """

    kind: str
    menu: str = ""
    filters: Filters
    people: GraduateFilters
    columns: tuple[str, ...] = ()
    whole: bool = False
    reason: str = ""
    by: str = "department"
    of: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list on its way into a file. Pages have 1,000 rows at most; with each come the graduates whose they are."""

    title: str
    headers: tuple[tuple[str, ...], ...]
    pages: AsyncIterator[tuple[list[list[Cell]], list[Any]]]


async def check(actor: Actor, wish: Wish) -> None:
    """Raises Forbidden, ModuleClosed, ReadOnly (whole numbers), InvalidForm (menu, columns, reason)."""
    require(actor, *STAFF)
    require_read(actor)
    await require_open(actor, Module.EMPLOYMENT, wish.people.cohort if wish.kind == RESULTS else wish.filters.cohort)
    if wish.kind not in WITHOUT_MENU and wish.menu not in MENUS:
        raise InvalidForm([Fault("menu", "required", "请选择要导出的菜单。")])
    if wish.kind in (STATISTICS, TREND) and wish.filters.cohort is None:
        raise InvalidForm([Fault("filters.cohort", "required", "请选择要统计的届次。")])
    if unknown := [name for name in wish.columns if name not in SELECTION]:
        raise InvalidForm([Fault("columns", "unknown_column", f"没有名为“{name[:40]}”的列。") for name in unknown[:5]])
    if wish.whole:
        require_write(actor, Party.DEPARTMENT, Party.SCHOOL, Party.PROVINCE)
        reasoned(wish.reason, "导出完整证件号码的原因")


async def listing(actor: Actor, wish: Wish) -> Listing:
    """The list; nothing is read before its pages are asked for. Raises as `check` does."""
    await check(actor, wish)
    title = KINDS[wish.kind] if wish.kind in WITHOUT_MENU else f"{MENUS[wish.menu].label}{KINDS[wish.kind]}"
    if wish.kind == RETURNED:
        rows = export_returns.read(actor, MENUS[wish.menu].flows, wish.filters, whole=wish.whole)
        return Listing(title, (export_returns.HEADERS,), rows)
    if wish.kind == RESULTS:
        return Listing(title, export_results.HEADERS, export_results.read(actor, wish.people, whole=wish.whole))
    if wish.kind == STATISTICS and wish.of:
        headers, rows = await export_statistics.destinations(actor, wish.filters, wish.by, wish.of)
        return Listing(RATE, headers, rows)
    if wish.kind == STATISTICS:
        return Listing(title, export_statistics.headers(wish.by), export_statistics.read(actor, wish.filters, wish.by))
    if wish.kind == TREND:
        headers, rows = await export_statistics.days(actor, wish.filters)
        return Listing(title, headers, rows)
    names = wish.columns or tuple(SELECTION)
    labels = tuple(SELECTION[name].label for name in names)
    return Listing(title, (labels,), _selection(actor, wish, names))


async def _selection(
    actor: Actor, wish: Wish, names: Sequence[str]
) -> AsyncIterator[tuple[list[list[Cell]], list[Any]]]:
    where = await _where(actor, wish)
    told = Told(wish.whole)
    columns = f"{COLUMNS}, g.proof_code"
    async for rows in pages(columns, SOURCE, where, order_of(wish.filters), EXPORT_PAGE, EXPORT_ROWS):
        beside = await reviewed(rows)
        yield (
            [[SELECTION[name].cell(told, row, beside[row["id"]]) for name in names] for row in rows],
            [row["graduate_id"] for row in rows],
        )


async def _where(actor: Actor, wish: Wish) -> Where:
    flows = MENUS[wish.menu].flows
    where = Where()
    where.within(visible_to(actor), "r")
    await narrow(where, actor, flows, wish.filters)
    return where


async def size_of(actor: Actor, wish: Wish) -> int:
    """How many rows it will have, as far as that can be told at once: 0 where it cannot. At most the largest export."""
    if wish.kind != SELECTED:
        return 0
    where = await _where(actor, wish)
    text = f"SELECT count(*) FROM (SELECT 1 FROM {SOURCE} WHERE {where.text} LIMIT {EXPORT_ROWS}) x"  # noqa: S608  fixed texts, numbered parameters
    return int(await fetch_value(text, *where.values))


def wish_from(given: Any) -> Wish:
    """A wish as a job keeps it; the shape was checked before."""
    people = {n: v for n, v in given.get("people", {}).items() if v is not None}
    if "level" in people:
        people["level"] = Level(people["level"])
    return Wish(
        kind=given["kind"],
        menu=given.get("menu", ""),
        filters=filters_from(given.get("filters", {})),
        people=GraduateFilters(**people),
        columns=tuple(given.get("columns", ())),
        whole=bool(given.get("whole", False)),
        reason=given.get("reason", ""),
        by=given.get("by", "department"),
        of=given.get("of") or "",
    )
