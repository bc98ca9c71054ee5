"""Room: 邀请: the invitations that wait for an answer, and one record in full."""

from __future__ import annotations

from uuid import UUID

from bot import cards
from bot.buttons import Listing, Show
from bot.handlers.orientation import menu
from bot.router import Pressed, Router, Say, Turn, said
from workflows.queries.chat import Case, Person
from workflows.queries.warnings import marks_for
from workflows.standing import whose_turn

router = Router()

NOT_FOUND = "没有找到这条记录，可能已经变化。您可以："


@router.on(said("invitations"))
async def show_invitations(turn: Turn) -> Say:
    offers = turn.known.offers
    if len(offers) == 1:
        return await detail(turn.known, offers[0])
    return listing(turn.known, 1)


@router.on(Pressed(Listing, name="offers"))
async def show_page(turn: Turn, page: int) -> Say:
    return listing(turn.known, page)


@router.on(Pressed(Show))
async def show_record(turn: Turn, record: UUID) -> Say:
    case = turn.known.case(record)
    return await detail(turn.known, case) if case else menu(NOT_FOUND)


def listing(person: Person, page: int, opening: str = "等待您答复的签约邀请：") -> Say:
    """Five invitations, the one that ends first in front."""
    offers = person.offers
    if not offers:
        return none_open(person)
    shown, where, more = cards.page(offers, "offers", page)
    items = tuple(f"{place} {cards.offer_line(case)}" for place, case in enumerate(shown, 1))
    return Say((f"{opening}{where}", *items), cards.lines(shown), more=more, closing="回复数字查看并答复。")


def none_open(person: Person) -> Say:
    held = person.held
    blocks: tuple[str, ...]
    if held is not None:
        blocks = ("目前没有等待您答复的签约邀请。", "", cards.situation(held), cards.next_line(held))
    elif not person.may_sign:
        blocks = ("您是定向或委培毕业生，不用网上签约，不会收到签约邀请；请登记定向、委培去向。",)
    else:
        blocks = ("目前没有等待您答复的签约邀请。单位发来邀请后，本服务号会通知您。",)
    lead = () if person.may_sign or held else ("destination",)
    return Say(blocks, cards.topics(*lead, "progress", "desk", "help"))


async def detail(person: Person, case: Case) -> Say:
    """One record: what is offered, where it stands, what can be done."""
    blocks = [*cards.terms(case), "", case.state.label, whose_turn(case), cards.next_line(case)]
    if warned := await warning_of(person, case):
        blocks.extend(("", warned))
    blocks.extend(cards.closed((case,)))
    blocks.append(cards.record_link("查看详情和协议全文", case.record.id))
    options = cards.actions(case)
    return Say(tuple(blocks), options or cards.topics("progress", "desk"))


async def warning_of(person: Person, case: Case) -> str:
    """The warning marks of its employer; empty without any, or without an employer."""
    if not case.employer:
        return ""
    return cards.warning(await marks_for(person.graduate.school_id, *known_as(case)))


def known_as(case: Case) -> tuple[str, str]:
    """Code and name by which warning marks are found."""
    return str(case.record.row["employer_uscc"]), str(case.record.row["employer_name_key"])
