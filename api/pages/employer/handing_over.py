"""Room: asking to be an employer's new 经办人: a page for somebody without an account, with the papers for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from quart import Response, request

from api.auth import ANYONE
from api.pages.employer import papers
from api.pages.employer.entering import PASSWORDS, chosen_faults, newcomer, paper_faults
from api.pages.employer.portal import PREFIX, go, line, received, render, route, sent
from api.pages.enclosed import take_files, without
from api.pages.filling import data, filling, typed
from api.pages.repeating import told
from models.store import store
from workflows.commands.handovers import ask_from
from workflows.errors import Fault, ForgedForm, HouseError, InvalidForm, RateLimited, Refused
from workflows.forms import FORMS, validate

FORM: Final = FORMS["employer_handover"]
PAPERS: Final = FORMS["employer_handover_papers"]
HANDOVER: Final = f"{PREFIX}/handover"


@route("/handover", ANYONE, "GET")
async def handover() -> Response:
    return await _page({})


async def _page(values: Mapping[str, str], refusal: HouseError | None = None) -> Response:
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    response = await render(
        "handover.html",
        shown["status"],
        alert=shown["alert"],
        filling=filling(FORM, values, faults),
        papers=filling(PAPERS, values, faults),
        files=await papers.shown(newcomer(), [PAPERS], values),
        username=line(values, "username"),
        said={fault.path: fault.message for fault in reversed(faults)},
        action=HANDOVER,
    )
    if isinstance(refusal, RateLimited):
        response.headers["Retry-After"] = str(max(1, refusal.retry_after))
    return response


@route("/handover", ANYONE, "POST", most=papers.ENTRY_BYTES)
async def ask_handover() -> Response:
    given = await received()
    values = {**typed(FORM, given), **typed(PAPERS, given), "username": line(given, "username")}
    try:
        await sent()
        values = await without(newcomer(), [PAPERS], values, given.get(papers.REMOVE, ""))
        values, wrong = await take_files(newcomer(), [PAPERS], values, papers.applicants_limit())
        if {papers.REMOVE, papers.UPLOAD} & set(given):
            return await _page(values, InvalidForm(wrong) if wrong else None)
        await _ask(values, {name: given.get(name, "") for name in PASSWORDS}, wrong)
    except (ForgedForm, InvalidForm, Refused, RateLimited) as refusal:
        return await _page(values, refusal)
    return go(f"{HANDOVER}/sent")


async def _ask(values: Mapping[str, str], secrets: Mapping[str, str], files: list[Fault]) -> None:
    """Everything that is wrong is said at once. Raises as `ask_from` does."""
    form: dict[str, Any] = data(FORM, values)
    _, faults = validate(FORM, form, {})
    chosen = chosen_faults(values["username"], secrets["password"], secrets["again"])
    if wrong := [*faults, *paper_faults(PAPERS, values, files), *chosen]:
        raise InvalidForm(wrong)
    await ask_from(
        request.remote_addr or "",
        store(),
        form,
        values["username"],
        secrets["password"],
        actor=newcomer(),
        papers=papers.ids(PAPERS, values),
    )


@route("/handover/sent", ANYONE, "GET")
async def handover_asked() -> Response:
    return await render("handover_sent.html")
