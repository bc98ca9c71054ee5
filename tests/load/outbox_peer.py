"""Room: the outside of the outbox's bench: a platform that takes any message and answers after 20 ms, no sooner."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

LATENCY = 0.02
_numbers = itertools.count(1)


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    if scope["path"].endswith("/stable_token"):
        answer: dict[str, Any] = {"access_token": "bench", "expires_in": 7200}
    elif scope["path"].endswith("/destinations"):
        answer = {"result": "accepted"}
    else:
        answer = {"errcode": 0, "errmsg": "ok", "msgid": next(_numbers)}
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(LATENCY)
    body = json.dumps(answer).encode()
    head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
