"""Room: what an employer does with a record: the page before an act, its form with its files, the act itself.

One page for every action of every flow, and for what a signing in force can be followed by (its termination). The
first click only opens the page; nothing happens before the second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from quart import Response

from api import acts
from api.auth import Caller
from api.pages.answering import go
from api.pages.employer import papers
from api.pages.employer.portal import PREFIX, RESUMED, line, page, received, render, sent
from api.pages.employer.records import FLOW
from api.pages.enclosed import FORM_BYTES, take_files, without
from api.pages.filling import data, filling, typed
from api.pages.repeating import fresh_key, key_of, told
from models.kit import parse_id
from models.parties import Party
from models.states import Flow
from workflows.engine import Outcome
from workflows.errors import Fault, ForgedForm, HouseError, InvalidForm, KeyReused, NotFound, Refused
from workflows.fields import Form, Kind
from workflows.flows import FLOWS
from workflows.forms import FORMS, validate
from workflows.queries.record_page import read_record

# What a person should know before saying yes a second time.
CONSEQUENCES: Final = {
    (Flow.ONLINE_SIGNING, "withdraw"): "撤回后，毕业生会收到通知，不能再对这份邀请应约；如仍要签约，需要重新发起邀请。",
    (
        Flow.OFFLINE_SIGNING,
        "upload",
    ): "提交后由院校审核，毕业生也能看到所传的内容。毕业生同样可以上传，以先提交的一份为准。",
    (Flow.OFFLINE_SIGNING, "withdraw_upload"): "撤回后，本单位或毕业生可以重新上传。",
    (Flow.ONLINE_TERMINATION, "request"): "申请提交后由毕业生答复，毕业生同意后由院校审核，审核通过后签约解除。"
    "办结前签约仍然有效；毕业生答复前可以撤回申请。",
    (Flow.ONLINE_TERMINATION, "agree"): "同意后由院校审核；审核通过后签约即告解除，不能恢复。",
    (Flow.ONLINE_TERMINATION, "refuse"): "拒绝后，这次解约申请即告结束，签约继续有效；毕业生会看到拒绝理由。",
    (Flow.ONLINE_TERMINATION, "withdraw"): "撤回后，这次解约申请即告结束，签约继续有效。",
}
AT_ONCE: Final = "提交后立即生效，请核对后再确认。"
REUSED: Final = "这个页面已经提交过一次，内容与现在不同。如要再提交，请核对下面的内容后重新提交。"


@dataclass(frozen=True, slots=True)
class Step:
    """An act that is being prepared: `flow` is that of the act, `on` the record on whose page it is offered.

    `follows`: it makes a record of `flow` about that one.
    """

    flow: Flow
    action: str
    on: Flow
    id: UUID
    follows: bool

    @property
    def base(self) -> str:
        return f"{PREFIX}/{self.on}/{self.id}"

    @property
    def path(self) -> str:
        return f"{self.base}/follow/{self.flow}/{self.action}" if self.follows else f"{self.base}/actions/{self.action}"

    @property
    def form(self) -> Form | None:
        """What it asks. Raises NotFound for what no employer ever does."""
        possible = [
            t
            for t in FLOWS[self.flow].transitions
            if t.action == self.action and t.creates is self.follows and Party.EMPLOYER in t.by
        ]
        if not possible or (self.follows and self.on not in FLOWS[self.flow].parents):
            raise NotFound
        return next((FORMS[t.form] for t in possible if t.form), None)


@page(f"/{FLOW}/<id>/actions/<action>")
async def confirm(who: Caller, flow: str, id: UUID, action: str) -> Response:
    return await _open(who, Step(Flow(flow), action, Flow(flow), id, follows=False))


@page(f"/{FLOW}/<id>/follow/<any({', '.join(str(f) for f in FLOWS)}):other>/<action>")
async def confirm_follow(who: Caller, flow: str, id: UUID, other: str, action: str) -> Response:
    return await _open(who, Step(Flow(other), action, Flow(flow), id, follows=True))


@page(f"/{FLOW}/<id>/actions/<action>", "POST", most=FORM_BYTES)
async def act(who: Caller, flow: str, id: UUID, action: str) -> Response:
    return await _came_in(who, Step(Flow(flow), action, Flow(flow), id, follows=False))


@page(f"/{FLOW}/<id>/follow/<any({', '.join(str(f) for f in FLOWS)}):other>/<action>", "POST")
async def act_follow(who: Caller, flow: str, id: UUID, other: str, action: str) -> Response:
    return await _came_in(who, Step(Flow(other), action, Flow(flow), id, follows=True))


# --- a form comes in -----------------------------------------------------------------------------


async def _came_in(who: Caller, step: Step) -> Response:
    given, form = await received(), step.form
    values = {name: line(given, name) for name in ("key", "version")}
    values |= typed(form, given) if form else {}
    try:
        await sent(who)
        faults: list[Fault] = []
        if form is not None and _has_files(form):
            values = await without(who.actor, [form], values, given.get(papers.REMOVE, ""))
            values, faults = await take_files(who.actor, [form], values)
            if papers.REMOVE in given or papers.UPLOAD in given:
                return await _open(who, step, values, InvalidForm(faults) if faults else None)
        outcome = await _done(who, step, form, values, faults)
    except (ForgedForm, InvalidForm) as refusal:
        return await _open(who, step, values, refusal)
    except KeyReused as refusal:
        return await _open(who, step, {**values, "key": ""}, refusal)
    return go(f"{PREFIX}/{outcome.flow}/{outcome.record_id}?done={step.action}")


def _has_files(form: Form) -> bool:
    return any(field.kind is Kind.FILES for field in form.fields)


async def _done(who: Caller, step: Step, form: Form | None, values: Mapping[str, str], wrong: list[Fault]) -> Outcome:
    """`wrong`: faults of files, which are said together with the form's own. Raises as `act` does."""
    key, filled = key_of(values), data(form, values) if form else {}
    if wrong and form is not None:
        _, faults = validate(form, filled, {})
        named = {fault.path for fault in wrong}
        raise InvalidForm([*wrong, *(fault for fault in faults if fault.path not in named)])
    if step.follows:
        return await acts.create(who, step.flow, step.action, filled, key, step.id)
    version = _version(values)
    return await acts.on_record(who, step.flow, step.id, step.action, filled, version=version, key=key)


