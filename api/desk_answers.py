"""Room: what the desks' answers look like (roster, settings, accounts, employers), for the OpenAPI document."""

from api.act_answers import SubjectStep
from api.answers import (
    Attachment,
    Delivery,
    Listed,
    Marks,
    Place,
    Reason,
    Records,
    RegistryState,
)
from api.shapes import Codes, Masked, Moment, Shape


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
    licence: str | None
    handovers_waiting: int


class Handover(Shape):
    """Somebody who asked to be the employer's 经办人."""

    id: str
    username: str
    agent_name: str
    agent_mobile: Masked
    statement: str
    licence: str | None
    authorisation: str | None
    status: str
    label: str
    note: str | None
    asked_at: Moment
    decided_at: Moment | None
    papers: list[Attachment]


class EmployerUser(Shape):
    id: str
    username: str
    name: str
    created_at: Moment
    disabled: bool
    own: bool


class EmployerUsers(Shape):
    items: list[EmployerUser]


class Employers(Listed):
    items: list[EmployerRow]


class EmployerFull(EmployerRow):
    profile: Codes
    registry: RegistryState
    handovers: list[Handover]
    papers: list[Attachment]
    decisions: list[str]
    history: list[SubjectStep]


class EmployerDesk(Shape):
    """企业客服 of the employer's province; telephone and hours may be empty."""

    name: str
    phone: str
    hours: str


class EmployerOwn(EmployerRow):
    profile: Codes
    desk: EmployerDesk


class Note(Shape):
    """`record` and `flow` empty: it is about the employer itself."""

    id: str
    record: str | None
    flow: str | None
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
    module: str
    text: str


class SigningSettings(Shape):
    """`values`: in the shape of the form `signing_settings`; of an earlier cohort while nothing was submitted."""

    school: Place
    cohort: int
    agreement_type: str | None
    module_open: bool
    read_only_because: str | None
    asks_all_levels: str | None
    submitted: bool
    version: int | None
    values: Codes | None
    opened_at: Moment | None
    may_close: bool
    handlers: list[Handler]
    levels_without_handler: list[str]
    blocks_mode_change: list[Pending]
    without_reviewer: list[Uncovered]
    history: list[SubjectStep]


class ModeChange(Shape):
    """A dry run: `possible` while nothing of the area is in flow and, for two stages, nobody is lacking."""

    module: str
    present: str | None
    mode: str
    possible: bool
    pending: list[Pending]
    lacking: list[Uncovered]


class SetupStep(Shape):
    name: str
    label: str
    done: bool
    missing: str | None


class Checklist(Shape):
    """`bound` of `graduates` are reached by WeChat."""

    cohort: int
    done: bool
    steps: list[SetupStep]
    graduates: int
    bound: int
    departments_without_account: list[str]
    without_reviewer: list[Uncovered]
    levels_without_handler: list[str]


class OwnDesk(Shape):
    phone: str
    hours: str


class DepartmentDesk(OwnDesk):
    department: str


class Desks(Shape):
    """What a department leaves empty is the school's."""

    school: OwnDesk
    departments: list[DepartmentDesk]


class NewSecondFactor(Shape):
    """For the authenticator, shown this once; it counts once a code of it was confirmed."""

    secret: str
    uri: str


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
    second_factor: bool
    disabled_at: Moment | None
    created_at: Moment


class Accounts(Shape):
    """`read_only`: accounts come from the EMS, whose page is `ems_url`."""

    items: list[AccountRow]
    departments: list[str]
    read_only: bool
    ems_url: str


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
    employer_phone: str
    employer_hours: str
    schools: list[DeskSchool]


class Mark(Shape):
    """`registered`: the employer is on the platform; `employer_nature` is empty where nobody has said it."""

    id: str
    employer_name: str
    employer_uscc: str
    employer_nature: str
    registered: bool
    reasons: list[Reason]
    note: str
    evidence: list[str]
    marked_by: str
    marked_at: Moment


class MarkList(Shape):
    items: list[Mark]


class Cases(Records):
    """Open records of the school with a marked employer, at most 200, with the whole count."""


class Marked(Made):
    """`cases`: what the school has open with this employer at the moment of marking."""

    cases: Cases


class MarkLookUp(Marks):
    """`sentence`: what a graduate reads; none while nothing is to be shown."""

    sentence: str | None


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
