"""Room: the cookies of our pages: sent to their own pages only, never to scripts, in production only over TLS."""

from __future__ import annotations

from typing import Final

from quart import Response, request

from models.config import settings

LONGEST: Final = 200  # characters of a cookie that can be one of ours


def read(name: str) -> str:
    """The value of a cookie of ours; empty if there is none that could be."""
    value = request.cookies.get(name, "")
    return value if len(value) <= LONGEST and value.isascii() else ""


def give(response: Response, name: str, value: str, path: str, seconds: int | None = None) -> None:
    """`seconds`: how long it is kept; None: until the browser is closed."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path,
        httponly=True,
        samesite="Lax",
        secure=settings().cookies_secure,
    )


def drop(response: Response, name: str, path: str) -> None:
    response.delete_cookie(name, path=path, httponly=True, samesite="Lax", secure=settings().cookies_secure)
