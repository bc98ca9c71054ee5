"""Room: stories over HTTP: people of one school, an employer and the simulated outside, told as one would tell them.

graduate, school = story.graduate, story.school
case = await graduate.begins("destination", "submit", form)
await school.does(case, "approve")
await story.deliver()
assert await story.destination_of(graduate) == "11"
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from quart import Quart

from models import db
from models.parties import AgreementType, Party, ReviewMode
from models.states import Channel
from notifier.clients.upstream import UpstreamClient
from notifier.workbench import Workbench
from tests.harness.callers import Api, fresh_key
from tests.harness.files import uploaded
from tests.harness.outbox import Outside, outside, running, until
from tests.harness.world import (
    Desk,
    Firm,
    Person,
    World,
    add_graduates,
    invite_form,
    make_account,
    make_employer,
    make_world,
)
from workflows.actors import Actor


@dataclass(slots=True)
class Case:
    """A record as the story last saw it."""

    flow: str
    id: str
    state: str
    label: str
    version: int

    @property
    def path(self) -> str:
        return f"/v1/{self.flow}/{self.id}"

    def moved(self, answer: httpx.Response) -> Case:
        told = answer.json()
        self.state, self.label, self.version = told["state"], told["label"], told["version"]
        return self


@dataclass(slots=True)
class Someone:
    """One person of the story with a session of their own."""

    api: Api
    actor: Actor
    who: Desk | Firm | Person
    world: World

    async def again(self) -> None:
        """Sign in anew: long waits outlive a session."""
        fresh = Api(self.api.client)
        self.api = await (
            fresh.as_graduate(self.world, self.who) if isinstance(self.who, Person) else fresh.sign_in(self.who)
        )

    async def begins(self, flow: str, action: str, form: dict[str, Any], about: Case | None = None) -> Case:
        """Make a record; `about`: the signing that a termination is to end."""
        answer = await self.tries_to_begin(flow, action, form, about)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        return Case(flow, told["id"], told["state"], told["label"], told["version"])

    async def tries_to_begin(
        self, flow: str, action: str, form: dict[str, Any], about: Case | None = None
    ) -> httpx.Response:
        body = {"action": action, "form": form, **({"parent": about.id} if about else {})}
        return await self.api.post(f"/v1/{flow}", body, Idempotency_Key=fresh_key())

    async def does(self, case: Case, action: str, **form: Any) -> Case:
        """Act on a record; the case moves on."""
        answer = await self.tries(case, action, **form)
        assert answer.status_code == 200, answer.text
        return case.moved(answer)

    async def tries(self, case: Case, action: str, **form: Any) -> httpx.Response:
        return await self.api.act(case.path, action, case.version, form)

    async def is_refused(self, case: Case, action: str, guard: str, **form: Any) -> str:
        """The sentence with which the rules say no."""
        answer = await self.tries(case, action, **form)
        assert (answer.status_code, answer.json().get("guard")) == (409, guard), answer.text
        return str(answer.json()["detail"])

    async def sees(self, case: Case) -> dict[str, Any]:
        """The record, in its newest version."""
        answer = await self.api.get(case.path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        case.state, case.label, case.version = found["state"], found["label"], found["version"]
        return found

    async def may(self, case: Case) -> list[str]:
        """The actions that are open to this person now."""
        return [choice["name"] for choice in (await self.sees(case))["actions"] if choice["open"]]

    async def history(self, case: Case) -> list[dict[str, Any]]:
        return list((await self.api.get(f"{case.path}/history")).json()["items"])

    async def get(self, path: str) -> Any:
        answer = await self.api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def scan(self, seed: int = 1, name: str = "盖章协议.jpg") -> list[str]:
        """A picture uploaded, as a field of files wants it."""
        return [str(await uploaded(self.actor, seed, name))]


@dataclass(slots=True)
class Story:
    """A school that is open, its people, an employer, and the outside."""

    client: httpx.AsyncClient
    outside: Outside
    world: World
    school: Someone
    province: Someone
    departments: dict[str, Someone]
    employer: Someone
    graduates: list[Someone] = field(default_factory=list)

    @property
    def graduate(self) -> Someone:
        return self.graduates[0]

    @property
    def department(self) -> Someone:
        """The one of the first graduate."""
        assert isinstance(self.graduate.who, Person)
        return self.departments[self.graduate.who.department]

    async def newcomer(self, **values: Any) -> Someone:
        """One more graduate, bound to WeChat, of the first department."""
        department = next(iter(self.world.department_desks))
        (person,) = await add_graduates(self.world, 1, departments=[department], **values)
        return await self.joins(person)

    async def joins(self, person: Person) -> Someone:
        """Somebody of the roster takes part from now on, bound to a WeChat account of the sandbox."""
        await self.outside.bind(person)
        someone = Someone(await Api(self.client).as_graduate(self.world, person), person.actor, person, self.world)
        self.graduates.append(someone)
        return someone

    async def other_employer(self) -> Someone:
        """A second one of the same province, verified."""
        firm = await make_employer(self.world)
        return Someone(await Api(self.client).sign_in(firm), firm.actor, firm, self.world)

    async def outside_clerk(self) -> Someone:
        """One more account of the school."""
        desk = await make_account(self.world.province, Party.SCHOOL, "学校新同事", school_id=self.world.school_id)
        return Someone(await Api(self.client).sign_in(desk), desk.actor, desk, self.world)

    async def work(self, job: str) -> dict[str, Any]:
        """Let a notifier do what waits as a job; how it ended."""
        bench = Workbench(UpstreamClient(self.outside.sandbox.ems, self.outside.door))
        while (found := await self.school.get(f"/v1/jobs/{job}"))["status"] in ("waiting", "running"):
            await bench.once()
        return found

    async def ems_holds(self, graduate: Someone) -> None:
        """The school has put a graduate on the EMS's roster."""
        assert isinstance(graduate.who, Person)
        entry = {"school": self.world.school_code, "cohort": self.world.cohort, "id_number": graduate.who.id_number}
        await self.outside.control("ems/roster", [entry])

    async def unbinds(self, graduate: Someone) -> None:
        await db.execute("UPDATE bindings SET ended_at = now() WHERE graduate_id = $1", graduate.actor.id)

    async def invites(self, employer: Someone, graduate: Someone, **values: Any) -> Case:
        assert isinstance(graduate.who, Person)
        return await employer.begins("online_signing", "invite", invite_form(self.world, graduate.who, **values))

    async def signs_online(self, graduate: Someone, employer: Someone | None = None) -> Case:
        """The whole way to an online signing in force."""
        assert isinstance(graduate.who, Person)
        case = await self.invites(employer or self.employer, graduate)
        await graduate.does(case, "accept", own_mobile=graduate.who.mobile, agreed=True)
        return await self.approves(case)

    async def approves(self, case: Case, action: str = "approve", **form: Any) -> Case:
        """Whoever's turn it is, until the school has; the graduate hears of the department's step first."""
        while case.state.endswith("_department"):
            await self._reviewer(case).does(case, action)
            await self.deliver()
        return await self.school.does(case, action, **form)

    def _reviewer(self, case: Case) -> Someone:
        return self.department if case.state.endswith("_department") else self.school

    # --- the outside

    async def deliver(self) -> None:
        """Let everything that is owed reach the outside."""

        async def drained() -> bool:
            return not await db.fetch_value("SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending')")

        async with AsyncExitStack() as lanes:
            for channel in Channel:
                await lanes.enter_async_context(running(self.outside.lane(channel, limit=5)))
            await until(drained, 30)

    async def columns_of(self, graduate: Someone) -> dict[str, Any]:
        """What the EMS holds of a graduate's destination."""
        assert isinstance(graduate.who, Person)
        number = graduate.who.id_number
        ledger = (await self.outside.mailbox("ems"))["ledger"]
        found: dict[str, Any] = [one for one in ledger if one["id_number"] == number and one["applied"]][-1]["columns"]
        return found

    async def destination_of(self, graduate: Someone) -> str:
        return str((await self.columns_of(graduate))["byqxdm"])

    async def told(self, graduate: Someone) -> list[str]:
        """Titles of what was written to a graduate, oldest first; by whatever channel it went."""
        assert isinstance(graduate.who, Person)
        rows = await db.fetch(
            "SELECT o.notice FROM outbox o LEFT JOIN bindings b ON b.id = o.recipient "
            "WHERE (o.recipient = $1 OR b.graduate_id = $1) AND o.channel <> 'ems' "
            "AND o.status IN ('sent', 'delivered') ORDER BY o.id",
            graduate.who.id,
        )
        return [row["notice"] for row in rows]

    async def inbox(self, employer: Someone) -> list[str]:
        """Notices in an employer's inbox, newest first."""
        assert isinstance(employer.who, Firm)
        shown = (await employer.get("/v1/employers/current/inbox"))["items"]
        rows = await db.fetch("SELECT id, notice FROM inbox_notes WHERE employer_id = $1", employer.who.id)
        names = {str(row["id"]): row["notice"] for row in rows}
        told = [names[note["id"]] for note in shown]
        return [name for name in told if name != "employer_verified"]  # how every employer begins


@asynccontextmanager
async def storytelling(
    service: Quart,
    folder: Path,
    mode: ReviewMode = ReviewMode.SCHOOL,
    *,
    agreement: AgreementType = AgreementType.TWO_PARTY,
    settings: dict[str, Any] | None = None,
) -> AsyncIterator[Story]:
    """A story whose outbox nobody else empties: to be opened in a file of its own."""
    world = await make_world(mode, agreement=agreement, settings=settings)
    transport = httpx.ASGITransport(service)
    async with (
        outside(folder, world=world) as beyond,
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        api = Api(client)

        async def at(desk: Desk | Firm) -> Someone:
            return Someone(await api.sign_in(desk), desk.actor, desk, world)

        departments = {name: await at(desk) for name, desk in world.department_desks.items()}
        employer = await at(world.employer)
        school, province = await at(world.school_desk), await at(world.province_desk)
        story = Story(client, beyond, world, school, province, departments, employer)
        for person in world.graduates:
            await story.joins(person)
        yield story
