"""Room: reads about one school's signing settings: what they are, what would block a change, who is not covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.codes import table
from models.db import fetch, fetch_row
from models.kit import json_time
from models.parties import Level, Module, Party, ReviewMode
from models.sql.coverage import covered
from workflows.actors import Actor, own_school, require, require_read
from workflows.errors import Forbidden
from workflows.flows import FLOWS
from workflows.guards import in_flow

MODE_COLUMNS: Mapping[Module, str] = {
    Module.EMPLOYMENT: "review_mode",
    Module.ARCHIVE: "archive_mode",
    Module.HOUSEHOLD: "household_mode",
}
"""Where the review mode of each area stands in the settings, and what it is called in their form."""

MODULE_LABELS: Mapping[Module, str] = {
    Module.EMPLOYMENT: "毕业去向登记与网签",
    Module.ARCHIVE: "档案信息登记",
    Module.HOUSEHOLD: "户口信息登记",
}

NO_TYPE = "省级尚未设置协议类型，签约设置暂时只能查看。"
MODULE_CLOSED = "省级尚未开通毕业去向登记与网签模块，签约设置暂时只能查看。"
ALL_LEVELS = "在线签约开关、审核方式和解约次数对全部学历层次生效，不限于您账号的学历层次范围。确认无误后请再次提交。"


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
    """A department and level of the roster for which no enabled account may review in an area."""

    department: str
    level: Level
    module: Module = Module.EMPLOYMENT

    @property
    def text(self) -> str:
        area = "" if self.module is Module.EMPLOYMENT else f"，{MODULE_LABELS[self.module]}"
        return f"{self.department}（{level_label(self.level)}{area}）"

    def as_dict(self) -> dict[str, str]:
        return {
            "department": self.department,
            "level": str(self.level),
            "module": str(self.module),
            "text": self.text,
        }


def level_label(level: Level) -> str:
    """本专科, 研究生 or 全部."""
    return "全部" if level is Level.ALL else table("level").groups[level]


def _in_flow(module: Module) -> list[str]:
    flows = (flow for flow in FLOWS.values() if flow.module is module)
    return [f"{flow.flow}:{state.name}" for flow in flows for state in flow.states if in_flow(state.phase)]


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
SELECT s.open_at, s.review_mode, s.archive_mode, s.household_mode, s.termination_limit, s.invitation_days,
  s.sms_fallback, s.leaving_open, s.desk_phone, s.desk_hours, s.version, s.cohort
FROM settings s WHERE s.school_id = $1 AND s.cohort <= $2 ORDER BY s.cohort DESC LIMIT 1"""

_FRAME = """
SELECT sc.code, sc.name,
  (SELECT p.agreement_type FROM province_settings p WHERE p.province_id = sc.province_id AND p.cohort = $2) AS type,
  COALESCE((SELECT m.open FROM school_modules m
    WHERE m.school_id = sc.id AND m.cohort = $2 AND m.module = $3), FALSE) AS module_open,
  EXISTS (SELECT 1 FROM records r WHERE r.school_id = sc.id AND r.cohort = $2) AS acted
FROM schools sc WHERE sc.id = $1"""

_OPEN_MODULES = "SELECT m.module FROM school_modules m WHERE m.school_id = $1 AND m.cohort = $2 AND m.open"

_HANDLERS = """
SELECT h.level, h.name, h.phone, h.address, h.postcode, h.set_at FROM handlers h
WHERE h.school_id = $1 AND h.cohort = $2 ORDER BY h.level DESC"""


async def open_modules(school_id: UUID, cohort: int) -> frozenset[Module]:
    """The areas in use: what the province has opened for this school and cohort."""
    rows = await fetch(_OPEN_MODULES, school_id, cohort)
    return frozenset(Module(row["module"]) for row in rows)


async def pending(school_id: UUID, cohort: int, module: Module = Module.EMPLOYMENT) -> list[Pending]:
    """What is in flow in an area, by kind (workflows.md, Conventions 12): while there is any, its mode stays."""
    rows = await fetch(_PENDING, school_id, cohort, _in_flow(module))
    labels = {str(flow.flow): flow.label for flow in FLOWS.values()}
    return [Pending(row["flow"], labels[row["flow"]], row["count"]) for row in rows]


async def uncovered(school_id: UUID, cohort: int, module: Module = Module.EMPLOYMENT) -> list[Uncovered]:
    """Departments × levels of the roster that two-stage review would leave without a reviewer."""
    rows = await fetch(_UNCOVERED, school_id, cohort, str(module))
    return [Uncovered(row["department"], Level(row["level"]), module) for row in rows]


async def mode_change(actor: Actor, cohort: int, module: Module, mode: ReviewMode) -> dict[str, Any]:
    """The dry run of a change of review mode: what would block it. Raises Forbidden, ModuleClosed.

    `pending`: what is in flow, by kind and count; `lacking`: departments × levels without a reviewer.
    """
    require(actor, Party.SCHOOL)
    require_read(actor)
    school_id = own_school(actor)
    row = await fetch_row(_SETTINGS, school_id, cohort)
    present = row[MODE_COLUMNS[module]] if row is not None and row["cohort"] == cohort else None
    changes = present is not None and present != mode
    in_the_way = await pending(school_id, cohort, module) if changes else []
    two_stage = mode is ReviewMode.DEPARTMENT_THEN_SCHOOL and present != mode
    checked = two_stage and module in await open_modules(school_id, cohort)
    lacking = await uncovered(school_id, cohort, module) if checked else []
    return {
        "module": str(module),
        "present": present,
        "mode": str(mode),
        "possible": not in_the_way and not lacking,
        "pending": [p.as_dict() for p in in_the_way],
        "lacking": [u.as_dict() for u in lacking],
    }


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
        "read_only_because": _locked(frame),
        "asks_all_levels": None if actor.level is Level.ALL else ALL_LEVELS,
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


def _locked(frame: Mapping[str, Any]) -> str | None:
    if frame["type"] is None:
        return NO_TYPE
    return None if frame["module_open"] else MODULE_CLOSED


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """In the shape of the form `signing_settings`."""
    return {
        "open": row["open_at"] is not None,
        **{
            name: row[name]
            for name in (
                "review_mode", "archive_mode", "household_mode", "termination_limit", "invitation_days",
                "sms_fallback", "leaving_open", "desk_phone", "desk_hours",
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
