"""Room: the dashboard's server: Streamlit with our own sign-in pages and one check in front of it.

`streamlit run dashboard/app.py`. Only a signed-in browser gets the application's page; whether the token still holds
is the API's to say, on every call.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.signin import COOKIE, LOGIN, ROUTES


class SignInFirst:
    """Sends a browser without a cookie to the sign-in page; health checks and assets pass."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_page(scope) and COOKIE not in Request(scope).cookies:
            await RedirectResponse(LOGIN, 303)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_page(scope: Scope) -> bool:
    path = scope["path"]
    wants_page = any(n == b"accept" and b"text/html" in v for n, v in scope["headers"])
    return scope["method"] == "GET" and wants_page and not path.startswith(("/auth/", "/_stcore/", "/static/"))


def broken(_: Exception) -> bool:
    """A fault of ours on a page: said in Chinese; the log has the rest."""
    st.error("页面暂时出错，已提交的操作不受影响。请刷新页面；仍然出错时请联系平台管理员。")
    return True


app = st.App(
    Path(__file__).parent / "main.py", routes=ROUTES, middleware=[Middleware(SignInFirst)], on_script_error=broken
)
