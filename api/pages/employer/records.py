"""Room: an employer's records: the list with its filters and clocks, one record, and what may be done with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from quart import Response, request

from api import acts
from api.auth import Caller
from api.downloads import PDF, attachment
from api.pages.employer.portal import PREFIX, go, line, page, received, render, sent
from api.pages.filling import Sections, data, filling, typed
from api.pages.repeating import fresh_key, key_of, told
from api.pages.showing import EMPTY, label, lines
from api.pages.spans import left, screen, waited
from models import kit
from models.parties import Party
from models.states import Flow, Phase
from workflows.commands.agreements import download
from workflows.errors import ForgedForm, HouseError, InvalidForm, NotFound, Refused
from workflows.fields import Form
from workflows.flows import FLOWS
from workflows.forms import FORMS
from workflows.queries.agreements import number_of
from workflows.queries.history import read_history
from workflows.queries.record_filters import Filters
from workflows.queries.record_page import read_record
from workflows.queries.records import list_records

FLOW: Final = f"<any({', '.join(str(f) for f in FLOWS)}):flow>"

TABS: Final = (
    ("", "全部"),
    (Phase.OPEN, "等待应约"),
    (Phase.FLOW, "审核中"),
    (Phase.FORCE, "签约完成"),
    (Phase.END, "已结束"),
)
SORTS: Final = (("newest", "最近发起的在前"), ("oldest", "最早发起的在前"))

TERMS: Final[Sections] = (
    (
        "岗位与待遇",
        (
            "position_category",
            "position_title",
            "work_place",
            "dispatched",
            "dispatched_to",
            "report_on",
            "report_by",
            "probation_months",
            "monthly_pay",
            "service_months",
            "penalty",
        ),
    ),
    (
        "户口与档案",
        (
            "hukou_settled",
            "hukou_address",
            "archive_accepted",
            "archive_body",
            "archive_address",
            "archive_postcode",
            "archive_contact",
            "archive_phone",
        ),
    ),
    ("其他约定", ("extra_terms",)),
    ("单位联系人与有效期", ("contact_name", "contact_mobile", "contact_phone", "valid_days")),
)

# What a person should know before saying yes a second time.
CONSEQUENCES: Final = {
    (Flow.ONLINE_SIGNING, "withdraw"): "撤回后，毕业生会收到通知，不能再对这份邀请应约；如仍要签约，需要重新发起邀请。",
}
AT_ONCE: Final = "提交后立即生效，请核对后再确认。"
FROZEN: Final = "学生已不在名单，流程暂停。期间不能办理，也不会到期；学校恢复后继续。"
NEXT: Final = {
    Party.GRADUATE: "等待毕业生答复。",
    Party.DEPARTMENT: "毕业生已同意，等待学院审核；审核结果会发到站内消息。",
    Party.SCHOOL: "毕业生已同意，等待学校审核；审核结果会发到站内消息。",
}

_TONES: Final = {Phase.OPEN: "waiting", Phase.FLOW: "moving", Phase.FORCE: "good", Phase.END: "done"}


# --- lists ---------------------------------------------------------------------------------------


def row_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """One record of a list as the page shows it."""
    person, on = row["graduate"], row["waits_on"]
    return {
        "href": f"{PREFIX}/{row['flow']}/{row['id']}",
        "name": person["name"],
        "id_number": person["id_number"],
        "school": person["school"]["name"],
        "major": person["major"],
        "level": label("level", person["level_code"]),
        "position": label("position_category", row["position_category"]) if row["position_category"] else EMPTY,
        "label": row["label"],
        "tone": _TONES[Phase(row["phase"])],
        "frozen": row["frozen"],
        "created_at": screen(row["created_at"]),
        "expires_at": screen(row["expires_at"]),
        "clock": left(row["expires_at"]) if on == Party.GRADUATE and not row["frozen"] else None,
        "waited": waited(row["since"]) if on not in (None, Party.GRADUATE) and not row["frozen"] else "",
    }


@page(f"/{FLOW}")
async def records(who: Caller, flow: str) -> Response:
    asked = {name: line(request.args, name) for name in ("phase", "state", "name", "cohort", "from", "to", "sort")}
    filters, alert = _filters(asked)
    found = await list_records(who.actor, Flow(flow), filters)
    kept = {name: value for name, value in asked.items() if value}
    cohort = kit.now().year + 1
    return await render(
        "records.html",
        who=who,
        flow=flow,
        flow_label=FLOWS[Flow(flow)].label,
        rows=[row_shown(row) for row in found.items],
        total=f"{found.total}{'+' if found.total_is_capped else ''}",
        asked=asked,
        narrowed=bool(set(kept) - {"phase", "sort"}),
        alert=alert,
        tabs=[(str(phase), title, _query({**kept, "phase": str(phase), "state": ""})) for phase, title in TABS],
        states=_states(Flow(flow), asked["phase"]),
        cohorts=[str(year) for year in range(cohort, cohort - 4, -1)],
        sorts=SORTS,
        next_page=_query({**kept, "cursor": found.next}) if found.next else "",
        first_page=_query(kept) if request.args.get("cursor") else "",
    )


def _query(values: Mapping[str, str | None]) -> str:
    given = {name: value for name, value in values.items() if value}
    return f"?{urlencode(given)}" if given else "?"


def _states(flow: Flow, phase: str) -> list[tuple[str, str]]:
    return [(s.name, s.label) for s in FLOWS[flow].states if phase in ("", s.phase)]


def _filters(asked: Mapping[str, str]) -> tuple[Filters, str]:
    """What the list is narrowed by, and what could not be understood, in a sentence."""
    since, until = _day(asked["from"]), _day(asked["to"])
    wrong = (asked["from"] and since is None) or (asked["to"] and until is None)
    cohort = asked["cohort"]
    filters = Filters(
        phase=Phase(asked["phase"]) if asked["phase"] in {str(p) for p in Phase} else None,
        states=(asked["state"],) if asked["state"] else (),
        name=asked["name"],
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


# --- one record ----------------------------------------------------------------------------------


@page(f"/{FLOW}/<id>")
async def record(who: Caller, flow: str, id: UUID) -> Response:
    found = await read_record(who.actor, Flow(flow), id)
    history = await read_history(who.actor, Flow(flow), id)
    last = history[-1] if history else None
    done = last["label"] if last and request.args.get("done") == last["action"] else ""
    return await render(
        "record.html",
        who=who,
        record=found,
        done=done,
        tone=_TONES[Phase(found["phase"])],
        created_at=screen(found["created_at"]),
        expires_at=screen(found["expires_at"]),
        clock=left(found["expires_at"]) if found["waits_on"] == Party.GRADUATE and not found["frozen"] else None,
        waited=waited(found["since"]) if found["waits_on"] and not found["frozen"] else "",
        next_step=FROZEN if found["frozen"] else NEXT.get(found["waits_on"], ""),
        level=label("level", found["graduate"]["level_code"]),
        contact=contact(found),
        terms=lines(making_form(Flow(flow)), found["form"], TERMS),
        employer_lines=_employer_lines(found["employer"]),
        history=[{**step, "at": screen(step["at"])} for step in history],
        again=found["phase"] == Phase.END,
        base=f"{PREFIX}/{flow}/{id}",
    )


def making_form(flow: Flow) -> Form:
    """What is asked when a record of this flow is made."""
    return next(FORMS[t.form] for t in FLOWS[flow].transitions if t.creates)


def contact(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How to reach the graduate: known to the employer once the graduate has said yes (roles.md)."""
    if record["submitted_at"] is None:
        return []
    return [("手机号", record["form"].get("own_mobile") or EMPTY), ("邮箱", record["form"].get("own_email") or EMPTY)]


