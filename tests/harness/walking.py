"""Room: walks through a flow on a real database: a person, and picks of who does what (test-catalogue T1; I1-I4).

Each pick names an actor and an action; two in three are open to somebody, the third is anything. Between them days
pass, the cohort closes and the clock's jobs run, the person leaves the roster and comes back. Some persons stand on
the rosters of two schools, in two cohorts, and walk in both. At each step: what is offered is what is accepted,
nothing is written on a refusal, a repeated key changes nothing, a stale version never writes.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import kit
from models.db import fetch_row, fetch_value
from models.kit import cohort_close
from models.parties import Party, ReviewMode
from models.states import Flow
from tests.harness import ledger
from tests.harness.reaching import Case, filled, reach
from tests.harness.world import World, add_graduates, make_world, settings_form
from workflows.actors import CLOCK, Actor
from workflows.commands import clock
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.commands.settings import submit_settings
from workflows.decide import allowed
from workflows.errors import HouseError, InvalidForm, Stale
from workflows.facts import Facts
from workflows.flows import FLOWS
from workflows.loading import load
from workflows.spec import Transition

SHORT = 300
WALKS = int(os.environ.get("WALKS", SHORT))  # `make soak` asks for more
STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 100_000)), min_size=4, max_size=12)
STATEMENT = {"upload_kind": "statement", "upload_note": "协议中的岗位名称有误，需要重新填写"}

# The short run takes the same walks each time, so that what it reaches does not depend on luck.
bounded = settings(
    max_examples=WALKS, derandomize=WALKS == SHORT, deadline=None, suppress_health_check=list(HealthCheck)
)
picks = given(mode=st.sampled_from(list(ReviewMode)), steps=STEPS)


class Park:
    """Where the walks of one flow take place: for each mode a school, and another that some of its people are in too."""

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
        """A fresh person: one entry of a roster, or two of the same person. Beginnings, nothing made yet."""
        waiting = self._people[mode]
        if not waiting:
            world, earlier = await self.schools(mode)
            people = await add_graduates(world, self.AT_ONCE)
            twins = await add_graduates(earlier, self.AT_ONCE // 3, people=people[::3])
            for person in people:
                places = [(world, person)] + [(earlier, t) for t in twins if t.id_number == person.id_number]
                waiting.append([Case(w, p, w.employers[0], self.flow) for w, p in places])
        return waiting.pop()

    async def walk(self, mode: ReviewMode, steps: list[tuple[int, int]]) -> None:
        """One walk: the person's entries, a signing first where the flow ends one, then the picks."""
        entries = await self.entries(mode)
        table = FLOWS[self.flow]
        records = []
        if table.parents:
            first = entries[0]
            parent = table.parents[steps[0][1] % len(table.parents)]
            records = [await reach(first.world, parent, "signed", first.person, first.firm)]
        walk = Walk(self.flow, entries, records)
        for kind, pick in steps:
            await walk.step(kind, pick)

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
        steps = FLOWS[self.flow].transitions
        wanted = {(t.action, s, t.by) for t in steps if t.by for s in t.source or ("",)}
        unseen = {(a, s) for a, s, by in wanted if not any((a, s, str(party)) in seen for party in by)}
        assert unseen == set()


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
        self.frozen: set[UUID] = set()

    async def step(self, kind: int, pick: int) -> None:
        await self.meanwhile(pick)
        case = self.pick_record(pick)
        step, actor, action = self.pick_act(case, kind, pick)
        facts = await self.facts(case, actor)
        offered = self.offered(case, facts, actor)
        form = self.form(case, step, action, pick)
        await self.take(case, facts, actor, action, form, offered)

    async def meanwhile(self, pick: int) -> None:
        """Days pass; seldom the cohort ends, or the person leaves the roster or returns to it."""
        entry = self.entries[pick % len(self.entries)]
        if pick % 7 == 0:
            self.now += timedelta(days=(pick % 3) * 9)
        if pick % 43 == 0:
            self.now = max(self.now, cohort_close(entry.world.cohort) + timedelta(seconds=pick % 2))
            await clock.expire_invitations(self.now)
            await clock.close_cohorts(self.now)
            await self.refresh()
        if entry.person.id in self.frozen and pick % 3 == 0:
            await restore_graduate(entry.world.school, entry.person.id, at=self.now)
            self.frozen.remove(entry.person.id)
        elif pick % 37 == 0 and entry.person.id not in self.frozen:
            await invalidate_graduate(entry.world.school, entry.person.id, "名单核对中暂时移除", at=self.now)
            self.frozen.add(entry.person.id)

    async def refresh(self) -> None:
        for case in self.records:
            row = await fetch_row("SELECT state, version FROM records WHERE id = $1", case.id)
            case.state, case.version = row["state"], row["version"]

    def pick_record(self, pick: int) -> Case:
        """One of the records (twice in three), or the beginning of one; every fourth of another flow."""
        if self.records and pick % 3:
            return self.records[pick % len(self.records)]
        entry = self.entries[pick % len(self.entries)]
        flows = list(FLOWS)
        flow = flows[pick % len(flows)] if pick % 4 == 3 else self.flow
        signings = [r for r in self.records if r.flow in FLOWS[flow].parents and r.person is entry.person]
        firm = entry.world.employers[pick % 2]
        return Case(entry.world, entry.person, firm, flow, parent=signings[-1] if signings else None)

    def pick_act(self, case: Case, kind: int, pick: int) -> tuple[Transition | None, Actor, str]:
        table, actors = FLOWS[case.flow], self.actors(case)
        open_now = [(t, a, t.action) for t in table.leaving(case.state) for a in actors if a.party in t.by]
        if kind and open_now:
            return open_now[pick % len(open_now)]
        actor, action = actors[pick % len(actors)], table.actions[pick // 16 % len(table.actions)]
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

    def form(self, case: Case, step: Transition | None, action: str, pick: int) -> dict[str, Any]:
        step = step or next(t for t in FLOWS[case.flow].transitions if t.action == action)
        if action == "upload" and pick % 5 == 0:
            return STATEMENT
        return filled(step.form, case, self.now) if step.form else {}

    async def take(
        self, case: Case, facts: Facts, actor: Actor, action: str, form: dict[str, Any], offered: set[str]
    ) -> None:
        before, state, version, once = await self.footprint(), case.state, case.version, case.world.key()
        made = case.id is None
        step = FLOWS[case.flow].find(action, state, actor.party)
        again = replace(case)
        try:
            done = await case.take(action, by=actor, form=form, now=self.now, once=once)
        except HouseError as refusal:
            assert not isinstance(refusal, InvalidForm) or step is None
            late = step is not None and getattr(refusal, "guard", "") in {x.name for x in step.guards if x.needs_form}
            assert action not in offered or late or actor.party is Party.CLOCK
            assert await self.footprint() == before
            return
        assert action in offered or actor.party is Party.CLOCK
        assert step is not None
        assert actor.party in step.by
        assert done.state in step.targets
        if made:
            self.records.append(case)
        await self.refresh()
        row = await fetch_row("SELECT state, version, slot FROM records WHERE id = $1", case.id)
        assert (row["state"], row["version"]) == (done.state, version + 1)
        assert row["slot"] == FLOWS[case.flow].takes_slot(done.state)
        after = await self.footprint()
        assert (await again.take(action, by=actor, form=form, now=self.now, once=once)).as_dict() == done.as_dict()
        if not made:
            with pytest.raises(Stale):
                await replace(again, version=version).take(action, by=actor, form=form, now=self.now)
        assert await self.footprint() == after

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
