"""Room: flow 3, supplementary registration: a paper agreement already signed (workflows.md 3; guide chapter 8)."""

from __future__ import annotations

from models.parties import Module, Party
from models.states import Flow, Phase, Supplementary
from workflows import guards as g
from workflows.flows.reviewing import (
    GRADUATE,
    SCHOOL,
    SUPERSEDE,
    Stages,
    approvals,
    cancellation,
    correction,
    lapses,
    rejections,
    restaging,
    returns,
    submissions,
    termination,
)
from workflows.spec import Push, State, Transition, Workflow

S = Supplementary
REVIEW = Stages(S.REVIEW_DEPARTMENT, S.REVIEW_SCHOOL)

SUPPLEMENTARY = Workflow(
    flow=Flow.SUPPLEMENTARY,
    label="补登",
    matter="与{employer}的协议补登",
    module=Module.EMPLOYMENT,
    states=(
        State(S.REVIEW_DEPARTMENT, "签约审核中，等待学院审核", Phase.FLOW, "waiting", Party.DEPARTMENT),
        State(S.REVIEW_SCHOOL, "签约审核中，等待学校审核", Phase.FLOW, "waiting", Party.SCHOOL),
        State(S.RETURNED, "退回修改", Phase.FLOW, "returned", Party.GRADUATE),
        State(S.DRAFT, "已撤回，待重新提交", Phase.FLOW, "draft", Party.GRADUATE),
        State(S.REJECTED, "审核不通过，登记作废", Phase.END, "rejected"),
        State(S.CANCELLED, "已取消", Phase.END, "cancelled"),
        State(S.LAPSED, "届次已截止，自动关闭", Phase.END, "lapsed"),
        State(S.SIGNED, "登记完成", Phase.FORCE, "signed"),
        State(S.TERMINATED, "已解约", Phase.END, "terminated"),
    ),
    transitions=(
        *submissions(
            REVIEW,
            Transition(
                "submit",
                "登记已签协议",
                (),
                S.REVIEW_SCHOOL,
                GRADUATE,
                guards=(*g.ENTRY, g.TRAINING_MODE, g.SLOT_FREE),
                form="supplementary.submit",
            ),
            draft=S.DRAFT,
            returned=S.RETURNED,
            take_back="撤回登记",
        ),
        *approvals(
            REVIEW,
            Transition(
                "approve",
                "审核通过",
                (),
                S.SIGNED,
                SCHOOL,
                guards=(*g.REVIEWING, g.LATEST_UNCHANGED),
                form="review.approve_final",
                tell=("review_approved",),
                push=Push.PRESENT,
                cascades=(SUPERSEDE,),
            ),
        ),
        *returns(REVIEW, S.RETURNED, tell=("review_returned",)),
        *rejections(REVIEW, S.REJECTED, tell=("review_rejected",)),
        cancellation("取消登记", (S.DRAFT, S.RETURNED), S.CANCELLED),
        correction("修改单位和职位类别", "edit_employer", S.SIGNED, tell=("record_edited",)),
        termination(S.SIGNED, S.TERMINATED),
        lapses((S.RETURNED, S.DRAFT), S.LAPSED, tell=("matter_lapsed",)),
        *restaging([REVIEW]),
    ),
)
