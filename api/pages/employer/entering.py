"""Room: coming into the portal and leaving it: registering, signing in, signing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from quart import Response, request

from api.auth import ANYONE, EMPLOYER, Caller
from api.pages import csrf, sessions
from api.pages.answering import go, held_off
from api.pages.employer import papers
from api.pages.employer.portal import (
    PREFIX,
    SIGN_IN,
    line,
    page,
    received,
    render,
    resumed,
    route,
    sent,
    within,
)
from api.pages.enclosed import take_files, without
from api.pages.filling import Sections, as_typed, data, filling, typed
from api.pages.repeating import told
from models.states import EmployerStatus
from models.store import store
from workflows.actors import Actor, applicant
from workflows.commands import sessions as opening
from workflows.commands.employers import login_faults, register_from
from workflows.commands.sessions import SignedIn
from workflows.errors import Fault, ForgedForm, HouseError, InvalidForm, RateLimited, Refused, Unauthenticated
from workflows.fields import Form
from workflows.forms import FORMS, validate
from workflows.queries.employers import own_employer
from workflows.queries.portal import list_desks

FORM: Final = FORMS["employer_registration"]
PAPERS: Final = FORMS["employer_licence"]
SECTIONS: Final[Sections] = (
    (
        "单位信息",
        (
            "employer_name",
            "employer_uscc",
            "employer_nature",
            "employer_industry",
            "employer_region",
            "employer_address",
            "employer_postcode",
        ),
    ),
    ("联系人", ("contact_name", "contact_mobile", "contact_phone", "contact_email")),
    ("经办人", ("agent_name", "agent_mobile")),
)
PASSWORDS: Final = ("password", "again", "old", "new")  # never sent back into a page

NOT_AGAIN: Final = "两次输入的密码不一致，请重新输入。"
LIST_REGIONS: Final = "list_regions"
"""The button by which a page without script asks for the places of the chosen province."""


def _address() -> str:
    return request.remote_addr or ""


async def _signed_in() -> bool:
    try:
        EMPLOYER.admit((await sessions.EMPLOYER.caller()).actor)
    except HouseError:
        return False
    return True


# --- signing in ----------------------------------------------------------------------------------


@route("/login", ANYONE, "GET")
async def sign_in_page() -> Response:
    target = within(request.args.get("next", ""))
    return go(target) if await _signed_in() else await ask_to_sign_in(target)


async def ask_to_sign_in(
    target: str = PREFIX, refusal: HouseError | None = None, *, username: str = "", kept: str = ""
) -> Response:
    """The sign-in page. `kept`: a form that was being filled in, which comes back afterwards."""
    shown = told(refusal)
    response = await render(
        "login.html", shown["status"], alert=shown["alert"], target=target, username=username, kept=kept
    )
    return held_off(response, refusal)


@route("/login", ANYONE, "POST")
async def sign_in() -> Response:
    given = await received()
    target, kept, username = within(given.get("next", "")), given.get("kept", ""), line(given, "username")
    try:
        await sent()
        opened = await opening.sign_in_employer(username, given.get("password", ""), _address(), counter=store())
    except (ForgedForm, Unauthenticated, RateLimited) as refusal:
        return await ask_to_sign_in(target, refusal, username=username, kept=kept)
    again = resumed(target) if kept else None
    if again is None:
        return await _begin(opened, go(target))
    who = Caller(opened.token, await opening.bearer(opened.token))
    return await _begin(opened, await again(who, dict(parse_qsl(kept, keep_blank_values=True))))


async def _begin(opened: SignedIn, response: Response) -> Response:
    """A new session in place of whatever this browser had before."""
    if sessions.EMPLOYER.token:
        await opening.sign_out(sessions.EMPLOYER.token)
    sessions.EMPLOYER.give(response, opened)
    return response


async def lost_session(refusal: Unauthenticated) -> Response:
    """What an ended session looks like: back through the sign-in, with what was typed if it was typed here."""
    if request.method == "GET":
        return go(f"{SIGN_IN}?{urlencode({'next': request.full_path.rstrip('?')})}")
    kept = urlencode(await kept_form())
    return await ask_to_sign_in(within(request.path) if kept else PREFIX, refusal, kept=kept)


async def kept_form() -> dict[str, str]:
    """What was typed into a form of ours that cannot be taken now, so that it comes back. Empty for any other form.

    Looks nobody up: the browser still holds the cookie that the form was made for, whatever became of the session.
    """
    if request.method != "POST" or resumed(request.path) is None:
        return {}
    try:
        await csrf.check_form(sessions.EMPLOYER.token)
    except ForgedForm:
        return {}
    return {name: text for name, text in (await received()).items() if name not in (*PASSWORDS, csrf.FIELD)}


@route("/forgotten", ANYONE, "GET")
async def forgotten() -> Response:
    return await render("forgotten.html", desks=await list_desks())


@route("/desks", ANYONE, "GET")
async def desks() -> Response:
    """企业客服 of all provinces, for who cannot or need not sign in."""
    return await render("desks.html", desks=await list_desks())


@page("/logout", "POST")
async def sign_out(who: Caller) -> Response:
    await sent(who)
    await opening.sign_out(who.token)
    response = go(SIGN_IN)
    sessions.EMPLOYER.drop(response)
    return response


# --- registering ---------------------------------------------------------------------------------


_COLUMNS: Final = {
    "employer_name": "name",
    "employer_uscc": "uscc",
    "employer_nature": "nature",
    "employer_industry": "industry",
    "employer_region": "region",
}


def registered(employer: Mapping[str, Any]) -> dict[str, Any]:
    """An employer's data under the names of the form's fields."""
    return {**{name: employer[column] for name, column in _COLUMNS.items()}, **employer["profile"]}


@route("/register", ANYONE, "GET")
async def registration() -> Response:
    """Whoever was refused registers anew from what was said before; other people who are signed in have one."""
    if not await _signed_in():
        return await _registration({})
    employer = await own_employer((await sessions.EMPLOYER.caller()).actor)
    if employer["status"] != EmployerStatus.REFUSED:
        return go(PREFIX)
    return await _registration(as_typed(registered(employer)))


async def _registration(values: Mapping[str, str], refusal: HouseError | None = None) -> Response:
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    return await render(
        "register.html",
        shown["status"],
        alert=shown["alert"],
        filling=filling(FORM, values, faults, SECTIONS),
        papers=filling(PAPERS, values, faults),
        files=await papers.shown(newcomer(), [PAPERS], values),
        username=line(values, "username"),
        said={fault.path: fault.message for fault in reversed(faults)},
        list_regions=LIST_REGIONS,
    )


def newcomer() -> Actor:
    """Whoever fills a form in here without an account, known again by the same browser."""
    return applicant(csrf.browser())


@route("/register", ANYONE, "POST", most=papers.ENTRY_BYTES)
async def register() -> Response:
    given = await received()
    values = {**typed(FORM, given), **typed(PAPERS, given), "username": line(given, "username")}
    try:
        await sent()
        values = await without(newcomer(), [PAPERS], values, given.get(papers.REMOVE, ""))
        values, wrong = await take_files(newcomer(), [PAPERS], values, papers.applicants_limit())
        if {LIST_REGIONS, papers.REMOVE, papers.UPLOAD} & set(given):
            return await _registration(values, InvalidForm(wrong) if wrong else None)
        opened = await _register(values, given.get("password", ""), given.get("again", ""), wrong)
    except (ForgedForm, InvalidForm, Refused, RateLimited) as refusal:
        return await _registration(values, refusal)
    return await _begin(opened, go(PREFIX))


async def _register(values: Mapping[str, str], password: str, again: str, files: Sequence[Fault]) -> SignedIn:
    """Everything that is wrong is said at once, the repeated password too. `files`: what is wrong with those sent."""
    clean, faults = validate(FORM, data(FORM, values), {})
    if wrong := [*faults, *paper_faults(PAPERS, values, files), *chosen_faults(values["username"], password, again)]:
        raise InvalidForm(wrong)
    try:
        licence = papers.ids(PAPERS, values)["licence"]
        await register_from(_address(), store(), clean, values["username"], password, actor=newcomer(), licence=licence)
    except InvalidForm as refusal:
        # The second half of a double click finds the name taken: by the first half.
        if [fault.code for fault in refusal.faults] != ["taken"]:
            raise
        return await _registered_just_now(values["username"], password, clean["employer_uscc"], refusal)
    return await opening.sign_in_employer(values["username"], password, _address(), counter=store())


def paper_faults(form: Form, values: Mapping[str, str], files: Sequence[Fault]) -> list[Fault]:
    """What is wrong with the papers beside a form; a file that was refused is not also missing."""
    _, faults = validate(form, data(form, values), {})
    return [*files, *(fault for fault in faults if fault.path not in {one.path for one in files})]


def chosen_faults(username: str, password: str, again: str) -> list[Fault]:
    """What is wrong with the user name and the password that somebody chose, the second typing included."""
    different = [Fault("again", "different", NOT_AGAIN)] if password != again else []
    return [*login_faults(username, password), *different]


async def _registered_just_now(username: str, password: str, uscc: str, refusal: InvalidForm) -> SignedIn:
    """Whoever knows the password of the name that is taken, and means the same employer, is that very person."""
    try:
        opened = await opening.sign_in_employer(username, password, _address(), counter=store())
    except Unauthenticated:
        raise refusal from None
    found = await own_employer(opened.actor)
    if found["uscc"] != uscc or found["status"] == EmployerStatus.REFUSED:
        await opening.sign_out(opened.token)
        raise refusal
    return opened
