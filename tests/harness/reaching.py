"""Room: a record of any flow in any state, brought there by acts of those whose turn it is.

The way is the shortest one through the flow's table that people can go; what only the clock or another flow brings
about (expired, lapsed, superseded, terminated) is left to the tests that are about it.

    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_issued", person)
    await case.take("upload", Party.EMPLOYER)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from models import kit
from models.kit import shanghai_day
from models.parties import Party, ReviewMode
from models.states import Flow
from tests.harness.files import handed_in
from tests.harness.pure import FILLED
from tests.harness.world import Firm, Person, World, accept_form, invite_form
from workflows.actors import CLOCK, Actor
from workflows.engine import Outcome, act
from workflows.flows import FLOWS
from workflows.spec import Branch

# Who goes a way that several may go: the department its own stage, the graduate before the employer.
_TURN = (Party.GRADUATE, Party.EMPLOYER, Party.DEPARTMENT, Party.SCHOOL)


@dataclass(slots=True)
class Case:
    """One record, whose it is, and where it stands (`version` 0: not made yet). `parent`: the signing it ends."""

    world: World
    person: Person
    firm: Firm
    flow: Flow
    id: UUID | None = None
    state: str = ""
    version: int = 0
    parent: Case | None = None

    @property
    def record_id(self) -> UUID:
        assert self.id is not None
        return self.id

    def actor(self, party: Party) -> Actor:
        match party:
            case Party.GRADUATE:
                return self.person.actor
            case Party.EMPLOYER:
                return self.firm.actor
            case Party.DEPARTMENT:
                return self.world.department_of(self.person)
            case Party.SCHOOL:
                return self.world.school
            case _:
                return CLOCK

    def form(self, action: str, party: Party, now: datetime | None = None) -> dict[str, Any]:
        """An acceptable answer to what this party is asked for the action here."""
        step = FLOWS[self.flow].find(action, self.state, party)
        return filled(step.form, self, now) if step and step.form else {}

    async def take(
        self,
        action: str,
        party: Party | None = None,
        form: Mapping[str, Any] | None = None,
        *,
        by: Actor | None = None,
        now: datetime | None = None,
        version: int | None = None,
        once: str = "",
    ) -> Outcome:
        """One act, by default of the first whose turn it may be, with an acceptable form. Moves the case along."""
        party = by.party if by else party or self.turn(action)
        actor = by or self.actor(party)
        done = await act(
            actor,
            self.flow,
            self.id,
            action,
            await handed_in(actor, self.form(action, party, now) if form is None else form),
            version=version or self.version or None,
            once=once or self.world.key(),
            parent_id=self.parent.id if self.parent and self.id is None else None,
            now=now,
        )
        self.id, self.state, self.version = done.record_id, done.state, done.version
        return done

    def turn(self, action: str) -> Party:
        ways = [t for t in FLOWS[self.flow].leaving(self.state) if t.action == action]
        return next(party for party in (*_TURN, Party.CLOCK) if any(party in t.by for t in ways))


def filled(name: str, case: Case, now: datetime | None = None) -> dict[str, Any]:
    """An acceptable answer to a form, of this person and this employer, in this cohort, on this day."""
    if name == "online_signing.invite":
        return invite_form(case.world, case.person)
    if name == "online_signing.accept":
        return accept_form(case.person)
    own = {
        "own_mobile": case.person.mobile,
        "report_on": f"{case.world.cohort}-07-10",
        "contract_from": f"{case.world.cohort}-07-01",
        "signed_on": str(shanghai_day(now or kit.now())),
        "employer_name": case.firm.name,
        "employer_uscc": case.firm.uscc,
    }
    return {field: own.get(field, value) for field, value in FILLED[name].items()}


@lru_cache(maxsize=256)
def way(flow: Flow, state: str, mode: ReviewMode) -> tuple[tuple[str, Party], ...]:
    """The shortest way to a state that people can go: each step's action and who takes it."""
    waiting = deque([("", ())])
    seen = {""}
    while waiting:
        here, path = waiting.popleft()
        if here == state:
            return path
        for step in FLOWS[flow].leaving(here):
            party = next((p for p in _TURN if p in step.by), None)
            target = step.target.resolve(mode) if isinstance(step.target, Branch) else step.target
            if party is not None and target not in seen:
                seen.add(target)
                waiting.append((target, (*path, (step.action, party))))
    raise LookupError(f"{flow}: nobody brings a record to {state} under {mode}")


def reachable(flow: Flow, mode: ReviewMode) -> tuple[str, ...]:
    """The states that people can bring a record to, in the table's order."""
    found = []
    for state in FLOWS[flow].states:
        try:
            way(flow, state.name, mode)
        except LookupError:
            continue
        found.append(state.name)
    return tuple(found)


async def reach(
    world: World,
    flow: Flow,
    state: str,
    person: Person | None = None,
    firm: Firm | None = None,
    *,
    parent: Flow | None = None,
    now: datetime | None = None,
) -> Case:
    """A record in that state ("": about to be made); a termination with its signing made first.

    `parent`: of which flow that signing is, by default the first of the table's.
    """
    case = Case(world, person or world.graduate, firm or world.employer, flow)
    if FLOWS[flow].parents:
        case.parent = await reach(world, parent or FLOWS[flow].parents[0], "signed", case.person, case.firm, now=now)
    for action, party in way(flow, state, world.mode):
        await case.take(action, party, now=now)
    assert case.state == state
    return case
