"""Room: routes of signing in and out and of the signed-in person."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, request

from api.answers import Me, Opened
from api.auth import ANYONE, SIGNED_IN, only
from api.endpoints import Call, endpoint
from api.schemas import EmployerSignIn, PasswordChange, SignIn, StaffSignIn, WeChatSignIn
from api.wiring import wiring
from models.config import settings
from models.kit import json_time
from models.parties import STAFF, Party
from models.store import store
from workflows.commands import sessions
from workflows.commands.sessions import SignedIn
from workflows.errors import Unauthenticated, Unavailable
from workflows.ports import OutsideFault
from workflows.queries.chat import look
from workflows.queries.me import read_me

blueprint = Blueprint("sessions", __name__)

WITH_PASSWORD = only("with_password", Party.EMPLOYER, *STAFF)
NOT_BOUND = "这个微信还没有绑定毕业生身份，请先在公众号里完成绑定。"
SNAPSHOT = "微信以快照方式打开了页面，请点击页面右上角“使用完整服务”后重试。"


@endpoint(
    blueprint,
    "POST",
    "/v1/sessions",
    rule=ANYONE,
    summary="登录",
    body=SignIn,
    answers=Opened,
    status=201,
    raises=(401, 429),
)
async def sign_in(call: Call) -> dict[str, Any]:
    opened = await _open(call.body.root)
    return {
        "token": opened.token,
        "party": str(opened.actor.party),
        "name": opened.actor.name,
        "must_change": opened.must_change,
        "ends_at": json_time(opened.ends_at),
    }


async def _open(wish: StaffSignIn | EmployerSignIn | WeChatSignIn) -> SignedIn:
    address = request.remote_addr or ""
    if isinstance(wish, StaffSignIn):
        return await sessions.sign_in_staff(wish.username, wish.password, address, counter=store(), code=wish.code)
    if isinstance(wish, EmployerSignIn):
        return await sessions.sign_in_employer(wish.username, wish.password, address, counter=store())
    return await _open_wechat(wish.code)


async def _open_wechat(code: str) -> SignedIn:
    person = await wiring().web_sign_in.exchange(code)
    if person is OutsideFault.UNAVAILABLE:
        raise Unavailable("微信登录暂时不可用，请稍后再试。")
    if isinstance(person, OutsideFault):
        raise Unauthenticated
    if person.snapshot:
        raise Unauthenticated(SNAPSHOT)
    found = (await look(person.openid, "")).person
    if found is None or found.binding_id is None:
        raise Unauthenticated(NOT_BOUND)
    return await sessions.open_graduate_session(found.binding_id)


@endpoint(
    blueprint,
    "DELETE",
    "/v1/sessions/current",
    rule=SIGNED_IN,
    summary="退出登录",
    status=204,
    first_password=True,
)
async def sign_out(call: Call) -> None:
    await sessions.sign_out(call.who.token)


@endpoint(blueprint, "GET", "/v1/me", rule=SIGNED_IN, summary="当前用户", answers=Me, first_password=True)
async def me(call: Call) -> dict[str, Any]:
    bearer = call.who.bearer
    return {
        **await read_me(call.actor),
        "must_change": bearer.must_change,
        "ends_at": json_time(bearer.ends_at),
        "idle_at": json_time(bearer.idle_at),
        "ems_url": settings().ems_page_url if call.actor.party in STAFF else None,
    }


@endpoint(
    blueprint,
    "PUT",
    "/v1/me/password",
    rule=WITH_PASSWORD,
    summary="修改密码",
    body=PasswordChange,
    status=204,
    raises=(422, 429),
    first_password=True,
)
async def change_password(call: Call) -> None:
    await sessions.change_password(call.actor, call.body.old, call.body.new, keep=call.who.token, counter=store())
