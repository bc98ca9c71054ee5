"""Room: a job as the page that waits for it polls it."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

from models import storage
from models.db import fetch_row
from models.sql import jobs as sql
from models.vault import unseal_file
from workflows.actors import Actor, require_read
from workflows.commands.jobs import EXPORT_PLACE, Kind, may_see
from workflows.errors import NotFound, Unavailable
from workflows.queries.records import moment

LABELS = {"waiting": "排队中", "running": "处理中", "done": "已完成", "failed": "未完成", "cancelled": "已取消"}
KINDS = {
    Kind.ROSTER_IMPORT: "导入学生名单",
    Kind.EMS_LOOKUP: "获取最新学生信息",
    Kind.EMS_RESTORE: "核对后恢复学生",
    Kind.EXPORT: "导出名单",
}


async def read_job(actor: Actor, job_id: UUID) -> dict[str, Any]:
    """Raises ModuleClosed, NotFound (also: of another school or colleague)."""
    row = await _seen(actor, job_id)
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "kind_label": KINDS[Kind(row["kind"])],
        "cohort": row["cohort"],
        "graduate": str(row["subject_id"]) if row["subject_id"] else None,
        "status": row["status"],
        "label": LABELS[row["status"]],
        "done": row["done"],
        "total": row["total"],
        "summary": json.loads(row["summary"]) if row["summary"] else None,
        "error": row["error"] or None,
        "file": row["result_name"] or None,
        "created_at": moment(row["created_at"]),
        "finished_at": moment(row["finished_at"]),
    }


async def read_job_file(actor: Actor, job_id: UUID) -> tuple[str, bytes]:
    """The name and the bytes of what a job made. Raises ModuleClosed, NotFound."""
    row = await _seen(actor, job_id)
    if not row["result_sha256"]:
        raise NotFound
    try:
        content = await asyncio.to_thread(storage.get, row["result_sha256"])
    except storage.NotStoredError:
        raise NotFound from None
    except storage.StorageError as exc:
        raise Unavailable from exc
    if row["kind"] == Kind.EXPORT:
        content = await asyncio.to_thread(unseal_file, EXPORT_PLACE, content)
    return row["result_name"], content


async def _seen(actor: Actor, job_id: UUID) -> Any:
    require_read(actor)
    row = await fetch_row(sql.READ, job_id)
    if row is None or not may_see(actor, row):
        raise NotFound
    return row
