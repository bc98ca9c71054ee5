"""Room: whether an employer is marked, asked while its name or code is being typed (roles.md, Warning units)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.kit import name_key
from models.parties import Party
from workflows.actors import Actor, own_school, require, require_read
from workflows.limits import MARK_LOOK_UP
from workflows.queries.chat import warning_sentence
from workflows.queries.record_filters import compact
from workflows.queries.warnings import marks_for
from workflows.rates import Counter, spend


async def look_up(actor: Actor, counter: Counter, uscc: str, name: str) -> dict[str, Any]:
    """The marks that the people of the actor's school are shown; the note beside them is for its staff.

    Raises Forbidden, ModuleClosed, RateLimited.
    """
    require(actor, Party.GRADUATE, Party.DEPARTMENT, Party.SCHOOL)
    require_read(actor)
    await spend(counter, MARK_LOOK_UP, f"marks:{actor.key}")
    marks = await marks_for(own_school(actor), compact(uscc), name_key(name))
    if not marks.shown:
        marks = replace(marks, reasons=(), note="", by_name_only=False)
    if actor.party is Party.GRADUATE:
        marks = replace(marks, note="")
    return {**marks.as_dict(), "sentence": warning_sentence(marks) or None}
