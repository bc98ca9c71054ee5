"""Room: a kind of story: who writes it, how frequent it is, whom it may be told of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from models.parties import ReviewMode
from workflows.demo.institutions import SchoolPlan
from workflows.demo.matters import Matters
from workflows.demo.people import Person


@dataclass(frozen=True, slots=True)
class Kind:
    """`share`: of a thousand graduates. `age`: days since the last step, mean and most; None: any day of the season.

    `two_stage`: only where departments review. `home`: the key of the one school at which it occurs in any case; empty:
    at each.
    """

    share: float
    write: Callable[[Matters], Any]
    age: tuple[float, float] | None = None
    two_stage: bool = False
    suits: Callable[[Person], bool] = lambda person: person.may_sign
    home: str = ""

    def count(self, plan: SchoolPlan, people: int) -> int:
        """How many such stories a school of so many graduates has."""
        if self.two_stage and plan.mode is not ReviewMode.DEPARTMENT_THEN_SCHOOL:
            return 0
        least = 1 if self.home in ("", plan.key) else 0
        return max(least, round(self.share * people / 1000))


def at_home(kinds: Iterable[Kind]) -> Iterator[Kind]:
    """Each of them with a school at which it occurs in any case, by turns."""
    for place, kind in enumerate(kinds):
        schools = ("a1", "b1") if kind.two_stage else ("a1", "a2", "b1")
        yield kind if kind.home else replace(kind, home=schools[place % len(schools)])
