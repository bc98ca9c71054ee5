"""Room: 去向 and 作废, and what is done at the school: 档案, 户口, 离校. What we know, and whom to see for the rest."""

from __future__ import annotations

from bot import cards
from bot.handlers.answering import choose, doable
from bot.router import Router, Say, Turn, said
from models import codes
from models.states import Flow, Phase
from workflows.queries.chat import Person
from workflows.queries.openings import read_openings

router = Router()


@router.on(said("destination"))
async def show_destination(turn: Turn) -> Say:
    """The destination that stands or is under way, else the page where one is registered."""
    person = turn.known
    held = person.held
    if held is not None and held.record.flow is Flow.DESTINATION:
        where = (cards.situation(held), cards.next_line(held), *cards.closed((held,)))
        return Say(
            ("您登记的毕业去向：", *cards.terms(held), *where),
            (*cards.actions(held), *cards.topics("progress", "desk")),
        )
    if held is not None and held.state.phase is Phase.FORCE:
        label = codes.table("destination").label(codes.DEST_AGREEMENT)
        registered = (f"您登记的毕业去向：{label}。", cards.situation(held), "这条去向已随签约报送，不需要另外登记。")
        return Say(registered, cards.topics("agreement", "progress"))
    if held is not None:
        waiting = ("您有一份签约正在办理，办结后毕业去向会自动登记：", cards.situation(held), cards.next_line(held))
        return Say(waiting, (*cards.actions(held), *cards.topics("progress", "desk")))
    found = (await read_openings(turn.actor))["items"]
    begin = cards.begin_lines(one for one in found if one["flow"] == Flow.DESTINATION)
    if not person.may_sign:
        text = "您还没有登记毕业去向。您是定向或委培毕业生，请在页面上补充登记定向、委培去向："
        return Say((text, *begin, cards.desk_line(person.desk)), cards.topics("progress", "desk"))
    blocks = (
        "您还没有登记毕业去向。",
        "与平台注册单位签约的，同意邀请并审核通过后自动登记。",
        "升学、出国、应征入伍、自主创业、灵活就业等其他去向，以及还没有落实的，在页面上登记：",
        *begin,
        cards.desk_line(person.desk),
    )
    return Say(blocks, cards.topics("invitations", "apply", "desk"))


@router.on(said("void"))
async def begin_void(turn: Turn) -> Say:
    """An approved destination is voided in two steps; anything else is ended another way."""
    chosen = await choose(turn, doable(turn, ("void",)))
    if chosen is not None:
        return chosen
    held = turn.known.held
    if held is None:
        return Say(("您目前没有已完成的去向登记，不需要作废。",), cards.topics("destination", "progress"))
    blocks = (cards.situation(held), "", *cards.closed((held,)), "只有已完成的去向登记可以作废。")
    return Say(blocks, (*cards.actions(held), *cards.topics("terminate", "desk")))


_ARCHIVE = (
    "档案",
    "archive_wish",
    "archive_transfer",
    "档案转递由学校办理：请与单位确认档案接收单位、地址和联系人，报给学院或学校档案管理部门。",
)
_HOUSEHOLD = (
    "户口",
    "household_wish",
    "household_target",
    "户口在校的，毕业时凭毕业证书和迁往地址到学校户籍管理部门办理迁移；户口不在校的，不用办理。",
)


@router.on(said("archive"))
async def show_archive(turn: Turn) -> Say:
    return _wishes(turn.known, _ARCHIVE)


@router.on(said("household"))
async def show_household(turn: Turn) -> Say:
    return _wishes(turn.known, _HOUSEHOLD)


@router.on(said("papers"))
async def show_papers(turn: Turn) -> Say:
    return _wishes(turn.known, _ARCHIVE, _HOUSEHOLD)


def _wishes(person: Person, *kinds: tuple[str, str, str, str]) -> Say:
    """What was wished when the signing was accepted, and how the thing itself is done."""
    held = person.held
    blocks: list[str] = []
    for what, field, table, how in kinds:
        wish = str(held.form.get(field, "")) if held is not None else ""
        known = (
            f"您签约时填写的{what}去向意愿：{codes.table(table).label(wish)}。"
            if wish
            else f"这里没有您的{what}去向记录。"
        )
        blocks.extend((known, how))
    return Say((*blocks, cards.desk_line(person.desk)), cards.topics("progress", "desk"))


@router.on(said("leaving"))
async def explain_leaving(turn: Turn) -> Say:
    blocks = (
        "离校手续按学校通知办理。办理前，请确认您的毕业去向已登记，档案和户口的去向已报给学校。",
        cards.desk_line(turn.known.desk),
    )
    return Say(blocks, cards.topics("progress", "destination", "desk"))


@router.on(said("records"))
async def show_records(turn: Turn) -> Say:
    count = len(turn.known.cases)
    text = f"您共有 {count} 条记录：{cards.link('查看全部记录', '/m/records')}" if count else "您还没有任何记录。"
    return Say((text,), cards.topics("progress", "invitations"))
