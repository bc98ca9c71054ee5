"""Room: routes of the first page and of the catalogue: labels, flows, forms, codes."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from quart import Blueprint, Response, request

from api.answers import Home, Openings
from api.auth import ANYONE, GRADUATE, SIGNED_IN
from api.endpoints import JSON, Call, dump, endpoint
from api.schemas import CohortQuery
from models import codes
from workflows.catalog import catalog
from workflows.errors import NotFound
from workflows.queries.home import read_home
from workflows.queries.openings import read_openings
from workflows.queries.queues import MENUS

blueprint = Blueprint("home", __name__)

_DAY = "public, max-age=0, must-revalidate"


@endpoint(blueprint, "GET", "/v1/home", rule=SIGNED_IN, summary="首页：待我处理的数量", query=CohortQuery, answers=Home)
async def home(call: Call) -> dict[str, Any]:
    return await read_home(call.actor, call.query.cohort)


@endpoint(
    blueprint,
    "GET",
    "/v1/openings",
    rule=GRADUATE,
    summary="毕业生现在可以发起的办理",
    answers=Openings,
)
async def openings(call: Call) -> dict[str, Any]:
    return await read_openings(call.actor)


@endpoint(blueprint, "GET", "/v1/catalog", rule=ANYONE, summary="名称、流程、表单和代码")
async def show_catalog(_: Call) -> Response:
    return await _kept(*_catalog())


@endpoint(blueprint, "GET", "/v1/catalog/codes/<table>", rule=ANYONE, summary="一张代码表")
async def show_codes(_: Call, table: str) -> Response:
    if table not in codes.table_names():
        raise NotFound
    return await _kept(*_codes(table))


@lru_cache(maxsize=1)
def _catalog() -> tuple[bytes, str]:
    return _tagged({**catalog(), "menus": {m.name: {"label": m.label, "flows": m.flows} for m in MENUS.values()}})


@lru_cache(maxsize=64)
def _codes(table: str) -> tuple[bytes, str]:
    return _tagged({entry.code: entry.label for entry in codes.table(table)})


def _tagged(data: Any) -> tuple[bytes, str]:
    body = dump(data)
    return body, hashlib.sha256(body).hexdigest()[:24]


async def _kept(body: bytes, tag: str) -> Response:
    """The same for everybody and for the whole life of a release, so a page keeps it under its ETag."""
    response = Response(body, content_type=JSON)
    response.set_etag(tag)
    response.headers["Cache-Control"] = _DAY
    await response.make_conditional(request)
    return response
