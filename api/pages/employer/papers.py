"""Room: files on the portal's pages: sent with their form, kept while it is corrected, served to who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from quart import Response, request

from api.auth import Caller
from api.downloads import attachment
from api.pages.employer.portal import page
from models.kit import parse_id
from workflows.actors import Actor
from workflows.commands import uploads
from workflows.errors import NotFound
from workflows.fields import Form, Kind
from workflows.limits import APPLICANT_UPLOADS, FILE_BYTES, JSON_BYTES, Rate
from workflows.queries.attachments import read_file

UPLOAD: Final = "upload"
"""The button that only stores what was chosen."""
REMOVE: Final = "remove"
"""The button of one file; its value is `field:id`."""
ENTRY_BYTES: Final = 2 * FILE_BYTES + 4 * JSON_BYTES  # of a form of somebody who is not signed in

Files = Mapping[str, list[dict[str, Any]]]


def applicants_limit() -> tuple[Rate, str]:
    """How often those behind one address may, who are not signed in."""
    return APPLICANT_UPLOADS, f"uploads:{request.remote_addr or ''}"


def ids(form: Form, values: Mapping[str, str]) -> dict[str, UUID]:
    """The upload of each field that takes one, once the form was found right."""
    found = {field.name: parse_id(values.get(field.name, "").strip()) for field in form.fields}
    return {name: one for name, one in found.items() if one is not None}


async def shown(actor: Actor, forms: Iterable[Form], values: Mapping[str, str]) -> Files:
    """What was sent for each field of files: `{id, name, size}`; ids that are nobody's of this actor are left out."""
    return {
        field.name: [line for text in values.get(field.name, "").split() if (line := await _line(actor, text))]
        for form in forms
        for field in form.fields
        if field.kind is Kind.FILES
    }


async def _line(actor: Actor, text: str) -> dict[str, Any] | None:
    upload_id = parse_id(text)
    if upload_id is None:
        return None
    try:
        found = await uploads.read_upload(actor, upload_id)
    except NotFound:
        return None
    return {"id": text, "name": found.name, "size": size(found.bytes)}


def size(count: int) -> str:
    """`320 KB`, `1.4 MB`."""
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(1, count // 1024)} KB"


@page("/files/<id>")
async def download_file(who: Caller, id: UUID) -> Response:
    found = await read_file(who.actor, id)
    return attachment(found.data, found.media, found.name)
