"""Room: what happened to the demo's graduates: kinds of stories, how frequent each is, and when it ended. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from workflows.demo.employers import SUSPENDED
from workflows.demo.ending_histories import ENDING_KINDS
from workflows.demo.institutions import SchoolPlan
from workflows.demo.kinds import Kind, at_home
from workflows.demo.matters import Matters
from workflows.demo.paper_histories import PAPER_KINDS
from workflows.demo.people import Person
from workflows.demo.plots import DAY, Step
from workflows.demo.season import Season

SUSPENSION: Final = 45
"""Days after the opening at which the suspended employer was suspended; its last matter was settled long before."""


def _signed(plot: Matters) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.approve(key)


def _refused_then_signed(plot: Matters) -> None:
    plot.refuse(plot.invite())
    _signed(plot)


def _superseding(plot: Matters) -> None:
    """Two or three offers at once: the signature closes the others."""
    plot.invite()
    if plot.draw() < 0.3:
        plot.invite(gap=(0.1, 1))
    _signed(plot)


def _edited(plot: Matters) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.approve(key)
    plot.edit(key)


def _rejected(plot: Matters) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.reject(key)


def _rejected_early(plot: Matters) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.reject(key, early=True)


def _rejected_then_signed(plot: Matters) -> None:
    _rejected(plot)
    _signed(plot)


def _expired_then_signed(plot: Matters) -> None:
    plot.expire(plot.invite(), days=10)
    _signed(plot)


def _at_department(plot: Matters) -> None:
    plot.accept(plot.invite())


def _at_school(plot: Matters) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.pass_department(key)


def _at_school_with_offer(plot: Matters) -> None:
    """An offer that cannot be accepted while the slot is taken."""
    _at_school(plot)
    plot.invite(left=_left(plot))


def _invited(plot: Matters) -> None:
    plot.invite(left=_left(plot))


def _invited_twice(plot: Matters) -> None:
    plot.invite(left=_left(plot))
    plot.invite(left=_left(plot), gap=(0.2, 4))


def _left(plot: Matters) -> float:
    """Days that an open invitation still has: some end tomorrow, most later."""
    return 1 + 13 * math.pow(plot.draw(), 1.5)


def _refused(plot: Matters) -> None:
    plot.refuse(plot.invite())


def _withdrawn(plot: Matters) -> None:
    plot.withdraw(plot.invite())


def _expired(plot: Matters) -> None:
    plot.expire(plot.invite())


def _left_open(plot: Matters) -> None:
    """By the employer that is suspended a few days later: its invitations are withdrawn."""
    plot.invite(employer=SUSPENDED)


def _removed_signed(plot: Matters) -> None:
    _signed(plot)
    plot.invalidate()


def _removed_in_review(plot: Matters) -> None:
    _at_school(plot)
    plot.invalidate()


def _restored(plot: Matters) -> None:
    _signed(plot)
    plot.invalidate()
    plot.restore()


KINDS: Final = (
    Kind(112, _signed),
    Kind(20, _refused_then_signed),
    Kind(18, _superseding),
    Kind(8, _edited),
    Kind(6, _rejected_then_signed),
    Kind(6, _expired_then_signed),
    Kind(11, _rejected),
    Kind(6, _rejected_early, two_stage=True),
    Kind(28, _at_department, (2.5, 11), two_stage=True),
    Kind(30, _at_school, (5, 24)),
    Kind(5, _at_school_with_offer, (3, 9)),
    Kind(32, _invited, (5, 14)),
    Kind(5, _invited_twice, (3, 9)),
    Kind(18, _refused),
    Kind(14, _withdrawn),
    Kind(20, _expired),
    Kind(1, _removed_signed, (12, 30)),
    Kind(1, _removed_in_review, (4, 12)),
    Kind(1, _restored, (9, 25)),
)


def histories(
    plan: SchoolPlan, people: Sequence[Person], season: Season, rng: random.Random, first: int
) -> Iterator[list[Step]]:
    """The stories of one school, each of another graduate. `first`: the number of the first of them.

    Raises RuntimeError where a school has too few graduates for one story of each kind.
    """
    free = list(people)
    rng.shuffle(free)
    number = first
    # What happens here in any case comes first: few graduates may suit it.
    for kind in sorted((*at_home((*PAPER_KINDS, *ENDING_KINDS)), *KINDS), key=lambda kind: kind.home != plan.key):
        for _ in range(kind.count(plan, len(people))):
            person = _taken(free, kind, plan)
            if person is None:
                break
            plot = Matters(number, person, season, plan.mode, rng)
            kind.write(plot)
            yield _laid_out(plot, _end(plot, kind, season, rng), season)
            number += 1
    able = [person for person in free if person.may_sign]
    for write, before in ((_signed_early, 10), (_signed_early, 10), (_signed_early, 10), (_left_open, 1)):
        plot = Matters(number, able.pop(), season, plan.mode, rng)
        write(plot)
        yield plot.ending(season.day(SUSPENSION - before - 3 * rng.random()))
        number += 1


def _taken(free: list[Person], kind: Kind, plan: SchoolPlan) -> Person | None:
    """The next graduate whom this may happen to; None where few graduates suit and this school has none of them."""
    for place in range(len(free) - 1, -1, -1):
        if kind.suits(free[place]):
            return free.pop(place)
    if not any(person.may_sign for person in free):
        raise RuntimeError(f"{plan.name} has too few graduates for the demo")
    return None


def _signed_early(plot: Matters) -> None:
    """With the employer that was suspended later."""
    key = plot.invite(employer=SUSPENDED)
    plot.accept(key, gap=(0.2, 2))
    plot.approve(key)


def _laid_out(plot: Matters, end: datetime, season: Season) -> list[Step]:
    """Ending there, or as much later as nights and weekends need, so that nothing comes before the opening."""
    while (steps := plot.ending(end))[0].at < season.day(0.3):
        if end >= season.now:
            raise RuntimeError("a plot is longer than the season")
        end = min(end + DAY, season.now)
    return steps


def _end(plot: Matters, kind: Kind, season: Season, rng: random.Random) -> datetime:
    if kind.age is not None:
        mean, most = kind.age
        return season.now - max(min(rng.expovariate(1 / mean), most) * DAY, timedelta(minutes=5))
    first = season.opened + plot.span
    # The season gathers speed: the root leans to its end.
    latest = season.now - timedelta(hours=2)
    return min(first, latest) + max(latest - first, timedelta(0)) * math.sqrt(rng.random())
