"""Room: coming in by WeChat, and binding: sign-in → name and ID number → code by SMS → a look at whom → bound.

Until the code has come back every step looks the same whether the person exists or not. The openid is known to the
server only; the browser holds two random cookies, one for the sign-in and one for the visit.
"""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlencode

from quart import Response, request

from api.auth import ANYONE, GRADUATE, route_rule
from api.pages import cookies
from api.pages.answering import go
from api.pages.claiming import CLAIM, code_page, take_claim, who_page
from api.pages.phone import (
    PREFIX,
    begin_session,
    blueprint,
    elsewhere,
    form_mark,
    message,
    page,
    read_form,
    visitor,
)
from api.wiring import wiring
from models.config import settings
from models.store import store
from workflows.commands.bindings import WRONG_CODE, Claim, bind, prove_code, read_claim
from workflows.commands.tokens import VISITOR, Visit, open_state, open_visit, read_visit, use_state
from workflows.errors import HouseError, InvalidForm, RateLimited, Refused, Unauthenticated
from workflows.limits import OAUTH_STATE_LIVES, VISIT_LIVES
from workflows.ports import OutsideFault
from workflows.queries.chat import look, look_at

BROWSER, VISIT = "wq_browser", "wq_visit"
BIND = f"{PREFIX}/bind"
WHO, CODE, CONFIRM, DONE = (f"{BIND}/{step}" for step in ("who", "code", "confirm", "done"))
SIGN_IN_AGAIN = "重新进入"

_TARGET = re.compile(
    rf"{PREFIX}/(bind/who|begin(/[a-z_]{{1,24}}/[a-z_]{{1,24}})?"
    rf"|account(/phone|/wechat)?|records(/[0-9a-f-]{{36}}(\?fresh=1|/actions/[a-z_]{{1,24}})?)?)"
).fullmatch
_BROWSER = re.compile(r"[0-9A-Za-z_-]{43}").fullmatch


# --- coming in -----------------------------------------------------------------------------------


def allowed(target: str) -> str:
    """A page of ours that one may be sent to after coming in; anything else is the records."""
    return target if _TARGET(target) else f"{PREFIX}/records"


def sign_in_path(target: str) -> str:
    """The way in without WeChat; to the target afterwards, unless that is a binding, which needs WeChat."""
    onward = allowed(target)
    wanted = "" if onward in (f"{PREFIX}/records", WHO) else f"?{urlencode({'to': onward})}"
    return f"{PREFIX}/sign-in{wanted}"


async def enter(target: str, *, again: bool = False) -> Response:
    """Send the browser to WeChat's sign-in, to come back to one of our pages. Another target leads to the records."""
    if elsewhere():
        return await page("outside.html", 403, sign_in=sign_in_path(target))
    browser = cookies.read(BROWSER)
    if not _BROWSER(browser):
        browser = secrets.token_urlsafe(32)
    state = await open_state(VISITOR, browser, allowed(target), again)
    # The platform demands this order of the parameters, and the fragment.
    query = urlencode(
        [
            ("appid", settings().wechat.app_id),
            ("redirect_uri", f"{settings().public_url.rstrip('/')}{PREFIX}/oauth"),
            ("response_type", "code"),
            ("scope", "snsapi_base"),
            ("state", state),
        ]
    )
    response = go(f"{settings().wechat.open_url.rstrip('/')}/connect/oauth2/authorize?{query}#wechat_redirect")
    # The same value for all tabs of this browser, so that two sign-ins at once do not break each other.
    cookies.give(response, BROWSER, browser, PREFIX, int(OAUTH_STATE_LIVES.total_seconds()))
    return response


@blueprint.get("/oauth")
@route_rule(ANYONE)
async def come_in() -> Response:
    """Back from WeChat's sign-in."""
    state, code = request.args.get("state", "")[:128], request.args.get("code", "")[:512]
    returned = await use_state(VISITOR, state, cookies.read(BROWSER)) if state else None
    if returned is None:
        return await _lost()
    if not returned.same_browser or not code:
        # WeChat's browser does lose cookies; but whoever comes with somebody else's link must not get in by it.
        return await (_lost() if returned.again else enter(returned.target, again=True))
    found = await wiring().web_sign_in.exchange(code)
    if found is OutsideFault.CODE_SPENT and not returned.again:
        return await enter(returned.target, again=True)
    if isinstance(found, OutsideFault):
        return await message("微信暂时没有响应", "请稍后再试一次。", 503, link=returned.target, label=SIGN_IN_AGAIN)
    if found.snapshot:
        return await message(
            "请使用完整服务",
            "当前是预览页面，微信没有提供您的身份，不能绑定或办理。请点页面右下角的“使用完整服务”，再重新进入。",
            403,
            link=returned.target,
            label=SIGN_IN_AGAIN,
        )
    return await _welcome(found.openid, returned.target)


