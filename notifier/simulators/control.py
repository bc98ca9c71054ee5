"""Room: the sandbox's control address: the script of faults, the mailboxes, the demo people and what else is known.

For tests, the demo and the bench. Bodies are checked strictly; an unknown name is a 400 that says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models import kit
from notifier.simulators.ems import EmsSimulator
from notifier.simulators.faults import Fault, FaultScript
from notifier.simulators.registry import RegistrySimulator
from notifier.simulators.sms_gateway import SmsGateway
from notifier.simulators.wechat_callbacks import Callbacks
from notifier.simulators.wechat_platform import WeChatPlatform

SYSTEMS = ("wechat", "sms", "ems", "registry")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonaIn(_Strict):
    """A person of the sandbox; what is left out stays as it was."""

    openid: str = ""
    name: str | None = None
    label: str | None = None
    tip: str | None = None
    mobile: str | None = None
    mobile_masked: str | None = None
    following: bool | None = None
    snapshot: bool | None = None


class TemplateFieldIn(_Strict):
    name: str
    label: str


class WeChatTemplateIn(_Strict):
    """A template of the account: title and the labels of its fields, as the console shows them."""

    template_id: str
    title: str
    fields: list[TemplateFieldIn] = []


class SmsTemplateIn(_Strict):
    """An approved SMS template; `{1}`, `{2}` … stand for its parameters."""

    template_id: str
    text: str


class WeChatOptionsIn(_Strict):
    receipts: bool | None = None
    token_seconds: int | None = None


class SmsOptionsIn(_Strict):
    receipt_url: str | None = None
    receipt_after: float | None = None
    same_content_seconds: float | None = None


class EnterpriseIn(_Strict):
    uscc: str
    name: str
    status: str = "存续"


class GraduateIn(BaseModel):
    """A graduate on the EMS's roster, or `gone` from it; further columns are kept as they come."""

    model_config = ConfigDict(extra="allow")
    school: str
    cohort: int
    id_number: str
    gone: bool = False


Endpoint = Callable[[Request], Awaitable[Response]]
Shape = TypeVar("Shape", bound=BaseModel)


class Control:
    """The routes under `/_control`."""

    def __init__(
        self,
        script: FaultScript,
        platform: WeChatPlatform,
        callbacks: Callbacks,
        sms: SmsGateway,
        ems: EmsSimulator,
        registry: RegistrySimulator,
    ) -> None:
        self._script = script
        self._platform = platform
        self._callbacks = callbacks
        self._sms = sms
        self._ems = ems
        self._registry = registry

    def routes(self) -> list[Route]:
        posts: dict[str, Endpoint] = {
            "personas": self._personas,
            "wechat/templates": _taking(WeChatTemplateIn, self._platform.put_templates),
            "sms/templates": _taking(SmsTemplateIn, self._sms.put_templates),
            "registry/enterprises": _taking(EnterpriseIn, self._registry.put),
            "ems/roster": _taking(GraduateIn, self._ems.put_roster),
            "wechat/options": _options(WeChatOptionsIn, self._platform.put_options),
            "sms/options": _options(SmsOptionsIn, self._sms.put_options),
            "wechat/expire_token": self._expire_token,
            "wechat/idle": self._idle,
        }
        return [
            Route("/_control/health", self._health, methods=["GET"]),
            Route("/_control/personas", self._list_personas, methods=["GET"]),
            *(Route(f"/_control/{path}", endpoint, methods=["POST"]) for path, endpoint in posts.items()),
            Route("/_control/{system}/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/_control/{system}/mailbox", self._mailbox, methods=["GET"]),
        ]

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"ok": True, "systems": SYSTEMS})

    async def _personas(self, request: Request) -> Response:
        people = await _rows(request, PersonaIn)
        stored = [self._platform.put_persona(one.model_dump(exclude_none=True)) for one in people]
        return JSONResponse({"openids": [persona.openid for persona in stored]})

    async def _list_personas(self, _request: Request) -> Response:
        return JSONResponse({"personas": [_shown(persona) for persona in self._platform.book.personas.values()]})

    async def _faults(self, request: Request) -> Response:
        system = request.path_params["system"]
        if system not in SYSTEMS:
            raise HTTPException(404, "no such system")
        if request.method == "DELETE":
            self._script.replace(system, [])
        elif request.method == "POST":
            self._script.replace(system, await _rows(request, Fault))
        return JSONResponse({"faults": [one.model_dump() for one in self._script.listed(system)]})

    async def _mailbox(self, request: Request) -> Response:
        """What one system was told. `?openid=` and `?mobile=` narrow it down."""
        query = request.query_params
        match request.path_params["system"]:
            case "wechat":
                openid = query.get("openid", "")
                chats = [openid] if openid else list(self._platform.book.chats)
                entries = [entry for one in chats for entry in self._platform.chat(one)]
                return JSONResponse(
                    {"entries": entries, "calls": self._platform.calls, "callbacks": self._platform.deliveries}
                )
            case "sms":
                mobile = query.get("mobile", "")
                texts = self._sms.inbox(mobile) if mobile else self._sms.box.texts
                return JSONResponse({"texts": texts, "calls": self._sms.calls})
            case "ems":
                return JSONResponse(self._ems.mailbox())
            case "registry":
                return JSONResponse(
                    {"enterprises": list(self._registry.enterprises.values()), "calls": self._registry.calls}
                )
            case _:
                raise HTTPException(404, "no such system")

    async def _expire_token(self, _request: Request) -> Response:
        self._platform.expire_token()
        return JSONResponse({"ok": True})

    async def _idle(self, _request: Request) -> Response:
        """Answers once no callback is under way."""
        await self._callbacks.idle()
        return JSONResponse({"ok": True})


def _shown(persona: Any) -> dict[str, Any]:
    return {
        "openid": persona.openid,
        "name": persona.name,
        "label": persona.label,
        "mobile_masked": persona.mobile_masked or kit.mask_mobile(persona.mobile),
        "following": persona.following,
        "snapshot": persona.snapshot,
    }


def _taking(shape: type[BaseModel], take: Callable[[list[dict[str, Any]]], None]) -> Endpoint:
    """An endpoint that hands a checked list to its system."""

    async def endpoint(request: Request) -> Response:
        rows = [row.model_dump() for row in await _rows(request, shape)]
        take(rows)
        return JSONResponse({"taken": len(rows)})

    return endpoint


def _options(shape: type[BaseModel], put: Callable[..., None]) -> Endpoint:
    """An endpoint that changes the options that are given."""

    async def endpoint(request: Request) -> Response:
        try:
            given = shape.model_validate_json(await request.body())
        except ValidationError as fault:
            raise HTTPException(400, str(fault)) from fault
        put(**given.model_dump(exclude_none=True))
        return JSONResponse({"ok": True})

    return endpoint


async def _rows(request: Request, shape: type[Shape]) -> list[Shape]:
    try:
        return TypeAdapter(list[shape]).validate_json(await request.body())  # type: ignore[valid-type]
    except ValidationError as fault:
        raise HTTPException(400, str(fault)) from fault
