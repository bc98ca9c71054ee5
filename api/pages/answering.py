"""Room: what a page sends back: HTML that nobody keeps, the way on to another page, how long to wait."""

from __future__ import annotations

from quart import Response

from workflows.errors import HouseError, RateLimited


def html(body: str, status: int = 200) -> Response:
    response = Response(body, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def held_off(response: Response, refusal: HouseError | None) -> Response:
    """The same; after too many tries it says after how many seconds to come again."""
    if isinstance(refusal, RateLimited):
        response.headers["Retry-After"] = str(max(1, refusal.retry_after))
    return response


def go(path: str) -> Response:
    """On to another page, which is asked for by GET."""
    response = Response(b"", 303, content_type="text/plain")
    response.headers["Location"] = path
    response.headers["Cache-Control"] = "no-store"
    return response
