"""Room: routes about the service itself: alive, ready, measured, described."""

from __future__ import annotations

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response

from api.answers import Alive
from api.auth import ANYONE, route_rule
from api.endpoints import Answer, Call, endpoint
from api.openapi import document as describe
from api.wiring import wiring
from workflows.errors import Unavailable

blueprint = Blueprint("system", __name__)


@endpoint(blueprint, "GET", "/healthz", rule=ANYONE, summary="本进程是否在运行", answers=Alive)
async def healthz(_: Call) -> dict[str, Any]:
    return {"status": "ok"}


@endpoint(blueprint, "GET", "/readyz", rule=ANYONE, summary="本进程是否可以提供服务", answers=Alive, raises=(503,))
async def readyz(_: Call) -> dict[str, Any]:
    missing = await wiring().not_ready()
    if missing:
        raise Unavailable("；".join(missing))
    return {"status": "ok"}


@blueprint.get("/metrics", provide_automatic_options=False)
@route_rule(ANYONE)
async def metrics() -> Response:
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@endpoint(blueprint, "GET", "/openapi.json", rule=ANYONE, summary="接口说明（OpenAPI 3.1）")
async def document(_: Call) -> Answer:
    return Answer(describe(), headers={"Cache-Control": "no-cache"})
