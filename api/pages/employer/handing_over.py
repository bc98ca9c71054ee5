"""Room: asking to be an employer's new 经办人, and what became of it: pages for somebody without an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from quart import Response, request

from api.auth import ANYONE
from api.pages.answering import go, held_off
from api.pages.employer import papers
from api.pages.employer.entering import PASSWORDS, chosen_faults, newcomer, paper_faults
from api.pages.employer.portal import PREFIX, line, received, render, route, sent
from api.pages.enclosed import take_files, without
from api.pages.filling import data, filling, typed
from api.pages.repeating import told
from api.pages.spans import screen
from models.kit import parse_id
from models.states import HandoverStatus
from models.store import store
from workflows.commands.handovers import ask_from
from workflows.errors import Fault, ForgedForm, HouseError, InvalidForm, NotFound, RateLimited, Refused
from workflows.forms import FORMS, validate
from workflows.queries.handovers import find_handover, read_handover

FORM: Final = FORMS["employer_handover"]
PAPERS: Final = FORMS["employer_handover_papers"]
HANDOVER: Final = f"{PREFIX}/handover"
ASKED_FOR: Final = ("employer_uscc", "username", "agent_mobile")
"""What somebody names who has lost the address of the own request."""

# What each state means for whoever asked; {desk} is the province that decides.
SENTENCES: Final = {
    HandoverStatus.PENDING: "申请已提交，等待{desk}核验所交的材料，单位现有的用户也会收到提示。"
    "结果会显示在本页，也会短信通知新经办人；请收藏本页的地址。",
    HandoverStatus.APPROVED: "{desk}已通过申请。现在可以用申请时填写的用户名和密码登录。",
    HandoverStatus.REFUSED: "{desk}没有通过申请。请看下面的说明，更正后可以重新申请。",
}


@route("/handover", ANYONE, "GET")
async def handover() -> Response:
    return await _page(await _earlier(request.args.get("from", "")))


async def _earlier(asked: str) -> dict[str, str]:
    """What a request said that was refused; numbers and papers are asked for anew."""
    found = parse_id(asked)
    try:
        before = await read_handover(found) if found else {}
    except NotFound:
        return {}
    kept = ("employer_name", "employer_uscc", "agent_name", "statement", "username")
    return {name: before[name] for name in kept} if before.get("status") == HandoverStatus.REFUSED else {}


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
    return held_off(response, refusal)


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
        asked = await _ask(values, {name: given.get(name, "") for name in PASSWORDS}, wrong)
    except (ForgedForm, InvalidForm, Refused, RateLimited) as refusal:
        return await _page(values, refusal)
    return go(f"{HANDOVER}/{asked}")


async def _ask(values: Mapping[str, str], secrets: Mapping[str, str], files: list[Fault]) -> UUID:
    """Everything that is wrong is said at once; the request's id. Raises as `ask_from` does."""
    form: dict[str, Any] = data(FORM, values)
    _, faults = validate(FORM, form, {})
    chosen = chosen_faults(values["username"], secrets["password"], secrets["again"])
    if wrong := [*faults, *paper_faults(PAPERS, values, files), *chosen]:
        raise InvalidForm(wrong)
    return await ask_from(
        request.remote_addr or "",
        store(),
        form,
        values["username"],
        secrets["password"],
        actor=newcomer(),
        papers=papers.ids(PAPERS, values),
    )


# --- afterwards ----------------------------------------------------------------------------------


@route("/handover/<id>", ANYONE, "GET")
async def handover_state(id: UUID) -> Response:
    asked = await read_handover(id)
    status = HandoverStatus(asked["status"])
    return await render(
        "handover_state.html",
        asked=asked,
        sentence=SENTENCES[status].format(desk=asked["desk"]["name"]),
        asked_at=screen(asked["asked_at"]),
        decided_at=screen(asked["decided_at"]),
        again=f"{HANDOVER}?from={asked['id']}",
    )


@route("/handover/find", ANYONE, "GET")
async def handover_search() -> Response:
    return await _search({})


async def _search(values: Mapping[str, str], refusal: HouseError | None = None) -> Response:
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    return await render(
        "handover_find.html",
        shown["status"],
        alert=shown["alert"],
        faults=faults,
        said={fault.path: fault.message for fault in faults},
        values=values,
        action=f"{HANDOVER}/find",
    )


@route("/handover/find", ANYONE, "POST")
async def find_request() -> Response:
    given = await received()
    values = {name: line(given, name) for name in ASKED_FOR}
    try:
        await sent()
        found = await find_handover(request.remote_addr or "", store(), values)
    except (ForgedForm, InvalidForm, RateLimited) as refusal:
        return await _search(values, refusal)
    return go(f"{HANDOVER}/{found}")
