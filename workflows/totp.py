"""Room: time-based one-time passwords (RFC 6238: SHA-1, 30 seconds, six digits), as authenticators have them. Pure."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from workflows.limits import TOTP_TRIES_APART

STEP: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
ISSUER: Final = "就业签约平台"


def new_secret() -> str:
    """160 random bits in base32, as authenticators take them in."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def uri(secret: str, username: str) -> str:
    """What a QR code for an authenticator holds."""
    label = quote(f"{ISSUER}:{username}", safe="")
    query = urlencode({"secret": secret, "issuer": ISSUER, "digits": DIGITS, "period": STEP}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"


def step_of(moment: datetime) -> int:
    return int(moment.timestamp()) // STEP


def code_at(secret: str, step: int) -> str:
    """The six digits of one time step (RFC 4226, 5.3)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_step(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """The step that this code belongs to, one to either side allowed; None for a wrong code.

    `after`: the step used up last. A code works once, so only later steps count.
    """
    typed = "".join(code.split())
    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    present = step_of(now)
    for step in range(present - TOTP_TRIES_APART, present + TOTP_TRIES_APART + 1):
        if step > after and hmac.compare_digest(code_at(secret, step), typed):
            return step
    return None
