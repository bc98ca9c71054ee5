"""Room: staff correct the phone of a graduate who is not bound (roles.md, Phone and e-mail), or has lost all access.

Whoever is bound or has set the number changes it alone, but for one who says at the desk, with the paper in hand, that
number and WeChat account are both gone: then the binding ends with it. A clerk's slip, or worse, must not hand an
account to a stranger: the old number and the old WeChat account are told, and the new number binds a day later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models.codes.identity import BadNumber, check_mobile
from models.db import execute, fetch_row
from models.kit import json_time
from models.parties import Party
from models.sql import chat as chat_sql
from models.sql import roster as sql
from models.states import Channel
from models.vault import blind_index, seal, unseal
from workflows.actors import Actor, require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.bindings import release
from workflows.commands.deliveries import TO_PLACE
from workflows.commands.filled import fault, reasoned
from workflows.commands.sessions import end_sessions
from workflows.errors import NotFound, Refused
from workflows.journal import school_chain
from workflows.limits import STAFF_PHONE_RESTS
from workflows.notices import NOTICES

BOUND = "该毕业生已绑定微信或已自行登记手机号，应由本人修改；原手机号和微信都已不能使用的，请核对证件原件后勾选该项。"
OUT = "该毕业生已不在学生名单中，不能修改手机号。"
SAME = "新手机号与登记的相同。"


@command()
async def change_phone(book: Book, graduate_id: UUID, mobile: str, reason: str, *, lost: bool = False) -> None:
    """Put another number; `lost`: the graduate can use neither the old one nor the WeChat account, whose binding ends.

    Codes that were shown, asked for or proved with the old number lead nowhere from now on. Raises Forbidden, ReadOnly,
    NotFound, InvalidForm, Refused (`unbound` unless lost, `on_roster`).
    """
    row = await _locked(book.actor, graduate_id)
    number = _checked(mobile)
    reason = reasoned(reason, "修改原因")
    if row["invalid_at"] is not None:
        raise Refused(OUT, guard="on_roster")
    if (row["bound"] or row["phone_source"] == "own") and not lost:
        raise Refused(BOUND, guard="unbound")
    index = blind_index("mobile", number)
    if row["phone_bidx"] == index:
        fault("mobile", "same", SAME)
    usable = book.now + STAFF_PHONE_RESTS
    await execute(sql.CHANGE_PHONE, graduate_id, seal("graduates.phone_enc", number), index, usable)
    await end_sessions(graduate_id)  # those that the old number opened
    await execute(chat_sql.END_SCENES_FOR, str(graduate_id), book.now)
    ended = await release(book, graduate_id, reason) if lost else []
    if row["phone_enc"]:
        _tell_old(book, graduate_id, row["school_id"], row["phone_enc"])
    book.note(
        school_chain(row["school_id"]),
        "graduate",
        graduate_id,
        "change_phone",
        cohort=row["cohort"],
        reason=reason,
        usable_at=json_time(usable),
        released=[str(one) for one in ended],
    )


async def _locked(actor: Actor, graduate_id: UUID) -> Mapping[str, Any]:
    require_write(actor, Party.SCHOOL)
    where, values = visible_to(actor).where(2, "g")
    row: Mapping[str, Any] | None = await fetch_row(f"{sql.LOCK_PHONE}{where} FOR NO KEY UPDATE", graduate_id, *values)
    if row is None:
        raise NotFound
    return row


def _checked(mobile: str) -> str:
    try:
        return check_mobile(mobile)
    except BadNumber as bad:
        fault("mobile", bad.code, bad.sentence)


def _tell_old(book: Book, graduate_id: UUID, school_id: UUID, old: str) -> None:
    """To the number that stood there, which is no longer on the roster when the message leaves."""
    sealed = seal(TO_PLACE, unseal("graduates.phone_enc", old))
    params = {"at": json_time(book.now), "to": sealed}
    book.owe(NOTICES["phone_changed"], Channel.SMS, graduate_id, params, school_id)
