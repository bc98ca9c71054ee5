"""Room: how long still, how long already: spans of time in words, for the clocks of lists and records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from models import kit

SOON: Final = timedelta(days=2)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


def at(text: str) -> datetime:
    """A moment out of the JSON form that queries give (`2027-03-05T06:30:00Z`)."""
    return datetime.fromisoformat(text)


def screen(text: str | None) -> str:
    """`2027-03-05 14:30`, Asia/Shanghai; empty for none."""
    return kit.screen_time(at(text)) if text else ""


@dataclass(frozen=True, slots=True)
class Clock:
    """`text`: 还剩 3 天 5 小时. `soon`: less than two days. `over`: nothing is left."""

    text: str
    soon: bool = False
    over: bool = False


def left(until: str | None) -> Clock | None:
    """How much time is left until that moment; None without one."""
    if not until:
        return None
    span = at(until) - kit.now()
    if span <= timedelta(0):
        return Clock("已到期", over=True)
    return Clock(f"还剩 {_words(span)}", soon=span < SOON)


def waited(since: str | None) -> str:
    """已等 2 天; empty without a moment."""
    return f"已等 {_words(max(kit.now() - at(since), timedelta(0)))}" if since else ""


def _words(span: timedelta) -> str:
    days, rest = divmod(span, _DAY)
    hours, rest = divmod(rest, _HOUR)
    if days:
        return f"{days} 天 {hours} 小时" if hours and days < 3 else f"{days} 天"
    if hours:
        return f"{hours} 小时"
    return f"{max(1, rest // timedelta(minutes=1))} 分钟"
