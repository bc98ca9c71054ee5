"""Room: a graduate's own records on the phone: the list, and one record with the agreement to read before answering.

For reading, but for one tap: a dispute of what staff did. Answers are given in the chat, where they are confirmed by a
number that is good once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quart import Response, request

from api.auth import GRADUATE, route_rule
from api.downloads import PDF, attachment
from api.pages.binding import enter
from api.pages.phone import PREFIX, SESSION, blueprint, form_mark, go, page, read_form, visitor
from models import codes
from models.kit import chat_time, parse_id
from models.parties import PARTY_LABELS, AgreementType, Party
from models.states import Flow
from workflows.commands.agreements import download
from workflows.commands.desk_notes import dispute
from workflows.documents import terms
from workflows.errors import NotFound, Unauthenticated
from workflows.queries.agreements import number_of
from workflows.queries.chat import Case, Person, look_at, warning_sentence
from workflows.queries.history import read_history
from workflows.queries.record_page import read_record
from workflows.queries.warnings import marks_for

__all__ = ("blueprint",)  # with every route of the phone pages: `binding` is imported above

RECORDS = f"{PREFIX}/records"


@blueprint.get("")
@route_rule(GRADUATE)
async def front() -> Response:
    return go(RECORDS)


@blueprint.get("/records")
@route_rule(GRADUATE)
async def my_records() -> Response:
    try:
        person = await _person()
    except Unauthenticated:
        return await enter(RECORDS)
    lines = [_line(case) for case in person.cases]
    return await page("records.html", person=person, lines=lines, desk=f"{person.desk.line}。")


@blueprint.get("/records/<record_id>")
@route_rule(GRADUATE)
async def my_record(record_id: str) -> Response:
    found = parse_id(record_id)
    if found is None:
        raise NotFound
    here = f"{RECORDS}/{found}"
    try:
        person = await _person()
    except Unauthenticated:
        return await enter(here)
    case = person.case(found)
    flow = case.record.flow if case else Flow.ONLINE_SIGNING
    try:
        record = await read_record(person.actor, flow, found)
    except NotFound:
        # The phone may have changed hands between two people of one browser: ask once who it is now.
        if request.args.get("fresh") == "1":
            raise
        return await enter(f"{here}?fresh=1")
    history = await read_history(person.actor, flow, found)
    return await page(
        "record.html", person=person, desk=f"{person.desk.line}。", **await _shown(person, case, record, history)
    )


@blueprint.get("/records/<record_id>/agreement")
@route_rule(GRADUATE)
async def my_agreement(record_id: str) -> Response:
    """The agreement as a file, once it has a number."""
    found = parse_id(record_id)
    if found is None:
        raise NotFound
    person = await _person()
    case = person.case(found)
    number = await number_of(person.actor, found, case.record.flow if case else Flow.ONLINE_SIGNING)
    paper = await download(person.actor, number)
    return attachment(paper.pdf, PDF, paper.name)


@blueprint.post("/records/<record_id>/dispute")
@route_rule(GRADUATE)
async def my_dispute(record_id: str) -> Response:
    """对此有异议."""
    found = parse_id(record_id)
    if found is None:
        raise NotFound
    person = await _person()
    given = await read_form(SESSION.name, "text")
    case = person.case(found)
    await dispute(person.actor, case.record.flow if case else Flow.ONLINE_SIGNING, found, given["text"])
    return go(f"{RECORDS}/{found}")


async def _person() -> Person:
    person = await look_at(await visitor())
    if person is None:
        raise Unauthenticated
    return person


def _line(case: Case) -> dict[str, Any]:
    ends = case.record.expires_at if case.open_offer else None
    return {
        "id": str(case.record.id),
        "employer": case.employer,
        "flow": case.flow.label,
        "label": case.state.label,
        "since": chat_time(case.since),
        "until": chat_time(ends) if ends else "",
        "yours": case.state.waits_on is Party.GRADUATE,
    }


async def _shown(
    person: Person, case: Case | None, record: dict[str, Any], history: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the template needs, labels in place of codes and times as people write them."""
    employer, form = record["employer"], record["form"]
    key = (str(case.record.row["employer_uscc"]), str(case.record.row["employer_name_key"])) if case else None
    marks = await marks_for(person.graduate.school_id, *key) if key else None
    expires = record["expires_at"]
    three_party = record["agreement_type"] == AgreementType.THREE_PARTY
    return {
        "record": record,
        "employer": {
            **employer,
            "nature": _label("employer_nature", employer["nature"]),
            "industry": _label("employer_industry", employer["industry"]),
            "region": _label(codes.REGION, employer["region"]),
        },
        "form": form,
        "category": _label("position_category", record["position_category"]),
        "wishes": _wishes(form),
        "until": chat_time(datetime.fromisoformat(expires)) if expires else "",
        "open": case is not None and case.open_offer,
        "closed": [choice for choice in case.choices if not choice.open] if case else [],
        "three_party": three_party,
        "lead": terms.lead(three_party),
        "agreed": terms.agreed(form, record["position_category"] or ""),
        "clauses": terms.clauses(three_party, record["flow"] == Flow.ONLINE_SIGNING),
        "supplements": terms.supplements(form),
        "handler": dict(person.facts.handler or {}),
        "warning": warning_sentence(marks) if marks else "",
        "history": [_step(step) for step in reversed(history)],
        "dispute": _disputes(record["dispute"]),
        "mark": form_mark(SESSION.name),
    }


def _disputes(found: dict[str, Any]) -> dict[str, Any]:
    """The notes with their times as people write them."""
    return {
        **found,
        "notes": [
            {
                **one,
                "at": chat_time(datetime.fromisoformat(one["created_at"])),
                "answered": chat_time(datetime.fromisoformat(one["answered_at"])) if one["answered_at"] else "",
            }
            for one in found["notes"]
        ],
    }


def _wishes(form: dict[str, Any]) -> list[tuple[str, str]]:
    tables = (
        ("档案去向意愿", "archive_wish", "archive_transfer"),
        ("户口去向意愿", "household_wish", "household_target"),
    )
    return [(title, _label(table, form[name])) for title, name, table in tables if form.get(name)]


def _label(table: str, code: Any) -> str:
    return codes.table(table).label(str(code)) if code else ""


def _step(step: dict[str, Any]) -> dict[str, str]:
    return {
        "at": chat_time(datetime.fromisoformat(step["at"])),
        "label": str(step["label"]),
        "description": str(step["description"]),
        "by": str(step["by"]) or PARTY_LABELS[Party(step["party"])],
    }
