"""Room: forms of our pages come back from our pages: a signed double value (contracts 5; decisions 5).

The browser holds something that another site can neither read nor set: a session, a visit, a random value in a cookie.
Every form carries a signed text made of it. The two must fit; signing in or out makes older forms void.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Final

from itsdangerous import BadSignature, TimestampSigner
from quart import Response, g, request

from api.pages import cookies
from models import kit
from workflows.commands.tokens import signing_key
from workflows.errors import ForgedForm
from workflows.limits import STAFF_ABSOLUTE

COOKIE: Final = "wq_csrf"
FIELD: Final = "csrf"
LIVES: Final = int(STAFF_ABSOLUTE.total_seconds())  # no form outlives the longest session of a working day

_SEED_LENGTH: Final = 43  # characters of `token_urlsafe(32)`


class _Signer(TimestampSigner):
    """Dates by the house's clock."""

    def get_timestamp(self) -> int:
        return int(kit.now().timestamp())


def _signer() -> TimestampSigner:
    return _Signer(signing_key("page forms"), salt="csrf")


def mark(*held: str) -> str:
    """The hidden value of a form for the browser that holds these values in its cookies."""
    return _signer().sign(_digest(held)).decode()


def check(given: str, *held: str, seconds: int = LIVES) -> None:
    """The mark is ours, not older than that, and made for who holds these values. Raises ForgedForm."""
    try:
        named = _signer().unsign(given, max_age=seconds).decode()
    except BadSignature:
        raise ForgedForm from None
    if not any(held) or not hmac.compare_digest(named, _digest(held)):
        raise ForgedForm


def _digest(held: tuple[str, ...]) -> str:
    return sha256("\0".join(held).encode()).hexdigest()


# --- pages whose visitor holds nothing yet -------------------------------------------------------


def token(session: str = "") -> str:
    """The mark of a form for this browser, signed in (`session`: its token) or not."""
    return mark(_seed(), session)


def browser() -> str:
    """The random value that this browser holds; empty before its first form."""
    kept = cookies.read(COOKIE)
    return kept if len(kept) == _SEED_LENGTH else ""


async def check_form(session: str = "") -> None:
    """The form of this request carries in `FIELD` what `token` gave to this browser. Raises ForgedForm."""
    seed = browser()
    if not seed:
        raise ForgedForm
    check((await request.form).get(FIELD, ""), seed, session)


def remember(response: Response) -> Response:
    """After a request: give the browser the random value that a form of the page was made with."""
    seed = g.pop("csrf_seed", None)
    if seed is not None:
        cookies.give(response, COOKIE, seed, "/")
    return response


def _seed() -> str:
    """The browser's random value, made with the first form that it is shown."""
    kept = browser()
    if kept:
        return kept
    if "csrf_seed" not in g:
        g.csrf_seed = secrets.token_urlsafe(32)
    return str(g.csrf_seed)
