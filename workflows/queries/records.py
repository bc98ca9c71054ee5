"""Room: lists of records: what a queue, a portal page or a graduate's own list shows.

What may be seen is `visible_to`; what a column says depends on who looks (roles.md: an employer knows a graduate by
name, masked number, school, level and major until the graduate has accepted).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from models.db import fetch
from models.kit import SHANGHAI, fold, json_time, mask_id_number, name_key
from models.parties import STAFF, Level, Party
from models.sql.coverage import covered
from models.states import Flow, Phase
from models.vault import blind_index, unseal
from workflows.actors import Actor, require_read, visible_to
from workflows.effects import SNAPSHOT_PLACE
from workflows.errors import Fault, InvalidRequest
from workflows.flows import FLOWS
from workflows.queries.modules import require_open
from workflows.queries.paging import Order, Page, Where, like, read, size

ME = "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list may be narrowed by; None or empty: not at all. `waits_on`: a party, or `me`.

    `name` is a prefix, `id_number` and `agreement_no` are exact, `employer` is a part of the name. `since` and
    `until` are days of Asia/Shanghai, both included, of the record's making. `sort`: `oldest` or `newest`; without
    it a queue (`waits_on`) begins with what has waited longest, any other list with the newest.
    """

    states: tuple[str, ...] = ()
    phase: Phase | None = None
    waits_on: str | None = None
    cohort: int | None = None
    department: str = ""
    level: Level | None = None
    major: str = ""
    name: str = ""
    id_number: str = ""
    employer: str = ""
    uscc: str = ""
    agreement_no: str = ""
    since: date | None = None
    until: date | None = None
    sort: str | None = None
    cursor: str | None = None
    limit: int | None = None


COLUMNS = """r.id, r.school_id, r.cohort, r.flow, r.state, r.version, r.waits_on, r.waiting_since, r.created_at,
  r.submitted_at, r.expires_at, r.department, r.level, r.graduate_id, r.graduate_name, r.major, r.employer_id,
  r.employer_name, r.employer_uscc, r.position_category, r.agreement_no, g.id_enc, g.level_code,
  g.name AS roster_name, r.snapshot->'graduate'->>'id_number' AS recorded_number,
  g.invalid_at IS NOT NULL AS frozen,
  EXISTS (SELECT 1 FROM employers e WHERE e.id = r.employer_id AND e.status = 'suspended') AS employer_suspended,
  s.code AS school_code, s.name AS school_name"""

SOURCE = "records r JOIN graduates g ON g.id = r.graduate_id JOIN schools s ON s.id = r.school_id"

# A department-stage record that no enabled account covers falls to the school (workflows.md, Conventions 1).
COVERED = covered("r.school_id", "r.department", "r.level")


async def list_records(actor: Actor, flow: Flow, filters: Filters) -> Page:
    """One page of a flow's records. Raises ModuleClosed, InvalidRequest for a state or cursor that does not exist."""
    module = FLOWS[flow].module
    require_read(actor, module)
    await require_open(actor, module, filters.cohort)
    where = Where()
    where.within(visible_to(actor, module), "r")
    where.add("r.flow = {}", str(flow))
    _narrow(where, actor, flow, filters)
    limit = size(filters.limit)
    order = _order(filters)
    counted_in = SOURCE if "g." in where.text else "records r"
    rows, following, total, capped = await read(COLUMNS, SOURCE, where, order, limit, filters.cursor, counted_in)
    return Page([row_of(actor, row) for row in rows], following, total, capped)


def _order(filters: Filters) -> Order:
    queue = filters.waits_on is not None
    descending = (filters.sort or ("oldest" if queue else "newest")) == "newest"
    column = "r.waiting_since" if queue else "r.created_at"
    return Order(f"{column}{'-' if descending else '+'}", column, "r.id", descending)


def _narrow(where: Where, actor: Actor, flow: Flow, wish: Filters) -> None:
    states = _states(flow, wish)
    if states is not None:
        where.add("r.state = ANY({})", states)
    if wish.waits_on is not None:
        waiting(where, actor, wish.waits_on)
    if wish.cohort is not None:
        where.add("r.cohort = {}", wish.cohort)
    for column, value in (("department", wish.department), ("major", wish.major), ("agreement_no", wish.agreement_no)):
        if value:
            where.add(f"r.{column} = {{}}", value.strip())  # as the roster writes it, full width and all
    if wish.level is not None:
        where.add("r.level = {}", str(wish.level))
    _narrow_people(where, wish)
    if wish.since is not None:
        where.add("r.created_at >= {}", day_start(wish.since))
    if wish.until is not None:
        where.add("r.created_at < {}", day_start(wish.until + timedelta(days=1)))


