"""Room: who somebody says to be, and the code by SMS that shows it: two pages that binding and signing in share.

What is answered and how long it takes does not tell whether somebody exists; see `workflows/commands/bindings.py`.
"""

from __future__ import annotations

from typing import Final

from quart import Response, request

from api.pages.phone import page
from api.pages.repeating import told
from models.codes import PAPER_RESIDENT_ID, table
from models.store import store
from workflows.commands.bindings import ask_code
from workflows.errors import HouseError, InvalidForm, RateLimited

CLAIM: Final = ("name", "id_kind", "id_number")
"""The fields of the first page."""


async def take_claim(visit: str, given: dict[str, str]) -> None:
    """Raises Unauthenticated, InvalidForm, RateLimited; whoever names no paper means the identity card."""
    paper = given["id_kind"] or PAPER_RESIDENT_ID
    await ask_code(store(), visit, given["name"], given["id_number"], request.remote_addr or "", paper)


async def who_page(template: str, given: dict[str, str], refusal: HouseError | None, **more: object) -> Response:
    """Asks who it is, with what was typed and what is wrong with it. `more`: `action`, `steps` in all, `mark`."""
    return await page(
        template,
        refusal.status if refusal else 200,
        given={**given, "id_kind": given.get("id_kind") or PAPER_RESIDENT_ID},
        papers=[{"value": one.code, "label": one.label} for one in table("paper")],
        **shown(refusal),
        **more,
    )


async def code_page(template: str, fault: str, refusal: HouseError | None, **more: object) -> Response:
    """Asks for the code. `fault`: of the code itself. `more`: `action`, `back`, `steps` in all, `mark`."""
    status = refusal.status if refusal else 422 if fault else 200
    return await page(template, status, fault=fault, alert=shown(refusal)["alert"], **more)


def shown(refusal: HouseError | None) -> dict[str, object]:
    """Faults by field, and the sentence on top for anything else."""
    if isinstance(refusal, InvalidForm):
        return {"faults": {fault.path: fault.message for fault in refusal.faults}, "alert": ""}
    more = "一分钟内只能获取一次验证码。" if isinstance(refusal, RateLimited) else ""
    return {"faults": {}, "alert": f"{told(refusal)['alert']}{more}"}
