"""Room: every state that a record can be in, and the lifecycles beside it.

States are words stored in a column, so they live here; what may follow what is a rule and lives in
`workflows/flows`. A flow table writes `review`; stored is the stage with it (contracts 1).
"""

from __future__ import annotations

from enum import StrEnum


class Flow(StrEnum):
    """The flows of `workflows.md`, as written in addresses. A flow is added here with its table."""

    ONLINE_SIGNING = "online_signing"


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


STATES: dict[Flow, type[StrEnum]] = {Flow.ONLINE_SIGNING: OnlineSigning}


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


class Channel(StrEnum):
    WECHAT = "wechat"
    SMS = "sms"
    EMS = "ems"
