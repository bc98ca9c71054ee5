"""Room: what an employer is told about itself, within a command: a note of its inbox, written with the decision."""

from __future__ import annotations

from uuid import UUID

from models.kit import new_id
from models.parties import Party
from models.tables import InboxNote
from workflows.commands import Book
from workflows.notices import NOTICES


async def tell_employer(book: Book, employer_id: UUID, notice: str, **params: str) -> None:
    """One 站内消息 that belongs to no record. `params`: what the notice's sentence names; no number of a person."""
    if NOTICES[notice].to is not Party.EMPLOYER:
        raise LookupError(f"{notice} is not for employers")
    await InboxNote(
        id=new_id(),
        key=f"{book.act_id}:{employer_id}:{notice}",
        employer_id=employer_id,
        record_id=None,
        notice=notice,
        params={"reason": "", **params},
        created_at=book.now,
    ).save()
