"""Room: what a graduate is shown of a record: labels in place of codes, times as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from api.pages.doors import Guest
from api.pages.sheet import KIND, SECTIONS
from api.pages.showing import EMPTY, label, lines
from models import codes
from models.kit import chat_time
from models.parties import PARTY_LABELS, AgreementType, Party
from models.states import Channel, Flow, OutboxStatus
from workflows.documents import terms
from workflows.fields import Kind
from workflows.flows import FLOWS
from workflows.forms import FORMS
from workflows.queries.chat import Case, Person, warning_sentence
from workflows.queries.history import read_history
from workflows.queries.record_page import read_record
from workflows.queries.warnings import marks_for
from workflows.standing import next_of, next_step, whose_turn

AGREED: Final = (Flow.ONLINE_SIGNING, Flow.OFFLINE_SIGNING)
"""Flows whose agreement is ours to show; the others end one, or register what was signed elsewhere."""

_CHANNELS: Final = (Channel.WECHAT, Channel.SMS)


async def record_shown(person: Person, case: Case | None, record: Mapping[str, Any]) -> dict[str, Any]:
    """What the page of a record needs, its history apart."""
    form, flow = record["form"], Flow(record["flow"])
    expires = record["expires_at"]
    return {
        "record": record,
        "title": title(record),
        "employer": _employer(record["employer"]),
        "form": form,
        "category": label("position_category", record["position_category"]) if record["position_category"] else "",
        "wishes": _wishes(form),
        "online": flow is Flow.ONLINE_SIGNING,
        "filled": [] if flow is Flow.ONLINE_SIGNING else _filled(flow, form),
        "until": at(expires) if expires else "",
        "turn": whose_turn(case) if case else "",
        "yours": case is not None and yours(case),
        "next": next_of(case) if case else next_step(flow, record["state"]),
        "open": case is not None and case.open_offer,
        "choices": [choice for choice in case.choices if choice.open] if case else [],
        "closed": closed(case) if case else [],
        "follow_ups": record["follow_ups"],
        "anew": case is not None and not case.alive and person.held is None and not person.closed,
        "agreement": agreement(person, record) if flow in AGREED else None,
        "warning": await warning(person, case) if case else "",
        "dispute": _disputes(record["dispute"]),
        "messages": [_message(one) for one in record["deliveries"] or [] if one["channel"] in _CHANNELS],
        "rounds": _rounds(flow, record["attachments"]),
    }


def closed(case: Case) -> list[str]:
    """Why something is not possible just now, each reason once; of a frozen record the page says it anyway."""
    found: dict[str, list[str]] = {}
    for choice in case.choices:
        if not choice.open and not case.facts.graduate.invalid:
            found.setdefault(choice.reason, []).append(choice.label)
    return [f"暂不能{'、'.join(labels)}：{reason}" for reason, labels in found.items()]


async def warning(person: Person, case: Case) -> str:
    """The warning marks of a record's employer in a sentence; empty without any."""
    key = (str(case.record.row["employer_uscc"]), str(case.record.row["employer_name_key"]))
    return warning_sentence(await marks_for(person.graduate.school_id, *key)) if any(key) else ""


def at(text: str) -> str:
    """A moment of JSON as people write it."""
    return chat_time(datetime.fromisoformat(text))


def title(record: Mapping[str, Any]) -> str:
    """What a record is called; of a destination without an employer its kind."""
    return str(record["employer"]["name"] or kind_of(record) or record["flow_label"])


def kind_of(record: Mapping[str, Any]) -> str:
    code = str(record["form"].get("destination_code", ""))
    return label("destination", code) if code else ""


def _employer(employer: Mapping[str, Any]) -> dict[str, Any]:
    tables = {"nature": "employer_nature", "industry": "employer_industry", "region": codes.REGION}
    named = {name: label(table, employer[name]) if employer[name] else "" for name, table in tables.items()}
    return {**employer, **named}


