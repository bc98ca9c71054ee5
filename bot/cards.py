"""Room: how things look in the chat: records, offers, desks, links. Short plain lines, no pictures, units with numbers.

Names and remarks that others typed pass `plain`, so that they cannot become links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from bot.buttons import Do, Listing, Show, Topic
from bot.replies import plain
from bot.router import Option
from bot.words import LABELS
from models import codes
from models.config import settings
from models.kit import chat_time
from models.parties import ReviewMode
from workflows.limits import CHAT_LIST
from workflows.queries.chat import Case, Desk, Person, warning_sentence
from workflows.queries.warnings import Marks
from workflows.standing import next_of, whose_turn

NAME_LENGTH = 24


def link(label: str, path: str) -> str:
    """A link to a page of ours; `label` says where it leads."""
    return f'<a href="{settings().public_url.rstrip("/")}{path}">{label}</a>'


def record_link(label: str, record_id: UUID) -> str:
    return link(label, f"/m/records/{record_id}")


def action_link(label: str, record_id: UUID, action: str) -> str:
    return link(label, f"/m/records/{record_id}/actions/{action}")


def bind_link(label: str = "绑定账号") -> str:
    return link(label, "/m/bind")


def short(text: str, most: int = NAME_LENGTH) -> str:
    """A name within a line."""
    return plain(text if len(text) <= most else text[: most - 1] + "…")


def topic(name: str) -> Option:
    return Option(LABELS[name], Topic(name))


def topics(*names: str) -> tuple[Option, ...]:
    return tuple(topic(name) for name in names)


def desk_line(desk: Desk) -> str:
    """Whom to ask, in one line."""
    return plain(desk.line)


def situation(case: Case) -> str:
    """One record in a few lines: what, where it stands, since when, who is next."""
    return "\n".join((f"{short(case.title)}（{case.flow.label}）", case.state.label, whose_turn(case)))


def next_line(case: Case) -> str:
    """What comes next, and who does it."""
    return f"下一步：{next_of(case)}"


def offer_line(case: Case) -> str:
    """One invitation in a list."""
    ends = case.record.expires_at
    until = f"，截止{chat_time(ends)}" if ends else ""
    return f"{short(case.employer)}，{short(_text(case.form, 'position_title'), 16)}{until}"


def terms(case: Case) -> tuple[str, ...]:
    """What it is about: of an agreement the points that matter to the graduate, one per line."""
    form = case.form
    if "position_title" not in form or "work_place" not in form:
        return _outline(case)
    category = str(case.record.row["position_category"])
    label = codes.table("position_category").label(category) if category else ""
    lines = [
        f"单位：{plain(case.employer)}",
        f"岗位：{short(_text(form, 'position_title'), 50)}" + (f"（{label}）" if label else ""),
        f"工作地点：{short(_text(form, 'work_place'), 60)}",
        f"月薪：{form['monthly_pay']}元（税前）" if "monthly_pay" in form else "",
        f"报到日期：{_text(form, 'report_on')}" if form.get("report_on") else "",
        _joined(
            "约定：",
            f"试用期{form['probation_months']}个月" if form.get("probation_months") else "",
            f"服务期{form['service_months']}个月" if form.get("service_months") else "",
            f"违约金{form['penalty']}元" if form.get("penalty") else "",
            f"劳务派遣到{short(_text(form, 'dispatched_to'))}" if form.get("dispatched") else "",
            "解决户口" if form.get("hukou_settled") else "",
            "接收档案" if form.get("archive_accepted") else "",
            "另有补充条款" if form.get("extra_terms") else "",
        ),
    ]
    return tuple(line for line in lines if line)


def _outline(case: Case) -> tuple[str, ...]:
    """A destination by its kind, a termination by its reason."""
    kind, reason = _text(case.form, "destination_code"), _text(case.form, "reason")
    reasons = codes.table("termination_reason")
    lines = [
        f"去向：{codes.table('destination').label(kind)}" if kind in codes.table("destination") else "",
        f"{'单位或院校' if kind else '单位'}：{plain(case.employer)}" if case.employer else "",
        f"解约原因：{reasons.label(reason)}" if reason in reasons else "",
        f"说明：{short(_text(case.form, 'reason_text'), 100)}" if case.form.get("reason_text") else "",
    ]
    return tuple(line for line in lines if line) or (case.flow.label,)


def deadline(case: Case) -> str:
    ends = case.record.expires_at
    return f"应约截止：{chat_time(ends)}" if ends else ""


def reviewers(case: Case) -> str:
    """Who will decide about it."""
    two_stages = case.facts.review_mode is ReviewMode.DEPARTMENT_THEN_SCHOOL
    return "学院、学校先后" if two_stages else "学校"


def warning(marks: Marks) -> str:
    """The warning marks of an employer; empty without any."""
    sentence = warning_sentence(marks)
    return f"预警提示：{sentence}" if sentence else ""


def closed(cases: Iterable[Case]) -> tuple[str, ...]:
    """Why something is not possible just now; each reason once."""
    found: dict[str, dict[str, None]] = {}
    for case in cases:
        for choice in case.choices:
            if not choice.open:
                found.setdefault(choice.reason, {})[choice.label] = None
    return tuple(f"暂不能{'、'.join(labels)}：{reason}" for reason, labels in found.items())


def actions(case: Case, *, named: bool = False) -> tuple[Option, ...]:
    """What the person can do with the record now, as numbered choices."""
    name = f"（{short(case.title, 12)}）" if named else ""
    return tuple(Option(f"{c.label}{name}", Do(case.record.id, c.name)) for c in case.choices if c.open)


def begin_line(opening: Mapping[str, Any], label: str = "") -> str:
    """Something that one may begin: the link to its page, or why not now."""
    named = label or opening["label"]
    if not opening["open"]:
        return f"暂不能{named}：{opening['reason']}"
    return link(named, f"/m/begin/{opening['flow']}/{opening['name']}")


def begin_lines(openings: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Several of them; what is closed for one reason is said once."""
    found = list(openings)
    shut: dict[str, list[str]] = {}
    for one in found:
        if not one["open"]:
            shut.setdefault(one["reason"], []).append(one["label"])
    closed_ones = (f"暂不能{'、'.join(labels)}：{reason}" for reason, labels in shut.items())
    return (*(begin_line(one) for one in found if one["open"]), *closed_ones)


def page(cases: Sequence[Case], name: str, number: int) -> tuple[Sequence[Case], str, Listing | None]:
    """Five of a list, the line that says where one is, and the next page."""
    pages = max(1, -(-len(cases) // CHAT_LIST))
    number = min(max(number, 1), pages)
    shown = cases[(number - 1) * CHAT_LIST : number * CHAT_LIST]
    where = f"共 {len(cases)} 条，第 {number}/{pages} 页" if pages > 1 else ""
    return shown, where, Listing(name, number + 1) if number < pages else None


def lines(cases: Sequence[Case]) -> tuple[Option, ...]:
    """The numbers of a list whose lines stand in the text."""
    return tuple(Option("", Show(case.record.id)) for case in cases)


def who(person: Person) -> str:
    return plain(person.graduate.name)


def _text(form: Any, name: str) -> str:
    return str(form.get(name, ""))


def _joined(head: str, *parts: str) -> str:
    found = "，".join(part for part in parts if part)
    return head + found if found else ""
