"""Room: what one notice owes: a row of the outbox per channel, or a message in the employer's inbox. Pure.

Acts, reminders and answers all owe their notices here, so that a text finds the same words whoever made it necessary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from models import codes
from models.kit import chat_time, json_time, new_id
from models.parties import Party
from models.states import Channel, Flow, OutboxStatus
from workflows.flows import FLOWS
from workflows.notices import Notice, Sms, due


@dataclass(frozen=True, slots=True)
class Reader:
    """The graduate whom a notice is for, and by which ways it may reach them."""

    graduate_id: UUID
    school_id: UUID
    binding_id: UUID | None
    sms_fallback: bool


def words(
    row: Mapping[str, Any], *, version: int, at: datetime, reason: str = "", until: datetime | None = None
) -> dict[str, Any]:
    """What texts are made from. Names of organisations and reasons only; people are looked up when it is shown.

    `row`: a record. `until`: the deadline that the text names; without it the record's own.
    """
    ends = until or row["expires_at"]
    return {
        "flow": row["flow"],
        "version": version,
        "state": row["state"],
        "employer": row["employer_name"],
        "matter": matter(row),
        "deadline": chat_time(ends) if ends else "",
        "until": json_time(ends) if ends else "",
        "reason": reason,
        "at": json_time(at),
    }


def matter(row: Mapping[str, Any]) -> str:
    """What a record is called in a sentence, behind 您: 与某公司的签约."""
    destination = codes.table("destination").label(row["destination_code"]) if row["destination_code"] else ""
    return FLOWS[Flow(row["flow"])].matter.format(employer=row["employer_name"], destination=destination)


def channels(notice: Notice, binding_id: UUID | None, sms_fallback: bool) -> tuple[Channel, ...]:
    """WeChat where the graduate is bound; SMS always, or where WeChat cannot reach and the school allows it."""
    by_wechat = (Channel.WECHAT,) if binding_id else ()
    by_sms = notice.sms is Sms.ALWAYS or (notice.sms is Sms.FALLBACK and not binding_id and sms_fallback)
    return (*by_wechat, Channel.SMS) if by_sms else by_wechat


def messages(
    once: str, notice: Notice, reader: Reader, record_id: UUID | None, params: Mapping[str, Any], now: datetime
) -> Iterator[dict[str, Any]]:
    """The outbox rows of a notice to a graduate. `once`: what makes it happen once; the channel is added to it."""
    at = due(notice, now)
    for channel in channels(notice, reader.binding_id, reader.sms_fallback):
        wechat = channel is Channel.WECHAT
        recipient = reader.binding_id if wechat else reader.graduate_id
        yield {
            "key": f"{once}:{notice.name}:{channel}",
            "school_id": str(reader.school_id),
            "record_id": str(record_id) if record_id else None,
            "stream": f"{'wx' if wechat else 'sms'}:{recipient}",
            "channel": str(channel),
            "recipient": str(recipient),
            "notice": notice.name,
            "params": dict(params),
            "status": str(OutboxStatus.PENDING if at == now else OutboxStatus.DEFERRED),
            "due_at": at.isoformat(),
        }


def note(
    once: str, notice: Notice, employer_id: UUID | None, record_id: UUID, params: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The message in the employer's inbox; none where the employer is not registered."""
    if employer_id is not None and notice.to is Party.EMPLOYER:
        yield {
            "id": str(new_id()),
            "key": f"{once}:{notice.name}",
            "employer_id": str(employer_id),
            "record_id": str(record_id),
            "notice": notice.name,
            "params": dict(params),
        }
