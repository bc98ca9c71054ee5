"""Room: what answers about agreements look like, for the OpenAPI document."""

from typing import Literal

from api.answers import SchoolName
from api.shapes import Masked, Moment, Shape


class AgreementPerson(Shape):
    name: str
    id_number: Masked
    level_code: str
    major: str


class AgreementEmployer(Shape):
    name: str
    uscc: str


class Point(Shape):
    label: str
    text: str


class AgreementHandler(Shape):
    """协议经办人."""

    name: str
    phone: str
    address: str
    postcode: str


class Agreement(Shape):
    """As it was frozen when it was issued; `status` (`label`) is what it is worth today."""

    number: str
    status: Literal["issued", "valid", "terminated", "void"]
    label: str
    type: str
    flow: str
    record_id: str
    issued_at: Moment
    revoked_at: Moment | None
    school: SchoolName
    handler: AgreementHandler
    graduate: AgreementPerson
    employer: AgreementEmployer
    agreed: list[Point]
    extra_terms: str
    file: str
