"""Room: every state that a record can be in, and the lifecycles beside it.

States are words stored in a column, so they live here; what may follow what is a rule and lives in
`workflows/flows`. A flow table writes `review`; stored is the stage with it (contracts 1).
"""

from __future__ import annotations

from enum import StrEnum


class Flow(StrEnum):
    """The flows of `workflows.md`, as written in addresses. A flow is added here with its table."""

    ONLINE_SIGNING = "online_signing"
    OFFLINE_SIGNING = "offline_signing"
    SUPPLEMENTARY = "supplementary"
    DESTINATION = "destination"
    ONLINE_TERMINATION = "online_termination"
    OFFLINE_TERMINATION = "offline_termination"


class Phase(StrEnum):
    """What a state means for the graduate's slot and for "nothing in flow" (contracts 1)."""

    OPEN = "open"  # offered, nobody is bound
    FLOW = "flow"  # under way: holds the slot in flows 1-4
    FORCE = "force"  # in force: holds the slot
    END = "end"  # final


class OnlineSigning(StrEnum):
    """线上签约 (guide 7.1)."""

    INVITED = "invited"  # the employer has offered; the graduate has not answered
    REVIEW_DEPARTMENT = "review_department"  # accepted; the department decides
    REVIEW_SCHOOL = "review_school"  # accepted; the school decides
    SIGNED = "signed"  # in force
    REFUSED = "refused"  # the graduate said no
    WITHDRAWN = "withdrawn"  # the employer took the offer back
    EXPIRED = "expired"  # nobody answered in time
    REJECTED = "rejected"  # a reviewer ended it
    SUPERSEDED = "superseded"  # another signing came into force first
    TERMINATED = "terminated"  # ended by a termination


class OfflineSigning(StrEnum):
    """线下签约: the graduate applies for an agreement on paper (guide 7.2)."""

    AGREEMENT_REVIEW_DEPARTMENT = "agreement_review_department"  # applied for; the department decides
    AGREEMENT_REVIEW_SCHOOL = "agreement_review_school"  # applied for; the school decides
    AGREEMENT_RETURNED = "agreement_returned"  # sent back; the graduate corrects it
    AGREEMENT_DRAFT = "agreement_draft"  # taken back by the graduate before anybody decided
    AGREEMENT_REJECTED = "agreement_rejected"  # the application is over
    AGREEMENT_ISSUED = "agreement_issued"  # numbered and printed; the stamped copy is awaited
    SIGNING_REVIEW_DEPARTMENT = "signing_review_department"  # stamped copy uploaded; the department decides
    SIGNING_REVIEW_SCHOOL = "signing_review_school"  # stamped copy uploaded; the school decides
    SIGNING_RETURNED = "signing_returned"  # a better image is wanted
    UPLOAD_WITHDRAWN = "upload_withdrawn"  # whoever uploaded it took it back
    SIGNING_REJECTED = "signing_rejected"  # the signing is over
    SIGNED = "signed"  # in force
    TERMINATED = "terminated"  # ended by a termination
    CANCELLED = "cancelled"  # given up by the graduate before any upload
    LAPSED = "lapsed"  # the cohort's window closed first


class Supplementary(StrEnum):
    """补登: a paper agreement already signed is entered afterwards (guide chapter 8)."""

    REVIEW_DEPARTMENT = "review_department"
    REVIEW_SCHOOL = "review_school"
    RETURNED = "returned"
    DRAFT = "draft"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    SIGNED = "signed"  # in force
    TERMINATED = "terminated"


class Destination(StrEnum):
    """去向登记: a destination that needs no agreement through the platform (guide chapter 10)."""

    REVIEW_DEPARTMENT = "review_department"
    REVIEW_SCHOOL = "review_school"
    RETURNED = "returned"
    DRAFT = "draft"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    APPROVED = "approved"  # in force
    VOIDED = "voided"  # cancelled by the graduate after approval


class OnlineTermination(StrEnum):
    """线上解约 of an online signing (guide 9.1)."""

    AWAITING_EMPLOYER = "awaiting_employer"  # the graduate asks
    AWAITING_GRADUATE = "awaiting_graduate"  # the employer asks
    EMPLOYER_REFUSED = "employer_refused"
    GRADUATE_REFUSED = "graduate_refused"
    REVIEW_DEPARTMENT = "review_department"  # both agree; the department decides
    REVIEW_SCHOOL = "review_school"  # both agree; the school decides
    WITHDRAWN = "withdrawn"  # whoever asked took it back
    LAPSED = "lapsed"
    REJECTED = "rejected"  # the signing stays in force
    COMPLETED = "completed"
    FORCED = "forced"  # by the school, where the employer kept silent


