"""Room: what happened to the demo's graduates: kinds of stories, how frequent each is, and when it ended. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from models.parties import ReviewMode
from workflows.demo.employers import SUSPENDED
from workflows.demo.institutions import SchoolPlan
from workflows.demo.people import Person
from workflows.demo.plots import DAY, Plot, Step
from workflows.demo.season import Season

SUSPENSION: Final = 45
"""Days after the opening at which the suspended employer was suspended; its last matter was settled long before."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`share`: of a thousand graduates. `age`: days since the last step, mean and most; None: any day of the season."""

    share: float
    write: Callable[[Plot], None]
    age: tuple[float, float] | None = None
    two_stage: bool = False


def _signed(plot: Plot) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.approve(key)


def _refused_then_signed(plot: Plot) -> None:
    plot.refuse(plot.invite())
    _signed(plot)


def _superseding(plot: Plot) -> None:
    """Two or three offers at once: the signature closes the others."""
    plot.invite()
    if plot.draw() < 0.3:
        plot.invite(gap=(0.1, 1))
    _signed(plot)


def _edited(plot: Plot) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.approve(key)
    plot.edit(key)


def _rejected(plot: Plot) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.reject(key)


def _rejected_early(plot: Plot) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.reject(key, early=True)


def _rejected_then_signed(plot: Plot) -> None:
    _rejected(plot)
    _signed(plot)


def _expired_then_signed(plot: Plot) -> None:
    plot.expire(plot.invite(), days=10)
    _signed(plot)


def _at_department(plot: Plot) -> None:
    plot.accept(plot.invite())


def _at_school(plot: Plot) -> None:
    key = plot.invite()
    plot.accept(key)
    plot.pass_department(key)


def _at_school_with_offer(plot: Plot) -> None:
    """An offer that cannot be accepted while the slot is taken."""
    _at_school(plot)
    plot.invite(left=_left(plot))


def _invited(plot: Plot) -> None:
    plot.invite(left=_left(plot))


def _invited_twice(plot: Plot) -> None:
    plot.invite(left=_left(plot))
    plot.invite(left=_left(plot), gap=(0.2, 4))


def _left(plot: Plot) -> float:
    """Days that an open invitation still has: some end tomorrow, most later."""
    return 1 + 13 * math.pow(plot.draw(), 1.5)


def _refused(plot: Plot) -> None:
    plot.refuse(plot.invite())


def _withdrawn(plot: Plot) -> None:
    plot.withdraw(plot.invite())


def _expired(plot: Plot) -> None:
    plot.expire(plot.invite())


def _removed_signed(plot: Plot) -> None:
    _signed(plot)
    plot.invalidate()


def _removed_in_review(plot: Plot) -> None:
    _at_school(plot)
    plot.invalidate()


def _restored(plot: Plot) -> None:
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
    """The stories of one school, each of another graduate who may sign. `first`: the number of the first of them."""
    able = [person for person in people if person.may_sign]
    rng.shuffle(able)
    number = first
    for kind in KINDS:
        if kind.two_stage and plan.mode is not ReviewMode.DEPARTMENT_THEN_SCHOOL:
            continue
        for _ in range(max(1, round(kind.share * len(people) / 1000))):
            plot = Plot(number, able.pop(), season, plan.mode, rng)
            kind.write(plot)
            yield _laid_out(plot, _end(plot, kind, season, rng), season)
            number += 1
    for _ in range(3):
        plot = Plot(number, able.pop(), season, plan.mode, rng)
        _signed_early(plot)
        yield plot.ending(season.day(SUSPENSION - 10 - 3 * rng.random()))
        number += 1


def _signed_early(plot: Plot) -> None:
    """With the employer that was suspended later."""
    key = plot.invite(employer=SUSPENDED)
    plot.accept(key, gap=(0.2, 2))
    plot.approve(key)


def _laid_out(plot: Plot, end: datetime, season: Season) -> list[Step]:
    """Ending there, or as much later as nights and weekends need, so that nothing comes before the opening."""
    while (steps := plot.ending(end))[0].at < season.day(0.3):
        if end >= season.now:
            raise RuntimeError("a plot is longer than the season")
        end = min(end + DAY, season.now)
    return steps


def _end(plot: Plot, kind: Kind, season: Season, rng: random.Random) -> datetime:
    if kind.age is not None:
        mean, most = kind.age
        return season.now - max(min(rng.expovariate(1 / mean), most) * DAY, timedelta(minutes=5))
    first = season.opened + plot.span
    # The season gathers speed: the root leans to its end.
    latest = season.now - timedelta(hours=2)
    return min(first, latest) + max(latest - first, timedelta(0)) * math.sqrt(rng.random())
