"""Room: flow 1, online signing: a registered employer invites (workflows.md 1; guide 7.1)."""

from __future__ import annotations

from models.parties import Module, Party
from models.states import Flow, OnlineSigning, Phase
from workflows import guards as g
from workflows.flows.reviewing import (
    CLOCK,
    EMPLOYER,
    GRADUATE,
    NOBODY,
    SCHOOL,
    SUPERSEDE,
    Stages,
    approvals,
    correction,
    rejections,
    restaging,
    termination,
)
from workflows.spec import Push, State, Transition, Workflow

S = OnlineSigning
REVIEW = Stages(S.REVIEW_DEPARTMENT, S.REVIEW_SCHOOL)

ONLINE_SIGNING = Workflow(
    flow=Flow.ONLINE_SIGNING,
    label="线上签约",
    matter="与{employer}的签约",
    module=Module.EMPLOYMENT,
    two_party_verb="鉴证",
    states=(
        State(S.INVITED, "单位已发起签约邀请，等待学生应约", Phase.OPEN, "invited", Party.GRADUATE),
        State(S.REVIEW_DEPARTMENT, "学生已同意签约，等待学院审核", Phase.FLOW, "waiting", Party.DEPARTMENT),
        State(S.REVIEW_SCHOOL, "学生已同意签约，等待学校审核", Phase.FLOW, "waiting", Party.SCHOOL),
        State(S.SIGNED, "签约完成", Phase.FORCE, "signed"),
        State(S.REFUSED, "学生已拒绝签约", Phase.END, "refused"),
        State(S.WITHDRAWN, "单位已撤回邀请", Phase.END, "withdrawn"),
        State(S.EXPIRED, "邀请已过期", Phase.END, "expired"),
        State(S.REJECTED, "审核不通过，签约失败", Phase.END, "rejected"),
        State(S.SUPERSEDED, "学生已与其他单位签约，邀请关闭", Phase.END, "superseded"),
        State(S.TERMINATED, "已解约", Phase.END, "terminated"),
    ),
    transitions=(
        Transition(
            "invite",
            "发起签约邀请",
            (),
            S.INVITED,
            EMPLOYER,
            guards=(*g.ENTRY, g.TRAINING_MODE, g.EMPLOYER_VERIFIED, g.NO_OWN_PENDING, g.DEADLINE_IN_COHORT),
            form="online_signing.invite",
            tell=("invitation_received",),
        ),
        Transition(
            "withdraw",
            "撤回邀请",
            (S.INVITED,),
            S.WITHDRAWN,
            EMPLOYER,
            guards=(g.ON_ROSTER, g.STILL_OPEN),
            form="online_signing.withdraw",
            tell=("invitation_withdrawn",),
            danger=True,
        ),
        Transition(
            "expire",
            "邀请过期",
            (S.INVITED,),
            S.EXPIRED,
            CLOCK,
            guards=(g.ON_ROSTER, g.AFTER_DEADLINE),
            tell=("invitation_expired", "invitation_expired_employer"),
        ),
        Transition(
            "close_suspended",
            "单位停用，邀请撤回",
            (S.INVITED,),
            S.WITHDRAWN,
            CLOCK,
            guards=(g.ON_ROSTER, g.EMPLOYER_SUSPENDED, g.STILL_OPEN),
            tell=("invitation_suspended", "invitation_suspended_employer"),
        ),
        Transition(
            "accept",
            "同意签约",
            (S.INVITED,),
            REVIEW.start,
            GRADUATE,
            guards=(*g.ENTRY, g.TRAINING_MODE, g.EMPLOYER_ACTIVE, g.BEFORE_DEADLINE, g.SLOT_FREE),
            form="online_signing.accept",
            tell=("invitation_accepted",),
            submits=True,
        ),
        Transition(
            "refuse",
            "拒绝签约",
            (S.INVITED,),
            S.REFUSED,
            GRADUATE,
            guards=(g.ON_ROSTER, g.MODULE_OPEN, g.COHORT_OPEN, g.BEFORE_DEADLINE),
            form="online_signing.refuse",
            tell=("invitation_refused",),
            danger=True,
        ),
        *approvals(
            REVIEW,
            Transition(
                "approve",
                "{verb}通过",
                (),
                S.SIGNED,
                SCHOOL,
                guards=(*g.REVIEWING, g.LATEST_UNCHANGED),
                form="review.approve_final",
                tell=("signing_approved", "signing_approved_employer"),
                push=Push.PRESENT,
                cascades=(SUPERSEDE,),
                issues_agreement=True,
            ),
        ),
        *rejections(REVIEW, S.REJECTED, tell=("signing_rejected", "signing_rejected_employer")),
        *restaging([REVIEW]),
        Transition(
            "supersede",
            "邀请关闭",
            (S.INVITED,),
            S.SUPERSEDED,
            NOBODY,
            guards=(g.ON_ROSTER, g.STILL_OPEN),
            tell=("invitation_superseded", "invitation_superseded_employer"),
        ),
        correction("修改职位类别", "online_signing.edit", S.SIGNED, tell=("record_edited", "record_edited_employer")),
        termination(S.SIGNED, S.TERMINATED),
    ),
)