async def _lost() -> Response:
    return await message(
        "页面已过期",
        "没有确认到您的身份，没有办理任何操作。请重新进入。",
        403,
        link=f"{PREFIX}/records",
        label=SIGN_IN_AGAIN,
    )


async def _welcome(openid: str, target: str) -> Response:
    """A bound person gets a session; anybody else starts a binding and comes back to the target afterwards."""
    person = (await look(openid, "")).person
    if person is not None and person.binding_id is not None:
        response = go(DONE if target == WHO else target)
        await begin_session(response, person.binding_id)
        return response
    response = go(WHO)
    visit = await open_visit(VISITOR, openid, target)
    cookies.give(response, VISIT, visit, BIND, int(VISIT_LIVES.total_seconds()))
    return response


# --- the steps of a binding ----------------------------------------------------------------------


@blueprint.get("/bind")
@route_rule(ANYONE)
async def begin() -> Response:
    """The address that chat and menu know: whoever holds this phone now is asked for anew."""
    return await enter(WHO)


async def _visit() -> Visit:
    found = await read_visit(cookies.read(VISIT))
    if found is None:
        raise Unauthenticated("页面已过期，请从公众号重新打开绑定页面。")
    return found


@blueprint.get("/bind/who")
@route_rule(ANYONE)
async def who() -> Response:
    if await read_visit(cookies.read(VISIT)) is None:
        return await enter(WHO)
    return await _who_page({})


async def _who_page(given: dict[str, str], refusal: HouseError | None = None) -> Response:
    return await who_page("bind_who.html", given, refusal, action=WHO, steps=3, mark=form_mark(VISIT))


@blueprint.post("/bind/who")
@route_rule(ANYONE)
async def take_who() -> Response:
    given = await read_form(VISIT, *CLAIM)
    try:
        await take_claim(cookies.read(VISIT), given)
    except (InvalidForm, RateLimited) as refusal:
        return await _who_page(given, refusal)
    return go(CODE)


@blueprint.get("/bind/code")
@route_rule(ANYONE)
async def ask() -> Response:
    visit = await _visit()
    return await _code_page() if visit.claim is not None else go(WHO)


async def _code_page(fault: str = "", refusal: HouseError | None = None) -> Response:
    mark = form_mark(VISIT)
    return await code_page("bind_code.html", fault, refusal, action=CODE, back=WHO, steps=3, mark=mark)


@blueprint.post("/bind/code")
@route_rule(ANYONE)
async def take_code() -> Response:
    given = await read_form(VISIT, "code")
    try:
        proved = await prove_code(store(), cookies.read(VISIT), given["code"])
    except RateLimited as refusal:
        return await _code_page(refusal=refusal)
    if not proved:
        return await _code_page(WRONG_CODE)
    return go(CONFIRM)


@blueprint.get("/bind/confirm")
@route_rule(ANYONE)
async def confirm() -> Response:
    claim = await read_claim(cookies.read(VISIT))
    return await _confirm_page(claim) if claim else go(CODE)


async def _confirm_page(claim: Claim, alert: str = "", status: int = 200) -> Response:
    return await page("bind_confirm.html", status, mark=form_mark(VISIT), claim=claim, alert=alert)


@blueprint.post("/bind/confirm")
@route_rule(ANYONE)
async def take_confirm() -> Response:
    await read_form(VISIT)
    visit, claim = await _visit(), await read_claim(cookies.read(VISIT))
    if claim is None:
        return go(CODE)
    try:
        binding = await bind(claim.actor, cookies.read(VISIT))
    except Refused as refusal:
        return await _confirm_page(claim, refusal.detail, refusal.status)
    response = go(DONE if visit.target == WHO else visit.target)
    await begin_session(response, binding)
    cookies.drop(response, VISIT, BIND)
    return response


@blueprint.get("/bind/done")
@route_rule(GRADUATE)
async def done() -> Response:
    person = await look_at(await visitor())
    if person is None:
        raise Unauthenticated
    return await page("bind_done.html", person=person)
