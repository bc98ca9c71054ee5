"""Room: signing in and out, as plain pages beside Streamlit, so that the token lives in an HttpOnly cookie.

Streamlit scripts can read that cookie (`st.context.cookies`) but pages cannot; a refresh stays signed in.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard.client import Client, Problem, sign_in

COOKIE = "wq_staff"
LOGIN, LOGOUT, PASSWORD = "/auth/login", "/auth/logout", "/auth/password"

_pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape())

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def _page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(_pages.get_template(name).render(**values), status, headers=HEADERS)


def _secure() -> bool:
    return os.environ.get("WQ_PROFILE", "development") == "production"


def _foreign(request: Request) -> bool:
    """A form posted from another site: browsers name the origin of every POST."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


def _with_cookie(response: Response, token: str) -> Response:
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=_secure(), path="/")
    return response


async def login_page(request: Request) -> Response:
    return _page("login.html", message=_said(request), username="")


async def login(request: Request) -> Response:
    if _foreign(request):
        return _page("login.html", 403, message="页面已过期，请重新登录。", username="")
    form = await request.form(max_files=0, max_fields=5)
    username = str(form.get("username", "")).strip()
    address = request.client.host if request.client else ""
    try:
        opened = await run_in_threadpool(sign_in, username, str(form.get("password", "")), address)
    except Problem as problem:
        return _page("login.html", problem.status, message=problem.detail, username=username)
    onward = PASSWORD if opened.get("must_change") else "/"
    return _with_cookie(RedirectResponse(onward, 303), opened["token"])


async def password_page(request: Request) -> Response:
    if not request.cookies.get(COOKIE):
        return RedirectResponse(LOGIN, 303)
    return _page("password.html", message="首次登录，请先设置新密码。")


async def password(request: Request) -> Response:
    """Set one's own password. The API ends the other sessions; this one goes on."""
    token = request.cookies.get(COOKIE, "")
    if not token or _foreign(request):
        return RedirectResponse(LOGIN, 303)
    form = await request.form(max_files=0, max_fields=5)
    new, again = str(form.get("new", "")), str(form.get("again", ""))
    if new != again:
        return _page("password.html", 422, message="两次输入的新密码不一致，请重新输入。")
    body = {"old": str(form.get("password", "")), "new": new}
    try:
        await run_in_threadpool(Client(token).put, "/v1/me/password", body)
    except Problem as problem:
        message = "".join(f.get("message", "") for f in problem.faults) or problem.detail
        return _page("password.html", problem.status, message=message)
    return RedirectResponse("/", 303)


async def logout(request: Request) -> Response:
    token = request.cookies.get(COOKIE, "")
    if token:
        with contextlib.suppress(Problem):  # it has ended already, or ends by itself; the cookie goes in any case
            await run_in_threadpool(Client(token).delete, "/v1/sessions/current")
    response = RedirectResponse(f"{LOGIN}?said=out", 303)
    response.delete_cookie(COOKIE, path="/")
    return response


def _said(request: Request) -> str:
    return {"out": "您已退出登录。", "ended": "登录已失效，请重新登录。"}.get(request.query_params.get("said", ""), "")


ROUTES = [
    Route(LOGIN, login_page, methods=["GET"]),
    Route(LOGIN, login, methods=["POST"]),
    Route(PASSWORD, password_page, methods=["GET"]),
    Route(PASSWORD, password, methods=["POST"]),
    Route(LOGOUT, logout, methods=["GET", "POST"]),
]
