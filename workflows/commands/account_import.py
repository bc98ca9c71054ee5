"""Room: accounts as the EMS has them, taken over as a whole list (roles.md, Modules and permissions)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.kit import new_id
from models.parties import Grant, Level, Module, Party
from models.tables import Account, Graduate, School
from workflows.actors import require
from workflows.commands import Book, command
from workflows.commands.accounts import NewAccount
from workflows.commands.filled import one_fault
from workflows.commands.sessions import login_name
from workflows.errors import Fault, InvalidForm, NotFound
from workflows.forms import FORMS, validate
from workflows.journal import school_chain
from workflows.passwords import hashed, temporary

# What an account has for which the EMS gives no value.
PRESET: Mapping[str, str] = {
    "grant_employment": str(Grant.RW),
    "grant_archive": str(Grant.NONE),
    "grant_household": str(Grant.NONE),
    "level": str(Level.ALL),
}

TAKEN = "该用户名已被平台上的其他账号使用。"
UNKNOWN_DEPARTMENT = "学生名单中没有这个院系。"


@command(clashes={"accounts_username": lambda: one_fault("username", "taken", TAKEN)})
async def import_accounts(book: Book, school_id: UUID, rows: Sequence[Mapping[str, Any]]) -> list[NewAccount]:
    """Take over a school's accounts: fields of the form `account`; one with a department is the department's.

    A known user name of the school gets the row's name and rights, a new one an account with a first password. Missing
    values are `PRESET`'s. All rows or none; the accounts that are new. Raises Forbidden, NotFound, InvalidForm whose
    paths read `<row>.<field>`, counted from 1.
    """
    require(book.actor)
    school = await School.get_or_none(id=school_id).select_related("province")
    if school is None:
        raise NotFound
    departments = await Graduate.filter(school_id=school_id).distinct().values_list("department", flat=True)
    known = {str(name) for name in departments}
    there = {a.username: a for a in await Account.filter(username__in=[_name(row) for row in rows])}
    faults: list[Fault] = []
    clean = [_read(place, row, known, there, school_id, faults) for place, row in enumerate(rows, 1)]
    if faults:
        raise InvalidForm(faults)
    made = []
    for one in clean:
        account = there.get(one["username"])
        if account is None:
            account, password = await _new(book, school, one)
            made.append(NewAccount(account.id, account.username, password))
        account.display_name, account.level = one["display_name"], one["level"]
        account.grants = {str(module): one[f"grant_{module}"] for module in Module}
        await account.save()
    book.note(school_chain(school_id), "account", school_id, "import_accounts", rows=len(rows), added=len(made))
    return made


def _name(row: Mapping[str, Any]) -> str:
    return login_name(str(row.get("username", "")))


def _read(
    place: int,
    row: Mapping[str, Any],
    known: set[str],
    there: Mapping[str, Account],
    school_id: UUID,
    faults: list[Fault],
) -> dict[str, Any]:
    given = {name: value for name, value in row.items() if value not in (None, "")}
    clean, wrong = validate(FORMS["account"], {**PRESET, **given}, {})
    faults.extend(Fault(f"{place}.{fault.path}", fault.code, fault.message) for fault in wrong)
    name, department = _name(row), str(row.get("department") or "").strip()
    other = there.get(name)
    if other is not None and (other.school_id != school_id or other.department != department):
        faults.append(Fault(f"{place}.username", "taken", TAKEN))
    if department and department not in known:
        faults.append(Fault(f"{place}.department", "unknown_department", UNKNOWN_DEPARTMENT))
    return {**clean, "username": name, "department": department}


async def _new(book: Book, school: School, one: Mapping[str, Any]) -> tuple[Account, str]:
    password = temporary()
    account = Account(
        id=new_id(),
        username=one["username"],
        party=str(Party.DEPARTMENT if one["department"] else Party.SCHOOL),
        province_id=school.province.id,
        school_id=school.id,
        department=one["department"],
        password=await hashed(password),
        must_change=True,
        created_at=book.now,
    )
    return account, password
