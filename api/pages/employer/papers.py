"""Room: files on the portal's pages: sent with their form, kept while it is corrected, served to who may see them.

A page without script sends a file together with the rest of its form, so everything that came is stored first: a form
that is wrong somewhere comes back with its files, each named and removable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from quart import Response, request

from api.auth import Caller
from api.downloads import attachment
from api.pages.employer.portal import page
from models.kit import parse_id
from models.store import store
from workflows.actors import Actor
from workflows.commands import uploads
from workflows.errors import Fault, HouseError, InvalidForm, NotFound, Refused
from workflows.fields import Form, Kind
from workflows.limits import APPLICANT_UPLOADS, FILE_BYTES, JSON_BYTES, ROSTER_BYTES, UPLOADS, Rate
from workflows.queries.attachments import read_file
from workflows.rates import spend

ADD: Final = "add_"
"""In front of a field's name: files that were chosen for it and come with the form."""
UPLOAD: Final = "upload"
"""The button that only stores what was chosen."""
REMOVE: Final = "remove"
"""The button of one file; its value is `field:id`."""
FORM_BYTES: Final = min(4 * FILE_BYTES, ROSTER_BYTES)  # of one form with its files; more files go in a second turn
ENTRY_BYTES: Final = 2 * FILE_BYTES + 4 * JSON_BYTES  # of a form of somebody who is not signed in
_NAME_SHOWN: Final = 60

Files = Mapping[str, list[dict[str, Any]]]
Taken = tuple[dict[str, str], list[Fault]]


async def take(actor: Actor, forms: Iterable[Form], values: Mapping[str, str], limit: tuple[Rate, str]) -> Taken:
    """Store what was chosen and drop what was removed: the values with ids of files, and what is wrong with a file.

    `limit`: how often, counted under which key.
    """
    found, faults = dict(values), list[Fault]()
    sent = await request.files
    for field in (field for form in forms for field in form.fields if field.kind is Kind.FILES):
        for one in sent.getlist(f"{ADD}{field.name}"):
            if not one.filename:
                continue
            try:
                await spend(store(), *limit)
                made = await uploads.store_upload(actor, one.filename, one.read())
            except InvalidForm as wrong:
                named = f"“{one.filename[:_NAME_SHOWN]}”："
                faults += [Fault(field.name, fault.code, f"{named}{fault.message}") for fault in wrong.faults]
            except HouseError as wrong:
                faults.append(Fault(field.name, wrong.code, wrong.detail))
            else:
                found[field.name] = f"{found.get(field.name, '')} {made}".strip()
    return found, faults


def own_limit(who: Caller) -> tuple[Rate, str]:
    """How often one person may send files."""
    return UPLOADS, f"uploads:{who.actor.key}"


def applicants_limit() -> tuple[Rate, str]:
    """How often those behind one address may, who are not signed in."""
    return APPLICANT_UPLOADS, f"uploads:{request.remote_addr or ''}"


def ids(form: Form, values: Mapping[str, str]) -> dict[str, UUID]:
    """The upload of each field that takes one, once the form was found right."""
    found = {field.name: parse_id(values.get(field.name, "").strip()) for field in form.fields}
    return {name: one for name, one in found.items() if one is not None}


async def without(actor: Actor, forms: Iterable[Form], values: Mapping[str, str], removed: str) -> dict[str, str]:
    """The values without one file, which is thrown away unless it was handed in before."""
    name, _, text = removed.partition(":")
    upload_id = parse_id(text)
    named = any(form.field(name) is not None for form in forms)
    if not named or upload_id is None or text not in values.get(name, "").split():
        return dict(values)
    with suppress(NotFound, Refused):
        await uploads.delete_upload(actor, upload_id)
    return {**values, name: " ".join(one for one in values[name].split() if one != text)}


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
