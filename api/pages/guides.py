"""Room: the operating guides for everybody who asks, signed in or not: as a page to read, as a PDF to print.

They say nothing about anybody, so they may be kept by browsers; a new release has new tags. A PDF is set once per
process, when it is first asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from quart import Blueprint, Response, render_template, request
from quart.blueprints import BlueprintSetupState

from api.auth import ANYONE, route_rule
from api.downloads import PDF, attachment
from api.pages import assets
from workflows.errors import HouseError, NotFound
from workflows.guides import GUIDES, PICTURES, Guide, folder
from workflows.guides.booklet import booklet, dimensions
from workflows.guides.reading import Block, read

PREFIX: Final = "/guides"
_PHONE_SCALE: Final = 1.5  # dots of a phone's picture to one of the page
_BRIEFLY: Final = "public, max-age=300"

blueprint = Blueprint("guides", __name__, url_prefix=PREFIX, template_folder="templates")


@dataclass(frozen=True, slots=True)
class _Kept:
    body: bytes
    tag: str


def _guide(name: str) -> Guide:
    """Raises NotFound."""
    found = GUIDES.get(name)
    if found is None:
        raise NotFound
    return found


# --- to read -------------------------------------------------------------------------------------


@blueprint.get("/<name>")
@route_rule(ANYONE)
async def guide(name: str) -> Response:
    """The guide as a page."""
    found = _guide(name)
    blocks = await asyncio.to_thread(lambda: read(found.path.read_text(encoding="utf-8")))
    return await _page("guide.html", guide=found, blocks=blocks, chapters=_chapters(blocks), size=_shown_size)


def _chapters(blocks: list[Block]) -> list[Block]:
    return [block for block in blocks if block["kind"] == "heading" and block["level"] == 2]


def _shown_size(picture: Mapping[str, Any]) -> tuple[int, int]:
    """How large a picture stands on the page, so that nothing moves while it is fetched."""
    width, height = dimensions(picture["name"])
    scale = _PHONE_SCALE if picture["phone"] else 1
    return round(width / scale), round(height / scale)


async def _page(template: str, status: int = 200, **values: Any) -> Response:
    style = assets.address(f"{PREFIX}/static", "guide.css")
    body = await render_template(f"guide/{template}", style=style, prefix=PREFIX, **values)
    response = Response(body, status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = _BRIEFLY if status == 200 else "no-store"
    return response


@blueprint.get(f"/{PICTURES}/<name>")
@route_rule(ANYONE)
async def picture(name: str) -> Response:
    known = {file.name: file for file in (folder() / PICTURES).glob("*.png")}
    if name not in known:
        raise NotFound
    return await _kept(_tagged(await asyncio.to_thread(known[name].read_bytes)), "image/png")


@blueprint.get("/static/<name>")
@route_rule(ANYONE)
async def static_file(name: str) -> Response:
    return assets.serve(name)


# --- to print ------------------------------------------------------------------------------------


@blueprint.get("/<name>.pdf")
@route_rule(ANYONE)
async def guide_pdf(name: str) -> Response:
    """The guide as a file to be saved."""
    found = _guide(name)
    kept = await asyncio.to_thread(_printed, name)
    return await _kept(kept, PDF, attachment(kept.body, PDF, found.download))


@cache
def _printed(name: str) -> _Kept:
    return _tagged(booklet(GUIDES[name]))


def _tagged(body: bytes) -> _Kept:
    return _Kept(body, hashlib.sha256(body).hexdigest()[:16])


async def _kept(kept: _Kept, media: str, response: Response | None = None) -> Response:
    """The answer, or that the browser has it already."""
    response = response or Response(kept.body, content_type=media)
    response.set_etag(kept.tag)
    response.headers["Cache-Control"] = _BRIEFLY
    await response.make_conditional(request)
    return response


# --- what goes wrong -----------------------------------------------------------------------------


async def _refused(error: HouseError) -> Response:
    return await _page("refused.html", error.status, title=error.title, text=error.detail)


@blueprint.record
def _register(state: BlueprintSetupState) -> None:
    state.app.extensions.setdefault("error_pages", {})[PREFIX] = _refused
