"""Room: what a decision needs to know, as frozen data.

Pure: `workflows/loading.py` reads them from the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from models.kit import cohort_close
from models.parties import AgreementType, Level, ReviewMode
from models.states import EmployerStatus, Flow
from workflows.ports import IN_OPERATION

# Columns of the roster that an approval may take over: sex, ethnicity, political status, length of schooling, student
# number, graduation. Name, level, number of the paper, school and major never are.
TAKEN_OVER = ("xbdm", "mzdm", "zzmmdm", "xz", "xh", "bysj")


@dataclass(frozen=True, slots=True)
class GraduateFacts:
    """One roster entry."""

    id: UUID
    school_id: UUID
    cohort: int
    name: str
    level: Level
    level_code: str
    department: str
    major: str
    training_mode: str
    invalid: bool
    row: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """One record; `row` holds the remaining columns, with `form` and `snapshot` parsed."""

    id: UUID
    flow: Flow
    school_id: UUID
    cohort: int
    graduate_id: UUID
    employer_id: UUID | None
    parent_id: UUID | None
    state: str
    version: int
    slot: bool
    reviewed: bool
    expires_at: datetime | None
    department: str
    level: Level
    row: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class EmployerFacts:
    id: UUID
    status: EmployerStatus
    name: str
    row: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that `decide` may look at, at one moment `now` (UTC)."""

    now: datetime
    graduate: GraduateFacts
    record: RecordFacts | None
    others: tuple[RecordFacts, ...] = ()  # the person's other live records, over all of their entries
    parent: RecordFacts | None = None  # the signing that this termination ends or would end
    employer: EmployerFacts | None = None
    open_at: datetime | None = None  # None: the cohort's settings are not submitted or not open
    review_mode: ReviewMode = ReviewMode.SCHOOL
    agreement_type: AgreementType | None = None
    module_open: bool = False
    handler: Mapping[str, str] | None = None
    department_covered: bool = False
    invitation_days: int = 15
    sms_fallback: bool = True
    termination_limit: int = 0
    registry: Mapping[str, Any] | None = None  # what the credit system last said of the record's employer
    marked: bool = False  # the employer has a warning mark that this school's people are shown; read for approvals
    binding_id: UUID | None = None
    province_id: UUID | None = None
    school_code: str = ""
    school_name: str = ""

    @property
    def closes_at(self) -> datetime:
        return cohort_close(self.graduate.cohort)

    @property
    def slot(self) -> RecordFacts | None:
        """The record, other than the one acted on, that holds the person's slot."""
        return next((r for r in self.others if r.slot), None)

    @property
    def warned(self) -> bool:
        """The employer is marked or known not to be in operation: a reviewer confirms having seen it."""
        status = str(self.registry.get("status") or "") if self.registry else ""
        return self.marked or bool(status and status not in IN_OPERATION)

    @property
    def terminations_left(self) -> int:
        """How many applications the graduate may still make (roles.md, Signing settings 3; workflows.md 5)."""
        row = self.graduate.row
        allowed = self.termination_limit + int(row.get("terminations_granted") or 0)
        # 0 means that graduates cannot ask, whatever was granted before.
        return max(0, allowed - int(row.get("terminations_used") or 0)) if self.termination_limit else 0

    @property
    def latest(self) -> dict[str, str]:
        """What "fetch latest" would take over, as the roster has it now (roles.md, Roster)."""
        basic = self.graduate.row.get("basic") or {}
        return {"department": self.graduate.department, **{name: str(basic.get(name, "")) for name in TAKEN_OVER}}

    @property
    def latest_digest(self) -> str:
        """What a reviewer's page hands back, so that an approval takes over exactly what was seen."""
        return sha256(json.dumps(self.latest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    # What visibility is judged by (`actors.Visible`): the record's own snapshot where there is one.
    @property
    def school_id(self) -> UUID:
        return self.graduate.school_id

    @property
    def graduate_id(self) -> UUID:
        return self.graduate.id

    @property
    def employer_id(self) -> UUID | None:
        return self.record.employer_id if self.record else (self.employer.id if self.employer else None)

    @property
    def department(self) -> str:
        return self.record.department if self.record else self.graduate.department

    @property
    def level(self) -> Level:
        return self.record.level if self.record else self.graduate.level
