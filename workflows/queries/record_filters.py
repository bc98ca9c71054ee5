"""Room: what a list of records may be narrowed by, as conditions (dashboard.md 7: filters on all columns).

Where a filter tells something that only the reviewing side may know (marks, the roster's present department), asking
for it is refused to everybody else: a filter answers questions as a column does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from models.db import fetch
from models.kit import SHANGHAI, fold, name_key, now
from models.parties import STAFF, Level, Party
from models.sql.coverage import covered
from models.states import Flow, Phase
from models.vault import paper_indexes
from workflows.actors import Actor
from workflows.errors import Fault, Forbidden, InvalidRequest
from workflows.flows import FLOWS
from workflows.queries import risk
from workflows.queries.paging import Where, like
from workflows.queries.trend_steps import narrow_to_steps

ME = "me"
DEADLINE: Final = "deadline"
WAYS: Final = 6
"""So many states are looked up one by one; more are told apart among all records."""

# A department-stage record that no enabled account covers falls to the school (workflows.md, Conventions 1).
COVERED = covered("r.school_id", "r.department", "r.level")

COMMON: Final = 0.01
"""The part of all records beyond which two neighbouring characters of an employer's name tell nothing."""
# What the database itself has noted of the index when it was last analyzed.
_COMMON = """
SELECT e.pair FROM pg_stats s, unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS e(pair, part)
WHERE s.tablename = 'records_name_parts' AND e.pair = ANY($1) AND e.part >= $2"""

SENT_AGAIN: Final = "r.submitted_at > r.returned_at"
# Who began it. A termination by both sides is begun by either; the first row of its history says by whom.
INITIATOR = """CASE r.flow WHEN 'online_signing' THEN 'employer' WHEN 'online_termination' THEN (
  SELECT j.party FROM journal j WHERE j.subject_id = r.id AND j.version = 1 ORDER BY j.id LIMIT 1)
  ELSE 'graduate' END"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list may be narrowed by; None or empty: not at all. `waits_on`: a party, or `me`. `flow`: one of several.

    `name` is a prefix, `id_number`, `agreement_no` and `proof_code` are exact, `employer` is a part of the name,
    `region` is a place with all that lies in it, `school` a code, `empty` names columns that are not filled in.
    `since` and `until` are days of Asia/Shanghai, both included, of the record's making; `waited`: has waited for as
    many days at least. `returned`: was ever sent back; `resubmitted`: and came again since. `risk`: `warned`,
    `not_operating`, `any` of them, or `none`. `step` and `step_day`, only together: took a step that 每日进度 counts,
    of this series on this day. `sort`: `oldest`, `newest` or `deadline` (what has one, the nearest first); without it
    a queue (`waits_on`) begins with what has waited longest, any other list with the newest.
    """

    flow: Flow | None = None
    states: tuple[str, ...] = ()
    phase: Phase | None = None
    waits_on: str | None = None
    initiator: Party | None = None
    cohort: int | None = None
    department: str = ""
    level: Level | None = None
    level_code: str = ""
    major: str = ""
    name: str = ""
    id_number: str = ""
    proof_code: str = ""
    employer: str = ""
    uscc: str = ""
    agreement_no: str = ""
    destinations: tuple[str, ...] = ()
    nature: str = ""
    industry: str = ""
    region: str = ""
    position_category: str = ""
    school: str = ""
    sex: str = ""
    empty: tuple[str, ...] = ()
    waited: int | None = None
    risk: str | None = None
    department_changed: bool | None = None
    returned: bool | None = None
    resubmitted: bool | None = None
    frozen: bool | None = None
    since: date | None = None
    until: date | None = None
    step: str | None = None
    step_day: date | None = None
    sort: str | None = None
    cursor: str | None = None
    limit: int | None = None

    @property
    def for_reviewers(self) -> bool:
        """Asks what only the reviewing side may know."""
        return self.risk is not None or self.department_changed is not None

    @property
    def of_any_value(self) -> bool:
        """Asks for something that many may have or few: which index leads to them depends on what it is."""
        asked = (*EQUAL, "destinations", "region", "name", "employer")
        return any(getattr(self, name) for name in asked)

    @property
    def of_the_person(self) -> bool:
        """Asks what an employer learns of a graduate with the acceptance and not before."""
        return bool(self.department or self.proof_code or self.sex or self.empty)


