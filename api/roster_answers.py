"""Room: what answers on the roster, its graduates and its jobs look like (see `answers.py`)."""

from typing import Literal

from api.act_answers import SubjectStep
from api.answers import Brief, Listed, Mirror, SchoolName
from api.shapes import Codes, Masked, Moment, Shape


class Slot(Shape):
    flow: str
    state: str
    label: str


class OnRoster(Shape):
    """Who somebody is, in every list of graduates."""

    id: str
    cohort: int
    name: str
    id_number: Masked
    school: SchoolName
    level: str
    level_code: str
    department: str
    major: str


class GraduateRow(OnRoster):
    id_kind: str
    training_mode: str
    bound: bool
    invalid_at: Moment | None
    slot: Slot | None


class Graduates(Listed):
    items: list[GraduateRow]


class Terminations(Shape):
    """Applications: made, allowed to everybody, granted beyond it, left."""

    used: int
    limit: int
    granted: int
    left: int


class WholeNumber(Shape):
    """Told this once; the showing is recorded."""

    id_number: str


class Compared(Shape):
    """One column of the roster beside the EMS's; codes with their labels."""

    column: str
    label: str
    roster: str | None
    ems: str | None
    equal: bool


class Comparison(Shape):
    """What the EMS said when it was last asked. `held` None: it has never answered."""

    live: bool
    asked_at: Moment | None
    answered_at: Moment | None
    held: bool | None
    columns: list[Compared]
    destination: Codes | None
    locked: bool


class GraduateFull(GraduateRow):
    basic: Codes
    mobile: Masked | None
    mobile_source: str
    mobile_usable_at: Moment | None
    invalid_cause: str | None
    invalid_note: str | None
    email: str | None
    proof_code: str
    terminations_used: int
    terminations: Terminations
    records: list[Brief]
    ems: Mirror
    comparison: Comparison
    history: list[SubjectStep]


class SceneShown(Shape):
    """A QR code that binds: `url` is what it says, `number` what stands beside it, to be typed into the chat."""

    url: str
    number: str
    scan_until: Moment


class SceneStage(Shape):
    """How far the phone has come with the code shown last; `none`: nothing was shown."""

    stage: Literal["none", "waiting", "scanned", "confirmed", "bound", "ended"]
    label: str


class Restoration(Shape):
    """`restored`: done at once; else the job that asks the EMS first."""

    restored: bool
    job: str | None


class Begun(Shape):
    """`job`: to be polled at `/v1/jobs/{id}`."""

    job: str


class Reminded(Shape):
    """`resting`: reminded of this within the last three days; `elsewhere`: not on the list any more, or not seen."""

    reminded: int
    resting: int
    elsewhere: int


class JobState(Shape):
    """`done` of `total` rows, roughly, while it runs. `summary` once it ended; `file`: the name of what it made."""

    id: str
    kind: str
    kind_label: str
    cohort: int | None
    graduate: str | None
    status: Literal["waiting", "running", "done", "failed", "cancelled"]
    label: str
    done: int
    total: int
    summary: Codes | None
    error: str | None
    file: str | None
    created_at: Moment
    finished_at: Moment | None
