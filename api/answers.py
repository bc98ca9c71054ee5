"""Room: what answers look like, for the OpenAPI document. Queries give plain data; tests hold the two together.

Unknown members are refused here too, so that a member that a query adds without declaring it is found.
"""

from typing import Any, Literal

from api.review_answers import RowReview, SameImage, StaffNote, Termination, Voided
from api.shapes import Codes, Masked, Moment, Shape


class Alive(Shape):
    status: Literal["ok"]


class Opened(Shape):
    """A session; `token` is told this once and goes into `Authorization: Bearer`."""

    token: str
    party: str
    name: str
    must_change: bool
    ends_at: Moment


class Place(Shape):
    id: str
    code: str
    name: str


class SchoolName(Shape):
    code: str
    name: str


class CohortChoice(Shape):
    cohort: int
    open: bool
    modules: list[str]


class OwnEmployer(Shape):
    id: str
    uscc: str
    name: str
    status: str
    label: str


class OwnGraduate(Shape):
    level_code: str
    major: str
    mobile: Masked | None
    email: str | None
    proof_code: str
    invalid: bool


class Me(Shape):
    """`cohort`: the one to begin with. `grants`: rw, ro or none per module, for staff."""

    party: str
    party_label: str
    id: str
    name: str
    school: Place | None
    province: Place | None
    employer: OwnEmployer | None
    graduate: OwnGraduate | None
    department: str | None
    level: str
    grants: dict[str, Literal["rw", "ro", "none"]] | None
    cohorts: list[CohortChoice]
    cohort: int | None
    must_change: bool
    second_factor: bool | None
    ends_at: Moment
    idle_at: Moment
    ems_url: str | None


class Waiting(Shape):
    flow: str
    flow_label: str
    state: str
    label: str
    waits_on: str
    count: int
    oldest: Moment | None


class PendingEmployers(Shape):
    count: int
    oldest: Moment | None


class Home(Shape):
    """`at_departments`: what waits at a school's departments, for the school to see."""

    at: Moment
    cohort: int | None
    waiting: list[Waiting]
    total: int
    at_departments: list[Waiting] | None
    employers: PendingEmployers | None = None
    unread: int | None = None


class Person(Shape):
    """A graduate in a list. `id` and `department` are not told to an employer before the graduate accepts."""

    id: str | None
    name: str
    id_number: Masked
    school: SchoolName
    department: str | None
    level: str
    level_code: str
    major: str


class EmployerName(Shape):
    id: str | None
    name: str
    uscc: str
    nature: str | None
    industry: str | None
    region: str | None


class Row(Shape):
    """`since`: when it began to wait; `frozen`: the graduate has left the roster; `initiator`: 签约发起方, 解约方;
    `roster_changed`: for staff.
    """

    id: str
    flow: str
    cohort: int
    state: str
    label: str
    phase: str
    version: int
    waits_on: str | None
    since: Moment | None
    frozen: bool
    employer_suspended: bool
    roster_changed: bool | None
    created_at: Moment
    submitted_at: Moment | None
    expires_at: Moment | None
    agreement_no: str | None
    initiator: str
    destination_code: str | None
    position_category: str | None
    graduate: Person
    employer: EmployerName
    review: RowReview | None


class Listed(Shape):
    """`next`: the cursor of the following page; `total` stops counting at 10,000."""

    next: str | None
    total: int
    total_is_capped: bool


class Records(Listed):
    items: list[Row]


class Choice(Shape):
    """One action. `open` false: greyed out for `reason`. `form` names an entry of the catalogue."""

    name: str
    label: str
    open: bool
    guard: str | None
    reason: str | None
    form: str | None
    danger: bool


class FollowUp(Choice):
    """An action of another flow about this record: its termination."""

    flow: str


class Openings(Shape):
    """What a graduate may begin, open or closed with the reason; how many termination applications are left."""

    items: list[FollowUp]
    terminations_left: int


class ParentRecord(Shape):
    """The signing that a termination is about."""

    id: str
    flow: str


class Latest(Shape):
    """What an approval with `take_latest` would take over; `digest` goes into `latest_seen`."""

    values: Codes
    digest: str


class RecordPerson(Shape):
    name: str
    id_number: Masked
    school: SchoolName
    level: str
    level_code: str
    major: str
    id: str | None = None
    id_kind: str | None = None
    department: str | None = None
    training_mode: str | None = None
    invalid: bool | None = None
    bound: bool | None = None


class RecordEmployer(Shape):
    id: str | None
    name: str
    uscc: str
    nature: str
    industry: str
    region: str
    profile: Codes


class Difference(Shape):
    name: str
    recorded: Any
    present: Any


class RegistryState(Shape):
    """`known` false: 暂时无法获取最新状态. `link`: where a person looks it up by hand."""

    known: bool
    name: str | None
    status: str | None
    in_operation: bool | None
    checked_at: Moment | None
    link: str


class Mirror(Shape):
    destination: Codes | None
    locked: bool
    pending: bool
    acked_at: Moment | None
    refused: str | None


class Brief(Shape):
    id: str
    flow: str
    state: str
    label: str
    employer: str
    created_at: Moment


class Reason(Shape):
    code: str
    label: str


class Marks(Shape):
    shown: bool
    own: bool
    everywhere: bool
    schools: int | None
    by_name_only: bool
    reasons: list[Reason]
    note: str


class Delivery(Shape):
    """One message or push and what became of it."""

    id: int
    record_id: str | None
    flow: str | None
    notice: str
    title: str
    channel: str
    channel_label: str
    status: str
    status_label: str
    cause: str
    at: Moment
    created_at: Moment
    due_at: Moment
    settled_at: Moment | None
    attempts: int
    repeatable: bool


class Review(RowReview):
    """What only staff see of a record. `roster_changed`: name or number is another on the roster by now."""

    differences: list[Difference]
    roster_changed: bool
    latest: Latest
    department_covered: bool
    review_mode: str
    registry: RegistryState
    ems: Mirror
    other_records: list[Brief]
    voided: list[Voided]
    same_images: list[SameImage]
    notes: list[StaffNote]


class Attachment(Shape):
    """A file of a record. `id`: of the upload, by which a later round may name it again; `url`: of its bytes."""

    id: str
    field: str
    round: int
    name: str
    media: str
    bytes: int
    pages: int
    added_by: str
    added_at: Moment
    url: str


class Record(Shape):
    """`marks`: warning marks on the employer, for graduates and staff. `snapshot`: the graduate as recorded."""

    id: str
    flow: str
    flow_label: str
    cohort: int
    state: str
    label: str
    phase: str
    version: int
    round: int
    waits_on: str | None
    since: Moment | None
    frozen: bool
    employer_suspended: bool
    created_at: Moment
    submitted_at: Moment | None
    expires_at: Moment | None
    agreement_no: str | None
    agreement_type: str | None
    position_category: str | None
    graduate: RecordPerson
    employer: RecordEmployer
    form: Codes
    snapshot: Codes | None
    attachments: list[Attachment]
    actions: list[Choice]
    follow_ups: list[FollowUp]
    parent: ParentRecord | None
    termination: Termination | None
    marks: Marks | None
    deliveries: list[Delivery] | None
    review: Review | None = None


class Step(Shape):
    """操作, 操作描述, 操作人, 操作时间."""

    at: Moment
    action: str
    label: str
    description: str
    party: str
    by: str
    from_state: str | None
    to_state: str
    version: int
    stands_in: bool


class History(Shape):
    items: list[Step]
