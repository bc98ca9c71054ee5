"""Room: routes of 签约设置 and 协议经办人."""

from __future__ import annotations

from typing import Any

from quart import Blueprint

from api.auth import REVIEWERS, SCHOOL
from api.desk_answers import Levels, ModeChange, NewVersion, SigningSettings
from api.endpoints import Call, endpoint
from api.schemas import ModeQuery, NewHandler, SettingsSubmission
from workflows.commands.settings import set_handler, submit_settings
from workflows.queries.settings import mode_change
from workflows.queries.subject_history import settings_and_history

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
    return await settings_and_history(call.actor, cohort)


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
    wish = call.body
    version = await submit_settings(call.actor, cohort, wish.form, wish.version, confirmed=wish.confirmed)
    return {"version": version}


@endpoint(
    blueprint,
    "GET",
    "/v1/settings/<cohort>/mode_change",
    rule=SCHOOL,
    summary="试算：改变审核方式会被什么挡住",
    query=ModeQuery,
    answers=ModeChange,
)
async def try_mode(call: Call, cohort: int) -> dict[str, Any]:
    return await mode_change(call.actor, cohort, call.query.module, call.query.mode)


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
