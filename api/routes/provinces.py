"""Room: routes of a province's desk: 开通模块, 协议类型, 学校."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint

from api.auth import PROVINCE
from api.desk_answers import Desk, Made
from api.endpoints import Call, endpoint
from api.schemas import AgreementTypeChoice, Filled, ModuleSwitch, NewSchool
from models.parties import AgreementType, Module
from workflows.commands.provinces import choose_agreement_type, close_module, open_module, set_employer_desk
from workflows.commands.schools import create_school
from workflows.errors import NotFound
from workflows.queries.schools import province_desk

blueprint = Blueprint("provinces", __name__)


@endpoint(blueprint, "GET", "/v1/desk/<cohort>", rule=PROVINCE, summary="省级：学校、模块与协议类型", answers=Desk)
async def desk(call: Call, cohort: int) -> dict[str, Any]:
    return await province_desk(call.actor, cohort)


@endpoint(
    blueprint,
    "PUT",
    "/v1/desk/<cohort>/agreement_type",
    rule=PROVINCE,
    summary="选择本届协议类型",
    body=AgreementTypeChoice,
    status=204,
    raises=(409, 422),
)
async def choose(call: Call, cohort: int) -> None:
    await choose_agreement_type(call.actor, cohort, AgreementType(call.body.agreement_type))


@endpoint(
    blueprint,
    "PUT",
    "/v1/employer_desk",
    rule=PROVINCE,
    summary="设置企业客服的电话和服务时间",
    body=Filled,
    form="employer_desk",
    status=204,
    raises=(422,),
)
async def change_employer_desk(call: Call) -> None:
    await set_employer_desk(call.actor, call.body.form)


@endpoint(
    blueprint,
    "POST",
    "/v1/schools",
    rule=PROVINCE,
    summary="新增学校",
    body=NewSchool,
    answers=Made,
    status=201,
    raises=(422,),
)
async def add_school(call: Call) -> dict[str, Any]:
    return {"id": str(await create_school(call.actor, call.body.code, call.body.name))}


@endpoint(
    blueprint,
    "PUT",
    "/v1/schools/<id>/modules/<cohort>/<module>",
    rule=PROVINCE,
    summary="开通或关闭一所学校一届的模块",
    body=ModuleSwitch,
    status=204,
    raises=(409, 422),
)
async def switch(call: Call, id: UUID, cohort: int, module: str) -> None:
    if module not in {str(m) for m in Module}:
        raise NotFound
    change = open_module if call.body.open else close_module
    await change(call.actor, id, cohort, Module(module))
