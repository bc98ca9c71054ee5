"""Room: what a refusal looks like in the portal: a Chinese page that says what happened and leads on."""

from __future__ import annotations

from quart import Quart, Response, g, request
from quart.blueprints import BlueprintSetupState

from api.pages import sessions
from api.pages.answering import held_off
from api.pages.employer.entering import kept_form, lost_session
from api.pages.employer.portal import PREFIX, blueprint, render
from api.pages.employer.records import ALL, OURS, asked_of, query_of
from api.pages.repeating import told
from models.states import Flow
from workflows.errors import Conflict, HouseError, Unauthenticated, Unavailable
from workflows.flows import FLOWS

TOO_LARGE = 413


async def error_page(error: HouseError) -> Response:
    """The page of one error. An ended session leads through the sign-in; what we failed to take can be sent again."""
    if isinstance(error, Unauthenticated):
        return await lost_session(error)
    link, label = _way_out(error)
    again = await kept_form() if error.status >= 500 else {}
    response = await render(
        "error.html",
        error.status,
        title=error.title,
        text=told(error)["alert"] or error.detail,
        state=error.context.get("label") if isinstance(error, Conflict) else None,
        link=link,
        label=label,
        again=again,
        here=request.path,
        session=sessions.EMPLOYER.token,
        number=str(g.get("request_id", "")),
    )
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = "5"
    return held_off(response, error)


def _way_out(error: HouseError) -> tuple[str, str]:
    """Back to the form or the record that was meant, else to the list of its flow, else to the first page."""
    if error.status == TOO_LARGE:
        return request.path, "返回重新填写"
    if request.path.startswith(f"{ALL}/"):  # the list taken along: back to it, as narrow as it was
        flow = request.args.get("flow", "")
        place = f"{PREFIX}/{flow}" if flow in {str(f) for f in OURS} else ALL
        return f"{place}{query_of(asked_of(request.args))}".rstrip("?"), "返回签约记录"
    values = request.view_args or {}
    flow = values.get("flow", "")
    if flow not in {str(f) for f in FLOWS}:
        return PREFIX, "返回首页"
    if "id" in values and error.status != 404:
        return f"{PREFIX}/{flow}/{values['id']}", "查看该记录"
    return f"{PREFIX}/{flow}", f"返回{FLOWS[Flow(flow)].label}记录"


@blueprint.record
def _register(state: BlueprintSetupState) -> None:
    app: Quart = state.app  # type: ignore[assignment]
    app.extensions.setdefault("error_pages", {})[PREFIX] = error_page
