"""Room: which registered employer sees what a graduate has written down (workflows.md 2, approve_agreement)."""

from __future__ import annotations

from typing import Any

import pytest

from models.states import EmployerStatus, Flow
from models.tables import Record
from tests.harness.pure import OFFLINE
from tests.harness.world import Firm, World, add_graduates, credit_code, make_employer, make_world
from workflows.engine import act

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=1)


async def met(world: World, **written: Any) -> object:
    """The employer that the record belongs to once the agreement is issued; None: nobody on the platform."""
    (person,) = await add_graduates(world, 1)
    form = {**OFFLINE, **written}
    made = await act(person.actor, Flow.OFFLINE_SIGNING, None, "submit", form, once=world.key())
    before = await Record.get(id=made.record_id)
    assert before.employer_id is None, "nobody sees it before it is issued"
    await act(
        world.school, Flow.OFFLINE_SIGNING, made.record_id, "approve_agreement", {}, version=1, once=world.key()
    )  # fmt: skip
    return (await Record.get(id=made.record_id)).employer_id


def written(firm: Firm, **other: Any) -> dict[str, Any]:
    return {"employer_name": firm.name, "employer_uscc": firm.uscc, **other}


async def test_an_employer_of_exactly_that_code_and_name_sees_it(world: World) -> None:
    firm = world.employer
    assert await met(world, **written(firm)) == firm.id
    wide = firm.name.replace("公司", " 公 司 ")
    assert await met(world, **written(firm, employer_name=wide)) == firm.id, "spaces make no other name"


async def test_whoever_shares_only_the_code_or_only_the_name_sees_nothing(world: World) -> None:
    firm = world.employer
    assert await met(world, **written(firm, employer_name=f"{firm.name}第二分公司")) is None
    assert await met(world, **written(firm, employer_uscc=credit_code())) is None
    without = {"no_code": True, "no_code_reason": "境外机构", "employer_uscc": "", "employer_industry": "46"}
    assert await met(world, employer_name=firm.name, **without) is None


@pytest.mark.parametrize("status", [EmployerStatus.PENDING, EmployerStatus.SUSPENDED])
async def test_an_employer_that_is_not_verified_sees_nothing(world: World, status: EmployerStatus) -> None:
    assert await met(world, **written(await make_employer(world, status=status))) is None
