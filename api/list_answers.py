"""Room: what the lists beside the queues look like (see `answers.py`): departed and voided, saved filters, own acts."""

from api.act_answers import Step
from api.answers import Brief, Listed
from api.roster_answers import OnRoster
from api.shapes import Codes, Moment, Shape


class Departed(OnRoster):
    sex: str | None
    proof_code: str


class InvalidatedRow(Departed):
    """失效: `removed_by` and `reason` as the history has them; `records`: what froze."""

    invalid_at: Moment
    removed_by: str | None
    reason: str | None
    records: list[Brief]


class Invalidated(Listed):
    items: list[InvalidatedRow]


class VoidedRow(Departed):
    """作废: `voided`: how many destinations; `voided_at`: the last of them."""

    voided_at: Moment
    voided: int


class VoidedList(Listed):
    items: list[VoidedRow]


class VoidedRecord(Brief):
    destination_code: str | None
    uscc: str | None
    position_category: str | None
    form: Codes
    history: list[Step]


class VoidedFull(Departed):
    records: list[VoidedRecord]


class SavedFilter(Shape):
    id: str
    menu: str
    name: str
    filters: Codes
    saved_at: Moment


class SavedFilters(Shape):
    items: list[SavedFilter]


class OwnStep(Shape):
    """One act of the account's own. `flow`: of records; `kind`: what it was about otherwise."""

    at: Moment
    action: str
    label: str
    flow: str | None
    flow_label: str | None
    state_label: str | None
    kind: str
    subject: str
    title: str | None


class OwnHistory(Shape):
    """`next`: what to ask for as `before` to read on."""

    items: list[OwnStep]
    next: str | None
