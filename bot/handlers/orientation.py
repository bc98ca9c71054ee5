"""Room: finding one's way: menu, help, numbers without a meaning, texts that are not understood."""

from __future__ import annotations

from bot import cards, words
from bot.router import Router, Say, Turn, Unclear, said

router = Router()

HELP = (
    "可以这样使用：",
    "回复“邀请”：查看单位发来的签约邀请",
    "回复“同意”或“拒绝”：答复邀请，分两步确认，不会误操作",
    "回复“进度”：看每件事办到哪一步、等谁处理",
    "回复“协议”：查看已签的就业协议",
    "回复“人工”：学校就业部门的联系电话",
    "回复“绑定”或“解绑”：微信与学籍的绑定",
    "也可以点下方菜单，或按提示回复数字；回复 0 随时返回主菜单。",
)
_CHOICES = ("invitations", "progress", "agreement", "desk", "help")


@router.on(said("menu"), strangers=True)
async def show_menu(turn: Turn) -> Say:
    """The five things that people come for."""
    if turn.person is None:
        return welcome("您好，欢迎使用毕业去向登记与网上签约服务。")
    return menu(f"{cards.who(turn.person)}，您好。需要办理什么？")


@router.on(said("help"), strangers=True)
async def show_help(turn: Turn) -> Say:
    """What can be typed here."""
    if turn.person is None:
        return Say((*HELP, "", f"使用前请先{cards.bind_link()}。"))
    return Say(HELP, cards.topics(*_CHOICES[:-1]))


@router.stranger
async def meet(turn: Turn) -> Say:  # noqa: ARG001  every handler receives its turn
    """Somebody whom we do not know yet."""
    return welcome("您的微信还没有绑定毕业生账号，暂时不能查询或办理。")


@router.on(Unclear(), strangers=True)
async def not_understood(turn: Turn, text: str) -> Say:
    """The nearest topics; never an act, never only a complaint."""
    if turn.person is None:
        return welcome("您的微信还没有绑定毕业生账号，暂时不能查询或办理。")
    if not text:
        return menu("暂时只能看懂文字。您可以：")
    near = words.nearest(words.tidy(text))
    if near:
        options = (*cards.topics(*near), cards.topic("menu"))
        return Say(("没有完全看懂您的意思。您是不是想：",), options)
    return menu("没有看懂您的意思。您可以：", closing=f"其他问题可以联系学校：{cards.desk_line(turn.known.desk)}")


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
