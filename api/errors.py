"""Room: how every refusal looks on the wire: RFC 9457 problem details, one shape for the whole service (contracts 6).

The tree itself stands in `workflows/errors.py`; here are the few that only HTTP knows, and the translation. What is
not of the tree becomes `internal` and is logged, never shown. Errors of the framework keep their headers
(`Allow`, `Retry-After`).
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from quart import Quart, Response, g, has_request_context, request
from werkzeug.exceptions import HTTPException

from workflows.errors import HouseError, InvalidRequest, NotFound, RateLimited, Unauthenticated, Unavailable

log = logging.getLogger("wangqian.api")

MEDIA = "application/problem+json"


class MethodNotAllowed(HouseError):
    code, status, title = "method_not_allowed", 405, "不支持的请求方式"
    sentence = "这个地址不支持这种请求方式。"


class BodyTimeout(HouseError):
    code, status, title = "body_timeout", 408, "上传超时"
    sentence = "内容上传得太慢，连接已断开，请检查网络后重试。"


class LengthRequired(HouseError):
    code, status, title = "length_required", 411, "缺少内容长度"
    sentence = "请求没有说明内容长度，请刷新页面后重试。"


class TooLarge(HouseError):
    code, status, title = "too_large", 413, "内容过大"
    sentence = "提交的内容超过大小限制，请精简后再提交。"


class WrongMedia(HouseError):
    code, status, title = "wrong_media", 415, "内容类型不符"
    sentence = "提交的内容类型不受支持，请刷新页面后重试。"


_BY_STATUS: dict[int, type[HouseError]] = {
    kind.status: kind
    for kind in (
        InvalidRequest,
        NotFound,
        MethodNotAllowed,
        BodyTimeout,
        LengthRequired,
        TooLarge,
        WrongMedia,
        RateLimited,
        Unavailable,
    )
}

ErrorPage = Callable[[HouseError], Any]
"""Renders an error for people: (error) → what a view may return, or an awaitable of it."""


def problem(error: HouseError) -> dict[str, Any]:
    """The problem document of one error; `request_id` lets a person name it to the desk."""
    return {
        **error.extra(),  # first: what an error adds cannot stand in for RFC 9457's own members
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": g.get("request_id", "") if has_request_context() else "",
    }


def answer(error: HouseError, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """The HTTP answer of one error."""
    body = json.dumps(problem(error), ensure_ascii=False)
    response = Response(body, error.status, content_type=MEDIA)
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend([(k, v) for k, v in headers if k.lower() not in ("content-type", "content-length")])
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(max(1, error.retry_after))
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = "5"
    return response


def translate(error: BaseException, unavailable: Callable[[BaseException], bool]) -> HouseError:
    """Any exception as one of the tree. `unavailable` knows the database's ways of being away."""
    if isinstance(error, HouseError):
        return error
    if isinstance(error, HTTPException):
        return _framework(error)
    if isinstance(error, TimeoutError) or unavailable(error):
        return Unavailable()
    return HouseError()


def _framework(error: HTTPException) -> HouseError:
    """The framework's own refusals; a 4xx that we did not foresee is a bad request."""
    status = error.code or 500
    if status >= 500:
        return Unavailable() if status == 503 else HouseError()
    return _BY_STATUS.get(status, InvalidRequest)()


def install(app: Quart, unavailable: Callable[[BaseException], bool]) -> None:
    """Let every exception of a request end as a problem document, or as a page where a person reads it.

    Pages register themselves in `app.extensions["error_pages"]`: path prefix → `ErrorPage`.
    """
    pages: dict[str, ErrorPage] = app.extensions.setdefault("error_pages", {})

    async def handle(error: Exception) -> Any:
        known = translate(error, unavailable)
        if known.status >= 500:
            _log(error, known)
        page = next((p for prefix, p in pages.items() if has_request_context() and _under(prefix)), None)
        if page is not None:
            shown = page(known)
            return await shown if hasattr(shown, "__await__") else shown
        headers = error.get_headers() if isinstance(error, HTTPException) else ()
        return answer(known, headers)

    app.register_error_handler(Exception, handle)


def _under(prefix: str) -> bool:
    return request.path == prefix or request.path.startswith(prefix.rstrip("/") + "/")


def _log(error: Exception, known: HouseError) -> None:
    """Unforeseen errors by name and place, without their message: libraries quote the values that they were given."""
    number = g.get("request_id", "") if has_request_context() else ""
    if isinstance(known, Unavailable):
        log.warning("unavailable: %s request=%s", type(error).__name__, number)
    else:
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("unforeseen: %s request=%s\n%s", type(error).__name__, number, frames)
