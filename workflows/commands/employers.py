"""Room: employers: registering, the province's decision, their own data and users (workflows.md 0)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from models.db import fetch_value
from models.kit import name_key, new_id
from models.parties import Party
from models.sql.files import NEXT_ROUND
from models.states import EmployerStatus
from models.tables import Employer, EmployerUser, Province
from models.vault import seal
from workflows.actors import APPLICANT, Actor, require, require_place, require_write
from workflows.attaching import attach
from workflows.commands import Book, command
from workflows.commands.filled import fault, filled, one_fault
from workflows.commands.sessions import end_sessions, login_name
from workflows.commands.suspension import withdraw_of_suspended
from workflows.commands.telling import tell_employer
from workflows.errors import Fault, Forbidden, InvalidForm, NotFound, Refused
from workflows.forms import FORMS, validate
from workflows.journal import province_chain
from workflows.limits import REGISTER
from workflows.passwords import faults_of, hashed
from workflows.rates import Counter, spend

PROFILE_PLACE = "employers.profile"

CODE_TAKEN = "该统一社会信用代码已有核验通过的单位，请由该单位的经办人登录后添加用户。"
CODE_TAKEN_DECIDING = "平台上已有同一统一社会信用代码且核验通过的单位，不能重复通过核验。"
NOT_OPEN = "该地区所在的省份尚未开通本平台，暂不能注册。"
ONESELF = "不能停用自己的账号，请由同单位的其他用户操作。"
WRONG_STATUS = "该单位当前为“{label}”，不能进行此操作。"
SUSPENDED = "单位当前为“{label}”，不能修改信息，请联系所在省的主管部门。"

S = EmployerStatus

# Which status a province may give, and from which one (workflows.md 0).
DECISIONS: Mapping[EmployerStatus, frozenset[EmployerStatus]] = {
    S.VERIFIED: frozenset({S.PENDING, S.SUSPENDED}),
    S.RETURNED: frozenset({S.PENDING}),
    S.REFUSED: frozenset({S.PENDING}),
    S.SUSPENDED: frozenset({S.VERIFIED}),
}
_NEEDS_REASON = frozenset({S.RETURNED, S.REFUSED, S.SUSPENDED})

# Where each field of the form stands as a column; the rest is the profile.
_COLUMNS = {
    "employer_name": "name",
    "employer_uscc": "uscc",
    "employer_nature": "nature",
    "employer_industry": "industry",
    "employer_region": "region",
}

NEEDS_REASON_SENTENCE = "请写明原因，至少 5 个字，单位会看到。"


def username_taken() -> InvalidForm:
    """The refusal for a user name that somebody has."""
    return one_fault("username", "taken", "该用户名已被使用，请换一个。")


_USERNAME_TAKEN = {"employer_users_username": username_taken}


@command(clashes=_USERNAME_TAKEN)
async def register_employer(
    book: Book, form: Mapping[str, Any], username: str, password: str, licence: UUID | None = None
) -> tuple[UUID, UUID]:
    """A new employer and its first user, for the province to verify; the ids of both. The actor is `actors.APPLICANT`,
    or one of `actors.applicant`, whose upload `licence` shows the 营业执照.

    `form`: the form `employer_registration`. Raises InvalidForm, Refused (`code_free`).
    """
    require(book.actor, Party.EMPLOYER)
    clean = _readable(form, username, password)
    province_id = await _province(clean["employer_region"])
    await _check_code_free(clean["employer_uscc"])
    employer = Employer(
        id=new_id(),
        province_id=province_id,
        status=str(S.PENDING),
        registered_at=book.now,
        licence=licence,
        **_columns(clean),
    )
    await employer.save()
    if licence is not None:
        await attach(book.actor, None, employer.id, 1, "licence", [licence], book.now)
    user = await _add_user(book, employer, username, clean.get("agent_name") or clean["contact_name"], password)
    book.note(province_chain(province_id), "employer", employer.id, "register", name=employer.name, uscc=employer.uscc)
    return employer.id, user


async def register_from(
    address: str,
    counter: Counter,
    form: Mapping[str, Any],
    username: str,
    password: str,
    *,
    actor: Actor = APPLICANT,
    licence: UUID | None = None,
) -> tuple[UUID, UUID]:
    """The same for whoever comes in from an address. A form that reads well counts as a try, whatever comes of it.

    Raises RateLimited besides.
    """
    _readable(form, username, password)
    await spend(counter, REGISTER, f"register:{address}")
    return await register_employer(actor, form, username, password, licence)


def _readable(form: Mapping[str, Any], username: str, password: str) -> dict[str, Any]:
    clean, faults = validate(FORMS["employer_registration"], form, {})
    if faults := (*faults, *login_faults(username, password)):
        raise InvalidForm(faults)
    return clean


def _columns(clean: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{column: clean[name] for name, column in _COLUMNS.items()},
        "name_key": name_key(clean["employer_name"]),
        "profile": _profile(clean),
    }


def _profile(clean: Mapping[str, Any]) -> dict[str, Any]:
    """What is no column; numbers of persons sealed."""
    form = FORMS["employer_registration"]
    return {
        name: seal(PROFILE_PLACE, value) if name in form.sensitive else value
        for name, value in clean.items()
        if name not in _COLUMNS
    }


async def _province(region: str) -> UUID:
    province = await Province.get_or_none(code=f"{region[:2]}0000")
    if province is None:
        fault("employer_region", "not_open", NOT_OPEN)
    found: UUID = province.id
    return found


async def _check_code_free(uscc: str, but: UUID | None = None) -> None:
    holder = await Employer.get_or_none(uscc=uscc, status=str(S.VERIFIED))
    if holder is not None and holder.id != but:
        raise Refused(CODE_TAKEN, guard="code_free")


def login_faults(username: str, password: str) -> list[Fault]:
    """What is wrong with a user name and a password that somebody of an employer chose, all at once."""
    username = login_name(username)
    faults = faults_of(password, username)
    if len(username) < 3 or not username.isascii() or not username.isprintable() or " " in username:
        sentence = "用户名应为 3 至 64 位字母、数字或符号，不含空格。"
        faults.insert(0, Fault("username", "bad_format", sentence))
    return faults


async def _add_user(book: Book, employer: Employer, username: str, display_name: str, password: str) -> UUID:
    if faults := login_faults(username, password):
        raise InvalidForm(faults)
    username = login_name(username)
    user = EmployerUser(
        id=new_id(),
        employer=employer,
        username=username,
        display_name=display_name[:40],
        password=await hashed(password),
        created_at=book.now,
    )
    await user.save()
    return user.id


@command(clashes=_USERNAME_TAKEN)
async def add_employer_user(book: Book, username: str, display_name: str, password: str) -> UUID:
    """Another person of the actor's own employer. Raises Forbidden, InvalidForm."""
    employer = await _own(book.actor)
    if not 1 <= len(display_name.strip()) <= 40:
        fault("display_name", "bad_length", "请填写姓名，最多 40 个字。")
    user = await _add_user(book, employer, username, display_name.strip(), password)
    book.note(province_chain(employer.province_id), "employer", employer.id, "add_user", user=str(user))
    return user


