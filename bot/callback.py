"""Room: the callback as a pure function from (query, body) to (status, content type, body).

It knows neither server nor framework, so it can stand behind either. What to answer is `respond`'s matter;
here stands only what every answer must keep to: one silent 403 for whatever is forged, `success` where
nothing is said, and never an error page, which the platform would show the user as a broken service.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from bot.envelope import Forged, Keys, open_envelope, seal, verify_url
from bot.messages import Inbound, parse
from models import kit

Respond: TypeAlias = Callable[[Inbound], Awaitable[str | None]]
Answer: TypeAlias = tuple[int, str, bytes]

TEXT = "text/plain"
XML = "application/xml; charset=utf-8"
SUCCESS: Answer = (200, TEXT, b"success")
REFUSED: Answer = (403, TEXT, b"")

_log = logging.getLogger(__name__)


def _uncounted(_reason: str) -> None:
    """Where no counter was given."""


class Callback:
    """The callback of one account. `refused` is told the reason of each refusal (for a counter); it must
    not reach the caller."""

    __slots__ = ("_keys", "_refused")

    def __init__(self, keys: Keys, refused: Callable[[str], None] = _uncounted) -> None:
        self._keys = keys
        self._refused = refused

    async def handle(self, query: bytes | str, body: bytes, method: str, respond: Respond) -> Answer:
        """Answer one request of the platform.

        `respond` gets each authentic message and gives the plain reply XML (`bot.replies`), or None for
        `success`. If it fails the answer is `success` too and the failure is logged: repeating the message,
        which is all that an error would bring, is no cure.
        """
        keys, now = self._keys, kit.now().timestamp()
        try:
            if method == "GET":
                return 200, TEXT, verify_url(query, keys, now)
            if method != "POST":
                raise Forged("method")
            xml, key_index, _ = open_envelope(query, body, keys, now)
            inbound = parse(xml, keys.account)
        except Forged as error:
            self._refused(error.reason)
            return REFUSED
        try:
            reply = await respond(inbound)
        except Exception:
            _log.exception("callback handler failed: %s %s", inbound.type, inbound.event)
            return SUCCESS
        if not reply or inbound.silent:
            return SUCCESS
        if key_index is None:
            return 200, XML, reply.encode()
        return 200, XML, seal(reply, keys, key_index, kit.now().timestamp())
