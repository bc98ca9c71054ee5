"""Room: 数据统计: where graduates go, and 毕业去向落实率 with numerator and denominator (codes.md, 毕业去向).

Counts persons: a graduate has at most one destination in force. Numerator are those whose destination is of any
group but 未就业, denominator all who stand on the roster. Both are divided by the roster as it is today, so that a
rate never sets one department's records against another's graduates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from models.codes import REGION, table
from models.db import fetch
from models.kit import json_time, now
from workflows.actors import Actor
from workflows.queries.in_force import in_force
from workflows.queries.statistics_axes import AXES, BLANK, Axis, enter, lines, people
from workflows.queries.statistics_columns import STUDENTS
from workflows.queries.tallies import PERSON, is_kept, sums

UNSETTLED, STUDY, FLEXIBLE = "unsettled", "study", "flexible"
RATE: Final = "毕业去向落实率"
SETTLED: Final[Mapping[str, str]] = {
    "graduates": "毕业生人数",
    "settled": "已落实",
    "employed": "就业",
    "flexible": "其中灵活就业",
    "study": "升学",
    "unsettled": "已登记未就业",
}
"""What a line counts besides its rate, as the screen and the file call it."""
"""Groups of the destination codes; all others are kinds of 就业."""


@dataclass(frozen=True, slots=True)
class Feature:
    """What destinations are told apart by. `column`: over records `r`; `filter`: its name in the list of graduates."""

    label: str
    column: str
    filter: str
    named: Callable[[str], str]

    def filters(self, key: str) -> dict[str, Any]:
        if key == "":
            return {"empty": [self.filter]}
        if self.filter == "destination":
            return {"destination": [key]}
        return {self.filter: key.ljust(6, "0") if self.filter == "region" else key}


def _code(name: str) -> Callable[[str], str]:
    return lambda key: table(name).label(key) if key in table(name) else f"未知代码 {key}"


def _province(key: str) -> str:
    return table(REGION).groups.get(key, f"未知代码 {key}")


FEATURES: Final[Mapping[str, Feature]] = MappingProxyType(
    {
        "type": Feature("毕业去向", "r.destination_code", "destination", _code("destination")),
        "industry": Feature("单位行业", "r.employer_industry", "industry", _code("employer_industry")),
        "nature": Feature("单位性质", "r.employer_nature", "nature", _code("employer_nature")),
        "region": Feature("单位所在省份", "left(r.employer_region, 2)", "region", _province),
    }
)

Cell = tuple[str, str, str]
"""Value of the axis, destination code, value of the feature."""


async def read_destinations(actor: Actor, cohort: int, by: str, of: str) -> dict[str, Any]:
    """Destinations in force of one cohort. `by`: a name of `AXES`, `of`: of `FEATURES`. Raises Forbidden, ModuleClosed.

    `cells` are what all the rest is summed from: a line, a group, a part and how many.
    """
    await enter(actor, cohort)
    axis, feature = AXES[by], FEATURES[of]
    graduates, found = await (kept if is_kept(actor) else counted)(actor, cohort, axis, of)
    return {
        "at": json_time(now()),
        "cohort": cohort,
        "by": by,
        "by_label": axis.label,
        "of": of,
        "of_label": feature.label,
        "columns": [{"name": name, "label": label} for name, label in SETTLED.items()],
        "rate_label": RATE,
        "behind": {"menu": STUDENTS, "filters": {"cohort": cohort, "invalid": False}},
        "total": _summary(graduates.total(), found),
        "rows": [
            {**line.as_dict(), **_summary(graduates[line.key], _under(found, line.key))}
            for line in await lines(actor, axis, graduates)
        ],
        "groups": [_group(name, label, found) for name, label in table("destination").groups.items()],
        "parts": _parts(feature, found),
        "cells": _cells(found),
        "settled": {"destination": _codes(_settled_groups())},
    }


async def counted(actor: Actor, cohort: int, axis: Axis, of: str) -> tuple[Counter[str], Counter[Cell]]:
    """Graduates by the axis and destinations by cells, by counting the rows that there are."""
    where = people(actor, cohort)
    everybody = await fetch(
        f"SELECT {axis.person} AS key, count(*) AS n FROM graduates g WHERE {where.text} GROUP BY 1",  # noqa: S608  fixed texts, numbered parameters
        *where.values,
    )
    rows = await fetch(
        f"SELECT {axis.person} AS key, r.destination_code AS code, {FEATURES[of].column} AS part, count(*) AS n "  # noqa: S608  fixed texts, numbered parameters
        f"FROM graduates g JOIN records r ON r.graduate_id = g.id AND {in_force()} "
        f"WHERE {where.text} GROUP BY 1, 2, 3",
        *where.values,
    )
    cells = Counter({(row["key"], row["code"], row["part"]): row["n"] for row in rows})
    return Counter({row["key"]: row["n"] for row in everybody}), cells


async def kept(actor: Actor, cohort: int, axis: Axis, of: str) -> tuple[Counter[str], Counter[Cell]]:
    """The same from the sums of the actor's province."""
    graduates: Counter[str] = Counter()
    cells: Counter[Cell] = Counter()
    for row in await sums(actor, cohort, axis.name, (PERSON, of)):
        if row["kind"] == PERSON:
            graduates[row["key"]] += row["n"]
        else:
            cells[row["key"], row["what"], row["part"]] = row["n"]
    return graduates, cells


