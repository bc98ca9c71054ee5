"""Room: 进度, the question most asked: what is where, since when, who is next, what one can do now."""

from __future__ import annotations

from collections.abc import Sequence

from bot import cards
from bot.buttons import Listing, Show
from bot.router import Option, Pressed, Router, Say, Turn, said
from workflows.queries.chat import Case, Person

router = Router()

DESTINATION = "/m/begin/destination/submit"
_FEW = 2  # live records up to which what comes next is said, and the actions themselves are numbered
_ENDED = 2  # ended records shown where nothing is alive


@router.on(said("progress"))
async def show_progress(turn: Turn) -> Say:
    return card(turn.known, 1)


@router.on(Pressed(Listing, name="progress"))
async def show_page(turn: Turn, page: int) -> Say:
    return card(turn.known, page)


def card(person: Person, page: int) -> Say:
    """The progress card; everything on it was read by one statement."""
    live = [case for case in person.cases if case.alive]
    if not live:
        return _nothing_open(person)
    shown, where, more = cards.page(live, "progress", page)
    blocks = [f"{cards.who(person)}，您的办理进度：{where}"]
    for case in shown:
        blocks.extend(("", cards.situation(case)))
        if len(live) <= _FEW:
            blocks.append(cards.next_line(case))
    reasons = cards.closed(shown)
    if reasons and not person.graduate.invalid:
        blocks.extend(("", *reasons))
    return Say(tuple(blocks), _options(live, shown), more=more, closing=_closing(person, live))


def _options(live: Sequence[Case], shown: Sequence[Case]) -> tuple[Option, ...]:
    """What one can do now. With many records first which one."""
    if len(live) <= _FEW:
        doable = tuple(option for case in shown for option in cards.actions(case, named=len(live) > 1))
        return (*doable, *(_look(case) for case in shown))
    return tuple(_look(case) for case in shown)


def _closing(person: Person, live: Sequence[Case]) -> str:
    if any(case.open_offer for case in live) and not person.graduate.invalid:
        return ""
    return f"如有疑问：{cards.desk_line(person.desk)}"


def _nothing_open(person: Person) -> Say:
    ended = person.cases[:_ENDED]
    blocks = [f"{cards.who(person)}，您目前没有正在办理的事项。"]
    for place, case in enumerate(ended):
        blocks.extend(("", cards.situation(case), *([] if place else [cards.next_line(case)])))
    blocks.extend(("", _what_now(person)))
    options = tuple(_look(case) for case in ended)
    return Say(tuple(blocks), (*options, *cards.topics("desk", "help")))


def _what_now(person: Person) -> str:
    """What somebody can do with whom nothing is under way."""
    if person.graduate.invalid:
        return f"您已不在学校的学生名单中，暂不能办理。{cards.desk_line(person.desk)}"
    if person.closed:
        return f"{person.graduate.cohort}届的办理时间已经截止，只能查看记录。{cards.desk_line(person.desk)}"
    if not person.may_sign:
        return f"您是定向或委培毕业生，不用网上签约，请{cards.link('补充登记定向、委培去向', DESTINATION)}。"
    return f"单位发来签约邀请后，本服务号会通知您；也可以{cards.link('办理新的事项', '/m/begin')}。"


def _look(case: Case) -> Option:
    """A record as a choice; the flow tells a signing from its termination."""
    return Option(f"查看{cards.short(case.title, 12)}（{case.flow.label}）", Show(case.record.id))