def _narrow_people(where: Where, wish: Filters) -> None:
    if wish.name:
        where.add("r.graduate_name LIKE {}", like(fold(wish.name)) + "%")
    if wish.id_number:
        where.add("g.id_bidx = {}", blind_index("id_number", compact(wish.id_number)))
    if wish.employer:
        where.add("r.employer_name_key LIKE {}", f"%{like(name_key(wish.employer))}%")
    if wish.uscc:
        where.add("r.employer_uscc = {}", compact(wish.uscc))


def compact(number: str) -> str:
    """An ID number or code as it is stored, however it was typed."""
    return "".join(fold(number).split()).upper()


def day_start(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _states(flow: Flow, wish: Filters) -> list[str] | None:
    table = FLOWS[flow].states
    known = {s.name for s in table}
    if strange := [s for s in wish.states if s not in known]:
        raise InvalidRequest(faults=[Fault("state", "unknown_state", f"没有名为“{s}”的状态。") for s in strange[:5]])
    if not wish.states and wish.phase is None:
        return None
    return [s.name for s in table if (not wish.states or s.name in wish.states) and wish.phase in (None, s.phase)]


def waiting(where: Where, actor: Actor, on: str) -> None:
    """Records that wait on a party, or on this actor; frozen ones wait on nobody (workflows.md, Conventions 10)."""
    where.add("g.invalid_at IS NULL")
    party = actor.party if on == ME else Party(on)
    if on == ME and party is Party.SCHOOL:
        where.add(f"(r.waits_on = 'school' OR (r.waits_on = 'department' AND NOT {COVERED}))")
    else:
        where.add("r.waits_on = {}", str(party))


def row_of(actor: Actor, row: Any) -> dict[str, Any]:
    """One line of a list."""
    table = FLOWS[Flow(row["flow"])]
    known = actor.party is not Party.EMPLOYER or row["submitted_at"] is not None or bool(table.parents)
    state = table.state(row["state"])
    return {
        "id": str(row["id"]),
        "flow": row["flow"],
        "cohort": row["cohort"],
        "state": row["state"],
        "label": state.label,
        "phase": str(state.phase),
        "version": row["version"],
        "waits_on": row["waits_on"],
        "since": moment(row["waiting_since"]),
        "frozen": row["frozen"],
        "employer_suspended": row["employer_suspended"],
        "roster_changed": _roster_changed(row) if for_staff(actor) else None,
        "created_at": moment(row["created_at"]),
        "submitted_at": moment(row["submitted_at"]),
        "expires_at": moment(row["expires_at"]),
        "agreement_no": row["agreement_no"] or None,
        "position_category": row["position_category"] or None,
        "graduate": {
            "id": str(row["graduate_id"]) if actor.party is not Party.EMPLOYER else None,
            "name": row["graduate_name"],
            "id_number": mask_id_number(unseal("graduates.id_enc", row["id_enc"])),
            "school": {"code": row["school_code"], "name": row["school_name"]},
            "department": row["department"] if known else None,
            "level": row["level"],
            "level_code": row["level_code"],
            "major": row["major"],
        },
        "employer": {
            "id": str(row["employer_id"]) if row["employer_id"] else None,
            "name": row["employer_name"],
            "uscc": row["employer_uscc"],
        },
    }


def _roster_changed(row: Any) -> bool:
    """Is the name or number of a record under way another on the roster by now? (roles.md, Roster)"""
    if row["waits_on"] is None:
        return False
    recorded = unseal(SNAPSHOT_PLACE, row["recorded_number"])
    return bool(row["roster_name"] != row["graduate_name"] or recorded != unseal("graduates.id_enc", row["id_enc"]))


def moment(value: datetime | None) -> str | None:
    return json_time(value) if value is not None else None


def for_staff(actor: Actor) -> bool:
    """Whether the reader is on the reviewing side, who sees more of a record than the two who sign it."""
    return actor.party in STAFF or actor.party is Party.OPERATOR


async def records_of(graduate_id: UUID, besides: UUID | None = None) -> list[dict[str, Any]]:
    """A graduate's records, newest first, in a line each; for readers who were let through to the graduate already."""
    rows = await fetch(
        "SELECT id, flow, state, employer_name, created_at FROM records "
        "WHERE graduate_id = $1 AND id IS DISTINCT FROM $2 ORDER BY created_at DESC, id DESC LIMIT 50",
        graduate_id,
        besides,
    )
    return [
        {
            "id": str(row["id"]),
            "flow": row["flow"],
            "state": row["state"],
            "label": FLOWS[Flow(row["flow"])].state(row["state"]).label,
            "employer": row["employer_name"],
            "created_at": moment(row["created_at"]),
        }
        for row in rows
    ]
