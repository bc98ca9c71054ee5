"""Room: routes of 失效信息管理 and 作废信息管理."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint

from api.auth import STAFF_ONLY
from api.endpoints import Call, endpoint
from api.list_answers import Invalidated, VoidedFull, VoidedList
from api.list_schemas import PersonQuery, PersonSearch
from api.routes.graduates import person_filters
from workflows.queries.departed import list_invalidated, list_voided, read_voided

blueprint = Blueprint("departed", __name__)


@endpoint(
    blueprint,
    "GET",
    "/v1/invalidated",
    rule=STAFF_ONLY,
    summary="失效信息管理：已不在名单中的学生",
    query=PersonQuery,
    answers=Invalidated,
)
async def invalidated(call: Call) -> Any:
    return await list_invalidated(call.actor, person_filters(call.query, ""))


@endpoint(
    blueprint,
    "POST",
    "/v1/search/invalidated",
    rule=STAFF_ONLY,
    summary="按身份证号码等条件查找失效学生（号码不进入网址）",
    body=PersonSearch,
    answers=Invalidated,
)
async def search_invalidated(call: Call) -> Any:
    return await list_invalidated(call.actor, person_filters(call.body, call.body.id_number))


@endpoint(
    blueprint,
    "GET",
    "/v1/voided",
    rule=STAFF_ONLY,
    summary="作废信息管理：作废后尚未重新提交的学生",
    query=PersonQuery,
    answers=VoidedList,
)
async def voided(call: Call) -> Any:
    return await list_voided(call.actor, person_filters(call.query, ""))


@endpoint(
    blueprint,
    "POST",
    "/v1/search/voided",
    rule=STAFF_ONLY,
    summary="按身份证号码等条件查找作废过的学生（号码不进入网址）",
    body=PersonSearch,
    answers=VoidedList,
)
async def search_voided(call: Call) -> Any:
    return await list_voided(call.actor, person_filters(call.body, call.body.id_number))


@endpoint(
    blueprint,
    "GET",
    "/v1/voided/<id>",
    rule=STAFF_ONLY,
    summary="一名学生作废过的全部去向",
    answers=VoidedFull,
)
async def one_voided(call: Call, id: UUID) -> dict[str, Any]:
    return await read_voided(call.actor, id)
