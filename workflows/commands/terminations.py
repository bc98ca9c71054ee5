"""Room: one graduate may ask for a termination once more than the school's limit allows (workflows.md 5, own)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.db import execute, fetch_row
from models.parties import Party
from workflows.actors import require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.filled import reasoned
from workflows.errors import NotFound, Refused
from workflows.journal import school_chain
from workflows.limits import TERMINATIONS_GRANTED

ENOUGH = f"已为该毕业生增加过 {TERMINATIONS_GRANTED} 次，不能再增加。"
CANNOT_ASK = "本届毕业生可申请解约次数为 0，增加次数不起作用；请先在签约设置中修改次数。"
OUT = "该毕业生已不在学生名单中，恢复后才能增加解约申请次数。"

_LOCK = """
SELECT g.id, g.school_id, g.cohort, g.invalid_at, g.terminations_used, g.terminations_granted,
  COALESCE((SELECT s.termination_limit FROM settings s
    WHERE s.school_id = g.school_id AND s.cohort = g.cohort), 0) AS most
FROM graduates g WHERE g.id = $1 AND """

_GRANT = "UPDATE graduates SET terminations_granted = terminations_granted + 1 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Terminations:
    """How often a graduate has asked, what the school allows everybody, what was granted beyond it, what is left."""

    used: int
    limit: int
    granted: int

    @property
    def left(self) -> int:
        """With the limit 0 graduates cannot ask, whatever was granted before."""
        return max(0, self.limit + self.granted - self.used) if self.limit else 0

    def as_dict(self) -> dict[str, int]:
        return {"used": self.used, "limit": self.limit, "granted": self.granted, "left": self.left}


@command()
async def grant_termination(book: Book, graduate_id: UUID, reason: str) -> Terminations:
    """Allow one graduate one more application; how the count stands now.

    Raises Forbidden, ReadOnly, NotFound, InvalidForm, Refused (`on_roster`, `limit_above_zero`, `granted_enough`).
    """
    require_write(book.actor, Party.SCHOOL)
    where, values = visible_to(book.actor).where(2, "g")
    row = await fetch_row(f"{_LOCK}{where} FOR NO KEY UPDATE OF g", graduate_id, *values)
    if row is None:
        raise NotFound
    reason = reasoned(reason)
    if row["invalid_at"] is not None:
        raise Refused(OUT, guard="on_roster")
    if row["most"] == 0:
        raise Refused(CANNOT_ASK, guard="limit_above_zero")
    if row["terminations_granted"] >= TERMINATIONS_GRANTED:
        raise Refused(ENOUGH, guard="granted_enough")
    await execute(_GRANT, graduate_id)
    now = Terminations(row["terminations_used"], row["most"], row["terminations_granted"] + 1)
    book.note(
        school_chain(row["school_id"]),
        "graduate",
        graduate_id,
        "grant_termination",
        cohort=row["cohort"],
        reason=reason,
        granted=now.granted,
    )
    return now
