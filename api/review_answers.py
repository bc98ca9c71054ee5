"""Room: what stands beside a record for its reviewers, and what a termination is about (see `answers.py`)."""

from api.shapes import Moment, Shape


class Hint(Shape):
    """Something odd that stops nothing. `field`: the one of the form that it is about; empty: the whole record."""

    code: str
    field: str
    sentence: str


class Hints(Shape):
    items: list[Hint]


class RowReview(Shape):
    """For staff. `returns`: how often this record was sent back; `rejections`: how many records of the same graduate
    were refused for good; `warned`: 预警单位; `not_operating`: the credit system says so.
    """

    warned: bool
    not_operating: bool
    hints: list[Hint]
    department_changed: bool
    returns: int
    returned_at: Moment | None
    resubmitted: bool
    rejections: int


class StaffNote(Shape):
    at: Moment
    by: str
    text: str


class SameImage(Shape):
    """A picture of this record that another person handed in too. `file`: the upload here, `other_file`: the one there;
    empty where the reader may not see the other record. `distance`: of 64 bits, 0 to 4.
    """

    record_id: str | None
    flow: str
    graduate_name: str
    file: str
    other_file: str | None
    distance: int
    same_file: bool


class Voided(Shape):
    """An earlier destination of the graduate that was approved and voided."""

    id: str
    flow: str
    destination_code: str | None
    employer: str
    submitted_at: Moment | None
    voided_at: Moment | None


class Termination(Shape):
    """协议编号, 解约方, 解约申请人, 解约原因, 解约说明. `days_silent`: while the other side has not answered."""

    agreement_no: str | None
    party: str
    party_label: str
    applicant: str
    asked_at: Moment
    reason: str | None
    reason_label: str | None
    explanation: str | None
    days_silent: int | None
    reminders: int
    reminded_at: Moment | None
