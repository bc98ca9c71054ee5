"""Room: the phone's own small JSON interface and its static page."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from models import kit
from models.config import settings
from notifier.simulators.sms_gateway import SmsGateway
from notifier.simulators.wechat_callbacks import Callbacks
from notifier.simulators.wechat_pages import COOKIE
from notifier.simulators.wechat_platform import Persona, WeChatPlatform

STATIC = Path(__file__).parent / "static"
TEXT_LIMIT = 2000
LISTED = 60
CODES = 6
GRADUATE_COOKIE = "wq_grad"
"""The service's own cookie (contracts 8). Cookies ignore ports: when the phone changes hands, it must go."""


class Phone:
    """The routes of `/` and `/phone`."""

    def __init__(self, platform: WeChatPlatform, callbacks: Callbacks, sms: SmsGateway) -> None:
        self._platform = platform
        self._callbacks = callbacks
        self._sms = sms

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._page, methods=["GET"]),
            Route("/q/{number}", self._scanned_page, methods=["GET"]),
            Route("/phone/personas", self._personas, methods=["GET", "POST"]),
            Route("/phone/chat/{openid}", self._chat, methods=["GET"]),
            Route("/phone/chat/{openid}/{action}", self._act, methods=["POST"]),
            Route("/phone/codes", self._codes, methods=["GET"]),
            Route("/phone/open", self._open, methods=["GET"]),
            Mount("/phone/static", StaticFiles(directory=STATIC)),
        ]

    async def _page(self, _request: Request) -> Response:
        return FileResponse(STATIC / "phone.html", media_type="text/html", headers={"Cache-Control": "no-cache"})

    async def _scanned_page(self, request: Request) -> Response:
        """A scene code's address opened in a browser: the phone opens and offers to scan it."""
        return RedirectResponse(f"/?scan={request.path_params['number']}", status_code=302)

    async def _personas(self, request: Request) -> Response:
        if request.method == "POST":
            name = f"访客{secrets.randbelow(9000) + 1000}"
            persona = self._platform.put_persona({"name": name, "label": "未绑定的新微信用户"})
            return JSONResponse(self._listed(persona), status_code=201)
        wanted = kit.fold(request.query_params.get("q", ""))
        people = [self._listed(one) for one in self._platform.book.personas.values() if wanted in _words(one)]
        return JSONResponse({"personas": people[:LISTED], "total": len(people), "links": _links()})

    async def _chat(self, request: Request) -> Response:
        """Everything new since `?after=` (chat) and `?sms=` (number of texts already shown)."""
        persona = self._persona(request)
        texts = self._sms.inbox(persona.mobile, persona.mobile_masked)
        return JSONResponse(
            {
                "persona": self._listed(persona),
                "entries": [self._shown(one) for one in self._platform.chat(persona.openid, _number(request, "after"))],
                "sms": [_sms(text) for text in texts[_number(request, "sms") :]],
                "sms_total": len(texts),
                "menu": self._platform.book.menu,
            }
        )

    async def _act(self, request: Request) -> Response:
        persona = self._persona(request)
        value = await _value(request)
        match request.path_params["action"]:
            case "text" if value.strip():
                self._callbacks.text(persona.openid, value[:TEXT_LIMIT])
            case "tap" if "|" in value:
                menu_id, content = value.split("|", 1)
                self._callbacks.text(persona.openid, content[:TEXT_LIMIT], menu_id=menu_id)
            case "click" if value:
                self._callbacks.click(persona.openid, value)
            case "view" if value:
                self._callbacks.view(persona.openid, value)
            case "subscribe":
                self._callbacks.subscribe(persona.openid)
            case "unsubscribe":
                self._callbacks.unsubscribe(persona.openid)
            case "scan":
                return self._scan(persona, value)
            case _:
                raise HTTPException(400, "没有可做的事")
        return JSONResponse({"ok": True}, status_code=202)

    def _scan(self, persona: Persona, value: str) -> Response:
        """`value`: the code's address or its last part."""
        scene = self._platform.book.scenes.get(value.strip().rstrip("/").rsplit("/", 1)[-1])
        if scene is None or not scene.fresh(kit.now()):
            return JSONResponse({"ok": False, "message": "这个二维码不存在或已过期"})
        self._callbacks.scan(persona.openid, scene.scene, scene.ticket)
        return JSONResponse({"ok": True}, status_code=202)

    async def _codes(self, _request: Request) -> Response:
        """What a camera could be held at now: on a screen somewhere, or on a poster."""
        codes = [
            {
                "code": one.number,
                "kind": "绑定二维码" if one.ends_at else "海报",
                "made_at": one.made_at.isoformat() if one.made_at else "",
            }
            for one in self._platform.fresh_scenes()[:CODES]
        ]
        return JSONResponse({"codes": codes})

    async def _open(self, request: Request) -> Response:
        """Open a link of the chat as this person: their sign-in cookie, and nobody else's session in the service."""
        openid, target = request.query_params.get("openid", ""), request.query_params.get("to", "")
        if openid not in self._platform.book.personas or urlsplit(target).scheme not in ("http", "https"):
            raise HTTPException(400, "打不开这个链接")
        response = RedirectResponse(target, status_code=302)
        if request.cookies.get(COOKIE) != openid:
            response.set_cookie(COOKIE, openid, httponly=True, samesite="lax")
            response.delete_cookie(GRADUATE_COOKIE, path="/m")
        return response

    def _persona(self, request: Request) -> Persona:
        persona = self._platform.book.personas.get(request.path_params["openid"])
        if persona is None:
            raise HTTPException(404, "没有这个人")
        return persona

    def _listed(self, persona: Persona) -> dict[str, Any]:
        entries = self._platform.book.chats.get(persona.openid, [])
        return {
            "openid": persona.openid,
            "name": persona.name,
            "label": persona.label,
            "tip": persona.tip,
            "mobile": persona.mobile_masked,
            "following": persona.following,
            "last": entries[-1]["id"] if entries else 0,
        }

    def _shown(self, entry: dict[str, Any]) -> dict[str, Any]:
        """An entry as the page draws it: template fields with the labels of the account's console."""
        shown = {name: value for name, value in entry.items() if name not in ("openid", "client_msg_id", "data")}
        if entry["kind"] == "template":
            template = self._platform.book.templates.get(entry["template_id"], {})
            labels = {one["name"]: one["label"] for one in template.get("fields", [])}
            shown["title"] = template.get("title", "服务通知")
            shown["fields"] = [[labels.get(name, ""), value] for name, value in entry["data"].items()]
        return shown


def _words(persona: Persona) -> str:
    return f"{persona.name} {persona.label} {persona.tip} {persona.mobile_masked}"


def _links() -> list[dict[str, str]]:
    """Where else a visitor of the sandbox may want to look."""
    config = settings()
    return [
        {"label": "就业管理系统台账", "url": "/ems"},
        {"label": "毕业生网页（不用微信登录）", "url": f"{config.public_url}/m/sign-in"},
        {"label": "用人单位门户", "url": f"{config.public_url}/employer/"},
        {"label": "工作台（院系、学校、省级）", "url": f"http://127.0.0.1:{config.port_dashboard}/"},
    ]


def _sms(text: dict[str, Any]) -> dict[str, Any]:
    return {"id": text["id"], "at": text["at"], "text": text["text"]}


def _number(request: Request, name: str) -> int:
    value = request.query_params.get(name, "0")
    return int(value) if value.isdigit() else 0


async def _value(request: Request) -> str:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as fault:
        raise HTTPException(400, "请求不是 JSON") from fault
    value = body.get("value", "") if isinstance(body, dict) else ""
    return value if isinstance(value, str) else ""
