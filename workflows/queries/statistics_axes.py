"""Room: by what statistics are divided: department, major, level, sex, school; how a line is called and found again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from models.codes import table
from models.db import fetch
from models.parties import Grant, Level, Module, Party
from workflows.actors import Actor, require, require_read, visible_to
from workflows.queries.modules import require_open
from workflows.queries.paging import Where
from workflows.queries.settings import level_label

BLANK: Final = "未填写"
STAFF = (Party.DEPARTMENT, Party.SCHOOL, Party.PROVINCE)


@dataclass(frozen=True, slots=True)
class Axis:
    """`record`, `person`: the column over records `r` and over graduates `g`, as text."""

    name: str
    label: str
    record: str
    person: str


AXES: Final[Mapping[str, Axis]] = MappingProxyType(
    {
        axis.name: axis
        for axis in (
            Axis("department", "所在院系", "r.department", "g.department"),
            Axis("major", "专业", "r.major", "g.major"),
            Axis("level", "学历层次", "r.level", "g.level"),
            Axis("sex", "性别", "r.sex", "COALESCE(g.basic->>'xbdm', '')"),
            Axis("school", "学校", "r.school_id::text", "g.school_id::text"),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One value of an axis: its name, and the filters by which lists show what lies under it."""

    key: str
    label: str
    filters: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"key": self.key, "label": self.label, "filters": dict(self.filters)}


async def enter(actor: Actor, cohort: int) -> None:
    """Whoever reads statistics is staff with the module, of a school that has it for the cohort.

    Raises Forbidden, ModuleClosed.
    """
    require(actor, *STAFF)
    require_read(actor)
    await require_open(actor, Module.EMPLOYMENT, cohort)


def people(actor: Actor, cohort: int) -> Where:
    """Graduates `g` of the cohort who stand on the roster, as far as the actor sees them."""
    where = Where()
    where.within(visible_to(actor), "g")
    where.add("g.cohort = {}", cohort)
    where.add("g.invalid_at IS NULL")
    return where


def records(actor: Actor, cohort: int) -> Where:
    """Records `r` of the cohort whose graduates stand on the roster, as far as the actor sees them."""
    where = Where()
    where.within(visible_to(actor), "r")
    where.add("r.cohort = {}", cohort)
    where.add("NOT r.frozen")
    return where


async def lines(actor: Actor, axis: Axis, keys: Iterable[str]) -> list[Line]:
    """The lines of these values, by name; a province sees its schools in full, those without anything too."""
    if axis.name == "school":
        return await _schools(actor, set(keys))
    return [_line(axis, key) for key in sorted(set(keys), key=lambda key: (key == "", key))]


def _line(axis: Axis, key: str) -> Line:
    if key == "":
        return Line(key, BLANK, {"empty": [axis.name]})
    label = key
    if axis.name == "level":
        label = level_label(Level(key))
    elif axis.name == "sex":
        label = table("sex").label(key) if key in table("sex") else key
    return Line(key, label, {axis.name: key})


async def _schools(actor: Actor, keys: set[str]) -> list[Line]:
    whole = actor.party is Party.PROVINCE and actor.grant(Module.EMPLOYMENT) is not Grant.NONE
    rows = await fetch(
        "SELECT id, code, name FROM schools WHERE id = ANY($1) OR province_id = $2 ORDER BY code",
        [UUID(key) for key in keys],
        actor.province_id if whole else None,
    )
    return [Line(str(row["id"]), row["name"], {"school": row["code"]}) for row in rows]
