"""Room: the simulated employment management system: takes destinations into a durable ledger, answers look-ups.

Wire: contracts 9. The same push id, or a sequence number that is not newer, changes nothing; how often that happened is
counted, because the tests of the notifier read "applied once" from here.

Magic values: an id number with the order code 999 (characters 15-17) is not on the roster; an employer name with
「上报失败」 does not pass. Both are refused with a reason.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from models import kit
from models.config import UpstreamSettings
from notifier.simulators.journal import Event, Journal
from notifier.simulators.pages import render

CLOCK_LIMIT: Final = 300
SHOWN: Final = 200
NOT_EMPLOYED_YET: Final = "70"

Who = tuple[str, int, str]
"""School code, cohort, id number."""


@dataclass(slots=True)
class Ledger:
    """The folded state. `rows`: every push that was not a repeat, in order of arrival."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    by_push: dict[str, dict[str, Any]] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)
    last_seq: dict[Who, int] = field(default_factory=dict)
    present: dict[Who, dict[str, str]] = field(default_factory=dict)
    roster: dict[Who, dict[str, Any]] = field(default_factory=dict)


class EmsSimulator:
    """The routes under `/ems` and the ledger behind them."""

    def __init__(self, config: UpstreamSettings, folder: Path) -> None:
        self._secret = config.secret.get_secret_value()
        self.ledger = Ledger()
        self._journal = Journal(folder / "ems.jsonl", self._apply, durable=True)

    def close(self) -> None:
        self._journal.close()

    def routes(self) -> list[Route]:
        return [
            Route("/ems", self._page, methods=["GET"]),
            Route("/ems/v1/destinations", self._destinations, methods=["POST"]),
            Route("/ems/v1/graduates/lookup", self._lookup, methods=["POST"]),
        ]

    def put_roster(self, graduates: list[dict[str, Any]]) -> None:
        """Tell the EMS whom it holds (school, cohort, id_number and anything else), and who is `gone`."""
        for graduate in graduates:
            kind = "gone" if graduate.pop("gone", False) else "graduate"
            self._journal.write({"e": kind, "graduate": graduate})

    def mailbox(self) -> dict[str, Any]:
        """The whole ledger for tests: rows, and repeats by push id."""
        return {"ledger": self.ledger.rows, "repeats": self.ledger.repeats}

    async def _destinations(self, request: Request) -> Response:
        body = await request.body()
        if not self._signed(request, body):
            return JSONResponse({"error": "bad_signature"}, status_code=401)
        push = _push(body)
        if push is None:
            return JSONResponse({"error": "bad_request"}, status_code=400)
        if known := self.ledger.by_push.get(push["push_id"]):
            self._journal.write({"e": "repeat", "push_id": push["push_id"]})
            return JSONResponse(_answer(known))
        row = {**push, "at": kit.json_time(kit.now()), **self._judge(push)}
        # Forced to disk before the answer: what was acknowledged must be in the ledger after a power cut.
        self._journal.write({"e": "push", "row": row})
        return JSONResponse(_answer(row))

    async def _lookup(self, request: Request) -> Response:
        body = await request.body()
        if not self._signed(request, body):
            return JSONResponse({"error": "bad_signature"}, status_code=401)
        asked = _object(body)
        who = _who(asked) if asked else None
        if who is None:
            return JSONResponse({"error": "bad_request"}, status_code=400)
        destination = self.ledger.present.get(who)
        # While a destination comes from the platform, nobody may change it in the EMS itself.
        locked = destination is not None and destination.get("byqxdm") != NOT_EMPLOYED_YET
        return JSONResponse({"graduate": self.ledger.roster.get(who), "destination": destination, "locked": locked})

    async def _page(self, request: Request) -> Response:
        wanted = kit.fold(request.query_params.get("q", ""))
        rows = [_shown(row, self.ledger.repeats.get(row["push_id"], 0)) for row in reversed(self.ledger.rows)]
        if wanted:
            rows = [row for row in rows if any(wanted in str(value) for value in row.values())]
        totals = {
            "pushes": len(self.ledger.rows),
            "refused": sum(row["result"] == "refused" for row in self.ledger.rows),
            "repeats": sum(self.ledger.repeats.values()),
            "people": len(self.ledger.present),
        }
        return HTMLResponse(render("ems.html", rows=rows[:SHOWN], more=len(rows) > SHOWN, totals=totals, wanted=wanted))

    def _judge(self, push: dict[str, Any]) -> dict[str, Any]:
        if push["seq"] <= self.ledger.last_seq.get(_sure_who(push), -1):
            return {
                "result": "accepted",
                "reason_code": "stale",
                "reason": "已有更新的上报，本次未改变数据",
                "applied": False,
            }
        if push["id_number"][14:17] == "999":
            return _refused("not_on_roster", "就业管理系统的学生名单中没有该毕业生")
        if "上报失败" in push["columns"].get("dwmc", ""):
            return _refused("employer_name", "单位名称未通过就业管理系统校验")
        return {"result": "accepted", "reason_code": "", "reason": "", "applied": True}

    def _signed(self, request: Request, body: bytes) -> bool:
        """Checked from the header's own words, independent of the client's code."""
        parts = dict(part.split("=", 1) for part in request.headers.get("x-signature", "").split(",") if "=" in part)
        stamp = parts.get("t", "")
        if not stamp.isdigit() or abs(kit.now().timestamp() - int(stamp)) > CLOCK_LIMIT:
            return False
        wanted = hmac.digest(self._secret.encode(), b".".join((stamp.encode(), body)), hashlib.sha256).hex()
        return hmac.compare_digest(wanted.encode(), parts.get("v1", "").encode())

    def _apply(self, event: Event) -> None:
        match event["e"]:
            case "push":
                row = event["row"]
                who = _sure_who(row)
                self.ledger.rows.append(row)
                self.ledger.by_push[row["push_id"]] = row
                self.ledger.last_seq[who] = max(row["seq"], self.ledger.last_seq.get(who, -1))
                if row["applied"]:
                    self.ledger.present[who] = row["columns"]
            case "repeat":
                self.ledger.repeats[event["push_id"]] = self.ledger.repeats.get(event["push_id"], 0) + 1
            case "graduate":
                self.ledger.roster[_sure_who(event["graduate"])] = event["graduate"]
            case "gone":
                self.ledger.roster.pop(_sure_who(event["graduate"]), None)


