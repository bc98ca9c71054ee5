"""Room: 绑定, 解绑, 切换, 手机号: which WeChat account belongs to which graduate, and where SMS go."""

from __future__ import annotations

from uuid import UUID

from bot import cards
from bot.buttons import Choose, Topic, Unbind
from bot.handlers.orientation import menu, welcome
from bot.router import Option, Pressed, Router, Say, Turn, said
from workflows.commands.bindings import choose_binding, unbind
from workflows.queries.chat import bindings_of

router = Router()


@router.on(said("bind"), strangers=True)
async def show_binding(turn: Turn) -> Say:
    """The link, or whom this account is bound to."""
    person = turn.person
    if person is None:
        return welcome("绑定后就可以在这里查看和答复签约邀请。")
    blocks = (
        f"本微信已绑定：{cards.who(person)}，{cards.short(person.desk.school)}，{person.graduate.cohort}届。",
        f"登记的手机号：{person.mobile or '没有'}。{_phone_link()}",
        "换微信时，请在新的微信里重新绑定，旧微信的绑定会自动解除。",
    )
    several = len(await bindings_of(turn.openid)) > 1
    return Say(blocks, cards.topics("progress", *(("switch",) if several else ()), "unbind"))


def _phone_link() -> str:
    return cards.link("修改手机号", "/m/account/phone")


@router.on(said("phone"))
async def show_phone(turn: Turn) -> Say:
    """The number on the roster, masked, and the page on which it is changed."""
    blocks = (
        f"您登记的手机号：{turn.known.mobile or '没有'}。验证码和短信通知发到这个号码。",
        f"号码换了，请在这里{_phone_link()}：新号码要收一条验证码；原号码还能收短信的也收一条，不能收的填写证件号码。",
    )
    return Say(blocks, cards.topics("bind", "progress"))


@router.on(said("unbind"))
async def ask_unbind(turn: Turn) -> Say:
    """Asked once more, for the messages stop with it."""
    person = turn.known
    if person.binding_id is None:
        return menu("本微信没有绑定。您可以：")
    blocks = (
        f"确定解除本微信与{cards.who(person)}（{person.graduate.cohort}届）的绑定吗？",
        "解除后，这里不能再查询和办理，签约通知改由短信发送（学校开通时）；已有的签约不受影响，可以随时重新绑定。",
    )
    options = (Option("确定解绑", Unbind(person.binding_id)), Option("不解绑", Topic("menu")))
    return Say(blocks, options)


@router.on(Pressed(Unbind))
async def do_unbind(turn: Turn, binding: UUID) -> Say:
    """Only the binding that was asked about."""
    if turn.known.binding_id != binding:
        return menu("绑定已经变化，没有解除。您可以：")
    await unbind(turn.actor, turn.openid, binding)
    left = await bindings_of(turn.openid)
    if left:
        still = f"本微信还绑定着{left[0].cohort}届，{cards.short(left[0].school)}；之后的查询和办理都是这一届的。"
        return Say(("已解除绑定。", still), cards.topics("progress", "unbind"))
    return Say(("已解除绑定。", f"需要时可以重新{cards.bind_link()}。"))


@router.on(said("switch"))
async def show_bindings(turn: Turn) -> Say:
    """Somebody with two cohorts chooses which one is spoken about."""
    found = await bindings_of(turn.openid)
    if len(found) < 2:
        text = f"本微信只绑定了{turn.known.graduate.cohort}届的毕业生信息，不需要切换。"
        return Say((text,), cards.topics("progress", "bind"))
    now, *others = found
    options = tuple(Option(f"切换到{one.cohort}届，{cards.short(one.school)}", Choose(one.id)) for one in others)
    return Say((f"现在查询和办理的是：{now.cohort}届，{cards.short(now.school)}。",), options)


@router.on(Pressed(Choose))
async def do_switch(turn: Turn, binding: UUID) -> Say:
    await choose_binding(turn.actor, turn.openid, binding)
    now = (await bindings_of(turn.openid))[0]
    text = f"已切换到{now.cohort}届，{cards.short(now.school)}。之后的查询和办理都是这一届的。"
    return Say((text,), cards.topics("progress", "invitations"))
