"""Room: routes of a staff account's second factor."""

from __future__ import annotations

from typing import Any

from quart import Blueprint

from api.auth import STAFF_ONLY
from api.desk_answers import NewSecondFactor
from api.endpoints import Call, endpoint
from api.schemas import Code, PasswordProof
from models.store import store
from workflows.commands import second_factor

blueprint = Blueprint("second_factor", __name__)


@endpoint(
    blueprint,
    "POST",
    "/v1/me/totp",
    rule=STAFF_ONLY,
    summary="获取动态验证码密钥",
    body=PasswordProof,
    answers=NewSecondFactor,
    status=201,
    raises=(409, 422, 429),
)
async def begin(call: Call) -> Any:
    return await second_factor.begin_totp(call.actor, call.body.password, counter=store())


@endpoint(
    blueprint,
    "PUT",
    "/v1/me/totp",
    rule=STAFF_ONLY,
    summary="填写第一个动态验证码并开启",
    body=Code,
    status=204,
    raises=(409, 422, 429),
)
async def confirm(call: Call) -> None:
    await second_factor.confirm_totp(call.actor, call.body.code, counter=store())


@endpoint(
    blueprint,
    "POST",
    "/v1/me/totp/removal",
    rule=STAFF_ONLY,
    summary="关闭动态验证码",
    body=Code,
    status=204,
    raises=(409, 422, 429),
)
async def remove(call: Call) -> None:
    await second_factor.remove_totp(call.actor, call.body.code, counter=store())
