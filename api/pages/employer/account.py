"""Room: a person's own password, and the other people who may sign in for the same employer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Response, request

from api.auth import Caller
from api.pages.employer.entering import NOT_AGAIN
from api.pages.employer.portal import PREFIX, go, line, page, received, render, sent
from api.pages.repeating import told
from api.pages.spans import screen
from models.store import store
from workflows.commands.employers import ONESELF, add_employer_user, disable_employer_user
from workflows.commands.sessions import change_password
from workflows.errors import Fault, ForgedForm, HouseError, InvalidForm, NotFound, RateLimited, Refused
from workflows.queries.portal import list_users

DONE = {
    "password": "密码已修改，其他地方的登录已全部退出。",
    "user": "用户已添加，请把用户名和密码告知本人。",
    "disabled": "用户已停用，其登录已全部退出。",
}


@page("/account")
async def account(who: Caller) -> Response:
    return await _account(who, done=DONE.get(request.args.get("done", ""), ""))


async def _account(who: Caller, refusal: HouseError | None = None, *, part: str = "", **values: Any) -> Response:
    """`part`: which of the two forms was refused."""
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    users = [{**user, "created_at": screen(user["created_at"])} for user in await list_users(who.actor)]
    return await render(
        "account.html",
        shown["status"],
        who=who,
        users=users,
        part=part,
        alert=shown["alert"],
        faults=faults,
        said={fault.path: fault.message for fault in reversed(faults)},
        **{"done": "", "values": {}, **values},
    )


@page("/account/password", "POST")
async def save_password(who: Caller) -> Response:
    given = await received()
    new = given.get("new", "")
    try:
        await sent(who)
        if new != given.get("again", ""):
            raise InvalidForm([Fault("again", "different", NOT_AGAIN)])
        await change_password(who.actor, given.get("old", ""), new, keep=who.token, counter=store())
    except (ForgedForm, InvalidForm, RateLimited) as refusal:
        return await _account(who, refusal, part="password")
    return go(f"{PREFIX}/account?done=password")


@page("/account/users", "POST")
async def add_user(who: Caller) -> Response:
    given = await received()
    values = {name: line(given, name) for name in ("username", "display_name")}
    password = given.get("password", "")
    try:
        await sent(who)
        if password != given.get("user_again", ""):
            raise InvalidForm([Fault("user_again", "different", NOT_AGAIN)])
        await add_employer_user(who.actor, values["username"], values["display_name"], password)
    except (ForgedForm, InvalidForm) as refusal:
        return await _account(who, refusal, part="user", values=values)
    return go(f"{PREFIX}/account?done=user")


@page("/account/users/<id>/disable")
async def ask_to_disable(who: Caller, id: UUID) -> Response:
    return await _disabling(who, id)


async def _disabling(who: Caller, id: UUID, refusal: HouseError | None = None) -> Response:
    """The step before: whose account it is. Raises NotFound, Refused."""
    user = next((one for one in await list_users(who.actor) if one["id"] == str(id)), None)
    if user is None:
        raise NotFound
    if user["own"]:
        raise Refused(ONESELF, guard="not_oneself")
    shown = told(refusal)
    return await render("disable.html", shown["status"], who=who, user=user, alert=shown["alert"])


@page("/account/users/<id>/disable", "POST")
async def disable_user(who: Caller, id: UUID) -> Response:
    try:
        await sent(who)
    except ForgedForm as refusal:
        return await _disabling(who, id, refusal)
    await disable_employer_user(who.actor, id)
    return go(f"{PREFIX}/account?done=disabled")
