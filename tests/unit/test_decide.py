"""Room: decisions of flow 1, rule by rule (workflows.md 1 and Conventions)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models import kit
from models.parties import AgreementType, Grant, Module, Party, ReviewMode
from models.states import EmployerStatus, Flow
from models.states import OnlineSigning as S
from tests.harness.pure import ACTORS, FILLED, INVITE, NOW, facts, record
from workflows.decide import Decision, allowed, cascade, decide
from workflows.errors import Forbidden, InvalidForm, NotFound, ReadOnly, Refusal, Refused, Stale
from workflows.facts import Facts
from workflows.flows import FLOWS

FLOW = FLOWS[Flow.ONLINE_SIGNING]
GRADUATE, EMPLOYER, SCHOOL, DEPARTMENT = (
    ACTORS[p] for p in (Party.GRADUATE, Party.EMPLOYER, Party.SCHOOL, Party.DEPARTMENT)
)
INVITED = facts(record=record(S.INVITED))
ACCEPT = FILLED["online_signing.accept"]


def judged(world: Facts, actor: Any, action: str, form: Any = None, version: int | None = None) -> Any:
    return decide(FLOW, world, actor, action, form if form is not None else {}, version)


def refusal(world: Facts, actor: Any, action: str, form: Any = None, version: int | None = None) -> Refusal:
    found = judged(world, actor, action, form, version)
    assert isinstance(found, Refusal)
    return found


def test_accept_goes_to_the_school_or_first_to_the_department_as_the_mode_says() -> None:
    by_school = judged(INVITED, GRADUATE, "accept", ACCEPT)
    two_stage = judged(facts(ReviewMode.DEPARTMENT_THEN_SCHOOL, record=record(S.INVITED)), GRADUATE, "accept", ACCEPT)
    assert (by_school.target, two_stage.target) == (S.REVIEW_SCHOOL, S.REVIEW_DEPARTMENT)


@pytest.mark.parametrize(
    ("guard", "world"),
    [
        ("on_roster", replace(INVITED, graduate=replace(INVITED.graduate, invalid=True))),
        ("module_open", replace(INVITED, module_open=False)),
        ("settings_open", replace(INVITED, open_at=None)),
        ("settings_open", replace(INVITED, open_at=NOW + timedelta(seconds=1))),
        ("level_open", replace(INVITED, handler=None)),
        ("training_mode", replace(INVITED, graduate=replace(INVITED.graduate, training_mode="21"))),
        ("training_mode", replace(INVITED, graduate=replace(INVITED.graduate, training_mode="41"))),
        ("employer_active", replace(INVITED, employer=replace(facts().employer, status=EmployerStatus.SUSPENDED))),
        ("before_deadline", facts(record=record(S.INVITED, expires_at=NOW - timedelta(seconds=1)))),
        ("slot_free", replace(INVITED, others=(record(S.SIGNED, slot=True),))),
    ],
)
def test_accept_is_refused_while_a_guard_fails(guard: str, world: Facts) -> None:
    assert refusal(world, GRADUATE, "accept", ACCEPT).guard == guard


def test_the_last_second_of_the_deadline_still_counts() -> None:
    world = facts(record=record(S.INVITED, expires_at=NOW))
    assert isinstance(judged(world, GRADUATE, "accept", ACCEPT), Decision)
    assert refusal(world, ACTORS[Party.CLOCK], "expire").guard == "after_deadline"
    assert isinstance(judged(world, EMPLOYER, "withdraw"), Decision)


@pytest.mark.parametrize(
    "late",
    [
        {"record": record(S.INVITED, expires_at=NOW - timedelta(seconds=1))},
        {"record": record(S.INVITED), "now": kit.cohort_close(2027) + timedelta(microseconds=1)},
    ],
)
def test_once_the_last_second_has_passed_only_the_clock_ends_an_invitation(late: dict[str, Any]) -> None:
    world = facts(**late)
    assert refusal(world, EMPLOYER, "withdraw").guard == "still_open"
    assert refusal(world, GRADUATE, "refuse", {"reason": "pay"}).guard in ("before_deadline", "cohort_open")
    assert cascade(FLOW, world, ACTORS[Party.SCHOOL], "supersede") is None
    suspended = replace(world, employer=replace(facts().employer, status=EmployerStatus.SUSPENDED))
    assert refusal(suspended, ACTORS[Party.CLOCK], "close_suspended").guard == "still_open"
    assert isinstance(judged(world, ACTORS[Party.CLOCK], "expire"), Decision)


@pytest.mark.parametrize(
    ("guard", "world"),
    [
        ("training_mode", replace(facts(), graduate=replace(facts().graduate, training_mode="41"))),
        ("employer_verified", replace(facts(), employer=replace(facts().employer, status=EmployerStatus.SUSPENDED))),
        ("no_own_pending", replace(facts(), others=(record(S.INVITED),))),
        ("no_own_pending", replace(facts(), others=(record(S.SIGNED, slot=True),))),
    ],
)
def test_invite_is_refused_while_a_guard_fails(guard: str, world: Facts) -> None:
    assert refusal(world, EMPLOYER, "invite", INVITE).guard == guard


def test_a_taken_slot_does_not_stop_another_employer_from_inviting() -> None:
    elsewhere = record(S.SIGNED, slot=True, employer_id=None)
    assert isinstance(judged(replace(facts(), others=(elsewhere,)), EMPLOYER, "invite", INVITE), Decision)


def test_an_invitation_ends_at_the_end_of_its_day_in_shanghai() -> None:
    decision = judged(facts(), EMPLOYER, "invite", {**INVITE, "valid_days": 1})
    assert decision.expires_at.isoformat() == "2027-03-06T15:59:59.999999+00:00"


def test_an_invitation_may_not_outlive_the_cohort() -> None:
    late = facts().closes_at - timedelta(days=3)
    world = replace(facts(), now=late)
    assert refusal(world, EMPLOYER, "invite", {**INVITE, "valid_days": 4}).guard == "deadline_in_cohort"
    assert isinstance(judged(world, EMPLOYER, "invite", {**INVITE, "valid_days": 3}), Decision)


def test_after_the_cohort_closed_a_review_may_end_but_nothing_else_goes_on() -> None:
    closed = replace(facts(record=record(S.REVIEW_SCHOOL, slot=True)), now=facts().closes_at + timedelta(seconds=1))
    assert isinstance(judged(closed, SCHOOL, "approve"), Decision)
    signed = replace(closed, record=record(S.SIGNED, slot=True))
    assert refusal(signed, SCHOOL, "edit", FILLED["online_signing.edit"]).guard == "cohort_open"
    invited = replace(closed, record=record(S.INVITED, expires_at=closed.now + timedelta(days=5)))
    assert refusal(invited, GRADUATE, "accept", ACCEPT).guard == "cohort_open"
    assert isinstance(judged(invited, ACTORS[Party.CLOCK], "expire"), Decision)


def test_the_school_leaves_the_department_stage_to_the_department() -> None:
    world = facts(ReviewMode.DEPARTMENT_THEN_SCHOOL, record=record(S.REVIEW_DEPARTMENT, slot=True))
    assert refusal(world, SCHOOL, "approve").guard == "stage_owner"
    assert judged(world, DEPARTMENT, "approve").target == S.REVIEW_SCHOOL


def test_where_no_account_covers_the_record_the_school_decides_that_stage_too() -> None:
    world = facts(
        ReviewMode.DEPARTMENT_THEN_SCHOOL, record=record(S.REVIEW_DEPARTMENT, slot=True), department_covered=False
    )
    assert judged(world, SCHOOL, "approve").target == S.REVIEW_SCHOOL


def test_the_department_cannot_decide_the_school_stage() -> None:
    assert refusal(facts(record=record(S.REVIEW_SCHOOL, slot=True)), DEPARTMENT, "approve").guard == "state"


def test_the_department_may_not_edit_at_all() -> None:
    world = facts(record=record(S.SIGNED, slot=True))
    assert refusal(world, DEPARTMENT, "edit", FILLED["online_signing.edit"]).kind is Forbidden


def test_a_stale_version_is_told_before_anything_else() -> None:
    assert refusal(INVITED, GRADUATE, "accept", ACCEPT, version=2).kind is Stale


def test_who_may_not_see_the_record_gets_not_found() -> None:
    other = replace(SCHOOL, school_id=EMPLOYER.id)
    assert refusal(facts(record=record(S.REVIEW_SCHOOL)), other, "approve").kind is NotFound


def test_a_read_only_account_is_told_so() -> None:
    reader = replace(SCHOOL, grants={Module.EMPLOYMENT: Grant.RO})
    assert refusal(facts(record=record(S.REVIEW_SCHOOL)), reader, "approve").kind is ReadOnly


def test_a_cascade_only_action_is_unknown_to_everybody() -> None:
    for actor in ACTORS.values():
        assert refusal(INVITED, actor, "supersede").kind in (NotFound, Forbidden)


def test_all_faults_of_a_form_come_at_once() -> None:
    found = refusal(facts(record=record(S.REVIEW_SCHOOL, slot=True)), SCHOOL, "reject", {"reason_text": "不行"})
    assert found.kind is InvalidForm
    assert {f.path for f in found.faults} == {"reason", "reason_text"}


def test_buttons_are_greyed_with_the_sentence_that_the_act_would_answer() -> None:
    world = replace(INVITED, others=(record(S.SIGNED, slot=True),))
    choices = {c.name: c for c in allowed(FLOW, world, GRADUATE)}
    said = refusal(world, GRADUATE, "accept", ACCEPT)
    assert not choices["accept"].open
    assert choices["accept"].reason == said.sentence
    assert choices["refuse"].open


def test_two_party_agreements_speak_of_certifying_and_three_party_ones_of_reviewing() -> None:
    two = facts(record=record(S.REVIEW_SCHOOL, slot=True))
    three = replace(two, agreement_type=AgreementType.THREE_PARTY)
    assert [c.label for c in allowed(FLOW, two, SCHOOL)] == ["鉴证通过", "鉴证不通过"]
    assert [c.label for c in allowed(FLOW, three, SCHOOL)] == ["审核通过", "审核不通过"]


def test_a_refused_act_says_where_the_record_stands() -> None:
    found = refusal(facts(record=record(S.REFUSED)), GRADUATE, "accept", ACCEPT)
    assert found.kind is Refused
    assert "学生已拒绝签约" in found.sentence
