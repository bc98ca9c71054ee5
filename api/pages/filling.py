"""Room: a form of `workflows.forms` on a page without script: what each field shows, and what came back.

Nothing about a form is written here a second time: labels, help, options and conditions come from `describe`. What a
person typed goes back into the page as it was typed; what it means is for `validate` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from models import codes, kit
from models.codes import REGION
from workflows.errors import Fault
from workflows.fields import Form, Kind
from workflows.forms import describe
from workflows.intake.faults import MEGABYTES

Sections = Sequence[tuple[str, Sequence[str]]]
"""How a page divides a form: a heading and the names below it. Fields that nobody names come last, by themselves."""

REST: Final = "其他信息"
LEFT_OPEN: Final = "不填时按学校的设置。"
PROVINCE_OF: Final = "{}_province"
"""The first of the two choices of a region; the form itself knows only the second."""

_LONGEST: Final = 4000  # characters of one field that come back into the page
_KEYBOARDS: Final = {
    Kind.MONEY: "numeric",
    Kind.INTEGER: "numeric",
    Kind.MOBILE: "tel",
    Kind.PHONE: "tel",
    Kind.EMAIL: "email",
    Kind.POSTCODE: "numeric",
}
FILE_KINDS: Final = {"image": "JPEG、PNG 图片", "pdf": "PDF"}
_YES_NO: Final = (("true", "是"), ("false", "否"))


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One field as the page shows it. `value` is text as typed, of files their ids; `condition` says when it is asked,
    `files` what may be uploaded, in words.
    """

    name: str
    label: str
    kind: str
    value: str
    fault: str
    help: str
    required: bool
    max_length: int | None
    keyboard: str
    choices: tuple[Choice, ...]
    provinces: tuple[Choice, ...] = ()
    province: str = ""
    condition: str = ""
    files: str = ""
    when_field: str = ""
    when_values: str = ""
    asked: bool = True

    @property
    def grouped(self) -> list[tuple[str, list[Choice]]]:
        """The choices under their headings, in their order."""
        found: dict[str, list[Choice]] = {}
        for choice in self.choices:
            found.setdefault(choice.group, []).append(choice)
        return list(found.items())

    @property
    def described_by(self) -> str:
        """Ids of what a screen reader says after the label."""
        parts = (("help", self.help or self.condition), ("fault", self.fault))
        return " ".join(f"{kind}-{self.name}" for kind, there in parts if there)


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Filling:
    """A form being filled in. `faults` in the form's order; those of no field stand first, without a path."""

    form: Form
    sections: tuple[Section, ...]
    faults: tuple[Fault, ...]

    @property
    def wrong(self) -> bool:
        return bool(self.faults)


def typed(form: Form, sent: Mapping[str, str]) -> dict[str, str]:
    """What came back for the form's fields, as typed. A region outside the chosen province is no choice any more."""
    found = {field.name: sent[field.name] for field in form.fields if field.name in sent}
    for field in form.fields:
        if field.kind is Kind.REGION:
            province = sent.get(PROVINCE_OF.format(field.name), "")
            if province:
                found[PROVINCE_OF.format(field.name)] = province
                if not found.get(field.name, "").startswith(province):
                    found[field.name] = ""
    return found


def data(form: Form, values: Mapping[str, str]) -> dict[str, Any]:
    """What `validate` reads. A blank field that the platform can fill by itself is left to it."""
    return {
        field.name: values[field.name].split() if field.kind is Kind.FILES else values[field.name]
        for field in form.fields
        if field.name in values and (values[field.name].strip() or not (field.prefilled or field.default is not None))
    }


def as_typed(values: Mapping[str, Any]) -> dict[str, str]:
    """Stored values in the shape in which a form sends them."""
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def filling(
    form: Form, values: Mapping[str, str], faults: Iterable[Fault] = (), sections: Sections = (), **more: Any
) -> Filling:
    """The form with these values and faults, divided into `sections`. `more`: the cohort, for codes that lapsed."""
    faults = tuple(faults)
    described = {field["name"]: field for field in describe(form, more.get("cohort"))["fields"]}
    said = {fault.path: fault.message for fault in reversed(faults)}
    questions = {name: _question(field, described, values, said.get(name, "")) for name, field in described.items()}
    named = [name for _, names in sections for name in names]
    rest = [name for name in questions if name not in named]
    plan = [*sections, *([(REST if sections else "", rest)] if rest else [])]
    return Filling(
        form,
        tuple(Section(title, tuple(questions[n] for n in names if n in questions)) for title, names in plan),
        faults,
    )


