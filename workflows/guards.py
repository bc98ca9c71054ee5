"""Room: the conditions of all flows: named, pure, each with the sentence that a person reads while it fails.

The sentence says what stands in the way and, where there is one, the way out. One sentence per guard, pinned by
`tests/unit/test_guards.py`; button, chat answer and problem document all show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from models import codes
from models.kit import day_end, shanghai_day
from models.parties import Party, ReviewMode
from models.states import EmployerStatus, OfflineSigning, OnlineSigning, Phase, Supplementary
from workflows.destination_questions import PROOFS
from workflows.paper_questions import STATEMENT
from workflows.review_questions import ACKNOWLEDGED
from workflows.spec import Guard

if TYPE_CHECKING:
    from workflows.actors import Actor
    from workflows.facts import Facts

Form = Mapping[str, Any]

_SIGNED = (OnlineSigning.SIGNED, OfflineSigning.SIGNED, Supplementary.SIGNED)


def deadline(facts: Facts, form: Form) -> datetime:
    """The last second of an invitation: 23:59:59 Asia/Shanghai of day D+n (contracts 2)."""
    days = int(form.get("valid_days") or facts.invitation_days)
    return day_end(shanghai_day(facts.now) + timedelta(days=days))


def _run_out(facts: Facts) -> bool:
    """The invitation's last second, or its cohort's, has passed."""
    ends = facts.record.expires_at if facts.record else None
    return ends is not None and facts.now > min(ends, facts.closes_at)


def _own_pending(facts: Facts, actor: Actor, _: Form) -> bool:
    """No other open invitation or live signing of this employer with this person."""
    return not any(r.employer_id == actor.employer_id for r in facts.others)


ON_ROSTER = Guard(
    "on_roster",
    "该毕业生已不在学生名单中，相关流程已暂停；请联系所在学校核实名单。",
    lambda f, a, _: not f.graduate.invalid,
)
MODULE_OPEN = Guard(
    "module_open",
    "学校的毕业去向登记与网签模块尚未由省级开通，请联系所在学校。",
    lambda f, a, _: f.module_open,
)
COHORT_OPEN = Guard(
    "cohort_open",
    "本届毕业生的办理时间已于次年1月31日截止，只能查看记录。",
    lambda f, a, _: f.now <= f.closes_at,
)
SETTINGS_OPEN = Guard(
    "settings_open",
    "学校尚未开通本届在线签约，请联系所在学校的就业部门。",
    lambda f, a, _: f.open_at is not None and f.open_at <= f.now,
)
LEVEL_OPEN = Guard(
    "level_open",
    "学校尚未设置该学历层次的协议经办人，暂不能办理，请联系所在学校的就业部门。",
    lambda f, a, _: f.handler is not None,
)
TRAINING_MODE = Guard(
    "training_mode",
    "该培养方式的毕业生不能网上签约，由毕业生本人在去向登记中填报定向、委培去向。",
    lambda f, a, _: codes.may_sign(f.graduate.training_mode),
)
EMPLOYER_VERIFIED = Guard(
    "employer_verified",
    "单位尚未通过核验或已停用，请先在单位信息中完成核验。",
    lambda f, a, _: f.employer is not None and f.employer.status is EmployerStatus.VERIFIED,
)
EMPLOYER_ACTIVE = Guard(
    "employer_active",
    "该单位已被平台停用，邀请即将关闭，不能应约。",
    lambda f, a, _: f.employer is None or f.employer.status is not EmployerStatus.SUSPENDED,
)
EMPLOYER_SUSPENDED = Guard(
    "employer_suspended",
    "单位没有停用，邀请继续有效。",
    lambda f, a, _: f.employer is not None and f.employer.status is EmployerStatus.SUSPENDED,
)
NO_OWN_PENDING = Guard(
    "no_own_pending",
    "贵单位与该毕业生之间已有待应约的邀请或有效的签约，不能重复邀请。",
    _own_pending,
)
DEADLINE_IN_COHORT = Guard(
    "deadline_in_cohort",
    "应约期限超过了本届办理的截止时间，请缩短有效天数。",
    lambda f, a, form: deadline(f, form) <= f.closes_at,
    needs_form=True,
)
BEFORE_DEADLINE = Guard(
    "before_deadline",
    "该邀请已超过应约期限，请联系用人单位重新发起邀请。",
    lambda f, a, _: f.record is not None and f.record.expires_at is not None and f.now <= f.record.expires_at,
)
AFTER_DEADLINE = Guard(
    "after_deadline",
    "该邀请仍在应约期限内。",
    lambda f, a, _: _run_out(f),
)
# Between the deadline and the clock's next look an invitation is over for everybody: only the clock ends it.
STILL_OPEN = Guard(
    "still_open",
    "该邀请已超过应约期限，稍后自动关闭，不需要再操作。",
    lambda f, a, _: not _run_out(f),
)
AFTER_CLOSE = Guard(
    "after_close",
    "本届办理时间尚未截止。",
    lambda f, a, _: f.now > f.closes_at,
)
SLOT_FREE = Guard(
    "slot_free",
    "您已有一条在办或已生效的签约、去向登记；请先等待其办结，或完成解约、作废后再办理。",
    lambda f, a, _: f.slot is None,
)
STAGE_OWNER = Guard(
    "stage_owner",
    "该记录正由学院审核；学院有可审核的账号时，学校不能代为处理。",
    lambda f, a, _: a.party is Party.DEPARTMENT or not f.department_covered,
)
NO_SUCH_STAGE = Guard(
    "no_such_stage",
    "学校仍采用先院系再校级审核。",
    lambda f, a, _: f.review_mode is ReviewMode.SCHOOL,
)
NOT_REVIEWED = Guard(
    "not_reviewed",
    "审核已经开始，不能再撤回；如需修改，请联系审核老师退回。",
    lambda f, a, _: f.record is not None and not f.record.reviewed,
)
OWN_UPLOAD = Guard(
    "own_upload",
    "本次材料由对方上传，只能由上传的一方撤回。",
    lambda f, a, _: f.record is not None and f.record.row.get("submitted_by", str(a.party)) == str(a.party),
)
NOT_A_STATEMENT = Guard(
    "not_a_statement",
    "本次上传的是情况说明，不能审核通过，请退回修改或审核不通过。",
    lambda f, a, _: _form_of(f).get("upload_kind") != STATEMENT,
)
NO_LIVE_TERMINATION = Guard(
    "no_live_termination",
    "该签约正在解约流程中，办结前不能进行此操作。",
    lambda f, a, _: not any(r.parent_id == _signing(f) for r in f.others),
)
SIGNING_IN_FORCE = Guard(
    "signing_in_force",
    "没有可以解约的签约：只有已完成的签约才能申请解约。",
    lambda f, a, _: f.parent is not None and f.parent.state in _SIGNED,
)
TERMINATIONS_LEFT = Guard(
    "terminations_left",
    "您可提交的解约申请次数已经用完，如确需解约，请联系学校就业部门。",
    lambda f, a, _: f.terminations_left > 0,
)
WARNING_SEEN = Guard(
    "warning_seen",
    f"该单位有预警标记或登记状态异常，请先核实单位情况，并勾选“{ACKNOWLEDGED.label}”后再通过。",
    lambda f, a, form: form.get(ACKNOWLEDGED.name) is True or not f.warned,
    needs_form=True,
)
LATEST_UNCHANGED = Guard(
    "latest_unchanged",
    "学生名单中的信息刚刚有变化，请刷新页面核对后再通过。",
    lambda f, a, form: not form.get("take_latest") or form.get("latest_seen") == f.latest_digest,
    needs_form=True,
)
DESTINATION_OFFERED = Guard(
    "destination_offered",
    "该毕业生的培养方式不能登记所选的去向：定向、委培毕业生只登记“定向/委培毕业去向补充登记”，其他毕业生不登记这一项。",
    lambda f, a, form: codes.destination_offered(form.get("destination_code", ""), f.graduate.training_mode),
    needs_form=True,
)
PROOFS_COMPLETE = Guard(
    "proofs_complete",
    "所改的去向需要另外的证明材料，请退回毕业生补充后再审核。",
    lambda f, a, form: PROOFS.get(form.get("destination_code", "")) in (None, PROOFS.get(_kind_of(f))),
    needs_form=True,
)
HEAD_NAMED = Guard(
    "head_named",
    "自由职业仅由学校审核时，请填写已核实该情况的院系负责人姓名。",
    lambda f, a, form: bool(form.get("department_head")) or not _head_is_asked(f),
    needs_form=True,
)


def _kind_of(facts: Facts) -> str:
    return str(_form_of(facts).get("destination_code", ""))


def _form_of(facts: Facts) -> Form:
    found: Form = facts.record.row.get("form", {}) if facts.record else {}
    return found


def _signing(facts: Facts) -> object:
    """The signing that a termination is about: the record itself, or the one that is to be ended."""
    return facts.parent.id if facts.parent else facts.record.id if facts.record else None


def _head_is_asked(facts: Facts) -> bool:
    freelance = _kind_of(facts) == codes.DEST_FREELANCE
    return freelance and facts.review_mode is ReviewMode.SCHOOL


# What must hold for anybody to begin or answer anything (roles.md, Signing settings and Cohorts).
ENTRY = (ON_ROSTER, MODULE_OPEN, SETTINGS_OPEN, LEVEL_OPEN, COHORT_OPEN)
# What a reviewer's decision needs, whatever its flow; what waits at the close may still be approved or rejected.
REVIEWING = (ON_ROSTER, MODULE_OPEN)


def open_invitation(facts: Facts, record: Any) -> bool:
    """Selects what a final approval closes: the person's other unanswered invitations, unless frozen."""
    return bool(record.state == OnlineSigning.INVITED and record.graduate_id == facts.graduate.id)


def is_parent(facts: Facts, record: Any) -> bool:
    """Selects the signing that a termination ends."""
    return bool(facts.record is not None and record.id == facts.record.parent_id)


def in_flow(phase: Phase) -> bool:
    """Counts for "nothing in flow" when the review mode is changed (Conventions 12)."""
    return phase is Phase.FLOW
