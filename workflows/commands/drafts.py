"""Room: drafts of a graduate's forms: kept as typed, given back, forgotten when the form was taken.

A draft is nobody's fact: it is not journaled, not judged, and only its owner reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from models.db import execute, fetch
from models.kit import new_id
from models.kit import now as clock
from models.parties import Party
from models.states import Flow
from models.tables import Draft
from models.vault import seal, unseal
from workflows.actors import Actor, require
from workflows.commands import Book, command
from workflows.fields import Form
from workflows.limits import DRAFT_LIVES

PLACE: Final = "drafts.form"

_SAVE = """
INSERT INTO drafts (id, party_id, flow, action, record_id, form, saved_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (party_id, flow, action, record_id) DO UPDATE SET form = EXCLUDED.form, saved_at = EXCLUDED.saved_at"""

_OF = "party_id = $1 AND flow = $2 AND action = $3 AND record_id IS NOT DISTINCT FROM $4"

_OWN = "SELECT flow, action, record_id, saved_at FROM drafts WHERE party_id = $1 ORDER BY saved_at DESC"


@dataclass(frozen=True, slots=True)
class Place:
    """Which form a draft is of: an action of a flow, on this record or (None) to make one."""

    flow: Flow
    action: str
    record_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft as its owner gets it back. `values`: as typed."""

    values: Mapping[str, str]
    saved_at: datetime


@command(journaled=False)
async def save_draft(book: Book, place: Place, form: Form, values: Mapping[str, str]) -> datetime:
    """Keep what was typed in place of what was kept before; the moment. Raises Forbidden."""
    require(book.actor, Party.GRADUATE)
    kept = {name: text.replace("\0", "") for name, text in values.items() if text}
    kept |= {name: seal(PLACE, kept[name]) for name in form.sensitive & kept.keys()}
    text = json.dumps(kept, ensure_ascii=False)
    await execute(_SAVE, new_id(), book.actor.id, str(place.flow), place.action, place.record_id, text, book.now)
    return book.now


@command(journaled=False)
async def drop_draft(book: Book, place: Place) -> None:
    """Forget it; what was never there is forgotten too."""
    await execute(f"DELETE FROM drafts WHERE {_OF}", book.actor.id, str(place.flow), place.action, place.record_id)  # noqa: S608  fixed text


async def read_draft(actor: Actor, place: Place, form: Form) -> Kept | None:
    """One's own draft of this form."""
    row = await Draft.get_or_none(
        party_id=actor.id, flow=str(place.flow), action=place.action, record_id=place.record_id
    )
    if row is None:
        return None
    values = {name: unseal(PLACE, text) if name in form.sensitive else text for name, text in row.form.items()}
    return Kept(values, row.saved_at)


async def own_drafts(actor: Actor) -> list[tuple[Place, datetime]]:
    """What lies there, the newest first."""
    rows = await fetch(_OWN, actor.id)
    return [(Place(Flow(row["flow"]), row["action"], row["record_id"]), row["saved_at"]) for row in rows]


async def sweep_drafts(at: datetime | None = None) -> int:
    """Delete what nobody came back to; how many."""
    return await execute("DELETE FROM drafts WHERE saved_at < $1", (at or clock()) - DRAFT_LIVES)
