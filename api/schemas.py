"""Room: what requests may say: query strings and the envelopes of bodies, as pydantic models.

Unknown members are refused. What stands inside `form` is judged by `workflows.forms` alone (contracts 11); these
models only carry it, and OpenAPI puts the form's own schema in its place.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, StrictBool, StringConstraints

from models.kit import parse_id
from models.parties import Module, ReviewMode
from models.states import Channel, EmployerStatus, OutboxStatus, Phase
from workflows.limits import ARCHIVE_NUMBERS, EVIDENCE_MOST, PAGE_MAX, PAGE_SIZE

PLAIN = r"^[^\x00-\x1f\x7f]*$"
"""No control characters: neither the database nor a person can do anything with them."""


def _own_id(value: object) -> object:
    """Ids in bodies are written as we write them; a UUID in another spelling is none of ours."""
    if isinstance(value, str) and parse_id(value) is None:
        raise ValueError("not an id")
    return value


def _day(value: object) -> object:
    """A day is written as such; the library would take numbers for seconds since 1970.

    Read here, because a body is read strictly, and then a text is no day any more.
    """
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError("not a day")
        return date.fromisoformat(value)
    return value


def _whole(value: object) -> object:
    """A whole number as JSON has it: `7` and `7.0`, but no text and no truth value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    return value


