"""Room: forms of graduates as they come in: kept, looked at, sent. Nothing that was typed is ever lost.

One view for all actions of all flows: what is asked comes from the forms, what is open from the flow tables. Every
button of the page sends the whole form; only the one without a name hands it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from quart import Response, request

from api import acts
from api.pages import advice, sheet, telling
from api.pages.answering import go, held_off
from api.pages.binding import enter
from api.pages.doors import Guest, door
from api.pages.enclosed import ADD, FORM_BYTES, FORM_SECONDS, take_files, without
from api.pages.filling import data, typed
from api.pages.phone import PREFIX, SESSION, blueprint, check_mark, form_mark, page
from api.pages.repeating import fresh_key, key_of, told
from api.pages.sheet import KIND, Matter, begun, matter_on, new_matter
from models.kit import chat_time
from models.states import Flow
from workflows.actors import Actor
from workflows.commands.drafts import Place, drop_draft, read_draft, save_draft
from workflows.commands.sessions import ended_graduate
from workflows.consequences import consequence
from workflows.engine import Outcome
from workflows.errors import (
    Conflict,
    ForgedForm,
    HouseError,
    InvalidForm,
    KeyReused,
    RateLimited,
    Refused,
    Stale,
    Unauthenticated,
)
from workflows.fields import Kind
from workflows.flows import FLOWS
from workflows.forms import validate
from workflows.queries.chat import look_at
from workflows.queries.openings import read_openings

__all__ = ("blueprint",)

FLOW: Final = f"<any({', '.join(str(f) for f in FLOWS)}):flow>"
SAVE, LOOK_UP, LIST_REGIONS, UPLOAD, REMOVE, RECHOOSE = (
    "save", "look_up", "list_regions", "upload", "remove", "rechoose",
)  # fmt: skip

RESTORED: Final = "已恢复您上次填写的内容（{at}保存），请核对后提交。"
SAVED: Final = "已暂存（{at}）。在提交之前，学校和单位看不到这些内容。"
OTHER_TAB: Final = "您在另一个页面也填写过（{at}保存）；现在以本页的内容为准。"
LOST: Final = "登录已过期，刚才填写的内容没有保存，请重新进入后填写。"
REUSED: Final = "这个页面已经提交过一次，内容与现在不同。如要再提交，请核对后重新提交。"


# --- what can be begun ---------------------------------------------------------------------------


@door("/begin")
async def beginnings(who: Guest) -> Response:
    """Every flow that begins with a graduate, open or with the reason why not."""
    found = await read_openings(who.actor)
    items = [{**one, "title": FLOWS[Flow(one["flow"])].label} for one in found["items"]]
    return await page(
        "begin.html",
        open=[one for one in items if one["open"]],
        closed=[one for one in items if not one["open"]],
        left=found["terminations_left"],
        desk=f"{who.person.desk.line}。",
    )


# --- opening a form ------------------------------------------------------------------------------


@door(f"/begin/{FLOW}/<action>")
async def new_form(who: Guest, flow: str, action: str) -> Response:
    return await _opened(who, await new_matter(who, Flow(flow), action))


@door("/records/<record_id>/actions/<action>")
async def action_form(who: Guest, record_id: UUID, action: str) -> Response:
    return await _opened(who, matter_on(who, record_id, action))


async def _opened(who: Guest, matter: Matter) -> Response:
    if matter.closed:
        raise Refused(matter.closed)
    values, kept = await begun(who, matter)
    if matter.by_kind:
        chosen = request.args.get("kind", values.get(KIND, ""))
        if chosen not in {one.code for _, group in sheet.kinds(who) for one in group}:
            return await _kinds(who, matter, values.get(KIND, ""))
        values[KIND] = chosen
    notice = RESTORED.format(at=chat_time(kept.saved_at)) if kept else ""
    return await _form(who, matter, values, notice=notice, seen=kept.saved_at if kept else None)


async def _kinds(who: Guest, matter: Matter, chosen: str) -> Response:
    return await page("kinds.html", matter=matter, groups=sheet.kinds(who), chosen=chosen)


# --- a form comes in -----------------------------------------------------------------------------


async def _too_late(owner: Actor | None, place: Place) -> Response:
    """The session ended while somebody was typing: what was typed waits in the draft of whose session it was."""
    if owner is None:
        raise Unauthenticated(LOST)
    given = await _received()
    try:
        check_mark(SESSION.name, given.get("csrf", ""))
    except ForgedForm:
        raise Unauthenticated(LOST) from None
    form = sheet.form_of(place)
    await save_draft(owner, place, form, sheet.tidy(typed(form, given)))
    return await enter(request.path)


async def _new_too_late(flow: str, action: str) -> Response:
    return await _too_late(await ended_graduate(SESSION.token), Place(Flow(flow), action))


async def _action_too_late(record_id: UUID, action: str) -> Response:
    owner = await ended_graduate(SESSION.token)
    person = await look_at(owner) if owner else None
    case = person.case(record_id) if person else None
    if case is None:
        raise Unauthenticated(LOST)
    return await _too_late(owner, Place(case.record.flow, action, record_id))


@door(f"/begin/{FLOW}/<action>", "POST", ended=_new_too_late, most=FORM_BYTES)
async def send_new(who: Guest, flow: str, action: str) -> Response:
    return await _came_in(who, await new_matter(who, Flow(flow), action))


@door("/records/<record_id>/actions/<action>", "POST", ended=_action_too_late, most=FORM_BYTES)
async def send_action(who: Guest, record_id: UUID, action: str) -> Response:
    return await _came_in(who, matter_on(who, record_id, action))


async def _received() -> Mapping[str, str]:
    """The form as it came, the first value of each name."""
    request.body_timeout = FORM_SECONDS
    return (await request.form).to_dict()


async def _came_in(who: Guest, matter: Matter) -> Response:
    given = await _received()
    values = {**sheet.tidy(typed(matter.form, given)), **_carried(given)}
    try:
        check_mark(SESSION.name, given.get("csrf", ""))
    except ForgedForm as refusal:
        return await _form(who, matter, values, refusal)
    if given.get(REMOVE):
        values = await without(who.actor, [matter.form], values, given[REMOVE])
    values, faults = await take_files(who.actor, [matter.form], values)
    if RECHOOSE in given and matter.by_kind:
        await save_draft(who.actor, matter.place, matter.form, _fields(matter, values))
        return go(f"{matter.path}?kind=")
    pressed = next((name for name in (SAVE, LOOK_UP, LIST_REGIONS, UPLOAD, REMOVE) if name in given), "")
    if faults or pressed:
        return await _kept(who, matter, values, pressed, InvalidForm(faults) if faults else None)
    return await _sent(who, matter, values)


def _carried(given: Mapping[str, str]) -> dict[str, str]:
    """What the page carries beside the form's own fields."""
    return {name: given.get(name, "")[:64] for name in ("key", "version", "advised", "seen")}


