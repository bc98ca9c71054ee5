"""Room: what a graduate is told while typing: warning marks, the registry's state, what is odd. It stops nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from api.pages.doors import Guest
from models.states import Flow
from models.store import store
from workflows.fields import Form
from workflows.queries.hint_facts import read_hints
from workflows.queries.mark_lookup import look_up
from workflows.queries.record_filters import compact
from workflows.registry import registry_as_known

UNNAMED: Final = "请先填写单位名称或统一社会信用代码，再查询。"
NO_MARK: Final = "没有查到学校对该单位的预警。这不代表学校对单位作了担保，签约前请自行核实。"
NOT_KNOWN: Final = "暂未查到该信用代码的登记状态，学校审核时会再核对。"


def names_employer(form: Form) -> bool:
    return form.field("employer_name") is not None


async def looked_up(who: Guest, values: Mapping[str, str]) -> list[str]:
    """Sentences on the employer that is being typed. Raises RateLimited."""
    name, uscc = values.get("employer_name", "").strip(), compact(values.get("employer_uscc", ""))
    if not name and not uscc:
        return [UNNAMED]
    marks = await look_up(who.actor, store(), uscc, name)
    registered = await registry_as_known(uscc)
    state = f"登记状态：{registered['status']}（{registered['name'] or name}）。" if registered["known"] else NOT_KNOWN
    return [marks["sentence"] or NO_MARK, state]


async def before_sending(who: Guest, flow: Flow, form: Mapping[str, Any]) -> list[str]:
    """What should be looked at once more before a right form is sent; empty: nothing. Raises RateLimited."""
    found = [hint["sentence"] for hint in await read_hints(who.actor, flow, form)]
    name, uscc = str(form.get("employer_name") or ""), compact(str(form.get("employer_uscc") or ""))
    if name or uscc:
        marks = await look_up(who.actor, store(), uscc, name)
        registered = await registry_as_known(uscc)
        if marks["sentence"]:
            found.insert(0, f"预警提示：{marks['sentence']}")
        if registered["in_operation"] is False:
            found.append(f"该单位的登记状态为“{registered['status']}”，请向单位核实。")
    return found


def seal_of(advice: list[str]) -> str:
    """By what a page says that this advice was shown on it."""
    return hashlib.sha256("\n".join(advice).encode()).hexdigest()[:32] if advice else ""
