"""Room: the decision, pure: (flow, facts, actor, action, form) → Decision or Refusal. Reads nothing, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.kit import shanghai_day
from models.parties import AgreementType, Party
from models.vault import is_sealed, unseal
from workflows import guards
from workflows.actors import Actor, may_write, visible_to
from workflows.errors import Forbidden, InvalidForm, NotFound, Refusal, Refused, Stale
from workflows.facts import Facts
from workflows.forms import FORMS, validate
from workflows.spec import Transition, Workflow

FORM_PLACE = "records.form"
"""Where sealed answers of a form lie (`models.vault`)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written. `form` is clean; `expires_at` only where the act sets a deadline."""

    flow: Workflow
    transition: Transition
    target: str
    form: Mapping[str, Any]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One action as a screen or chat offers it. `open` False: greyed out, with the reason."""

    name: str
    label: str
    open: bool
    guard: str
    reason: str
    form: str
    danger: bool

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "open": self.open,
            "guard": self.guard or None,
            "reason": self.reason or None,
            "form": self.form or None,
            "danger": self.danger,
        }


def decide(
    flow: Workflow, facts: Facts, actor: Actor, action: str, form: Mapping[str, Any], version: int | None = None
) -> Decision | Refusal:
    """Judge one act. `version` is the one that the actor looked at; None where a machine acts on what is there."""
    refusal = _may(flow, facts, actor, action)
    if refusal is not None:
        return refusal
    if facts.record is not None and version is not None and version != facts.record.version:
        return Refusal(Stale)
    transition = flow.find(action, facts.record.state if facts.record else "", actor.party)
    if transition is None or actor.party not in transition.by:
        return Refusal(Refused, "state", _wrong_state(flow, facts))
    clean: Mapping[str, Any] = {}
    if transition.form:
        clean, faults = validate(FORMS[transition.form], _unmasked(transition, facts, form), form_facts(facts))
        if faults:
            return Refusal(InvalidForm, faults=tuple(faults))
    return _guarded(flow, facts, actor, transition, clean)


def _unmasked(transition: Transition, facts: Facts, form: Mapping[str, Any]) -> Mapping[str, Any]:
    """Staff see numbers of persons masked, so those that an edit leaves out stay as they were."""
    if not transition.edits or facts.record is None or not isinstance(form, Mapping):
        return form
    held = facts.record.row.get("form") or {}
    asked = (f.name for f in FORMS[transition.form].fields if f.sensitive)
    kept = {name: held[name] for name in asked if held.get(name) and not form.get(name)}
    return {**form, **{name: unseal(FORM_PLACE, v) if is_sealed(v) else v for name, v in kept.items()}}


def cascade(flow: Workflow, facts: Facts, actor: Actor, action: str) -> Decision | None:
    """An act that another act brings with it; None (skip it) where the record has moved on or is frozen."""
    transition = flow.find(action, facts.record.state if facts.record else "")
    if transition is None:
        return None
    judged = _guarded(flow, facts, actor, transition, {})
    return judged if isinstance(judged, Decision) else None


def allowed(flow: Workflow, facts: Facts, actor: Actor) -> tuple[Choice, ...]:
    """Everything this actor may do to the record now, and what is greyed out, with its reason.

    Without a record: what would make one. A guard that needs the form is judged only in the act.
    """
    if not visible_to(actor, flow.module).holds(facts) and facts.record is not None:
        return ()
    blocked = may_write(actor, flow.module)
    choices = []
    for transition in flow.leaving(facts.record.state if facts.record else ""):
        if actor.party not in transition.by or actor.party is Party.CLOCK:
            continue
        failing = next((x for x in transition.guards if not x.needs_form and not x.holds(facts, actor, {})), None)
        reason = blocked.kind.sentence if blocked else failing.sentence if failing else ""
        guard = blocked.kind.code if blocked else failing.name if failing else ""
        label = transition.label.format(verb=verb(flow, facts.agreement_type))
        choices.append(Choice(transition.action, label, not reason, guard, reason, transition.form, transition.danger))
    return tuple(choices)


def verb(flow: Workflow, agreement_type: AgreementType | None) -> str:
    """鉴证 or 审核 (Conventions 13): wording, not a second machine."""
    return flow.two_party_verb if agreement_type is AgreementType.TWO_PARTY else "审核"


def form_facts(facts: Facts) -> dict[str, Any]:
    """What a form may look at besides what was typed."""
    row = facts.graduate.row
    return {
        "today": shanghai_day(facts.now),
        "cohort": facts.graduate.cohort,
        "close": shanghai_day(facts.closes_at),
        "defaults": {
            "valid_days": facts.invitation_days,
            "own_mobile": unseal("graduates.phone_enc", row.get("phone_enc", "")) or None,
            "own_email": row.get("email") or None,
        },
    }


def _may(flow: Workflow, facts: Facts, actor: Actor, action: str) -> Refusal | None:
    if action not in flow.actions or not flow.parties(action):
        return Refusal(NotFound)
    if facts.record is not None and not visible_to(actor, flow.module).holds(facts):
        return Refusal(NotFound)
    if actor.party not in flow.parties(action):
        return Refusal(Forbidden)
    return may_write(actor, flow.module)


def _guarded(
    flow: Workflow, facts: Facts, actor: Actor, transition: Transition, clean: Mapping[str, Any]
) -> Decision | Refusal:
    for guard in transition.guards:
        if not guard.holds(facts, actor, clean):
            return Refusal(Refused, guard.name, guard.sentence)
    target = transition.target
    name = target if isinstance(target, str) else target.resolve(facts.review_mode)
    expires = guards.deadline(facts, clean) if transition.creates and "valid_days" in clean else None
    return Decision(flow, transition, str(name), clean, expires)


def _wrong_state(flow: Workflow, facts: Facts) -> str:
    if facts.record is None:
        return Refused.sentence
    return f"该记录当前为“{flow.state(facts.record.state).label}”，不能进行此操作。"
