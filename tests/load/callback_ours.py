"""Room: our side of the callback's bench: the real edge with a constant answer behind it."""

from __future__ import annotations

from bot.asgi import CallbackApp
from bot.callback import Callback
from bot.messages import Inbound
from bot.replies import text
from tests.harness import wechat_wire as wire
from tests.load.bench_callbacks import ANSWER


async def answer(message: Inbound) -> str:
    return text(message, ANSWER)


app = CallbackApp(Callback(wire.keys()), answer)
