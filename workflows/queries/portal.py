"""Room: what an employer's portal reads beside records: schools to choose from, messages, users, own sign-ins."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from models.db import fetch
from models.kit import fold, now
from models.parties import Party
from workflows.actors import Actor, require, visible_to
from workflows.commands.sessions import is_session
from workflows.errors import Forbidden
from workflows.limits import STAFF_IDLE
from workflows.queries.employers import note_of
from workflows.queries.paging import Order, Page, Where, like, read, size
from workflows.queries.records import moment

SCHOOLS_SHOWN = 20
"""More hits than this are no choice: the text must say more."""

_CODE = re.compile(r"(?<![0-9])[0-9]{5}(?![0-9])")

_BY_CODE = "SELECT code, name FROM schools WHERE code = $1"

# The name itself first, then the shorter names: 北京大学 before 北京大学医学部.
_BY_NAME = """
SELECT code, name FROM schools WHERE name LIKE $1 OR code LIKE $2
ORDER BY name <> $3, char_length(name), code LIMIT $4"""


async def find_schools(actor: Actor, text: str, limit: int = SCHOOLS_SHOWN) -> list[dict[str, str]]:
    """The schools that a typed text means: by a whole code anywhere in it, else by a part of the name or code.

    `[{code, name}]`, the best first, at most `limit`; empty for an empty text. Raises Forbidden.
    """
    require(actor, Party.EMPLOYER)
    wanted = "".join(fold(text).split())
    if not wanted:
        return []
    code = _CODE.search(wanted)
    rows = await fetch(_BY_CODE, code[0]) if code else []
    if not rows:
        rows = await fetch(_BY_NAME, f"%{like(wanted)}%", f"{like(wanted)}%", wanted, limit)
    return [{"code": row["code"], "name": row["name"]} for row in rows]


async def schools_invited_from(actor: Actor, limit: int = 8) -> list[dict[str, str]]:
    """Schools whose graduates this employer has invited, the latest first. Raises Forbidden."""
    require(actor, Party.EMPLOYER)
    where = Where()
    where.within(visible_to(actor), "r")
    rows = await fetch(
        "SELECT s.code, s.name, max(r.created_at) AS latest FROM records r JOIN schools s ON s.id = r.school_id "  # noqa: S608  fixed texts, numbered parameters
        f"WHERE {where.text} GROUP BY s.code, s.name ORDER BY latest DESC LIMIT {int(limit)}",
        *where.values,
    )
    return [{"code": row["code"], "name": row["name"]} for row in rows]


def _own(actor: Actor) -> UUID:
    require(actor, Party.EMPLOYER)
    if actor.employer_id is None:
        raise Forbidden
    return actor.employer_id


_NOTE_COLUMNS = "n.id, n.record_id, n.notice, n.params, n.created_at, n.read_at, r.graduate_name, r.flow"


async def inbox_page(
    actor: Actor, *, unread: bool = False, cursor: str | None = None, limit: int | None = None
) -> Page:
    """站内消息 of an employer by page, newest first; `unread`: only those. Raises Forbidden, InvalidRequest."""
    where = Where()
    where.add("n.employer_id = {}", _own(actor))
    if unread:
        where.add("n.read_at IS NULL")
    order = Order("notes-", "n.created_at", "n.id", True)
    source = "inbox_notes n LEFT JOIN records r ON r.id = n.record_id"
    rows, following, total, capped = await read(_NOTE_COLUMNS, source, where, order, size(limit), cursor)
    return Page([note_of(row) for row in rows], following, total, capped)


async def list_users(actor: Actor) -> list[dict[str, Any]]:
    """The people who may sign in for this employer, in the order of their making. Raises Forbidden."""
    rows = await fetch(
        "SELECT id, username, display_name, created_at, disabled_at FROM employer_users "
        "WHERE employer_id = $1 ORDER BY created_at, id",
        _own(actor),
    )
    return [
        {
            "id": str(row["id"]),
            "username": row["username"],
            "name": row["display_name"],
            "created_at": moment(row["created_at"]),
            "disabled": row["disabled_at"] is not None,
            "own": row["id"] == actor.id,
        }
        for row in rows
    ]


_SESSIONS = """
SELECT token_sha256, created_at, seen_at FROM sessions
WHERE party_id = $1 AND ends_at > $2 AND seen_at > $3 ORDER BY seen_at DESC"""


async def list_sessions(actor: Actor, token: str) -> list[dict[str, Any]]:
    """Where this person is signed in, the latest used first; `own`: the session of this token. Raises Forbidden."""
    require(actor, Party.EMPLOYER)
    moment_now = now()
    return [
        {
            "since": moment(row["created_at"]),
            "seen": moment(row["seen_at"]),
            "own": is_session(row["token_sha256"], token),
        }
        for row in await fetch(_SESSIONS, actor.id, moment_now, moment_now - STAFF_IDLE)
    ]


async def list_desks() -> list[dict[str, str]]:
    """企业客服 of every province that has named one, for somebody who cannot sign in: `[{province, phone, hours}]`."""
    rows = await fetch("SELECT name, desk_phone, desk_hours FROM provinces WHERE desk_phone <> '' ORDER BY code")
    return [{"province": row["name"], "phone": row["desk_phone"], "hours": row["desk_hours"]} for row in rows]
