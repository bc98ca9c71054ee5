"""Room: the roster as staff read it: lists and one graduate (roles.md, Roster). Numbers are masked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from models.db import fetch_row
from models.kit import fold, mask_id_number, mask_mobile
from models.parties import Level, Module
from models.states import Flow
from models.vault import paper_indexes, unseal
from workflows.actors import Actor, require_read, visible_to
from workflows.commands.terminations import Terminations
from workflows.errors import NotFound
from workflows.flows import FLOWS
from workflows.queries.comparison import compared
from workflows.queries.in_force import in_force
from workflows.queries.paging import Order, Page, Where, cap_of, like, read, size
from workflows.queries.record_filters import compact, within
from workflows.queries.record_page import mirror
from workflows.queries.records import moment, records_of
from workflows.queries.subject_history import graduate_history
from workflows.work_lists import WorkList, condition

_COLUMNS = """g.id, g.school_id, g.cohort, g.name, g.id_kind, g.id_enc, g.level, g.level_code, g.department, g.major,
  g.training_mode, g.invalid_at, g.created_at, s.code AS school_code, s.name AS school_name,
  EXISTS (SELECT 1 FROM bindings b WHERE b.graduate_id = g.id AND b.ended_at IS NULL) AS bound,
  (SELECT r.flow || ' ' || r.state FROM records r WHERE r.graduate_id = g.id AND r.slot) AS slot"""
_MORE = """g.basic, g.phone_enc, g.phone_source, g.phone_usable_at, g.email, g.proof_code, g.terminations_used,
  g.terminations_granted, g.invalid_cause, g.invalid_note,
  COALESCE((SELECT t.termination_limit FROM settings t
    WHERE t.school_id = g.school_id AND t.cohort = g.cohort), 0) AS termination_limit"""
_SOURCE = "graduates g JOIN schools s ON s.id = g.school_id"
_ORDER = Order("id+", None, "g.id")
EMPTY: Final[Mapping[str, str]] = {
    "department": "g.department = ''",
    "major": "g.major = ''",
    "sex": "COALESCE(g.basic->>'xbdm', '') = ''",
}
UNNAMED: Final[Mapping[str, str]] = {
    "destination": "destination_code",
    "nature": "employer_nature",
    "industry": "employer_industry",
    "region": "employer_region",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GraduateFilters:
    """None or empty: not narrowed. `name` is a prefix, `id_number` and `proof_code` are exact.

    `work_list`: a name of `WorkList`, or empty.
    `destinations`, `nature`, `industry`, `region`: of the destination in force; `empty` names columns without a value.
    `bound`: has a live WeChat binding; `invalid`: deleted from the EMS roster; `registered`: holds the slot.
    """

    cohort: int | None = None
    department: str = ""
    level: Level | None = None
    major: str = ""
    name: str = ""
    id_number: str = ""
    proof_code: str = ""
    bound: bool | None = None
    invalid: bool | None = None
    registered: bool | None = None
    work_list: str = ""
    school: str = ""
    sex: str = ""
    destinations: tuple[str, ...] = ()
    nature: str = ""
    industry: str = ""
    region: str = ""
    empty: tuple[str, ...] = ()
    cursor: str | None = None
    limit: int | None = None


async def list_graduates(actor: Actor, filters: GraduateFilters) -> Page:
    """One page of the roster. Raises ModuleClosed, InvalidRequest for a cursor that this list did not give out."""
    require_read(actor, Module.EMPLOYMENT)
    where = Where()
    where.within(visible_to(actor), "g")
    narrow(where, filters)
    rows, following, total, capped = await read(
        _COLUMNS, _SOURCE, where, _ORDER, size(filters.limit), filters.cursor, cap=cap_of(actor)
    )
    return Page([_row(row) for row in rows], following, total, capped)


def narrow(where: Where, wish: GraduateFilters) -> None:
    """The conditions of the filters, over graduates `g`."""
    if wish.cohort is not None:
        where.add("g.cohort = {}", wish.cohort)
    for column, value in (("department", wish.department), ("major", wish.major), ("proof_code", wish.proof_code)):
        if value:
            where.add(f"g.{column} = {{}}", value.strip())  # as the roster writes it, full width and all
    if wish.level is not None:
        where.add("g.level = {}", str(wish.level))
    if wish.name:
        where.add("g.name LIKE {}", like(fold(wish.name)) + "%")
    if wish.id_number:
        where.add("g.id_bidx = ANY({})", paper_indexes(compact(wish.id_number)))
    if wish.work_list:
        where.add(condition(WorkList(wish.work_list)))
    for wanted, text in (
        (wish.bound, "EXISTS (SELECT 1 FROM bindings b WHERE b.graduate_id = g.id AND b.ended_at IS NULL)"),
        (wish.registered, "EXISTS (SELECT 1 FROM records r WHERE r.graduate_id = g.id AND r.slot)"),
        (wish.invalid, "g.invalid_at IS NOT NULL"),
    ):
        if wanted is not None:
            where.add(text if wanted else f"NOT ({text})")
    if wish.school:
        where.add("g.school_id = (SELECT o.id FROM schools o WHERE o.code = {})", compact(wish.school))
    if wish.sex:
        where.add("g.basic->>'xbdm' = {}", wish.sex)
    for column in wish.empty:
        if column in EMPTY:
            where.add(EMPTY[column])
    _gone_to(where, wish)


def _gone_to(where: Where, wish: GraduateFilters) -> None:
    """Conditions on the one destination in force, all on the same record."""
    asked: list[tuple[str, Any]] = []
    if wish.destinations:
        asked.append(("r.destination_code = ANY({})", list(wish.destinations)))
    for column, value in (("nature", wish.nature), ("industry", wish.industry)):
        if value:
            asked.append((f"r.employer_{column} = {{}}", value))
    if wish.region:
        asked.append(("r.employer_region LIKE {}", like(within(wish.region)) + "%"))
    blank = [f"r.{UNNAMED[column]} = ''" for column in wish.empty if column in UNNAMED]
    if asked or blank:
        texts = " AND ".join([in_force(), *blank, *(text for text, _ in asked)])
        found = f"EXISTS (SELECT 1 FROM records r WHERE r.graduate_id = g.id AND {texts})"  # noqa: S608  fixed texts, numbered parameters
        where.add(found, *(value for _, value in asked))


def person_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Who somebody is, in every list of graduates."""
    return {
        "id": str(row["id"]),
        "cohort": row["cohort"],
        "name": row["name"],
        "id_number": mask_id_number(unseal("graduates.id_enc", row["id_enc"])),
        "school": {"code": row["school_code"], "name": row["school_name"]},
        "level": row["level"],
        "level_code": row["level_code"],
        "department": row["department"],
        "major": row["major"],
    }


