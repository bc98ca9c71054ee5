"""Room: routes of what the account itself has done, and of reviewers' notes beside a record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint

from api.auth import REVIEWERS, SIGNED_IN
from api.endpoints import Call, endpoint
from api.list_answers import OwnHistory
from api.list_schemas import HistoryQuery, NewNote
from workflows.commands.record_notes import add_note
from workflows.queries.own_history import own_history

blueprint = Blueprint("histories", __name__)


@endpoint(
    blueprint,
    "GET",
    "/v1/me/history",
    rule=SIGNED_IN,
    summary="本人的操作记录",
    query=HistoryQuery,
    answers=OwnHistory,
)
async def own(call: Call) -> dict[str, Any]:
    before = call.query.before
    return await own_history(call.actor, int(before) if before else None, call.query.limit)


@endpoint(
    blueprint,
    "POST",
    "/v1/records/<id>/notes",
    rule=REVIEWERS,
    summary="添加只有审核人员可见的备注",
    body=NewNote,
    status=204,
    raises=(422,),
)
async def note(call: Call, id: UUID) -> None:
    await add_note(call.actor, id, call.body.text)
