"""Room: the portal's first page: where the registration stands, what waits for an answer, what is new."""

from __future__ import annotations

from typing import Any, Final

from quart import Response

from api.auth import ANYONE, Caller
from api.pages import assets
from api.pages.answering import go
from api.pages.employer.portal import PREFIX, page, render, route
from api.pages.employer.records import ALL, OURS, UPLOADABLE, row_shown
from api.pages.spans import screen
from models.parties import Party
from models.states import EmployerStatus, Flow, Phase
from workflows.guards import EMPLOYER_VERIFIED
from workflows.queries.employers import own_employer
from workflows.queries.portal import inbox_page
from workflows.queries.record_filters import DEADLINE, ME, Filters
from workflows.queries.records import list_flows, list_records

FEW: Final = 5

# What each status means for the person who reads it, and where it leads; {desk} is the province that decides.
STATUS_SENTENCES: Final = {
    EmployerStatus.PENDING: "注册信息已提交，等待{desk}核验。核验通过后即可发起签约邀请，结果会显示在本页。",
    EmployerStatus.RETURNED: "{desk}退回了注册信息，请按下面的说明修改后重新提交核验。",
    EmployerStatus.REFUSED: "{desk}没有通过本单位的注册。请看下面的说明，更正后可以另取用户名重新注册。"
    "如有疑问，请联系{desk}。",
    EmployerStatus.SUSPENDED: "本单位已被停用：不能发起新的邀请，也不能修改单位信息；已有记录仍可查看。"
    "如有疑问，请联系{desk}。",
    EmployerStatus.VERIFIED: "本单位已通过核验，可以发起签约邀请。",
}
COUNTED: Final = (
    (Phase.OPEN, "等待毕业生应约"),
    (Phase.FLOW, "等待院校审核"),
    (Phase.FORCE, "签约完成"),
)


@page("")
async def home(who: Caller) -> Response:
    employer = await own_employer(who.actor)
    status = EmployerStatus(employer["status"])
    desk = employer["desk"]["name"]
    flow = Flow.ONLINE_SIGNING
    counts, waiting, due, notes = [], [], [], []
    if employer["decided_at"]:  # before the first decision there can be nothing
        for phase, label in COUNTED:
            found = await list_records(who.actor, flow, Filters(phase=phase, limit=1))
            counts.append({"label": label, "phase": str(phase), "total": found.total, "capped": found.total_is_capped})
        open_ones = await list_records(who.actor, flow, Filters(waits_on=str(Party.GRADUATE), sort=DEADLINE, limit=FEW))
        waiting = [row_shown(row) for row in open_ones.items]
        due = await _due(who)
        notes = [{**note, "at": screen(note["at"])} for note in (await inbox_page(who.actor, limit=FEW)).items]
    return await render(
        "home.html",
        who=who,
        employer=employer,
        standing=str(status),
        sentence=STATUS_SENTENCES[status].format(desk=desk),
        may_edit=status not in (EmployerStatus.REFUSED, EmployerStatus.SUSPENDED),
        registered_at=screen(employer["registered_at"]),
        decided_at=screen(employer["decided_at"]),
        counts=counts if barred(employer) == "" or any(count["total"] for count in counts) else [],
        waiting=waiting,
        due=due,
        everything=ALL,
        notes=notes,
        flow=str(flow),
    )


async def _due(who: Caller) -> list[dict[str, Any]]:
    """What this employer is to do: answer a termination, send a stamped agreement back; the longest waiting first."""
    asked = await list_flows(who.actor, OURS, Filters(waits_on=ME, limit=FEW))
    states = tuple(str(state) for state in UPLOADABLE)
    papers = await list_records(who.actor, Flow.OFFLINE_SIGNING, Filters(states=states, sort="oldest", limit=FEW))
    found = sorted([*asked.items, *papers.items], key=lambda row: str(row["since"]))
    return [row_shown(row) for row in found[:FEW]]


def barred(employer: dict[str, Any]) -> str:
    """Why this employer cannot invite now, in the sentence that the rule itself would answer; empty if it can."""
    return "" if employer["status"] == EmployerStatus.VERIFIED else EMPLOYER_VERIFIED.sentence


@page("/")
async def home_again(_: Caller) -> Response:
    return go(PREFIX)


@route("/static/<name>", ANYONE, "GET")
async def static_file(name: str) -> Response:
    return assets.serve(name)
