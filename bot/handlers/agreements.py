"""Room: 协议, 申请协议, 解约, 撤回: what stands of a signing, and what can be done about it today."""

from __future__ import annotations

from bot import cards
from bot.handlers.answering import TAKES_BACK, choose, doable
from bot.router import Router, Say, Turn, said
from models.states import Flow, Phase
from workflows.flows import FLOWS
from workflows.queries.chat import Case, Person
from workflows.queries.openings import read_openings
from workflows.standing import whose_turn

router = Router()


@router.on(said("agreement"))
async def show_agreement(turn: Turn) -> Say:
    """The signing that holds: its number once it is in force, else where it stands."""
    held = turn.known.held
    if held is None or held.record.flow is Flow.DESTINATION:
        text = "您目前没有就业协议。同意单位的签约邀请，或申请的纸质协议经学校审核通过后，协议就会生成。"
        return Say((text,), cards.topics("invitations", "apply", "desk"))
    number = str(held.record.row["agreement_no"])
    look = cards.record_link("查看协议内容", held.record.id)
    if held.state.phase is Phase.FORCE and number:
        blocks = (f"就业协议编号：{number}", *cards.terms(held), whose_turn(held), cards.next_line(held), look)
        return Say(blocks, cards.topics("terminate", "desk"))
    if number:
        return Say((f"就业协议编号：{number}", cards.situation(held), cards.next_line(held), look), cards.actions(held))
    blocks = ("协议还在审核，审核通过后才有编号：", cards.situation(held), look)
    return Say(blocks, (*cards.actions(held), *cards.topics("progress", "desk")))


@router.on(said("apply"))
async def explain_apply(turn: Turn) -> Say:
    """Signing on paper, and registering what was signed on paper already: on pages, or why not now."""
    found = (await read_openings(turn.actor))["items"]
    offered = [one for one in found if one["flow"] in (Flow.OFFLINE_SIGNING, Flow.SUPPLEMENTARY)]
    if not turn.known.may_sign:
        text = "您是定向或委培毕业生，不用网上签约，也不用申请就业协议；请登记定向、委培去向。"
        return Say((text, cards.desk_line(turn.known.desk)), cards.topics("destination", "progress", "desk"))
    blocks = (
        "单位没有在平台注册、需要纸质就业协议的，在页面上填写单位和岗位信息申请；已经签好纸质协议的，登记即可。",
        *cards.begin_lines(offered),
        "单位已在平台注册的，可请单位直接向您发起线上签约邀请，您在这里答复即可。",
        cards.desk_line(turn.known.desk),
    )
    return Say(blocks, cards.topics("invitations", "progress", "desk"))


@router.on(said("terminate"))
async def explain_terminate(turn: Turn) -> Say:
    """What to terminate, if anything, and with whom; a termination under way comes first."""
    person = turn.known
    ending = next((case for case in person.cases if case.alive and case.flow.parents), None)
    if ending is not None:
        blocks = (
            "您有正在办理的解约：",
            *cards.terms(ending),
            cards.situation(ending),
            cards.next_line(ending),
            *cards.closed((ending,)),
        )
        return Say(blocks, (*cards.actions(ending), *cards.topics("progress", "desk")))
    held = person.held
    if held is None:
        return Say(("您目前没有生效或在办的签约，不需要解约。",), cards.topics("progress", "invitations", "desk"))
    if held.record.flow is Flow.DESTINATION:
        text = "您登记的是毕业去向，不需要解约；去向有变化的，作废后重新登记。"
        return Say((text, cards.situation(held)), (*cards.actions(held), *cards.topics("progress", "desk")))
    if held.state.phase is not Phase.FORCE:
        return _under_way(person, held, "解约")
    found = await read_openings(turn.actor)
    lines = [cards.begin_line(one) for one in found["items"] if held.record.flow in FLOWS[Flow(one["flow"])].parents]
    blocks = (
        "您当前生效的签约：",
        cards.situation(held),
        "",
        "解约需要您与单位协商一致，请先与单位联系。",
        *lines,
        f"您还可以申请 {found['terminations_left']} 次。单位不配合的，请向学校说明情况。",
        "解约办结前，这份签约仍然有效，暂不能与其他单位签约。",
        cards.desk_line(person.desk),
        cards.record_link("查看这份签约", held.record.id),
    )
    return Say(blocks, cards.topics("progress", "desk"))


@router.on(said("withdraw"))
async def explain_withdraw(turn: Turn) -> Say:
    """What can be taken back now; else what can be done instead."""
    person = turn.known
    chosen = await choose(turn, doable(turn, TAKES_BACK)) or await choose(turn, doable(turn, ("cancel",)))
    if chosen is not None:
        return chosen
    held = person.held
    if held is None:
        blocks = ("您目前没有可以撤回的申请。没有答复的邀请不用撤回：不答复或回复“拒绝”即可。",)
        return Say(blocks, cards.topics("invitations", "progress"))
    if held.state.phase is not Phase.FORCE:
        return _under_way(person, held, "撤回")
    if held.record.flow is Flow.DESTINATION:
        return Say(("去向登记已经完成，不能撤回；有变化的，可以作废后重新登记。",), cards.topics("void", "desk"))
    return Say(("签约已经生效，不能撤回；如不再履行，需要办理解约。",), cards.topics("terminate", "desk"))


def _under_way(person: Person, held: Case, what: str) -> Say:
    """Nobody can take back what a reviewer has begun to decide."""
    open_here = cards.actions(held)
    if open_here:
        return Say((cards.situation(held), "", f"这件事还没有生效，不需要{what}。您可以："), open_here)
    signing = held.record.flow is Flow.ONLINE_SIGNING
    why = f"同意签约后不能自行{what}" if signing else f"审核已经开始，不能自行{what}"
    blocks = (
        cards.situation(held),
        "",
        f"{why}。如不想继续，请在审核完成前联系学校，由审核老师按“审核不通过”处理，这件事即告结束。",
        cards.desk_line(person.desk),
    )
    return Say(blocks, cards.topics("progress", "desk"))
