"""Room: the simulated `open.weixin.qq.com`: the sign-in page that a link of the chat opens.

`snsapi_base` is silent for real people. Here a browser first shows, for a moment, as whom it goes on, because one
browser plays many phones; a caller that does not ask for HTML is redirected at once.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from notifier.simulators.config import SandboxConfig
from notifier.simulators.pages import render
from notifier.simulators.wechat_platform import WeChatPlatform

SHOWN = 60
COOKIE = "sandbox_wechat"
"""Names the person who holds this browser's phone."""


class SignInPages:
    """The routes under `/open`."""

    def __init__(self, config: SandboxConfig, platform: WeChatPlatform) -> None:
        self._config = config
        self._platform = platform

    def routes(self) -> list[Route]:
        return [Route("/open/connect/oauth2/authorize", self._authorize, methods=["GET", "POST"])]

    async def _authorize(self, request: Request) -> Response:
        query = request.query_params
        if fault := self._fault(request):
            return HTMLResponse(render("sign_in_refused.html", reason=fault), status_code=400)
        chosen = ""
        if request.method == "POST":
            chosen = parse_qs((await request.body()).decode("utf-8", "replace")).get("openid", [""])[0]
        openid = chosen or query.get("openid") or request.cookies.get(COOKIE, "")
        persona = self._platform.book.personas.get(openid)
        if persona is None or query.get("choose"):
            people = list(self._platform.book.personas.values())[:SHOWN]
            return HTMLResponse(render("sign_in_choose.html", people=people, action=_without(request, "choose")))
        target = self._return_address(query["redirect_uri"], persona.openid, query.get("state", ""))
        response: Response
        if "text/html" in request.headers.get("accept", "") and not chosen:
            other = f"{_without(request, 'choose')}&choose=1"
            response = HTMLResponse(render("sign_in.html", persona=persona, target=target, other=other))
        else:
            response = RedirectResponse(target, status_code=302)
        response.set_cookie(COOKIE, persona.openid, httponly=True, samesite="lax")
        return response

    def _fault(self, request: Request) -> str | None:
        query = request.query_params
        if query.get("appid") != self._config.wechat.app_id:
            return "AppID 参数错误"
        if query.get("response_type") != "code":
            return "response_type 参数错误"
        if query.get("scope") not in ("snsapi_base", "snsapi_userinfo"):
            return "Scope 参数错误或没有 Scope 权限（10005）"
        state = query.get("state", "")
        if len(state) > 128 or not (state == "" or (state.isascii() and state.isalnum())):
            return "state 参数只能是 128 位以内的字母和数字"
        # 网页授权域名: one host, named in the account's settings; here the host that callbacks go to.
        allowed = urlsplit(self._config.callback_url).hostname
        target = urlsplit(query.get("redirect_uri", ""))
        if target.scheme not in ("http", "https") or target.hostname != allowed:
            return "redirect_uri 域名与后台配置不一致（10003）"
        return None

    def _return_address(self, redirect_uri: str, openid: str, state: str) -> str:
        parts = urlsplit(redirect_uri)
        added = urlencode({"code": self._platform.new_code(openid), "state": state})
        query = f"{parts.query}&{added}" if parts.query else added
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def _without(request: Request, name: str) -> str:
    """This page's address without one parameter, the others in their order."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != name]
    return f"{request.url.path}?{urlencode(kept)}"
