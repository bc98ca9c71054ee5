"""Room: what a form is made of: fields, their kinds and conditions, as frozen data that checks itself when built."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.codes import REGION, table_names
from workflows.limits import ROUND_FILES


class Kind(StrEnum):
    """How a field is typed, read and shown."""

    TEXT = "text"  # one line
    LONG_TEXT = "long_text"  # lines are kept
    PERSON_NAME = "person_name"
    ID_NUMBER = "id_number"  # of the paper named in the field `paper_field`
    CODE = "code"  # an entry of a code table
    REGION = "region"  # six digits of GB/T 2260
    SCHOOL = "school"  # five digits; whether the platform has that school is for the act to say
    CHOICE = "choice"  # one of the field's own choices
    BOOLEAN = "boolean"
    DATE = "date"  # YYYY-MM-DD
    MONEY = "money"  # whole yuan
    INTEGER = "integer"
    MOBILE = "mobile"
    PHONE = "phone"
    EMAIL = "email"
    POSTCODE = "postcode"
    USCC = "uscc"
    FILES = "files"  # a list of finished uploads, by id


class Accepts(StrEnum):
    """What files a field takes."""

    IMAGE = "image"
    PDF = "pdf"


TEXTS = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.PERSON_NAME})
NUMBERS = frozenset({Kind.MONEY, Kind.INTEGER})
PICKED = frozenset({Kind.CODE, Kind.REGION, Kind.SCHOOL, Kind.CHOICE, Kind.BOOLEAN, Kind.DATE})  # 请选择, not 请填写

_DATE_BOUND = re.compile(r"today|close|cohort([+-]\d+)?")


class BadForm(ValueError):
    """A form that contradicts itself; raised while the table is built, so it never reaches a person."""


@dataclass(frozen=True, slots=True)
class When:
    """True while another field of the form has one of these values."""

    field: str
    values: tuple[str | bool, ...]

    def holds(self, clean: Mapping[str, Any]) -> bool:
        given = clean.get(self.field)
        return any(type(given) is type(value) and given == value for value in self.values)

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, "in": list(self.values)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question of a form.

    min, max: bounds of a number; for a date `today`, `close` (the cohort's last day), `cohort-1` (1 January
    or 31 December of that year) or the name of another date field. `when`: the field is asked only then, and
    what was sent for it otherwise is left out. `required_when` adds to `required`. `default` stands in
    for a field that was not sent; `prefilled` takes it from what the platform knows (facts `defaults`)
    first. `must_hold`: a tick without which the act cannot go on. `sensitive`: encrypted at rest, masked
    on screens. `stored`: kept with the record; False for what only finds the person or is a tick.
    `private`: the graduate's own affair, not shown to the employer. `group_field`: the code must belong to the group
    that another field names. Of files, `min` and `max` are how many (1 and 20 unless said otherwise; a field that need
    not be filled may still be left empty), `accepts` which. `printed`: a long text that stands on the agreement, so it
    holds nothing that paper cannot show; the same goes for every short text. `only`: a tick that is taken while one of
    these holds, and refused with the help line otherwise; what they look at may itself be asked on a condition.
    """

    name: str
    label: str
    kind: Kind
    table: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    required_when: When | None = None
    when: When | None = None
    min: int | str | None = None
    max: int | str | None = None
    min_length: int = 0
    max_length: int = 0
    pattern: str = ""
    help: str = ""
    sensitive: bool = False
    stored: bool = True
    private: bool = False
    default: str | int | bool | None = None
    prefilled: bool = False
    must_hold: bool = False
    paper_field: str = ""
    group_field: str = ""
    accepts: tuple[Accepts, ...] = ()
    printed: bool = False
    only: tuple[When, ...] = ()

    def __post_init__(self) -> None:
        for wrong, why in (
            ((self.kind is Kind.CODE) != bool(self.table), "a code field, and no other, names its table"),
            (bool(self.table) and self.table not in table_names(), f"no table {self.table}"),
            (self.table == REGION, "regions have a kind of their own"),
            ((self.kind is Kind.CHOICE) != bool(self.choices), "a choice field, and no other, has choices"),
            ((self.kind in TEXTS) != bool(self.max_length), "a text field, and no other, has a largest length"),
            (self.kind in NUMBERS and not self._numeric_bounds(), "a number has both bounds"),
            (bool(self.pattern) and self.kind not in TEXTS, "a pattern is for texts"),
            (bool(self.pattern) and not self.help, "a pattern needs a help line that says how to write it"),
            (bool(self.group_field) and self.kind is not Kind.CODE, "groups are of code tables"),
            (self.must_hold and not (self.kind is Kind.BOOLEAN and self.required), "must_hold is a required tick"),
            (self.kind is Kind.FILES and not self._file_bounds(), "files are 1 to 20"),
            (self.kind is Kind.FILES and self._preset, "files are neither preset nor sealed"),
            (self.kind is not Kind.FILES and bool(self.accepts), "only files are accepted by what they are"),
            (self.printed and self.kind is not Kind.LONG_TEXT, "short texts are printed anyway"),
            (bool(self.only) and self.kind is not Kind.BOOLEAN, "only a tick is taken on a condition"),
            (bool(self.only) and not self.help, "a tick that is not always taken needs a help line that says when"),
        ):
            if wrong:
                raise BadForm(f"{self.name}: {why}")

    def _numeric_bounds(self) -> bool:
        return isinstance(self.min, int) and isinstance(self.max, int) and self.min <= self.max

    def _file_bounds(self) -> bool:
        low, high = self.file_bounds
        return 1 <= low <= high <= ROUND_FILES

    @property
    def _preset(self) -> bool:
        return self.default is not None or self.prefilled or self.sensitive

    @property
    def file_bounds(self) -> tuple[int, int]:
        """How many files, at least and at most."""
        return (
            self.min if isinstance(self.min, int) else 1,
            self.max if isinstance(self.max, int) else ROUND_FILES,
        )

    @property
    def file_kinds(self) -> tuple[Accepts, ...]:
        """What files it takes: all that there are unless it says otherwise."""
        return self.accepts or tuple(Accepts)

    @property
    def may_be_missing(self) -> bool:
        """Whether leaving the field out altogether can be right."""
        return not self.required or self.when is not None or self.default is not None or self.prefilled


