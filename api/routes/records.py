"""Room: routes of records: lists, one record, its history, and every act on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint

from api import acts
from api.act_answers import BulkResult, History, Outcome
from api.answers import Record, Records
from api.auth import REVIEWERS, SIGNED_IN, only
from api.body import idempotency_key, precondition
from api.endpoints import Answer, Call, endpoint
from api.schemas import Act, Bulk, Creation, RecordQuery, RecordSearch
from models.parties import Level
from models.states import Flow
from workflows.flows import FLOWS
from workflows.queries.history import read_history
from workflows.queries.record_filters import Filters
from workflows.queries.record_page import read_record
from workflows.queries.records import list_records

blueprint = Blueprint("records", __name__)

_FLOW = f"<any({', '.join(str(f) for f in FLOWS)}):flow>"
_CREATORS = only("creators", *(p for f in FLOWS.values() for t in f.transitions if t.creates for p in t.by))


@endpoint(
    blueprint,
    "GET",
    f"/v1/{_FLOW}",
    rule=SIGNED_IN,
    summary="记录列表",
    query=RecordQuery,
    answers=Records,
)
async def index(call: Call, flow: str) -> Any:
    return await list_records(call.actor, Flow(flow), _filters(call.query))


@endpoint(
    blueprint,
    "POST",
    f"/v1/search/{_FLOW}",
    rule=SIGNED_IN,
    summary="按身份证号码等条件查找记录（号码不进入网址）",
    body=RecordSearch,
    answers=Records,
)
async def search(call: Call, flow: str) -> Any:
    return await list_records(call.actor, Flow(flow), _filters(call.body, call.body.id_number))


def _filters(wish: RecordQuery, id_number: str = "") -> Filters:
    return Filters(
        states=tuple(wish.state),
        phase=wish.phase,
        waits_on=wish.waits_on,
        cohort=wish.cohort,
        department=wish.department,
        level=Level(wish.level) if wish.level else None,
        major=wish.major,
        name=wish.name,
        id_number=id_number,
        employer=wish.employer,
        uscc=wish.uscc,
        agreement_no=wish.agreement_no,
        since=wish.since,
        until=wish.until,
        sort=wish.sort,
        cursor=wish.cursor,
        limit=wish.limit,
    )


@endpoint(
    blueprint,
    "POST",
    f"/v1/{_FLOW}",
    rule=_CREATORS,
    summary="新建记录",
    body=Creation,
    answers=Outcome,
    status=201,
    raises=(404, 409, 422, 428, 429),
    headers=("Idempotency-Key",),
)
async def create(call: Call, flow: str) -> Answer:
    key = idempotency_key()
    body = call.body
    outcome = await acts.create(call.who, Flow(flow), body.action, body.form, key, body.parent)
    return Answer(acts.answer(outcome), headers={"Location": f"/v1/{flow}/{outcome.record_id}"})


@endpoint(blueprint, "GET", f"/v1/{_FLOW}/<id>", rule=SIGNED_IN, summary="一条记录", answers=Record)
async def show(call: Call, flow: str, id: UUID) -> Answer:
    record = await read_record(call.actor, Flow(flow), id)
    return Answer(record, headers={"ETag": f'"{record["version"]}"'})


@endpoint(blueprint, "GET", f"/v1/{_FLOW}/<id>/history", rule=SIGNED_IN, summary="办理历史", answers=History)
async def history(call: Call, flow: str, id: UUID) -> dict[str, Any]:
    return {"items": await read_history(call.actor, Flow(flow), id)}


@endpoint(
    blueprint,
    "POST",
    f"/v1/{_FLOW}/<id>/actions/<action>",
    rule=SIGNED_IN,
    summary="对一条记录办理",
    body=Act,
    answers=Outcome,
    raises=(409, 422, 428),
    headers=("If-Match", "Idempotency-Key"),
)
async def do(call: Call, flow: str, id: UUID, action: str) -> Answer:
    version, key = precondition(), idempotency_key()
    outcome = await acts.on_record(call.who, Flow(flow), id, action, call.body.form, version=version, key=key)
    return Answer(acts.answer(outcome), headers={"ETag": f'"{outcome.version}"'})


@endpoint(
    blueprint,
    "POST",
    f"/v1/{_FLOW}/bulk/<action>",
    rule=REVIEWERS,
    summary="批量办理，逐条给出结果",
    body=Bulk,
    answers=BulkResult,
    raises=(404, 422, 428),
    headers=("Idempotency-Key",),
)
async def in_bulk(call: Call, flow: str, action: str) -> dict[str, Any]:
    key = idempotency_key()
    items = [(item.id, item.version) for item in call.body.items]
    return {"results": await acts.in_bulk(call.who, Flow(flow), action, items, call.body.form, key)}