EMPTY: Final[Mapping[str, str]] = {
    "department": "r.department = ''",
    "major": "r.major = ''",
    "sex": "r.sex = ''",
}
EQUAL: Final[Mapping[str, str]] = {
    "department": "department",
    "major": "major",
    "level_code": "level_code",
    "nature": "employer_nature",
    "industry": "employer_industry",
    "position_category": "position_category",
}
"""Filters that are compared as the roster and the form wrote them, full width and all."""
_NAMED: Final = {"state": "states", "destination": "destinations", "from": "since", "to": "until"}
_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "states": tuple,
    "destinations": tuple,
    "empty": tuple,
    "flow": Flow,
    "phase": Phase,
    "level": Level,
    "initiator": Party,
    "since": date.fromisoformat,
    "until": date.fromisoformat,
    "step_day": date.fromisoformat,
}
STEP_WITHOUT_DAY: Final = "按每日进度查找时，须同时给出业务和日期。"


def filters_from(given: Mapping[str, Any]) -> Filters:
    """Filters as addresses, saved filters and jobs spell them (`from`, `to`, `state`); the shape was checked before."""
    named = {_NAMED.get(name, name): value for name, value in given.items() if value is not None}
    return Filters(**{name: _READ[name](value) if name in _READ else value for name, value in named.items()})


async def narrow(where: Where, actor: Actor, flows: Sequence[Flow], wish: Filters) -> None:
    """Raises Forbidden for a filter that is not for this reader, InvalidRequest for a state that no flow has and for
    half a step.
    """
    if wish.for_reviewers and actor.party not in STAFF:
        raise Forbidden
    if wish.of_the_person and actor.party is Party.EMPLOYER:
        # An invitation that is found by it would tell it (`records.row_of` keeps it back).
        where.add("(r.submitted_at IS NOT NULL OR r.parent_id IS NOT NULL)")
    _standing(where, actor, flows, wish)
    if wish.waits_on is not None:
        waiting(where, actor, wish.waits_on)
    if wish.waited is not None:
        held = "(r.waits_on || '') IS NOT NULL AND " if actor.party is Party.PROVINCE else ""  # by its index
        where.add(f"{held}r.waiting_since <= {{}}", now() - timedelta(days=wish.waited))
    if wish.sort == DEADLINE:
        where.add("r.expires_at IS NOT NULL")
    _columns(where, actor, wish)
    _people(where, wish)
    await _employer(where, wish)
    _marks(where, wish)
    _step(where, wish)
    if wish.since is not None:
        where.add("r.created_at >= {}", day_start(wish.since))
    if wish.until is not None:
        where.add("r.created_at < {}", day_start(wish.until + timedelta(days=1)))


def _standing(where: Where, actor: Actor, flows: Sequence[Flow], wish: Filters) -> None:
    """Records of these flows, in the states that are wished for. A desk's are found by flow, a province's by flow and
    state too, each in the order of an index; what waits on somebody is few and in an order of its own.
    """
    among = [flow for flow in flows if wish.flow in (None, flow) and wish.initiator in (None, *_begun_by(flow))]
    states = _states(flows, wish)
    pairs = [(str(flow), f"{flow}:{s.name}") for flow in among for s in FLOWS[flow].states if s.name in (states or ())]
    if actor.party is Party.PROVINCE and 0 < len(pairs) <= WAYS:
        where.either("r.flow = {} AND r.flow || ':' || r.state = {}", *pairs)
        return
    if len(among) == 1 or (among and actor.party in STAFF and wish.waits_on is None):
        where.either("r.flow = {}", *((str(flow),) for flow in among))
    else:
        where.add("r.flow = ANY({})", [str(flow) for flow in among])
    if states is not None:
        where.add("r.state = ANY({})", states)


def _begun_by(flow: Flow) -> tuple[Party, ...]:
    """Who may have begun a record of this flow, as `INITIATOR` says."""
    match flow:
        case Flow.ONLINE_SIGNING:
            return (Party.EMPLOYER,)
        case Flow.ONLINE_TERMINATION:
            return (Party.EMPLOYER, Party.GRADUATE)
        case _:
            return (Party.GRADUATE,)


def _step(where: Where, wish: Filters) -> None:
    if wish.step is None and wish.step_day is None:
        return
    if wish.step is None or wish.step_day is None:
        raise InvalidRequest(STEP_WITHOUT_DAY, [Fault("step_day", "incomplete", STEP_WITHOUT_DAY)])
    narrow_to_steps(where, wish.step, day_start(wish.step_day), day_start(wish.step_day + timedelta(days=1)))


def _states(flows: Sequence[Flow], wish: Filters) -> list[str] | None:
    table = [state for flow in flows for state in FLOWS[flow].states]
    known = {s.name for s in table}
    if strange := [s for s in wish.states if s not in known]:
        raise InvalidRequest(faults=[Fault("state", "unknown_state", f"没有名为“{s}”的状态。") for s in strange[:5]])
    if not wish.states and wish.phase is None:
        return None
    # One name has one phase in every flow: a state's name says what it is.
    found = [s.name for s in table if (not wish.states or s.name in wish.states) and wish.phase in (None, s.phase)]
    return list(dict.fromkeys(found))