def _row(row: Any) -> dict[str, Any]:
    flow, _, state = (row["slot"] or "").partition(" ")
    return {
        **person_of(row),
        "id_kind": row["id_kind"],
        "training_mode": row["training_mode"],
        "bound": row["bound"],
        "invalid_at": moment(row["invalid_at"]),
        "slot": {"flow": flow, "state": state, "label": FLOWS[Flow(flow)].state(state).label} if flow else None,
    }


async def read_graduate(actor: Actor, graduate_id: UUID) -> dict[str, Any]:
    """One roster entry with its records and what the EMS holds. Raises ModuleClosed, NotFound."""
    require_read(actor, Module.EMPLOYMENT)
    where = Where()
    where.within(visible_to(actor), "g")
    where.add("g.id = {}", graduate_id)
    row = await fetch_row(
        f"SELECT {_COLUMNS}, {_MORE} FROM {_SOURCE} WHERE {where.text}",  # noqa: S608  fixed texts, numbered parameters
        *where.values,
    )
    if row is None:
        raise NotFound
    return {
        **_row(row),
        "basic": json.loads(row["basic"]),
        "mobile": mask_mobile(unseal("graduates.phone_enc", row["phone_enc"])) or None,
        "mobile_source": row["phone_source"],
        "mobile_usable_at": moment(row["phone_usable_at"]),
        "invalid_cause": row["invalid_cause"] or None,
        "invalid_note": row["invalid_note"] or None,
        "email": row["email"] or None,
        "proof_code": row["proof_code"],
        "terminations_used": row["terminations_used"],
        "terminations": Terminations(
            row["terminations_used"], row["termination_limit"], row["terminations_granted"]
        ).as_dict(),
        "records": await records_of(graduate_id),
        "ems": await mirror(graduate_id),
        "comparison": await compared(row),
        "history": await graduate_history(graduate_id),
    }
