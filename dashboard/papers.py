"""Room: files that pass between a browser and the API through the dashboard, asked for and handed in as its user.

Plain links and one script beside Streamlit's widgets: a download is one click, and what the API refuses is a page
with its sentence. What is handed in must come from a page of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard import addresses
from dashboard.client import Client, Found, Problem, guide
from dashboard.signin import COOKIE, EXPIRED, foreign, page

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
ROSTER_BYTES, FILE_BYTES = 40 * 1024 * 1024, 10 * 1024 * 1024


def _client(request: Request) -> Client:
    return Client(request.cookies.get(COOKIE, ""))


# --- out -----------------------------------------------------------------------------------------


async def _file(request: Request, path: str, title: str) -> Response:
    return await _handed_on(lambda: _client(request).file(path), title)


async def _handed_on(fetch: Callable[[], Found], title: str) -> Response:
    try:
        found = await run_in_threadpool(fetch)
    except Problem as problem:
        if problem.status == 401:
            return RedirectResponse(addresses.login("ended"), 303)
        return page("message.html", problem.status, title=title, message=problem.detail)
    return Response(found.body, media_type=found.media, headers={**_HEADERS, "Content-Disposition": found.named})


async def agreement(request: Request) -> Response:
    number = request.path_params["number"]
    if not addresses.is_agreement(number):
        return page("message.html", 404, title="协议书暂时不能下载", message="没有找到这份协议。")
    return await _file(request, f"/v1/agreements/{number}/file", "协议书暂时不能下载")


async def agreements(request: Request) -> Response:
    """Those of a page of a list, in one file."""
    numbers = [one for one in request.query_params.get("numbers", "").split(",") if addresses.is_agreement(one)]
    return await _handed_on(lambda: _client(request).agreements(numbers), "协议书暂时不能下载")


async def attachment(request: Request) -> Response:
    """A file of a record; pictures are shown by the page that names this address."""
    return await _file(request, f"/v1/files/{_id(request)}", "附件暂时不能查看")


async def job(request: Request) -> Response:
    return await _file(request, f"/v1/jobs/{_id(request)}/file", "文件暂时不能下载")


async def template(request: Request) -> Response:
    return await _file(request, "/v1/roster/template.xlsx", "模板暂时不能下载")


async def poster(request: Request) -> Response:
    """For the account's school, or for the department that is named."""
    department = request.query_params.get("department", "")
    asked = f"?{urlencode({'department': department})}" if department else ""
    return await _file(request, f"/v1/poster{asked}", "海报暂时不能下载")


async def operating_guide(_: Request) -> Response:
    """For everybody: who cannot sign in needs it most."""
    return await _handed_on(guide, "使用指南暂时不能下载")


def _id(request: Request) -> str:
    """An id as the API writes them; anything else is one that nobody has."""
    found = request.path_params["id"]
    return found if addresses.is_id(found) else "-"


# --- in ------------------------------------------------------------------------------------------


async def _taken(request: Request, most: int, hand_in: Callable[[bytes], dict[str, Any]]) -> Response:
    """The body, handed on; the answer or the sentence as JSON for the script that sent it."""
    if foreign(request):
        return _no(403, EXPIRED)
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > most:
        return _no(413, f"文件超过 {most // 1024 // 1024} MB，请精简后再上传。")
    content = await request.body()
    try:
        return JSONResponse(await run_in_threadpool(hand_in, content), headers=_HEADERS)
    except Problem as problem:
        sentence = "；".join(f["message"] for f in problem.faults) or problem.detail
        return _no(problem.status, sentence, str(problem.body.get("guard") or ""))


def _no(status: int, sentence: str, guard: str = "") -> Response:
    return JSONResponse({"sentence": sentence, "guard": guard}, status, headers=_HEADERS)


async def roster(request: Request) -> Response:
    asked, client = request.query_params, _client(request)
    cohort, mode, moves = asked.get("cohort", ""), asked.get("mode", "all"), asked.get("moves", "ask")
    if not cohort.isdigit() or len(cohort) != 4:
        return _no(400, EXPIRED)
    return await _taken(request, ROSTER_BYTES, lambda body: client.roster(body, int(cohort), mode=mode, moves=moves))


async def upload(request: Request) -> Response:
    """One file for a form. `X-File-Name`: percent-encoded, as headers are ASCII."""
    name, client = unquote(request.headers.get("x-file-name", ""))[:200] or "file", _client(request)

    def hand_in(body: bytes) -> dict[str, Any]:
        state = client.upload(name, body)
        if state.get("fault") or not state.get("done"):
            raise Problem(422, "refused", state.get("fault") or "文件没有上传完整，请重新选择。")
        return {"id": state["id"], "name": state["name"]}

    return await _taken(request, FILE_BYTES, hand_in)


ROUTES = [
    Route(addresses.PAPERS, agreements, methods=["GET"]),
    Route(f"{addresses.PAPERS}/{{number}}", agreement, methods=["GET"]),
    Route(f"{addresses.ATTACHMENTS}/{{id}}", attachment, methods=["GET"]),
    Route(f"{addresses.JOBS}/{{id}}", job, methods=["GET"]),
    Route(addresses.TEMPLATE, template, methods=["GET"]),
    Route(addresses.POSTER, poster, methods=["GET"]),
    Route(addresses.GUIDE, operating_guide, methods=["GET"]),
    Route(addresses.ROSTER, roster, methods=["POST"]),
    Route(addresses.UPLOADS, upload, methods=["POST"]),
]
