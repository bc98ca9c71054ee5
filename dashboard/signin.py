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
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard import addresses
from dashboard.addresses import LOGIN, LOGOUT, PASSWORD
from dashboard.client import Client, Problem, sign_in

COOKIE = "wq_staff"
LONGEST_BODY = 8192
EXPIRED = "页面已过期，请重新填写后提交。"
SAID = {"out": "您已退出登录。", "ended": "登录已失效，请重新登录。已提交的操作不受影响。"}

_pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape())

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One of our plain pages, kept by nobody and framed by nobody."""
    return HTMLResponse(_pages.get_template(name).render(**values), status, headers=HEADERS)


def _secure() -> bool:
    return os.environ.get("WQ_PROFILE", "development") == "production"


def foreign(request: Request) -> bool:
    """Sent from another site: browsers name the origin of every POST and the relation of every request."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return True
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


async def _typed(request: Request) -> dict[str, str]:
    """The fields of a posted form. Raises HTTPException for a body that none of our forms can have."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LONGEST_BODY:
        raise HTTPException(413)
    form = await request.form(max_files=0, max_fields=5)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _with_cookie(response: Response, token: str) -> Response:
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=_secure(), path="/")
    return response


async def login_page(request: Request) -> Response:
    onward = addresses.own(request.query_params.get("next", "/"))
    return _login(message=SAID.get(request.query_params.get("said", ""), ""), onward=onward)


def _login(status: int = 200, *, message: str, onward: str = "/", username: str = "") -> Response:
    return page("login.html", status, message=message, username=username[:64], onward=onward)


async def login(request: Request) -> Response:
    if foreign(request):
        return _login(403, message=EXPIRED)
    try:
        typed = await _typed(request)
    except HTTPException as refused:
        return _login(refused.status_code, message=EXPIRED)
    username, onward = typed.get("username", "").strip(), addresses.own(typed.get("next", "/"))
    if not username or not typed.get("password"):
        return _login(422, message="请填写账号和密码。", username=username, onward=onward)
    address = request.client.host if request.client else ""
    try:
        opened = await run_in_threadpool(sign_in, username, typed["password"], address, typed.get("code", "").strip())
    except Problem as problem:
        return _login(problem.status, message=problem.detail, username=username, onward=onward)
    return _with_cookie(RedirectResponse(PASSWORD if opened.get("must_change") else onward, 303), opened["token"])


async def password_page(request: Request) -> Response:
    token = request.cookies.get(COOKIE, "")
    try:
        me = await run_in_threadpool(Client(token).get, "/v1/me")
    except Problem as problem:
        return _closed(problem)
    message = "首次登录，请先设置新密码。" if me.get("must_change") else ""
    return page("password.html", message=message, first=bool(me.get("must_change")))


def _closed(problem: Problem) -> Response:
    """Nobody is signed in, or the service is away."""
    if problem.status == 401:
        return RedirectResponse(addresses.login("ended"), 303)
    return _login(problem.status, message=problem.detail)


async def password(request: Request) -> Response:
    """Set one's own password. The API ends the other sessions; this one goes on."""
    if foreign(request):
        return page("password.html", 403, message=EXPIRED)
    try:
        typed = await _typed(request)
    except HTTPException as refused:
        return page("password.html", refused.status_code, message=EXPIRED)
    if typed.get("new", "") != typed.get("again", ""):
        return page("password.html", 422, message="两次输入的新密码不一致，请重新输入。")
    body = {"old": typed.get("password", ""), "new": typed.get("new", "")}
    try:
        await run_in_threadpool(Client(request.cookies.get(COOKIE, "")).put, "/v1/me/password", body)
    except Problem as problem:
        if problem.status == 401:
            return _closed(problem)
        message = "".join(f.get("message", "") for f in problem.faults) or problem.detail
        return page("password.html", problem.status, message=message)
    return RedirectResponse("/", 303)


async def logout(request: Request) -> Response:
    if foreign(request):  # a link on another site signs nobody out
        return RedirectResponse("/", 303)
    token = request.cookies.get(COOKIE, "")
    if token:
        with contextlib.suppress(Problem):  # it has ended already, or ends by itself; the cookie goes in any case
            await run_in_threadpool(Client(token).delete, "/v1/sessions/current")
    response = RedirectResponse(addresses.login("out"), 303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=_secure())
    return response


ROUTES = [
    Route(LOGIN, login_page, methods=["GET"]),
    Route(LOGIN, login, methods=["POST"]),
    Route(PASSWORD, password_page, methods=["GET"]),
    Route(PASSWORD, password, methods=["POST"]),
    Route(LOGOUT, logout, methods=["GET", "POST"]),
]
