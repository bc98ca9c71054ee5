"""Room: what happens without anybody typing: following, leaving, scanning, receipts.

Loading this file loads the platform's vocabulary, so that the first receipt does not wait for it.
"""

from __future__ import annotations

from bot import cards
from bot.handlers import joining
from bot.handlers.orientation import menu, welcome
from bot.identity import speaker
from bot.messages import Inbound
from bot.router import NOTHING, Happened, Router, Say, Turn
from bot.vocabulary import typed
from workflows.commands.bindings import follow, unfollow
from workflows.commands.receipts import record_receipt

router = Router()

RECEIPTS = frozenset({"templatesendjobfinish", "subscribe_msg_sent_event"})
"""Events that settle messages of ours. They come in bursts and need nobody's name."""


def take_receipt(inbound: Inbound) -> None:
    """Hand a receipt on; it is written with others, a little later."""
    if inbound.event == "templatesendjobfinish":
        status = inbound.fields.get("Status", "")
        record_receipt(inbound.msg_id, status if isinstance(status, str) else "")
        return
    for entry in typed(inbound).entries:
        ok = entry.get("ErrorCode", "") in ("0", "")
        record_receipt(str(entry.get("MsgID", "")), "success" if ok else f"failed:{entry.get('ErrorCode', '')}")


@router.on(Happened("subscribe"), strangers=True)
async def greet(turn: Turn) -> Say:
    """Somebody follows, perhaps again, perhaps by a QR code of ours."""
    if turn.person is not None:
        await follow(turn.actor, turn.openid)
    if turn.inbound.scene:
        return await joining.begin(turn)
    if turn.person is None:
        return welcome("欢迎关注！在这里可以查看和答复签约邀请、查询办理进度。")
    return menu(f"{cards.who(turn.person)}，欢迎回来。您的绑定仍然有效。您可以：")


@router.on(Happened("scan"), strangers=True)
async def scanned(turn: Turn) -> Say:
    return await joining.begin(turn)


@router.on(Happened("unsubscribe"), strangers=True)
async def leave(turn: Turn) -> Say:
    """The binding ends and the openid goes; messages go by SMS from now on."""
    await unfollow(speaker(turn.person), turn.openid)
    return NOTHING


@router.on(Happened("user_authorization_revoke"), strangers=True)
async def revoke(turn: Turn) -> Say:
    """The person took back the right to be known to us; the event names whom it is about."""
    await unfollow(speaker(turn.person), str(typed(turn.inbound).openid) or turn.openid)
    return NOTHING
