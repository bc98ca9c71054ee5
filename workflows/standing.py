"""Room: where a graduate's record stands, in words: since when, whose turn it is, what comes next. Pure.

The chat's progress card, what it says after an act, and the pages of the phone say the same. Whose turn it is comes
from the flow tables; a sentence of its own is written where "it is your turn" would leave somebody wondering.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from models.kit import chat_time
from models.parties import Party
from models.states import (
    Destination,
    Flow,
    OfflineSigning,
    OfflineTermination,
    OnlineSigning,
    OnlineTermination,
    Phase,
    Supplementary,
)
from workflows.facts import RecordFacts
from workflows.flows import FLOWS
from workflows.queries.chat import Case

_TURN: Final[Mapping[Party, str]] = MappingProxyType(
    {
        Party.GRADUATE: "等您处理",
        Party.DEPARTMENT: "等待学院审核",
        Party.SCHOOL: "等待学校审核",
        Party.EMPLOYER: "等待单位答复",
    }
)
_TOLD = "结果会通过本服务号通知您，您现在不用做什么。"
_AGAIN = "请按退回原因修改后重新提交。"
_DRAFT = "请核对、修改后重新提交；不再办理的，可以取消。"
_OVER = "这件事已经结束，原因见办理经过；仍需要的，请重新办理。"
_HOLDS = "签约仍然有效，请按约定履行。"
_FREE = "您可以重新签约，或登记其他去向。"
_CANCELLED = "这件事已经结束；需要时可以重新办理。"
_ELSEWHERE = "这件事已经结束；您现在的签约或去向登记是另一条记录。"
_FROZEN = "您已不在学校的学生名单中，流程已暂停；请联系学校核实名单，恢复后接着办理。"
_ENDING = "正在办理解约；办结前签约仍然有效，办结后才能重新签约或登记去向。"
_TAKEN = "您已有在办或有效的签约、去向登记，暂不能同意；可以拒绝，也可以等那一件结束后、截止前再答复。"
_ANEW = (_FREE, _OVER, _CANCELLED)

_OF: Final[Mapping[tuple[Flow, str], str]] = MappingProxyType(
    {
        (Flow.ONLINE_SIGNING, OnlineSigning.INVITED): "请在截止前同意或拒绝；过期没有答复的，邀请自动失效。",
        (Flow.ONLINE_SIGNING, OnlineSigning.SIGNED): "协议已生效，去向随签约报送，不需要另外登记；请按约定报到。",
        (Flow.ONLINE_SIGNING, OnlineSigning.REFUSED): "如改变主意，请联系单位重新发起邀请。",
        (Flow.ONLINE_SIGNING, OnlineSigning.WITHDRAWN): "如有疑问，请直接联系单位；其他邀请和去向照常办理。",
        (Flow.ONLINE_SIGNING, OnlineSigning.EXPIRED): "仍想签约的，请联系单位重新发起邀请。",
        (Flow.ONLINE_SIGNING, OnlineSigning.REJECTED): "原因见办理经过；仍要签约的，请单位改正后重新发起邀请。",
        (Flow.ONLINE_SIGNING, OnlineSigning.SUPERSEDED): "您已与其他单位签约，这份邀请不用再答复。",
        (Flow.ONLINE_SIGNING, OnlineSigning.TERMINATED): _FREE,
        (Flow.OFFLINE_SIGNING, OfflineSigning.AGREEMENT_ISSUED): (
            "请下载就业协议书并打印，双方签字、盖章后拍照或扫描，在这里回传。"
        ),
        (Flow.OFFLINE_SIGNING, OfflineSigning.SIGNING_RETURNED): "请按退回原因，重新上传盖章后的协议。",
        (Flow.OFFLINE_SIGNING, OfflineSigning.UPLOAD_WITHDRAWN): "请重新上传盖章后的协议。",
        (Flow.OFFLINE_SIGNING, OfflineSigning.SIGNED): "协议已生效，去向随签约报送，不需要另外登记；请按约定报到。",
        (Flow.OFFLINE_SIGNING, OfflineSigning.TERMINATED): _FREE,
        (Flow.SUPPLEMENTARY, Supplementary.SIGNED): "登记已生效，去向随签约报送，不需要另外登记；请按约定报到。",
        (Flow.SUPPLEMENTARY, Supplementary.TERMINATED): _FREE,
        (Flow.DESTINATION, Destination.APPROVED): "去向已登记并报送；以后有变化的，先作废再重新登记。",
        (Flow.DESTINATION, Destination.VOIDED): _FREE,
        (Flow.ONLINE_TERMINATION, OnlineTermination.AWAITING_EMPLOYER): (
            "请单位在平台答复，您现在不用做什么；单位迟迟不答复的，请联系学校。办结前签约仍然有效。"
        ),
        (Flow.ONLINE_TERMINATION, OnlineTermination.AWAITING_GRADUATE): "请同意或拒绝；办结前签约仍然有效。",
        (Flow.ONLINE_TERMINATION, OnlineTermination.EMPLOYER_REFUSED): (
            "签约仍然有效。请与单位继续协商，协商一致后再申请；协商不成的，请联系学校。"
        ),
        (Flow.ONLINE_TERMINATION, OnlineTermination.GRADUATE_REFUSED): _HOLDS,
        (Flow.ONLINE_TERMINATION, OnlineTermination.WITHDRAWN): _HOLDS,
        (Flow.ONLINE_TERMINATION, OnlineTermination.REJECTED): "签约仍然有效，原因见办理经过。",
        (Flow.ONLINE_TERMINATION, OnlineTermination.COMPLETED): _FREE,
        (Flow.ONLINE_TERMINATION, OnlineTermination.FORCED): _FREE,
        (Flow.OFFLINE_TERMINATION, OfflineTermination.REJECTED): "签约仍然有效，原因见办理经过。",
        (Flow.OFFLINE_TERMINATION, OfflineTermination.CANCELLED): _HOLDS,
        (Flow.OFFLINE_TERMINATION, OfflineTermination.COMPLETED): _FREE,
    }
)
_BY_COLUMN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "returned": _AGAIN,
        "draft": _DRAFT,
        "rejected": _OVER,
        "cancelled": _CANCELLED,
        "lapsed": "本届办理时间已经截止；仍有需要的，请联系学校。",
    }
)


def whose_turn(case: Case) -> str:
    """Since when, and whose turn it is: `2027年3月5日 10:00起等待学校审核`."""
    since = f"{chat_time(case.since)}起"
    waits = case.state.waits_on
    if case.facts.graduate.invalid and case.alive:
        return f"{since}；流程已暂停"
    if case.state.phase is Phase.FORCE:
        return f"{since}生效"
    if waits is None:
        return f"{chat_time(case.since)}结束"
    ends = case.record.expires_at if case.open_offer else None
    until = f"，截止{chat_time(ends)}" if ends else ""
    asked = waits is Party.GRADUATE and (case.open_offer or case.state.column == "awaiting")
    return f"{since}{'等您答复' if asked else _TURN[waits]}{until}"


def next_step(flow: Flow, state: str) -> str:
    """What comes next and who does it, in a sentence or two, for every state of every flow."""
    found = FLOWS[flow].state(state)
    if found.waits_on is Party.DEPARTMENT:
        return f"由学院审核，通过后再由学校审核；{_TOLD}"
    if found.waits_on is Party.SCHOOL:
        return f"由学校审核；{_TOLD}"
    return _OF.get((flow, state)) or _BY_COLUMN[found.column]


def next_of(case: Case) -> str:
    """The same for a record as its owner sees it today: frozen, or long overtaken by something else."""
    if case.facts.graduate.invalid and case.alive:
        return _FROZEN
    sentence = next_step(case.record.flow, case.record.state)
    if case.open_offer and any(other.slot for other in case.facts.others):
        return _TAKEN
    if case.state.phase is Phase.FORCE and any(_ends(other, case) for other in case.facts.others):
        return _ENDING
    if sentence in _ANEW and any(other.slot for other in case.facts.others):
        return _ELSEWHERE
    return sentence


def _ends(other: RecordFacts, case: Case) -> bool:
    """Whether another record is a termination under way of this one."""
    return other.parent_id == case.record.id and not FLOWS[other.flow].state(other.state).final
