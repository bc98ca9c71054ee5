"""Room: a new 经办人 takes an employer over: asked for with papers, decided by its province (workflows.md 0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models.kit import name_key, new_id
from models.parties import Party
from models.states import Channel, EmployerStatus, HandoverStatus
from models.tables import Employer, EmployerUser, Handover, Province
from models.vault import seal, unseal
from workflows.actors import APPLICANT, Actor, require, require_place, require_write
from workflows.attaching import attach
from workflows.commands import Book, command
from workflows.commands.deliveries import TO_PLACE
from workflows.commands.employers import NEEDS_REASON_SENTENCE, PROFILE_PLACE, login_faults, username_taken
from workflows.commands.filled import fault
from workflows.commands.sessions import end_sessions, login_name
from workflows.commands.telling import tell_employer
from workflows.errors import InvalidForm, NotFound, Refused
from workflows.forms import FORMS, validate
from workflows.journal import province_chain
from workflows.limits import REGISTER
from workflows.notices import NOTICES
from workflows.passwords import hashed
from workflows.rates import Counter, spend

PLACE = "employer_handovers.agent_mobile"

NO_SUCH = "没有找到名称和统一社会信用代码都一致的已注册单位，请核对后重试；没有注册过的单位请直接注册。"
WAITING = "该单位已有一份经办人变更申请等待核验，请等待处理结果。"
DECIDED = "该申请已经处理，请刷新后查看。"
NO_PHONE = "所在省毕业生就业主管部门"
NAME_TAKEN = "申请中的用户名已被使用，不能通过；请在说明中请申请人换一个用户名重新申请。"

S = EmployerStatus


async def ask_from(
    address: str,
    counter: Counter,
    form: Mapping[str, Any],
    username: str,
    password: str,
    *,
    actor: Actor = APPLICANT,
    papers: Mapping[str, UUID] | None = None,
) -> UUID:
    """Somebody at an address asks to be the 经办人 of an employer that is registered already; the request's id.

    `form`: the form `employer_handover`; `papers`: uploads of the actor by the fields of `employer_handover_papers`,
    which the province alone gets to see. A form that reads well counts as a try. Raises InvalidForm, RateLimited,
    Refused (`one_handover`).
    """
    _readable(form, username, password)
    await spend(counter, REGISTER, f"register:{address}")
    return await _ask(actor, form, username, password, papers or {})


def _readable(form: Mapping[str, Any], username: str, password: str) -> dict[str, Any]:
    clean, faults = validate(FORMS["employer_handover"], form, {})
    if faults := (*faults, *login_faults(username, password)):
        raise InvalidForm(faults)
    return clean


@command()
async def _ask(book: Book, form: Mapping[str, Any], username: str, password: str, papers: Mapping[str, UUID]) -> UUID:
    require(book.actor, Party.EMPLOYER)
    clean = _readable(form, username, password)
    username = login_name(username)
    key = name_key(clean["employer_name"])
    employer = await Employer.filter(uscc=clean["employer_uscc"], name_key=key, status__not=str(S.REFUSED)).first()
    if employer is None:
        fault("employer_uscc", "not_registered", NO_SUCH)
    # One at a time: two who ask at once queue up here.
    await Employer.filter(id=employer.id).select_for_update().first()
    if await Handover.filter(employer_id=employer.id, status=str(HandoverStatus.PENDING)).exists():
        raise Refused(WAITING, guard="one_handover")
    if await EmployerUser.filter(username=username).exists():
        raise username_taken()
    row = Handover(
        id=new_id(),
        employer_id=employer.id,
        username=username,
        password=await hashed(password),
        agent_name=clean["agent_name"],
        agent_mobile=seal(PLACE, clean["agent_mobile"]),
        statement=clean.get("statement", ""),
        status=str(HandoverStatus.PENDING),
        asked_at=book.now,
        **papers,
    )
    await row.save()
    for name, upload_id in papers.items():
        await attach(book.actor, None, row.id, 1, name, [upload_id], book.now)
    # Whoever holds the account now reads that somebody wants it.
    await tell_employer(book, employer.id, "handover_asked", agent=row.agent_name)
    book.note(province_chain(employer.province_id), "employer", employer.id, "ask_handover", agent=row.agent_name)
    return row.id


@command(clashes={"employer_users_username": lambda: Refused(NAME_TAKEN, guard="username_free")})
async def decide_handover(
    book: Book, handover_id: UUID, *, approved: bool, note: str = "", keep_others: bool = True
) -> None:
    """The employer's province approves or refuses. Approved, the new 经办人 can sign in at once; with `keep_others`
    False everybody who could so far cannot any more.

    Raises NotFound (another province's), Forbidden, ReadOnly, InvalidForm, Refused (`undecided`, `username_free`).
    """
    row = await Handover.filter(id=handover_id).select_for_update().first()
    employer = await Employer.filter(id=row.employer_id).select_for_update().first() if row else None
    if row is None or employer is None:
        raise NotFound
    require_place(book.actor, employer.province_id)
    require_write(book.actor, Party.PROVINCE)
    note = note.strip()
    if not approved and len(note) < 5:
        fault("note", "too_short", NEEDS_REASON_SENTENCE)
    if row.status != HandoverStatus.PENDING:
        raise Refused(DECIDED, guard="undecided")
    if approved:
        await _hand_over(book, employer, row, keep_others=keep_others)
    row.status = str(HandoverStatus.APPROVED if approved else HandoverStatus.REFUSED)
    row.note, row.decided_at, row.decided_by, row.password = note[:300], book.now, book.actor.id, ""
    await row.save()
    notice = "handover_approved" if approved else "handover_refused"
    await tell_employer(book, employer.id, notice, agent=row.agent_name, reason=note)
    await _tell_applicant(book, employer, row, approved=approved)
    book.note(
        province_chain(employer.province_id),
        "employer",
        employer.id,
        "decide_handover",
        agent=row.agent_name,
        after=row.status,
        keep_others=keep_others,
        note=note,
    )


async def _tell_applicant(book: Book, employer: Employer, row: Handover, *, approved: bool) -> None:
    """Who was refused has no account to read it in."""
    province = await Province.get(id=employer.province_id)
    outcome = "已通过，可用申请时的用户名登录" if approved else "未通过"
    mobile = seal(TO_PLACE, unseal(PLACE, row.agent_mobile))
    params = {"to": mobile, "outcome": outcome, "desk": province.desk_phone or NO_PHONE}
    book.owe(NOTICES["handover_answered"], Channel.SMS, row.id, params)


async def _hand_over(book: Book, employer: Employer, row: Handover, *, keep_others: bool) -> None:
    if not keep_others:
        for user in await EmployerUser.filter(employer_id=employer.id, disabled_at=None).select_for_update():
            user.disabled_at = book.now
            await user.save(update_fields=["disabled_at"])
            await end_sessions(user.id)
    mobile = unseal(PLACE, row.agent_mobile)
    employer.profile = {**employer.profile, "agent_name": row.agent_name, "agent_mobile": seal(PROFILE_PLACE, mobile)}
    await employer.save(update_fields=["profile"])
    await EmployerUser(
        id=new_id(),
        employer=employer,
        username=row.username,
        display_name=row.agent_name[:40],
        password=row.password,
        created_at=book.now,
    ).save()
