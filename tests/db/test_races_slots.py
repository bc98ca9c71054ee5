"""Room: one person, one slot, whatever is clicked at one instant; a change of mode with it (test-catalogue T5, T10)."""

from __future__ import annotations

import asyncio

import pytest

from models.db import fetch, fetch_value
from models.parties import Party, ReviewMode
from models.states import Flow
from tests.harness import ledger
from tests.harness.racing import gathered
from tests.harness.reaching import Case, reach
from tests.harness.world import Person, World, add_graduates, make_world, settings_form
from workflows.commands.settings import submit_settings
from workflows.errors import Refused
from workflows.flows import FLOWS

pytestmark = pytest.mark.usefixtures("database")
ROUNDS, LONG = 40, 2_000
BEGUN = {  # what takes the slot, from which state
    Flow.ONLINE_SIGNING: ("invited", "accept"),
    Flow.OFFLINE_SIGNING: ("", "submit"),
    Flow.SUPPLEMENTARY: ("", "submit"),
    Flow.DESTINATION: ("", "submit"),
}


@pytest.fixture
def rounds(pytestconfig: pytest.Config) -> int:
    return LONG if pytestconfig.getoption("soak") else ROUNDS


async def held(people: list[Person]) -> list[str]:
    """The states of what holds the slot of these entries."""
    rows = await fetch(
        "SELECT state FROM records WHERE slot AND graduate_id = ANY($1::uuid[])", [person.id for person in people]
    )
    return [str(row["state"]) for row in rows]


@pytest.mark.parametrize("flow", BEGUN)
async def test_t5_a_destination_is_voided_while_something_else_is_begun(flow: Flow, rounds: int) -> None:
    world = await make_world(graduates=1)
    state, action = BEGUN[flow]
    begun = 0
    for number, person in enumerate(await add_graduates(world, rounds // len(BEGUN))):
        other = await reach(world, flow, state, person)
        old = await reach(world, Flow.DESTINATION, "approved", person)
        sides = [old.take("void", Party.GRADUATE), other.take(action, Party.GRADUATE)]
        done, lost = await gathered(*sides[:: -1 if number % 2 else 1])
        assert all(isinstance(e, Refused) and e.guard == "slot_free" for e in lost)
        assert old.state == "voided", "whoever came first, nothing hinders the voiding"
        assert len(await held([person])) == len(done) - 1
        begun += len(done) - 1
    assert begun > 0
    await ledger.verify(world.school_id)
    await ledger.verify_slots([world.school_id])


@pytest.mark.parametrize("flow", BEGUN)
async def test_t5_a_destination_is_approved_while_something_else_is_begun(flow: Flow, rounds: int) -> None:
    world = await make_world(graduates=1)
    state, action = BEGUN[flow]
    for person in await add_graduates(world, rounds // len(BEGUN)):
        other = await reach(world, flow, state, person)
        old = await reach(world, Flow.DESTINATION, "review_school", person)
        done, lost = await gathered(old.take("approve", Party.SCHOOL), other.take(action, Party.GRADUATE))
        assert [o.state for o in done] == ["approved"]
        assert isinstance(lost[0], Refused)
        assert await held([person]) == ["approved"]
    await ledger.verify_slots([world.school_id])


async def test_one_person_on_two_rosters_begins_in_both_at_one_instant_and_holds_one_slot(rounds: int) -> None:
    here = await make_world(graduates=1)
    there = await make_world(cohort=here.cohort - 1, graduates=1)
    people = await add_graduates(here, rounds)
    # Entries of one level give way to each other; a graduate who studied on has one of each level.
    twins = await add_graduates(there, rounds, people=people, level_code="11")
    flows = list(BEGUN)
    winners = set()
    for number, (person, twin) in enumerate(zip(people, twins, strict=True)):
        cases: list[Case] = []
        for world, entry, flow in ((here, person, flows[number % 4]), (there, twin, flows[number // 4 % 4])):
            cases.append(await reach(world, flow, BEGUN[flow][0], entry))
        sides = [case.take(BEGUN[case.flow][1], Party.GRADUATE) for case in cases]
        done, lost = await gathered(*sides[:: -1 if number % 2 else 1])
        assert len(done) == 1
        assert isinstance(lost[0], Refused)
        assert lost[0].guard == "slot_free"
        assert len(await held([person, twin])) == 1
        winners.add(cases[0].version > cases[1].version)
    assert winners == {True, False}
    await ledger.verify_slots([here.school_id, there.school_id])


@pytest.mark.parametrize("flow", BEGUN)
async def test_t10_a_change_of_mode_and_a_beginning_at_one_instant_agree(flow: Flow) -> None:
    """Either the record begins where the new mode says, or it was there first and the mode stays."""
    state, action = BEGUN[flow]
    for number in range(6):
        world = await make_world(graduates=2)
        case = await reach(world, flow, state)

        async def change(world: World = world, later: float = 0.001 * number) -> None:
            await asyncio.sleep(later)  # the beginning reaches the settings after some statements of its own
            form = settings_form(ReviewMode.DEPARTMENT_THEN_SCHOOL)
            await submit_settings(world.school, world.cohort, form, world.settings_version)

        answers = await asyncio.gather(case.take(action, Party.GRADUATE), change(), return_exceptions=True)
        refused = [a for a in answers if isinstance(a, BaseException)]
        assert all(isinstance(e, Refused) and e.guard == "nothing_in_flow" for e in refused)
        assert FLOWS[flow].state(case.state).waits_on is (Party.SCHOOL if refused else Party.DEPARTMENT)
        mode = await fetch_value("SELECT review_mode FROM settings WHERE school_id = $1", world.school_id)
        assert mode == (ReviewMode.SCHOOL if refused else ReviewMode.DEPARTMENT_THEN_SCHOOL)
