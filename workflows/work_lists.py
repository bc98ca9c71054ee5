"""Room: the roster's work lists: who is on each, as a condition over `graduates g` (roles.md, Roster)."""

from __future__ import annotations

from enum import StrEnum

from models.parties import Module
from models.states import Phase
from workflows.flows import FLOWS


class WorkList(StrEnum):
    UNREGISTERED = "unregistered"
    UNBOUND = "unbound"
    RETURNED = "returned"

    @property
    def notice(self) -> str:
        return {
            WorkList.UNREGISTERED: "register_reminder",
            WorkList.UNBOUND: "bind_reminder",
            WorkList.RETURNED: "correct_reminder",
        }[self]


def condition(wanted: WorkList) -> str:
    """SQL over `graduates g`. Nothing in it comes from outside."""
    if wanted is WorkList.UNBOUND:
        found = "NOT EXISTS (SELECT 1 FROM bindings b WHERE b.graduate_id = g.id AND b.ended_at IS NULL)"
    elif wanted is WorkList.RETURNED:
        found = f"EXISTS (SELECT 1 FROM records r WHERE r.graduate_id = g.id AND {_sent_back()})"  # noqa: S608  names of our own tables and states
    else:
        found = f"NOT EXISTS (SELECT 1 FROM records r WHERE r.graduate_id = g.id AND {_under_way()})"  # noqa: S608  names of our own tables and states
    return f"g.invalid_at IS NULL AND {found}"


def _sent_back() -> str:
    """It was returned and waits for the graduate's correction (退回未改)."""
    flows = [flow for flow in FLOWS.values() if flow.module is Module.EMPLOYMENT]
    returned = sorted(f"'{f.flow}:{s.name}'" for f in flows for s in f.states if s.column == "returned")
    return f"r.waits_on = 'graduate' AND r.flow || ':' || r.state IN ({', '.join(returned)})"


def _under_way() -> str:
    """It holds the slot, or waits on somebody; an invitation that nobody has answered binds nobody (Conventions 12)."""
    flows = [flow for flow in FLOWS.values() if flow.module is Module.EMPLOYMENT]
    offered = sorted(f"'{f.flow}:{s.name}'" for f in flows for s in f.states if s.phase is Phase.OPEN)
    concerned = ", ".join(sorted(f"'{flow.flow}'" for flow in flows))
    return (
        f"(r.slot OR (r.waits_on IS NOT NULL AND r.flow IN ({concerned}) "
        f"AND r.flow || ':' || r.state NOT IN ({', '.join(offered)})))"
    )
