"""Room: routes of 预警单位管理."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint

from api.auth import SCHOOL, only
from api.desk_answers import Cases, Marked, MarkList, MarkLookUp
from api.endpoints import Call, endpoint
from api.schemas import MarkQuery, WarningWish
from models.parties import Party
from models.store import store
from workflows.commands.warnings import edit_mark, mark_employer, unmark_employer
from workflows.queries.mark_lookup import look_up
from workflows.queries.marked_cases import open_cases
from workflows.queries.warnings import own_marks

MAY_LOOK_UP = only("may_look_marks_up", Party.GRADUATE, Party.DEPARTMENT, Party.SCHOOL)

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
    answers=Marked,
    status=201,
    raises=(409, 422),
)
async def mark(call: Call) -> dict[str, Any]:
    wish = call.body
    made = await mark_employer(call.actor, wish.form, wish.reasons, wish.evidence)
    return {"id": str(made), "cases": await open_cases(call.actor, made)}


@endpoint(
    blueprint,
    "GET",
    "/v1/search/warnings",
    rule=MAY_LOOK_UP,
    summary="填写单位时查询预警提示",
    query=MarkQuery,
    answers=MarkLookUp,
    raises=(429,),
)
async def lookup(call: Call) -> dict[str, Any]:
    return await look_up(call.actor, store(), call.query.uscc, call.query.name)


@endpoint(
    blueprint,
    "GET",
    "/v1/warnings/<id>/cases",
    rule=SCHOOL,
    summary="本校与预警单位之间未办结的记录",
    answers=Cases,
)
async def cases(call: Call, id: UUID) -> Any:
    return await open_cases(call.actor, id)


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
    await edit_mark(call.actor, id, call.body.form, call.body.reasons, call.body.evidence)


@endpoint(blueprint, "DELETE", "/v1/warnings/<id>", rule=SCHOOL, summary="删除预警单位", status=204)
async def unmark(call: Call, id: UUID) -> None:
    await unmark_employer(call.actor, id)
