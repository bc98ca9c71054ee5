"""Room: files on a graduate's phone: chosen with the form or sent in parts by the script; shown to their owner."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from quart import Response, request

from api import errors
from api.body import read_json, read_part, upload_offset
from api.downloads import attachment
from api.endpoints import reply
from api.pages.doors import Guest, door
from api.pages.phone import SESSION, blueprint, check_mark
from api.routes.files import PART
from api.schemas import NewFile
from models.store import store
from workflows.commands import uploads
from workflows.errors import HouseError
from workflows.limits import CHUNK_BYTES, UPLOADS
from workflows.queries.attachments import read_file
from workflows.rates import spend

__all__ = ("blueprint",)

MARK: Final = "X-Form-Mark"


# --- by the script -------------------------------------------------------------------------------


@door("/files", "POST")
async def begin_file(who: Guest) -> Response:
    return await _answered(_begin(who), 201)


async def _begin(who: Guest) -> dict[str, Any]:
    check_mark(SESSION.name, request.headers.get(MARK, ""))
    wanted = await read_json(NewFile)
    await spend(store(), UPLOADS, f"uploads:{who.actor.key}")
    return {"id": str(await uploads.begin_upload(who.actor, wanted.name, wanted.total)), "offset": 0}


@door("/files/<file_id>", "PATCH", most=CHUNK_BYTES)
async def add_to_file(who: Guest, file_id: UUID) -> Response:
    return await _answered(_add(who, file_id))


async def _add(who: Guest, file_id: UUID) -> dict[str, Any]:
    check_mark(SESSION.name, request.headers.get(MARK, ""))
    part = await read_part(PART)
    return (await uploads.add_bytes(who.actor, file_id, upload_offset(), part)).as_dict()


@door("/files/<file_id>/state")
async def file_state(who: Guest, file_id: UUID) -> Response:
    return await _answered(_state(who, file_id))


async def _state(who: Guest, file_id: UUID) -> dict[str, Any]:
    return (await uploads.read_upload(who.actor, file_id)).as_dict()


@door("/files/<file_id>", "DELETE")
async def drop_file(who: Guest, file_id: UUID) -> Response:
    return await _answered(_drop(who, file_id))


async def _drop(who: Guest, file_id: UUID) -> dict[str, Any]:
    check_mark(SESSION.name, request.headers.get(MARK, ""))
    await uploads.delete_upload(who.actor, file_id)
    return {}


async def _answered(work: Any, status: int = 200) -> Response:
    """The script reads JSON, refusals too."""
    try:
        return reply(await work, status)
    except HouseError as refusal:
        return errors.answer(refusal)


@door("/files/<file_id>")
async def own_file(who: Guest, file_id: UUID) -> Response:
    """A file that this person sent or may see with a record; pages show it as a picture."""
    found = await read_file(who.actor, file_id)
    return attachment(found.data, found.media, found.name)
