"""Room: binding by a scanned QR code that a desk, or the graduate's own page on a PC, shows.

The phone is asked for a number that stands beside the code, so that a code that was sent on or photographed binds
nobody. What a desk shows is never enough: its clerk sees code and number, and must not be able to put a WeChat account
of their own in a graduate's place. There, and wherever an older binding would end, a one-time code to the number on the
roster is asked for besides (spec/wechat.md, Binding).
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.db import fetch, fetch_row
from models.kit import chat_time, json_time, mask_mobile, mask_name
from models.kit import now as clock
from models.parties import Party
from models.sql import chat as sql
from models.vault import seal, unseal
from workflows.actors import Actor, require_write, visible_to
from workflows.commands import Book, command
from workflows.commands.bindings import (
    OPENID_TAKEN,
    OPENID_TAKEN_SENTENCE,
    attach,
    code_subject,
    lost_race,
    owe_code,
    reachable,
    spend_code,
)
from workflows.commands.tokens import (
    Kind,
    check_code,
    keep_minted,
    lock_minted,
    mint,
    newest_minted,
    person_key,
    read_minted,
)
from workflows.errors import NotFound, Refused
from workflows.guards import ON_ROSTER
from workflows.journal import school_chain
from workflows.limits import BIND_TRY, CODE_TRIES, SCENE_LIVES, SCENE_SCANS, SCENES
from workflows.ports import SceneCode
from workflows.rates import Counter, spend

NO_NUMBER = "学校名单上没有您的手机号，暂时不能这样绑定，请联系学校就业部门登记手机号。"
RESTS = "您的手机号刚修改过，{at}之后才能接收验证码，请到时重新扫码。"

_SHOWN_PLACE = "tokens.payload.shown"
_SEEN = "SELECT g.id, g.invalid_at FROM graduates g WHERE g.id = $1 AND "


class Stage(StrEnum):
    """How far a code has come, as the side that shows it may know."""

    WAITING = "waiting"
    SCANNED = "scanned"
    CONFIRMED = "confirmed"  # the number was right; a code by SMS is on its way
    BOUND = "bound"
    ENDED = "ended"


class Ended(StrEnum):
    """Why a scan or a number leads nowhere."""

    GONE = "gone"  # unknown, run out, used, or tried too often
    TAKEN = "taken"  # another WeChat account has scanned it first
    ALREADY = "already"  # this account is bound to this graduate


@dataclass(frozen=True, slots=True)
class Shown:
    """What the showing side draws. `number` is asked for by the chat; `url` is what the QR code says."""

    url: str
    number: str
    scan_until: datetime
    stage: Stage


@dataclass(frozen=True, slots=True)
class Scanned:
    """Whom a scan would bind, masked: the scanner has shown nothing yet. `confirmed`: but for the right number."""

    name: str
    school: str
    cohort: int
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a right number: the binding at once, or a code to `mobile` (masked) first."""

    binding: UUID | None
    mobile: str = ""


_POSTER = "s_"
_SCHOOL = "SELECT name FROM schools WHERE code = $1"


def poster_scene(school_code: str) -> str:
    """What the code of a school's posters carries: whoever scans it is welcomed in its name, and nothing else."""
    return f"{_POSTER}{school_code}"


async def school_of_scene(scene: str) -> str:
    """The name of the school whose poster was scanned; empty for any other code."""
    row = await fetch_row(_SCHOOL, scene.removeprefix(_POSTER)) if scene.startswith(_POSTER) else None
    return str(row["name"]) if row else ""


# --- the side that shows -------------------------------------------------------------------------


def new_scene() -> str:
    """What a QR code carries; the platform takes letters, digits and `_`."""
    return f"b_{secrets.token_hex(11)}"


async def prepare_scene(counter: Counter, actor: Actor, graduate_id: UUID) -> None:
    """Before the platform is asked for a code: may this actor show one? Raises as `open_scene`, and RateLimited."""
    await _seen(actor, graduate_id)
    await spend(counter, SCENES, f"scenes:{actor.key}")


async def _seen(actor: Actor, graduate_id: UUID) -> None:
    """The graduate for themselves, or a desk that may write. Raises Forbidden, ReadOnly, NotFound, Refused."""
    if actor.party is Party.GRADUATE:
        if actor.graduate_id != graduate_id:
            raise NotFound
        return
    require_write(actor, Party.DEPARTMENT, Party.SCHOOL)
    where, values = visible_to(actor).where(2, "g")
    row = await fetch_row(f"{_SEEN}{where}", graduate_id, *values)
    if row is None:
        raise NotFound
    if row["invalid_at"] is not None:
        raise Refused(ON_ROSTER.sentence, guard=ON_ROSTER.name)


