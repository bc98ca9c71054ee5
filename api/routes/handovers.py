"""Room: routes of 经办人变更: a new person takes an employer over, its province decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint, request

from api.auth import ANYONE, PROVINCE
from api.desk_answers import Made
from api.endpoints import Call, endpoint
from api.inline_papers import taken
from api.schemas import HandoverDecision, Registration
from models.store import store
from workflows.commands import handovers

blueprint = Blueprint("handovers", __name__)


@endpoint(
    blueprint,
    "POST",
    "/v1/handovers",
    rule=ANYONE,
    summary="申请成为已注册单位的新经办人",
    body=Registration,
    form="employer_handover",
    answers=Made,
    status=201,
    raises=(409, 422, 429),
)
async def ask(call: Call) -> dict[str, Any]:
    wish, address = call.body, request.remote_addr or ""
    actor, papers = await taken("employer_handover", wish.form, "employer_handover_papers", wish.papers)
    made = await handovers.ask_from(
        address, store(), wish.form, wish.username, wish.password, actor=actor, papers=papers
    )
    return {"id": str(made)}


@endpoint(
    blueprint,
    "POST",
    "/v1/handovers/<id>/decision",
    rule=PROVINCE,
    summary="经办人变更：通过或不通过",
    body=HandoverDecision,
    status=204,
    raises=(409, 422),
)
async def decide(call: Call, id: UUID) -> None:
    wish = call.body
    await handovers.decide_handover(
        call.actor, id, approved=wish.approved, note=wish.note, keep_others=wish.keep_others
    )
