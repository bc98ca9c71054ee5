"""Room: one HTTP call outward, with its time limits, and what a failed call is worth.

Whether a failed request may have been applied decides everything that follows, so each failure says whether the
request had left. URLs are never logged with their query: WeChat carries its token there.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpx

from notifier import verdicts
from notifier.verdicts import Verdict

CALL_LIMIT: Final = 8.0
"""Seconds after which one call is given up, whatever it is doing. Leases must outlast it."""
BODY_LIMIT: Final = 1024 * 1024
POOL: Final = 4
"""Connections of one pool."""


class _QueryRedactor(logging.Filter):
    """Cuts the query string off every URL that httpx logs (it logs full URLs at INFO)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_bare(arg) for arg in record.args)
        return True


def _bare(arg: object) -> object:
    return str(arg.copy_with(query=None, fragment=None)) if isinstance(arg, httpx.URL) else arg


_redactor = _QueryRedactor()


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """The trust store, read once per process: reading it takes longer than a call."""
    return ssl.create_default_context()


class _SmallPools(httpx.AsyncBaseTransport):
    """Several small connection pools in place of one large one.

    The library's pool compares all of its connections with each other at every request: with 32 of them a call costs
    2.5 times the CPU of a call with 8 (measured).
    """

    def __init__(self, pools: int) -> None:
        limits = httpx.Limits(max_connections=POOL, max_keepalive_connections=POOL)
        self._pools = [httpx.AsyncHTTPTransport(verify=tls(), trust_env=False, limits=limits) for _ in range(pools)]
        self._busy = [0] * pools

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # Of equally busy ones the first: its connections are the warmest.
        least = min(range(len(self._pools)), key=self._busy.__getitem__)
        self._busy[least] += 1
        try:
            return await self._pools[least].handle_async_request(request)
        finally:
            self._busy[least] -= 1

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


def open_http(*, connections: int = 64, read_timeout: float = 5.0) -> httpx.AsyncClient:
    """The HTTP client that one process shares among its clients; the caller closes it.

    Proxies and certificates of the environment are left out on purpose: callbacks and tokens take no detours.
    """
    httpx_log = logging.getLogger("httpx")
    if _redactor not in httpx_log.filters:
        httpx_log.addFilter(_redactor)
    return httpx.AsyncClient(
        transport=_SmallPools(-(-connections // POOL)),
        timeout=httpx.Timeout(connect=2, read=read_timeout, write=5, pool=2),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "wangqian/1"},
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
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    limit: float = CALL_LIMIT,
) -> Answer | Lost:
    """Make one request; never raises for what the network or the other side does."""
    try:
        async with asyncio.timeout(limit):
            response = await http.request(method, url, params=params, content=content, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as fault:
        return Lost(_name(fault), left=False)
    except (httpx.TransportError, httpx.DecodingError, TimeoutError) as fault:
        return Lost(_name(fault), left=True)
    return Answer(response.status_code, _json_object(response.content), _retry_after(response))


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
        value = json.loads(content, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None


def _name(fault: Exception) -> str:
    known = {
        httpx.ConnectTimeout: "connect_timeout",
        httpx.ConnectError: "connect_failed",
        httpx.PoolTimeout: "no_free_connection",
        httpx.ReadTimeout: "read_timeout",
        httpx.WriteTimeout: "write_timeout",
        TimeoutError: "time_limit",
    }
    return known.get(type(fault), "connection_broken")