def _version(values: Mapping[str, str]) -> int:
    text = values.get("version", "")
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ForgedForm
    return int(text)


# --- the page ------------------------------------------------------------------------------------


async def _open(
    who: Caller, step: Step, values: Mapping[str, str] | None = None, refusal: HouseError | None = None
) -> Response:
    """The step before an act: what it will do, what it asks, and the version that the person looks at."""
    form, values = step.form, values or {}
    found = await read_record(who.actor, step.on, step.id)
    choice = _offered(step, found)
    if not choice or not choice["open"]:
        raise Refused(choice["reason"] if choice else "", label=found["label"])
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    return await render(
        "action.html",
        shown["status"],
        who=who,
        record=found,
        choice=choice,
        alert=REUSED if isinstance(refusal, KeyReused) else shown["alert"],
        consequence=CONSEQUENCES.get((step.flow, step.action), AT_ONCE),
        filling=filling(form, values, faults) if form else None,
        files=await papers.shown(who.actor, [form], values) if form else {},
        multipart=form is not None and _has_files(form),
        version=values.get("version") or found["version"],
        key=values.get("key") or fresh_key(),
        action=step.path,
        base=step.base,
    )


def _offered(step: Step, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The action as the rules offer it on this record."""
    if step.follows:
        same = (c for c in record["follow_ups"] if c["flow"] == step.flow and c["name"] == step.action)
    else:
        same = (c for c in record["actions"] if c["name"] == step.action)
    return next(same, None)


async def _resumed(who: Caller, given: Mapping[str, str], flow: str, id: str, action: str, other: str = "") -> Response:
    """A form that was being filled in while the session ended. Raises NotFound for an address that is none of ours."""
    found = parse_id(id)
    if found is None or not {flow, other or flow} <= {str(f) for f in FLOWS}:
        raise NotFound
    step = Step(Flow(other or flow), action, Flow(flow), found, follows=bool(other))
    form = step.form
    # Under a new session the old key would be another act's.
    return await _open(who, step, typed(form, given) if form else {})


RESUMED[rf"{PREFIX}/(?P<flow>[a-z_]+)/(?P<id>[0-9a-f-]+)/actions/(?P<action>[a-z_]+)"] = _resumed
RESUMED[rf"{PREFIX}/(?P<flow>[a-z_]+)/(?P<id>[0-9a-f-]+)/follow/(?P<other>[a-z_]+)/(?P<action>[a-z_]+)"] = _resumed
