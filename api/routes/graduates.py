"""Room: routes of the roster (学生名单管理, 失效信息管理)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from quart import Blueprint

from api.auth import REVIEWERS, SCHOOL, STAFF_ONLY
from api.endpoints import Call, endpoint
from api.list_schemas import GraduateQuery, GraduateSearch, PersonQuery
from api.roster_answers import Begun, GraduateFull, Graduates, Reminded, Restoration, Terminations, WholeNumber
from api.schemas import PhoneChange, Reminding, Removal, WithReason
from models.parties import Level
from workflows.commands.lookups import ask_and_restore, ask_for
from workflows.commands.phones import change_phone
from workflows.commands.reminding import remind_graduates
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.commands.terminations import grant_termination
from workflows.commands.unmasking import unmask
from workflows.queries.graduates import GraduateFilters, list_graduates, read_graduate

blueprint = Blueprint("graduates", __name__)


@endpoint(
    blueprint,
    "GET",
    "/v1/graduates",
    rule=STAFF_ONLY,
    summary="学生名单",
    query=GraduateQuery,
    answers=Graduates,
)
async def index(call: Call) -> Any:
    return await list_graduates(call.actor, _filters(call.query))


@endpoint(
    blueprint,
    "POST",
    "/v1/search/graduates",
    rule=STAFF_ONLY,
    summary="按身份证号码等条件查找学生（号码不进入网址）",
    body=GraduateSearch,
    answers=Graduates,
)
async def search(call: Call) -> Any:
    return await list_graduates(call.actor, _filters(call.body, call.body.id_number))


def person_filters(wish: PersonQuery, id_number: str) -> GraduateFilters:
    return GraduateFilters(
        cohort=wish.cohort,
        department=wish.department,
        level=Level(wish.level) if wish.level else None,
        major=wish.major,
        name=wish.name,
        id_number=id_number,
        proof_code=wish.proof_code,
        cursor=wish.cursor,
        limit=wish.limit,
    )


def _filters(wish: GraduateQuery, id_number: str = "") -> GraduateFilters:
    return replace(
        person_filters(wish, id_number),
        bound=wish.bound,
        invalid=wish.invalid,
        registered=wish.registered,
        work_list=wish.work_list or "",
        school=wish.school,
        sex=wish.sex,
        destinations=tuple(wish.destination),
        nature=wish.nature,
        industry=wish.industry,
        region=wish.region,
        empty=tuple(wish.empty),
    )


@endpoint(blueprint, "GET", "/v1/graduates/<id>", rule=STAFF_ONLY, summary="一名毕业生", answers=GraduateFull)
async def show(call: Call, id: UUID) -> dict[str, Any]:
    return await read_graduate(call.actor, id)


@endpoint(
    blueprint,
    "POST",
    "/v1/graduates/<id>/removal",
    rule=SCHOOL,
    summary="从名单移除（失效）",
    body=Removal,
    status=204,
    raises=(409, 422),
)
async def remove(call: Call, id: UUID) -> None:
    await invalidate_graduate(call.actor, id, call.body.reason)


@endpoint(
    blueprint,
    "POST",
    "/v1/graduates/<id>/terminations",
    rule=SCHOOL,
    summary="给一名毕业生增加一次解约申请",
    body=WithReason,
    answers=Terminations,
    raises=(409, 422),
)
async def one_more(call: Call, id: UUID) -> dict[str, Any]:
    return (await grant_termination(call.actor, id, call.body.reason)).as_dict()


@endpoint(
    blueprint,
    "POST",
    "/v1/graduates/<id>/unmask",
    rule=STAFF_ONLY,
    summary="查看完整证件号码（记录原因）",
    body=WithReason,
    answers=WholeNumber,
    raises=(422, 429),
)
async def whole_number(call: Call, id: UUID) -> dict[str, Any]:
    return {"id_number": await unmask(call.actor, id, call.body.reason)}


@endpoint(
    blueprint,
    "POST",
    "/v1/graduates/<id>/restoration",
    rule=SCHOOL,
    summary="恢复到名单；接入就业管理系统时先向其核对（返回任务编号）",
    answers=Restoration,
    raises=(409,),
)
async def restore(call: Call, id: UUID) -> dict[str, Any]:
    job = await ask_and_restore(call.actor, id)
    if job is None:
        await restore_graduate(call.actor, id)
    return {"restored": job is None, "job": job}


@endpoint(
    blueprint,
    "POST",
    "/v1/graduates/<id>/refresh",
    rule=REVIEWERS,
    summary="向就业管理系统获取最新学生信息",
    answers=Begun,
    status=202,
    raises=(409,),
)
async def refresh(call: Call, id: UUID) -> dict[str, Any]:
    return {"job": await ask_for(call.actor, id)}


@endpoint(
    blueprint,
    "PUT",
    "/v1/graduates/<id>/phone",
    rule=SCHOOL,
    summary="修改未绑定毕业生的手机号；已绑定的，须原手机号和微信都已不能使用，绑定随之解除",
    body=PhoneChange,
    status=204,
    raises=(409, 422),
)
async def phone(call: Call, id: UUID) -> None:
    await change_phone(call.actor, id, call.body.mobile, call.body.reason, lost=call.body.lost)


@endpoint(
    blueprint,
    "POST",
    "/v1/reminders",
    rule=REVIEWERS,
    summary="提醒所选毕业生（每人每类三天一次）",
    body=Reminding,
    answers=Reminded,
)
async def remind(call: Call) -> Mapping[str, int]:
    return await remind_graduates(call.actor, call.body.work_list, call.body.ids)
