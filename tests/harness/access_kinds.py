"""Room: the twenty kinds of callers of the access matrix, each a real account with a real session (contracts 12).

`own` stands in the first world: a school with two-stage review. `other` is another school, department, employer or
graduate; `other_level` an account for postgraduates where the records are undergraduates'.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from quart import Quart

from models.parties import AgreementType, Grant, Level, Party, ReviewMode
from models.states import EmployerStatus, Flow
from tests.harness.callers import Api, bind
from tests.harness.reaching import Case, reach
from tests.harness.world import (
    Desk,
    Firm,
    Person,
    World,
    add_graduates,
    make_account,
    make_employer,
    make_world,
)
from workflows.commands import sessions
from workflows.commands.accounts import disable_account
from workflows.commands.roster import invalidate_graduate
from workflows.flows import FLOWS

KINDS = (
    "anonymous",
    "graduate_own",
    "graduate_other",
    "graduate_invalidated",
    "employer_own",
    "employer_other",
    "employer_unverified",
    "department_own",
    "department_other",
    "department_other_level",
    "department_read_only",
    "school_own",
    "school_other",
    "school_other_level",
    "school_read_only",
    "province_own",
    "province_other",
    "staff_no_permission",
    "staff_disabled",
    "connector_own",
)


@dataclass(slots=True)
class Cast:
    """Everybody, and what they may try to reach. `frozen`: of each flow, an invalidated graduate's record."""

    client: httpx.AsyncClient
    own: World
    other: World
    abroad: World
    people: dict[str, Desk | Firm | Person]
    frozen: dict[Flow, tuple[Case, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def firm(self) -> Firm:
        return self.own.employer

    def caller(self, kind: str) -> Api:
        return Api(self.client, self.tokens.get(kind, ""))

    def world(self, kind: str) -> World:
        """The world in which a kind of staff has its own desk."""
        return {"school_other": self.other, "province_other": self.abroad}.get(kind, self.own)

    async def subject(self, kind: str = "graduate_own") -> Person:
        """A fresh graduate of the own department; from now on that kind is this one."""
        department = self.own.graduate.department
        (person,) = await add_graduates(self.own, 1, departments=[department])
        self.people[kind] = person
        self.tokens[kind] = await self.open(kind)
        return person

    async def freeze(self, flow: Flow) -> Case:
        """A frozen record of that flow in its first state; the kind `graduate_invalidated` is whose it is."""
        if flow not in self.frozen:
            case = await reach(self.own, flow, "", await self.subject("graduate_invalidated"))
            first = next(t for t in FLOWS[flow].transitions if t.creates)
            await case.take(first.action)
            self.frozen[flow] = case, self.tokens["graduate_invalidated"]
            await invalidate_graduate(self.own.school, case.person.id, "已不在就业管理系统名单中")
        case, token = self.frozen[flow]
        self.people["graduate_invalidated"], self.tokens["graduate_invalidated"] = case.person, token
        return case

    async def open(self, kind: str) -> str:
        """A new session of a kind; empty for those who cannot have one."""
        who = self.people.get(kind)
        if who is None:
            return ""
        if isinstance(who, Person):
            return (await sessions.open_graduate_session(await bind(self.own, who))).token
        return (await Api(self.client).sign_in(who)).token


@asynccontextmanager
async def cast(service: Quart) -> AsyncIterator[Cast]:
    own = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    other = await make_world()
    abroad = await make_world(agreement=AgreementType.THREE_PARTY)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://test") as client:
        found = Cast(client, own, other, abroad, await _people(own, other, abroad))
        for kind in found.people:
            found.tokens[kind] = await found.open(kind)
        await found.subject("graduate_other")
        await found.freeze(Flow.ONLINE_SIGNING)
        disabled = found.people["staff_disabled"]
        assert isinstance(disabled, Desk)
        await disable_account(own.province, disabled.actor.id)
        yield found


async def _people(own: World, other: World, abroad: World) -> dict[str, Desk | Firm | Person]:
    department = own.graduate.department

    async def clerk(level: Level = Level.ALL, grant: Grant = Grant.RW) -> Desk:
        return await make_account(
            own.school, Party.DEPARTMENT, "院系审核员", department=department, level=level, employment=grant
        )

    async def officer(level: Level = Level.ALL, grant: Grant = Grant.RW) -> Desk:
        return await make_account(
            own.province, Party.SCHOOL, "学校审核员", school_id=own.school_id, level=level, employment=grant
        )

    return {
        "graduate_own": own.graduate,
        "employer_own": own.employer,
        "employer_other": await make_employer(own),
        "employer_unverified": await make_employer(own, status=EmployerStatus.PENDING),
        "department_own": own.department_desks[department],
        "department_other": next(desk for name, desk in own.department_desks.items() if name != department),
        "department_other_level": await clerk(Level.POSTGRADUATE),
        "department_read_only": await clerk(grant=Grant.RO),
        "school_own": own.school_desk,
        "school_other": other.school_desk,
        "school_other_level": await officer(Level.POSTGRADUATE),
        "school_read_only": await officer(grant=Grant.RO),
        "province_own": own.province_desk,
        "province_other": abroad.province_desk,
        "staff_no_permission": await officer(grant=Grant.NONE),
        "staff_disabled": await officer(),
    }
