"""Room: binding by a scanned QR code: whose it is (masked) → the number beside it → where needed a code by SMS → bound.

Which code is meant stands in the question that is open, so that digits keep their other meanings everywhere else.
"""

from __future__ import annotations

from bot import cards
from bot.buttons import Join, Resend
from bot.handlers.orientation import menu, welcome
from bot.identity import speaker
from bot.router import Option, Pressed, Replied, Router, Say, Turn
from bot.words import number_of, tidy
from models.store import store
from workflows.commands.scenes import (
    Ended,
    Scanned,
    Step,
    give_code,
    give_number,
    scan,
    school_of_scene,
    send_scene_code,
)
from workflows.errors import RateLimited
from workflows.queries.chat import bindings_of, look

router = Router()

NUMBER, CODE = "number", "code"
_ENDED = {
    Ended.GONE: "这个二维码已失效，没有绑定。请让出示二维码的页面重新生成，再扫一次。",
    Ended.TAKEN: "这个二维码已被另一个微信扫过，没有绑定。请让出示二维码的页面重新生成，再扫一次。",
    Ended.ALREADY: "本微信已经绑定了这位毕业生，不需要再扫码。",
}


async def begin(turn: Turn) -> Say:
    """A QR code of ours was scanned, perhaps by somebody who follows with it."""
    scene = turn.inbound.scene
    school = await school_of_scene(scene)
    if school:
        opening = f"您好，这里是{cards.short(school)}毕业去向登记与网上签约。"
        return welcome(opening) if turn.person is None else menu(f"{cards.who(turn.person)}，您好。您可以：")
    found = await scan(speaker(turn.person), turn.openid, scene)
    if isinstance(found, Ended):
        return _over(turn, found)
    return await send_again(turn, scene) if found.confirmed else _ask_number(scene, found)


def _ask_number(scene: str, found: Scanned) -> Say:
    blocks = (
        f"您要绑定的是：{found.name}，{cards.short(found.school)}，{found.cohort}届。",
        "如果这是您本人，请回复二维码旁边显示的 4 位数字。",
        "不是您本人的，请不要回复，也不要把数字告诉别人。",
    )
    return Say(blocks, ask=Join(scene, NUMBER))


def _over(turn: Turn, ended: Ended) -> Say:
    """It leads nowhere; what else there is."""
    return welcome(_ENDED[ended]) if turn.person is None else menu(f"{_ENDED[ended]}您可以：")


@router.on(Replied(Join, step=NUMBER), strangers=True)
async def take_number(turn: Turn, scene: str, text: str) -> Say:
    """The number that stands beside the code."""
    number = number_of(tidy(text))
    if len(number) != 4:
        return Say(("请只回复二维码旁边显示的 4 位数字。",), ask=Join(scene, NUMBER))
    try:
        found = await give_number(store(), speaker(turn.person), turn.openid, scene, number)
    except RateLimited as refusal:
        return await _too_often(turn, scene, refusal)
    if found is None:
        return Say(("数字不正确，没有绑定。请核对二维码旁边的 4 位数字，再回复一次。",), ask=Join(scene, NUMBER))
    return await _went_on(turn, scene, found)


@router.on(Replied(Join, step=CODE), strangers=True)
async def take_code(turn: Turn, scene: str, text: str) -> Say:
    """The code that went to the number on the roster."""
    code = number_of(tidy(text))
    if len(code) != 6:
        return _ask_code(scene, "请回复短信里的 6 位验证码。")
    try:
        found = await give_code(store(), speaker(turn.person), turn.openid, scene, code)
    except RateLimited as refusal:
        return await _too_often(turn, scene, refusal)
    if found is None:
        return _ask_code(scene, "验证码不正确或已失效，没有绑定。请核对最近一条短信，再回复一次。")
    return await _went_on(turn, scene, found)


@router.on(Pressed(Resend), strangers=True)
async def send_again(turn: Turn, scene: str) -> Say:
    """The number was right before: another code by SMS."""
    try:
        found = await send_scene_code(store(), speaker(turn.person), turn.openid, scene)
    except RateLimited as refusal:
        return await _too_often(turn, scene, refusal)
    return await _went_on(turn, scene, found)


async def _too_often(turn: Turn, scene: str, refusal: RateLimited) -> Say:
    """Wait a little; the question stays open."""
    wait = f"操作过于频繁，请约 {max(1, -(-refusal.retry_after // 60))} 分钟后再试。"
    found = await scan(speaker(turn.person), turn.openid, scene)
    if isinstance(found, Ended):
        return _over(turn, found)
    return _ask_code(scene, wait) if found.confirmed else Say((wait,), ask=Join(scene, NUMBER))


async def _went_on(turn: Turn, scene: str, found: Step | Ended) -> Say:
    if isinstance(found, Ended):
        return _over(turn, found)
    if found.binding is None:
        return _ask_code(scene, f"数字正确。为确认是您本人，验证码已发到学校名单上登记的手机 {found.mobile}。")
    return await _done(turn)


def _ask_code(scene: str, opening: str) -> Say:
    blocks = (opening, "请在 5 分钟内回复短信里的 6 位数字。", "没有收到的，回复 1 重新发送。")
    closing = "手机号已更换、收不到短信的，请联系学校就业部门更新手机号。"
    return Say(blocks, (Option("", Resend(scene)),), ask=Join(scene, CODE), closing=closing)


async def _done(turn: Turn) -> Say:
    """Bound: who one is here from now on."""
    person = (await look(turn.openid, "")).person
    if person is None:
        return welcome("绑定刚刚发生了变化，请重新绑定。")
    found = await bindings_of(turn.openid)
    more = "您在多个届次有信息，回复“切换”可以换一个届次。" if len(found) > 1 else ""
    blocks = (
        "绑定成功。",
        f"本微信已绑定：{cards.who(person)}，{cards.short(person.desk.school)}，{person.graduate.cohort}届。",
        "签约邀请和审核结果会通过本服务号通知您。",
        more,
    )
    return Say(tuple(line for line in blocks if line), cards.topics("invitations", "progress", "help"))
