"""Room: coming in without WeChat: name and ID number → code by SMS → the same session and pages.

What is answered and how long it takes does not tell whether somebody exists; see `workflows/commands/bindings.py`.
"""

from __future__ import annotations

from typing import Final

from quart import Response, request

from api.auth import ANYONE, route_rule
from api.pages import cookies, csrf
from api.pages.answering import go
from api.pages.binding import allowed
from api.pages.claiming import CLAIM, code_page, take_claim, who_page
from api.pages.phone import PREFIX, SESSION, blueprint, form_mark, hand_over, read_form
from models.store import store
from workflows.commands.bindings import WRONG_CODE, prove_code
from workflows.commands.phone_sign_in import sign_in_by_code
from workflows.commands.sessions import sign_out
from workflows.commands.tokens import VISITOR, open_visit, read_visit
from workflows.errors import HouseError, InvalidForm, RateLimited
from workflows.limits import VISIT_LIVES

ENTRY: Final = "wq_entry"
SIGN_IN, CODE = f"{PREFIX}/sign-in", f"{PREFIX}/sign-in/code"


@blueprint.get("/sign-in")
@route_rule(ANYONE)
async def sign_in() -> Response:
    return await _who_page({}, request.args.get("to", ""))


async def _who_page(given: dict[str, str], to: str, refusal: HouseError | None = None) -> Response:
    """Whoever comes here holds nothing yet, so the form's mark is made of a random value of the browser."""
    onward = allowed(to) if to else ""
    mark = csrf.token()
    return csrf.remember(await who_page("sign_in.html", given, refusal, action=SIGN_IN, steps=2, mark=mark, to=onward))


@blueprint.post("/sign-in")
@route_rule(ANYONE)
async def take_person() -> Response:
    await csrf.check_form()
    sent = await request.form
    given = {name: sent.get(name, "")[:200] for name in CLAIM}
    to, visit = sent.get("to", "")[:200], cookies.read(ENTRY)
    found = await read_visit(visit)
    if found is None or found.openid:
        visit = await open_visit(VISITOR, "", allowed(to))
    try:
        await take_claim(visit, given)
    except (InvalidForm, RateLimited) as refusal:
        return await _who_page(given, to, refusal)
    response = go(CODE)
    cookies.give(response, ENTRY, visit, SIGN_IN, int(VISIT_LIVES.total_seconds()))
    return response


@blueprint.get("/sign-in/code")
@route_rule(ANYONE)
async def ask_sign_in_code() -> Response:
    visit = await read_visit(cookies.read(ENTRY))
    return await _code_page() if visit is not None and visit.claim is not None else go(SIGN_IN)


async def _code_page(fault: str = "", refusal: HouseError | None = None) -> Response:
    mark = form_mark(ENTRY)
    return await code_page("sign_in_code.html", fault, refusal, action=CODE, back=SIGN_IN, steps=2, mark=mark)


@blueprint.post("/sign-in/code")
@route_rule(ANYONE)
async def take_sign_in_code() -> Response:
    given = await read_form(ENTRY, "code")
    visit = cookies.read(ENTRY)
    try:
        proved = await prove_code(store(), visit, given["code"])
    except RateLimited as refusal:
        return await _code_page(refusal=refusal)
    if not proved:
        return await _code_page(WRONG_CODE)
    opened, target = await sign_in_by_code(visit)
    response = go(target)
    await hand_over(response, opened)
    cookies.drop(response, ENTRY, SIGN_IN)
    return response


@blueprint.post("/sign-out")
@route_rule(ANYONE)
async def leave() -> Response:
    """The session of this browser ends; a binding stays."""
    await read_form(SESSION.name)
    await sign_out(SESSION.token)
    response = go(SIGN_IN)
    SESSION.drop(response)
    return response
