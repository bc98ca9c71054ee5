"""Room: whether an area is open to a school at all; a closed one refuses every call (roles.md, Modules)."""

from __future__ import annotations

from models.db import fetch_value
from models.parties import Module, Party
from workflows.actors import Actor
from workflows.errors import ModuleClosed

_OPEN = """
SELECT EXISTS (SELECT 1 FROM school_modules m
  WHERE m.school_id = $1 AND m.module = $2 AND m.open AND ($3::int IS NULL OR m.cohort = $3))"""


async def require_open(actor: Actor, module: Module, cohort: int | None) -> None:
    """The province has opened the module to the actor's school, for this cohort or (None) for any. Raises ModuleClosed.

    Only for staff of a school: everybody else looks at records, and a module with records cannot be closed.
    """
    if actor.party not in (Party.DEPARTMENT, Party.SCHOOL):
        return
    if not await fetch_value(_OPEN, actor.school_id, str(module), cohort):
        raise ModuleClosed
