"""Room: the handlers, one file per topic, and the table they make together; what is not understood comes last."""

from __future__ import annotations

from bot.handlers import (
    account,
    agreements,
    answering,
    confirming,
    desk,
    elsewhere,
    events,
    help,
    invitations,
    joining,
    orientation,
    progress,
)
from bot.router import Router


def table() -> Router:
    """All handlers. Raises RouterError when two of them want the same."""
    whole = Router()
    for part in (
        events,
        joining,
        progress,
        invitations,
        answering,
        confirming,
        agreements,
        elsewhere,
        account,
        desk,
        help,
        orientation,
    ):
        whole.include(part.router)
    return whole
