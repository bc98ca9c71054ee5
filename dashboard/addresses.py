"""Room: the dashboard's own addresses, and which of them one may be sent to after signing in."""

from __future__ import annotations

import re
from urllib.parse import urlencode

LOGIN, LOGOUT, PASSWORD = "/auth/login", "/auth/logout", "/auth/password"

PAPERS = "/files/agreements"

HOME, QUEUE, REVIEW, EMPLOYERS = "home", "online_signing", "review", "employers"
STATISTICS = "statistics"
PAGES = (QUEUE, REVIEW, EMPLOYERS, STATISTICS)
"""Pages beside the first one, by their path; the first one is `/`."""

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OWN = re.compile(rf"/(?:(?:{'|'.join(PAGES)})(?:\?id={_ID})?)?")


def is_id(text: str) -> bool:
    """Whether a text can be an id of ours (contracts 2)."""
    return re.fullmatch(_ID, text) is not None


def is_agreement(text: str) -> bool:
    """Whether a text can be the number of an agreement (contracts 2)."""
    return re.fullmatch(r"[0-9]{17}", text) is not None


def own(address: str) -> str:
    """An address of ours as it stands, anything else as the first page: nobody is led elsewhere by a crafted link."""
    return address if _OWN.fullmatch(address) else "/"


def login(said: str = "", onward: str = "/") -> str:
    """The sign-in page, which says why one is there and leads back to where one was."""
    asked = {"said": said, "next": "" if own(onward) == "/" else onward}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{LOGIN}?{query}" if query else LOGIN
