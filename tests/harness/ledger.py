"""Room: what must be true of a school's rows after any history; read with our own eyes, not through the engine."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from models.db import fetch
from models.parties import Party
from models.states import Flow, Phase
from workflows.flows import FLOWS
from workflows.journal import GENESIS, detail_digest, row_hash, school_chain, stamp
from workflows.notices import NOTICES
from workflows.spec import Transition, Workflow


async def journal_of(school_id: UUID) -> list[Any]:
    return await fetch("SELECT * FROM journal WHERE chain = $1 ORDER BY seq", school_chain(school_id))


async def verify(school_id: UUID) -> None:
    """Chain whole, journal legal, its fold equal to the rows, slots unique, debts complete (I1-I4, I8)."""
    rows = await journal_of(school_id)
    _verify_chain(rows)
    folded = _fold([r for r in rows if r["subject_kind"] == "record"])
    stored = await fetch(
        "SELECT id, flow, state, version, slot, graduate_id, employer_id FROM records WHERE school_id = $1", school_id
    )
    assert {r["id"]: (r["state"], r["version"]) for r in stored} == folded
    holders: dict[UUID, int] = defaultdict(int)
    for r in stored:
        assert r["slot"] == FLOWS[Flow(r["flow"])].takes_slot(r["state"])
        holders[r["graduate_id"]] += r["slot"]
    assert all(n <= 1 for n in holders.values())
    await _verify_debts(school_id, rows, stored)


async def verify_slots(school_ids: Sequence[UUID]) -> None:
    """After no act did a person hold two slots, over all entries of these schools' rosters (I3)."""
    rows = await fetch(
        """SELECT j.act_id, j.subject_id, j.flow, j.to_state, g.id_bidx
        FROM journal j JOIN records r ON r.id = j.subject_id JOIN graduates g ON g.id = r.graduate_id
        WHERE j.chain = ANY($1::text[]) AND j.subject_kind = 'record' ORDER BY j.id""",
        [school_chain(school_id) for school_id in school_ids],
    )
    held: dict[bytes, set[UUID]] = defaultdict(set)
    for _, steps in groupby(rows, key=lambda r: r["act_id"]):
        for row in steps:
            person = held[row["id_bidx"]]
            person.discard(row["subject_id"])
            if FLOWS[Flow(row["flow"])].takes_slot(row["to_state"]):
                person.add(row["subject_id"])
        assert len(person) <= 1


def _verify_chain(rows: list[Any]) -> None:
    prev = GENESIS
    for number, row in enumerate(rows, start=1):
        detail = json.loads(row["detail"])
        assert row["seq"] == number
        assert row["detail_sha256"] == detail_digest(detail)
        names = (
            "chain",
            "seq",
            "actor",
            "party",
            "subject_kind",
            "flow",
            "action",
            "from_state",
            "to_state",
            "version",
        )
        plain = {name: row[name] for name in (*names, "detail_sha256")}
        plain |= {"act_id": str(row["act_id"]), "subject_id": str(row["subject_id"]), "at": stamp(row["at"])}
        assert row["prev"] == prev
        prev = row_hash(prev, plain)
        assert row["hash"] == prev


def _fold(rows: list[Any]) -> dict[UUID, tuple[str, int]]:
    """Every step legal in its table, versions 1, 2, 3 … for each record."""
    now: dict[UUID, tuple[str, int]] = {}
    for row in rows:
        flow: Workflow = FLOWS[Flow(row["flow"])]
        state, version = now.get(row["subject_id"], ("", 0))
        assert row["from_state"] == state
        assert row["version"] == version + 1
        transition = flow.find(row["action"], state, Party(row["party"]))
        assert transition is not None
        assert row["to_state"] in transition.targets
        now[row["subject_id"]] = (row["to_state"], row["version"])
    return now


