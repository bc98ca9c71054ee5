"""Room: a small world for one test: a province, a school with departments, staff, an employer, graduates.

`await make_world()` builds it through the house's own commands, with fresh ids, codes and numbers, so that tests
which share a database do not meet. All persons and numbers are invented.

    world = await make_world(mode=ReviewMode.DEPARTMENT_THEN_SCHOOL)
    invited = await invite(world)                       # the first graduate, the first employer
    accepted = await accept(world, invited)
    signed = await approve(world, await approve(world, accepted))   # department, then school
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models import kit
from models.parties import AgreementType, Grant, Level, Module, Party, ReviewMode
from models.states import EmployerStatus, Flow
from models.tables import Account, EmployerUser, Graduate, Province, ProvinceSettings, Record
from tests.harness.invented import (
    credit_code,
    employer_form,
    handler_form,
    id_number,
    mobile,
    reject_form,
    roster_row,
    school_code,
    settings_form,
    username,
)
from workflows.actors import APPLICANT, OPERATOR, Actor
from workflows.commands.accounts import create_account
from workflows.commands.employers import decide_employer, register_employer
from workflows.commands.provinces import choose_agreement_type, create_province, open_module
from workflows.commands.roster import import_roster
from workflows.commands.schools import create_school
from workflows.commands.sessions import actor_of_account, actor_of_employer_user, actor_of_graduate
from workflows.commands.settings import set_handler, submit_settings
from workflows.engine import Outcome, act

__all__ = [
    "ALL_RW", "DEPARTMENTS", "PASSWORD", "Desk", "Firm", "Person", "World", "accept", "accept_form",
    "add_graduates", "approve", "credit_code", "decide", "employer_form", "handler_form", "id_number", "invite",
    "invite_form", "make_account", "make_employer", "make_world", "mobile", "reject", "reject_form", "roster_row",
    "school_code", "settings_form", "sign", "username",
]  # fmt: skip

PASSWORD = "Wangqian-2027"
DEPARTMENTS = ("计算机学院", "文学院")
ALL_RW = {"grant_employment": "rw", "grant_archive": "rw", "grant_household": "rw"}

_lock = asyncio.Lock()

# Provinces are few (GB/T 2260) and agreement types are theirs, so worlds of one type share a province.
_PROVINCES = {AgreementType.TWO_PARTY: "110000", AgreementType.THREE_PARTY: "120000"}


@dataclass(frozen=True, slots=True)
class Person:
    """One graduate with what only tests may know in clear."""

    id: UUID
    actor: Actor
    name: str
    id_number: str
    mobile: str
    department: str
    level: Level


@dataclass(frozen=True, slots=True)
class Firm:
    """One employer and its user."""

    id: UUID
    actor: Actor
    name: str
    uscc: str
    username: str
    form: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """One staff account; every password is `PASSWORD`."""

    actor: Actor
    username: str


@dataclass(slots=True)
class World:
    cohort: int
    mode: ReviewMode
    province_id: UUID
    province_code: str
    school_id: UUID
    school_code: str
    school_name: str
    province_desk: Desk
    school_desk: Desk
    department_desks: dict[str, Desk]
    employers: list[Firm]
    graduates: list[Person]
    settings_version: int | None = None

    @property
    def operator(self) -> Actor:
        return OPERATOR

    @property
    def province(self) -> Actor:
        return self.province_desk.actor

    @property
    def school(self) -> Actor:
        return self.school_desk.actor

    @property
    def departments(self) -> dict[str, Actor]:
        return {name: desk.actor for name, desk in self.department_desks.items()}

    @property
    def employer(self) -> Firm:
        return self.employers[0]

    @property
    def graduate(self) -> Person:
        return self.graduates[0]

    def department_of(self, person: Person) -> Actor:
        return self.department_desks[person.department].actor

    def key(self) -> str:
        """A fresh `once`."""
        return f"test-{kit.new_id()}"


# --- building ------------------------------------------------------------------------------------


async def make_world(
    mode: ReviewMode = ReviewMode.SCHOOL,
    *,
    agreement: AgreementType = AgreementType.TWO_PARTY,
    cohort: int | None = None,
    graduates: int = 2,
    departments: Sequence[str] = DEPARTMENTS,
    level_code: str = "31",
    training_mode: str = "1",
    employers: int = 1,
    submit: bool = True,
    opened: bool = True,
    handler: bool = True,
    module: bool = True,
    settings: Mapping[str, Any] | None = None,
) -> World:
    """A school ready to sign: module open, settings submitted and open, handler set for all levels.

    Graduates are spread over the departments in turn, so the first belongs to the first one. `submit`, `opened`,
    `handler`, `module` False leave that step out; `settings` overrides values of the form `signing_settings`.
    `cohort` defaults to next year's.
    """
    cohort = cohort or kit.now().year + 1
    province_id = await _province(_PROVINCES[agreement])
    province_desk = await make_account(OPERATOR, Party.PROVINCE, "省级用户", province_id=province_id)
    await _agreement_type(province_desk.actor, province_id, cohort, agreement)
    school_id, code, name = await _school(province_desk.actor)
    if module:
        await open_module(province_desk.actor, school_id, cohort, Module.EMPLOYMENT)
    school_desk = await make_account(province_desk.actor, Party.SCHOOL, "学校用户", school_id=school_id)
    world = World(
        cohort=cohort,
        mode=mode,
        province_id=province_id,
        province_code=_PROVINCES[agreement],
        school_id=school_id,
        school_code=code,
        school_name=name,
        province_desk=province_desk,
        school_desk=school_desk,
        department_desks={},
        employers=[],
        graduates=[],
    )
    await add_graduates(world, graduates, departments=departments, level_code=level_code, training_mode=training_mode)
    for department in departments[:graduates]:
        desk = await make_account(school_desk.actor, Party.DEPARTMENT, f"{department}审核员", department=department)
        world.department_desks[department] = desk
    if submit:
        values = settings_form(mode, open=opened, **(settings or {}))
        world.settings_version = await submit_settings(school_desk.actor, cohort, values, None)
        if handler:
            await set_handler(school_desk.actor, cohort, handler_form())
    for _ in range(employers):
        world.employers.append(await make_employer(world))
    return world


async def _province(code: str) -> UUID:
    async with _lock:
        row = await Province.get_or_none(code=code)
        return row.id if row else await create_province(OPERATOR, code)


async def _agreement_type(actor: Actor, province_id: UUID, cohort: int, wanted: AgreementType) -> None:
    async with _lock:
        row = await ProvinceSettings.get_or_none(province_id=province_id, cohort=cohort)
        if row is None or row.agreement_type != wanted:
            await choose_agreement_type(actor, cohort, wanted)


async def _school(province: Actor) -> tuple[UUID, str, str]:
    code = school_code()
    name = f"示范大学{code}"
    return await create_school(province, code, name), code, name


async def make_account(
    maker: Actor,
    party: Party,
    display_name: str,
    *,
    province_id: UUID | None = None,
    school_id: UUID | None = None,
    department: str = "",
    level: Level = Level.ALL,
    employment: Grant = Grant.RW,
) -> Desk:
    """A staff account that may sign in at once with `PASSWORD`."""
    form = {
        "username": username(str(party)),
        "display_name": display_name,
        "department": department,
        "level": str(level),
        **ALL_RW,
        "grant_employment": str(employment),
    }
    made = await create_account(
        maker, party, form, province_id=province_id, school_id=school_id, password=PASSWORD, must_change=False
    )
    return Desk(actor_of_account(await Account.get(id=made.id)), made.username)


async def add_graduates(
    world: World,
    count: int,
    *,
    departments: Sequence[str] = DEPARTMENTS,
    level_code: str = "31",
    training_mode: str = "1",
    people: Sequence[Person] = (),
) -> list[Person]:
    """More people on the world's roster, spread over the departments in turn.

    `people`: the first of them are these, who stand on another roster already.
    """
    whose = [{"xm": p.name, "sfzh": p.id_number, "sjh": p.mobile} for p in people] + [{}] * (count - len(people))
    rows = [
        roster_row(departments[n % len(departments)], xldm=level_code, pyfsdm=training_mode, **who)
        for n, who in enumerate(whose)
    ]
    if not rows:
        return []
    await import_roster(world.school, world.cohort, rows, file_sha256="0" * 64)
    entries = {row.basic["ksh"]: row for row in await Graduate.filter(school_id=world.school_id, cohort=world.cohort)}
    added = [
        Person(
            id=entries[row["ksh"]].id,
            actor=actor_of_graduate(entries[row["ksh"]]),
            name=row["xm"],
            id_number=row["sfzh"],
            mobile=row["sjh"],
            department=row["szyx"],
            level=Level(entries[row["ksh"]].level),
        )
        for row in rows
    ]
    world.graduates.extend(added)
    return added


async def make_employer(world: World, *, status: EmployerStatus = EmployerStatus.VERIFIED, **values: Any) -> Firm:
    """A registered employer of the world's province, verified unless told otherwise; not added to `world.employers`."""
    form = employer_form(f"{world.province_code[:2]}0101", **values)
    name = username("firm")
    employer_id, user_id = await register_employer(APPLICANT, form, name, PASSWORD)
    if status is EmployerStatus.SUSPENDED:
        await decide_employer(world.province, employer_id, EmployerStatus.VERIFIED)
    if status is not EmployerStatus.PENDING:
        await decide_employer(world.province, employer_id, status, "按核验结果处理")
    user = await EmployerUser.get(id=user_id)
    return Firm(employer_id, actor_of_employer_user(user), form["employer_name"], form["employer_uscc"], name, form)


