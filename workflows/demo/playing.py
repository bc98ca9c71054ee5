"""Room: playing the demo's stories: one act after the other in each school, the schools side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from models.parties import Party
from workflows.actors import CLOCK, Actor
from workflows.commands.desk_notes import answer_note, dispute
from workflows.commands.record_notes import add_note
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.demo.building import School, at, reviewer
from workflows.demo.papers import hand_over
from workflows.demo.plots import Step
from workflows.engine import Outcome, act
from workflows.errors import Refused
from workflows.guards import WARNING_SEEN
from workflows.review_questions import ACKNOWLEDGED

_AT_DEPARTMENT = "review_department"

Event = Callable[[], Awaitable[Any]]
"""Something of the school itself that happens between the acts."""


@dataclass(slots=True)
class Play:
    """One school's season. Steps and events are taken in the order of their moments: so is its journal."""

    school: School
    employers: Mapping[int, Actor]
    _waiting: list[tuple[datetime, int, Step | Event]] = field(default_factory=list)
    _records: dict[tuple[int, str], Outcome] = field(default_factory=dict)
    _disputes: dict[UUID, UUID] = field(default_factory=dict)
    _turn: int = 0

    def add(self, steps: Iterable[Step]) -> None:
        for step in steps:
            self._waiting.append((step.at, len(self._waiting), step))

    def add_event(self, moment: datetime, event: Event) -> None:
        self._waiting.append((moment, len(self._waiting), event))

    async def until(self, moment: datetime) -> None:
        """Play everything up to this moment."""
        self._waiting.sort(key=lambda entry: entry[:2])
        while self._waiting and self._waiting[0][0] <= moment:
            _, _, entry = self._waiting.pop(0)
            if isinstance(entry, Step):
                await self._perform(entry)
            else:
                await entry()

    async def _perform(self, step: Step) -> None:
        match step.action:
            case "invalidate":
                who = self.school.ids[step.person.exam_no]
                await at(step.at, invalidate_graduate, self.school.desks[0], who, step.form["reason"])
            case "restore":
                await at(step.at, restore_graduate, self.school.desks[0], self.school.ids[step.person.exam_no])
            case "note" | "dispute" | "answer_note":
                await self._write(step, self._records[step.story, step.key])
            case _:
                await self._act(step)

    async def _write(self, step: Step, about: Outcome) -> None:
        """What somebody writes about a record, which stays as it is."""
        actor, text = self._actor(step, about), step.form["text"]
        match step.action:
            case "note":
                await at(step.at, add_note, actor, about.record_id, text)
            case "dispute":
                made = await at(step.at, dispute, actor, step.flow, about.record_id, text)
                self._disputes[about.record_id] = made
            case _:
                await at(step.at, answer_note, actor, self._disputes[about.record_id], text)

    async def _act(self, step: Step) -> None:
        before = self._records.get((step.story, step.key))
        parent = self._records.get((step.story, step.parent))
        actor = self._actor(step, before)
        handed = {
            name: [str(await hand_over(actor, one, step.at)) for one in kept] for name, kept in step.papers.items()
        }
        self._turn += 1

        async def perform(form: Mapping[str, Any]) -> Outcome:
            return await act(
                actor,
                step.flow,
                before.record_id if before else None,
                step.action,
                form,
                version=before.version if before and step.party is not Party.CLOCK else None,
                once=f"demo:{self.school.plan.key}:{self.school.cohort}:{step.story}:{step.key}:{self._turn}",
                parent_id=parent.record_id if parent and before is None else None,
                now=step.at,
            )

        form = {**step.form, **handed}
        try:
            done = await perform(form)
        except Refused as refused:
            if refused.guard != WARNING_SEEN.name:
                raise
            # Somebody who reviews a marked employer reads the mark, then ticks that it was read.
            done = await perform({**form, ACKNOWLEDGED.name: True})
        self._records[step.story, step.key] = done

    def _actor(self, step: Step, before: Outcome | None) -> Actor:
        match step.party:
            case Party.CLOCK:
                return CLOCK
            case Party.EMPLOYER:
                return self.employers[step.employer]
            case Party.GRADUATE:
                return self.school.graduates[step.person.exam_no]
            case _:
                stage = before is not None and before.state.endswith(_AT_DEPARTMENT)
                person = step.person
                return reviewer(self.school, person.department, person.level, at_department=stage, turn=self._turn)
