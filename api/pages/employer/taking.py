"""Room: an employer's list taken along, as narrow as on the screen: a workbook, a page to print, agreements as zip."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from quart import Response, request

from api.auth import Caller
from api.downloads import ZIP, attachment
from api.pages.employer.portal import PREFIX, line, page, render
from api.pages.employer.records import ALL, OURS, asked_of, filters_of, query_of, row_shown
from models.kit import now, screen_time, shanghai_day
from models.states import Flow
from workflows.commands.agreements import bundle
from workflows.errors import Refused
from workflows.export_sheets import MEDIA, Sheet
from workflows.flows import FLOWS
from workflows.limits import ARCHIVE_NUMBERS, EMPLOYER_LIST, PAGE_MAX
from workflows.queries.portal import schools_invited_from
from workflows.queries.records import list_flows

COLUMNS: Final = (
    ("事项", "flow"),
    ("毕业生姓名", "name"),
    ("证件号码", "id_number"),
    ("毕业院校", "school"),
    ("学历", "level"),
    ("专业", "major"),
    ("职位类别", "position"),
    ("状态", "label"),
    ("协议编号", "agreement_no"),
    ("发起时间", "created_at"),
    ("应约截止", "expires_at"),
)
_SIGNINGS: Final = (Flow.ONLINE_SIGNING, Flow.OFFLINE_SIGNING)

TOO_LONG: Final = f"符合条件的超过 {EMPLOYER_LIST} 条，请先按院校、日期等缩小范围。"
TOO_MANY: Final = f"一次最多打包 {ARCHIVE_NUMBERS} 份协议书，请先按院校、日期等缩小范围。"
NONE: Final = "符合条件的记录还没有生成协议书；签约完成后，或线下签约的协议生成后，才能下载。"


async def _rows(who: Caller, asked: Mapping[str, str], flow: str) -> list[dict[str, Any]]:
    """All rows of the list, over its pages. Raises Refused for more than one takes along."""
    flows = (Flow(flow),) if flow in {str(f) for f in FLOWS} else OURS
    filters, _ = filters_of(asked)
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        turn = await list_flows(who.actor, flows, replace(filters, cursor=cursor, limit=PAGE_MAX))
        found += turn.items
        cursor = turn.next
        if cursor is None:
            return found
        if len(found) >= EMPLOYER_LIST:
            raise Refused(TOO_LONG, guard="list_short")


def _asked() -> tuple[dict[str, str], str]:
    return asked_of(request.args), line(request.args, "flow")


@page("/records/workbook")
async def take_workbook(who: Caller) -> Response:
    rows = [_line(row_shown(row)) for row in await _rows(who, *_asked())]
    made = await asyncio.to_thread(_workbook, rows)
    return attachment(made, MEDIA, f"签约记录-{shanghai_day(now()):%Y%m%d}.xlsx")


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """An end that no longer runs is none."""
    return {**row, "expires_at": row["expires_at"] if row["clock"] else ""}


def _workbook(rows: list[dict[str, Any]]) -> bytes:
    sheet = Sheet("签约记录", [[label for label, _ in COLUMNS]])
    sheet.add([row[name] for _, name in COLUMNS] for row in rows)
    return sheet.close()


@page("/records/agreements")
async def take_agreements(who: Caller) -> Response:
    asked, flow = _asked()
    rows = await _rows(who, asked, flow)
    numbers = list(
        dict.fromkeys(row["agreement_no"] for row in rows if row["agreement_no"] and row["flow"] in _SIGNINGS)
    )
    if not numbers:
        raise Refused(NONE, guard="agreement_made")
    if len(numbers) > ARCHIVE_NUMBERS:
        raise Refused(TOO_MANY, guard="archive_small")
    return attachment(await bundle(who.actor, numbers), ZIP, f"就业协议书-{shanghai_day(now()):%Y%m%d}.zip")


@page("/records/print")
async def print_records(who: Caller) -> Response:
    """The whole list on one page, for paper."""
    asked, flow = _asked()
    rows = [row_shown(row) for row in await _rows(who, asked, flow)]
    kept = {name: value for name, value in asked.items() if value}
    return await render(
        "print.html",
        who=who,
        rows=rows,
        said=await _said(who, asked, flow),
        at=screen_time(now()),
        back=f"{PREFIX}/{flow}{query_of(kept)}".rstrip("?") if flow else f"{ALL}{query_of(kept)}".rstrip("?"),
    )


async def _said(who: Caller, asked: Mapping[str, str], flow: str) -> str:
    """What the list was narrowed by, in words."""
    school = asked["school"]
    if school:
        named = await schools_invited_from(who.actor, PAGE_MAX)
        school = next((one["name"] for one in named if one["code"] == school), school)
    parts = (
        ("事项", FLOWS[Flow(flow)].label if flow in {str(f) for f in FLOWS} else ""),
        ("姓名", asked["name"]),
        ("毕业院校", school),
        ("协议编号", asked["agreement_no"]),
        ("届", asked["cohort"]),
        ("发起日期从", asked["from"]),
        ("发起日期到", asked["to"]),
    )
    return "；".join(f"{label}：{text}" for label, text in parts if text)
