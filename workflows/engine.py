"""Room: the one writer of record states. Every act of the house passes `act` (contracts 4).

One transaction, in this order: act key → the person's entries → records by id → facts → decide → compare-and-set on
(state, version), releases of the slot before claims → cascades (same act id) → outbox → journal with its chain head.
Nothing is written on a refusal. After the commit a hint wakes the notifier; it may be lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from models.codes.identity import agreement_number
from models.db import constraint_of, execute, fetch, notify, transaction
from models.kit import json_time, new_id, shanghai_day
from models.kit import now as clock
from models.parties import PARTY_LABELS, STAFF, Party
from models.sql import acts as sql
from models.states import Flow
from models.vault import blind_index
from workflows import effects, journal
from workflows.actors import Actor
from workflows.attaching import attach
from workflows.decide import Decision, allowed, cascade, decide
from workflows.effects import Move
from workflows.errors import Forbidden, HouseError, InvalidForm, KeyReused, NotFound, Refusal, Refused, Stale
from workflows.facts import Facts
from workflows.flows import FLOWS
from workflows.forms import FORMS, validate
from workflows.guards import SLOT_FREE, WARNING_SEEN
from workflows.invitee import find_invitee
from workflows.loading import load, with_marks
from workflows.notices import FADING

WAKE = "wangqian_outbox"
_FADING = sorted(FADING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A committed act. `repeated`: the key had been used before, nothing was written now."""

    act_id: UUID
    flow: Flow
    record_id: UUID
    state: str
    label: str
    version: int
    repeated: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "act_id": str(self.act_id),
            "flow": str(self.flow),
            "id": str(self.record_id),
            "state": self.state,
            "label": self.label,
            "version": self.version,
        }

    @classmethod
    def from_answer(cls, act_id: UUID, answer: Mapping[str, Any]) -> Outcome:
        return cls(
            act_id=act_id,
            flow=Flow(answer["flow"]),
            record_id=UUID(answer["id"]),
            state=answer["state"],
            label=answer["label"],
            version=answer["version"],
            repeated=True,
        )


async def act(
    actor: Actor,
    flow: Flow,
    record_id: UUID | None,
    action: str,
    form: Mapping[str, Any] | None = None,
    *,
    version: int | None = None,
    once: str,
    parent_id: UUID | None = None,
    now: datetime | None = None,
) -> Outcome:
    """Do one action on a record, or make a record (`record_id` None).

    `parent_id`: the signing that a new termination is about; a graduate may leave it out, having one at most. `once`:
    the key under which a repetition gives the first answer again; `version`: the version the actor looked at (None
    only where a machine acts on what is there). Raises one of `workflows.errors`: NotFound, Forbidden, Stale, Refused,
    InvalidForm, KeyReused; the database's own errors pass through and leave nothing written.
    """
    job = _Act(actor, flow, record_id, action, form or {}, version, once, parent_id, now or clock())
    try:
        async with transaction():
            outcome, owed = await job.run()
    except Exception as exc:
        if constraint_of(exc) == "records_one_slot":
            raise Refused(SLOT_FREE.sentence, guard=SLOT_FREE.name) from exc
        raise
    if owed:
        notify(WAKE)
    return outcome


