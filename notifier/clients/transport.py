"""Room: one HTTP call outward, with its time limits, and what a failed call is worth.

Whether a failed request may have been applied decides everything that follows, so each failure says whether the
request had left. URLs are never logged with their query: WeChat carries its token there.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import aiohttp

from notifier import verdicts
from notifier.verdicts import Verdict

CALL_LIMIT: Final = 8.0
"""Seconds after which one call is given up, whatever it is doing. Leases must outlast it."""
CONNECT_LIMIT: Final = 2.0
"""Seconds for a connection to be there, a free place in the pool included."""
KEPT: Final = 4.0
"""Seconds for which an idle connection is kept: less than servers usually keep it, so that no request meets its end."""
BODY_LIMIT: Final = 1024 * 1024
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

NOT_LEFT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)

Http = aiohttp.ClientSession
"""What one process shares among its clients. A call by it costs an eighth of the CPU of one by httpx (measured)."""


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """The trust store, read once per process: reading it takes longer than a call."""
    return ssl.create_default_context()


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """The library would repeat a GET whose kept line was cut, and a sign-in code is good for one."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as fault:
        raise aiohttp.ClientConnectionError from fault


def open_http(*, connections: int = 64, read_timeout: float = 5.0) -> Http:
    """The HTTP client that one process shares among its clients; made inside the loop, the caller closes it.

    Proxies and certificates of the environment and cookies are left out on purpose: callbacks and tokens take no
    detours, and nobody outside is to recognise one call by another.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=KEPT, ssl=tls()),
        timeout=aiohttp.ClientTimeout(connect=CONNECT_LIMIT, sock_read=read_timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "wangqian/1"},
        middlewares=(_once,),
        trust_env=False,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `body` is the JSON object, None when there was none to read."""

    status: int
    body: dict[str, Any] | None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer. `left`: the request may have reached the other side."""

    cause: str
    left: bool


async def call(
    http: Http,
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    limit: float = CALL_LIMIT,
) -> Answer | Lost:
    """Make one request; never raises for what the network or the other side does."""
    asked = http.request(method, url, params=params, data=content, headers=headers, allow_redirects=False)
    try:
        async with asyncio.timeout(limit), asked as response:
            answer = await response.read()
    except NOT_LEFT as fault:
        return Lost(_name(fault), left=False)
    except (aiohttp.ClientError, TimeoutError) as fault:
        return Lost(_name(fault), left=True)
    return Answer(response.status, _json_object(answer), _retry_after(response))


def trouble(reply: Answer | Lost) -> Verdict | None:
    """The verdict of a call that brought no JSON object with status 200; None when it did."""
    if isinstance(reply, Lost):
        return verdicts.unknown(reply.cause) if reply.left else verdicts.retry(reply.cause)
    if reply.status == 504:
        # A gateway that gave up waiting has passed the request on.
        return verdicts.unknown("http_504")
    if reply.status >= 500 or reply.status in (408, 429):
        return verdicts.retry(f"http_{reply.status}", reply.retry_after)
    if reply.status != 200:
        return verdicts.dead(f"http_{reply.status}", alarm=True)
    return verdicts.unknown("bad_body") if reply.body is None else None


def compact(body: Mapping[str, Any]) -> bytes:
    """JSON as WeChat and the SMS gateways want it: raw UTF-8, because menus show `\\u4e00` literally."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _json_object(content: bytes) -> dict[str, Any] | None:
    if len(content) > BODY_LIMIT:
        return None
    try:
        # strict=False: WeChat is known to let control characters through in its error texts.
        value = _storable(json.loads(content, strict=False))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _storable(value: Any) -> Any:
    """Without NUL and halves of surrogate pairs: JSON can say them and PostgreSQL cannot hold them.

    An id or a reason with one in it would otherwise fail each time that the outcome is written down, and the message
    would be sent again and again.
    """
    match value:
        case str():
            return _UNSTORABLE.sub("", value)
        case dict():
            return {_UNSTORABLE.sub("", key): _storable(held) for key, held in value.items()}
        case list():
            return [_storable(held) for held in value]
    return value


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None


def _name(fault: Exception) -> str:
    known = {
        aiohttp.ConnectionTimeoutError: "connect_timeout",
        aiohttp.ClientConnectorError: "connect_failed",
        aiohttp.SocketTimeoutError: "read_timeout",
    }
    if type(fault) is TimeoutError:
        return "time_limit"
    return next((name for kind, name in known.items() if isinstance(fault, kind)), "connection_broken")
