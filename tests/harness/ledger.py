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
    """For every step that owes: the notes to the employer once each, one push per pushing step, in order.

    A record of no registered employer tells none; what it tells one, it tells after it has met it.
    """
    dealing = {r["id"] for r in stored if r["employer_id"] is not None}
    owed = await fetch("SELECT key, notice, recipient, params FROM outbox WHERE school_id = $1 ORDER BY id", school_id)
    keys = [r["key"] for r in owed]
    assert len(keys) == len(set(keys))
    notes = {
        r["key"]
        for r in await fetch(
            "SELECT n.key FROM inbox_notes n JOIN records r ON r.id = n.record_id WHERE r.school_id = $1", school_id
        )
    }
    wanted_notes = set()
    for row in (r for r in rows if r["subject_kind"] == "record"):
        for name in _step(row).tell:
            own = NOTICES[name].others_only and row["party"] == "employer"
            if NOTICES[name].to == "employer" and row["subject_id"] in dealing and not own:
                wanted_notes.add(f"{row['act_id']}:{row['subject_id']}:{name}")
    assert notes == wanted_notes
    assert {r["key"] for r in owed if r["notice"] == "push"} == _pushes(rows, stored)
    sequences: dict[UUID, list[int]] = defaultdict(list)
    for r in owed:
        if r["notice"] == "push":
            sequences[r["recipient"]].append(json.loads(r["params"])["seq"])
    assert all(s == list(range(1, len(s) + 1)) for s in sequences.values())


def _pushes(rows: list[Any], stored: list[Any]) -> set[str]:
    """The keys of what the EMS must be told: by every pushing step, and again on a return to the roster.

    A return tells what is in force, or takes back what was told before; else there is nothing to tell.
    """
    whose: dict[UUID, UUID] = {r["id"]: r["graduate_id"] for r in stored}
    wanted: set[str] = set()
    told: set[UUID] = set()
    in_force: dict[UUID, UUID] = {}
    for row in rows:
        subject = row["subject_id"]
        if row["subject_kind"] == "record":
            graduate = whose[subject]
            if FLOWS[Flow(row["flow"])].state(row["to_state"]).phase is Phase.FORCE:
                in_force[graduate] = subject
            elif in_force.get(graduate) == subject:
                del in_force[graduate]
            if _step(row).push is not None:
                wanted.add(f"{row['act_id']}:{subject}:push:ems")
                told.add(graduate)
        elif row["action"] == "restore" and (subject in in_force or subject in told):
            wanted.add(f"{row['act_id']}:{subject}:push:ems")
            told.add(subject)
    return wanted


def _step(row: Any) -> Transition:
    found = FLOWS[Flow(row["flow"])].find(row["action"], row["from_state"], Party(row["party"]))
    assert found is not None
    return found
