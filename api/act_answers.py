"""Room: what acts answer, and what is answered instead of "done", for the OpenAPI document."""

from pydantic import BaseModel, ConfigDict

from api.answers import Choice
from api.shapes import Moment, Shape


class Outcome(Shape):
    """`repeated`: the same key came before; this is its first answer, nothing was done now."""

    act_id: str
    flow: str
    id: str
    state: str
    label: str
    version: int
    repeated: bool


class Fault(Shape):
    path: str
    code: str
    message: str


class DecidedBy(Shape):
    name: str
    action: str
    at: Moment


class Problem(BaseModel):
    """RFC 9457. `detail` is the sentence for the person; `faults` name wrong fields; the rest says where a record
    stands now. A guard may add members of its own (`count`, `pending`, `lacking`).
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    faults: list[Fault] | None = None
    guard: str | None = None
    state: str | None = None
    label: str | None = None
    version: int | None = None
    actions: list[Choice] | None = None
    decided_by: DecidedBy | None = None


class BulkRow(Shape):
    id: str
    done: bool
    outcome: Outcome | None
    problem: Problem | None


class BulkResult(Shape):
    results: list[BulkRow]


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


class SubjectStep(Shape):
    """What was done to a thing that is no record. `what`: what the step was about or led to."""

    at: Moment
    action: str
    label: str
    what: str | None
    reason: str | None
    by: str
