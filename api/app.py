"""Room: the service as one ASGI application (`uvicorn api.app:app`).

The WeChat callback's path stands in front of the framework, because inside it the callback costs more than twice as
much (measured); everything else goes to Quart. Here, and in `api/cli.py` alone, bot, notifier and database are wired.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from quart import Quart

from api.pages import BLUEPRINTS
from api.service import create
from api.wiring import EXTENSION, Wiring
from bot.app import BotApp, callback_app
from models.config import settings
from models.db import DatabaseConfigError, database_lifespan, is_unavailable, pending_migrations
from models.store import close_store, store
from notifier.clients.registry import RegistryClient
from notifier.clients.transport import Http, open_http
from notifier.clients.wechat import WeChatClient, WeChatSceneQr, WeChatSignIn

READY_SECONDS = 3.0

DATABASE_AWAY = "数据库无法连接"
NOT_MIGRATED = "数据库有 {count} 个迁移未执行"


async def not_ready() -> list[str]:
    """What this process still lacks: a reachable database with every migration. Never names an address."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            waiting = await pending_migrations()
    except (TimeoutError, DatabaseConfigError):
        return [DATABASE_AWAY]
    except Exception as exc:
        if not is_unavailable(exc):
            raise
        return [DATABASE_AWAY]
    return [NOT_MIGRATED.format(count=len(waiting))] if waiting else []


def wired(http: Http) -> Wiring:
    """The ports as the settings name them."""
    chosen = settings()
    return Wiring(
        not_ready=not_ready,
        web_sign_in=WeChatSignIn(chosen.wechat, http),
        registry=RegistryClient(chosen.registry_url, http),
        scene_qr=WeChatSceneQr(WeChatClient(chosen.wechat, store(), http)),
    )


def build() -> BotApp:
    """The whole application with its lifespan: database, store, clients of the outside."""
    quart: Quart = create(is_unavailable, BLUEPRINTS)
    front = callback_app(quart)

    @quart.while_serving
    async def lifespan() -> AsyncGenerator[None]:
        async with aclosing(database_lifespan()) as database, open_http() as http:
            await anext(database)
            quart.extensions[EXTENSION] = wired(http)
            yield
            await front.drain()  # answers under way still need the database
            await close_store()

    return front


app = build()