@dataclass(frozen=True, slots=True)
class Form:
    """What one action asks for. `name` is `flow.action`, `title` Chinese.

    `either`: pairs of fields of which at least one is filled in where both are asked.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    either: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for what in ("name", "label"):
            values = [getattr(field, what) for field in self.fields]
            if len(set(values)) != len(values):
                raise BadForm(f"{self.name}: a {what} stands twice")
        for field in self.fields:
            for condition in (field.when, field.required_when):
                if condition is not None and not self._plain(condition.field):
                    raise BadForm(f"{self.name}.{field.name}: depends on {condition.field}, which is no plain field")
            for condition in field.only:
                if self.field(condition.field) is None:
                    raise BadForm(f"{self.name}.{field.name}: no field {condition.field}")
            for other in (field.paper_field, field.group_field):
                if other and not self._plain(other):
                    raise BadForm(f"{self.name}.{field.name}: no field {other}")
            self._check_date_bounds(field)
        for name in (name for pair in self.either for name in pair):
            if self.field(name) is None:
                raise BadForm(f"{self.name}: no field {name}")

    def _check_date_bounds(self, field: Field) -> None:
        for bound in (field.min, field.max) if field.kind is Kind.DATE else ():
            if bound is None or (isinstance(bound, str) and _DATE_BOUND.fullmatch(bound)):
                continue
            other = self.field(bound) if isinstance(bound, str) else None
            if other is None or other.kind is not Kind.DATE:
                raise BadForm(f"{self.name}.{field.name}: {bound} is no bound of a date")

    def _plain(self, name: str) -> bool:
        """A condition looks at fields that are always asked: conditions upon conditions would need several rounds."""
        field = self.field(name)
        return field is not None and field.when is None and field.required_when is None

    def field(self, name: str) -> Field | None:
        """The field of that name, if the form has it."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def sensitive(self) -> frozenset[str]:
        """Names of the fields that are encrypted at rest."""
        return frozenset(field.name for field in self.fields if field.sensitive)
