"""Room: files on a graduate's phone: chosen with the form or sent in parts by the script; shown to their owner."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
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
from models.kit import parse_id
from models.store import store
from workflows.actors import Actor
from workflows.commands import uploads
from workflows.errors import Fault, HouseError, InvalidForm, NotFound, Refused
from workflows.fields import Form, Kind
from workflows.limits import CHUNK_BYTES, FILE_BYTES, ROSTER_BYTES, UPLOADS
from workflows.queries.attachments import read_file
from workflows.rates import spend

__all__ = ("blueprint",)

ADD: Final = "add_"
"""In front of a field's name: the files that were chosen for it and are on their way with the form."""

FORM_BYTES: Final = min(
    4 * FILE_BYTES, ROSTER_BYTES
)  # files that are sent with one form; by script there is no such end
FORM_SECONDS: Final = 300  # for such a form to arrive over a slow line
MARK: Final = "X-Form-Mark"


# --- with the form -------------------------------------------------------------------------------


async def take_files(actor: Actor, form: Form, values: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """The values with the ids of what was chosen; what cannot be used is a fault of its field."""
    found, faults = dict(values), list[Fault]()
    sent = await request.files
    for field in form.fields:
        if field.kind is not Kind.FILES:
            continue
        for one in sent.getlist(f"{ADD}{field.name}"):
            if not one.filename:
                continue
            try:
                await spend(store(), UPLOADS, f"uploads:{actor.key}")
                made = await uploads.store_upload(actor, one.filename, one.read())
            except InvalidForm as wrong:
                faults += [Fault(field.name, f.code, f"“{one.filename[:60]}”：{f.message}") for f in wrong.faults]
            except HouseError as wrong:
                faults.append(Fault(field.name, wrong.code, wrong.detail))
            else:
                found[field.name] = f"{found.get(field.name, '')} {made}".strip()
    return found, faults


async def without(actor: Actor, form: Form, values: Mapping[str, str], removed: str) -> dict[str, str]:
    """The values without one file (`field:id`), which is thrown away unless it was handed in before."""
    name, _, text = removed.partition(":")
    field, upload_id = form.field(name), parse_id(text)
    if field is None or field.kind is not Kind.FILES or upload_id is None:
        return dict(values)
    with suppress(NotFound, Refused):
        await uploads.delete_upload(actor, upload_id)
    left = [one for one in values.get(name, "").split() if one != text]
    return {**values, name: " ".join(left)}


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
