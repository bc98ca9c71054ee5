"""Room: the bench of lists: pages of queues and the home page, a million graduates against ten thousand.

Ours is a page of the whole list (rows, total, what stands beside them) at a million, the rival the same page at ten
thousand. This process is the readers of one of the two: it is told names of pages and answers how long each took.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from models import db
from models.kit import now, shanghai_day
from tests.load.bench_data import Crowd
from workflows.actors import Actor
from workflows.queries.home import read_home
from workflows.queries.queues import MENUS, list_queue
from workflows.queries.record_filters import Filters
from workflows.queries.statistics_trend import read_trend

Read = Callable[[], Awaitable[Any]]

READERS: Final = 4
TURNS: Final = 2
DEEP: Final = 40
"""Pages after the first one, of 200 rows."""


def _filters(crowd: Crowd) -> dict[str, tuple[str, dict[str, Any]]]:
    """What desks narrow a queue by: a name, the menu and the filters."""
    number = crowd.world.graduate.id_number
    day = shanghai_day(now())
    found: dict[str, tuple[str, dict[str, Any]]] = {f"all of {menu}": (menu, {}) for menu in MENUS}
    found |= {
        "oldest first": ("signing", {"sort": "oldest"}),
        "one state": ("destination", {"states": ("returned",)}),
        "a rare state": ("signing", {"states": ("withdrawn",)}),
        "department": ("destination", {"department": "学院03"}),
        "major": ("destination", {"major": "专业042"}),
        "level": ("destination", {"level_code": "11"}),
        "sex": ("destination", {"sex": "1"}),
        "name": ("destination", {"name": "王12"}),
        "whole name": ("destination", {"name": "王5010"}),
        "ID number": ("destination", {"id_number": number}),
        "proof code": ("destination", {"proof_code": "0123456789ABCDEF"}),
        "employer": ("signing", {"employer": crowd.employer}),
        "a word in employers' names": ("signing", {"employer": "科技有限"}),
        "credit code": ("signing", {"uscc": crowd.uscc}),
        "nature, industry, place": ("signing", {"nature": "31", "industry": "35", "region": "330000"}),
        "destination": ("destination", {"destinations": ("801",)}),
        "since a week": ("destination", {"since": day - timedelta(days=7)}),
        "frozen": ("destination", {"frozen": True}),
        "returned": ("destination", {"returned": True}),
        "resubmitted": ("destination", {"resubmitted": True}),
        "risk": ("signing", {"risk": "any"}),
        "risk, oldest first": ("signing", {"risk": "any", "sort": "oldest"}),
        "no risk": ("signing", {"risk": "none"}),
        "begun by": ("signing", {"initiator": "employer"}),
        "department changed": ("destination", {"department_changed": True}),
        "department changed, oldest first": ("destination", {"department_changed": True, "sort": "oldest"}),
        "department unchanged": ("destination", {"department_changed": False}),
        "agreement number": ("signing", {"agreement_no": "99001202700000001"}),
    }
    return found


def slow_works(crowd: Crowd) -> dict[str, Read]:
    """The pages that a province waits for."""
    return {"province: trend": lambda: read_trend(crowd.world.province, crowd.world.cohort)}


async def works(crowd: Crowd) -> dict[str, Read]:
    """Every page by its name, for readers of a school, a department and the province."""
    world = crowd.world
    desks = {"school": world.school, "department": world.department_of(world.graduate), "province": world.province}
    found: dict[str, Read] = {}
    for desk, actor in desks.items():
        found[f"{desk}: home"] = _home(actor, world.cohort)
        if desk != "province":
            for menu in MENUS:
                found[f"{desk}: mine of {menu}"] = _page(actor, menu, Filters(cohort=world.cohort, waits_on="me"))
        for name, (menu, narrowed) in _filters(crowd).items():
            found[f"{desk}: {name}"] = _page(actor, menu, Filters(cohort=world.cohort, **narrowed))
        for menu in ("signing", "destination"):
            cursor = await _deep(actor, menu, world.cohort)
            found[f"{desk}: a late page of {menu}"] = _page(actor, menu, Filters(cohort=world.cohort, cursor=cursor))
    found["province: one school"] = _page(
        world.province, "destination", Filters(cohort=world.cohort, school=world.school_code)
    )
    found["province: every cohort"] = _page(world.province, "destination", Filters())
    return found


def _home(actor: Actor, cohort: int) -> Read:
    return lambda: read_home(actor, cohort)


def _page(actor: Actor, menu: str, filters: Filters) -> Read:
    return lambda: list_queue(actor, menu, filters)


async def _deep(actor: Actor, menu: str, cohort: int) -> str | None:
    cursor: str | None = None
    for _ in range(DEEP):
        page = await list_queue(actor, menu, Filters(cohort=cohort, cursor=cursor, limit=200))
        if page.next is None:
            break
        cursor = page.next
    return cursor


# --- the process of the readers ------------------------------------------------------------------


async def answer(url: str) -> None:
    crowd: Crowd = pickle.loads(bytes.fromhex(sys.stdin.readline().strip()))  # noqa: S301  from our own parent
    await db.open_database(url, min_size=READERS, max_size=READERS)
    reads = await works(crowd)
    _say(json.dumps(list(reads)))
    while name := (await asyncio.to_thread(sys.stdin.readline)).strip():
        await reads[name]()
        waits = await asyncio.gather(*(_waited(reads[name]) for _ in range(READERS)))
        _say(str(statistics.median(wait for one in waits for wait in one)))
    await db.close_database()


async def _waited(read: Read) -> list[float]:
    waits = []
    for _ in range(TURNS):
        began = time.perf_counter()
        await read()
        waits.append(time.perf_counter() - began)
    return waits


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(answer(sys.argv[1]))