async def _verify_debts(school_id: UUID, rows: list[Any], stored: list[Any]) -> None:
    """For every step that owes: the notes to the employer once each, one push per pushing step, in order."""
    owed = await fetch("SELECT key, notice, recipient, params FROM outbox WHERE school_id = $1 ORDER BY id", school_id)
    keys = [r["key"] for r in owed]
    assert len(keys) == len(set(keys))
    notes = {
        r["key"]
        for r in await fetch(
            "SELECT n.key FROM inbox_notes n JOIN records r ON r.id = n.record_id WHERE r.school_id = $1", school_id
        )
    }
    debts = _Debts(stored)
    for row in rows:
        debts.follow(row)
    assert notes == debts.notes
    assert {r["key"] for r in owed if r["notice"] == "push"} == debts.pushes
    sequences: dict[UUID, list[int]] = defaultdict(list)
    for r in owed:
        if r["notice"] == "push":
            sequences[r["recipient"]].append(json.loads(r["params"])["seq"])
    assert all(s == list(range(1, len(s) + 1)) for s in sequences.values())


class _Debts:
    """What a school's history owes the employers and the EMS, by keys, followed row by row."""

    def __init__(self, stored: list[Any]) -> None:
        self.notes: set[str] = set()
        self.pushes: set[str] = set()
        self._rows = {r["id"]: r for r in stored}
        self._told: set[UUID] = set()  # graduates of whom the EMS has heard
        self._in_force: dict[UUID, UUID] = {}
        self._dealing: dict[UUID, set[UUID]] = defaultdict(set)  # by graduate: what an employer has under way

    def follow(self, row: Any) -> None:
        if row["subject_kind"] == "record":
            self._record(row)
        elif row["action"] in ("invalidate", "restore"):
            self._roster(row)

    def _record(self, row: Any) -> None:
        step, subject = _step(row), row["subject_id"]
        record, state = self._rows[subject], FLOWS[Flow(row["flow"])].state(row["to_state"])
        graduate, dealing = record["graduate_id"], self._dealing[record["graduate_id"]]
        # A paper agreement meets its registered employer when it is issued; before that nobody is told.
        if record["employer_id"] is not None:
            if subject in dealing or step.creates or step.meets_employer:
                own = row["party"] == "employer"
                told = [n for n in step.tell if NOTICES[n].to == "employer" and not (own and NOTICES[n].others_only)]
                self.notes |= {f"{row['act_id']}:{subject}:{name}" for name in told}
            if step.meets_employer or (step.creates and Flow(row["flow"]) is not Flow.OFFLINE_SIGNING):
                dealing.add(subject)
        if state.final:
            dealing.discard(subject)
        if state.phase is Phase.FORCE:
            self._in_force[graduate] = subject
        elif self._in_force.get(graduate) == subject:
            del self._in_force[graduate]
        if step.push is not None:
            self._push(row, subject, graduate)

    def _roster(self, row: Any) -> None:
        """Both tell the employers; a return also tells the EMS what is in force, or takes back what it was told."""
        graduate = row["subject_id"]
        name = "graduate_invalidated" if row["action"] == "invalidate" else "graduate_restored"
        self.notes |= {f"{row['act_id']}:{record}:{name}" for record in self._dealing[graduate]}
        if row["action"] == "restore" and (graduate in self._in_force or graduate in self._told):
            self._push(row, graduate, graduate)

    def _push(self, row: Any, subject: UUID, graduate: UUID) -> None:
        self.pushes.add(f"{row['act_id']}:{subject}:push:ems")
        self._told.add(graduate)


def _step(row: Any) -> Transition:
    found = FLOWS[Flow(row["flow"])].find(row["action"], row["from_state"], Party(row["party"]))
    assert found is not None
    return found


def fold(rows: list[Any]) -> dict[UUID, tuple[Flow, str]]:
    """Where each record stands, by its last row."""
    return {r["subject_id"]: (Flow(r["flow"]), r["to_state"]) for r in rows if r["subject_kind"] == "record"}


def frozen(rows: list[Any]) -> set[UUID]:
    """Who has left the roster and not come back."""
    last: dict[UUID, str] = {}
    for row in rows:
        if row["subject_kind"] == "graduate" and row["action"] in ("invalidate", "restore"):
            last[row["subject_id"]] = row["action"]
    return {person for person, action in last.items() if action == "invalidate"}


async def owners(school_id: UUID) -> dict[UUID, UUID]:
    """Whose each record is."""
    rows = await fetch("SELECT id, graduate_id FROM records WHERE school_id = $1", school_id)
    return {row["id"]: row["graduate_id"] for row in rows}
