"""Room: the callback's own door, a bare ASGI path in front of the framework.

Inside Quart the callback costs more than twice as much (measured), and bursts of receipts come at hundreds
a second; everything that is not the callback's path goes on to the wrapped application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from bot.callback import REFUSED, TEXT, XML, Answer, Callback, Respond
from bot.envelope import BODY_BYTES

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/wechat/callback"
# The platform sends a body at once; one that trickles only holds a connection.
BODY_SECONDS = 5.0

_NOSNIFF = (b"x-content-type-options", b"nosniff")
_CLOSE = (b"connection", b"close")
_TYPES = {kind: (b"content-type", kind.encode()) for kind in (TEXT, XML)}


class CallbackApp:
    """ASGI application for `PATH`; every other path or scope goes to `inner`, or gets 404 without one."""

    __slots__ = ("_body_seconds", "_callback", "_inner", "_respond")

    def __init__(
        self,
        callback: Callback,
        respond: Respond,
        inner: Application | None = None,
        *,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._callback = callback
        self._respond = respond
        self._inner = inner
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._pass_on(scope, receive, send)
            return
        method, body, whole = scope["method"], b"", True
        if method == "POST":
            try:
                async with asyncio.timeout(self._body_seconds):
                    body, whole = await _body(receive)
            except TimeoutError:
                await _send(send, REFUSED, whole=False)
                return
            except ConnectionResetError:
                return
        answer = await self._callback.handle(scope["query_string"], body, method, self._respond)
        await _send(send, answer, whole)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._inner is not None:
            await self._inner(scope, receive, send)
        elif scope["type"] == "http":
            await _send(send, (404, TEXT, b""), whole=False)
        else:
            raise ValueError(f"no application for {scope['type']}")


async def _body(receive: Receive) -> tuple[bytes, bool]:
    """The body and whether it is whole; reading ends with the piece that passes the cap, which the callback
    then refuses. ConnectionResetError if the caller left."""
    body = b""
    while len(body) <= BODY_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionResetError
        piece: bytes = message.get("body", b"")
        body = body + piece if body else piece
        if not message.get("more_body", False):
            return body, True
    return body, False


async def _send(send: Send, answer: Answer, whole: bool) -> None:
    """`whole`: the request was read to its end, so the connection may serve another one."""
    status, kind, body = answer
    headers = [_TYPES[kind], (b"content-length", b"%d" % len(body)), _NOSNIFF]
    if not whole:
        headers.append(_CLOSE)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
