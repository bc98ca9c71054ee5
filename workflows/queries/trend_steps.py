"""Room: which steps of a record 数据统计 counts day by day, and the condition that finds the records of such steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from models.states import Flow, Phase
from workflows.flows import FLOWS
from workflows.queries.paging import Where

BEGUN, ENDED = "begun", "ended"
SERIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        BEGUN: "新发起",
        "signing": "签约生效",
        "supplementary": "补登生效",
        "destination": "去向登记生效",
        ENDED: "解约或作废",
    }
)
_EFFECTIVE: Final[Mapping[Flow, str]] = MappingProxyType(
    {
        Flow.ONLINE_SIGNING: "signing",
        Flow.OFFLINE_SIGNING: "signing",
        Flow.SUPPLEMENTARY: "supplementary",
        Flow.DESTINATION: "destination",
    }
)
"""Flows whose records come into force and end; a termination's end is counted with its signing's."""


def series_of(flow: Flow, before: str, after: str) -> list[str]:
    """Where one step of a record is counted; most are not."""
    if not before:
        return [BEGUN]
    if flow not in _EFFECTIVE:
        return []
    was, became = _held(flow, before), _held(flow, after)
    if became and not was:
        return [_EFFECTIVE[flow]]
    return [ENDED] if was and not became else []


def _held(flow: Flow, state: str) -> bool:
    return FLOWS[flow].state(state).phase is Phase.FORCE


def flows_of(name: str) -> frozenset[Flow]:
    """The flows whose records a series can count."""
    return frozenset(Flow(step.partition(" ")[0]) for step in _steps(name))


@lru_cache(maxsize=len(SERIES))
def _steps(name: str) -> tuple[str, ...]:
    """Every step that a series counts, as `flow before after`."""
    return tuple(
        f"{flow} {before} {after.name}"
        for flow, table in FLOWS.items()
        for before in ("", *(s.name for s in table.states))
        for after in table.states
        if before != after.name and name in series_of(flow, before, after.name)
    )


def narrow_to_steps(where: Where, name: str, since: datetime, until: datetime) -> None:
    """Only records `r` that took a step of this series from `since` on and before `until`."""
    where.add("r.flow = ANY({})", sorted(str(flow) for flow in flows_of(name)))
    where.add(
        "EXISTS (SELECT 1 FROM journal j WHERE j.subject_id = r.id AND j.at >= {} AND j.at < {} "
        "AND r.flow || ' ' || j.from_state || ' ' || j.to_state = ANY({}))",
        since,
        until,
        list(_steps(name)),
    )
