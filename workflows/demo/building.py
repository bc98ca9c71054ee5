"""Room: putting the demo's provinces, schools, staff, employers and rosters on the platform, by the house's commands.

Every command is given the moment at which it would have happened, so that journal and screens show a season.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast
from uuid import UUID

from models.parties import Grant, Level, Module, Party
from models.states import EmployerStatus
from models.tables import Account, EmployerUser, Graduate
from workflows.actors import APPLICANT, OPERATOR, Actor
from workflows.commands.accounts import change_rights, create_account, disable_account
from workflows.commands.employers import add_employer_user, decide_employer, register_employer
from workflows.commands.provinces import choose_agreement_type, create_province, open_module, set_employer_desk
from workflows.commands.roster import import_roster
from workflows.commands.schools import create_school
from workflows.commands.sessions import actor_of_account, actor_of_employer_user, actor_of_graduate
from workflows.commands.settings import set_handler, submit_settings
from workflows.demo.employers import EMPLOYER_BY_NUMBER, EMPLOYERS, SUSPENDED, EmployerPlan
from workflows.demo.firms import written_down
from workflows.demo.institutions import (
    PASSWORD,
    PROVINCE_BY_KEY,
    PROVINCES,
    ProvincePlan,
    SchoolPlan,
    StaffPlan,
)
from workflows.demo.invented import landline
from workflows.demo.people import Person
from workflows.demo.season import Season, acting
from workflows.journal import canonical

P = ParamSpec("P")
T = TypeVar("T")

MINUTE: Final = timedelta(minutes=1)


async def at(
    moment: datetime,
    command: Callable[Concatenate[Actor, P], Coroutine[Any, Any, T]],
    actor: Actor,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run a command as of that moment (`workflows.commands.command`, keyword `at`)."""
    timed = cast("Callable[..., Awaitable[T]]", command)
    return await timed(actor, *args, **kwargs, at=moment)


async def account_actor(username: str) -> Actor:
    """The account as it stands now."""
    return actor_of_account(await Account.get(username=username))


# --- provinces -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Province:
    id: UUID
    desk: Actor


async def build_province(plan: ProvincePlan, season: Season) -> Province:
    """The province and its first account, before its first season."""
    province_id = await at(season.day(-45), create_province, OPERATOR, plan.code)
    staff = StaffPlan(plan.username, "省级就业主管部门")
    await _account(OPERATOR, Party.PROVINCE, staff, season.day(-45) + MINUTE, province_id=province_id)
    desk = await account_actor(plan.username)
    service = {"phone": f"{plan.area}-02000400", "hours": "工作日 9:00—11:30，14:00—17:00"}
    await at(season.day(-40), set_employer_desk, desk, service)
    return Province(province_id, desk)


async def choose_agreement(plan: ProvincePlan, province: Province, season: Season) -> None:
    """The province's type of agreement for the season's cohort."""
    await at(season.day(-40), choose_agreement_type, province.desk, season.cohort, plan.agreement)


async def _account(
    maker: Actor,
    party: Party,
    plan: StaffPlan,
    moment: datetime,
    *,
    province_id: UUID | None = None,
    school_id: UUID | None = None,
) -> UUID:
    form = {
        "username": plan.username,
        "display_name": plan.display_name,
        "department": plan.department,
        "level": str(plan.level),
        **{f"grant_{module}": plan.grant for module in Module},
    }
    made = await at(
        moment,
        create_account,
        maker,
        party,
        form,
        province_id=province_id,
        school_id=school_id,
        password=PASSWORD,
        must_change=False,
    )
    return made.id


# --- employers -----------------------------------------------------------------------------------


async def build_employers(
    provinces: Mapping[str, Province], season: Season, statuses: frozenset[EmployerStatus]
) -> None:
    """The employers that end in one of these statuses, with what their province made of them before the season.

    Each province in the order of time.
    """
    await asyncio.gather(*(_employers_of(plan.key, provinces[plan.key].desk, season, statuses) for plan in PROVINCES))


async def _employers_of(province: str, desk: Actor, season: Season, statuses: frozenset[EmployerStatus]) -> None:
    own = [plan for plan in EMPLOYERS if plan.province == province]
    for plan in own:
        if plan.status not in statuses:
            continue
        moment = season.day(-30 + plan.number) + plan.number * 7 * MINUTE
        employer_id, _ = await at(moment, register_employer, APPLICANT, _registration(plan), plan.username, PASSWORD)
        verdict, note = (plan.status, plan.note)
        if plan.status is EmployerStatus.SUSPENDED:
            verdict, note = EmployerStatus.VERIFIED, ""
        await decide_employer(desk, employer_id, verdict, note, at=moment + timedelta(days=1))
    if province == PROVINCES[0].key and EmployerStatus.VERIFIED in statuses:
        second = await employer_actor(own[0].username)
        await at(season.day(2), add_employer_user, second, f"{own[0].username}-b", "招聘专员", PASSWORD)


async def suspend_employer(provinces: Mapping[str, Province], moment: datetime) -> None:
    """While the season is on: whoever has an invitation of this employer's open reads that it is withdrawn."""
    plan = EMPLOYER_BY_NUMBER[SUSPENDED]
    user = await EmployerUser.get(username=plan.username).select_related("employer")
    await decide_employer(provinces[plan.province].desk, user.employer.id, plan.status, plan.note, at=moment)


