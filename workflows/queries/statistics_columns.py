"""Room: the columns of 数据统计 and the states that each sums, derived from the flow tables (guide chapter 14).

Every state of every flow of 毕业去向登记与网签 stands in one column of its section besides the total: what no rule
names falls to 办理中 or 已结束 by its phase, so a new state is counted without anybody thinking of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from models.states import Flow
from workflows.flows import FLOWS
from workflows.queries.queues import MENUS
from workflows.work_lists import WorkList

STUDENTS: Final = "students"
"""The list of graduates, beside the menus of records."""

SIGNINGS, REGISTRATIONS, GRADUATES = "签约、补登与解约（记录数）", "去向登记（记录数）", "毕业生（人数）"
_SIGNING_MENUS, _REGISTRATION_MENUS = ("signing", "supplementary", "termination"), ("destination",)

Pair = tuple[Flow, str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the states whose records it counts, or, with none, graduates. `work_list`: of these only those."""

    name: str
    label: str
    section: str
    states: tuple[Pair, ...] = ()
    work_list: WorkList | None = None

    @property
    def counts(self) -> str:
        return "records" if self.states else "persons"

    def lists(self, cohort: int) -> list[dict[str, Any]]:
        """Where the rows behind it stand: a menu's queue (or `students`) and the filters that show just them."""
        if not self.states:
            narrowed = {"list": str(self.work_list)} if self.work_list else {"invalid": False}
            return [{"menu": STUDENTS, "filters": {"cohort": cohort, **narrowed}}]
        found = []
        for name, menu in MENUS.items():
            states = list(dict.fromkeys(state for flow, state in self.states if flow in menu.flows))
            if states:
                some = {} if len(states) == len(_states_of(menu.flows)) else {"state": states}
                found.append({"menu": name, "filters": {"cohort": cohort, "frozen": False, **some}})
        return found


# Name, label, and what it takes: `State.column`s of a menu's flows.
_SIGNING_RULES: Final = (
    ("signed", "已签", (("signing", "signed"),)),
    ("waiting", "待审核", (("signing", "waiting"),)),
    ("rejected", "签约不通过", (("signing", "rejected"),)),
    ("terminated", "已解", (("signing", "terminated"), ("supplementary", "terminated"))),
    ("termination_waiting", "解约待审核", (("termination", "waiting"),)),
    ("termination_rejected", "解约不通过", (("termination", "rejected"),)),
    ("supplementary", "补登", (("supplementary", "signed"),)),
    ("supplementary_waiting", "补登待审核", (("supplementary", "waiting"),)),
    ("supplementary_rejected", "补登不通过", (("supplementary", "rejected"),)),
    ("refused", "学生已拒绝签约", (("signing", "refused"),)),
    ("expired", "签约逾期未回应", (("signing", "expired"),)),
    ("refused_by_employer", "单位拒绝解约", (("termination", "refused_by_employer"),)),
    ("termination_completed", "解约完成", (("termination", "completed"),)),
)
_REGISTRATION_RULES: Final = (
    ("registered", "已登记", (("destination", "signed"),)),
    ("registration_waiting", "登记待审核", (("destination", "waiting"),)),
    ("registration_rejected", "登记不通过", (("destination", "rejected"),)),
    ("voided", "已作废", (("destination", "voided"),)),
)


def _section(prefix: str, label: str, section: str, menus: tuple[str, ...], rules: tuple[Any, ...]) -> Iterator[Column]:
    """The total, a column for each rule, and two for what no rule names."""
    everything = tuple((flow, str(s.name)) for menu in menus for flow in MENUS[menu].flows for s in FLOWS[flow].states)
    yield Column(f"{prefix}total", label, section, everything)
    left = list(everything)
    for name, title, takes in rules:
        states = tuple(pair for pair in left if any(_is(pair, menu, column) for menu, column in takes))
        left = [pair for pair in left if pair not in states]
        yield Column(name, title, section, states)
    yield Column(f"{prefix}under_way", "其他办理中", section, tuple(p for p in left if not _final(p)))
    yield Column(f"{prefix}ended", "其他已结束", section, tuple(p for p in left if _final(p)))


def _states_of(flows: tuple[Flow, ...]) -> set[str]:
    return {s.name for flow in flows for s in FLOWS[flow].states}


def _is(pair: Pair, menu: str, column: str) -> bool:
    flow, state = pair
    return flow in MENUS[menu].flows and FLOWS[flow].state(state).column == column


def _final(pair: Pair) -> bool:
    return FLOWS[pair[0]].state(pair[1]).final


@lru_cache(maxsize=1)
def columns() -> tuple[Column, ...]:
    """All columns, in the order in which they stand."""
    return (
        *_section("", "总数", SIGNINGS, _SIGNING_MENUS, _SIGNING_RULES),
        *_section("registration_", "登记总数", REGISTRATIONS, _REGISTRATION_MENUS, _REGISTRATION_RULES),
        Column("graduates", "毕业生人数", GRADUATES),
        Column("unregistered", "未登记", GRADUATES, work_list=WorkList.UNREGISTERED),
    )


def flows_counted() -> tuple[Flow, ...]:
    return tuple(dict.fromkeys(flow for column in columns() for flow, _ in column.states))


def described(column: Column, cohort: int) -> dict[str, Any]:
    """A column as a screen shows it: which states it sums, whether it counts records or persons, where its rows are."""
    return {
        "name": column.name,
        "label": column.label,
        "section": column.section,
        "counts": column.counts,
        "states": [
            {"flow": str(flow), "flow_label": FLOWS[flow].label, "state": s, "label": FLOWS[flow].state(s).label}
            for flow, s in column.states
        ],
        "lists": column.lists(cohort),
    }
