"""Room: the filters that an account has kept for itself."""

from __future__ import annotations

from typing import Any

from models.kit import json_time
from models.parties import STAFF
from models.tables import SavedFilter
from workflows.actors import Actor, require, require_read


async def own_filters(actor: Actor, menu: str | None = None) -> list[dict[str, Any]]:
    """By menu and name. Raises Forbidden, ModuleClosed."""
    require(actor, *STAFF)
    require_read(actor)
    found = SavedFilter.filter(account_id=actor.id)
    rows = await (found.filter(menu=menu) if menu else found).order_by("menu", "name")
    return [
        {"id": str(r.id), "menu": r.menu, "name": r.name, "filters": r.filters, "saved_at": json_time(r.saved_at)}
        for r in rows
    ]
