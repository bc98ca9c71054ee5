"""Room: what happened to graduates beside online signing: agreements on paper, destinations, terminations. Pure.

Every state of every flow has its kind of story; the numbers say how frequent each is (`histories.Kind`).
"""

from __future__ import annotations

from functools import partial
from typing import Final

from models.parties import Party
from workflows.demo.destinations import BOUND, HOMES, KINDS, SHARES, suits
from workflows.demo.kinds import Kind
from workflows.demo.matters import Matters

WAITING: Final = (4.0, 16.0)
"""Age in days, mean and most, of what waits for somebody."""
REVIEWED: Final = (3.0, 12.0)

# --- offline signing


def _applied(plot: Matters) -> None:
    plot.apply()


def _application_at_school(plot: Matters) -> None:
    plot.pass_department(plot.apply(), "approve_agreement")


def _application_returned(plot: Matters) -> None:
    plot.send_back(plot.apply(), "return_agreement", early=plot.draw() < 0.5)


def _application_taken_back(plot: Matters) -> None:
    plot.take_back(plot.apply())


def _application_rejected(plot: Matters) -> None:
    plot.turn_down(plot.apply(), "reject_agreement")


def issued(plot: Matters) -> None:
    plot.issue(plot.apply())


def _uploaded(plot: Matters) -> str:
    key = plot.apply()
    plot.issue(key)
    plot.upload(key)
    return key


def _uploaded_by_employer(plot: Matters) -> None:
    key = plot.apply(plot.known_employer())
    plot.issue(key)
    plot.upload(key, by=Party.EMPLOYER)


def _upload_at_school(plot: Matters) -> None:
    key = _uploaded(plot)
    plot.pass_department(key)
    plot.note(key, "纸质协议已送到就业中心，等待盖章。")


def _statement(plot: Matters) -> None:
    key = plot.apply()
    plot.issue(key)
    plot.upload(key, statement=True)


def _upload_returned(plot: Matters) -> None:
    plot.send_back(_uploaded(plot))


def _upload_taken_back(plot: Matters) -> None:
    plot.take_back(_uploaded(plot), "withdraw_upload")


def _upload_rejected(plot: Matters) -> None:
    plot.turn_down(_uploaded(plot))


def sealed(plot: Matters) -> str:
    return plot.sign_on_paper()


def _sealed_after_all(plot: Matters) -> None:
    """Both rounds were sent back once."""
    key = plot.apply(gap=(0.1, 1))
    plot.send_back(key, "return_agreement")
    plot.resubmit(key, (0.2, 1.5))
    plot.issue(key)
    plot.upload(key, gap=(0.5, 2))
    plot.send_back(key)
    plot.upload(key, gap=(0.3, 1.5))
    plot.seal(key)


def _sealed_and_corrected(plot: Matters) -> None:
    plot.correct(sealed(plot), "30")


def _issue_cancelled(plot: Matters) -> None:
    key = plot.apply()
    plot.issue(key)
    plot.cancel(key)


# --- supplementary registration


def _registered(plot: Matters) -> None:
    plot.register()


def _registration_at_school(plot: Matters) -> None:
    plot.pass_department(plot.register())


def _registration_returned(plot: Matters) -> None:
    plot.send_back(plot.register())


def _registration_again(plot: Matters) -> None:
    """Sent back, handed in again, waiting for the second look."""
    key = plot.register()
    plot.send_back(key, early=True)
    plot.resubmit(key)
    plot.note(key, "第二次提交，图像已清晰；月薪与协议一致。")


def _odd(plot: Matters) -> None:
    """Nothing forbids it, but reviewers are hinted at the post, the pay and the day of reporting."""
    plot.register(position_category="90", monthly_pay=1500, report_on=f"{plot.season.cohort}-03-01")


def _twin(plot: Matters) -> None:
    """The same picture as somebody else of the school."""
    plot.register(mark=f"twin:{plot.person.school}")


def _registration_taken_back(plot: Matters) -> None:
    plot.take_back(plot.register())


def _registration_rejected(plot: Matters) -> None:
    plot.turn_down(plot.register())


def _registration_cancelled(plot: Matters) -> None:
    key = plot.register()
    plot.take_back(key)
    plot.cancel(key)


def recorded(plot: Matters) -> str:
    key = plot.register()
    plot.finish(key)
    return key