def _subject(actor: Actor, graduate_id: UUID) -> str:
    """Desks share one code of a graduate, which the graduate's own page does not disturb."""
    return f"{graduate_id}:{'own' if actor.party is Party.GRADUATE else 'desk'}"


@command()
async def open_scene(book: Book, graduate_id: UUID, code: SceneCode) -> Shown:
    """A fresh code of this graduate; one shown before leads nowhere from now on. Good for one scan within five minutes.

    Raises Forbidden, ReadOnly, NotFound, Refused `on_roster`.
    """
    await _seen(book.actor, graduate_id)
    row = await fetch_row(sql.LOCK_GRADUATE, graduate_id)
    if row is None:
        raise NotFound
    shown = Shown(code.url, f"{secrets.randbelow(9000) + 1000}", book.now + SCENE_SCANS, Stage.WAITING)
    payload = {
        "graduate": str(graduate_id),
        "own": book.actor.party is Party.GRADUATE,
        "stage": str(shown.stage),
        "scan_until": json_time(shown.scan_until),
        "shown": seal(_SHOWN_PLACE, json.dumps({"url": shown.url, "number": shown.number})),
    }
    await mint(book, Kind.QR, code.scene, _subject(book.actor, graduate_id), payload, SCENE_LIVES)
    book.note(school_chain(row["school_id"]), "graduate", graduate_id, "show_binding_code", cohort=row["cohort"])
    return shown


async def read_scene(actor: Actor, graduate_id: UUID) -> Shown | None:
    """The code that this side showed last, and how far it has come; None without any. Raises as `open_scene`."""
    await _seen(actor, graduate_id)
    row = await newest_minted(Kind.QR, _subject(actor, graduate_id))
    if row is None:
        return None
    payload, now = row["payload"], clock()
    stage, until = Stage(payload["stage"]), datetime.fromisoformat(payload["scan_until"])
    late = row["expires_at"] < now or (stage is Stage.WAITING and until < now)
    if stage is not Stage.BOUND and (late or row["used_at"] is not None):
        stage = Stage.ENDED
    shown = json.loads(unseal(_SHOWN_PLACE, payload["shown"]))
    return Shown(shown["url"], shown["number"], until, stage)


# --- the phone that scans ------------------------------------------------------------------------


@command(journaled=False)
async def scan(book: Book, openid: str, scene: str) -> Scanned | Ended:
    """A WeChat account has scanned a code: whom it would bind. The first account that scans it keeps it.

    Raises Refused `openid_taken`.
    """
    row = await lock_minted(book, Kind.QR, scene)
    if row is None:
        return await _ended(openid, scene)
    payload, person = row["payload"], person_key(openid)
    if payload.get("scanner", person) != person:
        return Ended.TAKEN
    if "scanner" not in payload and datetime.fromisoformat(payload["scan_until"]) < book.now:
        return Ended.GONE
    found = await fetch_row(sql.NAMED, UUID(payload["graduate"]))
    if found is None:
        return Ended.GONE
    for live in await fetch(sql.LOCK_BINDINGS, found["id"], openid, found["cohort"]):
        if live["openid"] == openid and live["graduate_id"] == found["id"]:
            payload["stage"] = str(Stage.BOUND)
            await keep_minted(book, row, ended=True)
            return Ended.ALREADY
        if live["graduate_id"] != found["id"]:
            raise Refused(OPENID_TAKEN_SENTENCE, guard=OPENID_TAKEN)
    payload["scanner"] = person
    if payload["stage"] == Stage.WAITING:
        payload["stage"] = str(Stage.SCANNED)
    await keep_minted(book, row)
    confirmed = payload["stage"] == Stage.CONFIRMED
    return Scanned(mask_name(found["name"]), found["school"], found["cohort"], confirmed)


async def give_number(counter: Counter, actor: Actor, openid: str, scene: str, number: str) -> Step | Ended | None:
    """The number that was typed into the chat; None: a wrong one. A right one binds, or brings a code by SMS.

    Raises RateLimited (fails closed), Refused (`openid_taken`, `unreachable`), Stale.
    """
    if not await _may_try(counter, openid, scene):
        return Ended.GONE
    found = await _confirm(actor, openid, scene, number)
    return await send_scene_code(counter, actor, openid, scene) if isinstance(found, Stage) else found


