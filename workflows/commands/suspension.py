"""Room: what follows from an employer's suspension: its open invitations are withdrawn (workflows.md 0).

At once after the decision, and again by the clock for what slipped between: an invitation made in that very moment, a
graduate who was off the roster and came back. Every one is an act of its own under a key of its own, so that any number
of runs withdraw it once.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from models.db import fetch
from models.kit import now as clock
from models.sql.clock import SUSPENDED
from models.states import Flow
from workflows.actors import CLOCK
from workflows.engine import act
from workflows.errors import Conflict, NotFound

AT_ONCE = 200
ACTION = "close_suspended"

log = logging.getLogger(__name__)


async def withdraw_of_suspended(employer_id: UUID | None = None, at: datetime | None = None) -> int:
    """Withdraw the open invitations of suspended employers, or of one of them; how many."""
    moment = at or clock()
    gone = 0
    for row in await fetch(SUSPENDED, employer_id, AT_ONCE):
        once = f"{row['flow']}:{row['id']}:{ACTION}"
        try:
            outcome = await act(CLOCK, Flow(row["flow"]), row["id"], ACTION, once=once, now=moment)
            gone += not outcome.repeated
        except (Conflict, NotFound) as exc:
            # Answered in the last moment, or the suspension was lifted meanwhile: the next run no longer finds it.
            log.info("an invitation of a suspended employer was not withdrawn: %s", exc.code)
    return gone
