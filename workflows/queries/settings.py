"""Room: reads about one school's signing settings: what they are, what would block a change, who is not covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.codes import table
from models.db import fetch, fetch_row
from models.kit import json_time
from models.parties import Level, Module, Party
from models.sql.coverage import covered
from workflows.actors import Actor, own_school, require, require_read
from workflows.errors import Forbidden
from workflows.flows import FLOWS
from workflows.guards import in_flow


@dataclass(frozen=True, slots=True)
class Pending:
    """Records of one flow that are under way."""

    flow: str
    label: str
    count: int

    def as_dict(self) -> dict[str, Any]:
        return {"flow": self.flow, "label": self.label, "count": self.count}


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A department and level of the roster for which no enabled account may review."""

    department: str
    level: Level

    @property
    def text(self) -> str:
        return f"{self.department}（{level_label(self.level)}）"

    def as_dict(self) -> dict[str, str]:
        return {"department": self.department, "level": str(self.level), "text": self.text}


def level_label(level: Level) -> str:
    """本专科, 研究生 or 全部."""
    return "全部" if level is Level.ALL else table("level").groups[level]


_IN_FLOW = [f"{flow.flow}:{state.name}" for flow in FLOWS.values() for state in flow.states if in_flow(state.phase)]

_PENDING = """
SELECT r.flow, count(*) AS count FROM records r JOIN graduates g ON g.id = r.graduate_id
WHERE r.school_id = $1 AND r.cohort = $2 AND g.invalid_at IS NULL AND r.flow || ':' || r.state = ANY($3::text[])
GROUP BY r.flow ORDER BY r.flow"""

_UNCOVERED = f"""
SELECT DISTINCT g.department, g.level FROM graduates g
WHERE g.school_id = $1 AND g.cohort = $2 AND g.invalid_at IS NULL
  AND NOT {covered("g.school_id", "g.department", "g.level", module="$3")}
ORDER BY g.department, g.level"""  # noqa: S608  fixed texts, numbered parameters

_SETTINGS = """
SELECT s.open_at, s.review_mode, s.termination_limit, s.invitation_days, s.sms_fallback, s.desk_phone, s.desk_hours,
  s.version, s.cohort
FROM settings s WHERE s.school_id = $1 AND s.cohort <= $2 ORDER BY s.cohort DESC LIMIT 1"""

_FRAME = """
SELECT sc.code, sc.name,
  (SELECT p.agreement_type FROM province_settings p WHERE p.province_id = sc.province_id AND p.cohort = $2) AS type,
  COALESCE((SELECT m.open FROM school_modules m
    WHERE m.school_id = sc.id AND m.cohort = $2 AND m.module = $3), FALSE) AS module_open,
  EXISTS (SELECT 1 FROM records r WHERE r.school_id = sc.id AND r.cohort = $2) AS acted
FROM schools sc WHERE sc.id = $1"""

_HANDLERS = """
SELECT h.level, h.name, h.phone, h.address, h.postcode, h.set_at FROM handlers h
WHERE h.school_id = $1 AND h.cohort = $2 ORDER BY h.level DESC"""


async def pending(school_id: UUID, cohort: int) -> list[Pending]:
    """What is in flow, by kind (workflows.md, Conventions 12): while there is any, the review mode stays."""
    rows = await fetch(_PENDING, school_id, cohort, _IN_FLOW)
    labels = {str(flow.flow): flow.label for flow in FLOWS.values()}
    return [Pending(row["flow"], labels[row["flow"]], row["count"]) for row in rows]


async def uncovered(school_id: UUID, cohort: int, module: Module = Module.EMPLOYMENT) -> list[Uncovered]:
    """Departments × levels of the roster that two-stage review would leave without a reviewer."""
    rows = await fetch(_UNCOVERED, school_id, cohort, str(module))
    return [Uncovered(row["department"], Level(row["level"])) for row in rows]


async def signing_settings(actor: Actor, cohort: int) -> dict[str, Any]:
    """签约设置 of the actor's own school as its page shows them; before they are submitted, a prefill from an earlier
    cohort. With the handlers, and what locks what. Raises Forbidden, ModuleClosed.
    """
    require(actor, Party.SCHOOL, Party.DEPARTMENT)
    require_read(actor)
    school_id = own_school(actor)
    frame = await fetch_row(_FRAME, school_id, cohort, str(Module.EMPLOYMENT))
    if frame is None:
        raise Forbidden
    row = await fetch_row(_SETTINGS, school_id, cohort)
    handlers = await fetch(_HANDLERS, school_id, cohort)
    mine = row if row is not None and row["cohort"] == cohort else None
    values = _values(row) if row is not None else None
    return {
        "school": {"id": str(school_id), "code": frame["code"], "name": frame["name"]},
        "cohort": cohort,
        "agreement_type": frame["type"],
        "module_open": frame["module_open"],
        "submitted": mine is not None,
        "version": mine["version"] if mine else None,
        "values": values if mine or values is None else {**values, "open": False},
        "opened_at": json_time(mine["open_at"]) if mine and mine["open_at"] else None,
        "may_close": not frame["acted"],
        "handlers": [_handler(h) for h in handlers],
        "levels_without_handler": _missing_levels(handlers),
        "blocks_mode_change": [p.as_dict() for p in await pending(school_id, cohort)],
        "without_reviewer": [u.as_dict() for u in await uncovered(school_id, cohort)],
    }


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """In the shape of the form `signing_settings`."""
    return {
        "open": row["open_at"] is not None,
        **{
            name: row[name]
            for name in (
                "review_mode", "termination_limit", "invitation_days", "sms_fallback", "desk_phone", "desk_hours"
            )
        },
    }  # fmt: skip


def _handler(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "level": row["level"],
        "level_label": level_label(Level(row["level"])),
        "name": row["name"],
        "phone": row["phone"],
        "address": row["address"],
        "postcode": row["postcode"],
        "set_at": json_time(row["set_at"]),
    }


def _missing_levels(handlers: Sequence[Mapping[str, Any]]) -> list[str]:
    there = {h["level"] for h in handlers}
    return [str(level) for level in (Level.UNDERGRADUATE, Level.POSTGRADUATE) if level not in there]
