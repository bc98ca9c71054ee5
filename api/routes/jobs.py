"""Room: routes of jobs: how far one is, what it made, taking it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint, Response

from api.auth import STAFF_ONLY
from api.downloads import attachment
from api.endpoints import Call, endpoint
from api.roster_answers import JobState
from workflows.commands.jobs import cancel_job
from workflows.queries.jobs import read_job, read_job_file
from workflows.roster_sheets import MEDIA

blueprint = Blueprint("jobs", __name__)


@endpoint(blueprint, "GET", "/v1/jobs/<id>", rule=STAFF_ONLY, summary="一项任务的进度与结果", answers=JobState)
async def show(call: Call, id: UUID) -> dict[str, Any]:
    return await read_job(call.actor, id)


@endpoint(blueprint, "GET", "/v1/jobs/<id>/file", rule=STAFF_ONLY, summary="任务生成的文件", gives=(MEDIA,))
async def file(call: Call, id: UUID) -> Response:
    name, content = await read_job_file(call.actor, id)
    return attachment(content, MEDIA, name)


@endpoint(
    blueprint,
    "POST",
    "/v1/jobs/<id>/cancellation",
    rule=STAFF_ONLY,
    summary="取消一项任务",
    status=204,
    raises=(409,),
)
async def cancel(call: Call, id: UUID) -> None:
    await cancel_job(call.actor, id)
