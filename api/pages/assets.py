"""Room: style sheets and scripts of our pages: a few files of our own, read once, kept by browsers under their hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from quart import Response, request

from workflows.errors import NotFound

FOLDER: Final = Path(__file__).parent / "static"
_MEDIA: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOREVER: Final = "public, max-age=31536000, immutable"
_BRIEFLY: Final = "public, max-age=300"


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    media: str
    tag: str


@cache
def find(name: str) -> Asset | None:
    """The file of that name in our folder, which has no folders below it; None for any other name."""
    known = {file.name: file for file in FOLDER.iterdir() if file.suffix in _MEDIA}
    if name not in known:
        return None
    body = known[name].read_bytes()
    media = f"{_MEDIA[known[name].suffix]}; charset=utf-8"
    return Asset(body, media, hashlib.sha256(body).hexdigest()[:16])


def address(folder: str, name: str) -> str:
    """Where a page asks for a file: `folder` is where the pages serve their files, the hash makes new files new."""
    asset = find(name)
    return f"{folder}/{name}?v={asset.tag}" if asset else f"{folder}/{name}"


def serve(name: str) -> Response:
    """The answer of a view. Raises NotFound."""
    asset = find(name)
    if asset is None:
        raise NotFound
    response = Response(asset.body, content_type=asset.media)
    fresh = request.args.get("v") == asset.tag
    response.headers["Cache-Control"] = _FOREVER if fresh else _BRIEFLY
    response.set_etag(asset.tag)
    return response
