"""Room: small tools that know nothing of graduates: the clock, ids, text forms of times, masking."""

from __future__ import annotations

import os
import secrets
import threading
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from datetime import time as clock_time
from uuid import UUID
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731  replaced as a whole by `set_clock`


def now() -> datetime:
    """The present moment in UTC. The only reader of the machine's wall clock in this house."""
    return _now()


def set_clock(source: Callable[[], datetime] | None) -> None:
    """Put another clock in place (demo data, tests); None puts the machine's back."""
    global _now
    _now = source or (lambda: datetime.now(UTC))


def day_end(day: date) -> datetime:
    """The end of that day in Asia/Shanghai, in UTC: shown as 23:59:59, a second that counts to its last part."""
    return datetime.combine(day, clock_time(23, 59, 59, 999_999), SHANGHAI).astimezone(UTC)


def cohort_close(cohort: int) -> datetime:
    """The last second in which a cohort may act: 31 January of the following year (guide chapter 6)."""
    return day_end(date(cohort + 1, 1, 31))


def shanghai_day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def json_time(moment: datetime) -> str:
    """`2027-03-05T06:30:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def screen_time(moment: datetime) -> str:
    """`2027-03-05 14:30`, Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def chat_time(moment: datetime) -> str:
    """`2027年3月5日 14:30`, Asia/Shanghai."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日 {local.hour:02}:{local.minute:02}"


_id_lock = threading.Lock()
_id_last = 0


def new_id(at: datetime | None = None) -> UUID:
    """A UUIDv7 (RFC 9562), rising within this process even inside one millisecond."""
    global _id_last
    stamp = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1000)
    with _id_lock:
        tick = stamp << 12
        if at is None:
            tick = max(tick, _id_last + 1)
            _id_last = tick
        else:
            tick |= secrets.randbits(12)
    value = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62 | int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=value)


def parse_id(text: str) -> UUID | None:
    """An id as it stands in addresses; None when malformed (answered like an unknown one)."""
    try:
        value = UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
    return value if str(value) == text.lower() else None


def mask_id_number(number: str) -> str:
    """`1100**********0015`: the first and last four stay (contracts 2)."""
    return number[:4] + "*" * max(len(number) - 8, 4) + number[-4:] if len(number) > 8 else "*" * len(number)


def mask_mobile(number: str) -> str:
    """`154****0001`."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else "*" * len(number)


def mask_name(name: str) -> str:
    """`王*` or `欧**`: for places where only the person should recognise themselves."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def fold(text: str) -> str:
    """NFKC, outer white space gone: how every typed text is read before it is judged."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).strip()


def name_key(name: str) -> str:
    """An employer's name in the form in which two spellings are the same (roles.md, Warning units)."""
    folded = unicodedata.normalize("NFKC", name).upper()
    return "".join(ch for ch in folded if not ch.isspace() and ch not in "()[]【】〔〕《》<>·.・,，。-—_")
