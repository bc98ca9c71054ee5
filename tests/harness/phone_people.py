"""Room: the people of the phone tests: one school for a module, and for each test a newcomer without a past.

Import the fixtures by name: `from tests.harness.phone_people import me_fixture, shared_fixture, world_fixture`.
"""

from __future__ import annotations

from typing import Any

import pytest

from models.states import Flow
from models.tables import Record
from tests.harness.chat import bound
from tests.harness.phone import Phone
from tests.harness.reaching import Case, filled
from tests.harness.world import Person, World, add_graduates, make_world


@pytest.fixture(name="shared", scope="module")
async def shared_fixture(database: str) -> World:
    return await make_world(graduates=1)


@pytest.fixture(name="world")
async def world_fixture(shared: World) -> World:
    """The module's school with a newcomer in front, to whom nothing has happened yet."""
    (newcomer,) = await add_graduates(shared, 1, departments=["计算机学院"])
    shared.graduates.insert(0, newcomer)
    return shared


@pytest.fixture(name="me")
async def me_fixture(world: World, phone: Phone) -> Person:
    """The newcomer, bound on this phone."""
    await bound(world, world.graduate, phone.openid)
    return world.graduate


def answers(world: World, form: dict[str, Any], name: str) -> dict[str, Any]:
    """A right form of this person, but for its files."""
    case = Case(world, world.graduate, world.employer, Flow.DESTINATION)
    given = filled(name, case)
    return {key: given[key] for key in form if not isinstance(given[key], list)}


async def only(me: Person, flow: Flow) -> Record:
    return await Record.get(graduate_id=me.id, flow=str(flow))
