"""Room: one form in a graduate's hand: what it is about, what it asks of this person, what was typed so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from api.pages.doors import Guest
from api.pages.filling import Filling, Question, Section, Sections, as_typed, clean_text, filling
from api.pages.phone import PREFIX
from models import codes
from models.parties import Party
from models.states import Flow
from workflows.commands.drafts import Kept, Place, read_draft
from workflows.commands.uploads import Progress, read_upload
from workflows.destination_questions import OFFERED, PROOFS
from workflows.errors import Fault, NotFound, Refused
from workflows.fields import Form, Kind
from workflows.flows import FLOWS
from workflows.forms import FORMS
from workflows.queries.chat import Case
from workflows.queries.openings import read_openings
from workflows.queries.record_page import form_for

KIND: Final = "destination_code"
"""The field that decides what a destination asks; it is chosen on a page of its own."""

SECTIONS: Final[Sections] = (
    ("去向", ("substate", "wish_region", "wish_position", "country", "college", "college_foreign", "major",
              "major_foreign", "degree_level", "enlisted_from", "occupation", "work_content", "income")),
    ("协议", ("agreement_no", "upload_kind", "signed_on", "scans", "upload_note")),
    ("单位信息", ("employer_name", "no_code", "employer_uscc", "no_code_reason", "employer_nature",
                  "employer_industry", "employer_region", "employer_address", "employer_postcode", "contact_name",
                  "contact_mobile", "contact_phone")),
    ("岗位与待遇", ("position_category", "position_title", "work_place", "dispatched", "dispatched_to", "report_on",
                    "report_by", "probation_months", "monthly_pay", "service_months", "penalty", "contract_from",
                    "contract_to", "project", "term_from", "term_to", "role", "shop_url")),
    ("户口与档案", ("hukou_settled", "hukou_address", "archive_accepted", "archive_body", "archive_address",
                    "archive_postcode", "archive_contact", "archive_phone")),
    ("其他约定", ("extra_terms",)),
    ("解约", ("reason", "reason_text", "papers_kind", "papers")),
    ("本人信息", ("own_mobile", "own_email", "archive_wish", "household_wish")),
    ("证明材料", ("proofs",)),
    ("确认", ("truthful", "agreed", "confirmed")),
)  # fmt: skip
"""How long forms are divided; each takes the questions that it has."""

_SHORT: Final = 5  # questions up to which a form needs no headings


@dataclass(frozen=True, slots=True)
class Matter:
    """What a form is about: an action that makes a record of a flow, or one on a record (`case`)."""

    place: Place
    label: str
    form: Form
    danger: bool
    closed: str
    case: Case | None = None

    @property
    def path(self) -> str:
        if self.place.record_id is None:
            return f"{PREFIX}/begin/{self.place.flow}/{self.place.action}"
        return f"{PREFIX}/records/{self.place.record_id}/actions/{self.place.action}"

    @property
    def back(self) -> str:
        """Where one goes without having done it."""
        record = self.place.record_id
        return f"{PREFIX}/begin" if record is None else f"{PREFIX}/records/{record}"

    @property
    def by_kind(self) -> bool:
        """Whether a kind is chosen first, which decides what is asked."""
        return self.form.field(KIND) is not None


def form_of(place: Place) -> Form:
    """The form of an action that a graduate may ever take. Raises NotFound."""
    making = place.record_id is None
    for step in FLOWS[place.flow].transitions:
        if step.action == place.action and step.creates is making and Party.GRADUATE in step.by and step.form:
            return FORMS[step.form]
    raise NotFound


async def new_matter(who: Guest, flow: Flow, action: str) -> Matter:
    """Raises NotFound for what a graduate never begins."""
    place = Place(flow, action)
    form = form_of(place)
    items = (await read_openings(who.actor))["items"]
    found = next((one for one in items if (one["flow"], one["name"]) == (str(flow), action)), None)
    if found is None:
        raise NotFound
    return Matter(place, found["label"], form, found["danger"], found["reason"] or "")


def matter_on(who: Guest, record_id: UUID, action: str) -> Matter:
    """Raises NotFound for a record that is not this person's, and for what a graduate never does to one."""
    case = who.person.case(record_id)
    if case is None:
        raise NotFound
    place = Place(case.record.flow, action, record_id)
    form, choice = form_of(place), case.choice(action)
    if choice is None:
        return Matter(place, form.title, form, False, Refused.sentence, case)
    return Matter(place, choice.label, FORMS[choice.form], choice.danger, choice.reason, case)