@dataclass(slots=True)
class _Act:
    actor: Actor
    flow: Flow
    record_id: UUID | None
    action: str
    form: Mapping[str, Any]
    version: int | None
    once: str
    parent_id: UUID | None
    now: datetime

    async def run(self) -> tuple[Outcome, bool]:
        act_id = new_id()
        key_id = await self._claim(act_id)
        if isinstance(key_id, Outcome):
            return key_id, False
        facts = await self._facts()
        judged = decide(FLOWS[self.flow], facts, self.actor, self.action, self.form, self.version)
        if isinstance(judged, Refusal):
            raise await self._refused(judged, facts)
        main = effects.move(judged, facts, self.actor)
        steps = [main, *(self._cascades(judged, facts))]
        for step in sorted(steps, key=lambda s: s.claims):
            await self._write(step)
        owed = await self._owe(act_id, steps)
        outcome = Outcome(
            act_id, self.flow, main.record_id, main.row["state"], judged.flow.state(judged.target).label, main.version
        )
        await execute(sql.ANSWER_KEY, key_id, json.dumps(outcome.as_dict(), ensure_ascii=False))
        entries = [self._entry(act_id, step) for step in steps]
        await journal.append(journal.school_chain(facts.school_id), self.now, entries)
        return outcome, owed

    async def _claim(self, act_id: UUID) -> int | Outcome:
        """The id of a fresh key; the earlier outcome when this very act was done before. Waits for a twin in flight."""
        about = [str(self.parent_id)] if self.parent_id else []
        text = journal.canonical([str(self.flow), str(self.record_id), self.action, self.form, *about])
        fingerprint = blind_index("act", text).hex()
        fresh = await fetch(sql.CLAIM_KEY, self.actor.key, self.once, fingerprint, act_id, self.now)
        if fresh:
            return int(fresh[0]["id"])
        rows = await fetch(sql.READ_KEY, self.actor.key, self.once)
        row = rows[0]
        if row["fingerprint"] != fingerprint:
            raise KeyReused
        return Outcome.from_answer(row["act_id"], json.loads(row["answer"]))

    async def _facts(self) -> Facts:
        graduate_id = None
        if self.record_id is None:
            graduate_id = await self._subject()
        facts = await load(
            now=self.now,
            record_id=self.record_id,
            graduate_id=graduate_id,
            employer_id=self.actor.employer_id if self.record_id is None else None,
        )
        if facts is None or (facts.record is not None and facts.record.flow is not self.flow):
            raise NotFound
        if self._asks_for_marks(facts):
            facts = await with_marks(facts)
        return self._with_parent(facts) if self.record_id is None and FLOWS[self.flow].parents else facts

    def _asks_for_marks(self, facts: Facts) -> bool:
        step = FLOWS[self.flow].find(self.action, facts.record.state, self.actor.party) if facts.record else None
        return step is not None and WARNING_SEEN in step.guards

    def _with_parent(self, facts: Facts) -> Facts:
        """The signing that a new termination is about: the one named, else the one that holds the graduate's slot."""
        mine = [r for r in facts.others if r.graduate_id == facts.graduate.id]
        if self.parent_id is not None:
            named = next((r for r in mine if r.id == self.parent_id), None)
            return replace(facts, parent=named if named and named.flow in FLOWS[self.flow].parents else None)
        held = next((r for r in mine if r.slot), None)
        return replace(facts, parent=held if held and held.flow in FLOWS[self.flow].parents else None)

    async def _subject(self) -> UUID:
        """Whom a new record is about: the graduate who acts, the one whom an employer names or has signed with."""
        making = FLOWS[self.flow].find(self.action, "", self.actor.party)
        if making is None or self.actor.party not in making.by:
            raise _unmakeable(self.flow, self.actor, self.action)
        if self.actor.party is Party.GRADUATE:
            return self.actor.id
        if FLOWS[self.flow].parents:
            return await self._signed_with()
        clean, faults = validate(FORMS[making.form], self.form, {"today": shanghai_day(self.now)})
        if faults:
            raise InvalidForm(faults)
        return await find_invitee(self.actor, clean, self.now)

    async def _signed_with(self) -> UUID:
        """The graduate of the signing that an employer wants to end. Raises NotFound for one of somebody else's."""
        rows = await fetch(sql.PARENT_RECORD, self.parent_id)
        if not rows or rows[0]["employer_id"] != self.actor.employer_id:
            raise NotFound
        found: UUID = rows[0]["graduate_id"]
        return found

    def _cascades(self, judged: Decision, facts: Facts) -> list[Move]:
        moves = []
        for rule in judged.transition.cascades:
            flow = FLOWS[rule.flow]
            for other in facts.others:
                if other.flow is rule.flow and rule.select(facts, other):
                    view = effects.seen_from(facts, other)
                    decision = cascade(flow, view, self.actor, rule.action)
                    if decision is not None:
                        moves.append(effects.move(decision, view, self.actor))
        return moves

    async def _write(self, step: Move) -> None:
        transition = step.decision.transition
        if transition.meets_employer:
            await self._meet(step)
        if transition.issues_agreement:
            await self._issue(step)
        if transition.revokes_agreement:
            await execute(sql.REVOKE_AGREEMENT, step.record_id, self.now)
        if transition.counts:
            await execute(sql.COUNT_TERMINATION, step.facts.graduate.id)
        if step.before is None:
            await execute(sql.INSERT_RECORD, *effects.values(step, sql.INSERTED))
        else:
            values = effects.values(step, sql.CHANGED)
            if await execute(sql.MOVE_RECORD, step.record_id, step.before, step.version - 1, *values) != 1:
                raise Stale
        for field, uploads in effects.files(step):
            await attach(
                self.actor, step.facts.school_id, step.record_id, step.row["round"], field.name, uploads, self.now,
                accepts=field.file_kinds,
            )  # fmt: skip

    async def _meet(self, step: Move) -> None:
        """The employer whom the graduate wrote down may be registered: then it sees the record and may upload."""
        row = step.row
        found = await fetch(sql.MEET_EMPLOYER, row["employer_uscc"], row["employer_name_key"])
        row["employer_id"] = found[0]["id"] if found else None

    async def _issue(self, step: Move) -> None:
        """Number the agreement and freeze its data (contracts 2; decisions 7)."""
        facts = step.facts
        given = await fetch(sql.NEXT_AGREEMENT, new_id(), facts.school_id, facts.graduate.cohort)
        number = agreement_number(facts.school_code, facts.graduate.cohort, given[0]["given"])
        step.row["agreement_no"] = number
        data = json.dumps(effects.agreement(step, number), ensure_ascii=False)
        await execute(
            sql.INSERT_AGREEMENT, number, facts.school_id, step.record_id, str(facts.agreement_type), data, self.now
        )

    async def _owe(self, act_id: UUID, steps: Sequence[Move]) -> bool:
        rows: list[dict[str, Any]] = []
        notes: list[dict[str, Any]] = []
        for step in steps:
            seq = await self._before_push(step)
            rows.extend(effects.outbox(step, act_id, seq))
            notes.extend(effects.inbox_notes(step, act_id))
            if step.before not in (None, step.row["state"]):
                await execute(sql.OUTDATE, step.record_id, _FADING, self.now)
        if notes:
            text = json.dumps(notes, ensure_ascii=False)
            await execute(sql.INSERT_INBOX_NOTES, text, self.now)
        if rows:
            await execute(sql.INSERT_OUTBOX, json.dumps(rows, ensure_ascii=False), self.now)
        return bool(rows)

    async def _before_push(self, step: Move) -> int | None:
        if step.decision.transition.push is None:
            return None
        graduate = step.facts.graduate
        rows = await fetch(sql.NEXT_PUSH, graduate.id, graduate.school_id)
        await execute(sql.OUTDATE_PUSHES, effects.push_stream(graduate.id), self.now)
        return int(rows[0]["push_seq"])

    def _entry(self, act_id: UUID, step: Move) -> journal.Entry:
        return journal.Entry(
            act_id=act_id,
            actor=self.actor.key,
            party=str(self.actor.party),
            subject_kind="record",
            subject_id=step.record_id,
            flow=str(step.decision.flow.flow),
            action=step.decision.transition.action,
            from_state=step.before or "",
            to_state=step.row["state"],
            version=step.version,
            detail=effects.detail(step, self.actor),
        )

    async def _refused(self, refusal: Refusal, facts: Facts) -> HouseError:
        """The refusal with where the record stands, what is open there and, when stale, who was first."""
        if facts.record is None or refusal.kind not in (Stale, Refused):
            return refusal.error()
        flow = FLOWS[self.flow]
        decided = await _decided_by(self.actor, facts.record.id) if refusal.kind is Stale else None
        return refusal.error(
            state=facts.record.state,
            label=flow.state(facts.record.state).label,
            version=facts.record.version,
            actions=[c.as_dict() for c in allowed(flow, facts, self.actor)],
            decided_by=decided,
        )


def _unmakeable(flow: Flow, actor: Actor, action: str) -> HouseError:
    """Why a record cannot be made by this actor, before anybody is looked up."""
    table = FLOWS[flow]
    if action not in table.actions or not table.parties(action):
        return NotFound()
    return Forbidden() if actor.party not in table.parties(action) else NotFound()


async def _decided_by(actor: Actor, record_id: UUID) -> dict[str, Any] | None:
    """Who was first: for staff by name, for the two sides of the record by what they are, as in its history."""
    rows = await fetch(sql.LAST_STEP, record_id)
    if not rows:
        return None
    detail = json.loads(rows[0]["detail"]) if rows[0]["detail"] else {}
    party = Party(rows[0]["party"])
    named = actor.party in STAFF or party not in STAFF
    name = detail.get("by") if named else PARTY_LABELS[party]
    return {"name": name or "", "action": rows[0]["action"], "at": json_time(rows[0]["at"])}
