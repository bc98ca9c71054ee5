"""Room: what all phone pages of graduates share: the blueprint under `/m`, the session, forms, rendering.

A page knows its visitor by the cookie `wq_grad` alone; it holds a session of the house, which ends with the binding
that it rests on (without WeChat: that was opened by SMS).
All pages are rendered here and are kept by nobody on the way; they need no script, which only shows how an upload
goes on and hides what is not asked.
"""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from quart import Blueprint, Response, render_template, request
from quart.blueprints import BlueprintSetupState

from api.auth import ANYONE, GRADUATE, route_rule
from api.pages import assets, cookies, csrf
from api.pages.answering import html
from api.pages.filling import regions
from api.pages.sessions import SessionCookie
from models.config import Profile, settings
from workflows.actors import Actor
from workflows.commands import sessions
from workflows.errors import HouseError, NotFound, Unauthenticated
from workflows.limits import GRADUATE_ABSOLUTE, VISIT_LIVES

PREFIX: Final = "/m"
SESSION: Final = SessionCookie("wq_grad", PREFIX)
NOTHING_HERE: Final = "这里没有可以给您看的内容：链接可能不完整，或者是别人的记录。"
_LONGEST: Final = 200  # characters of a field that somebody fills in here

blueprint = Blueprint("phone", __name__, url_prefix=PREFIX, template_folder="templates")


async def visitor() -> Actor:
    """The graduate whose session this is. Raises Unauthenticated, Forbidden."""
    who = await SESSION.caller()
    GRADUATE.admit(who.actor)
    return who.actor


async def begin_session(response: Response, binding_id: UUID) -> None:
    """A session of this binding in place of whatever this browser had before."""
    await hand_over(response, await sessions.open_graduate_session(binding_id))


async def hand_over(response: Response, opened: sessions.SignedIn) -> None:
    """A session just opened, in place of whatever this browser had before."""
    old = SESSION.token
    if old:
        await sessions.sign_out(old)
    SESSION.give(response, opened, int(GRADUATE_ABSOLUTE.total_seconds()))


# --- forms ---------------------------------------------------------------------------------------


def form_mark(cookie: str) -> str:
    """The hidden value of a form, good for the browser that holds this cookie."""
    return csrf.mark(cookies.read(cookie))


async def read_form(cookie: str, *fields: str) -> dict[str, str]:
    """The fields of a form that we made for this browser. Raises ForgedForm."""
    sent = await request.form
    check_mark(cookie, sent.get(csrf.FIELD, ""))
    return {field: sent.get(field, "")[:_LONGEST] for field in fields}


def check_mark(cookie: str, mark: str) -> None:
    """The hidden value is ours and of this browser; a long form may be filled in for as long as a session lives.

    Raises ForgedForm.
    """
    lives = GRADUATE_ABSOLUTE if cookie == SESSION.name else VISIT_LIVES
    csrf.check(mark, cookies.read(cookie), seconds=int(lives.total_seconds()))


# --- rendering -----------------------------------------------------------------------------------


async def page(template: str, status: int = 200, **values: Any) -> Response:
    """One page, in Chinese, kept by nobody."""
    style, script = (assets.address(f"{PREFIX}/static", name) for name in ("m.css", "m.js"))
    body = await render_template(f"m/{template}", style=style, script=script, csrf_field=csrf.FIELD, **values)
    return html(body, status)


async def message(title: str, text: str, status: int = 200, *, link: str = "", label: str = "") -> Response:
    """A page that says one thing and leads on."""
    return await page("message.html", status, title=title, text=text, link=link, label=label)


async def error_page(error: HouseError) -> Response:
    """What a refusal looks like on a phone. An ended session leads back through the sign-in."""
    if isinstance(error, Unauthenticated):
        return await message("请重新进入", error.detail, error.status, link=f"{PREFIX}/records", label="重新进入")
    text = NOTHING_HERE if isinstance(error, NotFound) else error.detail
    return await message(error.title, text, error.status, link=f"{PREFIX}/records", label="查看我的记录")


def elsewhere() -> bool:
    """Opened outside WeChat, where nobody can be recognised. Outside production any browser will do."""
    return settings().profile is Profile.PRODUCTION and "MicroMessenger" not in request.headers.get("User-Agent", "")


@blueprint.record
def _register(state: BlueprintSetupState) -> None:
    state.app.extensions.setdefault("error_pages", {})[PREFIX] = error_page


@blueprint.get("/static/<name>")
@route_rule(ANYONE)
async def static_file(name: str) -> Response:
    """The style sheet and the script of the phone pages."""
    return assets.serve(name)


@blueprint.get("/regions")
@route_rule(ANYONE)
async def list_regions() -> Response:
    """`[[group, [[code, name], …]], …]` of a province, for the script."""
    groups: dict[str, list[list[str]]] = {}
    for choice in regions(request.args.get("province", "")[:2]):
        groups.setdefault(choice.group, []).append([choice.value, choice.label])
    response = Response(json.dumps(list(groups.items()), ensure_ascii=False), content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
