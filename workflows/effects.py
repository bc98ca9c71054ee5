"""Room: from a decision to rows: the record as it will stand, what is owed, what the agreement freezes. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from models import codes
from models.kit import chat_time, json_time, new_id
from models.parties import Party
from models.states import Channel, OutboxStatus
from models.vault import blind_index, seal, unseal
from workflows.actors import Actor
from workflows.decide import Decision
from workflows.facts import Facts, RecordFacts
from workflows.forms import FORMS, Form
from workflows.notices import NOTICES, Notice, Sms, due
from workflows.spec import Push
from workflows.upstream import destination

FORM_PLACE = "records.form"
SNAPSHOT_PLACE = "records.snapshot"


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


def move(decision: Decision, facts: Facts) -> Move:
    """The record as the decision leaves it."""
    record = facts.record
    row = _new_row(decision, facts) if record is None else dict(record.row)
    state = decision.flow.state(decision.target)
    row["state"] = decision.target
    row["slot"] = decision.flow.takes_slot(decision.target)
    row["waits_on"] = str(state.waits_on) if state.waits_on else None
    row["waiting_since"] = facts.now if state.waits_on else None
    transition = decision.transition
    if transition.submits:
        row["submitted_at"], row["reviewed"] = facts.now, False
    if transition.decides:
        row["reviewed"] = True
    if transition.creates or transition.submits or transition.edits:
        row["form"] = {**row["form"], **stored(FORMS[transition.form], decision.form)}
        row["position_category"] = decision.form.get("position_category", row["position_category"])
    return Move(
        decision=decision,
        facts=facts,
        record_id=record.id if record else new_id(),
        row=row,
        before=record.state if record else None,
        version=record.version + 1 if record else 1,
    )


def seen_from(facts: Facts, record: RecordFacts) -> Facts:
    """The same facts with another record of the person in the middle: how a cascade looks at its target."""
    others = tuple(r for r in (*facts.others, facts.record) if r is not None and r.id != record.id)
    return replace(facts, record=record, others=others)


def insert_values(step: Move) -> list[Any]:
    """The parameters of `sql.INSERT_RECORD`."""
    row = step.row
    return [
        step.record_id,
        *(row[name] for name in _INSERTED[1:-2]),
        json.dumps(row["form"], ensure_ascii=False),
        json.dumps(row["snapshot"], ensure_ascii=False),
    ]


# Column order of `sql.INSERT_RECORD`, constants left out.
_INSERTED = (
    "id",
    "school_id",
    "cohort",
    "flow",
    "graduate_id",
    "employer_id",
    "state",
    "waits_on",
    "waiting_since",
    "created_at",
    "submitted_at",
    "expires_at",
    "department",
    "level",
    "graduate_name",
    "major",
    "destination_code",
    "employer_uscc",
    "employer_name",
    "employer_name_key",
    "employer_nature",
    "employer_industry",
    "employer_region",
    "position_category",
    "contact_bidx",
    "form",
    "snapshot",
)


def stored(form: Form, clean: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a filled-in form that is kept with the record; numbers of persons sealed."""
    keep = {}
    for field in form.fields:
        if field.stored and field.name in clean:
            value = clean[field.name]
            keep[field.name] = seal(FORM_PLACE, str(value)) if field.sensitive and value else value
    return keep


def _new_row(decision: Decision, facts: Facts) -> dict[str, Any]:
    graduate, employer = facts.graduate, facts.employer
    profile = employer.row if employer else {}
    contact = decision.form.get("contact_mobile", "")
    return {
        "school_id": graduate.school_id,
        "cohort": graduate.cohort,
        "flow": str(decision.flow.flow),
        "graduate_id": graduate.id,
        "employer_id": employer.id if employer else None,
        "reviewed": False,
        "created_at": facts.now,
        "submitted_at": None,
        "reminded_at": None,
        "expires_at": decision.expires_at,
        "department": graduate.department,
        "level": str(graduate.level),
        "graduate_name": graduate.name,
        "major": graduate.major,
        "destination_code": codes.DEST_AGREEMENT,
        "agreement_no": "",
        "employer_uscc": profile.get("uscc", ""),
        "employer_name": profile.get("name", ""),
        "employer_name_key": profile.get("name_key", ""),
        "employer_nature": profile.get("nature", ""),
        "employer_industry": profile.get("industry", ""),
        "employer_region": profile.get("region", ""),
        "position_category": "",
        "contact_bidx": blind_index("mobile", contact) if contact else None,
        "form": {},
        "snapshot": _snapshot(facts),
    }


