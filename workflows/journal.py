"""Room: the journal: one hash-chained row per act and command, appended last in the transaction (contracts 4).

hash = SHA-256(prev ‖ canonical JSON of the row without `detail`, with `detail_sha256`), so that personal detail can be
erased later and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from models.db import execute, fetch
from models.sql import acts as sql

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, before it has its place in a chain. `detail` may hold names, never numbers of papers or phones."""

    act_id: UUID
    actor: str
    party: str
    subject_kind: str
    subject_id: UUID
    action: str
    flow: str = ""
    from_state: str = ""
    to_state: str = ""
    version: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)


def canonical(value: Any) -> str:
    """JSON with sorted keys, no white space, no escapes: the same text for the same value, always."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def detail_digest(detail: Any) -> str:
    return hashlib.sha256(canonical(detail).encode()).hexdigest()


def row_hash(prev: str, row: Mapping[str, Any]) -> str:
    """`row`: every column but id, detail, prev and hash, times as ISO in UTC with microseconds."""
    return hashlib.sha256((prev + canonical(row)).encode()).hexdigest()


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def school_chain(school_id: UUID) -> str:
    return f"school:{school_id}"


def province_chain(province_id: UUID) -> str:
    return f"province:{province_id}"


PLATFORM_CHAIN = "platform"


async def append(chain: str, at: datetime, entries: Sequence[Entry]) -> None:
    """Add the entries at the end of the chain; its head stays locked until the transaction ends."""
    seq, prev = await _lock_head(chain)
    rows = []
    for entry in entries:
        seq += 1
        row = _columns(chain, seq, entry)
        digest = row_hash(prev, {**row, "at": stamp(at)})
        rows.append({**row, "detail": dict(entry.detail), "prev": prev, "hash": digest})
        prev = digest
    await execute(sql.INSERT_JOURNAL, json.dumps(rows, ensure_ascii=False), at)
    await execute(sql.MOVE_HEAD, chain, seq, prev)


def _columns(chain: str, seq: int, entry: Entry) -> dict[str, Any]:
    return {
        "chain": chain,
        "seq": seq,
        "act_id": str(entry.act_id),
        "actor": entry.actor,
        "party": entry.party,
        "subject_kind": entry.subject_kind,
        "subject_id": str(entry.subject_id),
        "flow": entry.flow,
        "action": entry.action,
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "version": entry.version,
        "detail_sha256": detail_digest(entry.detail),
    }


async def _lock_head(chain: str) -> tuple[int, str]:
    found = await fetch(sql.LOCK_HEAD, chain)
    if not found:
        await execute(sql.MAKE_HEAD, chain, GENESIS)
        found = await fetch(sql.LOCK_HEAD, chain)
    return found[0]["seq"], found[0]["hash"]
