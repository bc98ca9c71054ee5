"""Room: how tests of the dashboard sit down at a desk and get to its pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from dashboard import client
from dashboard.words import STATE_COLUMNS
from models.db import fetch_value
from tests.harness.reaching import Case
from tests.harness.sitting import Sitting, use_service
from tests.harness.stack import Stack
from tests.harness.world import (
    PASSWORD,
    Desk,
    World,
    accept,
    invite,
)
from workflows.engine import Outcome
from workflows.ports import Held, OutsideFault


async def serving_alone(stack: Stack) -> str:
    """The real service as a process, on the shared programs' database, with nothing outside to answer; its address."""
    if "simulators" in stack.children:
        await asyncio.to_thread(stack.children.pop("simulators").end)
    if "serve" not in stack.children:
        await stack.start("serve")
    use_service(stack.service_url)
    return stack.service_url


@pytest.fixture(name="service")
async def service_fixture(stack: Stack, database: str) -> str:
    """To be imported by files whose tests sit at the dashboard's desks."""
    return await serving_alone(stack)


class Silent:
    """An EMS that these tests do not ask."""

    async def lookup(self, school: str, cohort: int, id_number: str) -> Held | OutsideFault:
        raise AssertionError((school, cohort, len(id_number)))


def token_of(username: str) -> str:
    return str(client.sign_in(username, PASSWORD, "127.0.0.1")["token"])


def sit(desk: Desk) -> Sitting:
    return Sitting(token_of(desk.username)).run()


def at(desk: Desk, path: str, **query: str) -> Sitting:
    """At a page by its address."""
    return sit(desk).go("" if path == "home" else path, **query)


def queue(desk: Desk, where: str = "", menu: str = "signing") -> Sitting:
    """At a menu's queue, by its button on the first page, or with what is to be shown chosen by its value.

    `where`: "mine", "all", or one of them with a flow and a state: "all:online_signing:signed".
    """
    sitting = sit(desk).press("去处理", f"go-{menu}")
    return sitting.type(STATE_COLUMNS[menu], where).run() if where else sitting


def review(desk: Desk, menu: str = "signing") -> Sitting:
    """At the first record of a menu that waits for this desk."""
    return queue(desk, menu=menu).press("从第一条开始")


def reviewing(desk: Desk, case: Case) -> Sitting:
    """At one record's page."""
    return at(desk, "review", flow=str(case.flow), id=str(case.id))


async def waiting(world: World, count: int = 1) -> list[Outcome]:
    """Invitations that were accepted, oldest first."""
    return [await accept(world, await invite(world, p), p) for p in world.graduates[:count]]


async def steps(outcome: Outcome | Case) -> int:
    return int(await fetch_value("SELECT count(*) FROM journal WHERE subject_id = $1", outcome.record_id))


async def state_of(outcome: Outcome | Case) -> str:
    return str(await fetch_value("SELECT state FROM records WHERE id = $1", outcome.record_id))


def picked(items: Iterable[dict[str, Any]], menu: str = "signing") -> dict[str, Any]:
    """What the session holds once rows were ticked: AppTest cannot tick in a component of our own."""
    return {"menu": menu, "items": list(items)}
