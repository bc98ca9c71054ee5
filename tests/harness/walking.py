"""Room: walks through a flow on a real database: a person, and picks of who does what (test-catalogue T1; I1-I4).

A walk begins with any step of the flow's table, a termination with a signing made first. Each pick after it is the
seed of one choice of actor and action; two in three are open to somebody, the third is anything. Between them days
pass, the cohort closes and the clock's jobs run, the person leaves the roster and comes back. Some persons stand on
the rosters of two schools, in two cohorts, and walk in both. At each step: what is offered is what is accepted,
nothing is written on a refusal, a repeated key changes nothing, a stale version never writes.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import kit
from models.db import fetch, fetch_row, fetch_value
from models.kit import cohort_close
from models.parties import Party, ReviewMode
from models.states import Flow
from tests.harness import ledger
from tests.harness.pure import SCAN
from tests.harness.reaching import Case, filled, reach, reachable
from tests.harness.world import World, add_graduates, make_world, settings_form
from workflows.actors import CLOCK, Actor
from workflows.commands import clock
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.commands.settings import submit_settings
from workflows.decide import allowed
from workflows.engine import Outcome
from workflows.errors import HouseError, InvalidForm, Refused, Stale
from workflows.facts import Facts
from workflows.flows import FLOWS
from workflows.loading import load
from workflows.spec import Transition

SHORT = 300
WALKS = int(os.environ.get("WALKS", SHORT))  # of each flow; `make soak` asks for 20,000
PICK = st.integers(0, 2**32)
STEPS = st.lists(PICK, min_size=4, max_size=11)
# What the clock does after a province has suspended the employer: no step of a walk, and tested with suspensions.
FROM_OUTSIDE = {"close_suspended"}
ENDING, LEAVING = 1 / 50, 1 / 15  # how often, at each step, the cohort ends, an entry leaves the roster or returns
POSTGRADUATE = "11"
STATEMENT = {"upload_kind": "statement", "upload_note": "协议中的岗位名称有误，需要重新填写", "scans": SCAN}

# The short run takes the same walks each time, so that what it reaches does not depend on luck.
bounded = settings(
    max_examples=WALKS, derandomize=WALKS == SHORT, deadline=None, suppress_health_check=list(HealthCheck)
)
picks = given(mode=st.sampled_from(list(ReviewMode)), start=PICK, steps=STEPS)


class Park:
    """Where the walks of one flow take place: for each mode a school, and another one that some people are in too."""

    AT_ONCE = 60

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self._schools: dict[ReviewMode, tuple[World, World]] = {}
        self._people: dict[ReviewMode, list[list[Case]]] = {mode: [] for mode in ReviewMode}
        self.extra: list[World] = []

    @property
    def worlds(self) -> list[World]:
        return [world for pair in self._schools.values() for world in pair] + self.extra

    async def schools(self, mode: ReviewMode) -> tuple[World, World]:
        if mode not in self._schools:
            world = await make_world(mode, graduates=2, employers=2)
            # The other school reviews in the other way, and its cohort is the year before.
            other = next(m for m in ReviewMode if m is not mode)
            earlier = await make_world(other, cohort=world.cohort - 1, graduates=2, employers=0)
            earlier.employers = world.employers
            self._schools[mode] = world, earlier
        return self._schools[mode]

    async def entries(self, mode: ReviewMode) -> list[Case]:
        """A fresh person: one entry of a roster, or two of the same person. Beginnings, nothing made yet.

        Of two entries of one level the school that listed the person first gives way to the other one; those of two
        levels live side by side.
        """
        waiting = self._people[mode]
        if not waiting:
            world, earlier = await self.schools(mode)
            people = await add_graduates(world, self.AT_ONCE)
            moved = await add_graduates(earlier, self.AT_ONCE // 6, people=people[0::6])
            beside = await add_graduates(earlier, self.AT_ONCE // 6, people=people[3::6], level_code=POSTGRADUATE)
            for person in people:
                gone = [(earlier, twin) for twin in moved if twin.id_number == person.id_number]
                more = [(earlier, twin) for twin in beside if twin.id_number == person.id_number]
                places = (*gone, (world, person), *more)
                waiting.append([Case(w, p, w.employers[0], self.flow) for w, p in places])
        return waiting.pop()

    async def walk(self, mode: ReviewMode, start: int, steps: list[int]) -> None:
        """One walk: to a step of the table that `start` picks, that step, then the picks."""
        entries = await self.entries(mode)
        first, luck = entries[0], Random(start)
        known = ("", *reachable(self.flow, first.world.mode))
        wish, state = luck.choice([(t, s) for s in known for t in FLOWS[self.flow].leaving(s) if t.by])
        parent = luck.choice(FLOWS[self.flow].parents) if FLOWS[self.flow].parents else None
        case = await reach(first.world, self.flow, state, first.person, first.firm, parent=parent)
        walk = Walk(self.flow, entries, [c for c in (case.parent, case) if c and c.id])
        await walk.refresh()
        await walk.step(luck, (case, wish))
        for pick in steps:
            await walk.step(Random(pick))

    async def close(self) -> None:
        """The cohorts of all walks end; whatever was left waits for nobody but a reviewer, or is frozen."""
        late = cohort_close(max(world.cohort for world in self.worlds)) + timedelta(seconds=1)
        for job in (clock.expire_invitations, clock.close_cohorts):
            while await job(late):
                pass
        for world in self.worlds:
            left = await fetch_value(
                "SELECT count(*) FROM records r JOIN graduates g ON g.id = r.graduate_id WHERE r.school_id = $1 "
                "AND g.invalid_at IS NULL AND r.waits_on IN ('graduate', 'employer')",
                world.school_id,
            )
            assert left == 0

    async def lose_stages(self) -> None:
        """The one way that needs a school of its own: the mode changes while a record at its department is frozen."""
        world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
        self.extra.append(world)
        stages = [s.name for s in FLOWS[self.flow].states if s.waits_on is Party.DEPARTMENT]
        people = await add_graduates(world, len(stages), departments=[world.graduate.department])
        cases = [await reach(world, self.flow, s, p) for s, p in zip(stages, people, strict=True)]
        for person in people:
            await invalidate_graduate(world.school, person.id, "名单核对中暂时移除")
        await change_mode(world, ReviewMode.SCHOOL)
        for person in people:
            await restore_graduate(world.school, person.id)
        assert await clock.leave_lost_stages() >= len(cases)
        for case in cases:
            row = await fetch_row("SELECT state, waits_on FROM records WHERE id = $1", case.id)
            assert (row["state"], row["waits_on"]) == (case.state.replace("department", "school"), "school")

    async def verify(self) -> None:
        """The ledgers are whole, no person held two slots at once, and every way of the table was gone."""
        seen: set[tuple[str, str, str]] = set()
        for world in self.worlds:
            await ledger.verify(world.school_id)
            rows = await ledger.journal_of(world.school_id)
            seen |= {(r["action"], r["from_state"], r["party"]) for r in rows if r["flow"] == self.flow}
        await ledger.verify_slots([world.school_id for world in self.worlds])
        steps = [t for t in FLOWS[self.flow].transitions if t.action not in FROM_OUTSIDE]
        wanted = {(t.action, s, t.by) for t in steps if t.by for s in t.source or ("",)}
        unseen = {(a, s) for a, s, by in wanted if not any((a, s, str(party)) in seen for party in by)}
        assert not unseen, f"no walk went {sorted(unseen)}"


async def change_mode(world: World, mode: ReviewMode, **form: Any) -> None:
    values = settings_form(mode, **form)
    world.settings_version = await submit_settings(world.school, world.cohort, values, world.settings_version)
    world.mode = mode


class Walk:
    """One person's records, as somebody with all roles would click."""

    def __init__(self, flow: Flow, entries: list[Case], records: list[Case]) -> None:
        self.flow, self.entries, self.records = flow, entries, records
        self.now = kit.now()
        self.people = [entry.person.id for entry in entries]
        self.print: tuple[Any, ...] = ()

    async def step(self, luck: Random, wish: tuple[Case, Transition] | None = None) -> None:
        """What `luck` picks, or the wish, by somebody who may take it."""
        if (wish is None and await self.meanwhile(luck)) or not self.print:
            self.print = await self.footprint()
        case = wish[0] if wish else self.pick_record(luck)
        step, actor, action = self.pick_act(case, luck, wish[1] if wish else None)
        offered = self.offered(case, await self.facts(case, actor), actor)
        form = self.form(case, step, action, luck)
        before, once = replace(case), case.world.key()
        try:
            done = await case.take(action, by=actor, form=form, now=self.now, once=once)
        except HouseError as error:
            await self.refused(step, actor, action in offered, error)
        else:
            assert action in offered or actor.party is Party.CLOCK
            await self.accepted(before, case, step, actor, done)
            await self.once_more(before, actor, action, form, luck.choice((once, "")), done)

    async def meanwhile(self, luck: Random) -> bool:
        """Days pass; seldom the cohort ends, or the person leaves the roster or returns. True: rows have changed."""
        entry = luck.choice(self.entries)
        person, school = entry.person.id, entry.world.school
        self.now += timedelta(days=luck.choice((0, 0, 0, 0, 0, 9, 18)))
        if ended := luck.random() < ENDING:
            self.now = max(self.now, cohort_close(entry.world.cohort) + timedelta(seconds=luck.choice((0, 1))))
            await clock.expire_invitations(self.now)
            await clock.close_cohorts(self.now)
            await self.refresh()
        if moved := luck.random() < LEAVING:
            await self.leave_or_return(school, person)
        return ended or moved

    async def leave_or_return(self, school: Actor, person: UUID) -> None:
        """An entry that returns sends another one of its level away, unless both hold something."""
        if await fetch_value("SELECT invalid_at IS NULL FROM graduates WHERE id = $1", person):
            await invalidate_graduate(school, person, "名单核对中暂时移除", at=self.now)
            return
        try:
            await restore_graduate(school, person, at=self.now)
        except Refused as refused:
            if refused.guard != "slot_free":
                raise

    async def refresh(self) -> dict[UUID | None, Any]:
        """The cases as their rows stand; the rows by record."""
        ids = [case.id for case in self.records]
        rows = {r["id"]: r for r in await fetch("SELECT id, state, version, slot FROM records WHERE id = ANY($1)", ids)}
        for case in self.records:
            case.state, case.version = rows[case.id]["state"], rows[case.id]["version"]
        return rows

    def pick_record(self, luck: Random) -> Case:
        """One of the records (two in three times), or the beginning of one; every fourth of another flow."""
        if self.records and luck.random() < 2 / 3:
            live = [case for case in self.records if not FLOWS[case.flow].state(case.state).final]
            return luck.choice((live if luck.random() < 0.8 else []) or self.records)
        entry = luck.choice(self.entries)
        flow = luck.choice(list(FLOWS)) if luck.random() < 1 / 4 else self.flow
        signings = [r for r in self.records if r.flow in FLOWS[flow].parents and r.person is entry.person]
        firm = luck.choice(entry.world.employers)
        return Case(entry.world, entry.person, firm, flow, parent=signings[-1] if signings else None)

    def pick_act(self, case: Case, luck: Random, wish: Transition | None) -> tuple[Transition | None, Actor, str]:
        table, actors = FLOWS[case.flow], self.actors(case)
        steps = [wish] if wish else list(table.leaving(case.state))
        open_now = [(t, a, t.action) for t in steps for a in actors if a.party in t.by]
        if wish or (open_now and luck.random() < 2 / 3):
            return luck.choice(open_now)
        actor, action = luck.choice(actors), luck.choice(table.actions)
        return table.find(action, case.state, actor.party), actor, action

    def actors(self, case: Case) -> tuple[Actor, ...]:
        world = case.world
        return (
            case.person.actor,
            case.firm.actor,
            *world.departments.values(),
            world.school,
            world.employers[1].actor,
            world.province,
            CLOCK,
        )

    async def facts(self, case: Case, actor: Actor) -> Facts:
        employer = actor.employer_id if case.id is None else None
        person = None if case.id else case.person.id
        found = await load(now=self.now, record_id=case.id, graduate_id=person, employer_id=employer, lock=False)
        assert found is not None
        if case.id is None and FLOWS[case.flow].parents:
            named = case.parent.id if case.parent else None
            ended = [r for r in found.others if r.id == named and r.flow in FLOWS[case.flow].parents]
            found = replace(found, parent=ended[0] if ended else None)
        return found

    def offered(self, case: Case, facts: Facts, actor: Actor) -> set[str]:
        """The names of what is open to this actor. An employer begins to end its own signings only."""
        ends = case.id is None and FLOWS[case.flow].parents and actor.party is Party.EMPLOYER
        if ends and (facts.parent is None or facts.parent.employer_id != actor.employer_id):
            return set()
        return {c.name for c in allowed(FLOWS[case.flow], facts, actor) if c.open}

    def form(self, case: Case, step: Transition | None, action: str, luck: Random) -> dict[str, Any]:
        step = step or next(t for t in FLOWS[case.flow].transitions if t.action == action)
        if action == "upload" and luck.random() < 1 / 5:
            return STATEMENT
        return filled(step.form, case, self.now) if step.form else {}

    async def refused(self, step: Transition | None, actor: Actor, offered: bool, error: HouseError) -> None:
        """Nothing was offered that is refused, but for what only the filled-in form shows; nothing was written."""
        assert step is None or not isinstance(error, InvalidForm)
        late = step is not None and getattr(error, "guard", "") in {g.name for g in step.guards if g.needs_form}
        assert late or not offered or actor.party is Party.CLOCK
        assert await self.footprint() == self.print

    async def accepted(self, before: Case, case: Case, step: Transition | None, actor: Actor, done: Outcome) -> None:
        """The table allows it, and the row stands as was answered."""
        assert step is not None
        assert actor.party in step.by
        assert done.state in step.targets
        if before.id is None:
            self.records.append(case)
        row = (await self.refresh())[done.record_id]
        assert tuple(row)[1:] == (done.state, before.version + 1, FLOWS[case.flow].takes_slot(done.state))
        await self.brought(case, step)
        self.print = await self.footprint()

    async def brought(self, case: Case, step: Transition) -> None:
        """What an act brings with it is there: other invitations closed, the signing ended."""
        for rule in step.cascades:
            if rule.action == "terminate" and case.parent is not None:
                assert await fetch_value("SELECT state FROM records WHERE id = $1", case.parent.id) == "terminated"
            if rule.action == "supersede":
                # One whose last second has passed is the clock's to end.
                still = "SELECT count(*) FROM records WHERE graduate_id = $1 AND state = 'invited' AND expires_at >= $2"
                assert await fetch_value(still, case.person.id, self.now) == 0

    async def once_more(
        self, before: Case, actor: Actor, action: str, form: dict[str, Any], once: str, done: Outcome
    ) -> None:
        """The same key (`once`) again gives the first answer; under a fresh one the version is past."""
        if once:
            again = await replace(before).take(action, by=actor, form=form, now=self.now, once=once)
            assert again.repeated
            assert again.as_dict() == done.as_dict()
        elif before.id is not None:
            with pytest.raises(Stale):
                await replace(before).take(action, by=actor, form=form, now=self.now)
        assert await self.footprint() == self.print

    async def footprint(self) -> tuple[Any, ...]:
        """Whatever an act writes, as far as this person and these schools are concerned."""
        chains = [f"school:{entry.world.school_id}" for entry in self.entries]
        row = await fetch_row(
            """SELECT (SELECT sum(seq) FROM journal_heads WHERE chain = ANY($1::text[])),
              (SELECT max(id) FROM outbox),
              (SELECT sum(version) FROM records WHERE graduate_id = ANY($2::uuid[])),
              (SELECT sum(terminations_used) FROM graduates WHERE id = ANY($2::uuid[])),
              (SELECT count(*) FROM inbox_notes n JOIN records r ON r.id = n.record_id
                WHERE r.graduate_id = ANY($2::uuid[]))""",
            chains,
            self.people,
        )
        return tuple(row)