def _snapshot(facts: Facts) -> dict[str, Any]:
    """The graduate and the employer as they stood when the record was made (roles.md, Roster)."""
    row = facts.graduate.row
    number = unseal("graduates.id_enc", row["id_enc"])
    employer = facts.employer.row if facts.employer else {}
    return {
        "graduate": {
            "name": facts.graduate.name,
            "id_kind": row["id_kind"],
            "id_number": seal(SNAPSHOT_PLACE, number),
            "level_code": facts.graduate.level_code,
            "department": facts.graduate.department,
            "major": facts.graduate.major,
            "training_mode": facts.graduate.training_mode,
            "basic": _json(row["basic"]),
        },
        "school": {"code": facts.school_code, "name": facts.school_name},
        "employer": {"profile": employer.get("profile", {})},
    }


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def agreement(step: Move, number: str) -> dict[str, Any]:
    """What the agreement of this record freezes: parties, terms, handler, template (decisions 7)."""
    facts, row = step.facts, step.row
    return {
        "number": number,
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
        "approved_at": json_time(facts.now),
    }


def _params(step: Move) -> dict[str, Any]:
    """What texts are made from. Names of organisations and reasons only; people are looked up when it is shown."""
    row = step.row
    expires = row["expires_at"]
    return {
        "flow": row["flow"],
        "version": step.version,
        "state": row["state"],
        "employer": row["employer_name"],
        "deadline": chat_time(expires) if expires else "",
        "until": json_time(expires) if expires else "",
        "reason": _reason(step),
        "at": json_time(step.facts.now),
    }


def _reason(step: Move) -> str:
    form, spec = step.decision.form, step.decision.transition.form
    if not form.get("reason"):
        return str(form.get("reason_text", ""))
    field = next(f for f in FORMS[spec].fields if f.name == "reason")
    label = codes.table(field.table).label(form["reason"])
    return "，".join(x for x in (label, form.get("reason_text", "")) if x)


def outbox(step: Move, act_id: UUID, push_seq: int | None) -> Iterator[dict[str, Any]]:
    """Rows owed to the outside: one per notice, recipient and channel, and the push to the EMS."""
    for name in step.decision.transition.tell:
        notice = NOTICES[name]
        if notice.to is Party.GRADUATE:
            for channel in channels(notice, step.facts.binding_id, step.facts.sms_fallback):
                yield _owed(step, act_id, notice, channel)
    push = step.decision.transition.push
    if push is not None and push_seq is not None:
        yield _push(step, act_id, push, push_seq)


def channels(notice: Notice, binding_id: UUID | None, sms_fallback: bool) -> tuple[Channel, ...]:
    """WeChat where the graduate is bound; SMS always, or where WeChat cannot reach and the school allows it."""
    by_wechat = (Channel.WECHAT,) if binding_id else ()
    by_sms = notice.sms is Sms.ALWAYS or (notice.sms is Sms.FALLBACK and not binding_id and sms_fallback)
    return (*by_wechat, Channel.SMS) if by_sms else by_wechat


def _owed(step: Move, act_id: UUID, notice: Notice, channel: Channel) -> dict[str, Any]:
    wechat = channel is Channel.WECHAT
    recipient = step.facts.binding_id if wechat else step.facts.graduate.id
    at = due(notice, step.facts.now)
    return {
        "key": f"{act_id}:{step.record_id}:{notice.name}:{channel}",
        "school_id": str(step.facts.graduate.school_id),
        "record_id": str(step.record_id),
        "stream": f"{'wx' if wechat else 'sms'}:{recipient}",
        "channel": str(channel),
        "recipient": str(recipient),
        "notice": notice.name,
        "params": _params(step),
        "status": str(OutboxStatus.PENDING if at == step.facts.now else OutboxStatus.DEFERRED),
        "due_at": at.isoformat(),
    }


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
    if step.row["employer_id"] is None:
        return
    for name in step.decision.transition.tell:
        if NOTICES[name].to is Party.EMPLOYER:
            yield {
                "id": str(new_id()),
                "key": f"{act_id}:{step.record_id}:{name}",
                "employer_id": str(step.row["employer_id"]),
                "record_id": str(step.record_id),
                "notice": name,
                "params": _params(step),
            }


def detail(step: Move, actor: Actor) -> dict[str, Any]:
    """The journal's personal part: who by name, what was filled in, what an edit changed. No numbers."""
    transition, form = step.decision.transition, step.decision.form
    spec = FORMS[transition.form] if transition.form else None
    plain = (
        {f.name: form[f.name] for f in spec.fields if f.name in form and f.stored and not f.sensitive} if spec else {}
    )
    note: dict[str, Any] = {"by": actor.name, "form": _jsonable(plain)}
    before = step.facts.record
    if transition.edits and before is not None:
        note["before"] = {k: before.row.get(k) for k in plain if k in before.row}
    if _stands_in(step, actor):
        note["stands_in"] = True
    return note


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
