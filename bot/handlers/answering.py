"""Room: acting in two steps, the first: what it is about is shown, a reason asked, a number given that is good once.

The number stands for this action on this record in this version and for nothing else. Which actions there are comes
from the flow tables; what asks for more than a reason and some words has a page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from bot import cards
from bot.buttons import Do, Why
from bot.handlers.asking import Asked, asked, given_words
from bot.handlers.invitations import NOT_FOUND, listing, none_open, warning_of
from bot.handlers.orientation import menu
from bot.replies import plain
from bot.router import Option, Pressed, Replied, Router, Say, Turn, said
from models import codes
from models.states import Flow
from workflows.commands.tokens import Intent, issue_number
from workflows.consequences import consequence
from workflows.decide import Choice
from workflows.fields import Field, Form
from workflows.forms import FORMS, validate
from workflows.limits import CHAT_LIST
from workflows.queries.chat import Case

router = Router()

ACCEPT, REFUSE, AGREE = "accept", "refuse", "agree"
TAKES_BACK = ("withdraw", "withdraw_upload")

_INVITATION = Flow.ONLINE_SIGNING


@router.on(said("accept"))
async def begin_accept(turn: Turn) -> Say:
    return await _answer(turn, (ACCEPT, AGREE), "请选择要同意的邀请：")


@router.on(said("refuse"))
async def begin_refuse(turn: Turn) -> Say:
    return await _answer(turn, (REFUSE,), "请选择要拒绝的邀请：")


async def _answer(turn: Turn, actions: Collection[str], opening: str) -> Say:
    """With one thing that waits for an answer it is meant; with several one is chosen first."""
    offers = turn.known.offers
    others = [one for one in doable(turn, actions) if not one[0].open_offer]
    if not others and len(offers) > 1:
        chosen = listing(turn.known, 1, opening)
        action = next(iter(actions))
        options = tuple(Option("", Do(case.record.id, action)) for case in offers[: len(chosen.options)])
        return Say(chosen.blocks, options, more=chosen.more, closing="回复数字选择，下一步还会请您确认。")
    waiting = [*others, *((case, next(iter(actions))) for case in offers)]
    return await choose(turn, waiting) or none_open(turn.known)


def doable(turn: Turn, actions: Collection[str]) -> list[tuple[Case, str]]:
    """Records on which one of these actions is open now."""
    return [(case, c.name) for case in turn.known.cases for c in case.choices if c.open and c.name in actions]


async def choose(turn: Turn, found: list[tuple[Case, str]]) -> Say | None:
    """The one action that is meant, or which of several; None where there is none."""
    if not found:
        return None
    if len(found) == 1:
        return await _prepare(turn, *found[0])
    lines = tuple(f"{place} {_named(case, action)}" for place, (case, action) in enumerate(found[:CHAT_LIST], 1))
    options = tuple(Option("", Do(case.record.id, action)) for case, action in found[:CHAT_LIST])
    return Say(("请选择要办理的：", *lines), options, closing="回复数字选择，下一步还会请您确认。")


def _named(case: Case, action: str) -> str:
    choice = case.choice(action)
    return f"{choice.label if choice else ''}：{cards.short(case.title)}（{case.flow.label}）"


@router.on(Pressed(Do))
async def prepare(turn: Turn, record: UUID, action: str) -> Say:
    case = turn.known.case(record)
    if case is None:
        return menu(NOT_FOUND)
    # `同意 1` names a line of a list, which may be a termination as well.
    return await _prepare(turn, case, AGREE if action == ACCEPT and case.choice(AGREE) else action)


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
    found = asked(FORMS[choice.form]) if choice.form else Asked((), None, None)
    if found is None:
        where = cards.action_link(choice.label, case.record.id, action)
        return Say((cards.situation(case), "", f"请在页面上办理：{where}"), cards.topics("progress"))
    if found.reason is not None:
        return _ask_reason(case, choice, found.reason)
    if found.words is not None and found.words.required:
        return _ask_words(case, choice, found.words, "")
    return await _confirm(turn, case, choice, found.form())


async def _confirm_accept(turn: Turn, case: Case) -> Say:
    person = turn.known
    if not person.mobile:
        missing = "学校名单上没有您的手机号，协议上必须有本人的联系方式，请先联系学校补充。"
        return Say((missing, cards.desk_line(person.desk)), cards.topics("progress"))
    number = await _number(turn, case, ACCEPT, {"agreed": True})
    blocks = [
        "请核对，这是您将同意的签约：",
        *cards.terms(case),
        cards.deadline(case),
        await warning_of(person, case),
        f"协议全文：{cards.record_link('阅读协议全文', case.record.id)}",
        f"您的手机号 {person.mobile} 将印在协议上。档案和户口的去向可以以后再填。",
        f"同意后不能自行撤回，由{cards.reviewers(case)}审核；审核通过后协议生效。",
    ]
    closing = f"已阅读协议全文并同意签约，请回复 {number}（10分钟内有效，只对这份邀请有效）。不回复则不会签约。"
    return Say(tuple(line for line in blocks if line), closing=closing)


# --- a reason, some words ------------------------------------------------------------------------


def _ask_reason(case: Case, choice: Choice, field: Field) -> Say:
    reasons = codes.table(field.table).items(case.record.cohort)
    options = tuple(Option(r.label, Why(case.record.id, choice.name, r.code)) for r in reasons)
    offer = "的签约邀请" if case.open_offer else ""
    return Say((f"您将{choice.label[:2]}{cards.short(case.title)}{offer}。请选择原因，对方会看到：",), options)


def _ask_words(case: Case, choice: Choice, field: Field, reason: str) -> Say:
    limit = f"不超过{field.max_length}字"
    what = f"请直接回复{choice.label[:2]}的{'原因' if reason else '理由'}（{limit}），对方会看到。"
    return Say((cards.situation(case), "", what), ask=Why(case.record.id, choice.name, reason))


@router.on(Pressed(Why))
async def take_reason(turn: Turn, record: UUID, action: str, reason: str) -> Say:
    """A reason was chosen by number; the last one asks for words."""
    case = turn.known.case(record)
    if case is None:
        return menu(NOT_FOUND)
    choice, found = _still(case, action)
    if choice is None or found is None:
        return await _prepare(turn, case, action)
    if found.words is not None and (reason == codes.REASON_OTHER or found.words.required):
        return _ask_words(case, choice, found.words, reason)
    return await _confirm(turn, case, choice, found.form(reason))


@router.on(Replied(Why))
async def take_words(turn: Turn, record: UUID, action: str, reason: str, text: str) -> Say:
    case = turn.known.case(record)
    if case is None:
        return menu(NOT_FOUND)
    choice, found = _still(case, action)
    if choice is None or found is None:
        return await _prepare(turn, case, action)
    form = found.form(reason, text)
    _, faults = validate(FORMS[choice.form], form, turn.known.form_facts)
    if faults:
        return Say((faults[0].message, "请重新回复。"), ask=Why(record, action, reason))
    return await _confirm(turn, case, choice, form)


def _still(case: Case, action: str) -> tuple[Choice | None, Asked | None]:
    """The action as it is open now, with what it asks; None where it no longer is."""
    choice = case.choice(action)
    if choice is None or not choice.open or not choice.form:
        return None, None
    return choice, asked(FORMS[choice.form])


# --- the number ----------------------------------------------------------------------------------


async def _confirm(turn: Turn, case: Case, choice: Choice, form: Mapping[str, Any]) -> Say:
    number = await _number(turn, case, choice.name, form)
    said_no = case.record.flow is _INVITATION and choice.name == REFUSE
    asks = FORMS[choice.form] if choice.form else None
    blocks = (
        "请核对，这是您将拒绝的邀请：" if said_no else f"请核对，您将办理“{choice.label}”：",
        *cards.terms(case),
        "" if said_no else f"当前状态：{case.state.label}",
        _why(asks, form) if asks else "",
        consequence(case.record.flow, choice.name),
    )
    about = "这份邀请" if said_no else "这件事"
    verb = "拒绝" if said_no else choice.label
    closing = f"确认{verb}请回复 {number}（10分钟内有效，只对{about}有效）。不回复则不会办理。"
    return Say(tuple(line for line in blocks if line), closing=closing)


def _why(form: Form, given: Mapping[str, Any]) -> str:
    """The reason and the words that were given."""
    found = asked(form)
    code = str(given.get(found.reason.name, "")) if found and found.reason else ""
    label = codes.table(found.reason.table).label(code) if found and found.reason and code else ""
    parts = [part for part in (label, plain(given_words(form, given))) if part]
    return f"原因：{'，'.join(parts)}" if parts else ""


async def _number(turn: Turn, case: Case, action: str, form: Mapping[str, Any]) -> str:
    intent = Intent(case.record.flow, case.record.id, case.record.version, action, form)
    return await issue_number(turn.actor, turn.openid, turn.once, intent)
