"""Room: a graduate's own records on the phone: the list, and one record with its agreement, files, history, messages.

For reading, but for one tap: a dispute of what staff did. What can be done with a record leads to a form of its own;
an invitation can be answered in the chat as well.
"""

from __future__ import annotations

from uuid import UUID

from quart import Response, request

from api.auth import GRADUATE, route_rule
from api.downloads import PDF, attachment
from api.pages import account, phone_files, sending, sheet, signing_in, telling
from api.pages.answering import go
from api.pages.binding import enter
from api.pages.doors import Guest, door
from api.pages.phone import PREFIX, SESSION, blueprint, form_mark, page, read_form
from models.kit import chat_time
from models.states import Flow
from workflows.commands.agreements import download
from workflows.commands.desk_notes import dispute
from workflows.commands.drafts import Place, own_drafts
from workflows.errors import NotFound
from workflows.flows import FLOWS
from workflows.queries.agreements import number_of
from workflows.queries.history import read_history
from workflows.queries.record_page import read_record

__all__ = ("account", "blueprint", "phone_files", "sending", "signing_in")  # with every route of the phone pages

RECORDS = f"{PREFIX}/records"


@blueprint.get("")
@route_rule(GRADUATE)
async def front() -> Response:
    return go(RECORDS)


@door("/records")
async def my_records(who: Guest) -> Response:
    lines = [telling.line(case) for case in who.person.cases]
    drafts = [
        {"title": f"{FLOWS[place.flow].label}：{sheet.form_of(place).title}", "at": chat_time(at), "path": _path(place)}
        for place, at in await own_drafts(who.actor)
        if _open(who, place)
    ]
    return await page("records.html", person=who.person, lines=lines, drafts=drafts, desk=f"{who.person.desk.line}。")


def _open(who: Guest, place: Place) -> bool:
    """Whether a draft can still be handed in; one whose record has moved on is not offered."""
    if place.record_id is None:
        return True
    case = who.person.case(place.record_id)
    choice = case.choice(place.action) if case else None
    return choice is not None and choice.open


def _path(place: Place) -> str:
    if place.record_id is None:
        return f"{PREFIX}/begin/{place.flow}/{place.action}"
    return f"{RECORDS}/{place.record_id}/actions/{place.action}"


@door("/records/<record_id>")
async def my_record(who: Guest, record_id: UUID) -> Response:
    case = who.person.case(record_id)
    flow = case.record.flow if case else Flow.ONLINE_SIGNING
    try:
        record = await read_record(who.actor, flow, record_id)
    except NotFound:
        # The phone may have changed hands between two people of one browser: ask once who it is now.
        if request.args.get("fresh") == "1":
            raise
        return await enter(f"{RECORDS}/{record_id}?fresh=1")
    history = await read_history(who.actor, flow, record_id)
    last = history[-1] if history else None
    return await page(
        "record.html",
        person=who.person,
        desk=f"{who.person.desk.line}。",
        kind=telling.kind_of(record),
        done=last["label"] if last and request.args.get("done") == last["action"] else "",
        returned=await telling.returned(who, case) if case else "",
        history=[telling.step(one) for one in reversed(history)],
        mark=form_mark(SESSION.name),
        **await telling.record_shown(who.person, case, record),
    )


@door("/records/<record_id>/agreement")
async def my_agreement(who: Guest, record_id: UUID) -> Response:
    """The agreement as a file, once it has a number."""
    case = who.person.case(record_id)
    number = await number_of(who.actor, record_id, case.record.flow if case else Flow.ONLINE_SIGNING)
    paper = await download(who.actor, number)
    return attachment(paper.pdf, PDF, paper.name)


@door("/records/<record_id>/dispute", "POST")
async def my_dispute(who: Guest, record_id: UUID) -> Response:
    """对此有异议."""
    given = await read_form(SESSION.name, "text")
    case = who.person.case(record_id)
    await dispute(who.actor, case.record.flow if case else Flow.ONLINE_SIGNING, record_id, given["text"])
    return go(f"{RECORDS}/{record_id}")
