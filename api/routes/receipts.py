"""Room: what the SMS provider reports of messages it had taken (wire format of Tencent Cloud SMS).

Receipts are unsigned, so the path is a secret that follows from the installation's own key; what matches no message
of ours changes nothing (`commands/receipts.py`).
"""

from __future__ import annotations

import hmac
import json
from typing import Any, Final

from quart import Blueprint, Response, request

from api.auth import ANYONE, route_rule
from api.endpoints import JSON
from models.states import Channel
from workflows.actors import CLOCK
from workflows.commands.receipts import Receipt, note_receipts
from workflows.commands.tokens import signing_key
from workflows.errors import InvalidRequest, NotFound

blueprint = Blueprint("receipts", __name__)

_MOST: Final = 100  # reports in one call, by the provider's own word
_TAKEN: Final = b'{"result":0,"errmsg":"OK"}'


def sms_path() -> str:
    """Where the provider is to send its reports; shown to the operator, never logged."""
    return f"/receipts/sms/{signing_key('sms receipts').hex()[:40]}"


@blueprint.post("/receipts/sms/<secret>", provide_automatic_options=False)
@route_rule(ANYONE)
async def sms(secret: str) -> Response:
    if not hmac.compare_digest(sms_path().rpartition("/")[2].encode(), secret.encode()):
        raise NotFound
    try:
        reports = json.loads(await request.get_data(as_text=False))
    except (ValueError, RecursionError):
        raise InvalidRequest from None
    if not isinstance(reports, list):
        raise InvalidRequest
    found = [receipt for receipt in map(_receipt, reports[:_MOST]) if receipt is not None]
    await note_receipts(CLOCK, found)
    return Response(_TAKEN, content_type=JSON)


def _receipt(report: Any) -> Receipt | None:
    """One report; None for one that names no message."""
    if not isinstance(report, dict):
        return None
    serial, status, code, context = (report.get(key) for key in ("sid", "report_status", "errmsg", "ext"))
    if not isinstance(serial, str) or status not in ("SUCCESS", "FAIL") or not _plain(serial):
        return None
    return Receipt(
        channel=Channel.SMS,
        provider_id=serial[:80],
        delivered=status == "SUCCESS",
        code=code[:60] if isinstance(code, str) and _plain(code) else "",
        context=context[:40] if isinstance(context, str) and _plain(context) else "",
    )


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
