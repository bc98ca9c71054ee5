"""Room: signing in without WeChat: name, ID number and a code by SMS open a graduate's session with the same rights.

Claim and code are those of a binding (`bindings`), with a visit that knows no openid; nothing is bound.
"""

from __future__ import annotations

from uuid import UUID

from models.db import fetch_row
from models.sql import roster as sql
from workflows.commands import Book, command
from workflows.commands.sessions import SignedIn, open_own_session
from workflows.commands.tokens import VISITOR, lock_visit, write_visit
from workflows.errors import Unauthenticated

LATE = "页面已过期，请重新填写。"


async def sign_in_by_code(token: str) -> tuple[SignedIn, str]:
    """A session for whom the visit has proved to be, and the page that was meant. A visit opens one.

    Raises Unauthenticated.
    """
    graduate_id, target = await _spend(VISITOR, token)
    return await open_own_session(graduate_id), target


@command(journaled=False)
async def _spend(book: Book, token: str) -> tuple[UUID, str]:
    visit = await lock_visit(book, token)
    if visit is None or visit.openid or visit.claim is None or not visit.proved:
        raise Unauthenticated(LATE)
    row = await fetch_row(sql.OWN_PHONE, visit.claim)
    if row is None or (row["phone_bidx"] or b"").hex() != visit.phone:  # another number since the code came back
        raise Unauthenticated(LATE)
    await write_visit(book, visit, claim=visit.claim, proved=True, ended=True)
    return visit.claim, visit.target
