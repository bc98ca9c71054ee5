"""Room: routes of roster files: upload, template. What becomes of an upload is a job."""

from __future__ import annotations

import asyncio
from typing import Any

from quart import Blueprint, Response

from api.auth import SCHOOL, STAFF_ONLY
from api.downloads import attachment
from api.endpoints import Call, endpoint
from api.roster_answers import Begun
from api.schemas import ImportQuery
from workflows.commands.roster_jobs import begin_import
from workflows.limits import ROSTER_BYTES
from workflows.roster_sheets import MEDIA, TEMPLATE_NAME, template

blueprint = Blueprint("roster", __name__)


@endpoint(
    blueprint,
    "POST",
    "/v1/roster/imports",
    rule=SCHOOL,
    summary="上传学生名单（.xlsx 或 .csv，文件内容即请求体）",
    query=ImportQuery,
    takes="application/octet-stream",
    most=ROSTER_BYTES,
    answers=Begun,
    status=202,
    raises=(408, 409, 422),
)
async def take_in(call: Call) -> dict[str, Any]:
    wish = call.query
    job = await begin_import(
        call.actor,
        wish.cohort,
        call.body,
        only_valid=wish.mode == "valid",
        moves_confirmed=wish.moves == "confirmed",
    )
    return {"job": job}


@endpoint(
    blueprint,
    "GET",
    "/v1/roster/template.xlsx",
    rule=STAFF_ONLY,
    summary="学生名单导入模板",
    gives=(MEDIA,),
)
async def empty(call: Call) -> Response:  # noqa: ARG001  every handler receives its call
    return attachment(await asyncio.to_thread(template), MEDIA, TEMPLATE_NAME)
