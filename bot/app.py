"""Room: the callback as it runs: keys, conversation, handlers and inbox put together from the settings.

`callback_app(inner)` is the ASGI application of the service; `inner` gets everything that is not the callback's path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prometheus_client import Counter, Gauge

from bot.asgi import Application, CallbackApp
from bot.callback import Callback
from bot.dialogue import Conversations, hear, lay_out
from bot.envelope import Keys
from bot.handlers import table
from bot.handlers.events import RECEIPTS, take_receipt
from bot.identity import Looks
from bot.inbox import Answered, Inbox
from bot.messages import Inbound
from bot.router import Router, Say, Turn
from bot.vocabulary import known
from models.config import settings
from models.store import Store, store
from workflows.commands.receipts import flush_receipts
from workflows.commands.tokens import person_key
from workflows.errors import HouseError
from workflows.help.ranking import index
from workflows.limits import CHAT

TOO_MANY = "您的消息太多了，请稍等一分钟再发。"
UNHEEDED = frozenset(
    {"location", "view", "view_miniprogram", "subscribe_msg_popup_event", "subscribe_msg_change_event"}
)
"""Events that change nothing here and get no answer."""

MESSAGES = Counter("wangqian_callbacks", "Authentic callbacks.", ("kind",))
REFUSED = Counter("wangqian_callbacks_refused", "Callbacks that were not the platform's.", ("reason",))
BUSY = Gauge("wangqian_callbacks_busy", "Messages under way in this process.")


class Bot:
    """From a message to what it is answered. Knows no envelope and no XML."""

    def __init__(self, kept: Store, router: Router | None = None) -> None:
        self._store = kept
        self._router = router or table()
        self._conversations = Conversations(kept)
        self._looks = Looks()

    async def work(self, inbound: Inbound) -> Answered:
        """Work on one message; what the inbox calls. HouseError becomes its sentence, everything else is raised."""
        if inbound.event in RECEIPTS:
            take_receipt(inbound)
            return Answered("")
        if inbound.event in UNHEEDED:
            return Answered("")
        seen = await self._looks.identify(inbound)
        if seen.said is not None:
            return Answered("", stored=seen.said)
        if not inbound.silent and (refused := await self._too_many(inbound)) is not None:
            return refused
        heard = await hear(inbound, self._conversations)
        try:
            say = await self._router.answer(Turn(inbound, heard, seen.person))
        except HouseError as refusal:
            say = Say((refusal.detail,))
        if say.silent:
            return Answered("")
        await self._conversations.keep(inbound.sender, say)
        return Answered(lay_out(say), seen.person)

    async def _too_many(self, inbound: Inbound) -> Answered | None:
        """Past the limit one sentence a minute, then silence (wechat-facts 6.3)."""
        person = person_key(inbound.sender)
        if (await self._store.count(f"chat:in:{person}", CHAT.times, CHAT.seconds)).allowed:
            return None
        warn = await self._store.count(f"chat:warned:{person}", 1, CHAT.seconds)
        return Answered(TOO_MANY if warn.allowed else "", keep=False)


class BotApp(CallbackApp):
    """The ASGI application, with what a shutdown needs."""

    __slots__ = ("inbox",)

    def __init__(self, callback: Callback, inbox: Inbox, inner: Application | None = None) -> None:
        super().__init__(callback, inbox.respond, inner)
        self.inbox = inbox

    async def drain(self) -> None:
        """Let messages under way end and write what is gathered; call it before the database is closed."""
        await self.inbox.drain()
        await flush_receipts()


def callback_app(inner: Callable[..., Awaitable[None]] | None = None, *, kept: Store | None = None) -> BotApp:
    """The application from the settings. ValueError in plain words when a secret of the account is malformed."""
    chosen = settings()
    keys = Keys.of(chosen.wechat, chosen.profile)
    index()  # a dictionary that loads while messages wait would hold all of them up
    bot = Bot(kept or store())

    async def counted(inbound: Inbound) -> Answered:
        MESSAGES.labels((inbound.event or inbound.type) if known(inbound) else "other").inc()
        return await bot.work(inbound)

    inbox = Inbox(counted)
    BUSY.set_function(lambda: inbox.busy)
    return BotApp(Callback(keys, lambda reason: REFUSED.labels(reason).inc()), inbox, inner)
