"""Room: a person's own password and sign-ins, and the other people who may sign in for the same employer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from quart import Response, request

from api.auth import Caller
from api.pages.answering import go
from api.pages.employer.entering import NOT_AGAIN
from api.pages.employer.portal import PREFIX, line, page, received, render, sent
from api.pages.repeating import told
from api.pages.spans import screen
from models.store import store
from workflows.commands.colleagues import ONESELF as OWN_PASSWORD
from workflows.commands.colleagues import enable_colleague, reset_colleague_password, sign_out_elsewhere
from workflows.commands.employers import ONESELF, add_employer_user, disable_employer_user
from workflows.commands.sessions import change_password
from workflows.errors import Fault, ForgedForm, HouseError, InvalidForm, NotFound, RateLimited, Refused
from workflows.queries.portal import list_sessions, list_users

DONE = {
    "password": "密码已修改，其他地方的登录已全部退出。",
    "user": "用户已添加，请把用户名和密码告知本人。",
    "disabled": "用户已停用，其登录已全部退出。",
    "enabled": "用户已恢复，可以用原来的密码登录。",
    "reset": "密码已重设，该用户的登录已全部退出；请把新密码告知本人，并提醒其登录后修改。",
    "elsewhere": "其他地方的登录已全部退出。",
}


@page("/account")
async def account(who: Caller) -> Response:
    return await _account(who, done=DONE.get(request.args.get("done", ""), ""))


async def _account(who: Caller, refusal: HouseError | None = None, *, part: str = "", **values: Any) -> Response:
    """`part`: which of the two forms was refused."""
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    users = [{**user, "created_at": screen(user["created_at"])} for user in await list_users(who.actor)]
    sessions = [
        {**one, "since": screen(one["since"]), "seen": screen(one["seen"])}
        for one in await list_sessions(who.actor, who.token)
    ]
    return await render(
        "account.html",
        shown["status"],
        who=who,
        users=users,
        sessions=sessions,
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


@page("/account/elsewhere", "POST")
async def leave_elsewhere(who: Caller) -> Response:
    try:
        await sent(who)
    except ForgedForm as refusal:
        return await _account(who, refusal)
    await sign_out_elsewhere(who.actor, who.token)
    return go(f"{PREFIX}/account?done=elsewhere")


# --- one colleague -------------------------------------------------------------------------------


async def _colleague(who: Caller, id: UUID, sentence: str) -> Mapping[str, Any]:
    """`sentence`: why not oneself. Raises NotFound, Refused."""
    user = next((one for one in await list_users(who.actor) if one["id"] == str(id)), None)
    if user is None:
        raise NotFound
    if user["own"]:
        raise Refused(sentence, guard="not_oneself")
    return user


@page("/account/users/<id>/disable")
async def ask_to_disable(who: Caller, id: UUID) -> Response:
    return await _disabling(who, id)


async def _disabling(who: Caller, id: UUID, refusal: HouseError | None = None) -> Response:
    """The step before: whose account it is. Raises NotFound, Refused."""
    user = await _colleague(who, id, ONESELF)
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


@page("/account/users/<id>/enable", "POST")
async def enable_user(who: Caller, id: UUID) -> Response:
    try:
        await sent(who)
    except ForgedForm as refusal:
        return await _account(who, refusal)
    await enable_colleague(who.actor, id)
    return go(f"{PREFIX}/account?done=enabled")


@page("/account/users/<id>/password")
async def ask_to_reset(who: Caller, id: UUID) -> Response:
    return await _resetting(who, id)


async def _resetting(who: Caller, id: UUID, refusal: HouseError | None = None) -> Response:
    user = await _colleague(who, id, OWN_PASSWORD)
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    said = {fault.path: fault.message for fault in reversed(faults)}
    return await render(
        "reset.html", shown["status"], who=who, user=user, alert=shown["alert"], faults=faults, said=said
    )


@page("/account/users/<id>/password", "POST")
async def reset_password(who: Caller, id: UUID) -> Response:
    given = await received()
    password = given.get("password", "")
    try:
        await sent(who)
        if password != given.get("again", ""):
            raise InvalidForm([Fault("again", "different", NOT_AGAIN)])
        await reset_colleague_password(who.actor, id, password)
    except (ForgedForm, InvalidForm, Refused) as refusal:
        return await _resetting(who, id, refusal)
    return go(f"{PREFIX}/account?done=reset")
