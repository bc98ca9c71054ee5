"""Room: an employer's own registration: seeing it, correcting it, handing it in again after a return."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from quart import Response

from api.auth import Caller
from api.pages.answering import go
from api.pages.employer import papers
from api.pages.employer.entering import FORM, LIST_REGIONS, SECTIONS, paper_faults, registered
from api.pages.employer.home import STATUS_SENTENCES
from api.pages.employer.portal import PREFIX, RESUMED, page, received, render, sent
from api.pages.enclosed import FORM_BYTES, take_files, without
from api.pages.filling import as_typed, data, filling, typed
from api.pages.repeating import told
from api.pages.showing import lines
from api.pages.spans import screen
from models.states import EmployerStatus
from workflows.commands.employers import SUSPENDED, update_profile
from workflows.errors import ForgedForm, HouseError, InvalidForm, Refused
from workflows.forms import FORMS, validate
from workflows.queries.employers import own_employer

PROFILE: Final = f"{PREFIX}/profile"
EDIT: Final = f"{PROFILE}/edit"
LICENCE: Final = FORMS["employer_new_licence"]

SEEN: Final = "seen"
"""A digest of the data that the page was made of: a colleague's change in between is not overwritten unseen."""
CHANGED: Final = "单位信息刚被修改过（{labels}），可能是同事保存的。下面是您填写的内容，请核对后再保存。"
_FIXED: Final = (EmployerStatus.REFUSED, EmployerStatus.SUSPENDED)


@page("/profile")
async def profile(who: Caller) -> Response:
    employer = await own_employer(who.actor)
    status = EmployerStatus(employer["status"])
    return await render(
        "profile.html",
        who=who,
        employer=employer,
        sections=lines(FORM, registered(employer), SECTIONS),
        standing=str(status),
        sentence=STATUS_SENTENCES[status].format(desk=employer["desk"]["name"]),
        may_edit=status not in _FIXED,
        licence=f"{PREFIX}/files/{employer['licence']}" if employer["licence"] else "",
        registered_at=screen(employer["registered_at"]),
        decided_at=screen(employer["decided_at"]),
    )


@page("/profile/edit")
async def profile_form(who: Caller) -> Response:
    employer = await own_employer(who.actor)
    status = EmployerStatus(employer["status"])
    if status in _FIXED:
        raise Refused(SUSPENDED.format(label=status.label), guard="status")
    return await _form(who, as_typed(registered(employer)), employer=employer)


async def _form(who: Caller, values: Mapping[str, str], refusal: HouseError | None = None, **known: Any) -> Response:
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    employer = known.get("employer") or await own_employer(who.actor)
    shown = told(refusal)
    return await render(
        "profile_edit.html",
        shown["status"],
        who=who,
        employer=employer,
        alert=shown["alert"],
        filling=filling(FORM, values, faults, SECTIONS),
        papers=filling(LICENCE, values, faults),
        files=await papers.shown(who.actor, [LICENCE], values),
        licence=f"{PREFIX}/files/{employer['licence']}" if employer["licence"] else "",
        seen=known.get("seen") or _digests(employer),
        returned=employer["status"] == EmployerStatus.RETURNED,
        list_regions=LIST_REGIONS,
    )


@page("/profile/edit", "POST", most=FORM_BYTES)
async def save_profile(who: Caller) -> Response:
    given = await received()
    values, seen = {**typed(FORM, given), **typed(LICENCE, given)}, given.get(SEEN, "")
    try:
        await sent(who)
        values = await without(who.actor, [LICENCE], values, given.get(papers.REMOVE, ""))
        values, wrong = await take_files(who.actor, [LICENCE], values)
        if {LIST_REGIONS, papers.REMOVE, papers.UPLOAD} & set(given):
            return await _form(who, values, InvalidForm(wrong) if wrong else None, seen=seen)
        employer = await own_employer(who.actor)
        if labels := _changed(seen, employer):
            if _stands(values, employer) and not values.get("licence"):  # the second half of a double click
                return go(PROFILE)
            raise Refused(CHANGED.format(labels="、".join(labels)), guard="unseen_change")
        if wrong := paper_faults(LICENCE, values, wrong):
            _, faults = validate(FORM, data(FORM, values), {})
            raise InvalidForm([*faults, *wrong])
        await update_profile(who.actor, data(FORM, values), papers.ids(LICENCE, values).get("licence"))
    except Refused as refusal:
        return await _form(who, values, refusal)
    except (ForgedForm, InvalidForm) as refusal:
        return await _form(who, values, refusal, seen=seen)
    return go(PROFILE)


def _digests(employer: Mapping[str, Any]) -> str:
    """One short digest per question, in the form's order."""
    now = registered(employer)
    return " ".join(sha256(str(now.get(field.name) or "").encode()).hexdigest()[:8] for field in FORM.fields)


def _changed(seen: str, employer: Mapping[str, Any]) -> list[str]:
    """Labels of what is another than on the page that was sent; nothing where the page did not say."""
    before, present = seen.split(" "), _digests(employer).split(" ")
    if len(before) != len(present):
        return []
    return [field.label for field, was, now in zip(FORM.fields, before, present, strict=True) if was != now]


def _stands(values: Mapping[str, str], employer: Mapping[str, Any]) -> bool:
    """Whether what was typed is what is kept already."""
    kept = as_typed(registered(employer))
    return all(values.get(field.name, "") == kept.get(field.name, "") for field in FORM.fields)


async def _resumed(who: Caller, given: Mapping[str, str]) -> Response:
    return await _form(who, {**typed(FORM, given), **typed(LICENCE, given)}, seen=given.get(SEEN, ""))


RESUMED[EDIT] = _resumed
