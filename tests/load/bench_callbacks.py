"""Room: the callback's bench: our bare ASGI path under uvicorn against wechatpy + Flask on gunicorn, one worker each.

Both decrypt and parse 256 different encrypted text messages and answer each with the same encrypted text. gunicorn's
threaded worker keeps connections open as uvicorn does; its plain worker, which takes a new one for each request, is
slower still.
"""

from __future__ import annotations

import sys

from models import kit
from tests.harness import wechat_wire as wire
from tests.load.driver import Side, alternate, request
from tests.load.serving import QUIET, serving

TURNS, CONNECTIONS, MESSAGES = 30, 32, 256
ANSWER = "您好，请点击菜单查看签约进度。"
PATH = "/wechat/callback"

OURS = ("uvicorn", "tests.load.callback_ours:app", "--port", "{port}", *QUIET)
RIVAL = (
    "gunicorn", "tests.load.callback_rival:app", "--bind", "127.0.0.1:{port}", "--workers", "1",
    "--worker-class", "gthread", "--threads", "4", "--log-level", "error",
)  # fmt: skip


def rounds() -> list[tuple[float, float]]:
    """(ours, rival) answers per second, taking turns."""
    stamp = int(kit.now().timestamp())
    requests = [_message(number, stamp) for number in range(MESSAGES)]
    with serving(*OURS, path=PATH) as ours, serving(*RIVAL, path=PATH) as rival:
        sides = Side(ours, requests, again=True), Side(rival, requests, again=True)
        mine, theirs = alternate(sides, connections=CONNECTIONS, turns=TURNS, each=MESSAGES)
    return [(a.rate, b.rate) for a, b in zip(mine, theirs, strict=True)]


def _message(number: int, stamp: int) -> bytes:
    text = (
        f"<xml><ToUserName><![CDATA[{wire.ACCOUNT}]]></ToUserName>"
        f"<FromUserName><![CDATA[oBench{number:022d}]]></FromUserName><CreateTime>{stamp}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[进度 {number}]]></Content>"
        f"<MsgId>{24000000000000000 + number}</MsgId></xml>"
    )
    sealed = wire.encrypted(text)
    return request("POST", f"{PATH}?{wire.safe_query(sealed, timestamp=str(stamp))}", wire.safe_body(sealed))


if __name__ == "__main__":
    for ours, rival in rounds():
        sys.stdout.write(f"{ours:.0f}/s against {rival:.0f}/s: {ours / rival:.2f}\n")