def waiting(where: Where, actor: Actor, on: str) -> None:
    """Records that wait on a party, or on this actor; frozen ones wait on nobody (workflows.md, Conventions 10)."""
    where.add("NOT r.frozen")
    party = actor.party if on == ME else Party(on)
    if on == ME and party is Party.SCHOOL:
        where.add(f"(r.waits_on = 'school' OR (r.waits_on = 'department' AND NOT {COVERED}))")
    else:
        where.add("r.waits_on = {}", str(party))


def _columns(where: Where, actor: Actor, wish: Filters) -> None:
    if wish.cohort is not None:
        where.add("r.cohort = {}", wish.cohort)
    for name, column in EQUAL.items():
        if value := getattr(wish, name).strip():
            where.add(f"{_told(column, actor)} = {{}}", value)
    if wish.destinations:
        where.add(f"{_told('destination_code', actor)} = ANY({{}})", list(wish.destinations))
    if wish.region:
        where.add(f"{_told('employer_region', actor)} LIKE {{}}", like(within(wish.region)) + "%")
    if number := wish.agreement_no.strip():
        where.add("r.agreement_no = {} AND r.agreement_no <> ''", number)  # the second: what the index holds
    if wish.level is not None:
        where.add("r.level = {}", str(wish.level))
    if wish.school:
        where.add("r.school_id = (SELECT s.id FROM schools s WHERE s.code = {})", compact(wish.school))
    for column in wish.empty:
        where.add(EMPTY[column])
    if wish.initiator is not None:
        where.add(f"{INITIATOR} = {{}}", str(wish.initiator))


def _told(column: str, actor: Actor) -> str:
    """A column as indexes have it that lead to this reader's rows: those of whole provinces go by expressions, which
    nobody else is led astray by.
    """
    return f"r.{column} || ''" if actor.party is Party.PROVINCE else f"r.{column}"


def _people(where: Where, wish: Filters) -> None:
    if wish.name:
        where.add("r.graduate_name LIKE {}", like(fold(wish.name)) + "%")
    if wish.id_number:
        where.add("g.id_bidx = ANY({})", paper_indexes(compact(wish.id_number)))
    if wish.proof_code:
        where.add("g.proof_code = {}", compact(wish.proof_code))
    if wish.sex:
        where.add("r.sex = {}", wish.sex)
    if wish.frozen is not None:
        where.add("r.frozen" if wish.frozen else "NOT r.frozen")


async def _employer(where: Where, wish: Filters) -> None:
    key = name_key(wish.employer)
    # The index knows pairs of neighbours; a single character is looked for in what else is asked.
    if pairs := await _telling(list(dict.fromkeys(key[n : n + 2] for n in range(len(key) - 1)))):
        where.add("bigrams(r.employer_name_key::text) @> {}", pairs)
    if wish.employer:
        where.add("r.employer_name_key LIKE {}", f"%{like(key)}%")
    if wish.uscc:
        where.add("r.employer_uscc = {} AND r.employer_uscc <> ''", compact(wish.uscc))


async def _telling(pairs: list[str]) -> list[str]:
    """Those that few names have. By what every fourth name has (科技, 有限) an index leads nowhere, and takes long."""
    if not pairs:
        return []
    common = {row["pair"] for row in await fetch(_COMMON, pairs, COMMON)}
    return [pair for pair in pairs if pair not in common]


def _marks(where: Where, wish: Filters) -> None:
    if wish.risk is not None:
        where.add(risk.CONDITIONS[wish.risk])
    if wish.department_changed is not None:
        where.add("r.department_changed" if wish.department_changed else "NOT r.department_changed")
    if wish.returned is not None:
        where.add("r.returned_at IS NOT NULL" if wish.returned else "r.returned_at IS NULL")
    if wish.resubmitted is not None:
        where.add(SENT_AGAIN if wish.resubmitted else f"({SENT_AGAIN}) IS NOT TRUE")


def within(region: str) -> str:
    """The digits that all places in a region begin with: `440000` → `44`, `440300` → `4403`."""
    digits = region.strip()
    while len(digits) > 2 and digits.endswith("00"):
        digits = digits[:-2]
    return digits


def compact(number: str) -> str:
    """An ID number or code as it is stored, however it was typed."""
    return "".join(fold(number).split()).upper()


def day_start(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