@command()
async def disable_employer_user(book: Book, user_id: UUID) -> None:
    """A colleague of the actor's employer cannot sign in any more, from this moment on.

    Raises Forbidden, NotFound (another employer's), Refused (`not_oneself`).
    """
    employer = await _own(book.actor)
    user = await EmployerUser.filter(id=user_id, employer_id=employer.id).select_for_update().first()
    if user is None:
        raise NotFound
    if user.id == book.actor.id:
        raise Refused(ONESELF, guard="not_oneself")
    user.disabled_at = user.disabled_at or book.now
    await user.save(update_fields=["disabled_at"])
    await end_sessions(user.id)
    book.note(province_chain(employer.province_id), "employer", employer.id, "disable_user", user=str(user.id))


async def _own(actor: Actor) -> Employer:
    require(actor, Party.EMPLOYER)
    row = await Employer.filter(id=actor.employer_id).select_for_update().first() if actor.employer_id else None
    if row is None:
        raise Forbidden
    return row


async def decide_employer(
    actor: Actor, employer_id: UUID, status: EmployerStatus, note: str = "", *, at: datetime | None = None
) -> None:
    """The province of the employer's region verifies, returns, refuses, suspends, or lifts a suspension.

    A suspended employer's open invitations are withdrawn right after; what fails there is found by the clock's job.
    Raises NotFound (another province's), Forbidden, ReadOnly, InvalidForm, Refused (`status`, `code_free`).
    """
    await _decide(actor, employer_id, status, note, at=at)  # type: ignore[call-arg]  # taken by @command
    if status is S.SUSPENDED:
        await withdraw_of_suspended(employer_id, at)


