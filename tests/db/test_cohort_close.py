"""Room: 31 January of the year after: in every state of every flow what ends, what stays, and to the second when.

(workflows.md, Conventions 11; test-catalogue T9.) The expectations are written out here, not read off the tables.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from models.db import fetch_row, fetch_value
from models.kit import cohort_close
from models.parties import Party, ReviewMode
from models.states import Flow, Phase
from tests.harness import ledger
from tests.harness.reaching import Case, reach, reachable
from tests.harness.world import World, add_graduates, make_world
from workflows.commands import clock
from workflows.decide import allowed
from workflows.errors import Refused
from workflows.flows import FLOWS
from workflows.loading import load

pytestmark = pytest.mark.usefixtures("database")
PARTIES = (Party.GRADUATE, Party.EMPLOYER, Party.DEPARTMENT, Party.SCHOOL)
SECOND = timedelta(seconds=1)

# What waits on a graduate or an employer, and the review of an agreement that nobody could sign any more.
ENDS = {
    Flow.ONLINE_SIGNING: {"invited"},
    Flow.OFFLINE_SIGNING: {
        "agreement_review_department", "agreement_review_school", "agreement_returned", "agreement_draft",
        "agreement_issued", "signing_returned", "upload_withdrawn",
    },
    Flow.SUPPLEMENTARY: {"returned", "draft"},
    Flow.DESTINATION: {"returned", "draft"},
    Flow.ONLINE_TERMINATION: {"awaiting_employer", "awaiting_graduate"},
    Flow.OFFLINE_TERMINATION: {"returned", "draft"},
}  # fmt: skip
STAYS = {
    Flow.ONLINE_SIGNING: {"review_department", "review_school"},
    Flow.OFFLINE_SIGNING: {"signing_review_department", "signing_review_school"},
    Flow.SUPPLEMENTARY: {"review_department", "review_school"},
    Flow.DESTINATION: {"review_department", "review_school"},
    Flow.ONLINE_TERMINATION: {"review_department", "review_school"},
    Flow.OFFLINE_TERMINATION: {"review_department", "review_school"},
}
IN_FORCE = {
    Flow.ONLINE_SIGNING: {"signed"},
    Flow.OFFLINE_SIGNING: {"signed"},
    Flow.SUPPLEMENTARY: {"signed"},
    Flow.DESTINATION: {"approved"},
    Flow.ONLINE_TERMINATION: set(),
    Flow.OFFLINE_TERMINATION: set(),
}


def test_the_expectations_of_this_file_know_every_state_that_is_not_the_end() -> None:
    for flow, table in FLOWS.items():
        assert ENDS[flow] | STAYS[flow] | IN_FORCE[flow] == {s.name for s in table.states if not s.final}


async def gather(world: World, expected: dict[Flow, set[str]]) -> list[Case]:
    """A record in each of these states that this mode knows, each of a person of its own."""
    wanted = [(f, s) for f in FLOWS for s in reachable(f, world.mode) if s in expected[f]]
    people = await add_graduates(world, len(wanted), departments=[world.graduate.department])
    return [await reach(world, flow, state, person) for (flow, state), person in zip(wanted, people, strict=True)]


async def offered(case: Case, moment: datetime) -> set[str]:
    """What anybody at all may do to the record at this moment."""
    facts = await load(now=moment, record_id=case.id, lock=False)
    assert facts is not None
    return {c.name for party in PARTIES for c in allowed(FLOWS[case.flow], facts, case.actor(party)) if c.open}


async def state_of(case: Case) -> str:
    return str(await fetch_value("SELECT state FROM records WHERE id = $1", case.id))


async def bring(case: Case, moment: datetime) -> None:
    """The deadline of an invitation lies at the close, as far as one can be set."""
    if case.state == "invited":
        await fetch_value("UPDATE records SET expires_at = $2 WHERE id = $1 RETURNING id", case.id, moment)


@pytest.mark.parametrize("mode", list(ReviewMode))
async def test_t9_in_the_last_second_everything_goes_on_and_in_the_next_one_only_reviews_are_decided(
    mode: ReviewMode,
) -> None:
    world = await make_world(mode)
    close = cohort_close(world.cohort)
    for case in [*await gather(world, ENDS), *await gather(world, STAYS), *await gather(world, IN_FORCE)]:
        await bring(case, close)
        where, stays = (case.flow, case.state), case.state in STAYS[case.flow]
        assert await offered(case, close) == await offered(case, close - timedelta(days=1)), where
        after = await offered(case, close + SECOND)
        if stays:
            assert after == {"approve", "reject"}, where
        else:
            assert not after, where  # the clock's to end, even before it has come by
        assert await clock.close_cohorts(close) == 0
        assert await state_of(case) == case.state


@pytest.mark.parametrize("mode", list(ReviewMode))
async def test_the_clock_ends_what_waits_for_a_graduate_or_an_employer_and_leaves_the_rest(mode: ReviewMode) -> None:
    world = await make_world(mode)
    late = cohort_close(world.cohort) + SECOND
    ending = await gather(world, ENDS)
    staying = [*await gather(world, STAYS), *await gather(world, IN_FORCE)]
    for case in ending:
        await bring(case, cohort_close(world.cohort))
    for job in (clock.expire_invitations, clock.close_cohorts):
        while await job(late):
            pass
    for case in ending:
        assert await state_of(case) == ("expired" if case.state == "invited" else "lapsed"), case.flow
        await nothing_is_held(case)
    for case in staying:
        assert await state_of(case) == case.state, case.flow
    await ledger.verify(world.school_id)


async def nothing_is_held(case: Case) -> None:
    """The slot is free; a signing whose end has lapsed stays in force; a number without agreement is taken back."""
    row = await fetch_row("SELECT slot, waits_on FROM records WHERE id = $1", case.id)
    assert tuple(row) == (False, None)
    if case.parent is not None:
        assert await state_of(case.parent) == "signed"
    if case.flow is Flow.OFFLINE_SIGNING:
        issued = "SELECT count(*) FROM agreements WHERE record_id = $1 AND revoked_at IS NULL"
        assert await fetch_value(issued, case.id) == 0


@pytest.mark.parametrize("mode", list(ReviewMode))
async def test_after_the_close_a_review_is_decided_to_its_end_and_nothing_is_sent_back(mode: ReviewMode) -> None:
    world = await make_world(mode)
    late = cohort_close(world.cohort) + timedelta(days=3)
    for case, decision in [
        (case, decision) for decision in ("approve", "reject") for case in await gather(world, STAYS)
    ]:
        table = FLOWS[case.flow]
        for action in {"return", "withdraw", "withdraw_upload", "edit_destination"} & set(table.actions):
            step = table.find(action, case.state)
            if step is not None:
                with pytest.raises(Refused):
                    await case.take(action, now=late)
        while not table.state(case.state).final and table.state(case.state).phase is not Phase.FORCE:
            await case.take(decision, now=late)
        assert table.state(case.state).column in ("signed", "completed") or decision == "reject"
    await ledger.verify(world.school_id)


@pytest.mark.parametrize("flow", list(Flow))
async def test_after_the_close_nothing_begins(flow: Flow) -> None:
    world = await make_world()
    close = cohort_close(world.cohort)
    for step in FLOWS[flow].leaving(""):
        for party in step.by:
            (person,) = await add_graduates(world, 1)
            case = await reach(world, flow, "", person)
            with pytest.raises(Refused) as refused:
                await case.take(step.action, party, now=close + SECOND)
            assert refused.value.guard == "cohort_open"
            if step.action != "invite":  # whose shortest deadline is a day
                await case.take(step.action, party, now=close)
