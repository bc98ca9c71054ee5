"""Room: what each WeChat error code means for us: one table, read by the client and by nobody else.

Only "busy", "too many this minute" and a bad token are worth the same request again; everything else either goes by
another channel, or is finished and somebody must look.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from models import kit
from notifier.verdicts import Kind, Mark, Verdict


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row: what to do, and when this channel opens again (seconds, or a function of the present moment)."""

    kind: Kind
    pause: float | Callable[[datetime], float] | None = None
    mark: Mark | None = None
    tries: int | None = None
    alarm: bool = False


def until_next_day(moment: datetime) -> float:
    """Seconds until midnight in Asia/Shanghai, when daily quotas are filled up again."""
    tomorrow = kit.shanghai_day(moment) + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=kit.SHANGHAI)
    return (midnight.astimezone(UTC) - moment).total_seconds()


def until_next_minute(moment: datetime) -> float:
    return 60.0 - moment.second


TOKEN_CODES: Final = frozenset({40001, 40014, 42001})
"""The access token is bad or old: renew it and try once more."""

_OURS = Meaning(Kind.DEAD, alarm=True)
_ACCOUNT = Meaning(Kind.OTHER_CHANNEL, pause=3600.0, alarm=True)
_USER = Meaning(Kind.OTHER_CHANNEL)

CODES: Final[dict[int, Meaning]] = {
    -1: Meaning(Kind.RETRY, pause=1.0),
    # a second refusal of the token, after it was renewed
    **dict.fromkeys(TOKEN_CODES, Meaning(Kind.RETRY, pause=60.0, alarm=True)),
    45011: Meaning(Kind.RETRY, pause=until_next_minute),
    # this person, by this channel: no more
    40003: Meaning(Kind.OTHER_CHANNEL, mark=Mark.ADDRESS_DEAD),
    43004: Meaning(Kind.OTHER_CHANNEL, mark=Mark.NOT_FOLLOWING),
    43019: Meaning(Kind.OTHER_CHANNEL, mark=Mark.BLOCKED),
    43101: Meaning(Kind.OTHER_CHANNEL, mark=Mark.REFUSED),
    50002: Meaning(Kind.OTHER_CHANNEL, mark=Mark.BLOCKED),
    45015: _USER,
    45047: _USER,
    # this account: closed for a while, somebody must look
    45009: Meaning(Kind.OTHER_CHANNEL, pause=until_next_day, alarm=True),
    **dict.fromkeys(
        (40013, 40125, 40243, 40164, 61004, 89501, 89503, 89506, 89507, 48001, 48004, 48006, 45103, 45109), _ACCOUNT
    ),
    # seen as a passing fault of some minutes, so one more try before it counts as ours
    40037: Meaning(Kind.RETRY, pause=60.0, tries=1, alarm=True),
    # what we sent was wrong
    **dict.fromkeys((41001, 43100, 45002, 45008, 47001, 47003, 65320, 40008), _OURS),
}
UNLISTED: Final = Meaning(Kind.DEAD, alarm=True)

SPENT_SIGN_IN_CODES: Final = frozenset({40029, 40163})

_RID = re.compile(r"rid:\s*([0-9a-fA-F-]{8,64})")
_FIELD = re.compile(r"data\.([a-z_]+\d*)\.value")


def error_code(body: dict[str, Any]) -> int:
    """The `errcode`; a body without one is a success."""
    code = body.get("errcode", 0)
    try:
        return int(code)
    except (TypeError, ValueError):
        return -1


def verdict(body: dict[str, Any]) -> Verdict:
    """The verdict for an answer whose `errcode` is not 0."""
    code = error_code(body)
    meaning = CODES.get(code, UNLISTED)
    pause = meaning.pause(kit.now()) if callable(meaning.pause) else meaning.pause
    return Verdict(
        meaning.kind,
        cause=_cause(code, body),
        retry_after=pause,
        mark=meaning.mark,
        tries=meaning.tries,
        alarm=meaning.alarm,
    )


def _cause(code: int, body: dict[str, Any]) -> str:
    """Code, rejected field and request id. The rest of `errmsg` is left out: it may repeat what we sent."""
    text = str(body.get("errmsg", ""))
    parts = [f"wechat_{code}"]
    if field := _FIELD.search(text):
        parts.append(field[1])
    if rid := _RID.search(text):
        parts.append(f"rid {rid[1]}")
    return " ".join(parts)
