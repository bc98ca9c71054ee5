"""Room: both sides of an agreement, and the school, at one instant (test-catalogue T4, T8)."""

from __future__ import annotations

import asyncio

import pytest

from models.db import fetch_value
from models.parties import Party
from models.states import Flow
from tests.harness import ledger
from tests.harness.racing import again, cases, gathered, one_of
from tests.harness.reaching import Case, reach
from tests.harness.world import World, add_graduates, make_world
from workflows.errors import Refused, Stale

pytestmark = pytest.mark.usefixtures("database")
ONLINE, OFFLINE = Flow.ONLINE_TERMINATION, Flow.OFFLINE_TERMINATION
ROUNDS, LONG = 60, 2_000
LIMIT = 2
CLIENTS = 20


@pytest.fixture
def soak(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("soak"))


@pytest.fixture
async def world(database: str) -> World:
    return await make_world(graduates=1, settings={"termination_limit": LIMIT})


async def signing_of(record_id: object) -> str:
    return str(
        await fetch_value(
            "SELECT p.state FROM records r JOIN records p ON p.id = r.parent_id WHERE r.id = $1", record_id
        )
    )


async def test_t4_of_both_sides_asking_at_one_instant_one_termination_comes_about(world: World, soak: bool) -> None:
    winners = set()
    for number, case in enumerate(await cases(world, ONLINE, "", LONG if soak else ROUNDS)):
        sides = [case.take("request", Party.GRADUATE), again(case).take("request", Party.EMPLOYER)]
        done, lost = await one_of(*sides[:: -1 if number % 2 else 1])
        assert isinstance(lost, Refused)
        assert lost.guard == "no_live_termination"
        winners.add(done.state)
    assert winners == {"awaiting_employer", "awaiting_graduate"}
    await ledger.verify(world.school_id)


async def test_t4_an_employer_agrees_while_the_school_forces(world: World, soak: bool) -> None:
    winners = set()
    for number, case in enumerate(await cases(world, ONLINE, "awaiting_employer", LONG if soak else ROUNDS)):
        sides = [case.take("agree", Party.EMPLOYER), again(case).take("force", Party.SCHOOL)]
        done, lost = await one_of(*sides[:: -1 if number % 2 else 1])
        assert isinstance(lost, Stale)
        assert await signing_of(done.record_id) == ("terminated" if done.state == "forced" else "signed")
        winners.add(done.state)
    assert winners == {"review_school", "forced"}
    await ledger.verify(world.school_id)


async def test_t4_who_asked_takes_it_back_while_the_other_side_agrees(world: World) -> None:
    for case in await cases(world, ONLINE, "awaiting_graduate", ROUNDS // 2):
        done, lost = await one_of(case.take("withdraw", Party.EMPLOYER), again(case).take("agree", Party.GRADUATE))
        assert isinstance(lost, Stale)
        assert done.state in ("withdrawn", "review_school")
    await ledger.verify(world.school_id)


async def test_an_edit_and_a_termination_at_one_instant_never_both_on_an_old_version(world: World) -> None:
    """The edit either comes first or is refused: a signing under termination is not edited (workflows.md 1, 2)."""
    for number, flow in enumerate([ONLINE, OFFLINE] * (ROUNDS // 4)):
        (person,) = await add_graduates(world, 1)
        case = await reach(world, flow, "", person)
        assert case.parent is not None
        ask = "request" if flow is ONLINE else "submit"
        sides = [case.parent.take("edit", Party.SCHOOL), case.take(ask, Party.GRADUATE)]
        done, lost = await gathered(*sides[:: -1 if number % 2 else 1])
        assert len(done) == 2 or (isinstance(lost[0], Refused) and lost[0].guard == "no_live_termination")
    await ledger.verify(world.school_id)


@pytest.mark.parametrize(("flow", "ask", "drop"), [(ONLINE, "request", "withdraw"), (OFFLINE, "submit", "withdraw")])
async def test_t8_twenty_clients_at_once_never_get_one_application_more_than_the_limit(
    world: World, soak: bool, flow: Flow, ask: str, drop: str
) -> None:
    for person in await add_graduates(world, 50 if soak else 4):
        case = await reach(world, flow, "", person)
        answers = await asyncio.gather(*(client(again(case), ask, drop) for _ in range(CLIENTS)))
        assert sum(answers) == LIMIT
        used = await fetch_value("SELECT terminations_used FROM graduates WHERE id = $1", person.id)
        assert used == LIMIT
    await ledger.verify(world.school_id)


async def client(case: Case, ask: str, drop: str) -> int:
    """Asks and takes back until told that nothing is left; how often it was let."""
    let = 0
    while True:
        mine = again(case)
        try:
            await mine.take(ask, Party.GRADUATE)
            let += 1
            await mine.take(drop, Party.GRADUATE)
            if mine.state == "draft":
                await mine.take("cancel", Party.GRADUATE)
        except Refused as refused:
            if refused.guard == "terminations_left":
                return let
            if refused.guard != "no_live_termination":
                raise
            await asyncio.sleep(0.001)
