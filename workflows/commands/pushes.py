"""Room: a desk tells the EMS once more where a graduate stands, after a comparison or a refusal."""

from __future__ import annotations

from uuid import UUID

from models.db import fetch_row
from models.parties import Party
from workflows.actors import require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.presence import push_present
from workflows.errors import NotFound, Refused
from workflows.guards import ON_ROSTER
from workflows.journal import school_chain

_LOCK = "SELECT g.id, g.school_id, g.invalid_at FROM graduates g WHERE g.id = $1 AND "
NOTHING = "该毕业生没有已生效的去向，也没有报送过，无需上报。"


@command()
async def push_again(book: Book, graduate_id: UUID) -> None:
    """重新上报: owe the EMS the present destination under a new number of the graduate's sequence.

    Raises Forbidden, ReadOnly, NotFound, Refused with guard `on_roster` or `nothing_to_push`.
    """
    require_write(book.actor, Party.DEPARTMENT, Party.SCHOOL)
    where, values = visible_to(book.actor).where(2, "g")
    row = await fetch_row(f"{_LOCK}{where} FOR NO KEY UPDATE", graduate_id, *values)
    if row is None:
        raise NotFound
    if row["invalid_at"] is not None:
        raise Refused(ON_ROSTER.sentence, guard=ON_ROSTER.name)
    await push_present(book, graduate_id)
    if not book.owes:
        raise Refused(NOTHING, guard="nothing_to_push")
    book.note(school_chain(row["school_id"]), "graduate", graduate_id, "push_again")
