"""Room: the vocabulary of notices: what one is, by which channels it may go, when it may leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from models.config import settings
from models.kit import SHANGHAI
from models.parties import Party


class Sms(StrEnum):
    NEVER = "never"
    FALLBACK = "fallback"  # once, where WeChat cannot reach the person and the school allows it
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Notice:
    """`sentence` may hold {employer}, {matter}, {deadline}, {reason}, {agent}; of an employer's notice also {graduate}.

    `phrase` is at most 5 characters.
    """

    name: str
    to: Party
    title: str
    phrase: str
    sentence: str
    sms: Sms = Sms.NEVER
    urgent: bool = False  # not held back by the quiet hours
    fades: bool = False  # pointless once the record stands elsewhere: what has not left by then is superseded
    others_only: bool = False  # told only where the other side did it


def due(notice: Notice, now: datetime) -> datetime:
    """When it may leave: at once, or at the end of the quiet hours (setting WQ_QUIET_HOURS, Asia/Shanghai)."""
    if notice.urgent or not settings().quiet_hours:
        return now
    begins, ends = (time.fromisoformat(part) for part in settings().quiet_hours.split("-"))
    local = now.astimezone(SHANGHAI)
    if not _within(local.time(), begins, ends):
        return now
    next_day = local.time() >= begins > ends
    day = local.date() + timedelta(days=1 if next_day else 0)
    return datetime.combine(day, ends, SHANGHAI).astimezone(now.tzinfo)


def _within(moment: time, begins: time, ends: time) -> bool:
    if begins <= ends:
        return begins <= moment < ends
    return moment >= begins or moment < ends
