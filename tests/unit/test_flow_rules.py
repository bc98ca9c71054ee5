"""Room: the rules of flows 2 to 4, sentence by sentence, by `decide` alone (workflows.md 2-4 and Conventions)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from models.parties import AgreementType, Party, ReviewMode
from models.states import Destination, Flow, OfflineSigning, OfflineTermination, OnlineTermination, Phase, Supplementary
from tests.harness.judging import accepted, at, judged, late, refused
from tests.harness.pure import ACTORS, FILLED, facts, record
from workflows.decide import Decision, allowed
from workflows.facts import Facts
from workflows.flows import FLOWS
from workflows.notices import NOTICES, Sms
from workflows.spec import Push

GRADUATE, EMPLOYER, SCHOOL, DEPARTMENT, CLOCK = (
    ACTORS[p] for p in (Party.GRADUATE, Party.EMPLOYER, Party.SCHOOL, Party.DEPARTMENT, Party.CLOCK)
)
TWO_STAGES = ReviewMode.DEPARTMENT_THEN_SCHOOL
F, D, N, P, S = OfflineSigning, Destination, OnlineTermination, OfflineTermination, Supplementary


# --- words ---------------------------------------------------------------------------------------


def test_what_is_certified_and_what_is_always_reviewed() -> None:
    """Conventions 13."""
    reviewed = [
        at(Flow.OFFLINE_SIGNING, F.AGREEMENT_REVIEW_SCHOOL),
        at(Flow.SUPPLEMENTARY, S.REVIEW_SCHOOL),
        at(Flow.DESTINATION, D.REVIEW_SCHOOL),
    ]
    certified = [
        at(Flow.OFFLINE_SIGNING, F.SIGNING_REVIEW_SCHOOL),
        at(Flow.ONLINE_TERMINATION, N.REVIEW_SCHOOL),
        at(Flow.OFFLINE_TERMINATION, P.REVIEW_SCHOOL),
    ]

    def words(world: Facts) -> str:
        assert world.record is not None
        return " ".join(choice.label for choice in allowed(FLOWS[world.record.flow], world, SCHOOL))

    for world in reviewed:
        assert "鉴证" not in words(world)
        assert "审核不通过" in words(world)
    for world in certified:
        assert "鉴证通过" in words(world)
        assert "鉴证不通过" in words(world)
        assert "鉴证" not in words(replace(world, agreement_type=AgreementType.THREE_PARTY))


# --- reviewing -----------------------------------------------------------------------------------

REVIEWS = [
    (Flow.OFFLINE_SIGNING, F.AGREEMENT_REVIEW_SCHOOL, "approve_agreement"),
    (Flow.OFFLINE_SIGNING, F.SIGNING_REVIEW_SCHOOL, "approve"),
    (Flow.SUPPLEMENTARY, S.REVIEW_SCHOOL, "approve"),
    (Flow.DESTINATION, D.REVIEW_SCHOOL, "approve"),
    (Flow.ONLINE_TERMINATION, N.REVIEW_SCHOOL, "approve"),
]


@pytest.mark.parametrize(("flow", "state", "action"), REVIEWS)
@pytest.mark.parametrize("why", [{"marked": True}, {"registry": {"status": "注销"}}])
def test_a_marked_or_closed_employer_is_approved_with_the_tick_and_never_blocks(
    flow: Flow, state: str, action: str, why: dict[str, Any]
) -> None:
    world = replace(at(flow, state), **why)
    assert refused(world, SCHOOL, action, {}) == "warning_seen"
    accepted(world, SCHOOL, action, {"warning_acknowledged": True})


def test_the_department_ticks_too_and_an_employer_in_operation_or_unknown_needs_no_tick() -> None:
    world = replace(at(Flow.SUPPLEMENTARY, S.REVIEW_DEPARTMENT, TWO_STAGES), marked=True)
    assert refused(world, DEPARTMENT, "approve", {}) == "warning_seen"
    for registry in (None, {"status": ""}, {"status": "存续"}, {"status": "开业"}):
        accepted(replace(world, marked=False, registry=registry), DEPARTMENT, "approve", {})
    accepted(world, DEPARTMENT, "return")
    accepted(world, DEPARTMENT, "reject")


@pytest.mark.parametrize(
    ("flow", "drafts"),
    [
        (Flow.OFFLINE_SIGNING, (F.AGREEMENT_RETURNED, F.AGREEMENT_DRAFT)),
        (Flow.SUPPLEMENTARY, (S.RETURNED, S.DRAFT)),
        (Flow.DESTINATION, (D.RETURNED, D.DRAFT)),
        (Flow.OFFLINE_TERMINATION, (P.RETURNED, P.DRAFT)),
    ],
)
def test_a_resubmission_begins_at_the_first_stage_and_is_not_counted_again(flow: Flow, drafts: tuple[str, ...]) -> None:
    for state in drafts:
        found = judged(at(flow, state, TWO_STAGES, reviewed=True), GRADUATE, "submit")
        assert isinstance(found, Decision)
        assert found.target.endswith("review_department")
        assert not found.transition.counts


def test_only_first_requests_of_the_graduate_are_counted() -> None:
    """workflows.md 5, Limit."""
    counted = {(f, t.action, p) for f, table in FLOWS.items() for t in table.transitions if t.counts for p in t.by}
    assert counted == {
        (Flow.ONLINE_TERMINATION, "request", Party.GRADUATE),
        (Flow.OFFLINE_TERMINATION, "submit", Party.GRADUATE),
    }


def test_withdrawing_is_closed_once_somebody_has_decided_this_round() -> None:
    for flow, state in ((Flow.SUPPLEMENTARY, S.REVIEW_SCHOOL), (Flow.DESTINATION, D.REVIEW_SCHOOL)):
        accepted(at(flow, state), GRADUATE, "withdraw")
        assert refused(at(flow, state, reviewed=True), GRADUATE, "withdraw") == "not_reviewed"


def test_fetch_latest_takes_over_seven_things_and_never_who_somebody_is() -> None:
    """roles.md, Roster: name, level, number of the paper, school and major are never taken over."""
    roster = {"xbdm": "2", "mzdm": "01", "zzmmdm": "03", "xz": "4", "xh": "2023001", "bysj": "202707", "zydm": "080901"}
    world = facts()
    graduate = replace(world.graduate, row={"basic": roster})
    taken = {name: value for name, value in roster.items() if name != "zydm"}
    assert replace(world, graduate=graduate).latest == {"department": world.graduate.department, **taken}


# --- what follows from an approval ---------------------------------------------------------------


def test_approvals_of_signings_close_open_invitations_and_those_of_destinations_do_not() -> None:
    closing = {
        flow
        for flow, table in FLOWS.items()
        for t in table.transitions
        if any(c.flow is Flow.ONLINE_SIGNING and c.action == "supersede" for c in t.cascades)
    }
    assert closing == {Flow.ONLINE_SIGNING, Flow.OFFLINE_SIGNING, Flow.SUPPLEMENTARY}


def test_the_ems_hears_of_every_way_into_and_out_of_force_and_of_every_edit_in_it() -> None:
    for flow, table in FLOWS.items():
        if not table.holds_slot:
            continue
        for step in table.transitions:
            before = {table.state(s).phase for s in step.source}
            after = {table.state(s).phase for s in step.targets}
            enters = Phase.FORCE in after
            leaves = Phase.FORCE in before and Phase.FORCE not in after
            assert step.push is (Push.PRESENT if enters else Push.UNSETTLED if leaves else None), (flow, step.action)


def test_the_number_is_taken_back_when_an_issued_agreement_ends_unsigned() -> None:
    revoking = {(t.action, s) for t in FLOWS[Flow.OFFLINE_SIGNING].transitions if t.revokes_agreement for s in t.source}
    assert revoking == {
        ("cancel", F.AGREEMENT_ISSUED),
        *(("lapse", state) for state in (F.AGREEMENT_ISSUED, F.SIGNING_RETURNED, F.UPLOAD_WITHDRAWN)),
        *(("reject", state) for state in (F.SIGNING_REVIEW_DEPARTMENT, F.SIGNING_REVIEW_SCHOOL)),
    }


def test_texts_that_always_go_by_sms_as_well() -> None:
    """messages-and-sync.md, Notices: edits by staff, a changed phone, codes; whoever is not bound is asked to bind."""
    assert {n.name for n in NOTICES.values() if n.to is Party.GRADUATE and n.sms is Sms.ALWAYS} == {
        "record_edited",
        "destination_edited",
        "phone_changed",
        "own_phone_changed",
        "one_time_code",
        "bind_reminder",
    }


# --- flow 2 --------------------------------------------------------------------------------------


def test_an_application_is_cancelled_until_the_first_upload_and_by_nobody_else() -> None:
    for state in (F.AGREEMENT_DRAFT, F.AGREEMENT_RETURNED, F.AGREEMENT_ISSUED):
        assert accepted(at(Flow.OFFLINE_SIGNING, state), GRADUATE, "cancel") == F.CANCELLED
        assert refused(at(Flow.OFFLINE_SIGNING, state), EMPLOYER, "cancel") == "Forbidden"
    for state in (F.SIGNING_REVIEW_SCHOOL, F.SIGNING_RETURNED, F.UPLOAD_WITHDRAWN, F.SIGNED):
        assert refused(at(Flow.OFFLINE_SIGNING, state), GRADUATE, "cancel") == "state"


def test_an_upload_is_taken_back_by_the_side_that_sent_it_until_somebody_has_decided() -> None:
    by_employer = at(Flow.OFFLINE_SIGNING, F.SIGNING_REVIEW_SCHOOL, row={"submitted_by": "employer"})
    assert refused(by_employer, GRADUATE, "withdraw_upload") == "own_upload"
    assert accepted(by_employer, EMPLOYER, "withdraw_upload") == F.UPLOAD_WITHDRAWN
    by_graduate = at(Flow.OFFLINE_SIGNING, F.SIGNING_REVIEW_SCHOOL, row={"submitted_by": "graduate"})
    assert refused(by_graduate, EMPLOYER, "withdraw_upload") == "own_upload"
    decided = at(
        Flow.OFFLINE_SIGNING, F.SIGNING_REVIEW_SCHOOL, TWO_STAGES, row={"submitted_by": "graduate"}, reviewed=True
    )
    assert refused(decided, GRADUATE, "withdraw_upload") == "not_reviewed"


def test_a_statement_is_returned_or_rejected_at_either_stage_and_never_approved() -> None:
    row = {"form": {"upload_kind": "statement"}}
    for state, reviewer in ((F.SIGNING_REVIEW_DEPARTMENT, DEPARTMENT), (F.SIGNING_REVIEW_SCHOOL, SCHOOL)):
        world = at(Flow.OFFLINE_SIGNING, state, TWO_STAGES, row=row)
        assert refused(world, reviewer, "approve") == "not_a_statement"
        accepted(world, reviewer, "return")
        accepted(world, reviewer, "reject")


@pytest.mark.parametrize(
    ("flow", "state"),
    [(Flow.ONLINE_SIGNING, "signed"), (Flow.OFFLINE_SIGNING, F.SIGNED), (Flow.SUPPLEMENTARY, S.SIGNED)],
)
def test_a_signing_is_not_edited_while_its_termination_is_under_way_nor_after_the_close(flow: Flow, state: str) -> None:
    world = at(flow, state)
    assert world.record is not None
    accepted(world, SCHOOL, "edit")
    ending = record(
        P.REVIEW_SCHOOL, id=UUID(int=101), flow=Flow.OFFLINE_TERMINATION, parent_id=world.record.id, expires_at=None
    )
    assert refused(replace(world, others=(ending,)), SCHOOL, "edit") == "no_live_termination"
    assert refused(late(world), SCHOOL, "edit") == "cohort_open"
    assert refused(world, DEPARTMENT, "edit") == "Forbidden"


# --- flow 4 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["21", "41"])
def test_who_is_trained_on_commission_is_offered_one_kind_and_nobody_else_is(mode: str) -> None:
    own = {**FILLED["destination.submit"], "destination_code": "21-41"}
    world = at(Flow.DESTINATION, D.DRAFT)
    bound = replace(world, graduate=replace(world.graduate, training_mode=mode))
    assert accepted(bound, GRADUATE, "submit", own) == D.REVIEW_SCHOOL
    assert refused(bound, GRADUATE, "submit") == "destination_offered"
    for free in ("1", "22", "42", "3", "5"):
        other = replace(world, graduate=replace(world.graduate, training_mode=free))
        assert refused(other, GRADUATE, "submit", own) == "destination_offered"
    edit = {**FILLED["destination.edit_destination"], "destination_code": "11"}
    under_review = replace(bound, record=record(D.REVIEW_SCHOOL, flow=Flow.DESTINATION, slot=True, expires_at=None))
    assert refused(under_review, SCHOOL, "edit_destination", edit) == "destination_offered"
    for flow in (Flow.OFFLINE_SIGNING, Flow.SUPPLEMENTARY):
        state = F.AGREEMENT_DRAFT if flow is Flow.OFFLINE_SIGNING else S.DRAFT
        signing = at(flow, state)
        barred = replace(signing, graduate=replace(signing.graduate, training_mode=mode))
        assert refused(barred, GRADUATE, "submit") == "training_mode"


def test_a_reviewer_edits_to_a_kind_whose_proof_is_there_and_with_the_graduates_consent() -> None:
    """edit_destination: its proofs complete, else return; the tick 已与毕业生沟通确认一致."""
    form = FILLED["destination.edit_destination"]
    world = at(Flow.DESTINATION, D.REVIEW_SCHOOL, row={"form": {"destination_code": "11"}})
    assert accepted(world, SCHOOL, "edit_destination") == D.REVIEW_SCHOOL
    other = at(Flow.DESTINATION, D.REVIEW_SCHOOL, row={"form": {"destination_code": "46"}})
    assert refused(other, SCHOOL, "edit_destination") == "proofs_complete"
    unsettled = {
        "destination_code": "70",
        "substate": "70-1",
        "own_mobile": "15400000001",
        "agreed_with_graduate": True,
    }
    assert accepted(other, SCHOOL, "edit_destination", unsettled) == D.REVIEW_SCHOOL, "待就业 asks for no proof"
    unasked = {name: value for name, value in form.items() if name != "agreed_with_graduate"}
    assert refused(world, SCHOOL, "edit_destination", unasked) == "InvalidForm"
    assert refused(late(world), SCHOOL, "edit_destination") == "cohort_open"


def test_the_stage_decides_who_edits_a_destination_and_after_approval_nobody_does() -> None:
    row = {"form": {"destination_code": "11"}}
    first = at(Flow.DESTINATION, D.REVIEW_DEPARTMENT, TWO_STAGES, row=row)
    assert accepted(first, DEPARTMENT, "edit_destination") == D.REVIEW_DEPARTMENT
    assert refused(first, SCHOOL, "edit_destination") == "stage_owner"
    second = at(Flow.DESTINATION, D.REVIEW_SCHOOL, TWO_STAGES, row=row)
    assert refused(second, DEPARTMENT, "edit_destination") == "state"
    done = at(Flow.DESTINATION, D.APPROVED, row=row)
    assert refused(done, SCHOOL, "edit_destination") == "state"
    assert {c.name for c in allowed(FLOWS[Flow.DESTINATION], done, SCHOOL)} == set()


def test_a_freelancer_needs_the_head_of_the_department_only_where_no_department_reviewed() -> None:
    row = {"form": {"destination_code": "76"}}
    alone = at(Flow.DESTINATION, D.REVIEW_SCHOOL, row=row)
    assert refused(alone, SCHOOL, "approve", {}) == "head_named"
    assert accepted(alone, SCHOOL, "approve", {"department_head": "孙主任"}) == D.APPROVED
    assert accepted(at(Flow.DESTINATION, D.REVIEW_SCHOOL, TWO_STAGES, row=row), SCHOOL, "approve", {}) == D.APPROVED


def test_a_destination_is_voided_by_the_graduate_alone_until_the_close() -> None:
    world = at(Flow.DESTINATION, D.APPROVED)
    assert accepted(world, GRADUATE, "void") == D.VOIDED
    assert refused(late(world), GRADUATE, "void") == "cohort_open"
    assert refused(world, SCHOOL, "void") == "Forbidden"
    assert refused(world, GRADUATE, "void", {}) == "InvalidForm"
