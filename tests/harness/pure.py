"""Room: facts and filled-in forms for tests of the rules alone, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from models import kit
from models.parties import AgreementType, Grant, Level, Module, Party, ReviewMode
from models.states import EmployerStatus, Flow
from workflows.actors import Actor
from workflows.decide import Decision
from workflows.facts import EmployerFacts, Facts, GraduateFacts, RecordFacts

NOW = datetime(2027, 3, 5, 6, 30, tzinfo=UTC)
SCHOOL, PROVINCE, GRADUATE, EMPLOYER = (UUID(int=n) for n in (1, 2, 3, 4))
DEPARTMENT = "文学院"
RW = {Module.EMPLOYMENT: Grant.RW}

ACTORS = {
    Party.GRADUATE: Actor(Party.GRADUATE, GRADUATE, "赵一", school_id=SCHOOL),
    Party.EMPLOYER: Actor(Party.EMPLOYER, UUID(int=40), "王人事", employer_id=EMPLOYER),
    Party.DEPARTMENT: Actor(
        Party.DEPARTMENT, UUID(int=50), "院系老师", school_id=SCHOOL, department=DEPARTMENT, grants=RW
    ),
    Party.SCHOOL: Actor(Party.SCHOOL, UUID(int=60), "学校老师", school_id=SCHOOL, grants=RW),
    Party.PROVINCE: Actor(Party.PROVINCE, UUID(int=70), "省级老师", province_id=PROVINCE, grants=RW),
    Party.CLOCK: Actor(Party.CLOCK, UUID(int=0), "系统定时"),
    Party.CONNECTOR: Actor(Party.CONNECTOR, UUID(int=80), "就业管理系统"),
    Party.OPERATOR: Actor(Party.OPERATOR, UUID(int=0), "运维人员"),
}

INVITE: dict[str, Any] = {
    "school_code": "99001",
    "graduate_name": "赵一",
    "id_number": "110000200501010015",
    "position_category": "13",
    "position_title": "软件工程师",
    "work_place": "北京市海淀区",
    "dispatched": False,
    "report_on": "2027-07-01",
    "monthly_pay": 8000,
    "hukou_settled": False,
    "archive_accepted": False,
    "contact_name": "王五",
    "contact_mobile": "15400000009",
    "valid_days": 15,
}

# One acceptable answer to each form of the flow tables.
FILLED: dict[str, dict[str, Any]] = {
    "online_signing.invite": INVITE,
    "online_signing.withdraw": {},
    "online_signing.accept": {"own_mobile": "15400000001", "agreed": True},
    "online_signing.refuse": {"reason": "pay"},
    "online_signing.approve": {},
    "online_signing.reject": {"reason": "agreement_data", "reason_text": "协议中的岗位名称有误"},
    "online_signing.edit": {"position_category": "11"},
}


def facts(mode: ReviewMode = ReviewMode.SCHOOL, **changes: Any) -> Facts:
    """A graduate of an open cohort, a verified employer, no record yet; `changes` replace members."""
    graduate = GraduateFacts(
        id=GRADUATE,
        school_id=SCHOOL,
        cohort=2027,
        name="赵一",
        level=Level.UNDERGRADUATE,
        level_code="31",
        department=DEPARTMENT,
        major="汉语言文学",
        training_mode="1",
        invalid=False,
    )
    base = Facts(
        now=NOW,
        graduate=graduate,
        record=None,
        employer=EmployerFacts(EMPLOYER, EmployerStatus.VERIFIED, "某科技公司"),
        open_at=NOW - timedelta(days=100),
        review_mode=mode,
        agreement_type=AgreementType.TWO_PARTY,
        module_open=True,
        handler={"name": "李老师"},
        department_covered=True,
        province_id=PROVINCE,
        school_code="99001",
        school_name="某大学",
    )
    return replace(base, **changes)


def record(state: str, version: int = 1, *, slot: bool = False, **changes: Any) -> RecordFacts:
    base = RecordFacts(
        id=UUID(int=100),
        flow=Flow.ONLINE_SIGNING,
        school_id=SCHOOL,
        cohort=2027,
        graduate_id=GRADUATE,
        employer_id=EMPLOYER,
        parent_id=None,
        state=state,
        version=version,
        slot=slot,
        reviewed=False,
        expires_at=NOW + timedelta(days=10),
        department=DEPARTMENT,
        level=Level.UNDERGRADUATE,
    )
    return replace(base, **changes)


def after(world: Facts, decision: Decision) -> Facts:
    """The facts once the decision is written: a model of the engine, as small as can be."""
    slot = decision.flow.takes_slot(decision.target)
    before = world.record
    made = (
        record(decision.target, slot=slot, expires_at=decision.expires_at, id=kit.new_id())
        if before is None
        else replace(before, state=decision.target, version=before.version + 1, slot=slot)
    )
    return replace(world, record=made)
