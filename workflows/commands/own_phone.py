"""Room: a graduate changes the own phone number (roles.md, Phone and e-mail).

The new number shows by a code that it is the graduate's. The old one confirms by a code as well; where it can no longer
be reached, the ID number is asked for instead and the new number rests before it signs anybody in or binds: whoever
holds a strange phone for a minute must not keep the account. The old number is told in any case, by SMS.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models.codes.identity import BadNumber, check_mobile
from models.db import execute, fetch, fetch_row
from models.kit import fold, json_time, mask_mobile
from models.kit import now as clock
from models.parties import Party
from models.sql import chat as chat_sql
from models.sql import roster as sql
from models.states import Channel
from models.vault import blind_index, paper_index, seal, unseal
from workflows.actors import Actor, require
from workflows.commands import Book, command
from workflows.commands.bindings import owe_code, reachable, spend_code
from workflows.commands.deliveries import TO_PLACE
from workflows.commands.filled import fault
from workflows.commands.presence import push_present
from workflows.commands.sessions import end_sessions
from workflows.commands.tokens import Kind, check_codes, keep_minted, lock_newest, mint, newest_minted
from workflows.errors import Forbidden
from workflows.journal import school_chain
from workflows.limits import BIND_TRY, OWN_PHONE_RESTS, PHONE_CHANGE_LIVES
from workflows.notices import NOTICES
from workflows.rates import Counter, spend

SAME = "新手机号与登记的相同，不需要修改。"
NOT_YOURS = "证件号码不正确，请核对后重新填写。"

_PLACE = "tokens.payload.mobile"


@dataclass(frozen=True, slots=True)
class Known:
    """What the graduate's page says of the number: masked, whether it can confirm a change, when it may be used."""

    mobile: str
    reachable: bool
    rests_until: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A change under way: the new number, masked; whether the old one was sent a code, too."""

    mobile: str
    with_old: bool


async def known_phone(actor: Actor) -> Known:
    """Raises Forbidden."""
    row = await _row(actor)
    until = row["phone_usable_at"] if row["phone_usable_at"] and row["phone_usable_at"] > clock() else None
    number = unseal("graduates.phone_enc", row["phone_enc"]) if row["phone_enc"] else ""
    return Known(mask_mobile(number) if number else "", reachable(row, clock()), until)


async def _row(actor: Actor) -> Any:
    require(actor, Party.GRADUATE)
    row = await fetch_row(sql.OWN_PHONE, actor.graduate_id)
    if row is None:
        raise Forbidden
    return row


async def ask_new_phone(counter: Counter, actor: Actor, mobile: str, *, with_old: bool, id_number: str = "") -> None:
    """Send a code to the new number, and one to the old unless it is out of reach; then `id_number` stands for it.

    Raises InvalidForm, RateLimited (fails closed), Forbidden.
    """
    row = await _row(actor)
    try:
        number = check_mobile(mobile)
    except BadNumber as bad:
        fault("mobile", bad.code, bad.sentence)
    index = blind_index("mobile", number)
    if index == row["phone_bidx"]:
        fault("mobile", "same", SAME)
    with_old = with_old and reachable(row, clock())
    if not with_old:
        await spend(counter, BIND_TRY, f"phone:id:{row['id_bidx'].hex()}", closed=True)
        if paper_index(row["id_kind"], "".join(fold(id_number).split()).upper()) != row["id_bidx"]:
            fault("id_number", "wrong", NOT_YOURS)
    await spend_code(counter, "id", row["id_bidx"])
    for one in (index, *((row["phone_bidx"],) if with_old else ())):
        await spend_code(counter, "to", one)
    await _ask(actor, number, with_old)
    if with_old:
        await _ask_old(actor)  # a command of its own: one act owes one person a notice once


@command(journaled=False)
async def _ask(book: Book, number: str, with_old: bool) -> None:
    row = await _row(book.actor)
    payload = {"mobile": seal(_PLACE, number), "old": with_old}
    await mint(book, Kind.PHONE, secrets.token_hex(16), str(row["id"]), payload, PHONE_CHANGE_LIVES)
    await owe_code(book, _subject(row["id"], "new"), row["id"], row["school_id"], to=number)


@command(journaled=False)
async def _ask_old(book: Book) -> None:
    row = await _row(book.actor)
    await owe_code(book, _subject(row["id"], "old"), row["id"], row["school_id"])


def _subject(graduate_id: UUID, which: str) -> str:
    return f"{graduate_id}:phone:{which}"


async def asked_phone(actor: Actor) -> Asked | None:
    """The change that waits for its codes; None without any."""
    row = await newest_minted(Kind.PHONE, str((await _row(actor))["id"]))
    if row is None or row["used_at"] is not None or row["expires_at"] < clock():
        return None
    return Asked(mask_mobile(unseal(_PLACE, row["payload"]["mobile"])), bool(row["payload"]["old"]))


async def take_phone_codes(counter: Counter, actor: Actor, new: str, old: str = "", *, keep: str = "") -> list[str]:
    """Change the number, if the codes are right; else the fields that are wrong: `code`, `old_code`.

    Entries of the same person with the same old number change along. Sessions without WeChat end, but that of the token
    `keep`. Raises RateLimited (fails closed), Forbidden.
    """
    row = await _row(actor)
    await spend(counter, BIND_TRY, f"prove:phone:{row['id_bidx'].hex()}", closed=True)
    return await _take(actor, "".join(fold(new).split()), "".join(fold(old).split()), keep)


@command(journaled=False)
async def _take(book: Book, new: str, old: str, keep: str) -> list[str]:
    """Wrong tries must be counted, so a wrong code is an answer and no error."""
    graduate_id = book.actor.graduate_id
    row = await fetch_row(chat_sql.LOCK_GRADUATE, graduate_id)
    asked = await lock_newest(book, Kind.PHONE, str(graduate_id))
    if row is None or asked is None:
        return ["code"]
    given = {_subject(row["id"], "new"): new}
    if asked["payload"]["old"]:
        given[_subject(row["id"], "old")] = old
    if wrong := await check_codes(book, given):
        return ["old_code" if subject.endswith("old") else "code" for subject in wrong]
    await keep_minted(book, asked, ended=True)
    await _change(book, row, unseal(_PLACE, asked["payload"]["mobile"]), confirmed=asked["payload"]["old"])
    await end_sessions(row["id"], keep)
    return []


async def _change(book: Book, row: Any, number: str, *, confirmed: bool) -> None:
    usable = None if confirmed else book.now + OWN_PHONE_RESTS
    sealed, index = seal("graduates.phone_enc", number), blind_index("mobile", number)
    for entry in await fetch(sql.SAME_PHONE, row["id"], row["id_bidx"], row["phone_bidx"]):
        await execute(sql.OWN_NUMBER, entry["id"], sealed, index, usable)
        await push_present(book, entry["id"])
        book.note(
            school_chain(entry["school_id"]),
            "graduate",
            entry["id"],
            "change_own_phone",
            cohort=entry["cohort"],
            old_confirmed=confirmed,
            usable_at=json_time(usable) if usable else "",
        )
    await _tell(book, row)


async def _tell(book: Book, row: Any) -> None:
    """The old number, which is no longer on the roster when the message leaves, and the WeChat account."""
    notice, at = NOTICES["own_phone_changed"], json_time(book.now)
    if row["phone_enc"]:
        sealed = seal(TO_PLACE, unseal("graduates.phone_enc", row["phone_enc"]))
        book.owe(notice, Channel.SMS, row["id"], {"at": at, "to": sealed}, row["school_id"])
    for binding in await fetch(chat_sql.LOCK_LIVE, row["id"]):
        book.owe(notice, Channel.WECHAT, binding["id"], {"at": at}, row["school_id"])
