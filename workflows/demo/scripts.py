"""Room: what will happen in the demo, as data: for each school today's cohort and the one that has closed. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from workflows.demo.earlier import GRADUATES as EARLIER_GRADUATES
from workflows.demo.earlier import earlier_histories
from workflows.demo.histories import histories
from workflows.demo.institutions import SCHOOLS, SchoolPlan
from workflows.demo.invented import Numbers
from workflows.demo.people import Person, Roster
from workflows.demo.personas import PERSONAS, Persona, cast, stories
from workflows.demo.plots import Step
from workflows.demo.season import Season, earlier_season

GRADUATES: Final = 2000
SEED: Final = 20270701
LATE: Final = 3
"""Graduates of each school who are put on the roster by its second file."""
_EARLIER_NUMBERS: Final = 50_000  # running numbers of the closed cohort begin here


@dataclass(slots=True)
class Script:
    """One cohort of a school before it is on the platform: its people, what will happen to them, and chance."""

    plan: SchoolPlan
    season: Season
    roster: Roster
    personas: list[tuple[Persona, Person]]
    people: list[Person]
    stories: list[list[Step]]
    rng: random.Random


@dataclass(frozen=True, slots=True)
class Scripts:
    """The cohort of today in every school, and the one that has closed."""

    season: tuple[Script, ...]
    earlier: tuple[Script, ...]


def write_scripts(season: Season, graduates: int = GRADUATES) -> Scripts:
    """Everything that will be done, as data. Pure."""
    numbers = Numbers(random.Random(SEED))  # noqa: S311  invented data must be the same again, and guard nothing
    return Scripts(
        tuple(_script(plan, season, graduates, numbers) for plan in SCHOOLS),
        tuple(_earlier_script(plan, earlier_season(season), numbers) for plan in SCHOOLS),
    )


def _script(plan: SchoolPlan, season: Season, graduates: int, numbers: Numbers) -> Script:
    rng = random.Random(f"{SEED}:{plan.key}")  # noqa: S311  as above
    roster = Roster(plan, season.cohort, numbers, rng)
    known = cast(plan, roster)
    others = [roster.drawn() for _ in range(round(graduates * plan.share) - len(known) - LATE)]
    told = list(stories(plan, known, season, rng))
    told += histories(plan, others, season, rng, first=len(PERSONAS) + 1)
    return Script(plan, season, roster, known, [*(person for _, person in known), *others], told, rng)


def _earlier_script(plan: SchoolPlan, season: Season, numbers: Numbers) -> Script:
    rng = random.Random(f"{SEED}:{plan.key}:{season.cohort}")  # noqa: S311  as above
    roster = Roster(plan, season.cohort, numbers, rng, after=_EARLIER_NUMBERS)
    known = cast(plan, roster, earlier=True)
    others = roster.of_each_department()
    others += [roster.drawn() for _ in range(EARLIER_GRADUATES - len(others) - len(known))]
    told = list(stories(plan, known, season, rng))
    told += earlier_histories(plan, others, season, rng, first=len(PERSONAS) + 1)
    return Script(plan, season, roster, known, [*(person for _, person in known), *others], told, rng)
