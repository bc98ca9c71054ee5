"""Room: the whole of the demo's data, from an empty, migrated database to a season in full swing.

Nothing is written by hand: provinces, schools, rosters and employers come by commands, every record by acts, each with
the moment at which it would have happened. The same day gives the same data, ids apart.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from models import kit
from models.config import Profile, settings
from models.parties import Party
from models.tables import Province as ProvinceRow
from workflows.actors import OPERATOR
from workflows.commands.notes import mark_notes_read
from workflows.commands.warnings import mark_employer
from workflows.demo.binding import bind_persona
from workflows.demo.building import (
    MINUTE,
    Province,
    School,
    at,
    build_employers,
    build_province,
    build_school,
    employer_actor,
    import_people,
    late_employers,
)
from workflows.demo.employers import EMPLOYER_BY_NUMBER, EMPLOYERS, SUSPENDED, WARNED
from workflows.demo.histories import histories
from workflows.demo.institutions import PROVINCES, SCHOOLS, SchoolPlan
from workflows.demo.invented import Numbers
from workflows.demo.people import Person, Roster
from workflows.demo.personas import PERSONAS, Persona, cast, stories
from workflows.demo.playing import Play
from workflows.demo.plots import Step
from workflows.demo.season import Season, acting, season_of
from workflows.demo.silence import retire_messages

GRADUATES: Final = 2000
SEED: Final = 20270701
UNREAD: Final = timedelta(days=4)
"""Employers have read their messages up to so long ago."""


@dataclass(slots=True)
class _Script:
    """One school before it is on the platform: its people, what will happen to them, and its source of chance."""

    plan: SchoolPlan
    roster: Roster
    personas: list[tuple[Persona, Person]]
    people: list[Person]
    stories: list[list[Step]]
    rng: random.Random


async def seed(graduates: int = GRADUATES, now: datetime | None = None) -> None:
    """Fill the open, empty database. `now`: the moment up to which the season has come, the present by default.

    Raises RuntimeError in production and where there is data already.
    """
    if settings().profile is Profile.PRODUCTION:
        raise RuntimeError("invented data do not go into production")
    if await ProvinceRow.exists():
        raise RuntimeError("the database holds data already")
    season = season_of(now or kit.now())
    scripts = write_scripts(season, graduates)
    built = await asyncio.gather(*(build_province(plan, season) for plan in PROVINCES))
    provinces = {plan.key: province for plan, province in zip(PROVINCES, built, strict=True)}
    await build_employers(provinces, season)
    plays = await _stage(scripts, provinces, season)
    for play, script in zip(plays, scripts, strict=True):
        await _bind(play.school, script, season)
    await _play(plays, provinces, season)
    await at(season.now, retire_messages, OPERATOR)


def write_scripts(season: Season, graduates: int = GRADUATES) -> list[_Script]:
    """Everything that will be done, as data. Pure."""
    numbers = Numbers(random.Random(SEED))  # noqa: S311  invented data must be the same again, and guard nothing
    return [_script(plan, season, graduates, numbers) for plan in SCHOOLS]


def _script(plan: SchoolPlan, season: Season, graduates: int, numbers: Numbers) -> _Script:
    rng = random.Random(f"{SEED}:{plan.key}")  # noqa: S311  as above
    roster = Roster(plan, season.cohort, numbers, rng)
    known = cast(plan, roster)
    others = [roster.drawn() for _ in range(round(graduates * plan.share) - len(known) - _LATE)]
    told = list(stories(plan, known, season, rng))
    told += histories(plan, others, season, rng, first=len(PERSONAS) + 1)
    return _Script(plan, roster, known, [*(person for _, person in known), *others], told, rng)


# --- the season ----------------------------------------------------------------------------------


async def _stage(scripts: list[_Script], provinces: Mapping[str, Province], season: Season) -> list[Play]:
    schools = await asyncio.gather(
        *(build_school(one.plan, one.people, provinces[one.plan.province], season) for one in scripts)
    )
    employers = {plan.number: await employer_actor(plan.username) for plan in EMPLOYERS if _acts(plan.number)}
    plays = []
    for script, school in zip(scripts, schools, strict=True):
        play = Play(school, employers)
        for steps in script.stories:
            play.add(steps)
        _events(play, script, season)
        plays.append(play)
    return plays


def _acts(number: int) -> bool:
    return bool(EMPLOYER_BY_NUMBER[number].weight) or number == SUSPENDED


async def _bind(school: School, script: _Script, season: Season) -> None:
    """One after the other: the clock is set meanwhile."""
    for persona, person in script.personas:
        if persona.bound:
            moment = season.opened + (180 + 5 * persona.number) * MINUTE
            await bind_persona(persona, person, school.graduates[person.exam_no], moment)


async def _play(plays: list[Play], provinces: Mapping[str, Province], season: Season) -> None:
    read = season.now - UNREAD
    await asyncio.gather(*(play.until(read) for play in plays))
    await asyncio.gather(*(at(read, mark_notes_read, actor) for actor in plays[0].employers.values()))
    await asyncio.gather(late_employers(provinces, season), *(play.until(season.now) for play in plays))


# --- what happens besides ------------------------------------------------------------------------

_LATE: Final = 3
"""Graduates of each school who are put on the roster by its second file."""
_MARKS: Final[Mapping[str, tuple[dict[str, str], list[str]]]] = {
    "a1": (
        {
            "employer_name": EMPLOYER_BY_NUMBER[WARNED].name,
            "employer_uscc": EMPLOYER_BY_NUMBER[WARNED].uscc,
            "note": "多名毕业生反映招聘宣传的薪酬与实际不符，请谨慎签约。",
        },
        ["false_advertising"],
    ),
    "a2": (
        {"employer_name": "云汀高薪速聘服务部", "note": "以介绍工作为名收取押金，未查到登记信息。"},
        ["fake", "violation"],
    ),
}


def _events(play: Play, script: _Script, season: Season) -> None:
    desk, key = play.school.desks[0], script.plan.key
    if key in _MARKS:
        form, reasons = _MARKS[key]
        moment = acting(Party.SCHOOL, season.day(20), script.rng)
        play.add_event(moment, partial(at, moment, mark_employer, desk, form, reasons))
    moment = acting(Party.SCHOOL, season.now - timedelta(days=1, hours=5), script.rng)
    rows = _second_file(script, moment)
    play.add_event(moment, partial(import_people, desk, season.cohort, rows, moment))


def _second_file(script: _Script, moment: datetime) -> list[Person]:
    """The roster as it changed: people added late, some joined the Party, and two moved while under review."""
    rng = script.rng
    waiting = [
        steps[-1].person
        for steps in script.stories
        if steps[-1].at < moment
        and steps[-1].action in ("accept", "approve")
        and steps[-1].party in (Party.GRADUATE, Party.DEPARTMENT)
    ]
    known = {person.exam_no for _, person in script.personas}
    waiting = [person for person in waiting if person.exam_no not in known]
    moved = rng.sample(waiting, min(2, len(waiting)))
    joined = rng.sample([p for p in script.people if p.row["zzmmdm"] == "03" and p not in moved], 5)
    return [
        *(script.roster.drawn() for _ in range(_LATE)),
        *(replace(one, row={**one.row, "zzmmdm": "02"}) for one in joined),
        *(replace(one, row={**one.row, "szyx": _elsewhere(script, one)}) for one in moved),
    ]


def _elsewhere(script: _Script, person: Person) -> str:
    return script.rng.choice([one.name for one in script.plan.departments if one.name != person.department])
