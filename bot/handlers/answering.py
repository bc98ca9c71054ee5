"""Room: answering an invitation in two steps: it is shown again with a number that is good once, then the number acts.

The number stands for this invitation in this version and for nothing else. Any other number leads to the menu.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from bot import cards
from bot.buttons import Do, Why
from bot.dialogue import CONFIRM_DIGITS
from bot.handlers.invitations import NOT_FOUND, known_as, listing, none_open
from bot.handlers.orientation import menu
from bot.messages import Inbound
from bot.replies import plain
from bot.router import Digits, Option, Pressed, Replied, Router, Say, Turn, said
from models import codes
from models.kit import chat_time
from workflows.commands.tokens import Intent, NumberFault, issue_number, redeem_number
from workflows.decide import form_facts
from workflows.engine import Outcome, act
from workflows.errors import HouseError, InvalidForm, Refused, Stale
from workflows.forms import FORMS, validate
from workflows.queries.chat import Case, Person
from workflows.queries.warnings import marks_for

router = Router()

ACCEPT, REFUSE = "accept", "refuse"

_FAULTS = {
    NumberFault.UNKNOWN: "这个数字没有对应的事项，没有办理任何操作。您可以：",
    NumberFault.EXPIRED: "这个确认数字已超过 10 分钟，没有办理任何操作。如仍要办理，请重新选择：",
    NumberFault.USED: "这个确认数字已经用过，不会重复办理。您可以回复“进度”查看结果：",
    NumberFault.OVERTAKEN: "这个确认数字已被新的数字代替，没有办理任何操作。请使用最近一条消息里的数字，或重新选择：",
}


@router.on(said("accept"))
async def begin_accept(turn: Turn) -> Say:
    return await _begin(turn, ACCEPT, "请选择要同意的邀请：")


@router.on(said("refuse"))
async def begin_refuse(turn: Turn) -> Say:
    return await _begin(turn, REFUSE, "请选择要拒绝的邀请：")


async def _begin(turn: Turn, action: str, opening: str) -> Say:
    """With one invitation it is meant; with several one is chosen first."""
    offers = turn.known.offers
    if len(offers) == 1:
        return await _prepare(turn, offers[0], action)
    if not offers:
        return none_open(turn.known)
    chosen = listing(turn.known, 1, opening)
    options = tuple(Option("", Do(case.record.id, action)) for case in offers[: len(chosen.options)])
    return Say(chosen.blocks, options, more=chosen.more, closing="回复数字选择，下一步还会请您确认。")


@router.on(Pressed(Do))
async def prepare(turn: Turn, record: UUID, action: str) -> Say:
    case = turn.known.case(record)
    return await _prepare(turn, case, action) if case else menu(NOT_FOUND)


async def _prepare(turn: Turn, case: Case, action: str) -> Say:
    """First step: what it is about, then a reason or the number."""
    choice = case.choice(action)
    if choice is None:
        return Say((cards.situation(case), "", "当前状态不能进行此操作。"), cards.topics("progress", "desk"))
    if not choice.open:
        closing = cards.desk_line(turn.known.desk)
        return Say(
            (cards.situation(case), "", f"暂不能{choice.label}：{choice.reason}"),
            cards.topics("progress"),
            closing=closing,
        )
    if action == ACCEPT:
        return await _confirm_accept(turn, case)
    if action == REFUSE:
        return _ask_reason(case)
    opening = f"“{choice.label}”请在页面上办理：{cards.record_link('打开记录', case.record.id)}"
    return Say((opening,), cards.topics("progress"))


async def _confirm_accept(turn: Turn, case: Case) -> Say:
    person = turn.known
    if not person.mobile:
        missing = "学校名单上没有您的手机号，协议上必须有本人的联系方式，请先联系学校补充。"
        return Say((missing, cards.desk_line(person.desk)), cards.topics("progress"))
    marks = await marks_for(person.graduate.school_id, *known_as(case))
    number = await _number(turn, case, ACCEPT, {"agreed": True})
    blocks = [
        "请核对，这是您将同意的签约：",
        *cards.terms(case),
        cards.deadline(case),
        cards.warning(marks),
        f"协议全文：{cards.record_link('阅读协议全文', case.record.id)}",
        f"您的手机号 {person.mobile} 将印在协议上。档案和户口的去向可以以后再填。",
        f"同意后不能自行撤回，由{cards.reviewers(case)}审核；审核通过后协议生效。",
    ]
    closing = f"已阅读协议全文并同意签约，请回复 {number}（10分钟内有效，只对这份邀请有效）。不回复则不会签约。"
    return Say(tuple(line for line in blocks if line), closing=closing)


def _ask_reason(case: Case) -> Say:
    reasons = codes.table("refuse_reason").items(case.record.cohort)
    options = tuple(Option(r.label, Why(case.record.id, REFUSE, r.code)) for r in reasons)
    return Say((f"您将拒绝{cards.short(case.employer)}的签约邀请。请选择原因，单位会看到：",), options)


@router.on(Pressed(Why))
async def take_reason(turn: Turn, record: UUID, action: str, reason: str) -> Say:
    """A reason was chosen by number; the last one asks for words."""
    case = turn.known.case(record)
    if case is None:
        return menu(NOT_FOUND)
    if reason == codes.REASON_OTHER:
        return Say(("请直接回复拒绝的原因（不超过200字），单位会看到。",), ask=Why(record, action, reason))
    return await _confirm_refuse(turn, case, {"reason": reason})


@router.on(Replied(Why))
async def take_words(turn: Turn, record: UUID, action: str, reason: str, text: str) -> Say:
    case = turn.known.case(record)
    if case is None:
        return menu(NOT_FOUND)
    form = {"reason": reason, "reason_text": text}
    _, faults = validate(FORMS["online_signing.refuse"], form, form_facts(case.facts))
    if faults:
        return Say((faults[0].message, "请重新回复拒绝的原因。"), ask=Why(record, action, reason))
    return await _confirm_refuse(turn, case, form)


async def _confirm_refuse(turn: Turn, case: Case, form: Mapping[str, str]) -> Say:
    choice = case.choice(REFUSE)
    if choice is None or not choice.open:
        return await _prepare(turn, case, REFUSE)
    number = await _number(turn, case, REFUSE, form)
    blocks = (
        "请核对，这是您将拒绝的邀请：",
        *cards.terms(case),
        f"原因：{_reason(form)}",
        "拒绝后这份邀请即告结束；如改变主意，需要单位重新发起邀请。",
    )
    closing = f"确认拒绝请回复 {number}（10分钟内有效，只对这份邀请有效）。不回复则不会拒绝。"
    return Say(blocks, closing=closing)


def _reason(form: Mapping[str, str]) -> str:
    label = codes.table("refuse_reason").label(form["reason"])
    return f"{label}，{plain(form['reason_text'])}" if form.get("reason_text") else label


async def _number(turn: Turn, case: Case, action: str, form: Mapping[str, Any]) -> str:
    intent = Intent(case.record.flow, case.record.id, case.record.version, action, form)
    return await issue_number(turn.actor, turn.openid, turn.once, intent)


# --- the second step -----------------------------------------------------------------------------


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
    name = cards.short(case.employer) if case else "单位"
    reviewers = cards.reviewers(case) if case else "学校"
    at = chat_time(datetime.fromtimestamp(turn.inbound.created, UTC))
    blocks: tuple[str, ...]
    if intent.action == ACCEPT:
        blocks = (
            f"您已同意与{name}签约。",
            f"时间：{at}",
            f"当前状态：{outcome.label}",
            f"接下来：由{reviewers}审核，结果会通过本服务号通知您；审核通过后协议生效。您现在不用做什么。",
            f"如有误，请尽快联系学校。{cards.desk_line(turn.known.desk)}",
            cards.record_link("查看这份签约", intent.record_id),
        )
    else:
        blocks = (
            f"您已拒绝{name}的签约邀请。",
            f"时间：{at}",
            f"当前状态：{outcome.label}",
            "接下来：单位会收到您的答复和原因。" + ("" if turn.known.held else "您可以接受其他单位的邀请。"),
            f"如有误，请联系单位重新发起邀请，或联系学校。{cards.desk_line(turn.known.desk)}",
        )
    return Say(blocks, cards.topics("progress", "invitations"))
