"""Room: staff correct the phone of a graduate who is not bound yet (roles.md, Phone and e-mail).

Whoever has bound changes it alone. A clerk's slip, or worse, must not hand an account to a stranger: the old number is
told, and the new one binds a day later.
"""

from __future__ import annotations

from uuid import UUID

from models.codes.identity import BadNumber, check_mobile
from models.db import execute, fetch_row
from models.kit import json_time
from models.parties import Party
from models.sql import roster as sql
from models.states import Channel
from models.vault import blind_index, seal, unseal
from workflows.actors import require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.deliveries import TO_PLACE
from workflows.commands.filled import fault
from workflows.commands.sessions import end_sessions
from workflows.errors import NotFound, Refused
from workflows.journal import school_chain
from workflows.limits import STAFF_PHONE_RESTS
from workflows.notices import NOTICES

BOUND = "该毕业生已绑定公众号或已确认本人手机号，只能由本人修改。"
OUT = "该毕业生已不在学生名单中，不能修改手机号。"
SAME = "新手机号与登记的相同。"


@command()
async def change_phone(book: Book, graduate_id: UUID, mobile: str, reason: str) -> None:
    """Raises Forbidden, ReadOnly, NotFound, InvalidForm, Refused (bound, own number, off the roster)."""
    require_write(book.actor, Party.SCHOOL)
    where, values = visible_to(book.actor).where(2, "g")
    row = await fetch_row(f"{sql.LOCK_PHONE}{where} FOR NO KEY UPDATE", graduate_id, *values)
    if row is None:
        raise NotFound
    try:
        number = check_mobile(mobile)
    except BadNumber as bad:
        fault("mobile", bad.code, bad.sentence)
    reason = reason.strip()
    if not 5 <= len(reason) <= 300:
        fault("reason", "bad_length", "修改原因应为 5 至 300 个字。")
    if row["invalid_at"] is not None:
        raise Refused(OUT, guard="on_roster")
    if row["bound"] or row["phone_source"] == "own":
        raise Refused(BOUND, guard="unbound")
    index = blind_index("mobile", number)
    if row["phone_bidx"] == index:
        fault("mobile", "same", SAME)
    old = row["phone_enc"]
    usable = book.now + STAFF_PHONE_RESTS
    await execute(sql.CHANGE_PHONE, graduate_id, seal("graduates.phone_enc", number), index, usable)
    await end_sessions(graduate_id)  # those that the old number opened
    if old:
        _tell_old(book, graduate_id, row["school_id"], old)
    book.note(
        school_chain(row["school_id"]),
        "graduate",
        graduate_id,
        "change_phone",
        cohort=row["cohort"],
        reason=reason,
        usable_at=json_time(usable),
    )


def _tell_old(book: Book, graduate_id: UUID, school_id: UUID, old: str) -> None:
    """To the number that stood there, which is no longer on the roster when the message leaves."""
    sealed = seal(TO_PLACE, unseal("graduates.phone_enc", old))
    params = {"at": json_time(book.now), "to": sealed}
    book.owe(NOTICES["phone_changed"], Channel.SMS, graduate_id, params, school_id)
