"""Room: 进度, the question most asked: what is where, since when, who is next, what one can do now."""

from __future__ import annotations

from collections.abc import Sequence

from bot import cards
from bot.buttons import Listing, Show
from bot.router import Option, Pressed, Router, Say, Turn, said
from workflows.queries.chat import Case, Person

router = Router()

_FEW = 2  # live records up to which the actions themselves are numbered, not the records
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
    reasons = cards.closed(shown)
    if reasons:
        blocks.extend(("", *reasons))
    return Say(tuple(blocks), _options(live, shown), more=more, closing=_closing(person, live))


def _options(live: Sequence[Case], shown: Sequence[Case]) -> tuple[Option, ...]:
    """What one can do now. With many records first which one."""
    if len(live) <= _FEW:
        doable = tuple(option for case in shown for option in cards.actions(case, named=len(live) > 1))
        looks = tuple(Option(f"查看{cards.short(case.title, 12)}的详情", Show(case.record.id)) for case in shown)
        return (*doable, *looks)
    return tuple(Option(f"查看{cards.short(case.title, 16)}", Show(case.record.id)) for case in shown)


def _closing(person: Person, live: Sequence[Case]) -> str:
    if any(case.open_offer for case in live):
        return ""
    return f"如有疑问：{cards.desk_line(person.desk)}"


def _nothing_open(person: Person) -> Say:
    ended = person.cases[:_ENDED]
    blocks = [f"{cards.who(person)}，您目前没有正在办理的事项。"]
    for case in ended:
        blocks.extend(("", cards.situation(case)))
    blocks.extend(("", f"单位发来签约邀请后，本服务号会通知您；也可以{cards.link('办理新的事项', '/m/begin')}。"))
    if person.graduate.invalid:
        blocks.extend(("", f"您已不在学校的学生名单中，暂不能办理。{cards.desk_line(person.desk)}"))
    options = tuple(Option(f"查看{cards.short(case.title, 16)}", Show(case.record.id)) for case in ended)
    return Say(tuple(blocks), (*options, *cards.topics("desk", "help")))