def _question(
    field: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]], values: Mapping[str, str], fault: str
) -> Question:
    name, kind = field["name"], Kind(field["kind"])
    value = clean_text(values.get(name, _text(field["default"]) if _preset(field) else ""))
    when = field["when"]
    hint = field["help"]
    if field["required_when"]:
        hint = hint or f"{_condition(field['required_when'], fields)}时必填。"
    if field["prefilled"] and field["default"] is not None:
        hint = f"{hint}{LEFT_OPEN}"
    province = values.get(PROVINCE_OF.format(name), value[:2]) if kind is Kind.REGION else ""
    return Question(
        name=name,
        label=field["label"],
        kind=str(kind),
        value=value,
        fault=fault,
        help=hint,
        required=field["required"] and not field["prefilled"],
        max_length=field["max_length"],
        keyboard=_KEYBOARDS.get(kind, ""),
        choices=_following(_choices(field, kind, province), when, fields, values),
        provinces=provinces() if kind is Kind.REGION else (),
        province=province,
        files=_files(field) if kind is Kind.FILES else "",
        condition=f"仅在{_condition(when, fields)}时填写。" if when else "",
        when_field=when["field"] if when else "",
        when_values=" ".join(_text(v) for v in when["in"]) if when else "",
        asked=not when or _chosen(fields, values, when["field"]) in [_text(v) for v in when["in"]],
    )


def _files(field: Mapping[str, Any]) -> str:
    """`1 至 20 个文件，JPEG、PNG 图片或 PDF，每个不超过 10 MB。`"""
    kinds = "或 ".join(FILE_KINDS[one] for one in field["accepts"])
    count = f"{field['min']} 至 {field['max']}" if field["min"] < field["max"] else str(field["max"])
    return f"{count} 个文件，{kinds}，每个不超过 {MEGABYTES} MB。"


def _preset(field: Mapping[str, Any]) -> bool:
    """A default stands in the field; what the platform knows better (`prefilled`) stays open for it."""
    return field["default"] is not None and not field["prefilled"]


def _chosen(fields: Mapping[str, Mapping[str, Any]], values: Mapping[str, str], name: str) -> str:
    return values.get(name, _text(fields[name]["default"]) if _preset(fields[name]) else "")


def _condition(when: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]) -> str:
    """`“是否劳务派遣”选“是”`."""
    other = fields[when["field"]]
    labels = {_text(o["value"]): o["label"] for o in other["options"] or ()} | (
        dict(_YES_NO) if other["kind"] == Kind.BOOLEAN else {}
    )
    chosen = "、".join(f"“{labels.get(_text(v), _text(v))}”" for v in when["in"])
    return f"“{other['label']}”选{chosen}"


def _choices(field: Mapping[str, Any], kind: Kind, province: str) -> tuple[Choice, ...]:
    if kind is Kind.REGION:
        return regions(province)
    if kind is Kind.BOOLEAN:
        return tuple(Choice(value, label) for value, label in _YES_NO)
    return tuple(Choice(o["value"], o["label"], o["group"]) for o in field["options"] or ())


def _following(
    choices: tuple[Choice, ...],
    when: Mapping[str, Any] | None,
    fields: Mapping[str, Mapping[str, Any]],
    values: Mapping[str, str],
) -> tuple[Choice, ...]:
    """Choices in groups follow the answer that the question hangs on, whose label is the group's name."""
    if when is None:
        return choices
    chosen = _chosen(fields, values, when["field"])
    group = next((o["label"] for o in fields[when["field"]]["options"] or () if o["value"] == chosen), "")
    return tuple(c for c in choices if group and c.group == group) or choices


def clean_text(text: str) -> str:
    """Typed text as it may stand in a page: no control characters but line ends."""
    return "".join(ch for ch in text[:_LONGEST] if ch.isprintable() or ch in "\n\t　")


# --- regions -------------------------------------------------------------------------------------

_GROUPINGS: Final = ("市辖区", "省直辖县级行政单位", "自治区直辖县级行政单位")
"""Entries of GB/T 2260 that stand for numbers, not for a place where an employer could be."""


@cache
def provinces() -> tuple[Choice, ...]:
    return tuple(Choice(code, name) for code, name in codes.table(REGION).groups.items())


def regions(province: str) -> tuple[Choice, ...]:
    """The present divisions of a province (two digits) below it, each under its prefecture's name."""
    return _regions(province, kit.now().year) if province in codes.table(REGION).groups else ()


@cache
def _regions(province: str, year: int) -> tuple[Choice, ...]:
    table = codes.table(REGION)
    whole = table.groups[province]
    names = {
        entry.code: entry.label.removeprefix(whole) or whole for entry in table.items(year) if entry.group == province
    }
    found = []
    for code, name in names.items():
        prefecture = names.get(f"{code[:4]}00", "")
        if code.endswith("0000") or name.endswith(_GROUPINGS) or name == "县":
            continue
        own = code.endswith("00")
        group = "" if prefecture.endswith(_GROUPINGS) or prefecture == "县" else prefecture
        found.append(Choice(code, name if own else name.removeprefix(group), group))
    return tuple(found) or (Choice(f"{province}0000", whole),)
