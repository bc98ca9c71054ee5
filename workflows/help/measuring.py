"""Room: how good the help finds, on phrasings that its entries were not written from (tests/data/help_phrasings.csv).

A row of the file: phrasing; the expected entry, several between `|`, or `none` for what is no question of ours; its
part. `tuning` is what thresholds and words were chosen on, `test` what figures are given for.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workflows.help.ranking import find

NONE = "none"
TUNING, TEST = "tuning", "test"


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One question as somebody puts it; `expected` is empty for what is no question of ours."""

    text: str
    expected: frozenset[str]
    part: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a set of phrasings: counts, and their shares.

    `first`, `third`: the right entry comes first, among the first three. `answered`: sure, and right. `misled`: sure
    and wrong. `deaf`: sure of an answer to what is no question of ours.
    """

    asked: int
    strange: int
    first: int
    third: int
    answered: int
    misled: tuple[str, ...]
    deaf: tuple[str, ...]

    @property
    def hit_at_1(self) -> float:
        return self.first / self.asked

    @property
    def hit_at_3(self) -> float:
        return self.third / self.asked

    @property
    def wrongly_sure(self) -> float:
        """Of all phrasings, those that get a wrong answer without being asked back."""
        return (len(self.misled) + len(self.deaf)) / (self.asked + self.strange)


def read_phrasings(file: Path) -> tuple[Phrasing, ...]:
    """The rows of the file. Raises OSError, KeyError."""
    with file.open(encoding="utf-8", newline="") as rows:
        return tuple(
            Phrasing(row["phrasing"], frozenset(row["expected"].split("|")) - {NONE}, row["part"])
            for row in csv.DictReader(rows)
        )


def measure(phrasings: Sequence[Phrasing]) -> Figures:
    """The figures of these phrasings."""
    first = third = answered = 0
    misled: list[str] = []
    deaf: list[str] = []
    for one in phrasings:
        found = find(one.text)
        ids = [hit.entry.id for hit in found.hits[:3]]
        sure = found.answer.id if found.answer else ""
        if one.expected:
            first += bool(ids) and ids[0] in one.expected
            third += not one.expected.isdisjoint(ids)
            answered += sure in one.expected
        if sure and sure not in one.expected:
            (misled if one.expected else deaf).append(f"{one.text} → {sure}")
    asked = sum(1 for one in phrasings if one.expected)
    return Figures(asked, len(phrasings) - asked, first, third, answered, tuple(misled), tuple(deaf))