def _recorded_and_corrected(plot: Matters) -> None:
    plot.correct(recorded(plot), "29")


# --- destinations


def settled(code: str, plot: Matters) -> str:
    key = plot.settle(code)
    plot.confirm(key)
    return key


def some(plot: Matters) -> str:
    """A kind that suits this person."""
    return plot.rng.choice([code for code in SHARES if suits(code, plot.person)])


def _at_department(plot: Matters) -> None:
    plot.settle(some(plot))


def at_school(plot: Matters) -> None:
    plot.pass_department(plot.settle(some(plot)))


def _returned(plot: Matters) -> None:
    plot.send_back(plot.settle(some(plot)), early=plot.draw() < 0.5)


def _taken_back(plot: Matters) -> None:
    plot.take_back(plot.settle(some(plot)))


def _rejected(plot: Matters) -> None:
    plot.turn_down(plot.settle(some(plot)))


def _cancelled(plot: Matters) -> None:
    key = plot.settle(some(plot))
    plot.send_back(key)
    plot.cancel(key)


def _amended_and_disputed(plot: Matters) -> None:
    key = plot.settle("70")
    plot.pass_department(key)
    plot.amend(key, Party.SCHOOL, destination_code="72", substate="72-1")
    plot.dispute(key, "我仍在找工作，不是暂不就业，请改回待就业。")


def _amended(plot: Matters) -> None:
    """A reviewer corrects the kind: what was put down as 待就业 is a plan to study."""
    key = plot.settle("70")
    plot.pass_department(key)
    plot.amend(key, Party.SCHOOL, destination_code="71", substate="")


def _voided(plot: Matters) -> None:
    plot.void(settled(some(plot), plot))


def _voided_then_signed(plot: Matters) -> None:
    _voided(plot)
    key = plot.invite()
    plot.accept(key)
    plot.approve(key)


def _bound(plot: Matters) -> None:
    settled(BOUND, plot)


def _bound_waiting(plot: Matters) -> None:
    plot.settle(BOUND)


PAPER_KINDS: Final = (
    Kind(5, _applied, WAITING, home="a1"),
    Kind(4, _application_at_school, REVIEWED, two_stage=True),
    Kind(5, _application_returned, WAITING),
    Kind(3, _application_taken_back, WAITING),
    Kind(3, _application_rejected),
    Kind(8, issued, WAITING),
    Kind(4, _uploaded, REVIEWED, home="b1"),
    Kind(2, _uploaded_by_employer, REVIEWED),
    Kind(5, _upload_at_school, REVIEWED),
    Kind(1, _statement, REVIEWED),
    Kind(4, _upload_returned, WAITING),
    Kind(2, _upload_taken_back, WAITING),
    Kind(2, _upload_rejected),
    Kind(16, sealed),
    Kind(3, _sealed_after_all),
    Kind(2, _sealed_and_corrected),
    Kind(2, _issue_cancelled),
    Kind(5, _registered, REVIEWED, home="a1"),
    Kind(5, _registration_at_school, REVIEWED, two_stage=True),
    Kind(4, _registration_returned, WAITING),
    Kind(2, _registration_again, REVIEWED),
    Kind(0.7, _odd, REVIEWED, home="a1"),
    Kind(2.2, _twin, REVIEWED, home="a1"),
    Kind(2, _registration_taken_back, WAITING),
    Kind(3, _registration_rejected),
    Kind(2, _registration_cancelled),
    Kind(14, recorded),
    Kind(2, _recorded_and_corrected),
    *(
        Kind(SHARES.get(code, 0.7), partial(settled, code), suits=partial(suits, code), home=HOMES.get(code, ""))
        for code in KINDS
    ),
    Kind(9, _at_department, REVIEWED, home="b1"),
    Kind(10, at_school, REVIEWED, two_stage=True),
    Kind(5, _returned, WAITING),
    Kind(3, _taken_back, WAITING),
    Kind(3, _rejected),
    Kind(2, _cancelled),
    Kind(2, _amended, REVIEWED),
    Kind(1, _amended_and_disputed, (1, 5)),
    Kind(4, _voided),
    Kind(3, _voided_then_signed),
    Kind(4, _bound, suits=partial(suits, BOUND), home="a2"),
    Kind(2, _bound_waiting, REVIEWED, suits=partial(suits, BOUND), home="a1"),
)