def group_of(code: str) -> str:
    """The group of a destination; a code that the table does not have settles nobody."""
    return table("destination").get(code).group if code in table("destination") else UNSETTLED


def _settled_groups() -> tuple[str, ...]:
    return tuple(name for name in table("destination").groups if name != UNSETTLED)


def _codes(groups: Iterable[str]) -> list[str]:
    wanted = set(groups)
    return [entry.code for entry in table("destination") if entry.group in wanted]


def _under(counted: Counter[Cell], key: str) -> Counter[Cell]:
    return Counter({cell: n for cell, n in counted.items() if cell[0] == key})


def _summary(graduates: int, counted: Counter[Cell]) -> dict[str, Any]:
    """Numerator and denominator, and the rate from them: None where nobody stands on the roster."""
    groups: Counter[str] = Counter()
    for (_, code, _), n in counted.items():
        groups[group_of(code)] += n
    settled = sum(groups[name] for name in _settled_groups())
    return {
        "graduates": graduates,
        "settled": settled,
        "employed": settled - groups[STUDY],
        "study": groups[STUDY],
        "flexible": groups[FLEXIBLE],
        "unsettled": groups[UNSETTLED],
        "rate": round(settled / graduates, 6) if graduates else None,
    }


def _group(name: str, label: str, counted: Counter[Cell]) -> dict[str, Any]:
    n = sum(n for (_, code, _), n in counted.items() if group_of(code) == name)
    return {"key": name, "label": label, "count": n, "filters": {"destination": _codes((name,))}}


def _parts(feature: Feature, counted: Counter[Cell]) -> list[dict[str, Any]]:
    """By size; what is not filled in comes last."""
    sums: Counter[str] = Counter()
    for (_, _, part), n in counted.items():
        sums[part] += n
    return [
        {
            "key": key,
            "label": feature.named(key) if key else BLANK,
            "count": n,
            "filters": feature.filters(key),
        }
        for key, n in sorted(sums.items(), key=lambda found: (found[0] == "", -found[1], found[0]))
    ]


def _cells(counted: Counter[Cell]) -> list[dict[str, Any]]:
    sums: Counter[Cell] = Counter()
    for (key, code, part), n in counted.items():
        sums[key, group_of(code), part] += n
    return [{"key": key, "group": group, "part": part, "count": n} for (key, group, part), n in sorted(sums.items())]
