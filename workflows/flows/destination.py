"""Room: flow 4, destination registration: what needs no agreement here (workflows.md 4; guide chapters 10 and 12)."""

from __future__ import annotations

from models.parties import Module, Party
from models.states import Destination, Flow, Phase
from workflows import guards as g
from workflows.flows.reviewing import (
    GRADUATE,
    SCHOOL,
    Stages,
    approvals,
    cancellation,
    edits,
    lapses,
    rejections,
    restaging,
    returns,
    submissions,
)
from workflows.spec import Push, State, Transition, Workflow

S = Destination
REVIEW = Stages(S.REVIEW_DEPARTMENT, S.REVIEW_SCHOOL)

DESTINATION = Workflow(
    flow=Flow.DESTINATION,
    label="去向登记",
    matter="的“{destination}”去向登记",
    module=Module.EMPLOYMENT,
    states=(
        State(S.REVIEW_DEPARTMENT, "去向登记审核中，等待学院审核", Phase.FLOW, "waiting", Party.DEPARTMENT),
        State(S.REVIEW_SCHOOL, "去向登记审核中，等待学校审核", Phase.FLOW, "waiting", Party.SCHOOL),
        State(S.RETURNED, "去向登记退回修改", Phase.FLOW, "returned", Party.GRADUATE),
        State(S.DRAFT, "已撤回，待重新提交", Phase.FLOW, "draft", Party.GRADUATE),
        State(S.REJECTED, "审核不通过，登记作废", Phase.END, "rejected"),
        State(S.CANCELLED, "已取消", Phase.END, "cancelled"),
        State(S.LAPSED, "届次已截止，自动关闭", Phase.END, "lapsed"),
        State(S.APPROVED, "去向登记完成", Phase.FORCE, "signed"),
        State(S.VOIDED, "已作废", Phase.END, "voided"),
    ),
    transitions=(
        *submissions(
            REVIEW,
            Transition(
                "submit",
                "登记去向",
                (),
                S.REVIEW_SCHOOL,
                GRADUATE,
                guards=(*g.ENTRY, g.SLOT_FREE, g.DESTINATION_OFFERED),
                form="destination.submit",
            ),
            draft=S.DRAFT,
            returned=S.RETURNED,
            take_back="撤回登记",
        ),
        *edits(
            REVIEW,
            Transition(
                "edit_destination",
                "修改去向",
                (),
                S.REVIEW_SCHOOL,
                SCHOOL,
                guards=(*g.REVIEWING, g.COHORT_OPEN, g.DESTINATION_OFFERED, g.PROOFS_COMPLETE),
                form="destination.edit_destination",
                tell=("destination_edited",),
            ),
        ),
        *approvals(
            REVIEW,
            Transition(
                "approve",
                "审核通过",
                (),
                S.APPROVED,
                SCHOOL,
                guards=(*g.REVIEWING, g.LATEST_UNCHANGED, g.HEAD_NAMED),
                form="destination.approve_final",
                tell=("review_approved",),
                push=Push.PRESENT,
            ),
        ),
        *returns(REVIEW, S.RETURNED, tell=("review_returned",)),
        *rejections(REVIEW, S.REJECTED, tell=("review_rejected",)),
        cancellation("取消登记", (S.DRAFT, S.RETURNED), S.CANCELLED),
        Transition(
            "void",
            "作废",
            (S.APPROVED,),
            S.VOIDED,
            GRADUATE,
            guards=(g.ON_ROSTER, g.MODULE_OPEN, g.COHORT_OPEN),
            form="destination.void",
            tell=("destination_voided",),
            push=Push.UNSETTLED,
            danger=True,
        ),
        lapses((S.RETURNED, S.DRAFT), S.LAPSED, tell=("matter_lapsed",)),
        *restaging([REVIEW]),
    ),
)
