"""Room: handing files in with an act or a command: from uploads of one's own to attachments of a record's round.

Called inside the transaction of whoever writes the form; nothing here opens one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from models.db import execute, fetch, fetch_value
from models.kit import new_id, parse_id
from models.sql import files as sql
from workflows.actors import Actor
from workflows.errors import Fault, InvalidForm
from workflows.fields import Accepts
from workflows.intake.faults import FAULTS
from workflows.intake.names import JPEG, PDF
from workflows.limits import ROUND_FILES

ACCEPTED: Final[Mapping[Accepts, str]] = {Accepts.IMAGE: JPEG, Accepts.PDF: PDF}
"""As they are kept: every picture is a JPEG once it was made over."""

GONE: Final = "有文件未上传完成，或已过期、已删除，请删去后重新上传。"
PICTURES_ONLY: Final = "这里只能用 JPEG 或 PNG 图片，请把“{name}”换成图片后重新上传。"
PDF_ONLY: Final = "这里只能用 PDF，请把“{name}”换成 PDF 后重新上传。"
TOO_MANY: Final = f"每次提交的文件合计最多 {ROUND_FILES} 个，请减少后再提交。"


async def attach(
    actor: Actor,
    school_id: UUID | None,
    record_id: UUID,
    round: int,
    field_name: str,
    upload_ids: Sequence[str | UUID],
    now: datetime,
    *,
    accepts: Sequence[Accepts] = tuple(Accepts),
) -> None:
    """Hand these uploads in for one field of one round; what hangs there already is left as it is.

    Each must be finished and the actor's own, or have been handed in with this record by the same party before.
    `accepts`: that of the field. Raises InvalidForm with a fault at the field, and then nothing was written here.
    """
    wanted = list(dict.fromkeys(_ids(field_name, upload_ids)))
    if not wanted:
        return
    party = str(actor.party)
    rows = await fetch(sql.LOCK_UPLOADS, wanted, record_id, party)
    if len(rows) < len(wanted) or not all(_usable(row, actor, now) for row in rows):
        raise _fault(field_name, "file_gone", GONE)
    for row in rows:
        _judge_media(field_name, row, accepts)
    if await fetch_value(sql.ROUND_COUNT, record_id, round, party, wanted) + len(wanted) > ROUND_FILES:
        raise _fault(field_name, "too_many", TOO_MANY)
    text = json.dumps([{"id": str(new_id()), "upload_id": str(one)} for one in wanted])
    await execute(sql.ATTACH, text, school_id, record_id, round, field_name, party, now)
    await execute(sql.KEEP, wanted)


def _ids(field_name: str, given: Sequence[str | UUID]) -> list[UUID]:
    found = [one if isinstance(one, UUID) else parse_id(one) for one in given]
    if None in found:
        raise _fault(field_name, "file_gone", GONE)
    return [one for one in found if one is not None]


def _usable(row: Mapping[str, Any], actor: Actor, now: datetime) -> bool:
    """Fit, there, and the actor's to hand in. Another person of the same party may only repeat what hangs there."""
    there = row["expires_at"] is None or row["expires_at"] > now
    return bool(row["sha256"]) and there and (row["owner"] == actor.key or row["again"])


def _judge_media(field_name: str, row: Mapping[str, Any], accepts: Sequence[Accepts]) -> None:
    if any(row["media"] == ACCEPTED[one] for one in accepts):
        return
    sentence = PICTURES_ONLY if Accepts.IMAGE in accepts else PDF_ONLY if Accepts.PDF in accepts else ""
    raise _fault(field_name, "file_format", sentence.format(name=row["name"]) or FAULTS["file_format"])


def _fault(field_name: str, code: str, sentence: str) -> InvalidForm:
    return InvalidForm((Fault(field_name, code, sentence),))