Id = Annotated[UUID, BeforeValidator(_own_id)]
Day = Annotated[date, BeforeValidator(_day)]
Word = Annotated[str, StringConstraints(max_length=120, pattern=PLAIN)]
Number = Annotated[str, StringConstraints(max_length=40, pattern=PLAIN)]
Note = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=PLAIN)]
Cohort = Annotated[int, Field(ge=2000, le=2100, description="届, e.g. 2027")]
Version = Annotated[int, Field(ge=1, le=999_999_999), BeforeValidator(_whole)]
LevelName = Literal["undergraduate", "postgraduate"]
FormData = Annotated[dict[str, Any], Field(description="the form's fields by name")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


# --- sessions ------------------------------------------------------------------------------------


class StaffSignIn(Strict):
    """`code`: of the authenticator, where the account has a second factor."""

    kind: Literal["staff"]
    username: Secret
    password: Secret
    code: Number = ""


class EmployerSignIn(Strict):
    kind: Literal["employer"]
    username: Secret
    password: Secret


class WeChatSignIn(Strict):
    """`code`: what WeChat's web sign-in handed to the page, good once."""

    kind: Literal["wechat"]
    code: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[0-9A-Za-z_-]+$")]


class SignIn(RootModel[Annotated[StaffSignIn | EmployerSignIn | WeChatSignIn, Field(discriminator="kind")]]):
    pass


class PasswordChange(Strict):
    old: Secret
    new: Secret


class PasswordProof(Strict):
    password: Secret


class Code(Strict):
    """Six digits of an authenticator."""

    code: Number


# --- lists ---------------------------------------------------------------------------------------


class Paged(Strict):
    cursor: Annotated[str | None, Field(max_length=400, description="`next` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_SIZE


class RecordQuery(Paged):
    state: Annotated[list[Word], Field(max_length=40)] = []
    phase: Phase | None = None
    waits_on: Annotated[
        Literal["me", "graduate", "employer", "department", "school"] | None,
        Field(description="`me`: what waits on the caller, department-stage records without a reviewer included"),
    ] = None
    cohort: Cohort | None = None
    department: Word = ""
    level: LevelName | None = None
    major: Word = ""
    name: Annotated[Word, Field(description="prefix of the graduate's name")] = ""
    employer: Annotated[Word, Field(description="part of the employer's name")] = ""
    uscc: Number = ""
    agreement_no: Number = ""
    since: Annotated[Day | None, Field(alias="from", description="day, Asia/Shanghai")] = None
    until: Annotated[Day | None, Field(alias="to", description="day, Asia/Shanghai, included")] = None
    sort: Literal["oldest", "newest"] | None = None


class RecordSearch(RecordQuery):
    """The list's filters and a number that must not stand in an address (I9)."""

    id_number: Annotated[Number, Field(description="whole ID number")] = ""


class EmployerQuery(Paged):
    status: EmployerStatus | None = None
    name: Annotated[Word, Field(description="part of the name")] = ""
    uscc: Number = ""
    handover: Annotated[bool, Field(description="somebody asks to be its 经办人")] = False


class DeliveryQuery(Paged):
    status: Annotated[list[OutboxStatus], Field(max_length=10)] = []
    channel: Channel | None = None
    notice: Word = ""


class AccountQuery(Strict):
    name: Annotated[Word, Field(description="part of the user name or of the display name")] = ""
    department: Word = ""
    school: Id | None = None
    level: Literal["all", "undergraduate", "postgraduate"] | None = None
    disabled: bool | None = None


class MarkQuery(Strict):
    """An employer as far as it has been typed."""

    uscc: Number = ""
    name: Word = ""


class ModeQuery(Strict):
    module: Module = Module.EMPLOYMENT
    mode: ReviewMode


class NoteQuery(Paged):
    status: Literal["open", "answered"] | None = None
    kind: Literal["question", "dispute"] | None = None
    cohort: Cohort | None = None


class ReconciliationQuery(Paged):
    cohort: Cohort | None = None
    status: Literal["equal", "pending", "differs"] | None = None


class CohortQuery(Strict):
    cohort: Cohort | None = None


# --- acts ----------------------------------------------------------------------------------------


class Creation(Strict):
    action: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z_]+$")]
    form: FormData = {}
    parent: Id | None = None


class Act(Strict):
    form: FormData = {}


class BulkItem(Strict):
    id: Id
    version: Version


class Bulk(Strict):
    items: Annotated[list[BulkItem], Field(min_length=1, max_length=PAGE_MAX)]
    form: FormData = {}


class Numbers(Strict):
    """Agreements to be downloaded together."""

    numbers: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[0-9]{17}$")]],
        Field(min_length=1, max_length=ARCHIVE_NUMBERS),
    ]


# --- commands ------------------------------------------------------------------------------------


class Filled(Strict):
    """A form and nothing else."""

    form: FormData


class SettingsSubmission(Strict):
    """`version`: the one that the account looked at; none for the first submission. `confirmed`: asked for where an
    account of one level changes what holds for all.
    """

    form: FormData
    version: Version | None = None
    confirmed: StrictBool = False


class NewHandler(Strict):
    cohort: Annotated[Cohort, BeforeValidator(_whole)]
    form: FormData


class NewAccountWish(Strict):
    """`school`: named by a province, for accounts of its schools; a school makes accounts of its own departments."""

    party: Literal["school", "department"]
    school: Id | None = None
    form: FormData


class RightsChange(Strict):
    """`confirmed`: asked for where the change leaves waiting records without a reviewer."""

    form: FormData
    confirmed: StrictBool = False


class Confirmation(Strict):
    confirmed: StrictBool = False


class NewSchool(Strict):
    code: Number
    name: Word


class ModuleSwitch(Strict):
    open: StrictBool


class AgreementTypeChoice(Strict):
    agreement_type: Literal["two-party", "three-party"]


class Removal(Strict):
    reason: Note


class WithReason(Strict):
    reason: Note


class ProfileChange(Strict):
    """`licence`: the upload that shows a new 营业执照; left out while it stays as it was."""

    form: FormData
    licence: Id | None = None


class HandoverDecision(Strict):
    """`note`: the reason, shown to the employer, needed for a refusal. `keep_others`: who could sign in still can."""

    approved: StrictBool
    note: Note = ""
    keep_others: StrictBool = True


class ImportQuery(Strict):
    """`mode`: all rows or none, or the right ones. `moves`: `confirmed` where many stand on other rosters."""

    cohort: Cohort
    mode: Literal["all", "valid"] = "all"
    moves: Literal["ask", "confirmed"] = "ask"


class PhoneChange(Strict):
    """`lost`: the graduate can use neither the old number nor the WeChat account, and has shown the paper."""

    mobile: Number
    reason: Note
    lost: bool = False


class Reminding(Strict):
    """Whom to remind, of what: graduates of a work list."""

    work_list: Annotated[Literal["unregistered", "unbound", "returned"], Field(alias="list")]
    ids: Annotated[list[Id], Field(min_length=1, max_length=PAGE_MAX)]


class DisputeText(Strict):
    """`text`: may be left out, one tap is enough."""

    text: Note = ""


class NoteAnswer(Strict):
    text: Note


class InlinePaper(Strict):
    """A file inside the body, which as a whole keeps the limit of JSON; the portal's pages take larger ones."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PLAIN)]
    content: Annotated[str, StringConstraints(min_length=1, pattern=r"^[A-Za-z0-9+/=]+$"), Field(description="base64")]


class Registration(Strict):
    """An employer's form and its first user. `papers`: by their fields, `licence` and, for a hand-over,
    `authorisation`.
    """

    form: FormData
    username: Secret
    password: Secret
    papers: Annotated[dict[str, InlinePaper], Field(max_length=4)] = {}


class NewEmployerUser(Strict):
    username: Secret
    display_name: Word
    password: Secret


class Decision(Strict):
    """`note`: the reason, shown to the employer; needed for all but a verification."""

    status: Literal["verified", "returned", "refused", "suspended"]
    note: Note = ""


class WarningWish(Strict):
    """`evidence`: uploads."""

    form: FormData
    evidence: Annotated[list[Id], Field(max_length=EVIDENCE_MOST)] = []
    reasons: Annotated[list[Word], Field(min_length=1, max_length=10)]


# --- files ---------------------------------------------------------------------------------------


class NewFile(Strict):
    """`name`: as the person's device calls it; `total`: its bytes."""

    name: Annotated[str, StringConstraints(max_length=1000, pattern=PLAIN)]
    total: Annotated[int, Field(ge=1, le=2**40), BeforeValidator(_whole)]
