"""Room: routes of the delivery page: messages and pushes by state, dead ones with their cause, send again."""

from __future__ import annotations

import re
from typing import Any

from quart import Blueprint

from api.auth import REVIEWERS, STAFF_ONLY
from api.desk_answers import Deliveries, DeliveryCounts, DeliveryTries
from api.endpoints import Call, endpoint
from api.schemas import DeliveryQuery
from workflows.commands.deliveries import send_again
from workflows.errors import NotFound
from workflows.queries import deliveries

blueprint = Blueprint("deliveries", __name__)


@endpoint(
    blueprint,
    "GET",
    "/v1/deliveries",
    rule=STAFF_ONLY,
    summary="消息与上报",
    query=DeliveryQuery,
    answers=Deliveries,
)
async def index(call: Call) -> Any:
    wish = call.query
    filters = deliveries.Filters(
        statuses=tuple(wish.status),
        channel=wish.channel,
        notice=wish.notice,
        cursor=wish.cursor,
        limit=wish.limit,
    )
    return await deliveries.page(call.actor, filters)


@endpoint(
    blueprint,
    "GET",
    "/v1/deliveries/counts",
    rule=STAFF_ONLY,
    summary="消息与上报：各状态数量",
    answers=DeliveryCounts,
)
async def counts(call: Call) -> dict[str, Any]:
    return await deliveries.counts(call.actor)


@endpoint(
    blueprint,
    "GET",
    "/v1/deliveries/<number>/tries",
    rule=STAFF_ONLY,
    summary="一条消息的每次发送",
    answers=DeliveryTries,
)
async def tries(call: Call, number: str) -> dict[str, Any]:
    return {"items": await deliveries.tries(call.actor, _row(number))}


@endpoint(
    blueprint,
    "POST",
    "/v1/deliveries/<number>/again",
    rule=REVIEWERS,
    summary="重新发送",
    status=204,
    raises=(409,),
)
async def again(call: Call, number: str) -> None:
    await send_again(call.actor, _row(number))


def _row(number: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,17}", number):
        raise NotFound
    return int(number)
