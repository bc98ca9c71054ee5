"""Room: routes of 账号管理: a desk manages the accounts one level below it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint

from api.auth import PARENTS
from api.desk_answers import Accounts, NewAccount
from api.endpoints import Call, endpoint
from api.schemas import AccountQuery, Confirmation, NewAccountWish, RightsChange
from models.parties import Level, Party
from workflows.commands import accounts
from workflows.queries.accounts import AccountFilters, list_accounts

blueprint = Blueprint("accounts", __name__)


@endpoint(blueprint, "GET", "/v1/accounts", rule=PARENTS, summary="下级账号", query=AccountQuery, answers=Accounts)
async def index(call: Call) -> dict[str, Any]:
    wish = call.query
    filters = AccountFilters(
        name=wish.name,
        department=wish.department,
        school=wish.school,
        level=Level(wish.level) if wish.level else None,
        disabled=wish.disabled,
    )
    return await list_accounts(call.actor, filters)


@endpoint(
    blueprint,
    "POST",
    "/v1/accounts",
    rule=PARENTS,
    summary="新建下级账号",
    body=NewAccountWish,
    form="account",
    answers=NewAccount,
    status=201,
    raises=(404, 409, 422),
)
async def create(call: Call) -> Any:
    wish = call.body
    return await accounts.create_account(call.actor, Party(wish.party), wish.form, school_id=wish.school)


@endpoint(
    blueprint,
    "PUT",
    "/v1/accounts/<id>/rights",
    rule=PARENTS,
    summary="修改账号权限",
    body=RightsChange,
    form="account_rights",
    status=204,
    raises=(409, 422),
)
async def change_rights(call: Call, id: UUID) -> None:
    await accounts.change_rights(call.actor, id, call.body.form, confirmed=call.body.confirmed)


@endpoint(
    blueprint,
    "POST",
    "/v1/accounts/<id>/disabling",
    rule=PARENTS,
    summary="停用账号",
    body=Confirmation,
    status=204,
    raises=(409,),
)
async def disable(call: Call, id: UUID) -> None:
    await accounts.disable_account(call.actor, id, confirmed=call.body.confirmed)


@endpoint(
    blueprint,
    "POST",
    "/v1/accounts/<id>/enabling",
    rule=PARENTS,
    summary="重新启用账号",
    status=204,
    raises=(409,),
)
async def enable(call: Call, id: UUID) -> None:
    await accounts.enable_account(call.actor, id)


@endpoint(blueprint, "POST", "/v1/accounts/<id>/password", rule=PARENTS, summary="重置密码", answers=NewAccount)
async def reset(call: Call, id: UUID) -> Any:
    return await accounts.reset_password(call.actor, id)
