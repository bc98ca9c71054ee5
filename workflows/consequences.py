"""Room: what follows from what a graduate is about to do, told before it is done: on the page and in the chat."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from models.parties import Party
from models.states import Flow
from workflows.flows import FLOWS

_OF: Final[Mapping[tuple[Flow, str], str]] = MappingProxyType(
    {
        (Flow.DESTINATION, "void"): (
            "作废后立即生效，不需要审核，就业管理系统中改为待就业；之后需要重新签约或登记去向。"
        ),
        (Flow.ONLINE_TERMINATION, "request"): "申请提交后由单位答复，单位同意后学校审核。办结前签约仍然有效。",
        (Flow.OFFLINE_TERMINATION, "submit"): "提交后由学校审核。办结前签约仍然有效。",
        (Flow.ONLINE_TERMINATION, "agree"): "同意后由学校审核，审核通过后签约即告解除，不能恢复。",
        (Flow.ONLINE_TERMINATION, "refuse"): "拒绝后这次解约申请即告结束，签约继续有效。",
        (Flow.ONLINE_TERMINATION, "withdraw"): "撤回后这次解约申请即告结束，签约继续有效；已用的申请次数不退回。",
        (Flow.ONLINE_SIGNING, "accept"): "同意后不能自行撤回，由学校审核；审核通过后协议生效。",
        (Flow.ONLINE_SIGNING, "refuse"): "拒绝后这份邀请即告结束；如改变主意，需要单位重新发起邀请。",
    }
)
_BY_ACTION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "withdraw": "撤回后可以修改并重新提交。",
        "withdraw_upload": "撤回后可以重新上传。",
        "cancel": "取消后这件事即告结束，需要时要重新办理。",
    }
)


def consequence(flow: Flow, action: str) -> str:
    """A sentence or two; empty where nothing needs to be said."""
    return _OF.get((flow, action)) or _BY_ACTION.get(action, "")


def label_of(flow: Flow, action: str) -> str:
    """What a graduate's action is called, whatever became of the record since."""
    steps = [t for t in FLOWS[flow].transitions if t.action == action and Party.GRADUATE in t.by]
    return steps[-1].label if steps else action
