"""Room: inviting one graduate: the form of the act with a school chooser, and the page that says it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from quart import Response, request

from api import acts
from api.auth import ANYONE, Caller
from api.pages.answering import go, held_off
from api.pages.employer.home import barred
from api.pages.employer.portal import PREFIX, RESUMED, line, page, received, render, route, sent
from api.pages.employer.record import TERMS
from api.pages.filling import Sections, as_typed, data, filling, regions, typed
from api.pages.repeating import fresh_key, key_of, told
from api.pages.spans import left, screen
from models.kit import now, parse_id, shanghai_day
from models.states import Flow
from workflows.engine import Outcome
from workflows.errors import (
    Fault,
    ForgedForm,
    HouseError,
    InvalidForm,
    KeyReused,
    NotFound,
    RateLimited,
    Refused,
)
from workflows.forms import FORMS, validate
from workflows.guards import EMPLOYER_VERIFIED
from workflows.invitee import GUARD as INVITEE_FOUND
from workflows.queries.employers import own_employer
from workflows.queries.portal import SCHOOLS_SHOWN, find_schools, schools_invited_from
from workflows.queries.record_page import read_record

FORM: Final = FORMS["online_signing.invite"]
LIST: Final = f"{PREFIX}/{Flow.ONLINE_SIGNING}"
NEW: Final = f"{LIST}/new"
SECTIONS: Final[Sections] = (("毕业生", ("school_code", "graduate_name", "id_kind", "id_number")), *TERMS)
SCHOOL: Final = "school_code"
PICK: Final = "school_pick"
CONTACT: Final = ("contact_name", "contact_mobile", "contact_phone")
FIND: Final = "find_school"
"""The button by which a page without script looks a school up."""

REUSED: Final = "用这个页面已经发起过一份邀请，内容与现在不同。如要再发起一份，请核对下面的内容后重新提交。"
MANY: Final = "有 {count} 所学校与“{text}”相符，请在下面选定一所。"
TOO_MANY: Final = "与“{text}”相符的学校太多，请把名称写得完整些，或填写 5 位学校代码。"
NONE: Final = "没有找到与“{text}”相符的学校，请填写学校全称或 5 位学校代码。"

Schools = Sequence[Mapping[str, str]]


def named(school: Mapping[str, str]) -> str:
    """How a school stands in its field: understood again by its code."""
    return f"{school['code']} {school['name']}"


# --- the form ------------------------------------------------------------------------------------


@page("/online_signing/new")
async def invitation(who: Caller) -> Response:
    employer = await own_employer(who.actor)
    return await _form(who, await _prefilled(who, employer), employer=employer)


async def _prefilled(who: Caller, employer: Mapping[str, Any]) -> dict[str, str]:
    """The employer's own contact; with `?from=` the terms of an earlier invitation, and whom it was for."""
    values = as_typed(
        {name: employer["profile"].get(name) for name in ("contact_name", "contact_mobile", "contact_phone")}
    )
    earlier = parse_id(request.args.get("from", ""))
    if earlier is None:
        return values
    try:
        record = await read_record(who.actor, Flow.ONLINE_SIGNING, earlier)
    except NotFound:
        return values
    known = {field.name for field in FORM.fields}
    person = record["graduate"]
    return {
        **values,
        **as_typed({name: value for name, value in record["form"].items() if name in known}),
        SCHOOL: named(person["school"]),
        "graduate_name": person["name"],
    }


async def _form(
    who: Caller,
    values: Mapping[str, str],
    refusal: HouseError | None = None,
    *,
    employer: Mapping[str, Any] | None = None,
    key: str = "",
    schools: Schools = (),
) -> Response:
    """The page. A refusal that names no field stands on top; what was typed stays in either case."""
    employer = employer or await own_employer(who.actor)
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    response = await render(
        "invite.html",
        shown["status"],
        who=who,
        employer=employer,
        barred=barred(dict(employer)),
        alert=REUSED if isinstance(refusal, KeyReused) else shown["alert"],
        not_found=isinstance(refusal, Refused) and refusal.guard == INVITEE_FOUND,
        filling=filling(FORM, values, faults, SECTIONS),
        schools=[{"code": school["code"], "text": named(school)} for school in schools],
        recent=[named(school) for school in await schools_invited_from(who.actor)],
        key=key or fresh_key(),
        find=FIND,
        pick=PICK,
        action=NEW,
    )
    return held_off(response, refusal)


