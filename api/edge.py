"""Room: what every request gets: a number, a size guard, security headers, a line in the access log, a count.

The log names the route, never the address: addresses carry ids, secret paths and search words.
"""

from __future__ import annotations

import json
import logging
import time

from prometheus_client import Counter, Histogram
from quart import Quart, Response, g, request

from api.body import guard_body
from models.config import Profile, settings
from models.kit import new_id

access = logging.getLogger("wangqian.access")

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_YEAR = 31_536_000


REQUESTS = Counter("wangqian_requests", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram(
    "wangqian_request_seconds",
    "Time from the first byte to the last.",
    ("route",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def install(app: Quart) -> None:
    @app.before_request
    async def _begin() -> None:
        g.request_id = new_id().hex
        g.began = time.perf_counter()
        guard_body()

    @app.after_request
    async def _end(response: Response) -> Response:
        _harden(response)
        _account(response)
        return response


def _harden(response: Response) -> None:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    page = (response.mimetype or "") == "text/html"
    headers.setdefault("Content-Security-Policy", _PAGE_POLICY if page else _DATA_POLICY)
    headers.setdefault("X-Frame-Options", "DENY")
    headers["X-Request-Id"] = g.get("request_id", "")
    if settings().profile is Profile.PRODUCTION:
        headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR}; includeSubDomains")


def _account(response: Response) -> None:
    route = request.url_rule.rule if request.url_rule is not None else "(none)"
    method = request.method if request.method in _METHODS else "(other)"
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    REQUESTS.labels(method, route, str(response.status_code)).inc()
    SECONDS.labels(route).observe(seconds)
    if access.isEnabledFor(logging.INFO):
        line = {
            "at": "access",
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "request": g.get("request_id", ""),
        }
        access.info("%s", json.dumps(line))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
