"""Room: the rules of terminations and of the close, sentence by sentence, by `decide` alone (workflows.md 5, 6, 11)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from models.parties import Level, Party, ReviewMode
from models.states import Destination, Flow, OfflineSigning, OfflineTermination, OnlineTermination, Supplementary
from tests.harness.judging import accepted, at, judged, late, refused
from tests.harness.pure import ACTORS, FILLED, facts, facts_for, record
from workflows.actors import Actor
from workflows.decide import decide
from workflows.errors import Forbidden, InvalidForm, NotFound, Refusal
from workflows.facts import Facts
from workflows.flows import FLOWS

GRADUATE, EMPLOYER, SCHOOL, DEPARTMENT, CLOCK = (
    ACTORS[p] for p in (Party.GRADUATE, Party.EMPLOYER, Party.SCHOOL, Party.DEPARTMENT, Party.CLOCK)
)
TWO_STAGES = ReviewMode.DEPARTMENT_THEN_SCHOOL
F, D, N, P, S = OfflineSigning, Destination, OnlineTermination, OfflineTermination, Supplementary


def test_a_force_is_the_schools_within_its_level_and_only_towards_a_silent_employer() -> None:
    world = at(Flow.ONLINE_TERMINATION, N.AWAITING_EMPLOYER)
    assert accepted(world, SCHOOL, "force") == N.FORCED
    assert judged(world, DEPARTMENT, "force").kind is Forbidden  # type: ignore[union-attr]
    elsewhere = replace(SCHOOL, level=Level.POSTGRADUATE)
    assert judged(world, elsewhere, "force").kind is NotFound  # type: ignore[union-attr]
    accepted(world, replace(SCHOOL, level=Level.UNDERGRADUATE), "force")
    for state in (N.AWAITING_GRADUATE, N.REVIEW_SCHOOL, N.EMPLOYER_REFUSED):
        assert refused(at(Flow.ONLINE_TERMINATION, state), SCHOOL, "force") == "state"
    assert refused(late(world), SCHOOL, "force") == "cohort_open"


@pytest.mark.parametrize("lacking", ["statement", "confirmed"])
def test_a_force_wants_a_written_statement_and_a_second_confirmation(lacking: str) -> None:
    form = {name: value for name, value in FILLED["online_termination.force"].items() if name != lacking}
    found = judged(at(Flow.ONLINE_TERMINATION, N.AWAITING_EMPLOYER), SCHOOL, "force", form)
    assert isinstance(found, Refusal)
    assert (found.kind, [f.path for f in found.faults]) == (InvalidForm, [lacking])


def test_the_schools_last_word_on_papers_says_who_agreed_and_states_why_where_one_side_did() -> None:
    world = at(Flow.OFFLINE_TERMINATION, P.REVIEW_SCHOOL)
    for form, lacking in (
        ({"confirmed": True}, "termination_kind"),
        ({"termination_kind": "unilateral", "confirmed": True}, "statement"),
        ({"termination_kind": "unilateral", "statement": "单位多次联系不上，已核实"}, "confirmed"),
        ({"termination_kind": "mutual"}, "confirmed"),
    ):
        found = judged(world, SCHOOL, "approve", form)
        assert isinstance(found, Refusal)
        assert [f.path for f in found.faults] == [lacking]
    unilateral = {"termination_kind": "unilateral", "statement": "单位多次联系不上，已核实情况", "confirmed": True}
    assert accepted(world, SCHOOL, "approve", unilateral) == P.COMPLETED
    first = at(Flow.OFFLINE_TERMINATION, P.REVIEW_DEPARTMENT, TWO_STAGES)
    assert accepted(first, DEPARTMENT, "approve") == P.REVIEW_SCHOOL, "the department only moves it on"
    assert refused(first, DEPARTMENT, "approve", unilateral) == "InvalidForm", "and has nothing of the kind to say"


def begun(flow: Flow, world: Facts, actor: Actor) -> str:
    """What beginning a termination meets: the guard that says no, else empty."""
    action = "request" if flow is Flow.ONLINE_TERMINATION else "submit"
    found = decide(FLOWS[flow], world, actor, action, FILLED[f"{flow}.{action}"])
    return found.guard if isinstance(found, Refusal) else ""


@pytest.mark.parametrize("flow", [Flow.ONLINE_TERMINATION, Flow.OFFLINE_TERMINATION])
def test_the_limit_of_applications_is_the_graduates_alone_and_zero_means_none(flow: Flow) -> None:
    world = facts_for(FLOWS[flow], termination_limit=2)
    used = replace(world, graduate=replace(world.graduate, row={"terminations_used": 2}))
    granted = replace(world, graduate=replace(world.graduate, row={"terminations_used": 2, "terminations_granted": 1}))
    assert begun(flow, world, GRADUATE) == ""
    assert begun(flow, used, GRADUATE) == "terminations_left"
    assert begun(flow, granted, GRADUATE) == ""
    unused = replace(granted, graduate=replace(world.graduate, row={"terminations_granted": 1}), termination_limit=0)
    assert begun(flow, unused, GRADUATE) == "terminations_left", "whatever was granted before"
    if flow is Flow.ONLINE_TERMINATION:
        assert begun(flow, replace(used, termination_limit=0), EMPLOYER) == ""


@pytest.mark.parametrize("flow", [Flow.ONLINE_TERMINATION, Flow.OFFLINE_TERMINATION])
def test_a_signing_has_one_termination_at_a_time_and_must_be_in_force(flow: Flow) -> None:
    world = facts_for(FLOWS[flow])
    assert world.parent is not None
    other = record(N.AWAITING_GRADUATE, id=UUID(int=101), flow=flow, parent_id=world.parent.id, expires_at=None)
    assert begun(flow, replace(world, others=(*world.others, other)), GRADUATE) == "no_live_termination"
    waiting = replace(world.parent, state="review_school")
    assert begun(flow, replace(world, parent=waiting, others=(waiting,)), GRADUATE) == "signing_in_force"
    assert begun(flow, replace(world, parent=None, others=()), GRADUATE) == "signing_in_force"
    assert begun(flow, late(world), GRADUATE) == "cohort_open"


def test_whoever_asked_takes_it_back_until_the_answer_and_only_the_other_side_answers() -> None:
    by_graduate = at(Flow.ONLINE_TERMINATION, N.AWAITING_EMPLOYER)
    by_employer = at(Flow.ONLINE_TERMINATION, N.AWAITING_GRADUATE)
    assert accepted(by_graduate, GRADUATE, "withdraw") == N.WITHDRAWN
    assert accepted(by_employer, EMPLOYER, "withdraw") == N.WITHDRAWN
    for world, asked in ((by_graduate, GRADUATE), (by_employer, EMPLOYER)):
        for action in ("agree", "refuse"):
            assert refused(world, asked, action) == "state"
    assert refused(by_graduate, EMPLOYER, "withdraw") == "state"
    answered = at(Flow.ONLINE_TERMINATION, N.REVIEW_SCHOOL)
    for actor in (GRADUATE, EMPLOYER):
        assert refused(answered, actor, "withdraw") == "state"


# --- the close -----------------------------------------------------------------------------------


def test_in_the_last_second_everything_is_open_that_is_closed_in_the_next() -> None:
    for flow, state, actor, action in (
        (Flow.OFFLINE_SIGNING, F.AGREEMENT_REVIEW_SCHOOL, SCHOOL, "approve_agreement"),
        (Flow.OFFLINE_SIGNING, F.AGREEMENT_ISSUED, GRADUATE, "upload"),
        (Flow.SUPPLEMENTARY, S.REVIEW_SCHOOL, SCHOOL, "return"),
        (Flow.DESTINATION, D.RETURNED, GRADUATE, "submit"),
        (Flow.ONLINE_TERMINATION, N.AWAITING_EMPLOYER, EMPLOYER, "agree"),
        (Flow.OFFLINE_TERMINATION, P.DRAFT, GRADUATE, "cancel"),
    ):
        world = at(flow, state)
        accepted(replace(world, now=world.closes_at), actor, action)
        assert refused(late(world), actor, action) == "cohort_open"
        assert refused(replace(world, now=world.closes_at), CLOCK, "lapse") in ("after_close", "state")


def test_no_stage_is_left_while_the_school_still_has_it() -> None:
    world = at(Flow.SUPPLEMENTARY, S.REVIEW_DEPARTMENT, TWO_STAGES)
    assert refused(world, CLOCK, "restage") == "no_such_stage"
    assert accepted(replace(world, review_mode=ReviewMode.SCHOOL), CLOCK, "restage") == S.REVIEW_SCHOOL
    assert facts().review_mode is ReviewMode.SCHOOL
