"""Room: one record in full, as the person who asks may see it (contracts 5; workflows.md, Review page).

Staff see what a reviewer needs: the graduate as recorded beside the graduate as the roster says now, what the EMS
holds, the employer's registration state and marks, and what became of each message. Numbers of persons are masked
for everybody but their owner; the two sides of an agreement know each other's contact once it was accepted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from models.db import fetch_row, fetch_value
from models.kit import mask_id_number, mask_mobile, name_key, now
from models.parties import Party
from models.states import EmployerStatus, Flow, Phase
from models.vault import is_sealed, unseal
from workflows.actors import Actor, require_read, visible_to
from workflows.commands.employers import PROFILE_PLACE
from workflows.decide import Choice, allowed
from workflows.effects import FORM_PLACE, SNAPSHOT_PLACE
from workflows.errors import NotFound
from workflows.facts import Facts, RecordFacts
from workflows.flows import FLOWS
from workflows.loading import load
from workflows.queries import attachments
from workflows.queries.deliveries import of_record
from workflows.queries.records import for_staff, moment, records_of
from workflows.queries.review_page import beside, termination
from workflows.queries.warnings import marks_for
from workflows.registry import registry

GRADUATE_COLUMNS = ("name", "level_code", "department", "major", "training_mode")
"""What a snapshot and a roster entry both hold beside the ID number and the national columns."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """An action that makes a record of another flow about this one."""

    flow: str
    choice: Choice

    def as_dict(self) -> dict[str, Any]:
        return {"flow": self.flow, **self.choice.as_dict()}


async def read_record(actor: Actor, flow: Flow, record_id: UUID) -> dict[str, Any]:
    """The resource. Raises ModuleClosed, NotFound (also: not visible to this actor)."""
    facts, record = await seen(actor, flow, record_id)
    resource = _head(facts, record)
    resource |= {
        "graduate": _graduate(actor, facts, record),
        "employer": _employer(actor, record),
        "form": form_for(actor, flow, record.row["form"]),
        "snapshot": _snapshot(actor, record),
        "attachments": await attachments.of_record(actor, record_id),
        "actions": [choice.as_dict() for choice in allowed(FLOWS[flow], facts, actor)],
    }
    resource["parent"] = await _parent(facts, record)
    resource["termination"] = await termination(record)
    resource["follow_ups"] = [choice.as_dict() for choice in follow_ups(facts, actor)]
    resource["marks"] = await _marks(actor, record)
    resource["deliveries"] = await of_record(actor, record_id) if actor.party is not Party.EMPLOYER else None
    if for_staff(actor):
        resource["review"] = await _review(actor, facts, record)
    return resource


async def _parent(facts: Facts, record: RecordFacts) -> dict[str, Any] | None:
    """The signing that a termination is about; it is no longer among the facts once it has ended."""
    if record.parent_id is None:
        return None
    flow = facts.parent.flow if facts.parent else await fetch_value(_FLOW_OF, record.parent_id)
    return {"id": str(record.parent_id), "flow": str(flow)}


_FLOW_OF = "SELECT flow FROM records WHERE id = $1"


def follow_ups(facts: Facts, actor: Actor) -> list[FollowUp]:
    """What this record in force could be followed by: its termination, open or closed with the reason."""
    record = facts.record
    if record is None or FLOWS[record.flow].state(record.state).phase is not Phase.FORCE:
        return []
    view = replace(facts, record=None, parent=record, others=(*facts.others, record))
    ending = [table for table in FLOWS.values() if record.flow in table.parents]
    return [FollowUp(str(t.flow), choice) for t in ending for choice in allowed(t, view, actor)]


async def seen(actor: Actor, flow: Flow, record_id: UUID) -> tuple[Facts, RecordFacts]:
    """The facts of a record that this actor may see. Raises ModuleClosed, NotFound."""
    module = FLOWS[flow].module
    require_read(actor, module)
    facts = await load(now=now(), record_id=record_id, lock=False)
    if facts is None or facts.record is None or facts.record.flow is not flow:
        raise NotFound
    if not visible_to(actor, module).holds(facts):
        raise NotFound
    return facts, facts.record


def _head(facts: Facts, record: RecordFacts) -> dict[str, Any]:
    table = FLOWS[record.flow]
    state, row = table.state(record.state), record.row
    return {
        "id": str(record.id),
        "flow": str(record.flow),
        "flow_label": table.label,
        "cohort": record.cohort,
        "state": record.state,
        "label": state.label,
        "phase": str(state.phase),
        "version": record.version,
        "round": row["round"],
        "waits_on": str(state.waits_on) if state.waits_on else None,
        "since": moment(row["waiting_since"]),
        "frozen": facts.graduate.invalid,
        "employer_suspended": facts.employer is not None and facts.employer.status is EmployerStatus.SUSPENDED,
        "created_at": moment(row["created_at"]),
        "submitted_at": moment(row["submitted_at"]),
        "expires_at": moment(record.expires_at),
        "agreement_no": row["agreement_no"] or None,
        "agreement_type": str(facts.agreement_type) if facts.agreement_type else None,
        "position_category": row["position_category"] or None,
    }


def accepted(record: RecordFacts) -> bool:
    """Whether the graduate has ever said yes: from then on the two sides know each other's contact."""
    return record.row["submitted_at"] is not None


