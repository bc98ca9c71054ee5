"""Room: the sandbox put together: one ASGI app, one process, all outside systems."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notifier.simulators import ems, registry, sms_gateway, wechat_api
from notifier.simulators.config import SandboxConfig, from_settings
from notifier.simulators.control import Control
from notifier.simulators.faults import FaultLayer, FaultScript
from notifier.simulators.phone.routes import Phone
from notifier.simulators.wechat_callbacks import Callbacks
from notifier.simulators.wechat_pages import SignInPages
from notifier.simulators.wechat_platform import WeChatPlatform

PREFIXES: Final = {"/wechat": "wechat", "/open": "wechat", "/sms": "sms", "/ems": "ems", "/registry": "registry"}
ERROR_BODIES: Final = {
    "wechat": wechat_api.error,
    "sms": sms_gateway.error_body,
    "ems": ems.error_body,
    "registry": registry.error_body,
}
STOP_WITHIN: Final = 3

_HEADERS: Final = [
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'self'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


@dataclass(frozen=True, slots=True)
class Parts:
    """The systems behind one sandbox, for tests that look inside."""

    platform: WeChatPlatform
    callbacks: Callbacks
    sms: sms_gateway.SmsGateway
    ems: ems.EmsSimulator
    registry: registry.RegistrySimulator


class _SafeHeaders:
    """The phone shows what strangers wrote: nothing on its pages may run but its own files."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def create_app(config: SandboxConfig | None = None) -> ASGIApp:
    """The sandbox as an ASGI app; its journals are read at once and closed when its lifespan ends."""
    config = config or from_settings()
    script = FaultScript()
    platform = WeChatPlatform(config.folder)
    callbacks = Callbacks(config, platform, script)
    sms = sms_gateway.SmsGateway(config.sms, config.folder, script)
    upstream = ems.EmsSimulator(config.ems, config.folder)
    credit = registry.RegistrySimulator(config.folder)
    parts = Parts(platform, callbacks, sms, upstream, credit)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, Parts]]:
        yield {"parts": parts}
        await callbacks.close()
        await sms.close()
        for system in (platform, upstream, credit):
            system.close()

    app = Starlette(
        routes=[
            *wechat_api.WeChatApi(config.wechat, platform, callbacks).routes(),
            *SignInPages(config, platform).routes(),
            *sms.routes(),
            *upstream.routes(),
            *credit.routes(),
            *Control(script, platform, callbacks, sms, upstream, credit).routes(),
            *Phone(platform, callbacks, sms).routes(),
        ],
        middleware=[Middleware(_SafeHeaders)],
        lifespan=lifespan,
    )
    app.state.parts = parts
    return FaultLayer(app, script, PREFIXES, ERROR_BODIES)


async def run(port: int, *, host: str = "127.0.0.1") -> None:
    """Serve the sandbox of this process's settings until SIGINT or SIGTERM."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=STOP_WITHIN,
        )
    )
    await server.serve()
