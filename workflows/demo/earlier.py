"""Room: the cohort before, closed on a 31 January: what was done in time, what lapsed, what still waits. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from models.kit import cohort_close
from models.parties import Party
from workflows.demo.institutions import SchoolPlan
from workflows.demo.matters import Matters
from workflows.demo.people import Person
from workflows.demo.plots import DAY, Step
from workflows.demo.season import Season

GRADUATES: Final = 40
"""Of each school; more than its departments and more than there are stories."""


def _signed(plot: Matters) -> str:
    key = plot.invite()
    plot.accept(key)
    plot.approve(key)
    return key


def _settled(plot: Matters) -> None:
    plot.confirm(plot.settle("70"))


def _in_review(plot: Matters) -> None:
    plot.pass_department(plot.register())


def _application(plot: Matters) -> None:
    plot.lapse(plot.apply())


def _application_draft(plot: Matters) -> None:
    key = plot.apply()
    plot.take_back(key)
    plot.lapse(key)


def _application_returned(plot: Matters) -> None:
    key = plot.apply()
    plot.send_back(key, "return_agreement")
    plot.lapse(key)


def _issued(plot: Matters) -> None:
    key = plot.apply()
    plot.issue(key)
    plot.lapse(key)


def _upload_returned(plot: Matters) -> None:
    key = plot.apply()
    plot.issue(key)
    plot.upload(key)
    plot.send_back(key)
    plot.lapse(key)


def _registration(plot: Matters) -> None:
    key = plot.register()
    plot.send_back(key)
    plot.lapse(key)


def _destination(plot: Matters) -> None:
    key = plot.settle("11")
    plot.send_back(key)
    plot.lapse(key)


def _destination_draft(plot: Matters) -> None:
    key = plot.settle("72")
    plot.take_back(key)
    plot.lapse(key)


def _termination(plot: Matters) -> None:
    plot.lapse(plot.ask(_signed(plot)))


def _termination_by_employer(plot: Matters) -> None:
    plot.lapse(plot.ask(_signed(plot), by=Party.EMPLOYER))


def _paper_termination(plot: Matters) -> None:
    key = plot.register()
    plot.finish(key)
    asked = plot.ask_on_paper(key, letter=False)
    plot.send_back(asked)
    plot.lapse(asked)


def _frozen(plot: Matters) -> None:
    plot.issue(plot.apply())
    plot.invalidate()


_KINDS: Final[tuple[tuple[int, Callable[[Matters], Any]], ...]] = (
    (4, _signed),
    (3, Matters.sign_on_paper),
    (4, _settled),
    (1, _in_review),
    (1, _application),
    (1, _application_draft),
    (1, _application_returned),
    (1, _issued),
    (1, _upload_returned),
    (1, _registration),
    (1, _destination),
    (1, _destination_draft),
    (1, _termination),
    (1, _termination_by_employer),
    (1, _paper_termination),
    (1, _frozen),
)


def earlier_histories(
    plan: SchoolPlan, people: Sequence[Person], season: Season, rng: random.Random, first: int
) -> Iterator[list[Step]]:
    """The stories of one school's closed cohort, each ending some days before the close or with it."""
    free = [person for person in people if person.may_sign]
    number = first
    for times, write in _KINDS:
        for _ in range(times):
            plot = Matters(number, free.pop(), season, plan.mode, rng)
            write(plot)
            yield plot.ending(cohort_close(season.cohort) - rng.uniform(1, 25) * DAY)
            number += 1
