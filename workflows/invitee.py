"""Room: finding the graduate whom an employer names: school, name and ID number, all exact (workflows.md 1, invite).

One neutral answer for "no such person" and "not this name"; whoever lets an employer invite counts the misses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from models.db import fetch
from models.sql.roster import lively
from models.states import EmployerStatus
from models.vault import paper_index
from workflows.actors import Actor
from workflows.errors import Refused
from workflows.guards import EMPLOYER_VERIFIED
from workflows.limits import INVITE_MISS
from workflows.rates import Counter, spend

GUARD = "invitee_found"
SENTENCE = "没有找到与学校、姓名、证件号码都相符的毕业生，请与毕业生本人核对后重试。"

_FIND = f"""
SELECT g.id FROM graduates g JOIN schools s ON s.id = g.school_id
WHERE s.code = $1 AND g.id_bidx = $2 AND g.name = $3
ORDER BY {lively("g", "$4")} DESC, g.cohort DESC LIMIT 1"""  # noqa: S608  fixed texts, numbered parameters


async def find_invitee(actor: Actor, form: Mapping[str, Any], now: datetime) -> UUID:
    """The id of the roster entry that fits: the newest that may act, else the newest.

    Raises Refused with guard `invitee_found`.

    An employer that may not invite learns nothing of anybody: Refused `employer_verified` comes first.
    """
    status = await fetch("SELECT status FROM employers WHERE id = $1", actor.employer_id)
    if not status or status[0]["status"] != EmployerStatus.VERIFIED:
        raise Refused(EMPLOYER_VERIFIED.sentence, guard=EMPLOYER_VERIFIED.name)
    values = [form["school_code"], paper_index(form["id_kind"], form["id_number"]), form["graduate_name"]]
    rows = await fetch(_FIND, *values, now)
    if not rows:
        raise Refused(SENTENCE, guard=GUARD)
    found: UUID = rows[0]["id"]
    return found


@asynccontextmanager
async def counted_misses(counter: Counter, actor: Actor) -> AsyncIterator[None]:
    """Around an invitation: a look-up that finds nobody is counted for the employer, so that rosters cannot be tried
    out. Raises RateLimited before the look-up once there were too many.
    """
    key = f"invite_miss:{actor.employer_id}"
    await spend(counter, INVITE_MISS, key, add=False)
    try:
        yield
    except Refused as refused:
        if refused.guard == GUARD:
            await spend(counter, INVITE_MISS, key)
        raise
