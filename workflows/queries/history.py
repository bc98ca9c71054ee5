"""Room: the history of one record: 操作, 操作描述, 操作人, 操作时间, read from the journal.

Outsiders (graduate, employer) read whose turn it was and why something was refused, not which clerk it was; notes
that reviewers leave for each other, and what they saw when they decided, stay among staff.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from models import codes
from models.db import fetch
from models.parties import PARTY_LABELS, STAFF, AgreementType, Party
from models.states import Flow
from workflows.actors import Actor
from workflows.decide import verb
from workflows.fields import Field, Form, Kind
from workflows.flows import FLOWS
from workflows.forms import FORMS
from workflows.queries.record_page import seen
from workflows.queries.records import for_staff, moment
from workflows.spec import Transition

STANDS_IN = "代院系审核"

TOLD = frozenset(
    {"reason", "reason_text", "statement", "termination_kind", "papers_kind", "upload_kind", "upload_note", "stamped"}
)
AMONG_STAFF = frozenset({"note", "take_latest", "department_head", "warning_acknowledged"})

_READ = """
SELECT id, at, actor, party, action, from_state, to_state, version, detail
FROM journal WHERE subject_id = $1 AND subject_kind = 'record' ORDER BY id"""


async def read_history(actor: Actor, flow: Flow, record_id: UUID) -> list[dict[str, Any]]:
    """Every step of a record, oldest first. Raises ModuleClosed, NotFound."""
    facts, _ = await seen(actor, flow, record_id)
    rows = await fetch(_READ, record_id)
    return [_line(actor, flow, facts.agreement_type, row) for row in rows]


def _line(actor: Actor, flow: Flow, agreement_type: AgreementType | None, row: Any) -> dict[str, Any]:
    table = FLOWS[flow]
    detail = json.loads(row["detail"]) if row["detail"] else {}
    transition = table.find(row["action"], row["from_state"], Party(row["party"]))
    label = transition.label if transition else row["action"]
    stands_in = bool(detail.get("stands_in"))
    return {
        "at": moment(row["at"]),
        "action": row["action"],
        "label": STANDS_IN if stands_in else label.format(verb=verb(table, agreement_type)),
        "description": "；".join(_description(actor, flow, transition, row, detail)),
        "party": row["party"],
        "by": _name(actor, row, detail),
        "from_state": row["from_state"] or None,
        "to_state": row["to_state"],
        "version": row["version"],
        "stands_in": stands_in,
    }


def _name(actor: Actor, row: Any, detail: Mapping[str, Any]) -> str:
    """操作人. Staff read names; an outsider reads the own name and everybody else's party."""
    label = PARTY_LABELS[Party(row["party"])]
    own = row["actor"] == actor.key
    clerk = row["party"] in STAFF
    return str(detail.get("by") or label) if for_staff(actor) or own or not clerk else label


def _description(
    actor: Actor, flow: Flow, transition: Transition | None, row: Any, detail: Mapping[str, Any]
) -> list[str]:
    """操作描述: where it led, why, and what an edit changed."""
    parts = [FLOWS[flow].state(row["to_state"]).label] if row["to_state"] != row["from_state"] else []
    form = FORMS.get(transition.form) if transition and transition.form else None
    if transition is not None and form is not None:
        told = _edited if transition.edits else _said
        parts += told(actor, form, detail)
    if for_staff(actor) and detail.get("registry"):
        parts.append(f"单位登记状态：{_registry(detail['registry'])}")
    return parts


def _edited(actor: Actor, form: Form, detail: Mapping[str, Any]) -> Iterator[str]:
    """What an edit changed, field by field."""
    given: Mapping[str, Any] = detail.get("form", {})
    before: Mapping[str, Any] = detail.get("before", {})
    for field in form.fields:
        if _readable(actor, field) and field.stored and before.get(field.name) != given.get(field.name):
            if not field.must_hold:
                yield f"{field.label}：{_shown(field, before)} → {_shown(field, given)}"
            elif given.get(field.name):
                yield field.label


def _said(actor: Actor, form: Form, detail: Mapping[str, Any]) -> Iterator[str]:
    """Why, with what papers and on whose word; what was only filled in stands on the record's page."""
    given: Mapping[str, Any] = detail.get("form", {})
    for field in form.fields:
        if given.get(field.name) in (None, "", False) or not _readable(actor, field):
            continue
        papers = isinstance(given[field.name], list)
        if papers or field.name in TOLD or (field.name in AMONG_STAFF and for_staff(actor)):
            yield f"{field.label}：{_shown(field, given)}"


def _readable(actor: Actor, field: Field) -> bool:
    """Whether the reader may see this field at all; the graduate's own affairs are not the employer's."""
    return not field.sensitive and not (field.private and actor.party is Party.EMPLOYER)


def _registry(seen: Mapping[str, Any]) -> str:
    """What the credit system had said when it was decided (roles.md, Employer status)."""
    checked = f"（{str(seen['checked_at'])[:10]} 核查）" if seen.get("checked_at") else ""
    return f"{seen.get('status') or '未能获取'}{checked}"


def _shown(field: Field, values: Mapping[str, Any]) -> str:
    value = values.get(field.name)
    if value in (None, "", []):
        return "（空）"
    if isinstance(value, list):
        return f"{len(value)} 个文件"
    if field.choices:
        return dict(field.choices).get(str(value), str(value))
    if field.kind is Kind.REGION:
        return codes.table(codes.REGION).label(str(value)) if str(value) in codes.table(codes.REGION) else str(value)
    if field.table and str(value) in codes.table(field.table):
        return codes.table(field.table).label(str(value))
    return ("是" if value else "否") if isinstance(value, bool) else str(value)
