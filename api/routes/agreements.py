"""Room: routes of agreements (就业协议书): their data, the PDF, a zip of several."""

from __future__ import annotations

from typing import Any, Final

from quart import Blueprint, Response

from api.agreement_answers import Agreement
from api.auth import SIGNED_IN
from api.downloads import PDF, ZIP, attachment
from api.endpoints import Call, endpoint
from api.schemas import Numbers
from models.kit import now, shanghai_day
from workflows.commands.agreements import bundle, download
from workflows.queries.agreements import read_agreement

blueprint = Blueprint("agreements", __name__)

_ONE: Final = "/v1/agreements/<string(length=17):agreement_no>"  # so that `archive` is no number


@endpoint(blueprint, "GET", _ONE, rule=SIGNED_IN, summary="一份就业协议书", answers=Agreement)
async def show(call: Call, agreement_no: str) -> dict[str, Any]:
    return await read_agreement(call.actor, agreement_no)


@endpoint(blueprint, "GET", f"{_ONE}/file", rule=SIGNED_IN, summary="就业协议书文件", gives=(PDF,), raises=(409,))
async def file(call: Call, agreement_no: str) -> Response:
    paper = await download(call.actor, agreement_no)
    return attachment(paper.pdf, PDF, paper.name)


@endpoint(
    blueprint,
    "POST",
    "/v1/agreements/archive",
    rule=SIGNED_IN,
    summary="多份就业协议书打包下载",
    body=Numbers,
    gives=(ZIP,),
    raises=(404, 409),
)
async def archive(call: Call) -> Response:
    made = await bundle(call.actor, call.body.numbers)
    return attachment(made, ZIP, f"就业协议书-{shanghai_day(now()):%Y%m%d}.zip")
