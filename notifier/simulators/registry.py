"""Room: the simulated credit registry: registration status of an enterprise by its credit code.

Known enterprises come through the control address. Any other well-formed code is in operation, unless characters
14-16 of the code are magic: 404 unknown, 410 注销, 411 吊销, 412 停业.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models import kit
from notifier.simulators.journal import Event, Journal

CODE: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
MAGIC: Final = {"410": "注销", "411": "吊销", "412": "停业"}


class RegistrySimulator:
    """The routes under `/registry`."""

    def __init__(self, folder: Path) -> None:
        self.enterprises: dict[str, dict[str, str]] = {}
        self.calls = 0
        self._journal = Journal(folder / "registry.jsonl", self._apply)

    def close(self) -> None:
        self._journal.close()

    def routes(self) -> list[Route]:
        return [
            Route("/registry/v1/enterprises", self._find, methods=["GET"]),
            Route("/registry/v1/enterprises/{uscc}", self._status, methods=["GET"]),
        ]

    def put(self, enterprises: list[dict[str, str]]) -> None:
        for enterprise in enterprises:
            if self.enterprises.get(enterprise["uscc"]) != enterprise:
                self._journal.write(dict(enterprise))

    async def _status(self, request: Request) -> Response:
        self.calls += 1
        uscc = str(request.path_params["uscc"]).upper()
        if not CODE.fullmatch(uscc):
            return JSONResponse({"error": "bad_code"}, status_code=400)
        known = self.enterprises.get(uscc)
        if known is None and uscc[13:16] == "404":
            return JSONResponse({"error": "not_found"}, status_code=404)
        return _entry(known or {"uscc": uscc, "name": "", "status": MAGIC.get(uscc[13:16], "存续")})

    async def _find(self, request: Request) -> Response:
        self.calls += 1
        key = kit.name_key(request.query_params.get("name", ""))
        for enterprise in self.enterprises.values():
            if key and kit.name_key(enterprise["name"]) == key:
                return _entry(enterprise)
        return JSONResponse({"error": "not_found"}, status_code=404)

    def _apply(self, event: Event) -> None:
        self.enterprises[event["uscc"]] = dict(event)


def error_body(code: int | str) -> dict[str, Any]:
    """A scripted status, for the script of faults."""
    return {"uscc": "", "name": "", "status": str(code), "checked_at": kit.json_time(kit.now())}


def _entry(enterprise: dict[str, str]) -> JSONResponse:
    return JSONResponse({**enterprise, "checked_at": kit.json_time(kit.now())})
