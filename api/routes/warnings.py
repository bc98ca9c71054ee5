"""Room: routes of 预警单位管理."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint

from api.auth import SCHOOL
from api.desk_answers import Made, MarkList
from api.endpoints import Call, endpoint
from api.schemas import WarningWish
from workflows.commands.warnings import edit_mark, mark_employer, unmark_employer
from workflows.queries.warnings import own_marks

blueprint = Blueprint("warnings", __name__)


@endpoint(blueprint, "GET", "/v1/warnings", rule=SCHOOL, summary="本校预警单位", answers=MarkList)
async def index(call: Call) -> dict[str, Any]:
    return {"items": await own_marks(call.actor)}


@endpoint(
    blueprint,
    "POST",
    "/v1/warnings",
    rule=SCHOOL,
    summary="标记预警单位",
    body=WarningWish,
    form="warning_mark",
    answers=Made,
    status=201,
    raises=(409, 422),
)
async def mark(call: Call) -> dict[str, Any]:
    return {"id": str(await mark_employer(call.actor, call.body.form, call.body.reasons))}


@endpoint(
    blueprint,
    "PUT",
    "/v1/warnings/<id>",
    rule=SCHOOL,
    summary="修改预警单位",
    body=WarningWish,
    form="warning_mark",
    status=204,
    raises=(409, 422),
)
async def edit(call: Call, id: UUID) -> None:
    await edit_mark(call.actor, id, call.body.form, call.body.reasons)


@endpoint(blueprint, "DELETE", "/v1/warnings/<id>", rule=SCHOOL, summary="删除预警单位", status=204)
async def unmark(call: Call, id: UUID) -> None:
    await unmark_employer(call.actor, id)
