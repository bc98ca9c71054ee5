"""Room: routes of 数据统计 (guide chapter 14)."""

from __future__ import annotations

from typing import Any

from quart import Blueprint

from api.auth import STAFF_ONLY
from api.endpoints import Call, endpoint
from api.list_schemas import DestinationsQuery, StatisticsQuery, TrendQuery
from api.statistics_answers import Destinations, Statistics, Trend
from workflows.queries.record_filters import filters_from
from workflows.queries.statistics import read_statistics
from workflows.queries.statistics_destinations import read_destinations
from workflows.queries.statistics_trend import read_trend

blueprint = Blueprint("statistics", __name__)


@endpoint(
    blueprint,
    "GET",
    "/v1/statistics",
    rule=STAFF_ONLY,
    summary="数据统计：签约、补登、解约和去向登记各状态的数量",
    query=StatisticsQuery,
    answers=Statistics,
)
async def table(call: Call) -> dict[str, Any]:
    return await read_statistics(call.actor, call.query.cohort, call.query.by)


@endpoint(
    blueprint,
    "GET",
    "/v1/statistics/destinations",
    rule=STAFF_ONLY,
    summary="数据统计：毕业去向分布和落实率",
    query=DestinationsQuery,
    answers=Destinations,
)
async def destinations(call: Call) -> dict[str, Any]:
    return await read_destinations(call.actor, call.query.cohort, call.query.by, call.query.of)


@endpoint(
    blueprint,
    "GET",
    "/v1/statistics/trend",
    rule=STAFF_ONLY,
    summary="数据统计：每日签约和登记进度",
    query=TrendQuery,
    answers=Trend,
)
async def trend(call: Call) -> dict[str, Any]:
    wish = call.query
    line = wish.model_dump(mode="json", exclude_defaults=True, exclude={"cohort", "since", "until"})
    return await read_trend(call.actor, wish.cohort, wish.since, wish.until, filters_from(line))
