"""Room: a whole ID number is shown once, to an account that may write, with a reason that is kept (qualities.md)."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from models.db import fetch_row
from models.kit import new_id
from models.parties import Party
from models.tables import Account, Unmasking
from models.vault import unseal
from workflows.actors import Actor, require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.filled import reasoned
from workflows.errors import NotFound, RateLimited
from workflows.journal import province_chain, school_chain
from workflows.limits import UNMASK

TOO_MANY = f"一小时内最多查看 {UNMASK.times} 次完整证件号码，本次未显示，已记录并提醒学校。"

_LOCK = "SELECT g.id, g.school_id, g.cohort, g.id_enc FROM graduates g WHERE g.id = $1 AND "

log = logging.getLogger(__name__)


async def unmask(actor: Actor, graduate_id: UUID, reason: str) -> str:
    """The whole number of one graduate's paper, told in this answer only.

    Raises Forbidden, ReadOnly, ModuleClosed, NotFound, InvalidForm, RateLimited; a refusal for too many is journaled
    as `unmask_alert`, so that somebody who collects numbers is noticed.
    """
    try:
        return await _unmask(actor, graduate_id, reason)
    except RateLimited:
        log.warning("an account asks for too many whole ID numbers: %s", actor.id)
        await _alert(actor, graduate_id)
        raise


@command()
async def _unmask(book: Book, graduate_id: UUID, reason: str) -> str:
    require_write(book.actor, Party.DEPARTMENT, Party.SCHOOL, Party.PROVINCE)
    where, values = visible_to(book.actor).where(2, "g")
    row = await fetch_row(f"{_LOCK}{where}", graduate_id, *values)
    if row is None:
        raise NotFound
    reason = reasoned(reason, "查看原因")
    # Two tabs of one account count one after the other.
    await Account.filter(id=book.actor.id).select_for_update().first()
    since = book.now - timedelta(seconds=UNMASK.seconds)
    recent = await Unmasking.filter(account_id=book.actor.id, job_id=None, at__gt=since).order_by("at")
    if len(recent) >= UNMASK.times:
        wait = recent[0].at - since
        raise RateLimited(TOO_MANY, retry_after=max(1, int(wait.total_seconds())))
    await Unmasking(
        id=new_id(),
        school_id=row["school_id"],
        account_id=book.actor.id,
        graduate_id=graduate_id,
        reason=reason,
        at=book.now,
    ).save()
    book.note(school_chain(row["school_id"]), "graduate", graduate_id, "unmask", cohort=row["cohort"], reason=reason)
    return unseal("graduates.id_enc", row["id_enc"])


@command()
async def _alert(book: Book, graduate_id: UUID) -> None:
    """In the history of the account's own school or province, beside the numbers that were shown."""
    actor = book.actor
    if actor.school_id is not None:
        chain = school_chain(actor.school_id)
    elif actor.province_id is not None:
        chain = province_chain(actor.province_id)
    else:
        raise NotFound
    book.note(chain, "account", actor.id, "unmask_alert", graduate=str(graduate_id), most=UNMASK.times)
