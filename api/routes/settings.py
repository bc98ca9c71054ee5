"""Room: routes of 签约设置 and 协议经办人."""

from __future__ import annotations

from typing import Any

from quart import Blueprint

from api.auth import REVIEWERS, SCHOOL
from api.desk_answers import Levels, NewVersion, SigningSettings
from api.endpoints import Call, endpoint
from api.schemas import NewHandler, SettingsSubmission
from workflows.commands.settings import set_handler, submit_settings
from workflows.queries.settings import signing_settings

blueprint = Blueprint("settings", __name__)


@endpoint(
    blueprint,
    "GET",
    "/v1/settings/<cohort>",
    rule=REVIEWERS,
    summary="一届的签约设置",
    answers=SigningSettings,
)
async def show(call: Call, cohort: int) -> dict[str, Any]:
    return await signing_settings(call.actor, cohort)


@endpoint(
    blueprint,
    "PUT",
    "/v1/settings/<cohort>",
    rule=SCHOOL,
    summary="提交签约设置",
    body=SettingsSubmission,
    form="signing_settings",
    answers=NewVersion,
    raises=(409, 422),
)
async def submit(call: Call, cohort: int) -> dict[str, Any]:
    return {"version": await submit_settings(call.actor, cohort, call.body.form, call.body.version)}


@endpoint(
    blueprint,
    "POST",
    "/v1/handlers",
    rule=SCHOOL,
    summary="设置协议经办人（不可修改）",
    body=NewHandler,
    form="handler",
    answers=Levels,
    status=201,
    raises=(409, 422),
)
async def add_handler(call: Call) -> dict[str, Any]:
    levels = await set_handler(call.actor, call.body.cohort, call.body.form)
    return {"levels": [str(level) for level in levels]}
