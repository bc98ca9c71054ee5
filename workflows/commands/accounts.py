"""Room: staff accounts, made and changed by the parent level (roles.md, Modules and permissions; guide chapter 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.config import settings
from models.db import fetch
from models.kit import new_id
from models.parties import Grant, Level, Module, Party
from models.sql.coverage import covered
from models.tables import Account, Graduate, Province, School
from workflows.actors import Actor, may_grant, own_province, own_school, require_level, require_place, require_write
from workflows.commands import Book, command
from workflows.commands.filled import fault, filled, one_fault
from workflows.commands.second_factor import COLUMNS as TOTP_COLUMNS
from workflows.commands.second_factor import forget as forget_totp
from workflows.commands.sessions import end_sessions, login_name
from workflows.errors import Fault, Forbidden, InvalidForm, NotFound, Refused
from workflows.flows import FLOWS
from workflows.forms import FORMS, validate
from workflows.journal import PLATFORM_CHAIN, province_chain, school_chain
from workflows.passwords import faults_of, hashed, temporary

PARENT = {Party.PROVINCE: Party.OPERATOR, Party.SCHOOL: Party.PROVINCE, Party.DEPARTMENT: Party.SCHOOL}

MORE_THAN_OWN = "不能授予超出您自己账号的权限。"
ABOVE = "该账号的权限超出您自己账号的权限，请由权限不低于它的账号办理。"
LAST_REVIEWER = (
    "该院系还有{count}条待审核记录（{what}），调整后将没有可审核的院系账号，改由学校代为审核。确认无误后请再次提交。"
)
FROM_EMS = "账号和权限由就业管理系统统一管理，这里只能查看；请前往就业管理系统修改。"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What the maker hands on to the account's owner; the password is shown this once."""

    id: UUID
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class _Seat:
    """Where an account belongs."""

    party: Party
    province_id: UUID
    school_id: UUID | None = None
    department: str = ""

    @property
    def chain(self) -> str:
        return school_chain(self.school_id) if self.school_id else province_chain(self.province_id)


@command(clashes={"accounts_username": lambda: one_fault("username", "taken", "该用户名已被使用，请换一个。")})
async def create_account(
    book: Book,
    party: Party,
    form: Mapping[str, Any],
    *,
    province_id: UUID | None = None,
    school_id: UUID | None = None,
    password: str = "",
    must_change: bool = True,
) -> NewAccount:
    """Make an account one level below the actor's. `form`: the form `account`. An empty password is made up.

    `province_id` is named by the operator, `school_id` by a province; a school makes its own departments' accounts.
    `must_change` False only where the owner chose the password (command line, demo). Raises Forbidden, ReadOnly,
    NotFound, InvalidForm.
    """
    clean, faults = validate(FORMS["account"], form, {})
    try:
        seat = await _seat(book.actor, party, province_id, school_id, form)
    except InvalidForm as wrong:
        raise InvalidForm((*faults, *wrong.faults)) from None
    if faults:
        raise InvalidForm(faults)
    username = login_name(clean["username"])
    rights = _rights(book.actor, clean)
    if password and (weak := faults_of(password, username)):
        raise InvalidForm(weak)
    password = password or temporary()
    account = Account(
        id=new_id(),
        username=username,
        display_name=clean["display_name"],
        party=str(party),
        province_id=seat.province_id,
        school_id=seat.school_id,
        department=seat.department,
        password=await hashed(password),
        must_change=must_change,
        created_at=book.now,
        **rights,
    )
    await account.save()
    book.note(
        seat.chain,
        "account",
        account.id,
        "create_account",
        username=username,
        party=str(party),
        department=seat.department,
        **rights,
    )
    return NewAccount(account.id, username, password)


async def _seat(
    actor: Actor, party: Party, province_id: UUID | None, school_id: UUID | None, form: Mapping[str, Any]
) -> _Seat:
    if party not in PARENT:
        raise Forbidden
    require_write(actor, PARENT[party])
    _check_made_here(actor)
    if party is Party.PROVINCE:
        province = own_province(actor, province_id)
        if not await Province.filter(id=province).exists():
            raise NotFound
        return _Seat(party, province)
    if school_id is None and actor.school_id is None:
        fault("school", "required", "请选择“学校”。")
    school = await School.get_or_none(id=school_id or own_school(actor)).select_related("province")
    if school is None:
        raise NotFound
    require_place(actor, school.province.id, school.id)
    department = await _department(school.id, form) if party is Party.DEPARTMENT else ""
    return _Seat(party, school.province.id, school.id, department)


async def _department(school_id: UUID, form: Mapping[str, Any]) -> str:
    """The name exactly as the roster has it: records find their department's accounts by this text."""
    name = str(form.get("department") or "").strip()
    if not name:
        fault("department", "required", "请选择“所在院系”。")
    if not await Graduate.filter(school_id=school_id, department=name).exists():
        fault("department", "unknown_department", "学生名单中没有这个院系，请从名单中的院系里选择。")
    return name


