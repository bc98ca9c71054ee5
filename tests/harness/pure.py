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
from workflows.spec import Workflow

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

EMPLOYER_TYPED: dict[str, Any] = {
    "employer_name": "示例制造有限公司",
    "employer_uscc": "91330120MA0000000B",
    "employer_nature": "39",
    "employer_industry": "22",
    "employer_region": "330106",
    "employer_address": "示例路 1 号",
    "contact_name": "王五",
    "contact_mobile": "15400000009",
}
POSITION_TYPED: dict[str, Any] = {
    name: value
    for name, value in INVITE.items()
    if name not in ("school_code", "graduate_name", "id_number", "valid_days", "contact_name", "contact_mobile")
}
OWN = {"own_mobile": "15400000001"}
OFFLINE = {**EMPLOYER_TYPED, **POSITION_TYPED, **OWN, "truthful": True}
WORK_CONTRACT = {
    **EMPLOYER_TYPED,
    **OWN,
    "destination_code": "11",
    "position_category": "13",
    "position_title": "工程师",
    "monthly_pay": 8000,
    "contract_from": "2027-07-01",
}

# An upload; tests on a database put real ones in its place (`tests.harness.files.handed_in`).
SCAN = [str(UUID(int=7))]

# One acceptable answer to each form of the flow tables.
FILLED: dict[str, dict[str, Any]] = {
    "online_signing.invite": INVITE,
    "online_signing.withdraw": {},
    "online_signing.accept": {"own_mobile": "15400000001", "agreed": True},
    "online_signing.refuse": {"reason": "pay"},
    "review.approve": {},
    "review.approve_final": {},
    "review.return": {"reason": "unclear_papers", "reason_text": "图像不清晰，请重新上传"},
    "review.reject": {"reason": "agreement_data", "reason_text": "协议中的岗位名称有误"},
    "online_signing.edit": {"position_category": "11"},
    "offline_signing.submit": OFFLINE,
    "offline_signing.upload": {"upload_kind": "agreement", "signed_on": "2027-03-01", "scans": SCAN},
    "offline_signing.approve_final": {"stamped": True},
    "edit_employer": {"employer_nature": "31", "employer_industry": "22", "position_category": "11"},
    "supplementary.submit": {**OFFLINE, "agreement_no": "XY-2027-001", "signed_on": "2027-03-01", "scans": SCAN},
    "destination.submit": {**WORK_CONTRACT, "proofs": SCAN},
    "destination.edit_destination": {**WORK_CONTRACT, "monthly_pay": 9000, "agreed_with_graduate": True},
    "destination.approve_final": {},
    "destination.void": {"confirmed": True},
    "take_back": {},
    "cancel": {},
    "online_termination.request": {"reason": "personal", "reason_text": "家庭原因需要回乡"},
    "online_termination.agree": {},
    "online_termination.refuse": {"reason_text": "岗位难以替换，请再商量"},
    "online_termination.force": {"statement": "单位多次联系不上，已电话核实情况", "confirmed": True},
    "offline_termination.submit": {
        "reason": "study",
        "reason_text": "考取研究生",
        "papers_kind": "letter",
        "papers": SCAN,
    },
    "offline_termination.approve_final": {"termination_kind": "mutual", "confirmed": True},
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
        termination_limit=3,
    )
    return replace(base, **changes)


def facts_for(flow: Workflow, mode: ReviewMode = ReviewMode.SCHOOL, **changes: Any) -> Facts:
    """The same before a record of that flow; where it ends a signing, with one in force."""
    if not flow.parents:
        return facts(mode, **changes)
    signing = record("signed", 3, slot=True, id=UUID(int=99), flow=flow.parents[0], expires_at=None)
    return facts(mode, parent=signing, others=(signing,), **changes)


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
    if before is None:
        parent = world.parent.id if world.parent else None
        before = record(
            "", 0, flow=decision.flow.flow, id=kit.new_id(), parent_id=parent, expires_at=decision.expires_at
        )
    transition = decision.transition
    reviewed = (before.reviewed or transition.decides) and not transition.submits
    filled = {**before.row.get("form", {}), **decision.form} if transition.submits or transition.edits else {}
    row = {**before.row, "form": filled or before.row.get("form", {})}
    made = replace(before, state=decision.target, version=before.version + 1, slot=slot, reviewed=reviewed, row=row)
    return replace(world, record=made)