def error_body(code: int | str) -> dict[str, Any]:
    """A scripted refusal, for the script of faults."""
    return {"result": "refused", "reason_code": str(code), "reason": "就业管理系统未接受该数据"}


def _refused(code: str, reason: str) -> dict[str, Any]:
    return {"result": "refused", "reason_code": code, "reason": reason, "applied": False}


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("result", "reason_code", "reason")}


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _who(value: dict[str, Any]) -> Who | None:
    school, cohort, id_number = value.get("school"), value.get("cohort"), value.get("id_number")
    if isinstance(school, str) and isinstance(cohort, int) and isinstance(id_number, str) and id_number:
        return school, cohort, id_number
    return None


def _sure_who(value: dict[str, Any]) -> Who:
    return value["school"], value["cohort"], value["id_number"]


def _push(body: bytes) -> dict[str, Any] | None:
    """A well-formed push, or None."""
    value = _object(body)
    if value is None or _who(value) is None:
        return None
    columns = value.get("columns")
    if not isinstance(value.get("push_id"), str) or not value["push_id"] or type(value.get("seq")) is not int:
        return None
    if not isinstance(columns, dict) or not all(isinstance(cell, str) for cell in columns.values()):
        return None
    return {name: value[name] for name in ("push_id", "seq", "school", "cohort", "id_number", "columns")}


def _shown(row: dict[str, Any], repeats: int) -> dict[str, Any]:
    columns = row["columns"]
    return {
        "at": kit.screen_time(datetime.fromisoformat(row["at"])),
        "school": row["school"],
        "cohort": row["cohort"],
        "name": columns.get("xm", ""),
        "id_number": kit.mask_id_number(row["id_number"]),
        "destination": columns.get("byqx") or columns.get("byqxdm", ""),
        "employer": columns.get("dwmc", ""),
        "seq": row["seq"],
        "push_id": row["push_id"],
        "result": row["result"],
        "applied": row["applied"],
        "reason": row["reason"],
        "repeats": repeats,
    }