@page("/online_signing/new", "POST")
async def invite(who: Caller) -> Response:
    given = await received()
    values, key = typed(FORM, given), ""
    schools: Schools = ()
    try:
        await sent(who)
        key = key_of(given)
        employer = await own_employer(who.actor)
        if sentence := barred(employer):
            raise Refused(sentence, guard=EMPLOYER_VERIFIED.name)
        schools = await _schools(who, values, given.get(PICK, ""))
        if FIND in given:
            return await _form(who, values, _only_school(values, schools), key=key, schools=schools)
        outcome = await _invite(who, values, schools, key)
    except KeyReused as refusal:
        return await _form(who, values, refusal)
    except (ForgedForm, InvalidForm, Refused, RateLimited) as refusal:
        return await _form(who, values, refusal, key=key, schools=schools if len(schools) > 1 else ())
    return go(f"{LIST}/{outcome.record_id}/sent")


async def _schools(who: Caller, values: dict[str, str], picked: str) -> Schools:
    """The schools that the typed text means, narrowed by what was ticked. One alone goes into the field."""
    text = line(values, SCHOOL)
    found: Schools = await find_schools(who.actor, text, SCHOOLS_SHOWN + 1)
    exact = [s for s in found if s["code"] == picked] or [s for s in found if s["name"] == text]
    if exact:
        found = exact
    if len(found) == 1:
        values[SCHOOL] = named(found[0])
    return found


def _only_school(values: Mapping[str, str], schools: Schools) -> InvalidForm | None:
    """What to say after a look-up: nothing where one school was found."""
    fault = _school_fault(values, schools)
    return InvalidForm([fault]) if fault else None


def _school_fault(values: Mapping[str, str], schools: Schools) -> Fault | None:
    text = line(values, SCHOOL)
    if len(schools) == 1:
        return None
    if not text:
        return Fault(SCHOOL, "required", "请填写学校名称或代码。")
    if not schools:
        return Fault(SCHOOL, "unknown_school", NONE.format(text=text))
    if len(schools) > SCHOOLS_SHOWN:
        return Fault(SCHOOL, "many_schools", TOO_MANY.format(text=text))
    return Fault(SCHOOL, "many_schools", MANY.format(count=len(schools), text=text))


async def _invite(who: Caller, values: Mapping[str, str], schools: Schools, key: str) -> Outcome:
    """Everything that is wrong is said at once, the school included. Raises as `act` does."""
    form = data(FORM, values)
    fault = _school_fault(values, schools)
    if fault is not None:
        form.pop(SCHOOL, None)
        _, faults = validate(FORM, form, {"today": shanghai_day(now())})
        raise InvalidForm([fault, *(f for f in faults if f.path != SCHOOL)])
    form[SCHOOL] = schools[0]["code"]
    return await acts.create(who, Flow.ONLINE_SIGNING, "invite", form, key)


async def _resumed(who: Caller, given: Mapping[str, str]) -> Response:
    return await _form(who, typed(FORM, given))


RESUMED[NEW] = _resumed


# --- afterwards ----------------------------------------------------------------------------------


@page("/online_signing/<id>/sent")
async def invited(who: Caller, id: UUID) -> Response:
    record = await read_record(who.actor, Flow.ONLINE_SIGNING, id)
    return await render(
        "sent.html",
        who=who,
        record=record,
        expires_at=screen(record["expires_at"]),
        clock=left(record["expires_at"]),
        base=f"{LIST}/{id}",
        new=NEW,
        list=LIST,
    )


# --- what the script asks for while somebody types -----------------------------------------------


@page("/schools")
async def suggest_schools(who: Caller) -> Response:
    """`["99001 示例大学", …]` for the list below the field."""
    found = await find_schools(who.actor, line(request.args, "q"))
    return _json([named(school) for school in found], "no-store")


@route("/regions", ANYONE, "GET")
async def list_regions() -> Response:
    """`[[group, [[code, name], …]], …]` of a province."""
    groups: dict[str, list[list[str]]] = {}
    for choice in regions(line(request.args, "province")):
        groups.setdefault(choice.group, []).append([choice.value, choice.label])
    return _json(list(groups.items()), "public, max-age=86400")


def _json(value: Any, kept: str) -> Response:
    response = Response(json.dumps(value, ensure_ascii=False), content_type="application/json")
    response.headers["Cache-Control"] = kept
    return response