def _graduate(actor: Actor, facts: Facts, record: RecordFacts) -> dict[str, Any]:
    """The person, as recorded. An employer learns no more than roles.md allows before the graduate accepts."""
    person = record.row["snapshot"]["graduate"]
    shown: dict[str, Any] = {
        "name": person["name"],
        "id_number": number_for(actor, person["id_number"], SNAPSHOT_PLACE),
        "school": dict(record.row["snapshot"]["school"]),
        "level": str(record.level),
        "level_code": person["level_code"],
        "major": person["major"],
    }
    if actor.party is Party.EMPLOYER:
        return shown
    return {
        "id": str(record.graduate_id),
        **shown,
        "id_kind": person["id_kind"],
        "department": record.department,
        "training_mode": person["training_mode"],
        "invalid": facts.graduate.invalid,
        "bound": facts.binding_id is not None,
    }


def _employer(actor: Actor, record: RecordFacts) -> dict[str, Any]:
    row = record.row
    profile = row["snapshot"].get("employer", {}).get("profile", {})
    return {
        "id": str(record.employer_id) if record.employer_id else None,
        "name": row["employer_name"],
        "uscc": row["employer_uscc"],
        "nature": row["employer_nature"],
        "industry": row["employer_industry"],
        "region": row["employer_region"],
        "profile": {name: _opened(actor, value) for name, value in profile.items()},
    }


def _opened(actor: Actor, value: Any) -> Any:
    """A value of an employer's profile; its contact's number is for the two sides, masked for staff."""
    if not isinstance(value, str) or not is_sealed(value):
        return value
    return mobile(actor, unseal(PROFILE_PLACE, value))


def form_for(actor: Actor, flow: Flow, form: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in. Before acceptance only the employer has filled in anything."""
    hidden = attachments.private_fields(flow) if actor.party is Party.EMPLOYER else frozenset()
    return {
        name: mobile(actor, unseal(FORM_PLACE, value)) if isinstance(value, str) and is_sealed(value) else value
        for name, value in form.items()
        if name not in hidden
    }


def mobile(actor: Actor, number: str) -> str:
    """A mobile number as this reader may see it: whole for the two sides of the record, masked for everybody else."""
    return number if actor.party in (Party.GRADUATE, Party.EMPLOYER) else mask_mobile(number)


def number_for(actor: Actor, sealed: str, place: str) -> str:
    """An ID number, whole for its owner alone."""
    number = unseal(place, sealed)
    return number if actor.party is Party.GRADUATE else mask_id_number(number)


def _snapshot(actor: Actor, record: RecordFacts) -> dict[str, Any] | None:
    """The graduate's data as they stood when the record was made; not for employers."""
    if actor.party is Party.EMPLOYER:
        return None
    person = record.row["snapshot"]["graduate"]
    return {**person, "id_number": number_for(actor, person["id_number"], SNAPSHOT_PLACE)}


async def _marks(actor: Actor, record: RecordFacts) -> dict[str, Any] | None:
    """Warning marks, which employers never see; the note beside them is for the school's own staff."""
    if actor.party is Party.EMPLOYER:
        return None
    row = record.row
    marks = await marks_for(record.school_id, row["employer_uscc"], name_key(row["employer_name"]))
    found = marks.as_dict() if marks.shown else replace(marks, reasons=(), note="").as_dict()
    return found if actor.party in (Party.SCHOOL, Party.DEPARTMENT) else {**found, "note": ""}


async def _review(actor: Actor, facts: Facts, record: RecordFacts) -> dict[str, Any]:
    found = differences(facts, record)
    return {
        "differences": found,
        "roster_changed": any(one["name"] in ("name", "id_number") for one in found),
        "latest": {"values": facts.latest, "digest": facts.latest_digest},
        "department_covered": facts.department_covered,
        "review_mode": str(facts.review_mode),
        "registry": await registry(record.row["employer_uscc"]),
        "ems": await mirror(record.graduate_id),
        "other_records": await records_of(record.graduate_id, besides=record.id),
        **await beside(actor, record),
    }


def differences(facts: Facts, record: RecordFacts) -> list[dict[str, Any]]:
    """Where the roster says now something else than the record (roles.md, Roster); numbers masked."""
    then, entry = record.row["snapshot"]["graduate"], facts.graduate.row
    found = [_difference(n, then.get(n), entry[n]) for n in GRADUATE_COLUMNS if then.get(n) != entry[n]]
    number, present = unseal(SNAPSHOT_PLACE, then["id_number"]), unseal("graduates.id_enc", entry["id_enc"])
    if number != present:
        found.append(_difference("id_number", mask_id_number(number), mask_id_number(present)))
    basic, current = then.get("basic", {}), entry["basic"]
    names = dict.fromkeys([*basic, *current])
    return found + [_difference(n, basic.get(n), current.get(n)) for n in names if basic.get(n) != current.get(n)]


def _difference(name: str, recorded: Any, present: Any) -> dict[str, Any]:
    return {"name": name, "recorded": recorded, "present": present}


_MIRROR = """
SELECT destination, locked, push_seq, acked_seq, acked_at, refused_cause FROM ems_mirror WHERE graduate_id = $1"""


async def mirror(graduate_id: UUID) -> dict[str, Any]:
    """What the EMS holds of this graduate's destination, as it last acknowledged."""
    row = await fetch_row(_MIRROR, graduate_id)
    if row is None:
        return {"destination": None, "locked": False, "pending": False, "acked_at": None, "refused": None}
    return {
        "destination": json.loads(row["destination"]) if row["destination"] else None,
        "locked": row["locked"],
        "pending": row["acked_seq"] < row["push_seq"],
        "acked_at": moment(row["acked_at"]),
        "refused": row["refused_cause"] or None,
    }
