"""Room: routes of a school's setting-up: telephones of its desks, the checklist until it is open."""

from __future__ import annotations

from typing import Any

from quart import Blueprint

from api.auth import REVIEWERS, SCHOOL
from api.desk_answers import Checklist, Desks
from api.endpoints import Call, endpoint
from api.schemas import Filled
from workflows.commands.desks import set_desk
from workflows.queries.desks import list_desks
from workflows.queries.setup import checklist

blueprint = Blueprint("desks", __name__)


@endpoint(blueprint, "GET", "/v1/desks", rule=REVIEWERS, summary="学校和各院系的咨询电话", answers=Desks)
async def index(call: Call) -> dict[str, Any]:
    return await list_desks(call.actor)


@endpoint(
    blueprint,
    "PUT",
    "/v1/desks",
    rule=SCHOOL,
    summary="设置一个院系的咨询电话",
    body=Filled,
    form="desk",
    status=204,
    raises=(422,),
)
async def change(call: Call) -> None:
    await set_desk(call.actor, call.body.form)


@endpoint(blueprint, "GET", "/v1/setup/<cohort>", rule=SCHOOL, summary="一届的开通准备清单", answers=Checklist)
async def setup(call: Call, cohort: int) -> dict[str, Any]:
    return await checklist(call.actor, cohort)
