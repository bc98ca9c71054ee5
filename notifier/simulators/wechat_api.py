"""Room: the simulated `api.weixin.qq.com`: token, messages, menu, scene codes, sign-in codes. HTTP 200 throughout."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from models.config import WeChatSettings
from notifier.simulators.wechat_callbacks import Callbacks
from notifier.simulators.wechat_platform import WeChatPlatform
from notifier.simulators.wechat_rules import TEXT_LIMIT, bad_field, bad_menu, big_id

SCENE_LIMIT: Final = 2_592_000

Method = Callable[[dict[str, Any], Request], Awaitable[dict[str, Any]]]


def error(code: int | str, text: str = "") -> dict[str, Any]:
    """An error as the platform words it, with the request id that support asks for."""
    return {"errcode": int(code), "errmsg": f"{text or 'error'} rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"}


class WeChatApi:
    """The routes under `/wechat`."""

    def __init__(self, config: WeChatSettings, platform: WeChatPlatform, callbacks: Callbacks) -> None:
        self._config = config
        self._platform = platform
        self._callbacks = callbacks

    def routes(self) -> list[Route]:
        with_token: dict[str, Method] = {
            "/cgi-bin/message/template/send": self._template_send,
            "/cgi-bin/message/custom/send": self._custom_send,
            "/cgi-bin/qrcode/create": self._qrcode_create,
            "/cgi-bin/menu/create": self._menu_create,
        }
        routes = [
            Route(f"/wechat{path}", self._guarded(path, method), methods=["POST"])
            for path, method in with_token.items()
        ]
        routes.append(Route("/wechat/cgi-bin/stable_token", self._stable_token, methods=["POST"]))
        routes.append(Route("/wechat/sns/oauth2/access_token", self._sign_in, methods=["GET"]))
        return routes

    def _guarded(self, path: str, method: Method) -> Callable[[Request], Awaitable[JSONResponse]]:
        """Count the call, check the token, read the JSON body."""

        async def endpoint(request: Request) -> JSONResponse:
            self._platform.calls[path] += 1
            if code := self._platform.token_error(request.query_params.get("access_token")):
                return JSONResponse(error(code, "access_token"))
            body = await _json(request)
            if body is None:
                return JSONResponse(error(47001, "data format error"))
            return JSONResponse(await method(body, request))

        return endpoint

    async def _stable_token(self, request: Request) -> JSONResponse:
        self._platform.calls["/cgi-bin/stable_token"] += 1
        body = await _json(request) or {}
        if body.get("grant_type") != "client_credential":
            return JSONResponse(error(40002, "invalid grant_type"))
        if code := self._bad_credentials(body.get("appid"), body.get("secret")):
            return JSONResponse(error(code, "invalid credential"))
        value, seconds = self._platform.stable_token(force=body.get("force_refresh") is True)
        return JSONResponse({"access_token": value, "expires_in": seconds})

    async def _sign_in(self, request: Request) -> JSONResponse:
        """Code against openid. The real one answers as text/plain; the client must not care."""
        self._platform.calls["/sns/oauth2/access_token"] += 1
        query = request.query_params
        if code := self._bad_credentials(query.get("appid"), query.get("secret")):
            return _plain(error(code, "invalid credential"))
        found = self._platform.spend_code(query.get("code", ""))
        if isinstance(found, int):
            return _plain(error(found, "invalid code"))
        persona = self._platform.book.personas.get(found)
        answer: dict[str, Any] = {
            "access_token": secrets.token_urlsafe(60),
            "expires_in": 7200,
            "refresh_token": secrets.token_urlsafe(60),
            "openid": found,
            "scope": "snsapi_base",
        }
        if persona is not None and persona.snapshot:
            answer["openid"] = "oSnapshot" + secrets.token_hex(9)
            answer["is_snapshotuser"] = 1
        return _plain(answer)

    async def _template_send(self, body: dict[str, Any], _request: Request) -> dict[str, Any]:
        openid, template_id = str(body.get("touser", "")), body.get("template_id")
        if code := self._bad_receiver(openid):
            return code
        templates = self._platform.book.templates
        if not isinstance(template_id, str) or not template_id or (templates and template_id not in templates):
            return error(40037, "invalid template_id")
        data = body.get("data")
        if not isinstance(data, dict) or not data:
            return error(47003, "argument invalid! data is empty")
        if name := bad_field(data):
            return error(47003, f"argument invalid! data.{name}.value invalid")
        client_msg_id = str(body.get("client_msg_id") or "")
        if client_msg_id and (known := self._platform.seen_message(openid, client_msg_id)):
            return {"errcode": 0, "errmsg": "ok", "msgid": int(known)}
        msgid = big_id()
        self._platform.say(
            openid,
            "account",
            "template",
            msgid=msgid,
            client_msg_id=client_msg_id,
            template_id=template_id,
            url=str(body.get("url") or ""),
            data={name: holder["value"] for name, holder in data.items()},
        )
        if self._platform.book.options.receipts:
            self._callbacks.receipt(openid, msgid)
        return {"errcode": 0, "errmsg": "ok", "msgid": int(msgid)}

    async def _custom_send(self, body: dict[str, Any], _request: Request) -> dict[str, Any]:
        openid, kind = str(body.get("touser", "")), body.get("msgtype")
        content = body.get(str(kind))
        if openid not in self._platform.book.personas:
            return error(40003, "invalid openid")
        if kind not in ("text", "msgmenu") or not isinstance(content, dict):
            return error(40008, "invalid message type")
        text = str(content.get("content") or "")
        if kind == "text" and not text:
            return error(44004, "empty content")
        if len(text.encode()) > TEXT_LIMIT:
            return error(45002, "content size out of limit")
        if not self._platform.book.personas[openid].following:
            return error(45015, "response out of time limit or subscription is canceled")
        if code := self._platform.draw(openid):
            return error(code, "out of response limit")
        if kind == "text":
            self._platform.say(openid, "account", "text", text=text, pushed=True)
        else:
            self._platform.say(openid, "account", "msgmenu", menu=content, pushed=True)
        return {"errcode": 0, "errmsg": "ok"}

    async def _qrcode_create(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        info = (body.get("action_info") or {}).get("scene") or {}
        scene = str(info.get("scene_str") or info.get("scene_id") or "")
        lasting = body.get("action_name") in ("QR_LIMIT_STR_SCENE", "QR_LIMIT_SCENE")
        seconds = None if lasting else body.get("expire_seconds", 60)
        if not lasting and body.get("action_name") not in ("QR_STR_SCENE", "QR_SCENE"):
            return error(40053, "invalid action info")
        if seconds is not None and not (isinstance(seconds, int) and 1 <= seconds <= SCENE_LIMIT):
            return error(40053, "invalid action info")
        if not 1 <= len(scene) <= 64:
            return error(40053, "invalid action info")
        made = self._platform.new_scene(scene, seconds)
        # The real address is http://weixin.qq.com/q/…; this one opens the phone, which then scans it.
        answer = {"ticket": made.ticket, "url": f"{request.base_url}q/{made.number}"}
        return answer if seconds is None else {**answer, "expire_seconds": seconds}

    async def _menu_create(self, body: dict[str, Any], _request: Request) -> dict[str, Any]:
        buttons = body.get("button")
        if fault := bad_menu(buttons):
            return error(40016, fault)
        self._platform.put_menu(list(buttons or []))
        return {"errcode": 0, "errmsg": "ok"}

    def _bad_receiver(self, openid: str) -> dict[str, Any] | None:
        persona = self._platform.book.personas.get(openid)
        if persona is None:
            return error(40003, "invalid openid")
        return None if persona.following else error(43004, "require subscribe")

    def _bad_credentials(self, app_id: Any, secret: Any) -> int:
        if app_id != self._config.app_id:
            return 40013
        known = self._config.secret.get_secret_value()
        return 0 if secrets.compare_digest(str(secret or "").encode(), known.encode()) else 40125


async def _json(request: Request) -> dict[str, Any] | None:
    try:
        value = json.loads(await request.body())
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _plain(value: dict[str, Any]) -> JSONResponse:
    return JSONResponse(value, media_type="text/plain; charset=utf-8")
