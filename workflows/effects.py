"""Room: from a decision to rows: the record as it will stand, what is owed, what the agreement freezes. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from models import codes
from models.kit import json_time, new_id
from models.parties import Party
from models.states import Channel, OutboxStatus
from models.vault import seal
from workflows import heads
from workflows.actors import Actor
from workflows.decide import FORM_PLACE as FORM_PLACE
from workflows.decide import Decision
from workflows.documents.terms import EDITION
from workflows.facts import Facts, RecordFacts
from workflows.forms import FORMS, Field, Form, Kind
from workflows.notices import NOTICES, Notice
from workflows.owed import Reader, messages, note, words
from workflows.reminders import moments, next_due
from workflows.spec import Push
from workflows.upstream import destination

SNAPSHOT_PLACE = heads.SNAPSHOT_PLACE


@dataclass(frozen=True, slots=True)
class Move:
    """One record's step, ready to be written. `before` None: the record is made."""

    decision: Decision
    facts: Facts
    record_id: UUID
    row: dict[str, Any]
    before: str | None
    version: int

    @property
    def claims(self) -> bool:
        return bool(self.row["slot"]) and not (self.facts.record and self.facts.record.slot)


def move(decision: Decision, facts: Facts, actor: Actor) -> Move:
    """The record as the decision leaves it."""
    record, transition = facts.record, decision.transition
    row = heads.new_row(decision, facts) if record is None else dict(record.row)
    state = decision.flow.state(decision.target)
    moved = record is None or record.state != decision.target
    row["state"] = decision.target
    row["slot"] = decision.flow.takes_slot(decision.target)
    row["waits_on"] = str(state.waits_on) if state.waits_on else None
    if moved:
        row["waiting_since"] = facts.now if state.waits_on else None
        row["remind_at"] = next_due(moments(row), facts.now)
    if transition.submits:
        row["round"] += row["submitted_at"] is not None
        row["submitted_at"], row["submitted_by"], row["reviewed"] = facts.now, str(actor.party), False
    if transition.decides:
        row["reviewed"] = True
    if transition.creates or transition.submits or transition.edits:
        _fill(row, FORMS[transition.form], decision.form)
    if decision.form.get("take_latest"):
        _take_latest(row, facts)
    return Move(
        decision=decision,
        facts=facts,
        record_id=record.id if record else new_id(),
        row=row,
        before=record.state if record else None,
        version=record.version + 1 if record else 1,
    )


def _fill(row: dict[str, Any], form: Form, clean: Mapping[str, Any]) -> None:
    """Put what was filled in where it belongs; what the form asks and was left empty now is empty."""
    asked = {field.name for field in form.fields}
    row["form"] = {k: v for k, v in row["form"].items() if k not in asked} | stored(form, clean)
    row.update(heads.of_form(row["flow"], asked, clean))


def _take_latest(row: dict[str, Any], facts: Facts) -> None:
    """The roster's present data instead of those that the record was made with (roles.md, Roster)."""
    latest = dict(facts.latest)
    row["department"], row["take_latest"] = latest.pop("department"), True
    person = row["snapshot"]["graduate"]
    basic = {name: value for name, value in {**person["basic"], **latest}.items() if value}
    graduate = {**person, "department": row["department"], "basic": basic}
    row["snapshot"] = {**row["snapshot"], "graduate": graduate}


def seen_from(facts: Facts, record: RecordFacts) -> Facts:
    """The same facts with another record of the person in the middle: how a cascade looks at its target."""
    others = tuple(r for r in (*facts.others, facts.record) if r is not None and r.id != record.id)
    return replace(facts, record=record, others=others)


def values(step: Move, columns: Sequence[str]) -> list[Any]:
    """The record's columns in that order, as parameters."""
    row = {**step.row, "id": step.record_id}
    return [json.dumps(row[name], ensure_ascii=False) if name in _JSON else row[name] for name in columns]


_JSON = ("form", "snapshot")


