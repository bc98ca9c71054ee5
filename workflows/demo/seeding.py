"""Room: the whole of the demo's data, from an empty, migrated database to a season in full swing.

Nothing is written by hand: provinces, schools, rosters and employers come by commands, every record by acts, each with
the moment at which it would have happened. The same day gives the same data, ids apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from models import kit
from models.config import Profile, settings
from models.states import EmployerStatus
from models.tables import Province as ProvinceRow
from workflows.actors import OPERATOR
from workflows.commands.clock import remind_all
from workflows.commands.notes import mark_notes_read
from workflows.demo.binding import bind_persona
from workflows.demo.building import (
    MINUTE,
    Province,
    School,
    at,
    build_employers,
    build_province,
    choose_agreement,
    employer_actor,
    found_school,
    late_employers,
    open_cohort,
    suspend_employer,
)
from workflows.demo.employers import EMPLOYER_BY_NUMBER, EMPLOYERS, SUSPENDED
from workflows.demo.events import add_events
from workflows.demo.histories import SUSPENSION
from workflows.demo.institutions import PROVINCES
from workflows.demo.playing import Play
from workflows.demo.scripts import GRADUATES, Script, write_scripts
from workflows.demo.season import Season, earlier_season, season_of
from workflows.demo.silence import retire_messages

UNREAD: Final = timedelta(days=4)
"""Employers have read their messages up to so long ago."""


async def seed(graduates: int = GRADUATES, now: datetime | None = None) -> None:
    """Fill the open, empty database. `now`: the moment up to which the season has come, the present by default.

    `graduates`: of the cohort of today. Raises RuntimeError in production and where there is data already.
    """
    if settings().profile is Profile.PRODUCTION:
        raise RuntimeError("invented data do not go into production")
    if await ProvinceRow.exists():
        raise RuntimeError("the database holds data already")
    season = season_of(now or kit.now())
    scripts = write_scripts(season, graduates)
    provinces = await _provinces(season)
    schools = await _play_earlier(scripts.earlier, provinces, season)
    plays = await _stage(scripts.season, schools, provinces, season)
    await _play(plays, provinces, season)
    await at(season.now, retire_messages, OPERATOR)


# --- the cohort before ---------------------------------------------------------------------------

_ANCIENT: Final = frozenset({EmployerStatus.VERIFIED, EmployerStatus.SUSPENDED})
"""Employers of these statuses were on the platform already."""


async def _provinces(season: Season) -> dict[str, Province]:
    """Provinces and their employers, from before the cohort before."""
    earlier = earlier_season(season)
    built = await asyncio.gather(*(build_province(plan, earlier) for plan in PROVINCES))
    provinces = {plan.key: province for plan, province in zip(PROVINCES, built, strict=True)}
    await _choose(provinces, earlier)
    await build_employers(provinces, earlier, _ANCIENT)
    return provinces


async def _choose(provinces: Mapping[str, Province], season: Season) -> None:
    await asyncio.gather(*(choose_agreement(plan, provinces[plan.key], season) for plan in PROVINCES))


async def _play_earlier(
    scripts: Sequence[Script], provinces: Mapping[str, Province], season: Season
) -> dict[str, UUID]:
    """The closed cohort from its opening to the minutes after its close; the ids of the schools by their keys."""
    earlier = earlier_season(season)
    found = await asyncio.gather(*(found_school(one.plan, provinces[one.plan.province], earlier) for one in scripts))
    schools = {one.plan.key: school_id for one, school_id in zip(scripts, found, strict=True)}
    plays = await _open(scripts, schools, provinces, first=True)
    await asyncio.gather(*(play.until(earlier.now) for play in plays))
    return schools


# --- the season ----------------------------------------------------------------------------------


async def _open(
    scripts: Sequence[Script], schools: Mapping[str, UUID], provinces: Mapping[str, Province], *, first: bool
) -> list[Play]:
    """Every school opens the cohort of its script; what is going to be played there."""
    opened = await asyncio.gather(
        *(
            open_cohort(
                one.plan, schools[one.plan.key], one.people, provinces[one.plan.province], one.season, first=first
            )
            for one in scripts
        )
    )
    for school, script in zip(opened, scripts, strict=True):
        await _bind(school, script)
    employers = {plan.number: await employer_actor(plan.username) for plan in EMPLOYERS if _acts(plan.number)}
    plays = []
    for script, school in zip(scripts, opened, strict=True):
        play = Play(school, employers)
        for steps in script.stories:
            play.add(steps)
        plays.append(play)
    return plays


async def _stage(
    scripts: Sequence[Script], schools: Mapping[str, UUID], provinces: Mapping[str, Province], season: Season
) -> list[Play]:
    await _choose(provinces, season)
    await build_employers(provinces, season, frozenset({EmployerStatus.RETURNED, EmployerStatus.REFUSED}))
    plays = await _open(scripts, schools, provinces, first=False)
    for play, script in zip(plays, scripts, strict=True):
        add_events(play, script)
    return plays


def _acts(number: int) -> bool:
    return bool(EMPLOYER_BY_NUMBER[number].weight) or number == SUSPENDED


async def _bind(school: School, script: Script) -> None:
    """One after the other: the clock is set meanwhile."""
    for persona, person in script.personas:
        if persona.bound:
            moment = script.season.opened + (180 + 5 * persona.number) * MINUTE
            await bind_persona(persona, person, school.graduates[person.exam_no], moment)


async def _play(plays: list[Play], provinces: Mapping[str, Province], season: Season) -> None:
    """Day by day, as the clock's jobs come by: reminders are written in the morning of each."""
    for morning in _mornings(season):
        await _until(plays, morning)
        await remind_all(morning)
        if morning == season.day(SUSPENSION) + MINUTE:
            await suspend_employer(provinces, morning)
        if timedelta(0) <= season.now - UNREAD - morning < timedelta(days=1):
            await asyncio.gather(*(at(morning, mark_notes_read, actor) for actor in plays[0].employers.values()))
    await asyncio.gather(late_employers(season), _until(plays, season.now))
    await remind_all(season.now)


async def _until(plays: list[Play], moment: datetime) -> None:
    await asyncio.gather(*(play.until(moment) for play in plays))


def _mornings(season: Season) -> Iterator[datetime]:
    """Nine o'clock of each day, a minute later, when the reminders are due."""
    moment = season.opened + MINUTE
    while moment < season.now:
        yield moment
        moment += timedelta(days=1)
