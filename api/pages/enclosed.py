"""Room: files that come with a form of our pages, stored before the form is judged, so that none is chosen twice.

A page without script sends its files together with everything else that was typed. What came is stored first; a form
that is wrong somewhere comes back with its files by their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from quart import request

from models.kit import parse_id
from models.store import store
from workflows.actors import Actor
from workflows.commands import uploads
from workflows.errors import Fault, HouseError, InvalidForm, NotFound, Refused
from workflows.fields import Form, Kind
from workflows.limits import FILE_BYTES, ROSTER_BYTES, UPLOADS, Rate
from workflows.rates import spend

ADD: Final = "add_"
"""In front of a field's name: the files that were chosen for it and are on their way with the form."""
FORM_BYTES: Final = min(4 * FILE_BYTES, ROSTER_BYTES)  # of one form with its files; by script there is no such end
FORM_SECONDS: Final = 300  # for such a form to arrive over a slow line
_NAME_SHOWN: Final = 60


async def take_files(
    actor: Actor, forms: Iterable[Form], values: Mapping[str, str], limit: tuple[Rate, str] | None = None
) -> tuple[dict[str, str], list[Fault]]:
    """The values with the ids of what was chosen; what cannot be used is a fault of its field.

    `limit`: how often, counted under which key; by itself per person.
    """
    found, faults = dict(values), list[Fault]()
    sent = await request.files
    for field in (field for form in forms for field in form.fields if field.kind is Kind.FILES):
        for one in sent.getlist(f"{ADD}{field.name}"):
            if not one.filename:
                continue
            try:
                await spend(store(), *(limit or (UPLOADS, f"uploads:{actor.key}")))
                made = await uploads.store_upload(actor, one.filename, one.read())
            except InvalidForm as wrong:
                named = f"“{one.filename[:_NAME_SHOWN]}”："
                faults += [Fault(field.name, fault.code, f"{named}{fault.message}") for fault in wrong.faults]
            except HouseError as wrong:
                faults.append(Fault(field.name, wrong.code, wrong.detail))
            else:
                found[field.name] = f"{found.get(field.name, '')} {made}".strip()
    return found, faults


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