def _employer_lines(employer: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("单位名称", employer["name"]),
        ("统一社会信用代码", employer["uscc"]),
        ("单位性质", label("employer_nature", employer["nature"])),
        ("单位行业", label("employer_industry", employer["industry"])),
        ("单位所在地", label("region", employer["region"])),
    ]


@page(f"/{FLOW}/<id>/agreement")
async def agreement(who: Caller, flow: str, id: UUID) -> Response:
    """The agreement as a file, once it has a number."""
    paper = await download(who.actor, await number_of(who.actor, id, Flow(flow)))
    return attachment(paper.pdf, PDF, paper.name)


# --- acts ----------------------------------------------------------------------------------------


@page(f"/{FLOW}/<id>/actions/<action>")
async def confirm(who: Caller, flow: str, id: UUID, action: str) -> Response:
    return await _confirm(who, Flow(flow), id, action, {})


async def _confirm(
    who: Caller,
    flow: Flow,
    id: UUID,
    action: str,
    values: Mapping[str, str],
    refusal: HouseError | None = None,
) -> Response:
    """The step before an act: what it will do, what it asks, and the version that the person looks at."""
    found = await read_record(who.actor, flow, id)
    choice = next((c for c in found["actions"] if c["name"] == action), None)
    if choice is None and not known(flow, action):
        raise NotFound
    if choice is None or not choice["open"]:
        raise Refused(choice["reason"] if choice else "", label=found["label"])
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    return await render(
        "action.html",
        shown["status"],
        who=who,
        record=found,
        choice=choice,
        alert=shown["alert"],
        consequence=CONSEQUENCES.get((flow, action), AT_ONCE),
        filling=filling(FORMS[choice["form"]], values, faults) if choice["form"] else None,
        version=values.get("version") or found["version"],
        key=values.get("key") or fresh_key(),
        base=f"{PREFIX}/{flow}/{id}",
    )


def known(flow: Flow, action: str) -> bool:
    """Whether an employer may ever do this to a record that exists."""
    return any(t.action == action and not t.creates and Party.EMPLOYER in t.by for t in FLOWS[flow].transitions)


@page(f"/{FLOW}/<id>/actions/<action>", "POST")
async def act(who: Caller, flow: str, id: UUID, action: str) -> Response:
    if not known(Flow(flow), action):
        raise NotFound
    given = await received()
    form = next((FORMS[t.form] for t in FLOWS[Flow(flow)].transitions if t.action == action and t.form), None)
    values = typed(form, given) if form else {}
    try:
        await sent(who)
        key, version = key_of(given), _version(given)
        await acts.on_record(who, Flow(flow), id, action, data(form, values) if form else {}, version=version, key=key)
    except ForgedForm as refusal:
        return await _confirm(who, Flow(flow), id, action, values, refusal)
    except InvalidForm as refusal:
        again = {**values, "version": str(version), "key": key}
        return await _confirm(who, Flow(flow), id, action, again, refusal)
    return go(f"{PREFIX}/{flow}/{id}?done={action}")


def _version(given: Mapping[str, str]) -> int:
    text = given.get("version", "")
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ForgedForm
    return int(text)