def _fields(matter: Matter, values: Mapping[str, str]) -> dict[str, str]:
    return typed(matter.form, values)


async def _kept(
    who: Guest, matter: Matter, values: dict[str, str], pressed: str, refusal: HouseError | None = None
) -> Response:
    """A button that hands nothing in: the page again, with what was typed; it lies in the draft too."""
    at, notice = await _save(who, matter, values)
    says: list[str] = []
    if pressed == LOOK_UP:
        try:
            says = await advice.looked_up(who, values)
        except RateLimited as too_many:
            refusal = too_many
    if pressed == SAVE and not notice:
        notice = SAVED.format(at=chat_time(at))
    return await _form(who, matter, values, refusal, notice=notice, seen=at, looked_up=says)


async def _save(who: Guest, matter: Matter, values: Mapping[str, str]) -> tuple[datetime, str]:
    """The draft's moment, and what to say where another tab had saved something since this page was made."""
    before = await read_draft(who.actor, matter.place, matter.form)
    at = await save_draft(who.actor, matter.place, matter.form, _fields(matter, values))
    newer = before is not None and before.saved_at.isoformat() > values.get("seen", "")
    fields = {name: text for name, text in _fields(matter, values).items() if text}
    if before is None or not newer or dict(before.values) == fields:
        return at, ""
    return at, OTHER_TAB.format(at=chat_time(before.saved_at))


