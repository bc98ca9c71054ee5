"""Room: flow 1, online signing: a registered employer invites (workflows.md 1; guide 7.1)."""

from __future__ import annotations

from models.parties import Module, Party, ReviewMode
from models.states import Flow, OnlineSigning, Phase
from workflows import guards as g
from workflows.spec import Branch, Cascade, Push, State, Transition, Workflow

S = OnlineSigning

_EMPLOYER = frozenset({Party.EMPLOYER})
_GRADUATE = frozenset({Party.GRADUATE})
_SCHOOL = frozenset({Party.SCHOOL})
_DEPARTMENT_STAGE = frozenset({Party.DEPARTMENT, Party.SCHOOL})  # the school only where no department covers the record
_CLOCK = frozenset({Party.CLOCK})

REVIEW = Branch(
    {ReviewMode.SCHOOL: S.REVIEW_SCHOOL, ReviewMode.DEPARTMENT_THEN_SCHOOL: S.REVIEW_DEPARTMENT},
)
SUPERSEDE = Cascade(Flow.ONLINE_SIGNING, "supersede", g.open_invitation)
_UNSENT = ("invitation_received", "invitation_reminder")

ONLINE_SIGNING = Workflow(
    flow=Flow.ONLINE_SIGNING,
    label="线上签约",
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
            _EMPLOYER,
            guards=(*g.ENTRY, g.TRAINING_MODE, g.EMPLOYER_VERIFIED, g.NO_OWN_PENDING, g.DEADLINE_IN_COHORT),
            form="online_signing.invite",
            tell=("invitation_received",),
        ),
        Transition(
            "withdraw",
            "撤回邀请",
            (S.INVITED,),
            S.WITHDRAWN,
            _EMPLOYER,
            guards=(g.ON_ROSTER,),
            form="online_signing.withdraw",
            tell=("invitation_withdrawn",),
            outdates=_UNSENT,
            danger=True,
        ),
        Transition(
            "expire",
            "邀请过期",
            (S.INVITED,),
            S.EXPIRED,
            _CLOCK,
            guards=(g.ON_ROSTER, g.AFTER_DEADLINE),
            tell=("invitation_expired", "invitation_expired_employer"),
            outdates=_UNSENT,
        ),
        Transition(
            "accept",
            "同意签约",
            (S.INVITED,),
            REVIEW,
            _GRADUATE,
            guards=(*g.ENTRY, g.TRAINING_MODE, g.BEFORE_DEADLINE, g.SLOT_FREE),
            form="online_signing.accept",
            tell=("invitation_accepted",),
            outdates=_UNSENT,
            submits=True,
        ),
        Transition(
            "refuse",
            "拒绝签约",
            (S.INVITED,),
            S.REFUSED,
            _GRADUATE,
            guards=(g.ON_ROSTER, g.MODULE_OPEN, g.COHORT_OPEN, g.BEFORE_DEADLINE),
            form="online_signing.refuse",
            tell=("invitation_refused",),
            outdates=_UNSENT,
            danger=True,
        ),
        Transition(
            "approve",
            "{verb}通过",
            (S.REVIEW_DEPARTMENT,),
            S.REVIEW_SCHOOL,
            _DEPARTMENT_STAGE,
            guards=(g.ON_ROSTER, g.MODULE_OPEN, g.STAGE_OWNER),
            form="online_signing.approve",
            tell=("department_approved",),
            decides=True,
        ),
        Transition(
            "approve",
            "{verb}通过",
            (S.REVIEW_SCHOOL,),
            S.SIGNED,
            _SCHOOL,
            guards=(g.ON_ROSTER, g.MODULE_OPEN),
            form="online_signing.approve",
            tell=("signing_approved", "signing_approved_employer"),
            push=Push.PRESENT,
            cascades=(SUPERSEDE,),
            decides=True,
            issues_agreement=True,
        ),
        Transition(
            "reject",
            "{verb}不通过",
            (S.REVIEW_DEPARTMENT,),
            S.REJECTED,
            _DEPARTMENT_STAGE,
            guards=(g.ON_ROSTER, g.MODULE_OPEN, g.STAGE_OWNER),
            form="online_signing.reject",
            tell=("signing_rejected", "signing_rejected_employer"),
            decides=True,
            danger=True,
        ),
        Transition(
            "reject",
            "{verb}不通过",
            (S.REVIEW_SCHOOL,),
            S.REJECTED,
            _SCHOOL,
            guards=(g.ON_ROSTER, g.MODULE_OPEN),
            form="online_signing.reject",
            tell=("signing_rejected", "signing_rejected_employer"),
            decides=True,
            danger=True,
        ),
        Transition(
            "supersede",
            "邀请关闭",
            (S.INVITED,),
            S.SUPERSEDED,
            frozenset(),
            guards=(g.ON_ROSTER,),
            tell=("invitation_superseded", "invitation_superseded_employer"),
            outdates=_UNSENT,
        ),
        Transition(
            "edit",
            "修改职位类别",
            (S.SIGNED,),
            S.SIGNED,
            _SCHOOL,
            guards=(g.ON_ROSTER, g.MODULE_OPEN, g.COHORT_OPEN, g.NO_LIVE_TERMINATION),
            form="online_signing.edit",
            tell=("record_edited", "record_edited_employer"),
            push=Push.PRESENT,
            edits=True,
        ),
        Transition(
            "terminate",
            "解约",
            (S.SIGNED,),
            S.TERMINATED,
            frozenset(),
            guards=(g.ON_ROSTER,),
            tell=("signing_terminated", "signing_terminated_employer"),
            push=Push.UNSETTLED,
        ),
    ),
)