def invite_form(world: World, person: Person, **values: Any) -> dict[str, Any]:
    """A right form `online_signing.invite`; keywords override."""
    return {
        "school_code": world.school_code,
        "graduate_name": person.name,
        "id_kind": "resident_id",
        "id_number": person.id_number,
        "position_category": "13",
        "position_title": "软件工程师",
        "work_place": "示范市示范区",
        "dispatched": False,
        "report_on": f"{world.cohort}-07-10",
        "monthly_pay": 9000,
        "hukou_settled": False,
        "archive_accepted": False,
        "contact_name": "赵人事",
        "contact_mobile": "15400000001",
        "valid_days": 15,
        **values,
    }


def accept_form(person: Person, **values: Any) -> dict[str, Any]:
    return {"own_mobile": person.mobile, "agreed": True, **values}


async def invite(world: World, person: Person | None = None, firm: Firm | None = None, **values: Any) -> Outcome:
    """The employer invites; by default the first one the first graduate."""
    person, firm = person or world.graduate, firm or world.employer
    return await act(
        firm.actor, Flow.ONLINE_SIGNING, None, "invite", invite_form(world, person, **values), once=world.key()
    )


async def accept(world: World, outcome: Outcome, person: Person | None = None, **values: Any) -> Outcome:
    """The graduate (by default the first) accepts what `invite` returned."""
    person = person or world.graduate
    return await act(
        person.actor,
        Flow.ONLINE_SIGNING,
        outcome.record_id,
        "accept",
        accept_form(person, **values),
        version=outcome.version,
        once=world.key(),
    )