class OfflineTermination(StrEnum):
    """线下解约 of an offline or supplementary signing (guide 9.2)."""

    REVIEW_DEPARTMENT = "review_department"
    REVIEW_SCHOOL = "review_school"
    RETURNED = "returned"
    DRAFT = "draft"
    REJECTED = "rejected"  # the signing stays in force
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    COMPLETED = "completed"


STATES: dict[Flow, type[StrEnum]] = {
    Flow.ONLINE_SIGNING: OnlineSigning,
    Flow.OFFLINE_SIGNING: OfflineSigning,
    Flow.SUPPLEMENTARY: Supplementary,
    Flow.DESTINATION: Destination,
    Flow.ONLINE_TERMINATION: OnlineTermination,
    Flow.OFFLINE_TERMINATION: OfflineTermination,
}


class EmployerStatus(StrEnum):
    """用人单位注册核验 (workflows.md 0)."""

    PENDING = "pending"
    VERIFIED = "verified"
    RETURNED = "returned"
    REFUSED = "refused"
    SUSPENDED = "suspended"

    @property
    def label(self) -> str:
        return EMPLOYER_LABELS[self]


EMPLOYER_LABELS = {
    EmployerStatus.PENDING: "待核验",
    EmployerStatus.VERIFIED: "已核验",
    EmployerStatus.RETURNED: "退回补充",
    EmployerStatus.REFUSED: "未通过",
    EmployerStatus.SUSPENDED: "已停用",
}


class HandoverStatus(StrEnum):
    """Life of a request to be an employer's 经办人 (workflows.md 0)."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return HANDOVER_LABELS[self]


HANDOVER_LABELS = {
    HandoverStatus.PENDING: "待核验",
    HandoverStatus.APPROVED: "已通过",
    HandoverStatus.REFUSED: "未通过",
}


class OutboxStatus(StrEnum):
    """Life of one message owed (messages-and-sync.md, One outbox)."""

    PENDING = "pending"
    DEFERRED = "deferred"  # waits for the end of the quiet hours or for quota
    SENDING = "sending"  # leased by a notifier
    SENT = "sent"  # the other side took it
    DELIVERED = "delivered"  # a receipt came back
    SUPERSEDED = "superseded"  # something newer made it pointless before it left
    DEAD = "dead"  # a person must look; `cause` says why

    @property
    def label(self) -> str:
        return OUTBOX_LABELS[self]


OUTBOX_LABELS = {
    OutboxStatus.PENDING: "待发送",
    OutboxStatus.DEFERRED: "延后发送",
    OutboxStatus.SENDING: "发送中",
    OutboxStatus.SENT: "已发送",
    OutboxStatus.DELIVERED: "已送达",
    OutboxStatus.SUPERSEDED: "已被替代",
    OutboxStatus.DEAD: "发送失败，需人工处理",
}

WAITING = (OutboxStatus.PENDING, OutboxStatus.DEFERRED)


class AgreementStatus(StrEnum):
    """What the paper of a signing is worth today (qualities.md, Security)."""

    ISSUED = "issued"  # generated, to be signed
    VALID = "valid"
    TERMINATED = "terminated"
    VOID = "void"  # never came into force

    @property
    def label(self) -> str:
        return AGREEMENT_LABELS[self]


AGREEMENT_LABELS = {
    AgreementStatus.ISSUED: "已生成未签约",
    AgreementStatus.VALID: "有效",
    AgreementStatus.TERMINATED: "已解约",
    AgreementStatus.VOID: "已作废",
}


class Channel(StrEnum):
    WECHAT = "wechat"
    SMS = "sms"
    EMS = "ems"


class NoteKind(StrEnum):
    """Why a graduate writes to a desk."""

    QUESTION = "question"
    DISPUTE = "dispute"  # of an edit, a forced or a unilateral termination

    @property
    def label(self) -> str:
        return {NoteKind.QUESTION: "咨询", NoteKind.DISPUTE: "异议"}[self]


class NoteStatus(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"

    @property
    def label(self) -> str:
        return {NoteStatus.OPEN: "待答复", NoteStatus.ANSWERED: "已答复"}[self]
