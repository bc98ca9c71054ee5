"""Room: the dashboard's own addresses, and which of them one may be sent to after signing in."""

from __future__ import annotations

import re
from urllib.parse import urlencode

LOGIN, LOGOUT, PASSWORD = "/auth/login", "/auth/logout", "/auth/password"

FILES = "/files"
PAPERS, ATTACHMENTS, JOBS = f"{FILES}/agreements", f"{FILES}/attachments", f"{FILES}/jobs"
POSTER = f"{FILES}/poster"
TEMPLATE, ROSTER, UPLOADS = f"{FILES}/template", f"{FILES}/roster", f"{FILES}/uploads"
GUIDE = f"{FILES}/guide"

HOME, REVIEW = "home", "review"
QUEUES = ("signing", "supplementary", "termination", "destination")
STUDENTS, INVALIDATED, VOIDED = "students", "invalidated", "voided"
ACCOUNTS, SETTINGS, WARNINGS, DELIVERIES = "accounts", "settings", "warnings", "deliveries"
RECONCILIATION = "reconciliation"
INBOX, SELF, MODULES, EMPLOYERS, STATISTICS = "inbox", "self", "modules", "employers", "statistics"
PAGES = (
    *QUEUES, REVIEW, STUDENTS, INVALIDATED, VOIDED, ACCOUNTS, SETTINGS, WARNINGS, DELIVERIES, RECONCILIATION,
    INBOX, SELF, MODULES, EMPLOYERS, STATISTICS,
)  # fmt: skip
"""Pages beside the first one, by their path; the first one is `/`."""

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OWN = re.compile(rf"/(?:(?:{'|'.join(PAGES)})(?:\?(?:flow=[a-z_]{{1,40}}&)?id={_ID})?)?")


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
