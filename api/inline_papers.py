"""Room: papers that come inside a JSON body, from somebody who has no account to upload with (workflows.md 0).

Whoever registers or asks to take an employer over is nobody yet: what was sent belongs to an actor made for this one
request. Portal pages take larger files; here the whole body has to fit the limit of JSON.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from quart import request

from api.schemas import InlinePaper
from models.store import store
from workflows.actors import Actor, applicant
from workflows.commands.uploads import store_upload
from workflows.errors import Fault, InvalidForm
from workflows.fields import Form
from workflows.forms import FORMS, validate
from workflows.limits import APPLICANT_UPLOADS
from workflows.rates import spend

UNREADABLE = "文件内容应为 base64 编码。"


async def taken(
    form: str, values: Mapping[str, Any], papers: str, sent: Mapping[str, InlinePaper]
) -> tuple[Actor, dict[str, UUID]]:
    """Who sent them, and the upload of each field of the form `papers`.

    Nothing is stored before everything has been read: raises InvalidForm with the faults of both forms at once, and of
    files that cannot be used; RateLimited, counted per address.
    """
    asked = FORMS[papers]
    read = {name: _content(asked, name, paper) for name, paper in sent.items()}
    _, faults = validate(FORMS[form], values, {})
    # An id of nobody's stands for what is there, so that only what is missing is a fault.
    _, missing = validate(asked, {name: [str(UUID(int=0))] for name in read}, {})
    if wrong := [*faults, *missing]:
        raise InvalidForm(wrong)
    actor, found = applicant(secrets.token_urlsafe(32)), {}
    for name, data in read.items():
        await spend(store(), APPLICANT_UPLOADS, f"uploads:{request.remote_addr or ''}")
        try:
            found[name] = await store_upload(actor, sent[name].name, data)
        except InvalidForm as refused:
            raise InvalidForm([Fault(name, fault.code, fault.message) for fault in refused.faults]) from None
    return actor, found


def _content(asked: Form, name: str, paper: InlinePaper) -> bytes:
    if asked.field(name) is None:
        raise InvalidForm([Fault(name, "unknown_field", "没有这一项，请去掉。")])
    try:
        return base64.b64decode(paper.content, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidForm([Fault(name, "bad_format", UNREADABLE)]) from None
