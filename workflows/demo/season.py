"""Room: the season in which the demo's history happened: which cohort, since when, and at which hours people act."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from models.kit import SHANGHAI, cohort_close, shanghai_day
from models.parties import Party

SHORTEST, LONGEST = timedelta(days=60), timedelta(days=160)
QUIET = timedelta(days=50)
"""Before a season schools and provinces prepare it; nothing of the cohort before happens then."""
MORNING, LUNCH, AFTERNOON, CLOSING = time(8, 40), time(11, 50), time(13, 40), time(17, 20)
WAKING, SLEEPING = time(8, 0), time(22, 30)


@dataclass(frozen=True, slots=True)
class Season:
    """`now`: the moment of seeding; `opened`: when the schools opened online signing. Both UTC.

    The cohort is one that may act today: from September on the one that graduates next summer.
    """

    now: datetime
    cohort: int
    opened: datetime

    def day(self, number: float) -> datetime:
        """The moment so many days after the opening (before it: negative)."""
        return self.opened + timedelta(days=number)

    @property
    def days(self) -> float:
        """How long the season has lasted."""
        return (self.now - self.opened) / timedelta(days=1)


def season_of(now: datetime) -> Season:
    """The season as it stands at this moment. It began on 1 September, but two to five months ago in any case."""
    today = shanghai_day(now)
    cohort = today.year + (1 if today.month >= 9 else 0)
    day = min(max(date(cohort - 1, 9, 1), today - LONGEST), today - SHORTEST)
    return Season(now, cohort, datetime.combine(day, time(9, 0), SHANGHAI).astimezone(now.tzinfo))


def earlier_season(season: Season) -> Season:
    """The last hundred days of the newest cohort that had closed long before this season began."""
    ended = season.opened - QUIET
    year = shanghai_day(ended).year - 1
    cohort = year if cohort_close(year) <= ended else year - 1
    opened = datetime.combine(date(cohort, 10, 20), time(9, 0), SHANGHAI)
    return Season(cohort_close(cohort) + timedelta(minutes=5), cohort, opened.astimezone(season.now.tzinfo))


def acting(party: Party, latest: datetime, rng: random.Random) -> datetime:
    """The last moment up to `latest` at which such a person would act: staff and employers in the office, graduates
    any day. The clock acts at any moment.
    """
    if party is Party.CLOCK:
        return latest
    local = latest.astimezone(SHANGHAI)
    found = _waking(local, rng) if party is Party.GRADUATE else _office(local, rng)
    return found.astimezone(latest.tzinfo)


def _waking(local: datetime, rng: random.Random) -> datetime:
    if WAKING <= local.time() <= SLEEPING:
        return local
    day = local.date() - timedelta(days=1 if local.time() < WAKING else 0)
    return _within(day, time(18, 30), SLEEPING, rng)


def _office(local: datetime, rng: random.Random) -> datetime:
    day = local.date()
    if day.weekday() < 5 and local.time() >= MORNING:
        if local.time() > CLOSING:
            return _within(day, AFTERNOON, CLOSING, rng)
        if LUNCH < local.time() < AFTERNOON:
            return _within(day, MORNING, LUNCH, rng)
        return local
    day -= timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return _within(day, AFTERNOON, CLOSING, rng)


def _within(day: date, first: time, last: time, rng: random.Random) -> datetime:
    begin, end = datetime.combine(day, first, SHANGHAI), datetime.combine(day, last, SHANGHAI)
    return begin + timedelta(seconds=rng.randrange(int((end - begin).total_seconds())))
