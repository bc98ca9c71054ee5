"""Room: decisions at one instant, in every flow: one wins, the other is told who was first (test-catalogue T2, T3)."""

from __future__ import annotations

import pytest

from models.parties import Party, ReviewMode
from models.states import Flow
from tests.harness import ledger
from tests.harness.racing import again, cases, one_of, pairs, reviews
from tests.harness.world import make_world
from workflows.commands.accounts import disable_account
from workflows.errors import Stale

pytestmark = pytest.mark.usefixtures("database")
ROUNDS, LONG = 200, 5_000
ONE_STAGE, TWO_STAGES = reviews(ReviewMode.SCHOOL), reviews(ReviewMode.DEPARTMENT_THEN_SCHOOL)
DEPARTMENTS_TURN = [(flow, state) for flow, state in TWO_STAGES if "department" in state]
# Where the graduate, or whoever uploaded, may still take back what waits for its first decision.
WITHDRAWALS = [
    (Flow.OFFLINE_SIGNING, "agreement_review_school", "withdraw", "approve_agreement"),
    (Flow.OFFLINE_SIGNING, "signing_review_school", "withdraw_upload", "approve"),
    (Flow.SUPPLEMENTARY, "review_school", "withdraw", "approve"),
    (Flow.DESTINATION, "review_school", "withdraw", "approve"),
    (Flow.OFFLINE_TERMINATION, "review_school", "withdraw", "approve"),
]


@pytest.fixture
def rounds(pytestconfig: pytest.Config) -> int:
    return LONG if pytestconfig.getoption("soak") else ROUNDS


@pytest.mark.parametrize(("flow", "state"), ONE_STAGE)
async def test_t2_of_two_reviewers_at_one_instant_exactly_one_wins(flow: Flow, state: str, rounds: int) -> None:
    """200 rounds over all reviews; every pair of decisions."""
    world = await make_world(graduates=1)
    two = pairs(flow, state, -(-rounds // len(ONE_STAGE)))
    for case, (first, second) in zip(await cases(world, flow, state, len(two)), two, strict=True):
        done, lost = await one_of(case.take(first, Party.SCHOOL), again(case).take(second, Party.SCHOOL))
        assert isinstance(lost, Stale)
        told = lost.extra()
        assert (told["label"], told["version"]) == (done.label, done.version)
        assert told["decided_by"]["name"] == world.school.name
    await ledger.verify(world.school_id)


@pytest.mark.parametrize(("flow", "state", "withdraw", "approve"), WITHDRAWALS)
async def test_t3_what_is_taken_back_is_never_approved_as_well(
    flow: Flow, state: str, withdraw: str, approve: str, rounds: int
) -> None:
    world = await make_world(graduates=1)
    outcomes = set()
    for number, case in enumerate(await cases(world, flow, state, -(-rounds // len(WITHDRAWALS)))):
        # Whoever starts first has the better chance; each side does by turns.
        sides = [case.take(withdraw, Party.GRADUATE), again(case).take(approve, Party.SCHOOL)]
        done, lost = await one_of(*sides[:: -1 if number % 2 else 1])
        assert isinstance(lost, Stale)
        outcomes.add(done.state)
    assert len(outcomes) == 2, "neither side ever won"
    await ledger.verify(world.school_id)


@pytest.mark.parametrize(("flow", "state"), DEPARTMENTS_TURN)
async def test_t3_department_and_school_never_decide_the_same_stage_twice(flow: Flow, state: str, rounds: int) -> None:
    """The department's only account is being disabled: its clerk has still clicked, and the school may stand in."""
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    two = pairs(flow, state, -(-rounds // len(DEPARTMENTS_TURN)))
    waiting = await cases(world, flow, state, len(two))
    for clerk in world.departments.values():
        await disable_account(world.school, clerk.id, confirmed=True)
    for case, (first, second) in zip(waiting, two, strict=True):
        done, lost = await one_of(case.take(first, Party.DEPARTMENT), again(case).take(second, Party.SCHOOL))
        assert isinstance(lost, Stale)
        assert lost.extra()["label"] == done.label
    await ledger.verify(world.school_id)
