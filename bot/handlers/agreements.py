"""Room: 协议, 解约, 撤回, 申请协议: what stands of a signing, and what can be done about it today."""

from __future__ import annotations

from bot import cards
from bot.router import Router, Say, Turn, said
from models.states import Phase
from workflows.queries.chat import Case, Person

router = Router()


@router.on(said("agreement"))
async def show_agreement(turn: Turn) -> Say:
    """The signing that holds: its number once it is in force, else where it stands."""
    held = turn.known.held
    if held is None:
        text = "您目前没有就业协议。同意单位的签约邀请并经学校审核通过后，协议就会生成。"
        return Say((text,), cards.topics("invitations", "apply", "desk"))
    number = str(held.record.row["agreement_no"])
    if held.state.phase is Phase.FORCE and number:
        blocks = (
            f"就业协议编号：{number}",
            *cards.terms(held),
            cards.turn_line(held),
            cards.record_link("查看协议内容", held.record.id),
        )
        return Say(blocks, cards.topics("terminate", "desk"))
    blocks = (
        "协议还在审核，审核通过后才有编号：",
        cards.situation(held),
        cards.record_link("查看协议内容", held.record.id),
    )
    return Say(blocks, cards.topics("progress", "desk"))


@router.on(said("apply"))
async def explain_apply(turn: Turn) -> Say:
    """Signing on paper goes by the school's desk."""
    blocks = (
        "单位没有在平台注册、需要纸质就业协议的，请向学院或学校就业部门申请办理，请带上单位名称、统一社会信用代码和岗位信息。",
        "单位已在平台注册的，可请单位直接向您发起线上签约邀请，您在这里答复即可。",
        cards.desk_line(turn.known.desk),
    )
    return Say(blocks, cards.topics("invitations", "desk"))


@router.on(said("terminate"))
async def explain_terminate(turn: Turn) -> Say:
    """What to terminate, if anything, and with whom."""
    person = turn.known
    held = person.held
    if held is None:
        return Say(("您目前没有生效或在办的签约，不需要解约。",), cards.topics("progress", "invitations", "desk"))
    if held.state.phase is not Phase.FORCE:
        return _under_way(person, held, "解约")
    blocks = (
        "您当前生效的签约：",
        cards.situation(held),
        "",
        "解约需要您与单位协商一致。请先与单位联系，再到学校就业部门办理，请带上双方签章的解约函；单位不配合的，请向学校说明情况。",
        "解约办结前，这份签约仍然有效，暂不能与其他单位签约。",
        cards.desk_line(person.desk),
        cards.record_link("查看这份签约", held.record.id),
    )
    return Say(blocks, cards.topics("progress", "desk"))


@router.on(said("withdraw"))
async def explain_withdraw(turn: Turn) -> Say:
    """An acceptance cannot be taken back by oneself; what can be done instead."""
    person = turn.known
    held = person.held
    if held is None:
        blocks = ("您目前没有可以撤回的申请。没有答复的邀请不用撤回：不答复或回复“拒绝”即可。",)
        return Say(blocks, cards.topics("invitations", "progress"))
    if held.state.phase is Phase.FORCE:
        return Say(("签约已经生效，不能撤回；如不再履行，需要办理解约。",), cards.topics("terminate", "desk"))
    return _under_way(person, held, "撤回")


def _under_way(person: Person, held: Case, what: str) -> Say:
    blocks = (
        cards.situation(held),
        "",
        f"同意签约后不能自行{what}。如不想继续，请在审核完成前联系学校，由审核老师按“审核不通过”处理，这份签约即告结束。",
        cards.desk_line(person.desk),
    )
    return Say(blocks, cards.topics("progress", "desk"))