def _filled(flow: Flow, form: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What the graduate filled in, under the headings of the form. Files have a section of their own;
    what was left empty is left out."""
    making = next(FORMS[t.form] for t in FLOWS[flow].transitions if t.creates)
    files = {field.label for field in making.fields if field.kind is Kind.FILES}
    # The kind stands above; that an employer has a code is told by the code.
    told = {KIND} | (set() if form.get("no_code") else {"no_code"})
    hidden = {field.label for field in making.fields if field.name in told}
    found = [
        (head, [one for one in asked if one.label not in files | hidden and one.text != EMPTY])
        for head, asked in lines(making, form, SECTIONS)
    ]
    return [(head, asked) for head, asked in found if asked]


def agreement(person: Person, record: Mapping[str, Any]) -> dict[str, Any]:
    """What both sides agree to, the same texts as on paper."""
    form, three = record["form"], record["agreement_type"] == AgreementType.THREE_PARTY
    return {
        "employer": record["employer"]["name"],
        "graduate": record["graduate"],
        "three_party": three,
        "handler": dict(person.facts.handler or {}),
        "lead": terms.lead(three),
        "agreed": terms.agreed(form, record["position_category"] or ""),
        "clauses": terms.clauses(three, record["flow"] == Flow.ONLINE_SIGNING),
        "supplements": terms.supplements(form),
    }


async def offer(who: Guest, case: Case) -> dict[str, Any]:
    """The agreement of an invitation, to be read before it is accepted."""
    return agreement(who.person, await read_record(who.actor, case.record.flow, case.record.id))


async def returned(who: Guest, case: Case) -> str:
    """Why a record was sent back, while it is the graduate's turn; else nothing. Where it led stands above it."""
    if case.state.column != "returned":
        return ""
    history = await read_history(who.actor, case.record.flow, case.record.id)
    last = next((step for step in reversed(history) if step["action"].startswith("return")), None)
    said = str(last["description"]) if last else ""
    return said.removeprefix(f"{case.state.label}；").removeprefix("原因：")


def _wishes(form: Mapping[str, Any]) -> list[tuple[str, str]]:
    tables = (
        ("档案去向意愿", "archive_wish", "archive_transfer"),
        ("户口去向意愿", "household_wish", "household_target"),
    )
    return [(heading, label(table, form[name])) for heading, name, table in tables if form.get(name)]


def _disputes(found: Mapping[str, Any]) -> dict[str, Any]:
    """The notes with their times as people write them."""
    return {
        **found,
        "notes": [
            {
                **one,
                "at": at(one["created_at"]),
                "answered": at(one["answered_at"]) if one["answered_at"] else "",
            }
            for one in found["notes"]
        ],
    }


def _message(one: Mapping[str, Any]) -> dict[str, str]:
    faded = one["status"] == OutboxStatus.SUPERSEDED
    status = "情况已有变化，没有再发送" if faded else f"{one['channel_label']}，{one['status_label']}"
    return {"title": one["title"], "at": at(one["at"]), "status": status}


def _rounds(flow: Flow, files: list[dict[str, Any]]) -> list[tuple[int, list[dict[str, Any]]]]:
    """The files round by round, the newest first, each under the label of its field."""
    forms = [FORMS[t.form] for t in FLOWS[flow].transitions if t.form]
    labels = {field.name: field.label for form in forms for field in form.fields}
    found: dict[int, list[dict[str, Any]]] = {}
    for one in files:
        by = PARTY_LABELS[Party(one["added_by"])]
        found.setdefault(one["round"], []).append({**one, "label": labels.get(one["field"], ""), "by": by})
    return sorted(found.items(), reverse=True)


def step(one: Mapping[str, Any]) -> dict[str, str]:
    """One line of the history."""
    return {
        "at": at(one["at"]),
        "label": str(one["label"]),
        "description": str(one["description"]),
        "by": str(one["by"]) or PARTY_LABELS[Party(one["party"])],
    }


def line(case: Case) -> dict[str, Any]:
    """One record in the list."""
    return {
        "id": str(case.record.id),
        "title": case.title,
        "flow": case.flow.label,
        "label": case.state.label,
        "turn": whose_turn(case),
        "next": next_of(case) if case.alive else "",
        "yours": yours(case),
    }


def yours(case: Case) -> bool:
    """Whether something is asked of its owner; only then does an act stand out, taking something back does not."""
    return case.state.waits_on is Party.GRADUATE and not case.facts.graduate.invalid