def stored(form: Form, clean: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a filled-in form that is kept with the record; numbers of persons sealed."""
    keep = {}
    for field in form.fields:
        if field.stored and field.name in clean:
            value = clean[field.name]
            keep[field.name] = seal(FORM_PLACE, str(value)) if field.sensitive and value else value
    return keep


def agreement(step: Move, number: str) -> dict[str, Any]:
    """What the agreement of this record freezes: parties, terms, handler, template (decisions 7)."""
    facts, row = step.facts, step.row
    return {
        "number": number,
        "edition": EDITION,
        "flow": row["flow"],
        "proof_code": facts.graduate.row["proof_code"],
        "type": str(facts.agreement_type),
        "handler": dict(facts.handler or {}),
        "school": row["snapshot"]["school"],
        "graduate": row["snapshot"]["graduate"],
        "employer": {
            "name": row["employer_name"],
            "uscc": row["employer_uscc"],
            "nature": row["employer_nature"],
            "industry": row["employer_industry"],
            "region": row["employer_region"],
            **row["snapshot"]["employer"],
        },
        "form": row["form"],
        "position_category": row["position_category"],
        "invited_at": json_time(row["created_at"]),
        "accepted_at": json_time(row["submitted_at"]) if row["submitted_at"] else None,
        "approved_at": json_time(facts.now),
    }


def _words(step: Move) -> dict[str, Any]:
    return words(step.row, version=step.version, at=step.facts.now, reason=_reason(step))


def files(step: Move) -> Iterator[tuple[Field, list[str]]]:
    """What the act hands in: fields of files and the uploads in them."""
    name = step.decision.transition.form
    for field in FORMS[name].fields if name else ():
        if field.kind is Kind.FILES and step.decision.form.get(field.name):
            yield field, step.decision.form[field.name]


def _reason(step: Move) -> str:
    form, spec = step.decision.form, step.decision.transition.form
    if not form.get("reason"):
        return str(form.get("reason_text") or form.get("statement") or "")
    field = next(f for f in FORMS[spec].fields if f.name == "reason")
    label = codes.table(field.table).label(form["reason"])
    return "，".join(x for x in (label, form.get("reason_text", "")) if x)


def outbox(step: Move, act_id: UUID, push_seq: int | None) -> Iterator[dict[str, Any]]:
    """Rows owed to the outside: one per notice, recipient and channel, and the push to the EMS."""
    facts = step.facts
    reader = Reader(facts.graduate.id, facts.graduate.school_id, facts.binding_id, facts.sms_fallback)
    for notice in _told(step, Party.GRADUATE):
        yield from messages(f"{act_id}:{step.record_id}", notice, reader, step.record_id, _words(step), facts.now)
    push = step.decision.transition.push
    if push is not None and push_seq is not None:
        yield _push(step, act_id, push, push_seq)


def _told(step: Move, party: Party) -> Iterator[Notice]:
    """The notices of this step to one side; nobody is told what they have just done themselves."""
    for name in step.decision.transition.tell:
        notice = NOTICES[name]
        if notice.to is party and not (notice.others_only and step.row["submitted_by"] == party):
            yield notice


def push_stream(graduate_id: UUID) -> str:
    return f"ems:{graduate_id}"


def _push(step: Move, act_id: UUID, push: Push, seq: int) -> dict[str, Any]:
    graduate = step.facts.graduate
    return {
        "key": f"{act_id}:{step.record_id}:push:{Channel.EMS}",
        "school_id": str(graduate.school_id),
        "record_id": str(step.record_id),
        "stream": push_stream(graduate.id),
        "channel": str(Channel.EMS),
        "recipient": str(graduate.id),
        "notice": "push",
        "params": {
            "seq": seq,
            "school": step.facts.school_code,
            "cohort": graduate.cohort,
            "settled": push is Push.PRESENT,
            "columns": destination(push, step.row),
        },
        "status": str(OutboxStatus.PENDING),
        "due_at": step.facts.now.isoformat(),
    }


def inbox_notes(step: Move, act_id: UUID) -> Iterator[dict[str, Any]]:
    """What the employer reads in its portal."""
    for notice in _told(step, Party.EMPLOYER):
        yield from note(f"{act_id}:{step.record_id}", notice, step.row["employer_id"], step.record_id, _words(step))


def detail(step: Move, actor: Actor) -> dict[str, Any]:
    """The journal's personal part: who by name, what was filled in, what an edit changed. No numbers."""
    transition, form = step.decision.transition, step.decision.form
    spec = FORMS[transition.form] if transition.form else None
    fields = spec.fields if spec else ()
    plain = {f.name: form[f.name] for f in fields if f.name in form and f.stored and not f.sensitive}
    note: dict[str, Any] = {"by": actor.name, "form": _jsonable(plain)}
    before = step.facts.record
    if transition.edits and before is not None:
        note["before"] = _before(before.row, spec)
    if _stands_in(step, actor):
        note["stands_in"] = True
    if transition.decides and step.facts.registry:
        note["registry"] = dict(step.facts.registry)
    return note


def _before(row: Mapping[str, Any], form: Form | None) -> dict[str, Any]:
    """What stood in the fields that an edit may change; sealed ones are nobody's business in a history."""
    fields = [f for f in form.fields if f.stored and not f.sensitive] if form else []
    found = {f.name: row["form"].get(f.name) for f in fields}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _stands_in(step: Move, actor: Actor) -> bool:
    """A school deciding the department's stage: shown as 代院系审核 (Conventions 1)."""
    before = step.before
    return (
        actor.party is Party.SCHOOL
        and before is not None
        and step.decision.transition.decides
        and step.decision.flow.state(before).waits_on is Party.DEPARTMENT
    )


def _jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: (json_time(v) if isinstance(v, datetime) else v if _plain(v) else str(v)) for k, v in values.items()}


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)
