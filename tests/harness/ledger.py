"""Room: what must be true of a school's rows after any history; read with our own eyes, not through the engine."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any
from uuid import UUID

from models.db import fetch
from models.parties import Party
from models.states import Flow
from workflows.flows import FLOWS
from workflows.journal import GENESIS, detail_digest, row_hash, school_chain, stamp
from workflows.notices import NOTICES
from workflows.spec import Workflow


async def journal_of(school_id: UUID) -> list[Any]:
    return await fetch("SELECT * FROM journal WHERE chain = $1 ORDER BY seq", school_chain(school_id))


async def verify(school_id: UUID) -> None:
    """Chain whole, journal legal, its fold equal to the rows, slots unique, debts complete (I1-I4, I8)."""
    rows = await journal_of(school_id)
    _verify_chain(rows)
    folded = _fold([r for r in rows if r["subject_kind"] == "record"])
    stored = await fetch(
        "SELECT id, flow, state, version, slot, graduate_id FROM records WHERE school_id = $1", school_id
    )
    assert {r["id"]: (r["state"], r["version"]) for r in stored} == folded
    holders: dict[UUID, int] = defaultdict(int)
    for r in stored:
        assert r["slot"] == FLOWS[Flow(r["flow"])].takes_slot(r["state"])
        holders[r["graduate_id"]] += r["slot"]
    assert all(n <= 1 for n in holders.values())
    await _verify_debts(school_id, rows)


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


async def _verify_debts(school_id: UUID, rows: list[Any]) -> None:
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
    pushes = 0
    wanted_notes = set()
    for row in (r for r in rows if r["subject_kind"] == "record"):
        transition = FLOWS[Flow(row["flow"])].find(row["action"], row["from_state"], Party(row["party"]))
        assert transition is not None
        pushes += transition.push is not None
        for name in transition.tell:
            if NOTICES[name].to == "employer":
                wanted_notes.add(f"{row['act_id']}:{row['subject_id']}:{name}")
    assert notes == wanted_notes
    sequences: dict[UUID, list[int]] = defaultdict(list)
    for r in owed:
        if r["notice"] == "push":
            sequences[r["recipient"]].append(json.loads(r["params"])["seq"])
    assert sum(len(s) for s in sequences.values()) == pushes
    assert all(s == list(range(1, len(s) + 1)) for s in sequences.values())
