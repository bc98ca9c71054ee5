"""Room: routes of files: sent in parts that may be resumed, served as we have made them over.

A part that was lost on the way is asked for by its offset (the ways of tus: `Upload-Offset`, 409 where it does not
follow). The bytes of a file are never shown inside a page of ours: attachment, no sniffing, sandboxed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint, Response, request

from api.auth import SENDERS, SIGNED_IN
from api.body import upload_offset
from api.downloads import attachment
from api.endpoints import Answer, Call, endpoint
from api.file_answers import FileBegun, FileState
from api.schemas import NewFile
from models.store import store
from workflows.commands import uploads
from workflows.intake.names import EXTENSIONS
from workflows.limits import UPLOADS
from workflows.queries.attachments import read_file
from workflows.rates import spend

blueprint = Blueprint("files", __name__)

PART = "application/offset+octet-stream"


@endpoint(
    blueprint,
    "POST",
    "/v1/files",
    rule=SENDERS,
    summary="开始上传一个文件",
    body=NewFile,
    answers=FileBegun,
    status=201,
    raises=(409, 422, 429),
)
async def begin(call: Call) -> Answer:
    await spend(store(), UPLOADS, f"uploads:{call.actor.key}")
    made = await uploads.begin_upload(call.actor, call.body.name, call.body.total)
    return Answer({"id": str(made), "offset": 0}, headers={"Location": f"/v1/files/{made}"})


@endpoint(
    blueprint,
    "PATCH",
    "/v1/files/<id>",
    rule=SENDERS,
    summary="上传文件的一部分；最后一部分到齐后检查并重新生成文件",
    takes=PART,
    answers=FileState,
    raises=(408, 409, 422, 428),
    headers=("Upload-Offset",),
)
async def add(call: Call, id: UUID) -> Answer:
    found = await uploads.add_bytes(call.actor, id, upload_offset(), call.body)
    return Answer(found.as_dict(), headers={"Upload-Offset": str(found.offset)})


@endpoint(blueprint, "GET", "/v1/files/<id>/state", rule=SENDERS, summary="上传进度", answers=FileState)
async def state(call: Call, id: UUID) -> Answer:
    found = await uploads.read_upload(call.actor, id)
    return Answer(found.as_dict(), headers={"Upload-Offset": str(found.offset)})


@endpoint(
    blueprint,
    "GET",
    "/v1/files/<id>",
    rule=SIGNED_IN,
    summary="下载文件（HEAD：本人上传的进度）",
    gives=tuple(EXTENSIONS),
    raises=(409,),
)
async def show(call: Call, id: UUID) -> Any:
    if request.method == "HEAD":
        return await progress(call, id)
    found = await read_file(call.actor, id)
    response = attachment(found.data, found.media, found.name)
    response.headers["Accept-Ranges"] = "none"
    return response


async def progress(call: Call, id: UUID) -> Response:
    """How far one's own upload is, without a body."""
    found = await uploads.read_upload(call.actor, id)
    response = Response(b"", content_type="application/json")
    response.headers["Upload-Offset"] = str(found.offset)
    response.headers["Upload-Length"] = str(found.total)
    response.headers["Cache-Control"] = "no-store"
    return response


@endpoint(
    blueprint,
    "DELETE",
    "/v1/files/<id>",
    rule=SENDERS,
    summary="删除本人上传、还没有随表提交的文件",
    status=204,
    raises=(409,),
)
async def remove(call: Call, id: UUID) -> None:
    await uploads.delete_upload(call.actor, id)
