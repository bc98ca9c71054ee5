"""Room: the rival of the bench of 进度: the same rows by raw asyncpg, in a bare ASGI application."""

from __future__ import annotations

from typing import Any

import asyncpg

from models.config import settings
from models.postgres import credentials
from models.sql.chat import LOOK

# The same question for one person, as one would write it by hand.
_LOOK = LOOK.replace("unnest($1::text[], $2::text[]) WITH ORDINALITY", "(SELECT $1::text, $2::text, 1)")
_HEAD = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}
_pool: asyncpg.Pool | None = None


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    assert _pool is not None
    rows = await _pool.fetch(_LOOK, scope["query_string"].decode(), "")
    await send(_HEAD)
    await send({"type": "http.response.body", "body": b"%4d" % len(rows)})


async def _live(receive: Any, send: Any) -> None:
    global _pool
    await receive()
    found = credentials(settings().database_url)
    line = {name: found[name] for name in ("host", "port", "user", "password", "database") if name in found}
    _pool = await asyncpg.create_pool(**line, min_size=10, max_size=10)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await _pool.close()
    await send({"type": "lifespan.shutdown.complete"})