async def approve(world: World, outcome: Outcome, by: Actor | None = None) -> Outcome:
    """Whoever's turn it is approves: the graduate's department at its stage, else the school."""
    return await decide(world, outcome, "approve", {}, by)


async def reject(world: World, outcome: Outcome, by: Actor | None = None, **values: Any) -> Outcome:
    return await decide(world, outcome, "reject", reject_form(**values), by)


async def decide(
    world: World, outcome: Outcome, action: str, form: Mapping[str, Any], by: Actor | None = None
) -> Outcome:
    """One act of the reviewer whose turn it is."""
    return await act(
        by or await _reviewer(world, outcome),
        Flow.ONLINE_SIGNING,
        outcome.record_id,
        action,
        form,
        version=outcome.version,
        once=world.key(),
    )


async def _reviewer(world: World, outcome: Outcome) -> Actor:
    record = await Record.get(id=outcome.record_id)
    return world.departments[record.department] if record.waits_on == Party.DEPARTMENT else world.school


async def sign(world: World, person: Person | None = None, firm: Firm | None = None) -> Outcome:
    """The whole way to `signed`, in the world's review mode."""
    outcome = await accept(world, await invite(world, person, firm), person)
    while outcome.state != "signed":
        outcome = await approve(world, outcome)
    return outcome
