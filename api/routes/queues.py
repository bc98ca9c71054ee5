"""Room: routes of the queues of 学生管理: a menu's records over all of its flows, and what is odd about a form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from quart import Blueprint

from api.answers import Records
from api.auth import GRADUATE, STAFF_ONLY
from api.endpoints import Call, endpoint
from api.list_schemas import HintsWish, QueueFilters, QueueSearch
from api.review_answers import Hints
from workflows.queries.hint_facts import read_hints
from workflows.queries.queues import list_queue
from workflows.queries.record_filters import Filters, filters_from

blueprint = Blueprint("queues", __name__)


@endpoint(
    blueprint,
    "GET",
    "/v1/queues/<menu>",
    rule=STAFF_ONLY,
    summary="学生管理的一个菜单：其中各流程的记录",
    query=QueueFilters,
    answers=Records,
)
async def index(call: Call, menu: str) -> Any:
    return await list_queue(call.actor, menu, queue_filters(call.query))


@endpoint(
    blueprint,
    "POST",
    "/v1/search/queues/<menu>",
    rule=STAFF_ONLY,
    summary="按身份证号码等条件查找菜单中的记录（号码不进入网址）",
    body=QueueSearch,
    answers=Records,
)
async def search(call: Call, menu: str) -> Any:
    return await list_queue(call.actor, menu, queue_filters(call.body, call.body.id_number))


def queue_filters(wish: QueueFilters, id_number: str = "") -> Filters:
    named = wish.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"id_number"})
    return replace(filters_from(named), id_number=id_number, limit=wish.limit)


@endpoint(
    blueprint,
    "POST",
    "/v1/hints",
    rule=GRADUATE,
    summary="填写时的提示：不影响提交，但值得再看一眼",
    body=HintsWish,
    answers=Hints,
)
async def hints(call: Call) -> dict[str, Any]:
    return {"items": await read_hints(call.actor, call.body.flow, call.body.form)}
