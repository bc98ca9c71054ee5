"""Room: logs. One line per event, to standard error, with nothing in it that belongs to a person.

Nothing of ours writes an ID number, a phone, a token or a secret; the formatter masks what has the form of a
number all the same, tracebacks included, because errors of libraries quote what they were given.
"""

from __future__ import annotations

import json
import logging
import logging.config
import re
from datetime import UTC, datetime
from typing import Any

from models.config import Profile, settings
from models.kit import json_time, mask_id_number, mask_mobile

_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z\-])(?<!\d\.)1[3-9]\d{9}(?![0-9A-Za-z\-]|\.\d)")
_TOKEN = re.compile(r"(\b(?:access_token|secret|code|ticket|openid)=)[^&\s\"']+")

# At INFO these quote whole addresses, at DEBUG statements with their values.
QUIET = ("httpx", "httpcore", "tortoise", "asyncpg", "redis", "watchfiles", "uvicorn.access", "PIL")


def masked(text: str) -> str:
    """The text without ID numbers, mobile numbers, and secrets in addresses."""
    text = _ID_NUMBER.sub(lambda found: mask_id_number(found[0]), text)
    text = _MOBILE.sub(lambda found: mask_mobile(found[0]), text)
    return _TOKEN.sub(r"\1***", text)


class Formatter(logging.Formatter):
    """Plain lines for a person at a terminal; in production one JSON object a line."""

    def __init__(self, as_json: bool = False) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        text = masked(super().format(record))
        at = json_time(datetime.fromtimestamp(record.created, UTC))
        if not self.as_json:
            return f"{at} {text}"
        said: dict[str, Any] = {"at": at, "level": record.levelname, "logger": record.name}
        said["message"] = masked(record.getMessage())
        if record.exc_info:
            said["error"] = masked(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False)


def log_config() -> dict[str, Any]:
    """For `logging.config.dictConfig`, and for uvicorn, which hands it to its worker processes."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "api.logs.Formatter", "as_json": settings().profile is Profile.PRODUCTION}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {name: {"level": "WARNING"} for name in QUIET},
    }


def set_up_logs() -> None:
    """Once, when a process starts."""
    logging.config.dictConfig(log_config())
