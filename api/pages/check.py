"""Room: the public check page: whoever holds a paper learns what it is worth today, and no more than its outline."""

from __future__ import annotations

from typing import Final

from quart import Blueprint, Response, request
from quart.blueprints import BlueprintSetupState

from api.auth import ANYONE, route_rule
from api.pages.phone import page
from models.store import store
from workflows.errors import HouseError
from workflows.limits import CHECK
from workflows.queries.agreements import check_paper
from workflows.rates import spend

PREFIX: Final = "/check"

blueprint = Blueprint("check", __name__, url_prefix=PREFIX)


@blueprint.get("/<number>")
@route_rule(ANYONE)
async def check(number: str) -> Response:
    """Numbers follow each other, so looks are counted: nobody shall read the whole register off this page."""
    await spend(store(), CHECK, f"check:{request.remote_addr or ''}")
    return await page("check.html", paper=await check_paper(number))


async def _refused(error: HouseError) -> Response:
    return await page("message.html", error.status, title=error.title, text=error.detail, link="", label="")


@blueprint.record
def _register(state: BlueprintSetupState) -> None:
    state.app.extensions.setdefault("error_pages", {})[PREFIX] = _refused