async def late_employers(season: Season) -> None:
    """Whoever registered yesterday and still waits to be verified."""
    for plan in EMPLOYERS:
        if plan.status is EmployerStatus.PENDING:
            moment = acting(Party.EMPLOYER, season.now - timedelta(days=1, hours=3), random.Random(plan.number))  # noqa: S311  an hour of the day, guards nothing
            await at(moment, register_employer, APPLICANT, _registration(plan), plan.username, PASSWORD)


def _registration(plan: EmployerPlan) -> dict[str, Any]:
    area = PROVINCE_BY_KEY[plan.province].area
    return {
        **written_down(plan),
        "contact_phone": landline(area, 100 + plan.number),
        "contact_email": f"hr{plan.number:02d}@example.com",
    }


async def employer_actor(username: str) -> Actor:
    return actor_of_employer_user(await EmployerUser.get(username=username))


# --- schools -------------------------------------------------------------------------------------


@dataclass(slots=True)
class School:
    """A school that has opened a cohort: who acts there. `graduates` by 考生号."""

    plan: SchoolPlan
    cohort: int
    desks: list[Actor]
    departments: list[Actor]
    graduates: dict[str, Actor]
    ids: dict[str, UUID]


async def found_school(plan: SchoolPlan, province: Province, season: Season) -> UUID:
    """The school and its own accounts, before its first season; its id."""
    school_id = await at(season.day(-38), create_school, province.desk, plan.code, plan.name)
    for place, one in enumerate(one for one in plan.staff if not one.department):
        moment = season.day(-36) + place * MINUTE
        await _account(province.desk, Party.SCHOOL, one, moment, school_id=school_id)
    return school_id


async def open_cohort(
    plan: SchoolPlan, school_id: UUID, people: Sequence[Person], province: Province, season: Season, *, first: bool
) -> School:
    """Roster, settings and handlers of one cohort: ready to sign from the opening on.

    `first`: the departments' accounts are made too, as soon as there is a roster that names them.
    """
    await at(season.day(-35), open_module, province.desk, school_id, season.cohort, Module.EMPLOYMENT)
    desk = await account_actor(plan.username)
    await import_people(desk, season.cohort, people, season.day(-20))
    if first:
        await _departments(plan, desk, season)
    await _settings(plan, desk, season)
    if plan.narrowed and not first:
        await _narrow(plan.narrowed, desk, season)
    staff = [one for one in plan.staff if not one.department]
    desks = [await account_actor(one.username) for one in staff if one.grant == "rw"]
    departments = [
        await account_actor(one.username)
        for one in plan.staff
        if one.department and one.grant == "rw" and not one.disabled
    ]
    rows = await Graduate.filter(school_id=school_id, cohort=season.cohort)
    graduates = {row.basic["ksh"]: actor_of_graduate(row) for row in rows}
    return School(plan, season.cohort, desks, departments, graduates, {ksh: one.id for ksh, one in graduates.items()})


async def import_people(desk: Actor, cohort: int, people: Iterable[Person], moment: datetime) -> None:
    """One roster file."""
    rows = [person.row for person in people]
    digest = hashlib.sha256(canonical(rows).encode()).hexdigest()
    await at(moment, import_roster, desk, cohort, rows, file_sha256=digest)


async def _departments(plan: SchoolPlan, desk: Actor, season: Season) -> None:
    moment = season.day(-15)
    for place, one in enumerate(one for one in plan.staff if one.department):
        account_id = await _account(desk, Party.DEPARTMENT, one, moment + place * MINUTE)
        if one.disabled:
            await at(moment + timedelta(days=3), disable_account, desk, account_id)


async def _settings(plan: SchoolPlan, desk: Actor, season: Season) -> None:
    area = PROVINCE_BY_KEY[plan.province].area
    form = {
        "open": True,
        "review_mode": str(plan.mode),
        "termination_limit": 2,
        "invitation_days": 15,
        "sms_fallback": True,
        "desk_phone": landline(area, plan.desk_phone),
        "desk_hours": "工作日 8:30-11:30、14:00-17:00",
    }
    await at(season.opened, submit_settings, desk, season.cohort, form)
    for place, (level, name) in enumerate(plan.handlers):
        handler = {
            "level": str(level),
            "name": name,
            "phone": landline(area, plan.desk_phone + 10 + place),
            "address": f"{plan.name}行政楼{place + 1}层就业指导中心",
            "postcode": "310000" if plan.province == "a" else "610000",
            "confirmed": True,
        }
        scoped = next((one for one in plan.staff if not one.department and one.level is level), plan.staff[0])
        maker = await account_actor(scoped.username)
        await at(season.opened + (5 + place) * MINUTE, set_handler, maker, season.cohort, handler)


async def _narrow(username: str, desk: Actor, season: Season) -> None:
    """A scope that was cut after the settings: what it leaves uncovered is for the school to decide."""
    account = await Account.get(username=username)
    rights = {f"grant_{module}": str(Grant.RW) for module in Module} | {"level": str(Level.UNDERGRADUATE)}
    await at(season.opened + 60 * MINUTE, change_rights, desk, account.id, rights, confirmed=True)


def reviewer(school: School, department: str, level: Level, *, at_department: bool, turn: int) -> Actor:
    """Who decides: an account of the department where one covers the level, else one of the school's, by turns."""
    if at_department:
        own = [one for one in school.departments if one.department == department and one.level.covers(level)]
        if own:
            return own[turn % len(own)]
    desks = [one for one in school.desks if one.level.covers(level)]
    return desks[turn % len(desks)]
