"""Room: files as they are read: those of a record, one file's bytes, the same picture with somebody else.

A file is seen by who sent it and by whoever sees a record that it was handed in with. Fields that are the graduate's
own affair are not shown to the employer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from models import storage
from models.db import fetch, fetch_row, fetch_value
from models.kit import json_time
from models.parties import STAFF, Level, Party
from models.sql import files as sql
from models.states import Flow
from workflows.actors import Actor, visible_to
from workflows.errors import NotFound, Refused, Unavailable
from workflows.flows import FLOWS
from workflows.forms import FORMS
from workflows.intake.faults import FAULTS

ALIKE: Final = 4  # bits of 64 in which two scans of one picture may differ
NOT_DONE: Final = "文件还没有上传完，请先继续上传。"
UNREADABLE: Final = "文件暂时无法读取，请稍后再试；如果一直如此，请联系学校。"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file to be served: bytes of our own making, under a name fit for a header."""

    data: bytes
    name: str
    media: str


async def of_record(actor: Actor, record_id: UUID) -> list[dict[str, Any]]:
    """The files of a record, round by round; for readers who were let through to the record already."""
    rows = await fetch(sql.OF_RECORD, record_id)
    hidden = frozenset[str]()
    if rows and actor.party is Party.EMPLOYER:
        hidden = private_fields(Flow(await fetch_value("SELECT flow FROM records WHERE id = $1", record_id)))
    return [_line(row) for row in rows if row["kind"] not in hidden]


async def papers_of(subject_id: UUID) -> list[dict[str, Any]]:
    """The files that were handed in with something else than a record (an employer, a request to take one over); for
    readers who were let through to it already.
    """
    return [_line(row) for row in await fetch(sql.OF_RECORD, subject_id)]


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["upload_id"]),
        "field": row["kind"],
        "round": row["round"],
        "name": row["name"],
        "media": row["media"],
        "bytes": row["bytes"],
        "pages": row["pages"],
        "added_by": row["added_by"],
        "added_at": json_time(row["added_at"]),
        "url": f"/v1/files/{row['upload_id']}",
    }


@cache
def private_fields(flow: Flow) -> frozenset[str]:
    """Fields of the flow's forms that are the graduate's own affair."""
    forms = [FORMS[t.form] for t in FLOWS[flow].transitions if t.form]
    return frozenset(field.name for form in forms for field in form.fields if field.private)


# --- one file ------------------------------------------------------------------------------------


async def read_file(actor: Actor, upload_id: UUID) -> Stored:
    """The bytes of a file that this actor may see.

    Raises NotFound (also: not visible), Refused (`file_done`) while it cannot be served, Unavailable.
    """
    row = await fetch_row(sql.READ_UPLOAD, upload_id)
    if row is None or (row["owner"] != actor.key and not await _held(actor, upload_id)):
        raise NotFound
    if not row["sha256"]:
        raise Refused(FAULTS[row["fault"]] if row["fault"] else NOT_DONE, guard="file_done")
    try:
        data = await asyncio.to_thread(storage.get, row["sha256"])
    except (storage.StorageError, storage.NotStoredError) as exc:
        log.error("a file that a row names cannot be read: %s", type(exc).__name__)
        raise Unavailable(UNREADABLE) from exc
    return Stored(data, row["name"], row["media"])


@dataclass(frozen=True, slots=True)
class _Holder:
    """A record that the file was handed in with, as visibility is judged (`actors.Visible`)."""

    school_id: UUID
    province_id: UUID | None
    graduate_id: UUID
    employer_id: UUID | None
    department: str
    level: Level


async def _held(actor: Actor, upload_id: UUID) -> bool:
    for row in await fetch(sql.HOLDERS, upload_id):
        flow = Flow(row["flow"])
        if actor.party is Party.EMPLOYER and row["kind"] in private_fields(flow):
            continue
        holder = _Holder(
            row["school_id"], row["province_id"], row["graduate_id"], row["employer_id"], row["department"],
            Level(row["level"]),
        )  # fmt: skip
        if visible_to(actor, FLOWS[flow].module).holds(holder):
            return True
    return await _beside_records(actor, upload_id)


async def _beside_records(actor: Actor, upload_id: UUID) -> bool:
    """Papers of warning marks and of employers."""
    staff = actor.party in STAFF and visible_to(actor).equal is not None
    school = actor.school_id if staff else None
    province = actor.province_id if staff and actor.party is Party.PROVINCE else None
    employer = actor.employer_id if actor.party is Party.EMPLOYER else None
    return bool(await fetch_value(sql.BESIDE_RECORDS, upload_id, school, employer, province))


# --- hints ---------------------------------------------------------------------------------------


async def same_image(school_id: UUID, record_id: UUID) -> list[dict[str, Any]]:
    """Records of other people in the same school that hold a picture of this record, closest first (20 at most).

    For reviewers: a hint, no proof. `distance`: of 64 bits, 0 to 4; `same_file`: byte for byte.
    """
    rows = await fetch(sql.SAME_IMAGE, school_id, record_id, ALIKE)
    return [
        {
            "record_id": str(row["record_id"]),
            "flow": row["flow"],
            "graduate_name": row["graduate_name"],
            "file": str(row["mine"]),
            "other_file": str(row["upload_id"]),
            "distance": row["distance"],
            "same_file": row["same_file"],
        }
        for row in rows
    ]
