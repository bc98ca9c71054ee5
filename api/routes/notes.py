"""Room: routes of disputes and notes to the desks, of the digest and of the comparison with the EMS."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint

from api.auth import GRADUATE, REVIEWERS, STAFF_ONLY
from api.desk_answers import Made
from api.endpoints import Call, endpoint
from api.note_answers import DeskNotes, Digest, Reconciliation
from api.schemas import CohortQuery, DisputeText, NoteAnswer, NoteQuery, ReconciliationQuery
from models.states import Flow, NoteKind, NoteStatus
from workflows.commands.desk_notes import answer_note, dispute
from workflows.commands.pushes import push_again
from workflows.flows import FLOWS
from workflows.queries import reconciliation
from workflows.queries.desk_notes import NoteFilters, list_notes
from workflows.queries.digest import read_digest

blueprint = Blueprint("notes", __name__)

_FLOW = f"<any({', '.join(str(f) for f in FLOWS)}):flow>"


@endpoint(
    blueprint,
    "POST",
    f"/v1/{_FLOW}/<id>/dispute",
    rule=GRADUATE,
    summary="对此有异议",
    body=DisputeText,
    answers=Made,
    status=201,
    raises=(409, 422),
)
async def disputing(call: Call, flow: str, id: UUID) -> dict[str, Any]:
    return {"id": str(await dispute(call.actor, Flow(flow), id, call.body.text))}


@endpoint(blueprint, "GET", "/v1/notes", rule=STAFF_ONLY, summary="异议与留言", query=NoteQuery, answers=DeskNotes)
async def index(call: Call) -> Any:
    wish = call.query
    filters = NoteFilters(
        status=NoteStatus(wish.status) if wish.status else None,
        kind=NoteKind(wish.kind) if wish.kind else None,
        cohort=wish.cohort,
        cursor=wish.cursor,
        limit=wish.limit,
    )
    return await list_notes(call.actor, filters)


@endpoint(
    blueprint,
    "POST",
    "/v1/notes/<id>/answer",
    rule=REVIEWERS,
    summary="答复异议或留言",
    body=NoteAnswer,
    status=204,
    raises=(409, 422),
)
async def answer(call: Call, id: UUID) -> None:
    await answer_note(call.actor, id, call.body.text)


@endpoint(blueprint, "GET", "/v1/digest", rule=STAFF_ONLY, summary="每日摘要", query=CohortQuery, answers=Digest)
async def digest(call: Call) -> dict[str, Any]:
    return await read_digest(call.actor, call.query.cohort)


@endpoint(
    blueprint,
    "GET",
    "/v1/reconciliation",
    rule=STAFF_ONLY,
    summary="与就业管理系统对账",
    query=ReconciliationQuery,
    answers=Reconciliation,
)
async def compared(call: Call) -> dict[str, Any]:
    wish = call.query
    return await reconciliation.reconcile(
        call.actor,
        reconciliation.Wish(cohort=wish.cohort, status=wish.status or "", cursor=wish.cursor, limit=wish.limit),
    )


@endpoint(
    blueprint,
    "POST",
    "/v1/graduates/<id>/push",
    rule=REVIEWERS,
    summary="重新上报去向",
    status=204,
    raises=(409,),
)
async def push(call: Call, id: UUID) -> None:
    await push_again(call.actor, id)
