"""Room: files as answers: always an attachment under our name, never shown in the browser's own frame."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from quart import Response

PDF: Final = "application/pdf"
ZIP: Final = "application/zip"


def attachment(body: bytes, media: str, name: str) -> Response:
    """A file to be saved as `name` (RFC 6266; older readers get its ASCII part). Kept by nobody on the way."""
    response = Response(body, content_type=media)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{_ascii(name)}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def _ascii(name: str) -> str:
    """No percent sign and nothing beyond ASCII, which browsers read differently; the extension stays."""
    stem, dot, extension = name.rpartition(".")
    found = re.sub(r"[^A-Za-z0-9._-]+", "", stem if dot else name).strip("-.") or "file"
    return f"{found}.{extension}" if re.fullmatch(r"[A-Za-z0-9]{1,5}", extension) and dot else found
