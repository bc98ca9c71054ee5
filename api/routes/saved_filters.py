"""Room: routes of the filters that a clerk keeps under a name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint

from api.auth import STAFF_ONLY
from api.desk_answers import Made
from api.endpoints import Call, endpoint
from api.list_answers import SavedFilters
from api.list_schemas import FilterChange, FilterQuery, FilterWish, QueueFilters
from workflows.commands.saved_filters import change_filter, forget_filter, save_filter
from workflows.queries.saved_filters import own_filters

blueprint = Blueprint("saved_filters", __name__)


@endpoint(
    blueprint,
    "GET",
    "/v1/filters",
    rule=STAFF_ONLY,
    summary="本账号保存的筛选方案",
    query=FilterQuery,
    answers=SavedFilters,
)
async def index(call: Call) -> dict[str, Any]:
    return {"items": await own_filters(call.actor, call.query.menu)}


@endpoint(
    blueprint,
    "POST",
    "/v1/filters",
    rule=STAFF_ONLY,
    summary="保存筛选方案",
    body=FilterWish,
    answers=Made,
    status=201,
    raises=(409, 422),
)
async def save(call: Call) -> dict[str, str]:
    body = call.body
    return {"id": str(await save_filter(call.actor, body.menu, body.name, _kept(body.filters)))}


@endpoint(
    blueprint,
    "PUT",
    "/v1/filters/<id>",
    rule=STAFF_ONLY,
    summary="修改筛选方案",
    body=FilterChange,
    status=204,
    raises=(409, 422),
)
async def change(call: Call, id: UUID) -> None:
    await change_filter(call.actor, id, call.body.name, _kept(call.body.filters))


@endpoint(blueprint, "DELETE", "/v1/filters/<id>", rule=STAFF_ONLY, summary="删除筛选方案", status=204)
async def forget(call: Call, id: UUID) -> None:
    await forget_filter(call.actor, id)


def _kept(filters: QueueFilters) -> dict[str, Any]:
    """What was narrowed, by the names of the query string; not where in the list one stood."""
    found: dict[str, Any] = filters.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude={"cursor", "limit"}
    )
    return found
