"""Room: what `api/app.py` puts in place for the routes, which see neither the database nor the outside's clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quart import current_app

from workflows.ports import Registry, SceneQr, WebSignIn

EXTENSION = "wiring"


@dataclass(frozen=True, slots=True)
class Wiring:
    """`not_ready`: Chinese sentences on what is missing before this process can serve; none: it can."""

    not_ready: Callable[[], Awaitable[list[str]]]
    web_sign_in: WebSignIn
    registry: Registry
    scene_qr: SceneQr


def wiring() -> Wiring:
    """Of the application that answers this request."""
    found = current_app.extensions[EXTENSION]
    if not isinstance(found, Wiring):
        raise TypeError("the application was not started")
    return found
