"""Room: the rest of the review page: what went before, notes of staff, what a termination is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from models import codes
from models.db import fetch, fetch_row
from models.kit import json_time, now
from models.parties import PARTY_LABELS, STAFF, Party
from models.states import Flow
from workflows.actors import Actor, visible_to
from workflows.facts import RecordFacts
from workflows.flows import FLOWS
from workflows.queries.attachments import same_image
from workflows.queries.paging import Where
from workflows.queries.reviewing import reviewed

REMINDERS = ("answer_reminder", "answer_reminder_employer")

_NOTES = """
SELECT at, detail->>'by' AS by, COALESCE(detail->>'text', detail->'form'->>'note') AS text FROM journal
WHERE subject_id = $1 AND party = ANY($2) AND COALESCE(detail->>'text', detail->'form'->>'note', '') <> ''
ORDER BY id"""

_VOIDED = """
SELECT r.id, r.flow, r.destination_code, r.employer_name, r.submitted_at,
  (SELECT max(j.at) FROM journal j WHERE j.subject_id = r.id AND j.action = 'void') AS voided_at
FROM records r WHERE r.graduate_id = $1 AND r.state = 'voided' ORDER BY r.created_at DESC, r.id DESC"""

_ASKED_BY = "SELECT party FROM journal WHERE subject_id = $1 AND version = 1 ORDER BY id LIMIT 1"

# One reminder may leave by several channels; it is one reminder.
_REMINDED = """
SELECT count(*) AS n, max(at) AS last FROM (
  SELECT date_trunc('minute', created_at) AS at FROM outbox WHERE record_id = $1 AND notice = ANY($2)
  UNION SELECT date_trunc('minute', created_at) FROM inbox_notes WHERE record_id = $1 AND notice = ANY($2)) t"""


async def beside(actor: Actor, record: RecordFacts) -> dict[str, Any]:
    """For reviewers: risk marks, hints, counts, notes of staff, earlier voided records, the same pictures elsewhere."""
    images = await _same_images(actor, record)
    found = (await reviewed([{"id": record.id}], {record.id: images}))[record.id]
    notes = await fetch(_NOTES, record.id, [str(party) for party in STAFF])
    return {
        **found,
        "notes": [{"at": json_time(n["at"]), "by": n["by"] or "", "text": n["text"]} for n in notes],
        "voided": await voided_of(record.graduate_id),
        "same_images": images,
    }


async def _same_images(actor: Actor, record: RecordFacts) -> list[dict[str, Any]]:
    """Pictures of this record that somebody else handed in. Whose they are is told where the reader may see that."""
    found = await same_image(record.school_id, record.id)
    where = Where()
    where.within(visible_to(actor), "r")
    where.add("r.id = ANY({})", [UUID(one["record_id"]) for one in found])
    rows = await fetch(f"SELECT r.id FROM records r WHERE {where.text}", *where.values) if found else []  # noqa: S608  fixed texts, numbered parameters
    seen = {str(row["id"]) for row in rows}
    return [one if one["record_id"] in seen else {**one, **_ELSEWHERE} for one in found]


_ELSEWHERE = {"record_id": None, "graduate_name": "其他院系或学历层次的毕业生", "other_file": None}


async def voided_of(graduate_id: UUID) -> list[dict[str, Any]]:
    """A graduate's voided destinations, newest first; for readers who were let through to the graduate already."""
    return [
        {
            "id": str(row["id"]),
            "flow": row["flow"],
            "destination_code": row["destination_code"] or None,
            "employer": row["employer_name"],
            "submitted_at": json_time(row["submitted_at"]) if row["submitted_at"] else None,
            "voided_at": json_time(row["voided_at"]) if row["voided_at"] else None,
        }
        for row in await fetch(_VOIDED, graduate_id)
    ]


async def termination(record: RecordFacts) -> dict[str, Any] | None:
    """协议编号, 解约方, 解约申请人, 解约原因, 解约说明, how long the other side has been silent. Of terminations only.

    `days_silent`: whole days since the other side was asked, while it is its turn.
    """
    table, row = FLOWS[record.flow], record.row
    if not table.parents:
        return None
    party = Party(await _asked_by(record))
    reminded = await fetch_row(_REMINDED, record.id, list(REMINDERS))
    silent = table.state(record.state).waits_on in (Party.GRADUATE, Party.EMPLOYER) and _answers(record.flow)
    reason = row["form"].get("reason", "")
    return {
        "agreement_no": row["agreement_no"] or None,
        "party": str(party),
        "party_label": PARTY_LABELS[party],
        "applicant": row["graduate_name"] if party is Party.GRADUATE else row["employer_name"],
        "asked_at": json_time(row["created_at"]),
        "reason": reason or None,
        "reason_label": codes.table("termination_reason").label(reason) if reason else None,
        "explanation": row["form"].get("reason_text") or None,
        "days_silent": (now() - row["waiting_since"]) // timedelta(days=1) if silent else None,
        "reminders": reminded["n"] if reminded else 0,
        "reminded_at": json_time(reminded["last"]) if reminded and reminded["last"] else None,
    }


async def _asked_by(record: RecordFacts) -> str:
    makers = FLOWS[record.flow].made_by
    if len(makers) == 1:
        return str(next(iter(makers)))
    row = await fetch_row(_ASKED_BY, record.id)
    return str(row["party"]) if row else str(Party.GRADUATE)


def _answers(flow: Flow) -> bool:
    """Whether one side waits for the other's answer, so that there is a silence to count."""
    return len(FLOWS[flow].made_by) > 1
