"""Room: how signings of the demo ended again, and what became of those who left the roster. Pure."""

from __future__ import annotations

from functools import partial
from typing import Final

from models.parties import Party
from workflows.demo.kinds import Kind
from workflows.demo.matters import Matters
from workflows.demo.paper_histories import REVIEWED, WAITING, at_school, issued, recorded, sealed, settled, some


def _signed(plot: Matters) -> str:
    key = plot.invite(gap=(0.1, 1))
    plot.accept(key, gap=(0.2, 2))
    plot.approve(key)
    return key


def _asked(plot: Matters) -> None:
    key = plot.ask(_signed(plot))
    plot.note(key, "已电话联系单位人事，答复本周内处理。")


def _asked_by_employer(plot: Matters) -> None:
    plot.ask(_signed(plot), by=Party.EMPLOYER)


def _opposed(plot: Matters) -> None:
    signing = _signed(plot)
    plot.oppose(plot.ask(signing), signing)


def _opposed_by_graduate(plot: Matters) -> None:
    signing = _signed(plot)
    plot.oppose(plot.ask(signing, by=Party.EMPLOYER), signing, by=Party.GRADUATE)


def _ending(plot: Matters) -> str:
    signing = _signed(plot)
    key = plot.ask(signing)
    plot.agree(key, signing)
    return key


def _ending_by_employer(plot: Matters) -> None:
    signing = _signed(plot)
    key = plot.ask(signing, by=Party.EMPLOYER)
    plot.agree(key, signing, by=Party.GRADUATE)


def _ending_at_school(plot: Matters) -> None:
    plot.pass_department(_ending(plot))


def _thought_better(plot: Matters) -> None:
    plot.take_back(plot.ask(_signed(plot)))


def _ending_rejected(plot: Matters) -> None:
    plot.turn_down(_ending(plot))


def _ended(plot: Matters) -> None:
    plot.finish(_ending(plot))


def _ended_then_settled(plot: Matters) -> None:
    _ended(plot)
    settled(some(plot), plot)


def _forced(plot: Matters) -> None:
    plot.force(plot.ask(_signed(plot)))


def _forced_and_disputed(plot: Matters) -> None:
    key = plot.ask(_signed(plot))
    plot.force(key)
    plot.dispute(key, "单位昨天已经电话答复我，能否先不解约？")


def _forced_and_answered(plot: Matters) -> None:
    _forced_and_disputed(plot)
    plot.answer("r2", "已与单位核实：单位不再保留岗位，解约有效，可以重新签约。")


def _released(plot: Matters, *, unilateral: bool = False) -> None:
    plot.release(plot.ask_on_paper(sealed(plot), letter=not unilateral), unilateral=unilateral)


def _recorded_and_released(plot: Matters) -> None:
    plot.release(plot.ask_on_paper(recorded(plot)))


def _release_asked(plot: Matters) -> None:
    plot.ask_on_paper(recorded(plot))


def _release_at_school(plot: Matters) -> None:
    plot.pass_department(plot.ask_on_paper(recorded(plot)))


def _release_returned(plot: Matters) -> None:
    plot.send_back(plot.ask_on_paper(recorded(plot), letter=False))


def _release_taken_back(plot: Matters) -> None:
    plot.take_back(plot.ask_on_paper(recorded(plot)))


def _release_rejected(plot: Matters) -> None:
    plot.turn_down(plot.ask_on_paper(recorded(plot), letter=False))


def _release_cancelled(plot: Matters) -> None:
    key = plot.ask_on_paper(recorded(plot))
    plot.take_back(key)
    plot.cancel(key)


# --- off the roster, and back


def _removed_before_upload(plot: Matters) -> None:
    issued(plot)
    plot.invalidate()


def _removed_settled(plot: Matters) -> None:
    settled("11", plot)
    plot.invalidate()


def _removed_while_asking(plot: Matters) -> None:
    _asked(plot)
    plot.invalidate()


def _back_in_review(plot: Matters) -> None:
    at_school(plot)
    plot.invalidate()
    plot.restore()


def _back_before_upload(plot: Matters) -> None:
    _removed_before_upload(plot)
    plot.restore()


ENDING_KINDS: Final = (
    Kind(3, _asked, (6, 18)),
    Kind(3, _asked_by_employer, (3, 9)),
    Kind(2, _opposed),
    Kind(2, _opposed_by_graduate),
    Kind(2, _ending, REVIEWED, home="a1"),
    Kind(2, _ending_by_employer, REVIEWED),
    Kind(3, _ending_at_school, REVIEWED, two_stage=True),
    Kind(2, _thought_better),
    Kind(2, _ending_rejected),
    Kind(5, _ended),
    Kind(3, _ended_then_settled),
    Kind(2, _forced),
    Kind(0.8, _forced_and_disputed, (1, 5)),
    Kind(0.8, _forced_and_answered),
    Kind(3, _released),
    Kind(2, _recorded_and_released),
    Kind(2, partial(_released, unilateral=True)),
    Kind(2, _release_asked, REVIEWED, home="b1"),
    Kind(2, _release_at_school, REVIEWED, two_stage=True),
    Kind(2, _release_returned, WAITING),
    Kind(1.5, _release_taken_back, WAITING),
    Kind(2, _release_rejected),
    Kind(1.5, _release_cancelled),
    Kind(1, _removed_before_upload, (3, 10)),
    Kind(1, _removed_settled, (5, 20)),
    Kind(1, _removed_while_asking, (2, 8)),
    Kind(1, _back_in_review, (3, 9)),
    Kind(1, _back_before_upload, (3, 9)),
)
