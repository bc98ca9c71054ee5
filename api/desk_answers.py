"""Room: what the desks' answers look like (roster, settings, accounts, employers), for the OpenAPI document."""

from api.answers import Brief, Delivery, Listed, Mirror, Place, Reason, RegistryState, SchoolName
from api.shapes import Codes, Masked, Moment, Shape


class Slot(Shape):
    flow: str
    state: str
    label: str


class GraduateRow(Shape):
    id: str
    cohort: int
    name: str
    id_kind: str
    id_number: Masked
    school: SchoolName
    level: str
    level_code: str
    department: str
    major: str
    training_mode: str
    bound: bool
    invalid_at: Moment | None
    slot: Slot | None


class Graduates(Listed):
    items: list[GraduateRow]


class GraduateFull(GraduateRow):
    basic: Codes
    mobile: Masked | None
    mobile_source: str
    email: str | None
    proof_code: str
    terminations_used: int
    records: list[Brief]
    ems: Mirror


class EmployerRow(Shape):
    id: str
    name: str
    uscc: str
    nature: str
    industry: str
    region: str
    status: str
    label: str
    note: str | None
    registered_at: Moment
    decided_at: Moment | None


class Employers(Listed):
    items: list[EmployerRow]


class EmployerFull(EmployerRow):
    profile: Codes
    registry: RegistryState
    decisions: list[str]


class EmployerOwn(EmployerRow):
    profile: Codes


class Note(Shape):
    id: str
    record: str
    flow: str
    title: str
    text: str
    at: Moment
    read_at: Moment | None


class Notes(Shape):
    items: list[Note]


class Made(Shape):
    id: str


class Registered(Shape):
    id: str
    user: str


class Status(Shape):
    status: str
    label: str


class Handler(Shape):
    level: str
    level_label: str
    name: str
    phone: str
    address: str
    postcode: str
    set_at: Moment


class Pending(Shape):
    flow: str
    label: str
    count: int


class Uncovered(Shape):
    department: str
    level: str
    text: str


class SigningSettings(Shape):
    """`values`: in the shape of the form `signing_settings`; of an earlier cohort while nothing was submitted."""

    school: Place
    cohort: int
    agreement_type: str | None
    module_open: bool
    submitted: bool
    version: int | None
    values: Codes | None
    opened_at: Moment | None
    may_close: bool
    handlers: list[Handler]
    levels_without_handler: list[str]
    blocks_mode_change: list[Pending]
    without_reviewer: list[Uncovered]


class NewVersion(Shape):
    version: int


class Levels(Shape):
    levels: list[str]


class AccountRow(Shape):
    id: str
    username: str
    display_name: str
    party: str
    school: Place
    department: str | None
    grants: dict[str, str]
    level: str
    must_change: bool
    disabled_at: Moment | None
    created_at: Moment


class Accounts(Shape):
    items: list[AccountRow]
    departments: list[str]


class NewAccount(Shape):
    """The first password, shown this once."""

    id: str
    username: str
    password: str


class DeskSchool(Shape):
    id: str
    code: str
    name: str
    modules: dict[str, bool]
    open_at: Moment | None
    review_mode: str | None
    accounts: int
    graduates: int


class Desk(Shape):
    cohort: int
    agreement_type: str | None
    frozen: bool
    decided_at: Moment | None
    schools: list[DeskSchool]


class Mark(Shape):
    id: str
    employer_name: str
    employer_uscc: str
    reasons: list[Reason]
    note: str
    marked_by: str
    marked_at: Moment


class MarkList(Shape):
    items: list[Mark]


class DeliveryPerson(Shape):
    id: str
    name: str


class DeliveryRow(Delivery):
    graduate: DeliveryPerson | None


class Deliveries(Listed):
    items: list[DeliveryRow]


class DeliveryCounts(Shape):
    """Rows by channel and status; `dead` wait for a person."""

    channels: dict[str, dict[str, int]]
    dead: int
    ems_refused: int


class DeliveryTry(Shape):
    number: int
    began_at: Moment
    ended_at: Moment
    verdict: str
    cause: str


class DeliveryTries(Shape):
    items: list[DeliveryTry]
