"""Room: files that a browser fetches through the dashboard: the agreement's PDF, asked of the API as its user.

A plain link beside Streamlit's widgets: one click, and what the API refuses is a page with its sentence.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dashboard import addresses
from dashboard.client import Client, Problem
from dashboard.signin import COOKIE, page

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


async def agreement(request: Request) -> Response:
    number = request.path_params["number"]
    client = Client(request.cookies.get(COOKIE, ""))
    try:
        if not addresses.is_agreement(number):
            raise Problem(404, "not_found", "没有找到这份协议。")
        found = await run_in_threadpool(client.file, f"/v1/agreements/{number}/file")
    except Problem as problem:
        if problem.status == 401:
            return RedirectResponse(addresses.login("ended"), 303)
        return page("message.html", problem.status, title="协议书暂时不能下载", message=problem.detail)
    return Response(found.body, media_type="application/pdf", headers={**_HEADERS, "Content-Disposition": found.named})


ROUTES = [Route(f"{addresses.PAPERS}/{{number}}", agreement, methods=["GET"])]
