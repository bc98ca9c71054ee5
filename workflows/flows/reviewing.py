"""Room: how a flow is reviewed: one stage or two, the same steps in every flow (workflows.md, Conventions 1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from models.parties import Party, ReviewMode
from models.states import Flow
from workflows import guards as g
from workflows.forms import FORMS
from workflows.review_questions import ACKNOWLEDGED
from workflows.spec import Branch, Cascade, Guard, Push, Transition

CLOCK = frozenset({Party.CLOCK})
DEPARTMENT_STAGE = frozenset({Party.DEPARTMENT, Party.SCHOOL})  # the school only where no department covers the record
EMPLOYER = frozenset({Party.EMPLOYER})
GRADUATE = frozenset({Party.GRADUATE})
NOBODY: frozenset[Party] = frozenset()  # only a cascade
SCHOOL = frozenset({Party.SCHOOL})

# The invitations that a final approval closes (workflows.md 1).
SUPERSEDE = Cascade(Flow.ONLINE_SIGNING, "supersede", g.open_invitation)


@dataclass(frozen=True, slots=True)
class Stages:
    """One review: what it is called in the table, and the two states it is stored as."""

    department: str
    school: str

    @property
    def both(self) -> tuple[str, str]:
        return (self.department, self.school)

    @property
    def start(self) -> Branch:
        """Where the school's review mode begins."""
        return Branch({ReviewMode.SCHOOL: self.school, ReviewMode.DEPARTMENT_THEN_SCHOOL: self.department})


# What is asked where something begins, and not when it is sent again.
_BEGINNING = (g.SLOT_FREE, g.SIGNING_IN_FORCE, g.NO_LIVE_TERMINATION, g.TERMINATIONS_LEFT)


def submissions(stages: Stages, first: Transition, *, draft: str, returned: str, take_back: str) -> list[Transition]:
    """What a graduate does: submit (`first` makes the record), take back while nobody has decided, submit again."""
    first = replace(first, by=GRADUATE, target=stages.start, submits=True)
    lasting = tuple(guard for guard in first.guards if guard not in _BEGINNING)
    again = replace(
        first, label="重新提交", source=(draft, returned), guards=lasting, tell=(), counts=False, danger=False
    )
    entry = tuple(guard for guard in lasting if guard in g.ENTRY)
    withdraw = Transition(
        "withdraw", take_back, stages.both, draft, GRADUATE, guards=(*entry, g.NOT_REVIEWED), form="take_back"
    )
    return [first, again, withdraw]


def cancellation(label: str, source: tuple[str, ...], target: str) -> Transition:
    """The graduate gives up what waits for the graduate anyway."""
    guards = (g.ON_ROSTER, g.MODULE_OPEN, g.COHORT_OPEN)
    return Transition("cancel", label, source, target, GRADUATE, guards=guards, form="cancel", danger=True)


def approvals(stages: Stages, final: Transition, *, guards: tuple[Guard, ...] = ()) -> list[Transition]:
    """`final` as the school's step, and before it the department's, which only moves on.

    `guards`: what the department's step needs besides. Where the form asks for the tick that a warning was seen, the
    tick is needed (roles.md, Warning units: a mark asks for it and blocks nothing).
    """
    if FORMS[final.form].field(ACKNOWLEDGED.name):
        final = replace(final, guards=(*final.guards, g.WARNING_SEEN))
    first = Transition(
        final.action,
        final.label,
        (stages.department,),
        stages.school,
        DEPARTMENT_STAGE,
        guards=(*g.REVIEWING, g.STAGE_OWNER, *guards, g.WARNING_SEEN),
        form="review.approve",
        tell=("department_approved",),
        decides=True,
    )
    return [first, replace(final, source=(stages.school,), by=SCHOOL, decides=True)]


def at_each_stage(stages: Stages, step: Transition) -> list[Transition]:
    """A step that takes effect at once at either stage: a return, a rejection."""
    first = replace(step, source=(stages.department,), by=DEPARTMENT_STAGE, guards=(*step.guards, g.STAGE_OWNER))
    return [first, replace(step, source=(stages.school,), by=SCHOOL)]


def edits(stages: Stages, step: Transition) -> list[Transition]:
    """A change within the review, by whose turn it is; the record stays where it is (no decision, Conventions 6)."""
    steps = at_each_stage(stages, replace(step, edits=True, one_by_one=True))
    return [replace(s, target=s.source[0]) for s in steps]


def rejections(
    stages: Stages,
    target: str,
    *,
    tell: tuple[str, ...],
    action: str = "reject",
    label: str = "{verb}不通过",
    revokes: bool = False,
    guards: tuple[Guard, ...] = (),
) -> list[Transition]:
    """`guards`: what the rejection needs besides."""
    step = Transition(
        action,
        label,
        (),
        target,
        SCHOOL,
        guards=(*g.REVIEWING, *guards),
        form="review.reject",
        tell=tell,
        decides=True,
        danger=True,
    )
    return at_each_stage(stages, replace(step, revokes_agreement=revokes))


def returns(stages: Stages, target: str, *, tell: tuple[str, ...], action: str = "return") -> list[Transition]:
    """Sent back to be corrected; not after the close, when nobody could send it again."""
    step = Transition(
        action,
        "退回修改",
        (),
        target,
        SCHOOL,
        guards=(*g.REVIEWING, g.COHORT_OPEN),
        form="review.return",
        tell=tell,
        decides=True,
    )
    return at_each_stage(stages, step)


def termination(signed: str, terminated: str) -> Transition:
    """What a termination's last step takes along; nobody can ask for it (README, decision 14)."""
    return Transition("terminate", "解约", (signed,), terminated, NOBODY, guards=(g.ON_ROSTER,), push=Push.UNSETTLED)


def correction(label: str, form: str, state: str, *, tell: tuple[str, ...]) -> Transition:
    """What a school may mend in a signing that is in force; everybody whom it concerns is told, the EMS too."""
    return Transition(
        "edit",
        label,
        (state,),
        state,
        SCHOOL,
        guards=(*g.REVIEWING, g.COHORT_OPEN, g.NO_LIVE_TERMINATION),
        form=form,
        tell=tell,
        push=Push.PRESENT,
        edits=True,
    )


def restaging(stages: Iterable[Stages]) -> list[Transition]:
    """A record that was frozen while the mode changed to school only has no department stage to wait at.

    (workflows.md, Conventions 10). Taken by the clock.
    """
    return [
        Transition("restage", "转学校审核", (s.department,), s.school, CLOCK, guards=(g.ON_ROSTER, g.NO_SUCH_STAGE))
        for s in stages
    ]


def lapses(source: tuple[str, ...], target: str, *, tell: tuple[str, ...], revokes: bool = False) -> Transition:
    """The cohort's window has closed on what waits for a graduate or an employer (workflows.md, Conventions 11)."""
    step = Transition("lapse", "届次截止", source, target, CLOCK, guards=(g.ON_ROSTER, g.AFTER_CLOSE), tell=tell)
    return replace(step, revokes_agreement=revokes)
