"""Room: the script of faults. Tells one of the simulated systems to fail on the wire, in front of the real handler."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 1024 * 1024


class FaultKind(StrEnum):
    STATUS = "status"
    """Answers with `status` and `body`, nothing applied."""
    SLOW = "slow"
    """Waits `seconds`, then does its work."""
    RESET = "reset"
    """Cuts the connection (RST), nothing applied."""
    HALF_BODY = "half_body"
    """Applies, then breaks off in the middle of the answer."""
    WRONG_JSON = "wrong_json"
    """Applies, then answers 200 with an HTML page."""
    APPLIED_THEN_TIMEOUT = "applied_then_timeout"
    """Applies, then stays silent for `seconds` and hangs up."""
    ERRCODE = "errcode"
    """Answers with the system's own error `code`, nothing applied."""
    RECEIPT = "receipt"
    """Not on the request: the next delivery receipt reads `body` (WeChat status, SMS error)."""


class Match(BaseModel):
    """Which requests a fault meets; what is left out meets all."""

    model_config = ConfigDict(extra="forbid")
    path: str = ""
    method: str = ""
    contains: str = ""

    def meets(self, method: str, path: str, text: str) -> bool:
        return self.path in path and self.method.upper() in ("", method) and self.contains in text


class Fault(BaseModel):
    """One line of the script. `count`: how often, None for ever."""

    model_config = ConfigDict(extra="forbid")
    kind: FaultKind
    match: Match = Field(default_factory=Match)
    count: int | None = Field(default=1, ge=1)
    status: int = 503
    seconds: float = Field(default=30.0, ge=0, le=120)
    code: int | str = -1
    body: str = ""


class FaultScript:
    """The faults of every system; a fault leaves the script when it is used up."""

    def __init__(self) -> None:
        self._faults: dict[str, list[Fault]] = {}

    def replace(self, system: str, faults: list[Fault]) -> None:
        self._faults[system] = [fault.model_copy() for fault in faults]

    def listed(self, system: str) -> list[Fault]:
        return self._faults.get(system, [])

    def take(self, system: str, method: str, path: str, text: str) -> Fault | None:
        """The first fault that this request meets, counted down."""
        return self._first(
            system, lambda fault: fault.kind is not FaultKind.RECEIPT and fault.match.meets(method, path, text)
        )

    def take_receipt(self, system: str) -> Fault | None:
        return self._first(system, lambda fault: fault.kind is FaultKind.RECEIPT)

    def _first(self, system: str, wanted: Callable[[Fault], bool]) -> Fault | None:
        faults = self._faults.get(system, [])
        for fault in faults:
            if wanted(fault):
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count == 0:
                        faults.remove(fault)
                return fault
        return None


ErrorBody = Callable[[int | str], Any]
"""Makes a system's own error answer (a JSON value) for a code."""


class FaultLayer:
    """The outermost ASGI layer: nothing stands between it and the socket, so it can cut the connection."""

    def __init__(
        self,
        app: ASGIApp,
        script: FaultScript,
        prefixes: Mapping[str, str],
        error_bodies: Mapping[str, ErrorBody],
    ) -> None:
        self._app = app
        self._script = script
        self._prefixes = prefixes
        self._error_bodies = error_bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        system = self._system(scope) if scope["type"] == "http" else None
        if system is None or not self._script.listed(system):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        text = scope["query_string"].decode("latin-1") + "\n" + body.decode("utf-8", "replace")
        fault = self._script.take(system, scope["method"], scope["path"], text)
        replayed = _replay(body, receive)
        if fault is None:
            await self._app(scope, replayed, send)
        else:
            await self._play(fault, system, scope, replayed, receive, send)

    def _system(self, scope: Scope) -> str | None:
        path = scope["path"]
        for prefix, system in self._prefixes.items():
            if path == prefix or path.startswith(prefix + "/"):
                return system
        return None

    async def _play(
        self, fault: Fault, system: str, scope: Scope, replayed: Receive, receive: Receive, send: Send
    ) -> None:
        match fault.kind:
            case FaultKind.STATUS:
                await _answer(send, fault.status, fault.body.encode() or b"fault", b"text/plain; charset=utf-8")
            case FaultKind.SLOW:
                await _silence(receive, fault.seconds)
                await self._app(scope, replayed, send)
            case FaultKind.RESET:
                await _hang_up(send, reset=True)
            case FaultKind.ERRCODE:
                answer = self._error_bodies[system](fault.code)
                await _answer(send, 200, _dump(answer), b"application/json; charset=utf-8")
            case _:
                await self._apply_then_spoil(fault, scope, replayed, receive, send)

    async def _apply_then_spoil(
        self, fault: Fault, scope: Scope, replayed: Receive, receive: Receive, send: Send
    ) -> None:
        spoken = bytearray()

        async def swallow(message: Message) -> None:
            spoken.extend(message.get("body", b""))

        await self._app(scope, replayed, swallow)
        if fault.kind is FaultKind.WRONG_JSON:
            await _answer(send, 200, b"<html><body>Bad gateway</body></html>", b"text/html")
        elif fault.kind is FaultKind.HALF_BODY:
            await _start(send, 200, len(spoken) + 1, b"application/json")
            await send({"type": "http.response.body", "body": bytes(spoken[: len(spoken) // 2]), "more_body": True})
            await _hang_up(send, reset=False)
        else:
            await _silence(receive, fault.seconds)
            await _hang_up(send, reset=True)


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body.extend(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body") or len(body) > BODY_LIMIT:
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    handed_over = False

    async def again() -> Message:
        nonlocal handed_over
        if handed_over:
            return await receive()
        handed_over = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _start(send: Send, status: int, length: int, media: bytes) -> None:
    headers = [(b"content-type", media), (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _answer(send: Send, status: int, body: bytes, media: bytes) -> None:
    await _start(send, status, len(body), media)
    await send({"type": "http.response.body", "body": body})


async def _silence(receive: Receive, seconds: float) -> None:
    """Say nothing until the other side hangs up or the time is over."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


async def _hang_up(send: Send, *, reset: bool) -> None:
    """End the connection in mid-answer. ASGI has no word for it, so this reaches through uvicorn to the transport."""
    transport = send.__self__.transport  # type: ignore[attr-defined]
    sock = transport.get_extra_info("socket")
    if reset and sock is not None:
        # Linger 0 makes the kernel send RST instead of an orderly end.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    # Let uvicorn notice before the callable returns; it would complain of a missing answer otherwise.
    await asyncio.sleep(0.01)
