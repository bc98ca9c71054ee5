"""Room: routes of employers: registering, the province's verification, their own data and inbox."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint, request

from api.auth import ANYONE, EMPLOYER, PROVINCE
from api.desk_answers import EmployerFull, EmployerOwn, Employers, EmployerUsers, Made, Notes, Registered, Status
from api.endpoints import Call, endpoint
from api.inline_papers import taken
from api.schemas import Decision, EmployerQuery, NewEmployerUser, ProfileChange, Registration
from models.states import EmployerStatus
from models.store import store
from workflows.commands import employers
from workflows.queries.employers import (
    EmployerFilters,
    list_employers,
    own_employer,
    read_employer,
    read_inbox,
)
from workflows.queries.portal import list_users

blueprint = Blueprint("employers", __name__)


@endpoint(
    blueprint,
    "POST",
    "/v1/employers",
    rule=ANYONE,
    summary="用人单位注册",
    body=Registration,
    form="employer_registration",
    answers=Registered,
    status=201,
    raises=(409, 422, 429),
)
async def register(call: Call) -> dict[str, Any]:
    wish, address = call.body, request.remote_addr or ""
    actor, papers = await taken("employer_registration", wish.form, "employer_licence", wish.papers)
    employer, user = await employers.register_from(
        address, store(), wish.form, wish.username, wish.password, actor=actor, licence=papers["licence"]
    )
    return {"id": str(employer), "user": str(user)}


@endpoint(
    blueprint,
    "GET",
    "/v1/employers",
    rule=PROVINCE,
    summary="本省用人单位",
    query=EmployerQuery,
    answers=Employers,
)
async def index(call: Call) -> Any:
    wish = call.query
    filters = EmployerFilters(
        status=wish.status,
        name=wish.name,
        uscc=wish.uscc,
        handover=wish.handover,
        cursor=wish.cursor,
        limit=wish.limit,
    )
    return await list_employers(call.actor, filters)


@endpoint(blueprint, "GET", "/v1/employers/current", rule=EMPLOYER, summary="本单位信息", answers=EmployerOwn)
async def current(call: Call) -> dict[str, Any]:
    return await own_employer(call.actor)


@endpoint(
    blueprint,
    "PUT",
    "/v1/employers/current",
    rule=EMPLOYER,
    summary="修改本单位信息",
    body=ProfileChange,
    form="employer_registration",
    answers=Status,
    raises=(409, 422),
)
async def update(call: Call) -> dict[str, Any]:
    status = await employers.update_profile(call.actor, call.body.form, call.body.licence)
    return {"status": str(status), "label": status.label}


@endpoint(
    blueprint,
    "POST",
    "/v1/employers/current/users",
    rule=EMPLOYER,
    summary="增加本单位用户",
    body=NewEmployerUser,
    answers=Made,
    status=201,
    raises=(422,),
)
async def add_user(call: Call) -> dict[str, Any]:
    wish = call.body
    return {"id": str(await employers.add_employer_user(call.actor, wish.username, wish.display_name, wish.password))}


@endpoint(
    blueprint,
    "GET",
    "/v1/employers/current/users",
    rule=EMPLOYER,
    summary="本单位用户",
    answers=EmployerUsers,
)
async def users(call: Call) -> dict[str, Any]:
    return {"items": await list_users(call.actor)}


@endpoint(
    blueprint,
    "POST",
    "/v1/employers/current/users/<id>/disabling",
    rule=EMPLOYER,
    summary="停用本单位的一名用户",
    status=204,
    raises=(409,),
)
async def disable_user(call: Call, id: UUID) -> None:
    await employers.disable_employer_user(call.actor, id)


@endpoint(
    blueprint,
    "GET",
    "/v1/employers/current/inbox",
    rule=EMPLOYER,
    summary="站内消息",
    answers=Notes,
)
async def inbox(call: Call) -> dict[str, Any]:
    return {"items": await read_inbox(call.actor)}


@endpoint(blueprint, "GET", "/v1/employers/<id>", rule=PROVINCE, summary="一家用人单位", answers=EmployerFull)
async def show(call: Call, id: UUID) -> dict[str, Any]:
    return await read_employer(call.actor, id)


@endpoint(
    blueprint,
    "POST",
    "/v1/employers/<id>/decision",
    rule=PROVINCE,
    summary="核验、退回、不通过、停用或恢复",
    body=Decision,
    answers=Status,
    raises=(409, 422),
)
async def decide(call: Call, id: UUID) -> dict[str, Any]:
    status = EmployerStatus(call.body.status)
    await employers.decide_employer(call.actor, id, status, call.body.note)
    return {"status": str(status), "label": status.label}
