"""Room: finding one's way: menu, people whom we do not know, texts that are not understood."""

from __future__ import annotations

from bot import cards
from bot.handlers import help
from bot.router import Router, Say, Turn, Unclear, said

router = Router()

_CHOICES = ("invitations", "progress", "agreement", "desk", "help")


@router.on(said("menu"), strangers=True)
async def show_menu(turn: Turn) -> Say:
    """The five things that people come for."""
    if turn.person is None:
        return welcome("您好，欢迎使用毕业去向登记与网上签约服务。")
    return menu(f"{cards.who(turn.person)}，您好。需要办理什么？")


@router.on(said("courtesy"), strangers=True)
async def nod(turn: Turn) -> Say:
    """Thanks, and a yes that is no number: nothing is done by it."""
    if turn.person is None:
        return welcome("不客气。绑定后就可以在这里查询和办理。")
    return menu("收到。要确认办理的，请回复那条消息里给出的数字；只回复文字不会办理。您还可以：")


@router.stranger
async def meet(turn: Turn) -> Say:  # noqa: ARG001  every handler receives its turn
    """Somebody whom we do not know yet."""
    return welcome("您的微信还没有绑定毕业生账号，暂时不能查询或办理。")


@router.on(Unclear(), strangers=True)
async def not_understood(turn: Turn, text: str) -> Say:
    """A mistyped word or a question in plain words, else the menu; never an act, never only a complaint."""
    if not text:
        return _lost(turn, "暂时只能看懂文字。您可以：")
    near = help.mistyped(text) if turn.person is not None else ()
    if near:
        return Say(("没有完全看懂您的意思。您是不是想：",), (*cards.topics(*near), cards.topic("menu")))
    return help.answer(turn, text) or _lost(turn, "没有看懂您的意思。您可以：")


def _lost(turn: Turn, opening: str) -> Say:
    if turn.person is None:
        return welcome("您的微信还没有绑定毕业生账号，暂时不能查询或办理。")
    return menu(opening, closing=f"其他问题可以联系学校：{cards.desk_line(turn.person.desk)}")


def menu(opening: str, *, closing: str = "") -> Say:
    """The main menu under another opening line."""
    return Say((opening,), cards.topics(*_CHOICES), closing=closing)


def welcome(opening: str) -> Say:
    """The way to a binding."""
    return Say(
        (
            opening,
            "",
            f"请点这里{cards.bind_link()}：填写姓名和证件号码，再填写发到您手机的验证码即可。",
            "手机号以学校名单上登记的为准；已更换的，请先联系所在学校的就业部门更新。",
            "绑定后，签约邀请和审核结果会通过本服务号通知您。",
        )
    )
