"""Room: what stands between a browser and Streamlit: who may enter, and the page that Streamlit's script is put into.

Streamlit's page is English and unstyled until its script has run. It is changed on its way out: language, title,
our style sheet, and headers that keep it out of foreign frames and away from foreign hosts.
"""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import addresses
from dashboard.signin import COOKIE

TITLE = "毕业去向登记与网上签约平台"
_STYLE = (Path(__file__).parent / "static" / "dashboard.css").read_text(encoding="utf-8")
_NOSCRIPT = "<noscript>请在浏览器中启用脚本后使用本平台。</noscript>"
_INNER = ("/_stcore", "/static", "/media", "/component", "/auth", "/app", "/oauth2callback", addresses.FILES)

# Streamlit's own script is put together at run time, so scripts of this origin cannot be told from inline ones.
HEADERS = {
    "Content-Security-Policy": "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Doorway:
    """Sends a browser without a cookie to the sign-in page and an unknown address to the first page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_page(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if scope["path"].strip("/") not in ("", *addresses.PAGES):
            await RedirectResponse("/", 303)(scope, receive, send)
        elif COOKIE not in request.cookies:
            onward = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
            await RedirectResponse(addresses.login(onward=onward), 303)(scope, receive, send)
        else:
            await self._app(_afresh(scope), receive, _Rewriting(send))


def _is_page(scope: Scope) -> bool:
    wants_page = "text/html" in Headers(scope=scope).get("accept", "")
    path = scope["path"]
    inner = any(path == prefix or path.startswith(prefix + "/") for prefix in _INNER)
    return scope["method"] in ("GET", "HEAD") and wants_page and not inner


def _afresh(scope: Scope) -> Scope:
    """The request without what would let the answer be compressed, partial or empty."""
    unwanted = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in unwanted]}


class _Rewriting:
    """A `send` that holds an HTML answer back until it is whole and hands it on changed."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)
        else:
            await self._send(message)

    async def _finish(self, start: Message) -> None:
        body = framed(self._body.decode("utf-8")).encode("utf-8") if self._body else b""
        headers = MutableHeaders(raw=list(start["headers"]))
        for name in ("etag", "last-modified", "accept-ranges"):
            del headers[name]
        headers.update(HEADERS)
        if body:
            headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _is_html(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")


def framed(page: str) -> str:
    """Streamlit's page in Chinese, with our style sheet in its head."""
    page = page.replace('<html lang="en">', '<html lang="zh-CN">', 1)
    page = page.replace("<title>Streamlit</title>", f"<title>{TITLE}</title><style>{_STYLE}</style>", 1)
    before, start, rest = page.partition("<noscript>")
    _, end, after = rest.partition("</noscript>")
    return before + _NOSCRIPT + after if start and end else page