@command(clashes={"employers_verified_uscc": lambda: Refused(CODE_TAKEN_DECIDING, guard="code_free")})
async def _decide(book: Book, employer_id: UUID, status: EmployerStatus, note: str) -> None:
    employer = await Employer.filter(id=employer_id).select_for_update().first()
    if employer is None:
        raise NotFound
    require_place(book.actor, employer.province_id)
    require_write(book.actor, Party.PROVINCE)
    note = note.strip()
    if status in _NEEDS_REASON and len(note) < 5:
        fault("note", "too_short", NEEDS_REASON_SENTENCE)
    before = EmployerStatus(employer.status)
    if before not in DECISIONS.get(status, frozenset()):
        raise Refused(WRONG_STATUS.format(label=before.label), guard="status", state=str(before))
    employer.status = str(status)
    employer.status_note = note[:300]
    employer.decided_at = book.now
    employer.decided_by = book.actor.id
    await employer.save(update_fields=["status", "status_note", "decided_at", "decided_by"])
    notice = "employer_resumed" if before is S.SUSPENDED else f"employer_{status}"
    await tell_employer(book, employer.id, notice, reason=employer.status_note)
    book.note(
        province_chain(employer.province_id),
        "employer",
        employer.id,
        "decide_employer",
        before=str(before),
        after=str(status),
        note=note,
    )


@command()
async def update_profile(book: Book, form: Mapping[str, Any], licence: UUID | None = None) -> EmployerStatus:
    """The employer's own data (form `employer_registration`, all of it); the status afterwards.

    `licence`: the actor's upload that shows the 营业执照; None: as it was. A new name, code, licence or province makes
    it pending again; so does any answer to a return. Records keep the data that they were made with.

    Raises Forbidden, InvalidForm, Refused (`status`, `code_free`).
    """
    employer = await _own(book.actor)
    status = EmployerStatus(employer.status)
    if status in (S.SUSPENDED, S.REFUSED):
        raise Refused(SUSPENDED.format(label=status.label), guard="status", state=str(status))
    clean = filled("employer_registration", form, now=book.now)
    province_id = await _province(clean["employer_region"])
    await _check_code_free(clean["employer_uscc"], employer.id)
    columns = _columns(clean) | ({"licence": licence} if licence is not None else {})
    changed = sorted(name for name, value in columns.items() if getattr(employer, name) != value and name != "profile")
    again = {"name", "uscc", "licence"} & set(changed) or province_id != employer.province_id or status is S.RETURNED
    if licence is not None:
        number = await fetch_value(NEXT_ROUND, employer.id)
        await attach(book.actor, None, employer.id, number, "licence", [licence], book.now)
    employer.update_from_dict({**columns, "province_id": province_id})
    if again:
        employer.status = str(S.PENDING)
    await employer.save()
    book.note(
        province_chain(province_id), "employer", employer.id, "update_profile", changed=changed, status=employer.status
    )
    return EmployerStatus(employer.status)