async def begun(who: Guest, matter: Matter) -> tuple[dict[str, str], Kept | None]:
    """What the form holds when it is opened: the draft, else what was handed in before; without files that are gone."""
    kept = await read_draft(who.actor, matter.place, matter.form)
    values = dict(kept.values) if kept else {}
    if kept is None and matter.case is not None:
        asked = {field.name for field in matter.form.fields}
        stored = form_for(who.actor, matter.place.flow, matter.case.form)
        values = as_typed({name: value for name, value in stored.items() if name in asked})
    for field in matter.form.fields:
        if field.kind is Kind.FILES and values.get(field.name):
            found = await files_of(who, values[field.name])
            values[field.name] = " ".join(str(one.id) for one in found)
    return values, kept


async def files_of(who: Guest, ids: str) -> list[Progress]:
    """The finished uploads of a field, as far as they are there and one's own."""
    found = []
    for text in dict.fromkeys(ids.split()):
        try:
            one = await read_upload(who.actor, UUID(text))
        except (ValueError, NotFound):
            continue
        if one.done:
            found.append(one)
    return found


def kinds(who: Guest) -> list[tuple[str, list[codes.Code]]]:
    """What this person may register, under the headings of the table."""
    table = codes.table("destination")
    found: dict[str, list[codes.Code]] = {}
    for one in OFFERED:
        if one.serves(who.person.graduate.cohort) and codes.destination_offered(
            one.code, who.person.graduate.training_mode
        ):
            found.setdefault(table.groups[one.group], []).append(one)
    return list(found.items())


def kind_label(code: str) -> str:
    table = codes.table("destination")
    return table.label(code) if code in table else ""


def shown(who: Guest, matter: Matter, values: Mapping[str, str], faults: Iterable[Fault] = ()) -> Filling:
    """The form as this person fills it in; of a destination only what its kind asks."""
    sections = SECTIONS if len(matter.form.fields) > _SHORT else ()
    made = filling(matter.form, values, faults, sections, cohort=who.person.graduate.cohort)
    has_code = {q.name: q.asked for part in made.sections for q in part.questions}.get("employer_uscc", True)
    parts = []
    for part in made.sections:
        asked = [_settled(matter, q, values) for q in part.questions if _stands(q, has_code)]
        if asked:
            parts.append(Section(part.title, tuple(asked)))
    return replace(made, sections=tuple(parts))


def _stands(question: Question, has_code: bool) -> bool:
    """Whether the chosen kind asks it. Who has no code is asked only where a code is."""
    if question.name == KIND or (question.when_field == KIND and not question.asked):
        return False
    return has_code or question.name not in ("no_code", "no_code_reason")


def _settled(matter: Matter, question: Question, values: Mapping[str, str]) -> Question:
    """Conditions on the kind are no conditions any more once it is chosen."""
    field = matter.form.field(question.name)
    if question.when_field == KIND:
        question = replace(question, condition="", when_field="", when_values="")
    if field is None:
        return question
    if field.required_when is not None and field.required_when.field == KIND:
        must = values.get(KIND, "") in field.required_when.values
        question = replace(question, required=question.required or must, help=field.help)
    if field.name == "employer_uscc":
        question = replace(question, required=values.get("no_code", "false") != "true")
    if field.name == "proofs":
        question = replace(question, help=f"请上传：{PROOFS.get(values.get(KIND, ''), field.label)}。{field.help}")
    return question


def tidy(values: Mapping[str, str]) -> dict[str, str]:
    """As it may be kept and shown: no control characters."""
    return {name: clean_text(text) for name, text in values.items()}


def ticks(form: Form) -> dict[str, Any]:
    """The fields that are ticked, not answered."""
    return {field.name: True for field in form.fields if field.must_hold}
