"""Room: the route that begins an export; how far it is and its file are told by the jobs' routes."""

from __future__ import annotations

from typing import Any

from quart import Blueprint

from api.auth import STAFF_ONLY
from api.endpoints import Call, endpoint
from api.list_schemas import ExportWish
from api.roster_answers import Begun
from workflows.commands.exports import begin_export

blueprint = Blueprint("exports", __name__)

_PLACE = {"cursor", "limit"}


@endpoint(
    blueprint,
    "POST",
    "/v1/exports",
    rule=STAFF_ONLY,
    summary="导出名单（.xlsx）：当前查询数据、退回修改学生名单、毕业去向上报数据",
    body=ExportWish,
    answers=Begun,
    status=202,
    raises=(409, 422),
)
async def begin(call: Call) -> dict[str, Any]:
    wish: dict[str, Any] = call.body.model_dump(
        mode="json",
        by_alias=True,
        exclude_defaults=True,
        exclude={"filters": _PLACE, "people": _PLACE},
    )
    return {"job": await begin_export(call.actor, wish)}