def _rights(actor: Actor, clean: Mapping[str, Any], held: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Columns `grants` and `level`. `held`: what the account has already, which may stay.

    Raises InvalidForm for more than one's own, Forbidden for another level scope.
    """
    grants = {module: Grant(clean[f"grant_{module}"]) for module in Module}
    beyond = [
        module
        for module in Module
        if not may_grant(actor, {module: grants[module]}) and grants[module] != (held or {}).get(module)
    ]
    if beyond:
        raise InvalidForm([Fault(f"grant_{module}", "more_than_own", MORE_THAN_OWN) for module in beyond])
    require_level(actor, Level(clean["level"]))
    return {"grants": {str(m): str(g) for m, g in grants.items()}, "level": clean["level"]}


def _check_made_here(actor: Actor) -> None:
    """With a live EMS connection nobody changes accounts here but the operator. Raises Refused (`accounts_here`)."""
    if settings().ems.accounts and actor.party is not Party.OPERATOR:
        raise Refused(FROM_EMS, guard="accounts_here")


async def _managed(book: Book, account_id: UUID) -> Account:
    """The account, locked, if the actor is of its parent level. Raises NotFound, Forbidden, ReadOnly."""
    account = await Account.filter(id=account_id).select_for_update().first()
    if account is None:
        raise NotFound
    require_place(book.actor, account.province_id, account.school_id)
    require_write(book.actor, PARENT[Party(account.party)])
    require_level(book.actor, Level(account.level))
    return account


def _check_not_above(actor: Actor, account: Account) -> None:
    """Whoever opens an account or reads its first password could use what it may do. Raises Forbidden."""
    if not may_grant(actor, {module: Grant(account.grants.get(module, Grant.NONE)) for module in Module}):
        raise Forbidden(ABOVE)


def _note(book: Book, account: Account, action: str, **detail: Any) -> None:
    if account.school_id is not None:
        chain = school_chain(account.school_id)
    else:
        chain = province_chain(account.province_id) if account.province_id else PLATFORM_CHAIN
    book.note(chain, "account", account.id, action, username=account.username, **detail)


@command()
async def change_rights(book: Book, account_id: UUID, form: Mapping[str, Any], *, confirmed: bool = False) -> None:
    """Change grants and level scope (form `account_rights`); holds from the account's next request.

    Raises NotFound, Forbidden, ReadOnly, InvalidForm, Refused with guard `accounts_here`, and until `confirmed`
    `last_reviewer`.
    """
    account = await _managed(book, account_id)
    _check_made_here(book.actor)
    waiting = await _without_reviewer(account)
    before = {"grants": account.grants, "level": account.level}
    rights = _rights(book.actor, filled("account_rights", form), account.grants)
    account.grants, account.level = rights["grants"], rights["level"]
    await account.save(update_fields=["grants", "level"])
    await _check_reviewers(account, waiting, confirmed=confirmed)
    _note(book, account, "change_rights", before=before, after=rights)


@command()
async def disable_account(book: Book, account_id: UUID, *, confirmed: bool = False) -> None:
    """Close an account and end its sessions at once. Raises as `change_rights` does."""
    account = await _managed(book, account_id)
    _check_made_here(book.actor)
    waiting = await _without_reviewer(account)
    if account.disabled_at is None:
        account.disabled_at = book.now
        await account.save(update_fields=["disabled_at"])
    await _check_reviewers(account, waiting, confirmed=confirmed)
    await end_sessions(account.id)
    _note(book, account, "disable_account")


@command()
async def enable_account(book: Book, account_id: UUID) -> None:
    """Open a closed account again, with its old password. Raises NotFound, Forbidden, ReadOnly, Refused."""
    account = await _managed(book, account_id)
    _check_made_here(book.actor)
    _check_not_above(book.actor, account)
    account.disabled_at = None
    await account.save(update_fields=["disabled_at"])
    _note(book, account, "enable_account")


@command()
async def reset_password(book: Book, account_id: UUID) -> NewAccount:
    """A new first password, shown this once; sessions end, and so does the second factor of a phone that is lost.

    Open also where accounts come from the EMS: their passwords are ours. Raises NotFound, Forbidden, ReadOnly.
    """
    account = await _managed(book, account_id)
    _check_not_above(book.actor, account)
    password = temporary()
    account.password = await hashed(password)
    account.must_change = True
    forget_totp(account)
    await account.save(update_fields=["password", "must_change", *TOTP_COLUMNS])
    await end_sessions(account.id)
    _note(book, account, "reset_password")
    return NewAccount(account.id, account.username, password)


_WAITING = f"""
SELECT r.flow, count(*) AS n FROM records r JOIN graduates g ON g.id = r.graduate_id
WHERE r.school_id = $1 AND r.department = $2 AND r.waits_on = 'department' AND g.invalid_at IS NULL
  AND r.flow = ANY($3) AND NOT {covered("r.school_id", "r.department", "r.level", module="$4")}
GROUP BY r.flow"""  # noqa: S608  fixed texts, numbered parameters


async def _without_reviewer(account: Account) -> dict[str, int]:
    """What waits at the account's department and no enabled account could decide, by flow."""
    if account.party != Party.DEPARTMENT:
        return {}
    found: dict[str, int] = {}
    for module in Module:
        flows = [str(flow.flow) for flow in FLOWS.values() if flow.module is module]
        if flows:
            rows = await fetch(_WAITING, account.school_id, account.department, flows, str(module))
            found |= {row["flow"]: row["n"] for row in rows}
    return found


async def _check_reviewers(account: Account, before: Mapping[str, int], *, confirmed: bool) -> None:
    """After the change, in the same transaction: what waits now that somebody could have decided a moment ago?"""
    if confirmed:
        return
    now = await _without_reviewer(account)
    lost = [(flow, now.get(str(flow.flow), 0) - before.get(str(flow.flow), 0)) for flow in FLOWS.values()]
    waiting = [{"flow": str(flow.flow), "label": flow.label, "count": n} for flow, n in lost if n > 0]
    if waiting:
        count = sum(n for _, n in lost if n > 0)
        what = "、".join(f"{line['label']}{line['count']}条" for line in waiting)
        raise Refused(LAST_REVIEWER.format(count=count, what=what), guard="last_reviewer", count=count, waiting=waiting)