@command(journaled=False, clashes={"bindings_live": lost_race})
async def _confirm(book: Book, openid: str, scene: str, number: str) -> Step | Ended | Stage | None:
    row = await lock_minted(book, Kind.QR, scene)
    if row is None or not _scanned_by(row, openid, Stage.SCANNED):
        return await _ended(openid, scene)
    payload = row["payload"]
    right = json.loads(unseal(_SHOWN_PLACE, payload["shown"]))["number"]
    if not hmac.compare_digest(right.encode(), number.encode()):
        await keep_minted(book, row, missed=True, ended=row["tries"] + 1 >= CODE_TRIES)
        return None
    if payload["own"] and not await fetch(sql.LOCK_LIVE, UUID(payload["graduate"])):
        return Step(await _bind(book, row, openid))
    payload["stage"] = str(Stage.CONFIRMED)
    await keep_minted(book, row)
    return Stage.CONFIRMED


async def send_scene_code(counter: Counter, actor: Actor, openid: str, scene: str) -> Step | Ended:
    """A code to the number on the roster, once the number of the showing side was right; again where it is asked for.

    Raises RateLimited (fails closed), Refused `unreachable`.
    """
    found = await _meant(openid, scene)
    if found is None:
        return Ended.GONE
    if not found["phone_enc"]:
        raise Refused(NO_NUMBER, guard="unreachable")
    if not reachable(found, clock()):
        raise Refused(RESTS.format(at=chat_time(found["phone_usable_at"])), guard="unreachable")
    await spend_code(counter, "id", found["id_bidx"])
    await spend_code(counter, "to", found["phone_bidx"])
    return await _send(actor, openid, scene)


@command(journaled=False)
async def _send(book: Book, openid: str, scene: str) -> Step | Ended:
    row = await lock_minted(book, Kind.QR, scene)
    if row is None or not _scanned_by(row, openid, Stage.CONFIRMED):
        return await _ended(openid, scene)
    found = await fetch_row(sql.NAMED, UUID(row["payload"]["graduate"]))
    if found is None:
        return Ended.GONE
    await owe_code(book, code_subject(found["id"], person_key(openid)), found["id"], found["school_id"])
    return Step(None, mask_mobile(unseal("graduates.phone_enc", found["phone_enc"])))


async def give_code(counter: Counter, actor: Actor, openid: str, scene: str, code: str) -> Step | Ended | None:
    """The code that came by SMS; None: a wrong one, or one that has run out.

    Raises RateLimited (fails closed), Refused `openid_taken`, Stale.
    """
    if not await _may_try(counter, openid, scene):
        return Ended.GONE
    return await _bind_by_code(actor, openid, scene, code)


@command(journaled=False, clashes={"bindings_live": lost_race})
async def _bind_by_code(book: Book, openid: str, scene: str, code: str) -> Step | Ended | None:
    row = await lock_minted(book, Kind.QR, scene)
    if row is None or not _scanned_by(row, openid, Stage.CONFIRMED):
        return await _ended(openid, scene)
    if not await check_code(book, code_subject(UUID(row["payload"]["graduate"]), person_key(openid)), code):
        return None
    return Step(await _bind(book, row, openid))


async def _bind(book: Book, row: dict[str, Any], openid: str) -> UUID:
    binding = await attach(book, UUID(row["payload"]["graduate"]), openid)
    row["payload"]["stage"] = str(Stage.BOUND)
    await keep_minted(book, row, ended=True)
    return binding


# --- whose code it is ----------------------------------------------------------------------------


async def _may_try(counter: Counter, openid: str, scene: str) -> bool:
    """Count a try, for the account and for the paper. False: the code leads nowhere. Raises RateLimited."""
    await spend(counter, BIND_TRY, f"prove:wx:{person_key(openid)}", closed=True)
    found = await _meant(openid, scene)
    if found is not None:
        await spend(counter, BIND_TRY, f"prove:id:{found['id_bidx'].hex()}", closed=True)
    return found is not None


async def _meant(openid: str, scene: str) -> Mapping[str, Any] | None:
    """The graduate of a code that this account has scanned."""
    row = await read_minted(Kind.QR, scene)
    if row is None or row["payload"].get("scanner") != person_key(openid):
        return None
    return await fetch_row(sql.NAMED, UUID(row["payload"]["graduate"]))


def _scanned_by(row: Mapping[str, Any], openid: str, stage: Stage) -> bool:
    """This account scanned it, and it has come just so far."""
    return bool(row["payload"].get("scanner") == person_key(openid) and row["payload"]["stage"] == stage)


async def _ended(openid: str, scene: str) -> Ended:
    """Why it leads nowhere; another delivery of the message that bound reads that it did."""
    row = await read_minted(Kind.QR, scene)
    mine = row is not None and _scanned_by(row, openid, Stage.BOUND)
    return Ended.ALREADY if mine else Ended.GONE
