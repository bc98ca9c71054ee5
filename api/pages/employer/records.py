"""Room: an employer's records: the list of all flows or of one, with its filters and clocks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from quart import Response, request

from api.auth import Caller
from api.pages.answering import go
from api.pages.employer.portal import PREFIX, line, page, received, render, sent
from api.pages.repeating import told
from api.pages.showing import EMPTY, label
from api.pages.spans import Clock, left, screen, waited
from models import kit
from models.parties import Party
from models.states import Flow, OfflineSigning, Phase
from workflows.errors import ForgedForm, HouseError
from workflows.flows import FLOWS
from workflows.queries.portal import schools_invited_from
from workflows.queries.record_filters import ME, Filters
from workflows.queries.records import list_flows

FLOW: Final = f"<any({', '.join(str(f) for f in FLOWS)}):flow>"
ALL: Final = f"{PREFIX}/records"

OURS: Final = (Flow.ONLINE_SIGNING, Flow.OFFLINE_SIGNING, Flow.ONLINE_TERMINATION, Flow.OFFLINE_TERMINATION)
"""Flows in which an employer has a part."""

UPLOADABLE: Final = (
    OfflineSigning.AGREEMENT_ISSUED,
    OfflineSigning.SIGNING_RETURNED,
    OfflineSigning.UPLOAD_WITHDRAWN,
)
"""Where the stamped agreement is awaited, from the graduate or from the employer."""

TABS: Final = (
    ("", "全部"),
    (Phase.OPEN, "等待应约"),
    (Phase.FLOW, "办理中"),
    (Phase.FORCE, "签约完成"),
    (Phase.END, "已结束"),
)
SORTS: Final = (("newest", "最近发起的在前"), ("oldest", "最早发起的在前"))
_ASKED: Final = ("phase", "state", "name", "school", "agreement_no", "cohort", "from", "to", "sort", "mine")
NUMBER: Final = "id_number"
"""Searched for by POST alone: a whole number stands in no address."""
_SCHOOLS: Final = 200  # to choose from

TONES: Final = {Phase.OPEN: "waiting", Phase.FLOW: "moving", Phase.FORCE: "good", Phase.END: "done"}


def row_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """One record of a list as the page shows it."""
    person = row["graduate"]
    return {
        "href": f"{PREFIX}/{row['flow']}/{row['id']}",
        "flow": FLOWS[Flow(row["flow"])].label,
        "name": person["name"],
        "id_number": person["id_number"],
        "school": person["school"]["name"],
        "major": person["major"],
        "level": label("level", person["level_code"]),
        "position": label("position_category", row["position_category"]) if row["position_category"] else EMPTY,
        "label": row["label"],
        "agreement_no": row["agreement_no"] or "",
        "tone": TONES[Phase(row["phase"])],
        "frozen": row["frozen"],
        "ours": row["waits_on"] == Party.EMPLOYER and not row["frozen"],
        "created_at": screen(row["created_at"]),
        "expires_at": screen(row["expires_at"]),
        **clocks(row),
    }


def clocks(row: Mapping[str, Any]) -> dict[str, Any]:
    """`clock`: what is left until the end that an invitation has; `waited`: how long the other side has been silent."""
    on, runs = row["waits_on"], not row["frozen"]
    clock: Clock | None = left(row["expires_at"]) if on == Party.GRADUATE and runs else None
    return {"clock": clock, "waited": waited(row["since"]) if on and runs and clock is None else ""}


@page("/records")
async def all_records(who: Caller) -> Response:
    return await _list(who, OURS, ALL, asked_of(request.args))


@page(f"/{FLOW}")
async def records(who: Caller, flow: str) -> Response:
    return await _list(who, (Flow(flow),), f"{PREFIX}/{flow}", asked_of(request.args))


@page("/records", "POST")
async def search_all(who: Caller) -> Response:
    return await _search(who, OURS, ALL)


@page(f"/{FLOW}", "POST")
async def search(who: Caller, flow: str) -> Response:
    return await _search(who, (Flow(flow),), f"{PREFIX}/{flow}")


async def _search(who: Caller, flows: Sequence[Flow], base: str) -> Response:
    """With a number the list itself is the answer, else it has an address that can be kept."""
    given = await received()
    asked, number = asked_of(given), line(given, NUMBER)
    try:
        await sent(who)
    except ForgedForm as refusal:
        return await _list(who, flows, base, asked, refusal=refusal)
    if number:
        return await _list(who, flows, base, asked, number)
    return go(f"{base}{query_of(asked)}".rstrip("?"))


def asked_of(given: Mapping[str, str]) -> dict[str, str]:
    """What a list was asked for; the usual order asks for nothing."""
    asked = {name: line(given, name) for name in _ASKED}
    return {**asked, "sort": "" if asked["sort"] == SORTS[0][0] else asked["sort"]}


async def _list(
    who: Caller,
    flows: Sequence[Flow],
    base: str,
    asked: Mapping[str, str],
    number: str = "",
    refusal: HouseError | None = None,
) -> Response:
    filters, odd = filters_of(asked)
    shown = told(refusal)
    found = await list_flows(who.actor, flows, replace(filters, id_number=number))
    kept = {name: value for name, value in asked.items() if value}
    cohort = kit.now().year + 1
    apart = {name: value for name, value in kept.items() if name not in ("phase", "state", "mine")}
    flow = str(flows[0]) if len(flows) == 1 else ""
    return await render(
        "records.html",
        shown["status"],
        who=who,
        flow=flow,
        flow_label=FLOWS[flows[0]].label if flow else "",
        base=base,
        rows=[row_shown(row) for row in found.items],
        total=f"{found.total}{'+' if found.total_is_capped else ''}",
        asked=asked,
        number=number,
        narrowed=bool(number or set(kept) - {"phase", "sort", "mine"}),
        further=bool(set(kept) - {"phase", "mine", "name", "school"}),
        alert=shown["alert"] or odd,
        kinds=_kinds(base, {name: value for name, value in apart.items() if name != "sort"}),
        tabs=_tabs(asked, apart),
        states=[(s.name, s.label) for s in _states(flows, asked["phase"])],
        schools=await schools_invited_from(who.actor, _SCHOOLS),
        cohorts=[str(year) for year in range(cohort, cohort - 4, -1)],
        sorts=SORTS,
        next_page=query_of({**kept, "cursor": found.next}) if found.next and not number else "",
        first_page=query_of(kept) if request.args.get("cursor") else "",
        taken="" if number else query_of({**kept, "flow": flow}),
    )


def _kinds(base: str, kept: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """All flows, then each by itself: address, name, whether it is this page."""
    places = [(ALL, "全部事项"), *((f"{PREFIX}/{flow}", FLOWS[flow].label) for flow in OURS)]
    return [(f"{path}{query_of(kept)}".rstrip("?"), text, path == base) for path, text in places]


def _tabs(asked: Mapping[str, str], kept: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """By progress, and what waits for this employer itself: query, name, whether it is this page."""
    mine = bool(asked["mine"])
    found = [
        (query_of({**kept, "phase": str(phase)}), title, not mine and asked["phase"] == str(phase))
        for phase, title in TABS
    ]
    return [found[0], (query_of({**kept, "mine": "1"}), "等待本单位答复", mine), *found[1:]]


def query_of(values: Mapping[str, str | None]) -> str:
    """The part of an address that asks for this, from its question mark on."""
    given = {name: value for name, value in values.items() if value}
    return f"?{urlencode(given)}" if given else "?"


def _states(flows: Sequence[Flow], phase: str) -> list[Any]:
    """States to choose from; several flows together have too many."""
    return [s for s in FLOWS[flows[0]].states if phase in ("", s.phase)] if len(flows) == 1 else []


def filters_of(asked: Mapping[str, str]) -> tuple[Filters, str]:
    """What the list is narrowed by, and what could not be understood, in a sentence."""
    since, until = _day(asked["from"]), _day(asked["to"])
    wrong = (asked["from"] and since is None) or (asked["to"] and until is None)
    cohort = asked["cohort"]
    filters = Filters(
        phase=Phase(asked["phase"]) if asked["phase"] in {str(p) for p in Phase} else None,
        states=(asked["state"],) if asked["state"] else (),
        waits_on=ME if asked["mine"] else None,
        name=asked["name"],
        school=asked["school"],
        agreement_no=asked["agreement_no"].upper(),
        cohort=int(cohort) if re.fullmatch(r"2[0-9]{3}", cohort) else None,
        since=since,
        until=until,
        sort=asked["sort"] if asked["sort"] in dict(SORTS) else None,
        cursor=request.args.get("cursor") or None,
    )
    return filters, "日期没有识别出来，请按“2027-03-05”的样子填写。" if wrong else ""


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None