async def _sent(who: Guest, matter: Matter, values: dict[str, str]) -> Response:
    """Handed in. A right form with something odd in it is shown once more first; every failure keeps the draft."""
    try:
        if says := await _odd(who, matter, values):
            at, _ = await _save(who, matter, values)
            return await _form(who, matter, values, seen=at, odd=says)
        outcome = await _act(who, matter, values)
    except (ForgedForm, InvalidForm, Conflict, KeyReused, RateLimited) as refusal:
        at, notice = await _save(who, matter, values)
        if isinstance(refusal, KeyReused | Stale):
            values = {**values, "key": ""}
        return await _form(who, matter, values, refusal, notice=notice, seen=at)
    await drop_draft(who.actor, matter.place)
    return go(f"{PREFIX}/records/{outcome.record_id}?done={matter.place.action}")


async def _odd(who: Guest, matter: Matter, values: Mapping[str, str]) -> list[str]:
    if matter.closed or not advice.names_employer(matter.form):
        return []
    form = data(matter.form, values)
    clean, faults = validate(matter.form, form, who.person.form_facts)
    if faults:
        return []  # the act says them, by the facts of its own transaction
    asked = {field.name for field in matter.form.fields if field.kind is not Kind.FILES and not field.must_hold}
    says = await advice.before_sending(who, matter.place.flow, {n: v for n, v in clean.items() if n in asked})
    return [] if values.get("advised", "") == advice.seal_of(says) else says


async def _act(who: Guest, matter: Matter, values: Mapping[str, str]) -> Outcome:
    key, form = key_of(values), data(matter.form, values)
    flow, action, record_id = matter.place.flow, matter.place.action, matter.place.record_id
    if record_id is None:
        return await acts.create(who.caller, flow, action, form, key)
    version = values.get("version", "")
    if not (version.isascii() and version.isdigit()):
        raise ForgedForm
    return await acts.on_record(who.caller, flow, record_id, action, form, version=int(version), key=key)


# --- the page ------------------------------------------------------------------------------------


async def _form(
    who: Guest,
    matter: Matter,
    values: Mapping[str, str],
    refusal: HouseError | None = None,
    *,
    notice: str = "",
    seen: datetime | None = None,
    looked_up: list[str] = [],  # noqa: B006  never written to
    odd: list[str] = [],  # noqa: B006  never written to
) -> Response:
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    said = told(refusal)
    made = sheet.shown(who, matter, values, faults)
    files = [field.name for field in matter.form.fields if field.kind is Kind.FILES]
    stale = isinstance(refusal, Stale)
    case = matter.case
    version = values.get("version") or (str(case.record.version) if case else "")
    response = await page(
        "form.html",
        said["status"],
        matter=matter,
        case=case,
        ends=who.person.held if FLOWS[matter.place.flow].parents else None,
        left=await _left(who, matter),
        person=who.person,
        filling=made,
        alert=REUSED if isinstance(refusal, KeyReused) else said["alert"],
        stale=stale,
        notice=notice,
        looked_up=looked_up,
        odd=odd,
        advised=advice.seal_of(odd) or values.get("advised", ""),
        consequence=consequence(matter.place.flow, matter.place.action),
        names_employer=advice.names_employer(matter.form)
        and any(q.name == "employer_name" for part in made.sections for q in part.questions),
        ticks=sheet.ticks(matter.form),
        kind=values.get(KIND, "") if matter.by_kind else "",
        kind_label=sheet.kind_label(values.get(KIND, "")) if matter.by_kind else "",
        files={name: await sheet.files_of(who, values.get(name, "")) for name in files},
        add=ADD,
        key=values.get("key") or fresh_key(),
        version=str(case.record.version) if stale and case else version,
        seen=seen.isoformat() if seen else values.get("seen", ""),
        mark=form_mark(SESSION.name),
        warning=await telling.warning(who.person, case) if case and case.open_offer else "",
        returned=await telling.returned(who, case) if case else "",
        agreement=await telling.offer(who, case) if case and matter.place.action == "accept" else None,
    )
    return held_off(response, refusal)


async def _left(who: Guest, matter: Matter) -> int | None:
    """How many terminations may still be asked for, where this form asks for one."""
    if matter.place.record_id is not None or not FLOWS[matter.place.flow].parents:
        return None
    return int((await read_openings(who.actor))["terminations_left"])
