"""Room: acting in two steps, the second: the number acts. Any other number leads to the menu and does nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256

from bot import cards
from bot.dialogue import CONFIRM_DIGITS
from bot.handlers.answering import ACCEPT, REFUSE
from bot.handlers.orientation import menu
from bot.messages import Inbound
from bot.router import Digits, Router, Say, Turn
from models.kit import chat_time
from models.states import Flow
from workflows.commands.tokens import Intent, NumberFault, redeem_number
from workflows.consequences import label_of
from workflows.engine import Outcome, act
from workflows.errors import HouseError, InvalidForm, Refused, Stale
from workflows.flows import FLOWS
from workflows.queries.chat import Person
from workflows.standing import next_step

router = Router()

_FAULTS = {
    NumberFault.UNKNOWN: "这个数字没有对应的事项，没有办理任何操作。您可以：",
    NumberFault.EXPIRED: "这个确认数字已超过 10 分钟，没有办理任何操作。如仍要办理，请重新选择：",
    NumberFault.USED: "这个确认数字已经用过，不会重复办理。您可以回复“进度”查看结果：",
    NumberFault.OVERTAKEN: "这个确认数字已被新的数字代替，没有办理任何操作。请使用最近一条消息里的数字，或重新选择：",
}


@router.on(Digits())
async def take_number(turn: Turn, number: str) -> Say:
    """Only a number that we gave out acts; every other one shows what there is to choose from."""
    if len(number) != CONFIRM_DIGITS:
        if re.fullmatch(r"[0-9]{6}", number):
            return menu("短信验证码请填写在绑定页面上，不要在这里回复。您可以：")
        return menu("这个数字现在没有对应的选项，没有办理任何操作。您可以：")
    intent = await redeem_number(turn.actor, turn.openid, number, turn.once)
    if isinstance(intent, NumberFault):
        return _retry(turn.known, _FAULTS[intent])
    try:
        outcome = await act(
            turn.actor,
            intent.flow,
            intent.record_id,
            intent.action,
            intent.form,
            version=intent.version,
            once=act_key(turn.inbound),
        )
    except HouseError as refusal:
        return _refused(turn.known, intent, refusal)
    return _done(turn, intent, outcome)


def _retry(person: Person, opening: str) -> Say:
    """Where one can begin again: the invitations that are open, else the menu."""
    if person.offers:
        return Say((opening,), cards.topics("invitations", "progress", "menu"))
    return menu(opening)


def act_key(inbound: Inbound) -> str:
    """The message's key as the act's key. It names the message for an audit, and the openid for nobody."""
    return f"chat:{inbound.msg_id[:40]}:{sha256(inbound.once.encode()).hexdigest()}"


def _refused(person: Person, intent: Intent, refusal: HouseError) -> Say:
    """The rules said no in the last moment: the sentence, where the record stands, what is open."""
    blocks = ["没有办理成功。", refusal.detail]
    if isinstance(refusal, InvalidForm):
        blocks.extend(fault.message for fault in refusal.faults)
    if isinstance(refusal, Stale | Refused) and (label := refusal.context.get("label")):
        blocks.append(f"当前状态：{label}")
    blocks.append(cards.record_link("查看最新情况", intent.record_id))
    return Say(tuple(blocks), cards.topics("invitations", "progress"), closing=cards.desk_line(person.desk))


def _done(turn: Turn, intent: Intent, outcome: Outcome) -> Say:
    """What happened, when, what comes next, whom to ask. The time is the message's, so that a repeat reads the same."""
    case = turn.known.case(intent.record_id)
    name = cards.short(case.title) if case else "单位"
    reviewers = cards.reviewers(case) if case else "学校"
    desk = cards.desk_line(turn.known.desk)
    head = (f"时间：{_at(turn)}", f"当前状态：{outcome.label}")
    blocks: tuple[str, ...]
    if (intent.flow, intent.action) == (Flow.ONLINE_SIGNING, ACCEPT):
        blocks = (
            f"您已同意与{name}签约。",
            *head,
            f"接下来：由{reviewers}审核，结果会通过本服务号通知您；审核通过后协议生效。您现在不用做什么。",
            f"如有误，请尽快联系学校。{desk}",
            cards.record_link("查看这份签约", intent.record_id),
        )
    elif (intent.flow, intent.action) == (Flow.ONLINE_SIGNING, REFUSE):
        blocks = (
            f"您已拒绝{name}的签约邀请。",
            *head,
            "接下来：单位会收到您的答复和原因。" + ("" if turn.known.held else "您可以接受其他单位的邀请。"),
            f"如有误，请联系单位重新发起邀请，或联系学校。{desk}",
        )
    else:
        blocks = (
            f"已办理“{label_of(intent.flow, intent.action)}”：{name}。",
            *head,
            f"接下来：{next_step(outcome.flow, outcome.state)}",
            f"如有误，请尽快联系学校。{desk}",
            cards.record_link("查看这条记录", intent.record_id),
        )
    return Say(blocks, cards.topics(*_leads(outcome), "progress", "invitations"))


def _leads(outcome: Outcome) -> tuple[str, ...]:
    """Where somebody goes on whose slot has just become free."""
    table = FLOWS[outcome.flow]
    freed = table.state(outcome.state).final and not table.parents and outcome.flow is not Flow.ONLINE_SIGNING
    return ("destination",) if freed else ()


def _at(turn: Turn) -> str:
    return chat_time(datetime.fromtimestamp(turn.inbound.created, UTC))
