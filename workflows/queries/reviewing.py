"""Room: what a reviewer sees beside records: risk marks, hints, what was returned and rejected before.

For many records at once and for one; a page of a queue asks four questions, however many rows it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.db import fetch
from models.kit import json_time
from workflows.queries import risk
from workflows.queries.hint_facts import seen_of
from workflows.queries.hints import hints

_MARKS = """
SELECT id, graduate_id, submitted_at, warned, not_operating, department_changed FROM records WHERE id = ANY($1)"""
_RETURNS = f"""
SELECT j.subject_id, count(*) AS n, max(j.at) AS last FROM journal j
WHERE j.subject_id = ANY($1) AND {risk.RETURN_ROWS} GROUP BY 1"""  # noqa: S608  fixed texts, numbered parameters
_REJECTIONS = """
SELECT graduate_id, count(*) AS n FROM records WHERE graduate_id = ANY($1) AND state = ANY($2) GROUP BY 1"""


async def reviewed(
    rows: Sequence[Mapping[str, Any]], images: Mapping[UUID, Sequence[Mapping[str, Any]]] | None = None
) -> dict[UUID, dict[str, Any]]:
    """Record id → what stands beside it. `images`: pictures that others handed in too, where somebody has looked;
    comparing them is not for whole lists. `returns`: how often it was sent back; `rejections`: how many records of the
    same graduate were refused for good; for readers on the reviewing side who were let through to the records.
    """
    ids = [row["id"] for row in rows]
    if not ids:
        return {}
    marks = await fetch(_MARKS, ids)
    returns = {row["subject_id"]: row for row in await fetch(_RETURNS, ids)}
    people = list({row["graduate_id"] for row in marks})
    rejected = await fetch(_REJECTIONS, people, [str(state) for state in risk.REJECTED])
    rejections = {row["graduate_id"]: row["n"] for row in rejected}
    looked = images or {}
    seen = {id: replace(found, same_images=looked.get(id, ())) for id, found in (await seen_of(ids)).items()}
    return {
        row["id"]: {
            "warned": row["warned"],
            "not_operating": row["not_operating"],
            "hints": [hint.as_dict() for hint in hints(seen[row["id"]])],
            "department_changed": row["department_changed"],
            "rejections": rejections.get(row["graduate_id"], 0),
            **_returned(row, returns.get(row["id"])),
        }
        for row in marks
    }


def _returned(row: Mapping[str, Any], returns: Mapping[str, Any] | None) -> dict[str, Any]:
    if returns is None:
        return {"returns": 0, "returned_at": None, "resubmitted": False}
    again = row["submitted_at"] is not None and row["submitted_at"] > returns["last"]
    return {"returns": returns["n"], "returned_at": json_time(returns["last"]), "resubmitted": again}
