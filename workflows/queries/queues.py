"""Room: the queues of 学生管理: what each menu shows together (dashboard.md 2). Data; the lists are `records`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from models.states import Flow
from workflows.actors import Actor
from workflows.errors import NotFound
from workflows.queries.paging import Page
from workflows.queries.record_filters import Filters
from workflows.queries.records import list_flows


@dataclass(frozen=True, slots=True)
class Menu:
    """One entry of the staff's menu and the flows that it shows at once."""

    name: str
    label: str
    flows: tuple[Flow, ...]


MENUS: Final[Mapping[str, Menu]] = MappingProxyType(
    {
        menu.name: menu
        for menu in (
            Menu("signing", "在线签约管理", (Flow.ONLINE_SIGNING, Flow.OFFLINE_SIGNING)),
            Menu("supplementary", "补登管理", (Flow.SUPPLEMENTARY,)),
            Menu("termination", "解约管理", (Flow.ONLINE_TERMINATION, Flow.OFFLINE_TERMINATION)),
            Menu("destination", "去向登记管理", (Flow.DESTINATION,)),
        )
    }
)


def menu_of(name: str) -> Menu:
    """Raises NotFound for a menu that there is not."""
    if name not in MENUS:
        raise NotFound
    return MENUS[name]


async def list_queue(actor: Actor, menu: str, filters: Filters) -> Page:
    """One page of a menu's records over all of its flows. Raises as `list_records` does, and NotFound."""
    return await list_flows(actor, menu_of(menu).flows, filters)
