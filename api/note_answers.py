"""Room: what the answers on notes, the digest and the comparison with the EMS look like, for the OpenAPI document."""

from typing import Literal

from api.answers import Listed, NoteText, Row, Waiting
from api.shapes import Moment, Shape


class NotePerson(Shape):
    id: str
    name: str


class NoteRecord(Shape):
    id: str
    flow: str
    flow_label: str
    label: str
    employer: str


class DeskNote(NoteText):
    graduate: NotePerson
    department: str
    record: NoteRecord | None


class DeskNotes(Listed):
    items: list[DeskNote]


class Waits(Shape):
    """`oldest`: the records that have waited longest, cut at a handful."""

    total: int
    by_state: list[Waiting]
    oldest: list[Row]


class SilentFor(Shape):
    days: int
    count: int


class SilentRecord(Shape):
    """`reminders`: how often the employer was reminded since."""

    record: Row
    days: int
    reminders: int


class Silence(Shape):
    counts: list[SilentFor]
    items: list[SilentRecord]


class Someone(Shape):
    id: str
    name: str
    department: str


class RefusedPush(Shape):
    graduate: Someone
    cause: str


class RefusedPushes(Shape):
    count: int
    items: list[RefusedPush]


class OpenNotes(Shape):
    count: int
    oldest: Moment | None


class Digest(Shape):
    """`silent`: employers that do not answer a termination, told to schools."""

    at: Moment
    cohort: int | None
    waiting: Waits
    silent: Silence | None
    ems_refused: RefusedPushes
    dead_messages: int
    notes: OpenNotes


class FieldDifference(Shape):
    name: str
    label: str
    ours: str | None
    theirs: str | None


class ComparedRecord(Shape):
    id: str
    flow: str


class ComparedGraduate(Shape):
    """`ours`: what a push would tell now; `theirs`: what the EMS acknowledged last."""

    graduate: Someone
    record: ComparedRecord | None
    status: Literal["equal", "pending", "differs"]
    label: str
    ours: dict[str, str] | None
    theirs: dict[str, str] | None
    differences: list[FieldDifference]
    refused: str | None
    acked_at: Moment | None


class ReconciliationCounts(Shape):
    told: int
    waiting: int
    refused: int


class Reconciliation(Shape):
    """`next` may be there although `items` is short: a call looks at a bounded number of graduates."""

    items: list[ComparedGraduate]
    next: str | None
    counts: ReconciliationCounts
