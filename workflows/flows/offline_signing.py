"""Room: flow 2, offline signing: a graduate applies for an agreement on paper (workflows.md 2; guide 7.2)."""

from __future__ import annotations

from dataclasses import replace

from models.parties import Module, Party
from models.states import Flow, OfflineSigning, Phase
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

S = OfflineSigning
AGREEMENT = Stages(S.AGREEMENT_REVIEW_DEPARTMENT, S.AGREEMENT_REVIEW_SCHOOL)
SIGNING = Stages(S.SIGNING_REVIEW_DEPARTMENT, S.SIGNING_REVIEW_SCHOOL)
_UPLOADERS = frozenset({Party.GRADUATE, Party.EMPLOYER})
_UPLOADABLE = (S.AGREEMENT_ISSUED, S.SIGNING_RETURNED, S.UPLOAD_WITHDRAWN)

OFFLINE_SIGNING = Workflow(
    flow=Flow.OFFLINE_SIGNING,
    label="线下签约",
    matter="与{employer}的线下签约",
    module=Module.EMPLOYMENT,
    two_party_verb="鉴证",
    states=(
        State(S.AGREEMENT_REVIEW_DEPARTMENT, "就业协议审核中，等待学院审核", Phase.FLOW, "waiting", Party.DEPARTMENT),
        State(S.AGREEMENT_REVIEW_SCHOOL, "就业协议审核中，等待学校审核", Phase.FLOW, "waiting", Party.SCHOOL),
        State(S.AGREEMENT_RETURNED, "就业协议退回修改", Phase.FLOW, "returned", Party.GRADUATE),
        State(S.AGREEMENT_DRAFT, "已撤回，待重新提交", Phase.FLOW, "draft", Party.GRADUATE),
        State(S.AGREEMENT_REJECTED, "就业协议审核不通过，申请作废", Phase.END, "rejected"),
        State(S.AGREEMENT_ISSUED, "就业协议已生成，等待回传盖章协议", Phase.FLOW, "issued", Party.GRADUATE),
        State(S.SIGNING_REVIEW_DEPARTMENT, "签约审核中，等待学院审核", Phase.FLOW, "waiting", Party.DEPARTMENT),
        State(S.SIGNING_REVIEW_SCHOOL, "签约审核中，等待学校审核", Phase.FLOW, "waiting", Party.SCHOOL),
        State(S.SIGNING_RETURNED, "签约退回修改，等待重新上传", Phase.FLOW, "returned", Party.GRADUATE),
        State(S.UPLOAD_WITHDRAWN, "已撤回，待重新上传", Phase.FLOW, "draft", Party.GRADUATE),
        State(S.SIGNING_REJECTED, "签约审核不通过，申请作废", Phase.END, "rejected"),
        State(S.SIGNED, "签约完成", Phase.FORCE, "signed"),
        State(S.TERMINATED, "已解约", Phase.END, "terminated"),
        State(S.CANCELLED, "已取消", Phase.END, "cancelled"),
        State(S.LAPSED, "届次已截止，自动关闭", Phase.END, "lapsed"),
    ),
    transitions=(
        *submissions(
            AGREEMENT,
            Transition(
                "submit",
                "申请就业协议",
                (),
                S.AGREEMENT_REVIEW_SCHOOL,
                GRADUATE,
                guards=(*g.ENTRY, g.TRAINING_MODE, g.SLOT_FREE),
                form="offline_signing.submit",
            ),
            draft=S.AGREEMENT_DRAFT,
            returned=S.AGREEMENT_RETURNED,
            take_back="撤回申请",
        ),
        *approvals(
            AGREEMENT,
            Transition(
                "approve_agreement",
                "协议审核通过",
                (),
                S.AGREEMENT_ISSUED,
                SCHOOL,
                guards=(*g.REVIEWING, g.COHORT_OPEN, g.LATEST_UNCHANGED),
                form="review.approve_final",
                tell=("agreement_issued", "agreement_issued_employer"),
                issues_agreement=True,
                meets_employer=True,
            ),
            guards=(g.COHORT_OPEN,),
        ),
        *returns(AGREEMENT, S.AGREEMENT_RETURNED, tell=("review_returned",), action="return_agreement"),
        # An agreement that nobody has signed yet is reviewed, whatever its type (Conventions 13), and lapses with the
        # cohort (Conventions 11), even where the clock has not come by.
        *rejections(
            AGREEMENT,
            S.AGREEMENT_REJECTED,
            tell=("review_rejected",),
            action="reject_agreement",
            label="协议审核不通过",
            guards=(g.COHORT_OPEN,),
        ),
        Transition(
            "upload",
            "回传盖章协议",
            _UPLOADABLE,
            SIGNING.start,
            _UPLOADERS,
            guards=g.ENTRY,
            form="offline_signing.upload",
            tell=("agreement_uploaded", "agreement_uploaded_employer"),
            submits=True,
        ),
        Transition(
            "withdraw_upload",
            "撤回上传",
            SIGNING.both,
            S.UPLOAD_WITHDRAWN,
            _UPLOADERS,
            guards=(*g.ENTRY, g.OWN_UPLOAD, g.NOT_REVIEWED),
            form="take_back",
        ),
        *approvals(
            SIGNING,
            Transition(
                "approve",
                "{verb}通过",
                (),
                S.SIGNED,
                SCHOOL,
                guards=(*g.REVIEWING, g.NOT_A_STATEMENT),
                form="offline_signing.approve_final",
                tell=("signing_approved", "signing_approved_employer"),
                push=Push.PRESENT,
                cascades=(SUPERSEDE,),
            ),
            guards=(g.NOT_A_STATEMENT,),
        ),
        *returns(SIGNING, S.SIGNING_RETURNED, tell=("upload_returned", "upload_returned_employer")),
        *rejections(SIGNING, S.SIGNING_REJECTED, tell=("review_rejected", "signing_rejected_employer"), revokes=True),
        cancellation("取消申请", (S.AGREEMENT_DRAFT, S.AGREEMENT_RETURNED), S.CANCELLED),
        replace(
            cancellation("取消申请", (S.AGREEMENT_ISSUED,), S.CANCELLED),
            tell=("agreement_cancelled_employer",),
            revokes_agreement=True,
        ),
        correction("修改单位和职位类别", "edit_employer", S.SIGNED, tell=("record_edited", "record_edited_employer")),
        termination(S.SIGNED, S.TERMINATED),
        lapses(
            (*AGREEMENT.both, S.AGREEMENT_RETURNED, S.AGREEMENT_DRAFT),
            S.LAPSED,
            tell=("matter_lapsed",),
        ),
        lapses(_UPLOADABLE, S.LAPSED, tell=("matter_lapsed", "matter_lapsed_employer"), revokes=True),
        *restaging([AGREEMENT, SIGNING]),
    ),
)
